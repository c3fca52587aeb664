"""Looks at the terms that fall due: reminds before, marks after, and tells the superior region, each once."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import structlog

from transfer.actions.desk import Desk, Order
from transfer.actions.situation import Situation
from transfer.actions.watching import NothingToSay, watch_case
from transfer.domain.clocks import legal_day
from transfer.domain.decision import Decision
from transfer.ports.views import Views
from transfer.ports.work import Context
from transfer.telemetry.metrics import CLOCKS_TOLD

log = structlog.get_logger(__name__)

AT_ONCE: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Watcher:
    """Any number of processes may look: what was said is in the case, and a case is one transaction's at a time."""

    desk: Desk
    views: Views
    context: Callable[[], Context]

    async def watch_once(self) -> int:
        """Gives of how many cases something was said; raises StorageUnavailable."""
        context = self.context()
        found = await self.views.to_watch(context.region, legal_day(context.now), limit=AT_ONCE)
        return sum([await self._watch(case, context.region) for case in found])

    async def _watch(self, case: UUID, region: str) -> bool:
        said: dict[str, Any] = {}

        def decide(at: Situation) -> Decision:
            decision = watch_case(at)
            said.update(decision.event.detail)
            return decision

        try:
            await self.desk.carry_out(Order(by=region, institution=region, case=case, decide=decide))
        except NothingToSay:
            # Somebody met it meanwhile, or another process has said it.
            return False
        for rule, kinds in said.items():
            for kind in kinds:
                CLOCKS_TOLD.labels(kind=kind).inc()
            log.warning("clock_told", case=str(case), rule=rule, kinds=kinds)
        return True
