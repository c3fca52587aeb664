"""How often something may be tried: a bucket of tokens for each kind and each client address or account."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from ipaddress import IPv6Address, IPv6Network, ip_address
from math import ceil
from typing import Final

from transfer.web.faults import TooManyRequests

MOST_KEPT: Final = 50_000
"""Buckets kept at once; the one that was unused longest goes first, and whoever comes back begins with a full one."""
_HOME_BITS: Final = 64


@dataclass(frozen=True, slots=True)
class Rate:
    """So many at once, and then one more each so many seconds."""

    burst: int
    seconds: int


class Limited(Enum):
    """What is limited."""

    SIGN_IN = Rate(20, 30)
    """Attempts at a password, a code or another provider, beside the pauses of an account."""
    STATUS = Rate(10, 60)
    """Look-ups with a short code, and codes sent to a telephone."""
    APPLY = Rate(10, 360)
    """Applications begun without an account."""
    UPLOAD = Rate(600, 1)
    """Files, which take room on the disk."""


@dataclass(slots=True, kw_only=True)
class Limits:
    """The buckets of one process; they are forgotten when it ends. Of each is kept when it will be full again."""

    clock: Callable[[], datetime]
    most_kept: int = MOST_KEPT
    _full_at: OrderedDict[tuple[Limited, str], datetime] = field(default_factory=OrderedDict)

    def take(self, kind: Limited, who: str) -> None:
        """One try of an account or a client address, of which IPv6 ones count by their home network (the first 64
        bits). Raises TooManyRequests, which says when to try again; that try costs nothing."""
        now, key, rate = self.clock(), (kind, _home(who)), kind.value
        one, whole = timedelta(seconds=rate.seconds), timedelta(seconds=rate.seconds * rate.burst)
        # An emptier bucket than there is shows that the clock was set back.
        full_at = min(max(self._full_at.pop(key, now), now), now + whole)
        open_at = full_at + one - whole
        self._full_at[key] = full_at + one if open_at <= now else full_at
        if len(self._full_at) > self.most_kept:
            self._full_at.popitem(last=False)
        if open_at > now:
            raise TooManyRequests(ceil((open_at - now).total_seconds()))


def _home(who: str) -> str:
    try:
        address = ip_address(who)
    except ValueError:
        return who
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or IPv6Network((int(address), _HOME_BITS), strict=False))
    return str(address)
