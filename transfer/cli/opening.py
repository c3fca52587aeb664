"""Reads the settings and opens the node's parts for commands that look at them."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from transfer.cli.paths import FILE_THERE
from transfer.messages.codes import Urgency
from transfer.node import Node, build, check_ready
from transfer.records import Order
from transfer.settings import Settings
from transfer.telemetry.logs import set_up_logs

_Run = TypeVar("_Run", bound=Callable[..., Any])

_Result = TypeVar("_Result")

_DRIVER: Final = "_connection_worker_thread"
_LOOKS: Final = 50


def env_file_option(run: _Run) -> _Run:
    """Adds --env-file to a command that reads the settings."""
    option = click.option(
        "--env-file",
        type=FILE_THERE,
        help="Read settings from this file (NAME=VALUE lines); the environment goes first.",
    )
    return option(run)


def json_option(run: _Run) -> _Run:
    """Adds --json to a command that prints data."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")(run)


def urgency_option(run: _Run) -> _Run:
    """Adds --urgency to a worklist."""
    return click.option("--urgency", type=click.Choice([u.value for u in Urgency]), help="Only what is as urgent.")(run)


def order_option(run: _Run) -> _Run:
    """Adds --order to a worklist."""
    said = "By urgency, due day and age, or by age alone."
    return click.option(
        "--order", type=click.Choice([o.value for o in Order]), default=Order.NEED.value, show_default=True, help=said
    )(run)


def load_settings(env_file: Path | None, **overrides: Any) -> Settings:  # noqa: ANN401 - settings are of many types
    """The settings of this node; raises SettingsInvalid."""
    return Settings.load(_env_file=env_file, **overrides)


def run(work: Coroutine[Any, Any, _Result]) -> _Result:
    """The result of a command's work, once nothing of it is left that would speak to a loop that has ended."""

    async def to_the_end() -> _Result:
        try:
            return await work
        finally:
            # After a connection that failed, SQLite's driver still has something to report.
            for _ in range(_LOOKS):
                if not any(_DRIVER in thread.name for thread in threading.enumerate()):
                    break
                await asyncio.sleep(0.01)

    return asyncio.run(to_the_end())


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Node]:
    """The node of these settings without life in it, its database checked and let go of at the end.

    Raises NotMigrated, StorageUnavailable and what ``build`` raises.
    """
    set_up_logs(level="error", style="text")
    node = build(settings)
    try:
        await check_ready(node)
        yield node
    finally:
        await node.store.engine.dispose()
