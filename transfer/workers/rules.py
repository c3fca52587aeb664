"""Keeps the rules of a node in step with those that its administrator has loaded, in every process of it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog

from transfer.law.book import RuleBook, WorkCalendar, built_in, built_in_text
from transfer.law.kept import KeptRules, Origin, loaded
from transfer.law.overlay import laid_over
from transfer.messages.envelope import digest_of
from transfer.ports.rules import RuleSets
from transfer.ports.work import StorageRefused, StorageUnavailable

log = structlog.get_logger(__name__)

RELEASE = "release"
"""Who brought the rules that came with the software."""


@dataclass(slots=True, kw_only=True)
class RuleKeeper:
    """Looks again and again whether another set has been loaded, and keeps the one of this release beside them."""

    sets: RuleSets
    known_years: WorkCalendar
    clock: Callable[[], datetime]
    _book: RuleBook | None = None
    _seen: int = 0

    @property
    def book(self) -> RuleBook:
        """The rules in force; raises StorageUnavailable before they were read for the first time, since nothing may be
        counted by others."""
        if self._book is None:
            raise StorageUnavailable("the rules of this node have not been read yet")
        return self._book

    async def look_once(self) -> int:
        """Take what is new; gives whether anything was. Raises StorageUnavailable, and RulesInvalid for a set that this
        release cannot read, with the rules as they were."""
        if self._book is not None and await self.sets.count() == self._seen:
            return 0
        kept = await self.sets.all()
        if not any(one.origin is Origin.BUILT_IN and one.version == built_in().version for one in kept):
            await self._keep_built_in(after=len(kept))
            kept = await self.sets.all()
        self._book = RuleBook(rules=laid_over(built_in(), loaded(kept)), known_years=self.known_years)
        self._seen = len(kept)
        log.info("rules_in_force", version=self._book.version)
        return 1

    async def _keep_built_in(self, *, after: int) -> None:
        content = built_in_text()
        mine = KeptRules(
            origin=Origin.BUILT_IN,
            version=built_in().version,
            digest=digest_of(content),
            content=content,
            by=RELEASE,
            at=self.clock(),
        )
        try:
            await self.sets.keep(mine, after=after)
        except StorageRefused:
            # Another process of the node was faster; should it have been a load, the next look keeps these.
            log.debug("rules_kept_by_another")
