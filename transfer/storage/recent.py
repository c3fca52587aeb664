"""Cases that were loaded or written lately, so that most are locked and not read again."""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from transfer.domain.case import Case


@dataclass(slots=True, kw_only=True)
class RecentCases:
    """The last cases by id. A case is frozen and every change raises its version, so a version that the database
    has just locked names exactly one content, whichever process wrote it."""

    most: int = 2_000
    _cases: OrderedDict[UUID, Case] = field(default_factory=OrderedDict)

    def get(self, case: UUID, version: int) -> Case | None:
        """The case in that version, if it is among the last ones."""
        known = self._cases.get(case)
        return known if known is not None and known.version == version else None

    def keep(self, cases: Iterable[Case]) -> None:
        """These are committed."""
        for case in cases:
            self._cases[case.id] = case
            self._cases.move_to_end(case.id)
        while len(self._cases) > self.most:
            self._cases.popitem(last=False)
