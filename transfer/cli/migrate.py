"""``transfer migrate``: brings the database to the version that this release needs."""

from pathlib import Path

import click

from transfer.cli.exits import CONFIGURATION, WrongUsage
from transfer.cli.opening import env_file_option, json_option, load_settings, run
from transfer.cli.output import print_json
from transfer.settings import Settings
from transfer.storage import migrate as migrations
from transfer.storage.engine import open_engine


@click.command()
@click.option("--to", "target", default="head", metavar="VERSION", help="Go there, up or down; `base` is empty.")
@click.option("--show", is_flag=True, help="Change nothing; say which version the database has.")
@json_option
@env_file_option
@click.pass_context
def migrate(ctx: click.Context, target: str, show: bool, as_json: bool, env_file: Path | None) -> None:  # noqa: FBT001 - click's flags
    """Bring the database to the version that this release needs.

    Processes of the last release may go on working on it. With --show exits with 78 when it has another version.
    """
    settings = load_settings(env_file)
    if target not in {"head", "base", *migrations.versions()}:
        raise WrongUsage(f"no version {target}; there are: base, {', '.join(migrations.versions())}, head")
    before, after = run(_migrate(settings, None if show else target))
    needed = migrations.head()
    if as_json:
        print_json({"before": before, "version": after, "needed": needed, "versions": migrations.versions()})
    elif show:
        click.echo(f"the database has version {after}" + ("" if after == needed else f", this release needs {needed}"))
    else:
        click.echo(f"the database has version {after}" + (" already" if before == after else f", it had {before}"))
    if show and after != needed:
        ctx.exit(CONFIGURATION)


async def _migrate(settings: Settings, target: str | None) -> tuple[str, str]:
    engine = open_engine(settings.database_url, patience=None)
    try:
        before = await migrations.current(engine)
        if target is not None:
            await migrations.migrate(engine, target)
        return before, await migrations.current(engine)
    finally:
        await engine.dispose()
