"""Signs and seals what is published, between those who send and the broker."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from transfer.crypto.letters import CannotSeal
from transfer.ports.traffic import Carrier, NotSent, Parcel, PublishOutcome, Wire


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedCarrier:
    """See ports.Carrier. Each parcel's body is a content; it travels sealed with the keys that are valid now, so a
    message that is sent again after weeks is signed and sealed anew, under the same id and digest."""

    carrier: Carrier
    wire: Wire

    @property
    def connected(self) -> bool:
        return self.carrier.connected

    async def publish(self, parcels: Sequence[Parcel]) -> Sequence[PublishOutcome]:
        closed = await asyncio.to_thread(lambda: [self._close(parcel) for parcel in parcels])
        sent = iter(await self.carrier.publish([one for one in closed if isinstance(one, Parcel)]))
        return [next(sent) if isinstance(one, Parcel) else one for one in closed]

    def _close(self, parcel: Parcel) -> Parcel | NotSent:
        try:
            return replace(parcel, body=self.wire.close(parcel.body, traceparent=parcel.traceparent))
        except CannotSeal as why:
            return NotSent(reason=why)
