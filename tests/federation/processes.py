"""The test's end of a node that runs as a process of its own."""

import asyncio
import json
import multiprocessing
import os
import signal
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any, Final

from tests.federation.node_process import Plan, live

_FORKS: Final = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["tests.federation.node_process"])


class NodeDied(Exception):
    """The process ended before it answered."""


class NodeRefused(Exception):
    """The node raised an error, which is named."""

    def __init__(self, kind: str, said: str) -> None:
        self.kind = kind
        super().__init__(f"{kind}: {said}")


async def until(true: Callable[[], bool | Awaitable[bool]], *, seconds: float = 60.0, what: str) -> None:
    """Returns as soon as it is true; fails when it is not by the deadline."""
    deadline = time.monotonic() + seconds
    while True:
        answer = true()
        if answer if isinstance(answer, bool) else await answer:
            return
        assert time.monotonic() < deadline, f"{what} did not come true in {seconds:g} s"
        await asyncio.sleep(0.03)


class NodeProcess:
    """One process of a region; it is forked from a server that has everything imported already."""

    def __init__(self, name: str, plan: Plan) -> None:
        self.name = name
        self.plan = plan
        self._orders, theirs = _FORKS.Pipe()
        self._process = _FORKS.Process(target=live, args=(theirs, plan), name=name, daemon=True)
        self._process.start()
        theirs.close()
        self._numbers = count(1)
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        asyncio.get_running_loop().add_reader(self._orders.fileno(), self._answered)

    async def do(self, name: str, /, *, seconds: float = 60.0, **words: Any) -> Any:
        """One command of node_process.Clerk. Raises NodeRefused, NodeDied, TimeoutError."""
        number = next(self._numbers)
        done = self._waiting[number] = asyncio.get_running_loop().create_future()
        try:
            self._orders.send((number, name, words))
        except OSError as error:
            raise NodeDied(self.name) from error
        async with asyncio.timeout(seconds):
            return await done

    async def ready(self, *, seconds: float = 60.0) -> "NodeProcess":
        """Returns when it is connected to the broker with all of its roles."""

        async def connected() -> bool:
            state = await self.do("ready")
            return bool(state["publisher"] and state["consumer"])

        await until(connected, seconds=seconds, what=f"{self.name} is connected; its log: {self.log_path}")
        return self

    @property
    def log_path(self) -> str:
        return str(self.plan.log)

    def log(self, event: str | None = None) -> list[dict[str, Any]]:
        """What it logged, the events of that name."""
        lines: list[dict[str, Any]] = []
        for line in self.plan.log.read_text(errors="replace").splitlines():
            with suppress(ValueError):
                lines.append(json.loads(line))
        return [line for line in lines if event is None or line.get("event") == event]

    async def logs(self, event: str, *, seconds: float = 60.0) -> list[dict[str, Any]]:
        """Returns the events of that name when there is one."""
        await until(lambda: bool(self.log(event)), seconds=seconds, what=f"{self.name} logs {event}")
        return self.log(event)

    @property
    def alive(self) -> bool:
        return self._process.exitcode is None

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    async def has_died(self, *, seconds: float = 60.0) -> None:
        """Returns when it was killed where its plan said; fails when it ended in another way."""
        await until(lambda: self._process.exitcode is not None, seconds=seconds, what=f"{self.name} dies")
        assert self._process.exitcode == -signal.SIGKILL, f"{self.name} ended with {self._process.exitcode}"
        self._leave()

    async def has_stopped(self, *, seconds: float = 60.0) -> None:
        """Returns when it was stopped where its plan said; thaw() lets it go on."""

        def stopped() -> bool:
            return Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"

        await until(stopped, seconds=seconds, what=f"{self.name} is stopped")

    def kill(self) -> None:
        """As a power cut does."""
        self._process.kill()
        self._process.join()
        self._leave()

    def freeze(self) -> None:
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    async def stop(self, *, seconds: float = 60.0) -> None:
        """In good order."""
        self._orders.send((0, "stop", {}))
        await until(lambda: self._process.exitcode is not None, seconds=seconds, what=f"{self.name} stops")
        assert self._process.exitcode == 0, f"{self.name} ended with {self._process.exitcode}; see {self.log_path}"
        self._leave()

    def end(self) -> None:
        """However it stands."""
        if self._process.exitcode is None:
            self.kill()

    def _answered(self) -> None:
        try:
            number, fault, given = self._orders.recv()
        except (EOFError, OSError):
            self._leave()
            return
        done = self._waiting.pop(number)
        if done.done():
            return
        if fault is None:
            done.set_result(given)
        else:
            done.set_exception(NodeRefused(fault, given))

    def _leave(self) -> None:
        if self._orders.closed:
            return
        asyncio.get_running_loop().remove_reader(self._orders.fileno())
        self._orders.close()
        for done in self._waiting.values():
            if not done.done():
                done.set_exception(NodeDied(self.name))
        self._waiting.clear()
