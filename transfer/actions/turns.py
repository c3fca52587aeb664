"""Who comes while a transaction is being written shares the next one."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from transfer.ports.work import StorageRefused

Given = TypeVar("Given")
Got = TypeVar("Got")


@dataclass(slots=True, kw_only=True)
class Turns(Generic[Given, Got]):
    """Takes what is given in the order in which it came, as many at once as wait, up to ``at_once``: under load few
    large transactions are written, and who comes alone is answered at once. ``write`` gives for each what it got, or
    the error that it meets."""

    name: str
    at_once: int
    write: Callable[[Sequence[Given]], Awaitable[Sequence[Got | Exception]]]
    _waiting: deque[tuple[Given, asyncio.Future[Got]]] = field(default_factory=deque)
    _writer: asyncio.Task[None] | None = None

    async def take(self, given: Given) -> Got:
        """What is got for it, once that is written; raises what ``write`` gives or raises."""
        done: asyncio.Future[Got] = asyncio.get_running_loop().create_future()
        self._waiting.append((given, done))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write(), name=self.name)
        return await done

    async def drain(self) -> None:
        """Wait until what was given is written; at the end of the node."""
        while self._writer is not None and not self._writer.done():
            await asyncio.wait({self._writer})

    async def _write(self) -> None:
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(self.at_once, len(self._waiting)))]
            try:
                outcomes = await self.write([given for given, _ in batch])
            except StorageRefused as error:
                await self._one_by_one(batch, error)
            except BaseException as error:
                _settle(batch, [error] * len(batch))
                if not isinstance(error, Exception):
                    raise
            else:
                _settle(batch, outcomes)

    async def _one_by_one(self, batch: Sequence[tuple[Given, asyncio.Future[Got]]], error: StorageRefused) -> None:
        """One that the database refuses must not take the others of its batch with it. A lone one is tried once more:
        another process may just have used its key, and then its response is there."""
        for entry in batch:
            try:
                _settle([entry], await self.write([entry[0]]))
            except Exception as again:  # noqa: BLE001 - handed to whoever waits for it
                _settle([entry], [again if len(batch) > 1 else error])


def _settle(
    batch: Sequence[tuple[Given, asyncio.Future[Got]]], outcomes: Sequence[Got | Exception | BaseException]
) -> None:
    for (_, done), outcome in zip(batch, outcomes, strict=True):
        if done.cancelled():
            continue
        if isinstance(outcome, BaseException):
            done.set_exception(outcome)
        else:
            done.set_result(outcome)
