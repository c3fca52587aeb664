"""A TCP proxy that delays, narrows, swallows, resets and cuts what passes through it, as links do."""

import asyncio
import socket
import struct
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final, Self

_PIECE: Final = 16 * 1024
_LOOPBACK: Final = "127.0.0.1"
_RESET: Final = struct.pack("ii", 1, 0)


@dataclass(slots=True, eq=False)
class _Direction:
    """One half of a connection: what it still has to carry, and where."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    upward: bool
    piped: asyncio.Queue[tuple[float, bytes]] = field(default_factory=asyncio.Queue)


@dataclass(slots=True, kw_only=True)
class Proxy:
    """Listens on a free port of the loopback address and passes everything on to ``port``.

    ``latency`` is in seconds and each way, ``bandwidth`` in bytes per second and each way (None: no limit). While
    ``swallowing``, bytes vanish in both directions and nobody is told: a half-open link. While ``refusing``, new
    connections are reset.
    """

    port: int
    latency: float = 0.0
    bandwidth: float | None = None
    swallowing: bool = False
    refusing: bool = False
    passed: int = 0
    _server: asyncio.Server | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)
    _left: dict[bool, int] = field(default_factory=dict)

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, _LOOPBACK, 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.close()
        self.cut()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def own_port(self) -> int:
        """Where clients connect to."""
        if self._server is None:
            raise RuntimeError("the proxy is not open")
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    @property
    def connections(self) -> int:
        return len(self._writers) // 2

    def cut(self) -> None:
        """Reset every connection, at both ends."""
        for writer in list(self._writers):
            _reset(writer)
        self._writers.clear()

    def down(self) -> None:
        """Cut, and let nobody in until up()."""
        self.refusing = True
        self.cut()

    def up(self) -> None:
        """As on the first day; what was swallowed stays lost, so connections that lost bytes are reset."""
        if self.swallowing:
            self.cut()
        self.refusing = self.swallowing = False
        self.latency, self.bandwidth = 0.0, None
        self._left.clear()

    def reset_after(self, count: int, *, to_server: bool) -> None:
        """Reset all connections when that many more bytes have gone that way; the last of them still arrive."""
        self._left[to_server] = count

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.refusing:
            _reset(writer)
            return
        try:
            there_reader, there_writer = await asyncio.open_connection(_LOOPBACK, self.port)
        except OSError:
            _reset(writer)
            return
        up, down = _Direction(reader, there_writer, upward=True), _Direction(there_reader, writer, upward=False)
        task = asyncio.create_task(self._carry(up, down))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _carry(self, up: _Direction, down: _Direction) -> None:
        both = {up.writer, down.writer}
        self._writers |= both
        try:
            await asyncio.gather(self._take(up), self._give(up), self._take(down), self._give(down))
        finally:
            self._writers -= both
            for writer in both:
                writer.close()

    async def _take(self, direction: _Direction) -> None:
        loop = asyncio.get_running_loop()
        # A connection that was reset ends for both halves, as one that was closed does.
        with suppress(OSError):
            while piece := await direction.reader.read(_PIECE):
                if self.bandwidth is not None:
                    # Before the next piece is read: what does not fit yet waits with its sender.
                    await asyncio.sleep(len(piece) / self.bandwidth)
                if not self.swallowing:
                    direction.piped.put_nowait((loop.time() + self.latency, piece))
        if not self.swallowing:
            direction.piped.put_nowait((loop.time() + self.latency, b""))

    async def _give(self, direction: _Direction) -> None:
        loop = asyncio.get_running_loop()
        with suppress(OSError):
            while True:
                due, piece = await direction.piped.get()
                await asyncio.sleep(max(0.0, due - loop.time()))
                if self.swallowing:
                    continue
                if not piece:
                    break
                left = self._left.get(direction.upward)
                now = piece if left is None else piece[:left]
                direction.writer.write(now)
                await direction.writer.drain()
                self.passed += len(now)
                if left is not None:
                    self._left[direction.upward] = left - len(now)
                    if left <= len(piece):
                        del self._left[direction.upward]
                        self.cut()
            direction.writer.write_eof()


def _reset(writer: asyncio.StreamWriter) -> None:
    """End a connection without a farewell: the other end gets RST."""
    peer = writer.get_extra_info("socket")
    if peer is not None:
        with suppress(OSError):
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    writer.transport.abort()
