"""A command that turns every expected error into a message and an exit code."""

from typing import Any

import click

from transfer.cli.exits import exit_of
from transfer.web.problems import title


class Explained(click.Command):
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
            click.echo(f"transfer: {str(error) or title(type(error))}", err=True)
            if end.cure:
                click.echo(f"          {end.cure}", err=True)
            ctx.exit(end.code)


class Commands(Explained, click.Group):
    """A group of such commands."""
