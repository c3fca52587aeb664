"""How the commands of auditors reach a node: never without a token."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import urlencode

import click

from transfer.cli.exits import WrongUsage
from transfer.cli.remote import Api, api_of, token_option

NODE: Final = "http://127.0.0.1:8080"
_Run = TypeVar("_Run", bound=Callable[..., Any])


def node_options(run: _Run) -> _Run:
    """Adds --node, --token-file and --reason to a command that asks a node."""
    for option in (
        click.option("--reason", help="Why you ask; it is kept in the ledger."),
        token_option,
        click.option("--node", metavar="URL", default=NODE, show_default=True, help="The node's API."),
    ):
        run = option(run)
    return run


def unmask_option(run: _Run) -> _Run:
    """Adds --unmask to a command that can show names and texts."""
    return click.option("--unmask", is_flag=True, help="With names and texts; needs --reason.")(run)


def asked(node: str, token_file: Path | None) -> Api:
    """The node's API for an auditor; raises WrongUsage."""
    if token_file is None:
        raise WrongUsage("give your token with --token-file; docs/ledger.md says how a node learns who is an auditor")
    return api_of(node, token_file)


def with_query(path: str, **query: object) -> str:
    """The path with what is given of these."""
    given = {name: str(value) for name, value in query.items() if value not in (None, False)}
    return f"{path}?{urlencode(given)}" if given else path
