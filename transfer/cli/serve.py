"""``transfer serve``: runs a node, or one part of it, until it is told to stop."""

import asyncio
import errno
import os
import resource
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import click

from transfer.cli.exits import FAULT, Misconfigured
from transfer.cli.opening import env_file_option, load_settings, run
from transfer.node import build, check_ready, tune_collector
from transfer.settings import Role, Settings
from transfer.storage.migrate import migrate as migrate_database
from transfer.telemetry import traces
from transfer.telemetry.logs import set_up_logs

PATIENCE: Final = 8.0
"""Seconds for an orderly stop; what is not done by then is done again after the next start."""


@click.command()
@click.option("--roles", metavar="ROLES", help="Which parts: api, relay, inbound, separated by commas; default all.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on; 0 takes a free one.")
@click.option("--migrate", "migrate_first", is_flag=True, help="First bring the database to the needed version.")
@click.option("--until-stdin-closes", is_flag=True, help="Also stop when standard input ends: whoever holds it died.")
@env_file_option
def serve(
    *,
    roles: str | None,
    port: int | None,
    migrate_first: bool,
    until_stdin_closes: bool,
    env_file: Path | None,
) -> None:
    """Run this region's node until SIGTERM or Ctrl-C.

    Its parts may run in several processes on one database, each with its own --roles.
    """
    # A dump of this process's memory would hold keys and whatever was last read.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    settings = load_settings(env_file, roles=roles, port=port)
    set_up_logs(level=settings.log_level, style=settings.log_format)
    with _traced(settings):
        run(_serve(settings, migrate_first=migrate_first, until_stdin_closes=until_stdin_closes))


@contextmanager
def _traced(settings: Settings) -> Iterator[None]:
    """With a collector where one is named."""
    if settings.traces_endpoint is None:
        yield
        return
    end = traces.set_up(settings.traces_endpoint, region=settings.region)
    try:
        yield
    finally:
        end()


async def _serve(settings: Settings, *, migrate_first: bool, until_stdin_closes: bool) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if until_stdin_closes:
        threading.Thread(target=_watch_stdin, args=(loop, stop), name="stdin", daemon=True).start()
    node = build(settings)
    tune_collector()
    try:
        if migrate_first:
            await migrate_database(node.store.engine)
        await check_ready(node)
    except BaseException:
        await node.store.engine.dispose()
        raise
    try:
        async with node.running() as address:
            _say(settings, address)
            await stop.wait()
            click.echo("stopping")
            _end_by_force_after(PATIENCE)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        cure = "give another port by --port, TRANSFER_PORT or TRANSFER_METRICS_PORT"
        raise Misconfigured(f"{error.strerror}; {cure}") from error
    click.echo("stopped")


def _say(settings: Settings, address: str | None) -> None:
    parts = ", ".join(sorted(settings.roles))
    click.echo(f"node {settings.region} runs: {parts}")
    if Role.API in settings.roles:
        click.echo(f"listening on {address}")
        if settings.sign_in == "off":
            click.echo("sign-in is off: whoever reaches this machine's loopback address may do everything")


def _watch_stdin(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    while os.read(sys.stdin.fileno(), 4096):
        pass
    loop.call_soon_threadsafe(stop.set)


def _end_by_force_after(seconds: float) -> None:
    def end() -> None:
        click.echo(f"not stopped after {seconds:g} s; ended as it stands, nothing is lost", err=True)
        # A node survives a power cut at any moment, so this costs nothing but time at the next start.
        os._exit(FAULT)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
