"""What the door looks up for notices of matters: the cases here with their fingerprints, and how many came today."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Self
from uuid import UUID

from transfer.domain.case import Case
from transfer.domain.clocks import begin_of_day
from transfer.messages.duplicates import MatterNoticed
from transfer.messages.envelope import TYPE_NAMES
from transfer.messages.values import Frozen
from transfer.ports.work import Context, Work

NOTICE: Final = TYPE_NAMES[MatterNoticed]


@dataclass(slots=True, kw_only=True)
class Noticed:
    """For the notices of one batch."""

    cases: Mapping[str, Collection[UUID]] = field(default_factory=dict)
    today: Counter[str] = field(default_factory=Counter)

    @classmethod
    async def prepare(cls, work: Work, said: Iterable[tuple[str, Frozen]], context: Context) -> Self:
        """Look up in bulk; ``said`` are the messages of the batch with their sources."""
        notices = [(source, data) for source, data in said if isinstance(data, MatterNoticed)]
        if not notices:
            return cls()
        prints = {one for _, data in notices for one in data.fingerprints}
        sources = {source for source, _ in notices}
        return cls(
            cases=await work.load_fingerprinted(prints),
            today=Counter(await work.count_received(NOTICE, sources, since=begin_of_day(context.now))),
        )

    @property
    def wanted(self) -> set[UUID]:
        """The cases to be loaded."""
        return {case for found in self.cases.values() for case in found}

    def same(self, data: Frozen, cases: Mapping[UUID, Case]) -> tuple[Case, ...]:
        """The cases here that a message's fingerprints match."""
        if not isinstance(data, MatterNoticed):
            return ()
        found = {case for one in data.fingerprints for case in self.cases.get(one, ())}
        return tuple(cases[case] for case in sorted(found) if case in cases)
