"""The fault proxy does to bytes what it says, and nothing else."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.faults.proxy import Proxy


async def _echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while piece := await reader.read(65536):
            writer.write(piece)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


@asynccontextmanager
async def opened() -> AsyncIterator[tuple[Proxy, asyncio.StreamReader, asyncio.StreamWriter]]:
    server = await asyncio.start_server(_echo, "127.0.0.1", 0)
    async with server, Proxy(port=server.sockets[0].getsockname()[1]) as proxy:
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.own_port)
        try:
            yield proxy, reader, writer
        finally:
            writer.close()


async def test_what_goes_in_comes_out() -> None:
    async with opened() as (proxy, reader, writer):
        whole = bytes(range(256)) * 2000
        writer.write(whole)
        assert await reader.readexactly(len(whole)) == whole
        assert proxy.passed == 2 * len(whole)
        assert proxy.connections == 1


async def test_a_farewell_passes() -> None:
    async with opened() as (_, reader, writer):
        writer.write(b"last words")
        writer.write_eof()
        assert await reader.read() == b"last words"


async def test_latency_is_each_way() -> None:
    async with opened() as (proxy, reader, writer):
        proxy.latency = 0.1
        started = time.monotonic()
        writer.write(b"x")
        await reader.readexactly(1)
        assert time.monotonic() - started >= 0.2


async def test_a_narrow_link_takes_its_time() -> None:
    async with opened() as (proxy, reader, writer):
        proxy.bandwidth = 100_000
        started = time.monotonic()
        writer.write(b"x" * 20_000)
        await reader.readexactly(20_000)
        assert time.monotonic() - started >= 0.2


async def test_a_cut_is_felt_as_a_reset() -> None:
    async with opened() as (proxy, reader, writer):
        writer.write(b"x")
        await reader.readexactly(1)
        proxy.cut()
        with pytest.raises(ConnectionResetError):
            await reader.readexactly(1)


async def test_nobody_gets_in_while_it_is_down() -> None:
    async with opened() as (proxy, _, __):
        proxy.down()
        with pytest.raises(OSError):  # noqa: PT011 - reset or broken pipe, as the kernel likes
            await _ask(proxy)
        proxy.up()
        assert await _ask(proxy) == b"?"


async def test_a_half_open_link_swallows_both_ways_and_tells_nobody() -> None:
    async with opened() as (proxy, reader, writer):
        proxy.swallowing = True
        writer.write(b"lost")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await reader.read(1)
        proxy.up()
        with pytest.raises(ConnectionResetError):
            await reader.readexactly(1)
        assert await _ask(proxy) == b"?"


@pytest.mark.parametrize("to_server", [True, False])
async def test_a_reset_comes_after_exactly_so_many_bytes(to_server: bool) -> None:  # noqa: FBT001 - a parameter
    async with opened() as (proxy, reader, writer):
        proxy.reset_after(1000, to_server=to_server)
        writer.write(b"x" * 3000)
        got = bytearray()
        with pytest.raises(ConnectionResetError):
            while piece := await reader.read(65536):
                got += piece
        assert len(got) <= 1000
        assert await _ask(proxy) == b"?"


async def _ask(proxy: Proxy) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.own_port)
    try:
        writer.write(b"?")
        return await reader.readexactly(1)
    finally:
        writer.close()
