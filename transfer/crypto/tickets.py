"""Tickets: by which a region asks another one for a file, bound to the file, both regions and a few minutes."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal

from pydantic import ConfigDict, ValidationError

from transfer.crypto.errors import CryptoError, UnknownKey
from transfer.crypto.keys import PublicKey
from transfer.crypto.letters import CannotSeal
from transfer.crypto.signed import Signed
from transfer.crypto.suites import suite, verify
from transfer.crypto.wire import SKEW, Wire
from transfer.messages.values import Digest, Frozen, RegionCode

LIFE: Final = timedelta(minutes=5)
_LONGEST: Final = 4096


class TicketRefused(Exception):
    """The ticket does not let its bearer in."""


class TicketMissing(TicketRefused):
    """The header Authorization holds no ticket: send it as Bearer."""


class TicketBad(TicketRefused):
    """The ticket was not signed by a region of the exchange with a key that is valid now, or has not its form."""


class TicketExpired(TicketRefused):
    """The time of the ticket is over, or has not come yet."""


class TicketForAnotherFile(TicketRefused):
    """The ticket is for another file."""


class TicketForAnotherRegion(TicketRefused):
    """The ticket is for a file of another region."""


class Ticket(Frozen):
    """What a ticket says; its times stand in the head of its signed form. ``source`` has the file, ``recipient`` asks
    for it."""

    model_config = ConfigDict(extra="forbid")

    purpose: Literal["file"] = "file"
    source: RegionCode
    recipient: RegionCode
    digest: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Tickets:
    """The tickets of one region: those that it shows, and those that it is shown."""

    wire: Wire

    def issue(self, source: str, digest: Digest) -> str:
        """For a file of that region; raises CannotSeal when they have no suite in common or no key is valid, or
        NoExchange."""
        known = self.wire.directory().by_code
        own, other = known.get(self.wire.region), known.get(source)
        common = [name for name in other.suites if name in own.suites] if own and other else []
        if not common:
            raise CannotSeal(f"{self.wire.region} and {source} have no suite of algorithms in common")
        content = Ticket(source=source, recipient=self.wire.region, digest=digest).model_dump_json().encode()
        issued = int(self.wire.clock().timestamp())
        try:
            key = self.wire.signing(common[0])
            expires = issued + int(LIFE.total_seconds())
            return suite(common[0]).sign(content, key, issued_at=issued, expires_at=expires).decode()
        except CryptoError as error:
            raise CannotSeal(f"{type(error).__name__}: {error}") from error

    def check(self, token: str, digest: Digest) -> str:
        """The region that asks for this file with this ticket; raises TicketRefused by its kinds, or NoExchange."""
        signed, key = self._verified(token)
        try:
            ticket = Ticket.model_validate_json(signed.content)
        except ValidationError as error:
            raise TicketBad from error
        if ticket.recipient != key.region:
            raise TicketBad
        now, skew = self.wire.clock().timestamp(), SKEW.total_seconds()
        if signed.expires_at - signed.issued_at > LIFE.total_seconds():
            raise TicketBad
        if not signed.issued_at - skew <= now <= signed.expires_at + skew:
            raise TicketExpired
        if ticket.source != self.wire.region:
            raise TicketForAnotherRegion
        if ticket.digest != digest:
            raise TicketForAnotherFile
        return ticket.recipient

    def _verified(self, token: str) -> tuple[Signed, PublicKey]:
        """What was signed, and the key, valid now; raises TicketBad or NoExchange."""
        known, now = self.wire.directory().by_code, self.wire.clock()
        own = known.get(self.wire.region)

        def signer(kid: str) -> PublicKey:
            region = known.get(kid[:6])
            key = region.key(kid) if region is not None else None
            if key is None:
                raise UnknownKey(kid[:40])
            return key.checked(now)

        if len(token) > _LONGEST or not token.isascii():
            raise TicketBad
        try:
            signed = verify(token.encode(), own.suites if own is not None else (), signer)
            return signed, signer(signed.kid)
        except CryptoError as error:
            raise TicketBad from error
