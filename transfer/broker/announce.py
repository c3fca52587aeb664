"""Hands a notice of the exchange's operator to every region at once."""

import asyncio
from typing import Final

import aio_pika

from transfer.broker.address import Address
from transfer.broker.connection import Link, describe, is_fault
from transfer.broker.topology import DIRECTORY
from transfer.telemetry import clock

MEDIA_TYPE: Final = "text/plain; charset=utf-8"
_SECONDS: Final = 30.0


class NotAnnounced(Exception):
    """The broker did not take the notice for every region."""


async def announce(address: Address, note: bytes) -> None:
    """Returns when the broker has the note in every inbox; raises NotAnnounced."""
    async with Link(address, name=DIRECTORY, clock=clock.now, timeout_seconds=_SECONDS) as link:
        try:
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
        except (Exception, asyncio.CancelledError) as error:
            if not is_fault(error):
                raise
            raise NotAnnounced(link.state.error or describe(error)) from error
