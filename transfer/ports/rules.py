"""Where a node keeps its rule sets."""

from collections.abc import Sequence
from typing import Protocol

from transfer.law.kept import KeptRules


class RuleSets(Protocol):
    """Append-only: what was kept stays as it was."""

    async def count(self) -> int:
        """How many are kept; raises StorageUnavailable."""
        ...

    async def all(self) -> Sequence[KeptRules]:
        """All of them, in the order in which they came; raises StorageUnavailable."""
        ...

    async def keep(self, rules: KeptRules, *, after: int) -> None:
        """One more, behind so many; raises StorageRefused when others came meanwhile or its version is kept already,
        StorageUnavailable."""
        ...
