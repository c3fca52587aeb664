"""A look at the broker through a region's own eyes: login, its queues, how much waits in them."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from transfer.broker.address import Address
from transfer.broker.connection import Link, describe
from transfer.broker.dialling import FilesUnusable, refusal
from transfer.broker.topology import dead, inbox
from transfer.telemetry import clock

_SECONDS: Final = 5.0
_LOOK_AGAIN: Final = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the broker has: messages that wait by queue, and queues that are not there."""

    waiting: Mapping[str, int] = field(default_factory=dict)
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Why the broker lets nobody in, and what to do."""

    found: str
    cure: str


async def look_at(address: Address, region: str) -> Found | Fault:
    """One login and one look; takes a few seconds when nobody answers."""
    # The library logs what is told here in better words.
    logging.getLogger("aiormq").setLevel(logging.CRITICAL)
    async with Link(address, name=f"{region} check", clock=clock.now, timeout_seconds=_SECONDS) as link:
        # The first attempt leaves its error in the state; what follows would only repeat it.
        first = link.state
        while link.state == first:  # noqa: ASYNC110 - a link has no event for a failed attempt
            await asyncio.sleep(_LOOK_AGAIN)
        if not link.state.connected:
            return _fault(link.state.error or "", by_certificate=address.tls is not None)
        waiting: dict[str, int] = {}
        missing: list[str] = []
        for queue in (inbox(region), dead(region)):
            try:
                waiting[queue] = await _depth(link, queue)
            except Exception as error:  # noqa: BLE001 - the broker closes the channel; the library has a class for each code
                missing.append(queue if "NOT_FOUND" in str(error) else f"{queue} ({describe(error)})")
        return Found(waiting=waiting, missing=tuple(missing))


async def _depth(link: Link, queue: str) -> int:
    async with asyncio.timeout(_SECONDS):
        channel = await link.channel()
        try:
            found = await channel.declare_queue(queue, passive=True)
            return found.declaration_result.message_count or 0
        finally:
            await channel.close()


def _fault(error: str, *, by_certificate: bool) -> Fault:
    if by_certificate and (refusal(error) or FilesUnusable.__name__ in error):
        return Fault(found=error, cure="docs/pki.md says what the certificates must hold and where they go")
    if "ACCESS_REFUSED" in error:
        return Fault(found="the broker refuses the login", cure="correct user or password in TRANSFER_AMQP_URL")
    if "NOT_ALLOWED" in error or "no vhost" in error:
        found = "there is no such virtual host, or it is not for this user"
        return Fault(found=found, cure="correct the path of TRANSFER_AMQP_URL, or have the operator load the topology")
    return Fault(found=f"cannot be reached: {error}", cure="start the broker, or correct TRANSFER_AMQP_URL")
