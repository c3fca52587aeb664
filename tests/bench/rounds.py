"""One round of one contender: a warm-up that does not count, as fast as it goes, then at an even rate."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tests.bench.contenders import Contender
from tests.bench.ground import Servers, fresh_ground
from tests.bench.machine import server_cpu, stolen_seconds
from tests.bench.role import SIDES, Side
from tests.bench.running import Cpu, SideProcess, both_running
from tests.bench.times import Mark

LOAD_SECONDS: Final = 1_800.0
_NANOSECONDS: Final = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much is measured; times in seconds, rate in messages a second."""

    count: int = 5_000
    warm_up: int = 500
    rate: float = 20.0
    rate_seconds: float = 20.0
    settle: float = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """What one load took."""

    count: int
    started: int
    times: Mapping[Mark, Mapping[str, int]]
    cpu: Mapping[Side, Cpu]
    servers: Mapping[str, float]
    stolen: float

    @property
    def seconds(self) -> float:
        """From before the first commit to the last mark of the last message."""
        last = max(max(at.values()) for mark, at in self.times.items() if at and mark is not Mark.PUBLISHED)
        return (last - self.started) / _NANOSECONDS

    def latencies(self, mark: Mark) -> list[float]:
        """Milliseconds from a message's commit to the mark, sorted; empty when nothing reached the mark.

        A mark that was noted before the commit had returned to its caller counts as 0.
        """
        reached, committed = self.times[mark], self.times[Mark.COMMITTED]
        return sorted(
            max(0.0, (reached[identity] - at) / 1e6) for identity, at in committed.items() if identity in reached
        )


async def carry(servers: Servers, sides: Mapping[Side, SideProcess], count: int, rate: float | None = None) -> Carried:
    """Sends a load and waits until it is over on both sides."""
    for side in sides.values():
        side.tell("load", count=count, rate=rate)
    await asyncio.gather(*(side.expect("prepared", LOAD_SECONDS) for side in sides.values()))
    cpu = {name: side.cpu() for name, side in sides.items()}
    of_servers, stolen = server_cpu(servers), stolen_seconds()
    for name in reversed(SIDES):
        sides[name].tell("go")

    async def over(side: SideProcess) -> int:
        await side.expect("committed", LOAD_SECONDS)
        return int((await side.expect("done", LOAD_SECONDS))["started"])

    started, _ = await asyncio.gather(*(over(sides[name]) for name in SIDES))
    used = {name: side.cpu() - cpu[name] for name, side in sides.items()}
    of_servers = {name: now - of_servers.get(name, now) for name, now in server_cpu(servers).items()}
    stolen = stolen_seconds() - stolen
    times: dict[Mark, dict[str, int]] = {mark: {} for mark in Mark}
    for side in sides.values():
        for mark, at in (await side.report()).items():
            times[mark].update(at)
    return Carried(count=count, started=started, times=times, cpu=used, servers=of_servers, stolen=stolen)


async def play(servers: Servers, contender: Contender, plan: Plan) -> dict[str, float]:
    """The figures of one round, by name; each name ends in its unit."""
    async with fresh_ground(servers, contender) as ground, both_running(contender, ground) as sides:
        await carry(servers, sides, plan.warm_up)
        await asyncio.sleep(plan.settle)
        fast = await carry(servers, sides, plan.count)
        peaks = {f"{name}_peak_memory_bytes": float(side.peak_memory()) for name, side in sides.items()}
        await asyncio.sleep(plan.settle)
        even = await carry(servers, sides, max(1, int(plan.rate * plan.rate_seconds)), plan.rate)
    return {**_speed(fast), **peaks, **_delay(even)}


def percentile(ordered: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of the values does not exceed (nearest rank)."""
    return ordered[max(0, -int(-share * len(ordered) // 1) - 1)]


def _speed(fast: Carried) -> dict[str, float]:
    thousands = fast.count / 1_000
    figures = {"throughput_per_second": fast.count / fast.seconds}
    for side, cpu in fast.cpu.items():
        figures[f"{side}_cpu_seconds_per_1000"] = cpu.total / thousands
        figures[f"{side}_cpu_kernel_seconds_per_1000"] = cpu.system / thousands
    for server, seconds in fast.servers.items():
        figures[f"{server}_cpu_seconds_per_1000"] = seconds / thousands
    # Less noisy than the throughput: what others do on the machine does not count here.
    all_cpu = sum(cpu.total for cpu in fast.cpu.values()) + sum(fast.servers.values())
    figures["all_cpu_seconds_per_1000"] = all_cpu / thousands
    return figures | {"stolen_cpu_seconds": fast.stolen}


def _delay(even: Carried) -> dict[str, float]:
    figures: dict[str, float] = {}
    for mark in (Mark.APPLIED, Mark.RECEIPTED):
        if took := even.latencies(mark):
            figures[f"{mark}_p50_ms"] = percentile(took, 0.5)
            figures[f"{mark}_p99_ms"] = percentile(took, 0.99)
    return figures
