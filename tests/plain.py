"""Letters that are neither signed nor sealed, for tests of what lies behind them; see ports.Wire."""

from collections.abc import Sequence
from dataclasses import dataclass

from transfer.crypto.errors import NoKeyNow
from transfer.crypto.keys import PrivateKey, SuiteName
from transfer.crypto.letters import Letter, NotOpened
from transfer.handlers.opening import Arrived, open_delivery
from transfer.messages.codes import RefusalCode
from transfer.messages.envelope import MAX_BYTES, Unreadable, decode_attributes
from transfer.messages.sealed import SealedEvent
from transfer.ports.work import Context, Delivery

SIGNATURE = "head..signature"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainWire:
    """The content is the letter: whoever names a region on the exchange as its source is believed."""

    context: Context

    def close(self, content: bytes, *, traceparent: str | None = None) -> bytes:  # noqa: ARG002 - the port's signature
        return content

    def signing(self, chosen: SuiteName) -> PrivateKey:
        raise NoKeyNow(chosen)

    def opening(self, chosen: SuiteName) -> PrivateKey:
        raise NoKeyNow(chosen)

    def open(self, body: bytes) -> Letter:
        if len(body) > MAX_BYTES:
            raise NotOpened(RefusalCode.TOO_LARGE, f"{len(body)} bytes")
        try:
            attributes = decode_attributes(body)
        except Unreadable as error:
            raise NotOpened(RefusalCode.UNREADABLE, error) from error
        claims = SealedEvent.around(
            attributes, suite="plain", signkey="442000.sign.00000000", sealkey="510521.seal.00000000", letter="x"
        )
        if attributes.source not in self.context.directory.by_code:
            raise NotOpened(RefusalCode.UNKNOWN_REGION, f"source {attributes.source}", claims=claims)
        if attributes.recipient != self.context.region:
            raise NotOpened(RefusalCode.WRONG_RECIPIENT, f"recipient {attributes.recipient}", claims=claims)
        return Letter(source=attributes.source, content=body, signature=SIGNATURE)


def opened(deliveries: Sequence[Delivery], context: Context) -> list[Arrived]:
    """What the door gets of these, their bodies being contents."""
    return [open_delivery(one, context, PlainWire(context=context)) for one in deliveries]
