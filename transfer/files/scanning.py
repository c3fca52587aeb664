"""Shows the content of a file to a program that looks for what must not come in, such as a virus scanner."""

import asyncio
import shlex
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import structlog

from transfer.ports.files import FilesUnavailable, ScanRefused

log = structlog.get_logger(__name__)

UNANSWERED: Final = "the scan gave no answer in time"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scanner:
    """A command that gets the content on standard input; it passes what it ends with 0 for."""

    command: str
    seconds: float

    async def scan(self, blocks: Iterator[bytes]) -> None:
        """Raises ScanRefused, or FilesUnavailable when the command cannot be started: that says nothing of the file."""
        try:
            process = await asyncio.create_subprocess_exec(
                *shlex.split(self.command),
                stdin=asyncio.subprocess.PIPE,
                # It may quote the content.
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
            )
        except (OSError, ValueError, TypeError) as error:
            log.error("scan_not_started", error=type(error).__name__)  # noqa: TRY400 - where it happened is this line
            raise FilesUnavailable("the scan cannot be started: see the setting scan_command") from error
        try:
            async with asyncio.timeout(self.seconds):
                await _feed(process, blocks)
                code = await process.wait()
        except TimeoutError:
            raise ScanRefused(reason=UNANSWERED) from None
        finally:
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
        if code != 0:
            raise ScanRefused(exit_code=code)


async def _feed(process: asyncio.subprocess.Process, blocks: Iterator[bytes]) -> None:
    """All of the content, unless the command has seen enough."""
    out = process.stdin
    if out is None:
        raise AssertionError("standard input is a pipe")
    with suppress(BrokenPipeError, ConnectionResetError):
        while block := await asyncio.to_thread(next, blocks, b""):
            out.write(block)
            await out.drain()
        out.close()
        await out.wait_closed()
