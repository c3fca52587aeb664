"""How long to wait before sending again."""

import random
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Pauses:
    """Growing pauses with jitter: ``first`` doubled with each attempt, at most ``longest``."""

    first: timedelta
    longest: timedelta

    def after(self, attempts: int) -> timedelta:
        """The pause after that many attempts, 0 being the first one."""
        whole: timedelta = min(self.longest, self.first * 2.0 ** min(attempts, 20))
        return whole * random.uniform(0.75, 1.0)  # noqa: S311 - spreads load, no secret
