"""Puts the commands together, and turns every expected error into a message and an exit code."""

from typing import Any

import click

from transfer.cli.case import case
from transfer.cli.config import config
from transfer.cli.demo.command import demo
from transfer.cli.directory import directory
from transfer.cli.exits import MEANINGS, exit_of
from transfer.cli.keys import keys
from transfer.cli.migrate import migrate
from transfer.cli.pki import pki
from transfer.cli.quarantine import quarantine
from transfer.cli.schemas import schemas
from transfer.cli.serve import serve
from transfer.cli.status import status
from transfer.cli.topology import topology
from transfer.cli.trace import trace

_EPILOG = "\b\nExit codes:\n" + "\n".join(f"  {code:>2}  {meaning}" for code, meaning in MEANINGS.items())


class Commands(click.Group):
    """Ends with the exit code of the table in ``exits``; only what nobody expected shows a traceback."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - click's signature
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            end = exit_of(error)
            if end is None:
                raise
            click.echo(f"transfer: {error}", err=True)
            if end.cure:
                click.echo(f"          {end.cure}", err=True)
            ctx.exit(end.code)


@click.group(cls=Commands, epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="legalaid-transfer", prog_name="transfer")
def main() -> None:
    """Cross-region transfer of legal aid cases: runs the node of a region and looks after it.

    A node is set up by environment variables that begin with TRANSFER_ (docs/settings.md), which the option
    --env-file of most commands reads from a file.
    """


for _command in (
    serve,
    migrate,
    directory,
    keys,
    pki,
    topology,
    status,
    case,
    trace,
    quarantine,
    config,
    schemas,
    demo,
):
    main.add_command(_command)
