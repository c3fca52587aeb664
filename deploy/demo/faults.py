"""What is done to the exchange on purpose: a message published once more, a look at what waits for a dead node."""

import asyncio
from pathlib import Path
from typing import Final
from uuid import UUID

from transfer.broker.address import Address
from transfer.broker.publisher import Publisher
from transfer.broker.topology import inbox
from transfer.cli.broker import Fault, look_at
from transfer.cli.exits import Unreachable
from transfer.crypto.wire import Wire
from transfer.ports.traffic import Parcel, Sent
from transfer.storage.engine import open_engine
from transfer.storage.store import Store
from transfer.telemetry import clock
from transfer.workers.sealing import SealedCarrier

_SECONDS: Final = 10.0
_LOOK_AGAIN: Final = 0.02


def publish_again(message: UUID, *, wire: Wire, recipient: str, address: Address, database: Path) -> None:
    """Publish a message that the recipient has in its inbox once more: the same content, id, sender and road."""
    asyncio.run(_publish_again(message, wire, recipient, address, database))


def waiting(region: str, address: Address) -> int:
    """How many messages wait in the region's inbox on the broker, seen with that region's own login."""
    seen = asyncio.run(look_at(address, region))
    if isinstance(seen, Fault):
        raise Unreachable(f"{seen.found}; {seen.cure}")
    return seen.waiting.get(inbox(region), 0)


async def _publish_again(message: UUID, wire: Wire, recipient: str, address: Address, database: Path) -> None:
    source = wire.region
    engine = open_engine(f"sqlite:///{database}")
    try:
        store = Store(engine=engine, region=recipient, clock=clock.now, new_id=clock.new_id)
        async with store.work() as work:
            known = await work.load_inbox({(source, message)})
    finally:
        await engine.dispose()
    entry = known[source, message]
    parcel = Parcel(id=entry.message, type=entry.type, recipient=recipient, body=entry.body)
    async with Publisher(address, region=source, clock=clock.now) as publisher:
        async with asyncio.timeout(_SECONDS):
            while not publisher.connected:  # noqa: ASYNC110 - a publisher has no event for it
                await asyncio.sleep(_LOOK_AGAIN)
        [outcome] = await SealedCarrier(carrier=publisher, wire=wire).publish([parcel])
    if not isinstance(outcome, Sent):
        raise Unreachable(f"the broker did not take the message once more: {outcome.reason}")
