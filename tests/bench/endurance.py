"""Measures of long use, for a contender that claims them: a full store, a backlog, doing nothing."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from tests.bench.contenders import Contender
from tests.bench.ground import Ground, Servers, fresh_ground
from tests.bench.machine import server_cpu
from tests.bench.rounds import LOAD_SECONDS, Carried, carry
from tests.bench.running import SideProcess, both_running, running

_SAMPLE_SECONDS: Final = 0.25
_QUIET_SECONDS: Final = 12.0


class CannotBeStocked(Exception):
    """The contender does not say how its store is filled."""


@dataclass(slots=True)
class MemorySamples:
    """Resident memory of a process over time, in bytes."""

    bytes: list[int] = field(default_factory=list)

    def growth(self) -> float:
        """The highest memory of the last quarter relative to that of the second; 1.0 is flat.

        The first quarter is left out: there buffers and caches fill.
        """
        quarter = max(1, len(self.bytes) // 4)
        return max(self.bytes[-quarter:]) / max(self.bytes[quarter : 2 * quarter] or self.bytes)


@contextlib.asynccontextmanager
async def memory_watched(sides: Sequence[SideProcess]) -> AsyncIterator[Sequence[MemorySamples]]:
    """Samples the memory of each side while the block runs."""
    samples = [MemorySamples() for _ in sides]

    async def watch() -> None:
        while True:
            for side, taken in zip(sides, samples, strict=True):
                taken.bytes.append(side.memory())
            await asyncio.sleep(_SAMPLE_SECONDS)

    async with asyncio.TaskGroup() as group:
        watching = group.create_task(watch())
        yield samples
        watching.cancel()


async def cost_with_stock(
    servers: Servers, contender: Contender, *, stored: int = 1_000_000, count: int = 5_000, warm_up: int = 500
) -> dict[str, float]:
    """What a message costs when so many are stored, relative to an empty store: CPU of both sides and of
    PostgreSQL, and seconds. 1.0 is no difference. Raises CannotBeStocked."""
    if contender.stock is None:
        raise CannotBeStocked(contender.name)
    async with fresh_ground(servers, contender) as ground:
        empty = await _carry_once(contender, ground, warm_up, count)
    async with fresh_ground(servers, contender) as ground:
        # The tables are made by the sides themselves.
        async with both_running(contender, ground):
            pass
        await contender.stock(ground.places, stored)
        full = await _carry_once(contender, ground, warm_up, count)
    figures = {
        "stored": float(stored),
        "seconds_ratio": full.seconds / empty.seconds,
        "cpu_ratio": _cpu(full) / _cpu(empty),
    }
    for server in full.servers.keys() & empty.servers.keys():
        figures[f"{server}_cpu_ratio"] = full.servers[server] / empty.servers[server]
    return figures


async def backlog(servers: Servers, contender: Contender, *, count: int = 100_000) -> dict[str, float]:
    """A backlog gathers while the receiver is away, wherever the contender keeps it, and drains when the
    receiver starts: rate of draining, peak memory of each side and its growth while it drains."""
    async with fresh_ground(servers, contender) as ground, running(contender, ground, "sender") as sender:
        # What a load needs beforehand may need the receiver.
        async with running(contender, ground, "receiver"):
            sender.tell("load", count=count, rate=None)
            await sender.expect("prepared", LOAD_SECONDS)
        sender.tell("go")
        await sender.expect("committed", LOAD_SECONDS)
        queued = await _settled(ground)
        async with running(contender, ground, "receiver") as receiver:
            started = asyncio.get_running_loop().time()
            async with memory_watched([sender, receiver]) as (sending, receiving):
                receiver.tell("load", count=count, rate=None)
                await receiver.expect("prepared", LOAD_SECONDS)
                receiver.tell("go")
                await receiver.expect("committed", LOAD_SECONDS)
                await receiver.expect("done", LOAD_SECONDS)
                await sender.expect("done", LOAD_SECONDS)
            seconds = asyncio.get_running_loop().time() - started
            return {
                "backlog": float(count),
                "queued_at_broker": float(queued),
                "drained_per_second": count / seconds,
                "sender_peak_memory_bytes": float(sender.peak_memory()),
                "receiver_peak_memory_bytes": float(receiver.peak_memory()),
                "sender_memory_growth": sending.growth(),
                "receiver_memory_growth": receiving.growth(),
            }


async def idle(servers: Servers, contender: Contender, *, seconds: float = 30.0) -> dict[str, float]:
    """The share of one core that each side, and each server for the two of them, uses when nothing happens."""
    async with fresh_ground(servers, contender) as ground, both_running(contender, ground) as sides:
        await carry(servers, sides, 100)
        await asyncio.sleep(2.0)
        before, servers_before = {name: side.cpu() for name, side in sides.items()}, server_cpu(servers)
        await asyncio.sleep(seconds)
        shares = {f"{n}_idle_cores": (side.cpu() - before[n]).total / seconds for n, side in sides.items()}
        for server, used in server_cpu(servers).items():
            shares[f"{server}_idle_cores"] = (used - servers_before[server]) / seconds
        return shares


async def _carry_once(contender: Contender, ground: Ground, warm_up: int, count: int) -> Carried:
    async with both_running(contender, ground) as sides:
        await carry(ground.servers, sides, warm_up)
        return await carry(ground.servers, sides, count)


async def _settled(ground: Ground) -> int:
    """Waits until the queues hold what they are going to hold."""
    loop = asyncio.get_running_loop()
    seen, since = -1, loop.time()
    while loop.time() - since < _QUIET_SECONDS:
        now = ground.queued()
        if now != seen:
            seen, since = now, loop.time()
        await asyncio.sleep(1.0)
    return seen


def _cpu(carried: Carried) -> float:
    return sum(cpu.total for cpu in carried.cpu.values())
