"""One side of a contender as a process: it obeys JSON lines on standard input and answers on standard output.

In: {"do": "load", "count": N, "rate": R or null}, {"do": "go"}, {"do": "report"}; the end of input ends it.
Out: {"event": E} with E one of ready, prepared, committed, done, times, reported. A receiver takes messages
from the moment it is ready; a load only tells it how many to wait for.
"""

import argparse
import asyncio
import contextlib
import json
import sys
import time
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol

from tests.bench.times import Mark, Times

SENDER: Final = "sender"
RECEIVER: Final = "receiver"
Side = Literal["sender", "receiver"]
SIDES: Final[tuple[Side, Side]] = (SENDER, RECEIVER)
Command = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a side keeps its data, and the broker as this side reaches it."""

    database: str
    amqp: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """Messages to be sent: how many, from which index on, and how many a second; None is as fast as it goes."""

    first: int
    count: int
    rate: float | None = None

    def batches(self, size: int) -> Iterator[range]:
        end = self.first + self.count
        for start in range(self.first, end, size):
            yield range(start, min(start + size, end))

    async def paced(self) -> AsyncIterator[int]:
        """Each index when it is due; what is late is given at once, so that slowness cannot hide."""
        start = time.monotonic()
        for place in range(self.count):
            if self.rate is not None:
                await asyncio.sleep(max(0.0, start + place / self.rate - time.monotonic()))
            yield self.first + place


class Sender(Protocol):
    """The side that takes decisions; it relays, and hears receipts, on its own all the time."""

    async def prepare(self, load: Load) -> None:
        """What the load needs before the clock starts, such as cases; not measured."""
        ...

    async def send(self, load: Load) -> None:
        """Takes and commits the decisions of the load and notes COMMITTED; PUBLISHED and RECEIPTED are noted
        wherever they come true. Returns when the last decision is committed."""
        ...


class Sends(Protocol):
    """Makes the sender ready: its schema, its connections, its relay."""

    def __call__(self, place: Place, times: Times) -> AbstractAsyncContextManager[Sender]: ...


class Receives(Protocol):
    """Makes the receiver ready and lets it work until the end; it notes APPLIED."""

    def __call__(self, place: Place, times: Times) -> AbstractAsyncContextManager[None]: ...


def main(*, sends: Sends, receives: Receives, last: Mark) -> None:
    """Runs the side that the command line names; `last` is the mark at which a message is over for its sender."""
    parser = argparse.ArgumentParser(description="One side of a contender; see tests/bench/role.py.")
    parser.add_argument("side", choices=SIDES)
    parser.add_argument("--database", required=True, help="postgresql:// address of this side's own database")
    parser.add_argument("--amqp", required=True, help="amqp:// address with the vhost")
    parser.add_argument("--count", type=int, help="run one load of so many messages at once, without input")
    parser.add_argument("--rate", type=float, help="messages a second of that load")
    said = parser.parse_args()
    times = Times()
    place = Place(database=said.database, amqp=said.amqp)
    sender = said.side == SENDER
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(
            _serve(
                _sending(sends(place, times)) if sender else _receiving(receives(place, times)),
                times,
                last if sender else Mark.APPLIED,
                None if said.count is None else _by_hand(said.count, said.rate),
            )
        )


@contextlib.asynccontextmanager
async def _sending(opened: AbstractAsyncContextManager[Sender]) -> AsyncIterator[Sender]:
    async with opened as sender:
        yield sender


@contextlib.asynccontextmanager
async def _receiving(opened: AbstractAsyncContextManager[None]) -> AsyncIterator[Sender]:
    async with opened:
        yield _Listening()


class _Listening:
    """A receiver has nothing to do for a load but to wait for it."""

    async def prepare(self, load: Load) -> None:
        pass

    async def send(self, load: Load) -> None:
        pass


@contextlib.asynccontextmanager
async def running(duty: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Runs a duty beside the block and ends it with the block; when the duty fails, so does the block."""
    async with asyncio.TaskGroup() as group:
        task = group.create_task(duty)
        yield
        task.cancel()


async def _serve(
    opened: AbstractAsyncContextManager[Sender], times: Times, last: Mark, given: list[Command] | None
) -> None:
    commands: asyncio.Queue[Command] = asyncio.Queue()
    async with opened as side:
        _say("ready")
        working = asyncio.create_task(_obey(commands, side, times, last), name="loads")
        hearing = asyncio.create_task(_hear(commands, given), name="commands")
        # The end of input ends the work too, wherever it is: the caller is gone.
        await asyncio.wait({working, hearing}, return_when=asyncio.FIRST_COMPLETED)
        for task in (working, hearing):
            if task.done():
                task.result()
            task.cancel()


async def _obey(commands: asyncio.Queue[Command], side: Sender, times: Times, last: Mark) -> None:
    load = Load(first=0, count=0)
    total = 0
    while True:
        command = await commands.get()
        match command["do"]:
            case "load":
                load = Load(first=total, count=command["count"], rate=command["rate"])
                total += load.count
                await side.prepare(load)
                _say("prepared")
            case "go":
                started = time.monotonic_ns()
                await side.send(load)
                _say("committed")
                await times.reached(last, total)
                _say("done", started=started, ended=time.monotonic_ns(), count=load.count)
            case "report":
                for mark in Mark:
                    for ids, at in times.notes(mark):
                        _say("times", mark=mark, ids=ids, at=at)
                times.forget()
                _say("reported")
            case unknown:
                raise ValueError(unknown)
        commands.task_done()


async def _hear(commands: asyncio.Queue[Command], given: list[Command] | None) -> None:
    """Hands on the commands given on the command line, or else those on standard input until it ends."""
    if given is not None:
        for command in given:
            commands.put_nowait(command)
        await commands.join()
    else:
        reader = asyncio.StreamReader()
        loop = asyncio.get_running_loop()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        async for line in reader:
            commands.put_nowait(json.loads(line))


def _by_hand(count: int, rate: float | None) -> list[Command]:
    return [{"do": "load", "count": count, "rate": rate}, {"do": "go"}]


def _say(event: str, **more: object) -> None:
    sys.stdout.write(json.dumps({"event": event, **more}) + "\n")
    sys.stdout.flush()
