"""Every command and option says what it is for, and every expected error has its exit code."""

import re
import subprocess
import sys
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from transfer.cli.endings import EXITS, exit_of
from transfer.cli.exits import (
    CONFIGURATION,
    FAULT,
    MEANINGS,
    UNAVAILABLE,
    USAGE,
    CommandFailed,
    NotThere,
    Unreachable,
    WrongUsage,
)
from transfer.cli.explained import Commands
from transfer.cli.main import main
from transfer.domain.errors import StaleVersion
from transfer.node import NotMigrated
from transfer.ports.work import StorageUnavailable
from transfer.settings import SettingsInvalid


def _commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from _commands(command, (*path, name))


COMMANDS = dict(_commands(main))


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_has_help_and_so_has_every_option(path: tuple[str, ...]) -> None:
    command = COMMANDS[path]
    shown = CliRunner().invoke(main, [*path, "--help"])
    assert shown.exit_code == 0
    assert command.help
    silent = [p.name for p in command.params if isinstance(p, click.Option) and not p.help]
    assert silent == []


def test_a_command_that_prints_data_has_json() -> None:
    data = [("status",), ("trace",), ("case", "list"), ("case", "show"), ("quarantine", "list"), ("config", "check")]
    data += [("keys", name) for name in ("new", "list", "rotate", "revoke")]
    for path in [*data, ("quarantine", "show"), ("quarantine", "replay"), ("migrate",), ("schemas",), ("pki", "show")]:
        assert "--json" in [name for p in COMMANDS[path].params for name in p.opts], path


def test_the_version_costs_nothing_of_the_node() -> None:
    asked = "from transfer.cli.main import main; main(['--version'])"
    shown = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", asked], capture_output=True, check=True, text=True
    )
    assert shown.stdout.startswith("transfer, version ")
    assert "transfer.cli.main" in shown.stderr
    assert not {"transfer.node", "sqlalchemy", "aiohttp", "pydantic"} & set(
        re.findall(r"[\w.]+$", shown.stderr, re.MULTILINE)
    )


def test_the_help_names_all_exit_codes() -> None:
    shown = CliRunner().invoke(main, ["--help"]).output
    assert all(f"{code}  {meaning}" in shown for code, meaning in MEANINGS.items())


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (SettingsInvalid("TRANSFER_REGION: missing"), CONFIGURATION),
        (NotMigrated("run `transfer migrate`"), CONFIGURATION),
        (StorageUnavailable("no answer"), UNAVAILABLE),
        (Unreachable("no node answers"), UNAVAILABLE),
        (NotThere("no such case"), FAULT),
        (StaleVersion(read=1, current=2), FAULT),
        (WrongUsage("not both"), USAGE),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_expected_error_becomes_a_message_and_a_code(error: Exception, code: int) -> None:
    @click.group(cls=Commands)
    def group() -> None: ...

    @group.command()
    def fail() -> None:
        raise error

    ended = CliRunner().invoke(group, ["fail"])
    assert ended.exit_code == code
    assert ended.stderr.startswith(f"transfer: {error}")
    assert "Traceback" not in ended.output


def test_an_error_that_nobody_expected_is_not_hidden() -> None:
    @click.group(cls=Commands)
    def group() -> None: ...

    @group.command()
    def fail() -> None:
        raise ZeroDivisionError

    assert isinstance(CliRunner().invoke(group, ["fail"]).exception, ZeroDivisionError)


def test_every_code_of_the_table_has_a_meaning() -> None:
    assert {row.code for row in EXITS.values()} <= MEANINGS.keys()
    assert {kind.code for kind in CommandFailed.__subclasses__()} <= MEANINGS.keys()
    assert exit_of(ValueError()) is None
