"""Hands a notice of the exchange's operator to every region at once."""

import asyncio
from typing import Final

import aio_pika

from transfer.broker.address import Address
from transfer.broker.connection import Link
from transfer.broker.topology import DIRECTORY
from transfer.telemetry import clock

MEDIA_TYPE: Final = "text/plain; charset=utf-8"
_SECONDS: Final = 30.0


async def announce(address: Address, note: bytes) -> None:
    """Returns when the broker has the note in every inbox; raises TimeoutError, or what aio-pika says."""
    async with Link(address, name="directory", clock=clock.now, timeout_seconds=_SECONDS) as link:
        async with asyncio.timeout(_SECONDS):
            await link.up()
            channel = await link.channel(confirms=True)
            exchange = await channel.get_exchange(DIRECTORY, ensure=False)
            message = aio_pika.Message(
                note,
                content_type=MEDIA_TYPE,
                delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
                user_id=address.username,
                type=DIRECTORY,
            )
            await exchange.publish(message, DIRECTORY, mandatory=True)
