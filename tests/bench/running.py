"""A side of a contender as the harness sees it: a process that is told what to do, and watched from outside."""

import asyncio
import contextlib
import json
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import psutil

from tests.bench.contenders import Contender
from tests.bench.ground import Ground
from tests.bench.role import Side
from tests.bench.times import Mark, read_notes

READY_SECONDS: Final = 120.0
END_SECONDS: Final = 20.0


class SideEnded(Exception):
    """A side of a contender ended before it had answered; what it said is on standard error."""


class OutOfTurn(Exception):
    """A side answered something else than it was asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cpu:
    """Seconds of CPU that a process has used, its own code's and the kernel's."""

    user: float
    system: float

    @property
    def total(self) -> float:
        return self.user + self.system

    def __sub__(self, before: Self) -> "Cpu":
        return Cpu(user=self.user - before.user, system=self.system - before.system)


class SideProcess:
    """Speaks the language of tests/bench/role.py with one process."""

    def __init__(self, name: str, process: Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self.name = name
        self._process = process
        self._stdin = process.stdin
        self._stdout = process.stdout
        self._watched = psutil.Process(process.pid)

    @property
    def pid(self) -> int:
        return self._process.pid

    def tell(self, do: str, **more: object) -> None:
        self._stdin.write((json.dumps({"do": do, **more}) + "\n").encode())

    async def hear(self) -> dict[str, Any]:
        """The next answer; raises SideEnded."""
        line = await self._stdout.readline()
        if not line:
            code = await self._process.wait()
            raise SideEnded(f"{self.name} ended with exit code {code}")
        said: dict[str, Any] = json.loads(line)
        return said

    async def expect(self, event: str, seconds: float) -> dict[str, Any]:
        """Waits for this answer, which must be the next one; raises SideEnded, OutOfTurn, TimeoutError."""
        async with asyncio.timeout(seconds):
            said = await self.hear()
        if said["event"] != event:
            raise OutOfTurn(f"{self.name} said {said['event']} where {event} was due")
        return said

    async def report(self) -> dict[Mark, dict[str, int]]:
        """The times of the messages since the last report, in nanoseconds of CLOCK_MONOTONIC, by mark and id."""
        self.tell("report")
        times: dict[Mark, dict[str, int]] = {mark: {} for mark in Mark}
        async with asyncio.timeout(READY_SECONDS):
            while (said := await self.hear())["event"] == "times":
                times[Mark(said["mark"])].update(read_notes(said["ids"], said["at"]))
        return times

    def cpu(self) -> Cpu:
        used = self._watched.cpu_times()
        return Cpu(user=used.user, system=used.system)

    def memory(self) -> int:
        """Resident memory now, in bytes."""
        return int(self._watched.memory_info().rss)

    def peak_memory(self) -> int:
        """The most resident memory that the process ever had, in bytes, as the kernel counted it."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
        return self.memory()

    async def end(self) -> None:
        """By the end of its input; killed when it does not obey."""
        self._stdin.close()
        try:
            async with asyncio.timeout(END_SECONDS):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()


@contextlib.asynccontextmanager
async def running(contender: Contender, ground: Ground, side: Side) -> AsyncIterator[SideProcess]:
    """Starts the side and waits until it is ready."""
    place = ground.places[side]
    words = [side, "--database", place.database, "--amqp", place.amqp]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", contender.module, *words, stdin=PIPE, stdout=PIPE
    )
    started = SideProcess(f"{contender.name} {side}", process)
    try:
        await started.expect("ready", READY_SECONDS)
        yield started
    finally:
        await started.end()


@contextlib.asynccontextmanager
async def both_running(contender: Contender, ground: Ground) -> AsyncIterator[Mapping[Side, SideProcess]]:
    """Starts the receiver, then the sender."""
    async with (
        running(contender, ground, "receiver") as receiver,
        running(contender, ground, "sender") as sender,
    ):
        yield {"sender": sender, "receiver": receiver}
