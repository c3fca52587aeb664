"""A command that turns every expected error into a message and an exit code, and a group that imports its commands
when they are called: each of them brings what it needs of the node, and `--version` needs nothing."""

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Any

import click


class Explained(click.Command):
    """Ends with the exit code of the table in ``endings``; only what nobody expected shows a traceback."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - click's signature
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            from transfer.cli.endings import exit_of  # noqa: PLC0415 - it knows every error of the node
            from transfer.web.problems import title  # noqa: PLC0415 - likewise

            end = exit_of(error)
            if end is None:
                raise
            click.echo(f"transfer: {str(error) or title(type(error))}", err=True)
            if end.cure:
                click.echo(f"          {end.cure}", err=True)
            ctx.exit(end.code)


class Commands(Explained, click.Group):
    """A group of such commands. Those of ``modules`` are names, each with the module of ``transfer.cli`` that has the
    function of that name."""

    def __init__(self, *args: Any, modules: Mapping[str, str] = MappingProxyType({}), **settings: Any) -> None:  # noqa: ANN401 - click's own
        super().__init__(*args, **settings)
        self._modules = modules

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*self._modules, *super().list_commands(ctx)})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if module := self._modules.get(cmd_name):
            command: click.Command = getattr(import_module(f"transfer.cli.{module}"), cmd_name)
            return command
        return super().get_command(ctx, cmd_name)
