"""Looks at the terms that fall due: reminds before, marks after, and tells the superior region, each once. Counts those
that had no last day when a year becomes known."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import structlog

from transfer.actions.desk import Desk, Order
from transfer.actions.situation import Situation
from transfer.actions.watching import NothingToSay, count_case, watch_case
from transfer.domain.clocks import legal_day
from transfer.domain.decision import Decision, Event
from transfer.ports.views import Views
from transfer.ports.work import Context
from transfer.telemetry.metrics import CLOCKS_TOLD

log = structlog.get_logger(__name__)

AT_ONCE: Final = 50


@dataclass(slots=True, kw_only=True)
class Watcher:
    """Any number of processes may look: what was said is in the case, and a case is one transaction's at a time."""

    desk: Desk
    views: Views
    context: Callable[[], Context]
    _counted_through: UUID | None = None

    async def watch_once(self) -> int:
        """Gives of how many cases something was counted or said; raises StorageUnavailable."""
        context = self.context()
        counted = await self._count(context)
        found = await self.views.to_watch(context.region, legal_day(context.now), limit=AT_ONCE)
        return counted + sum([await self._watch(case, context.region) for case in found])

    async def _count(self, context: Context) -> int:
        """Page by page, round and round: that a clock waits for another year, too, shows when it is tried."""
        years, after = context.rules.years(), self._counted_through
        found = await self.views.to_count(context.region, years, after=after, limit=AT_ONCE)
        self._counted_through = found[-1] if len(found) == AT_ONCE else None
        return sum([await self._carried_out(case, context.region, count_case) is not None for case in found])

    async def _watch(self, case: UUID, region: str) -> bool:
        event = await self._carried_out(case, region, watch_case)
        if event is None:
            return False
        for rule, kinds in event.detail.items():
            for kind in kinds:
                CLOCKS_TOLD.labels(kind=kind).inc()
            log.warning("clock_told", case=str(case), rule=rule, kinds=kinds)
        return True

    async def _carried_out(self, case: UUID, region: str, look: Callable[[Situation], Decision]) -> Event | None:
        """What was recorded; None where somebody met it meanwhile, or another process has done it."""
        decided: list[Decision] = []

        def decide(at: Situation) -> Decision:
            decided[:] = [look(at)]
            return decided[0]

        try:
            await self.desk.carry_out(Order(by=region, institution=region, case=case, decide=decide))
        except NothingToSay:
            return None
        return decided[0].event
