"""Hears from other processes that there is something to send (PostgreSQL LISTEN/NOTIFY)."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import asyncpg

from transfer.ports.work import StorageUnavailable
from transfer.storage.store import OUTBOX_CHANNEL, RECEIPTS_CHANNEL, Store

CHECK_SECONDS: Final = 30.0


@dataclass(slots=True, kw_only=True)
class Listener:
    """Keeps one connection that listens, and passes each notification on to the store's events. While it is
    down nothing is lost: every duty also looks by itself, only later."""

    store: Store
    _lost: asyncio.Event = field(default_factory=asyncio.Event)

    async def listen(self) -> None:
        """Returns when the connection is lost; raises StorageUnavailable when there is none to be had."""
        wakes: Mapping[str, asyncio.Event] = {
            OUTBOX_CHANNEL: self.store.outbox_filled,
            RECEIPTS_CHANNEL: self.store.receipts_owed,
        }

        def heard(_connection: Any, _pid: int, channel: str, _payload: Any) -> None:  # noqa: ANN401 - asyncpg's signature
            wakes[channel].set()

        self._lost.clear()
        url = self.store.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        try:
            connection = await asyncpg.connect(url)
        except (OSError, asyncpg.PostgresError, TimeoutError) as error:
            raise StorageUnavailable(f"cannot listen: {type(error).__name__}") from error
        try:
            connection.add_termination_listener(lambda _: self._lost.set())
            for channel, event in wakes.items():
                await connection.add_listener(channel, heard)
                event.set()  # what was notified while nobody listened
            await self._watch(connection)
        finally:
            connection.terminate()

    async def report_loss(self) -> int:
        """What comes after listening; raises StorageUnavailable."""
        raise StorageUnavailable("the listening connection was lost")

    async def _watch(self, connection: Any) -> None:  # noqa: ANN401 - asyncpg has no types
        """Until the connection ends; a dead peer is found by asking now and then."""
        while not self._lost.is_set():
            try:
                async with asyncio.timeout(CHECK_SECONDS):
                    await self._lost.wait()
            except TimeoutError:
                try:
                    await connection.fetchval("SELECT 1", timeout=CHECK_SECONDS)
                except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError):
                    return
