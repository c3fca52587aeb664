"""``transfer token``: what other systems, and people's programs, show instead of signing in."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import click
from pydantic import ValidationError

from transfer.actions.roll import NewToken
from transfer.cli.exits import WrongUsage
from transfer.cli.known import operator
from transfer.cli.opening import env_file_option, json_option, load_settings, opened, run
from transfer.cli.output import codes_said, console, local, print_json, table
from transfer.cli.paths import FILE
from transfer.domain.accounts import Account, Token
from transfer.domain.rights import Right
from transfer.messages.envelope import explain
from transfer.settings import Settings
from transfer.telemetry.clock import now

_RIGHTS = click.Choice([right.value for right in Right])


@click.group(short_help="Tokens of accounts, for programs.")
def token() -> None:
    """Add and revoke tokens; each opens at most what the roles of its account open.

    A program shows one as `Authorization: Bearer TOKEN`, a command of this program by --token-file.
    """


@token.command(epilog=codes_said("Rights (docs/rights.md says which roles give each)", Right))
@click.argument("login")
@click.option("--name", required=True, help="What it is for.")
@click.option(
    "--scope",
    "scopes",
    type=_RIGHTS,
    metavar="RIGHT",
    multiple=True,
    required=True,
    help="What it opens, one of those below; again for more.",
)
@click.option("--days", type=click.IntRange(1, 366), default=90, show_default=True, help="For how long.")
@click.option("--out", type=FILE, help="Write the token to this new file.")
@env_file_option
def add(  # noqa: PLR0913 - one per option
    *, login: str, name: str, scopes: Collection[str], days: int, out: Path | None, env_file: Path | None
) -> None:
    """Add a token to the account LOGIN; it is shown this once, or written to a file that only you can read."""
    expires_at = now() + timedelta(days=days)
    try:
        new = NewToken(name=name, scopes=frozenset(Right(scope) for scope in scopes), expires_at=expires_at)
    except ValidationError as error:
        raise WrongUsage(explain(error)) from error
    settings = load_settings(env_file)
    if out is None:
        made, secret = run(_add(settings, login, new))
        click.echo(f"token {made.id}, shown this once: {secret}")
        return
    try:
        out.touch(mode=0o600, exist_ok=False)
    except OSError as error:
        raise WrongUsage(f"--out: {out}: {error.strerror}") from None
    try:
        made, secret = run(_add(settings, login, new))
    except BaseException:
        out.unlink()
        raise
    out.write_text(f"{secret}\n", encoding="ascii")
    click.echo(f"token {made.id} is in {out}, good until {local(made.expires_at)}")


@token.command("list")
@json_option
@env_file_option
def list_(*, as_json: bool, env_file: Path | None) -> None:
    """List all tokens."""
    found, logins = run(_all(load_settings(env_file)))
    if as_json:
        names = ("id", "name", "made_at", "expires_at", "used_on")
        print_json(
            [
                {name: getattr(one, name) for name in names}
                | {"login": logins[one.account].login, "scopes": sorted(one.scopes)}
                for one in found
            ]
        )
        return
    rows = [
        (
            str(one.id),
            logins[one.account].login,
            one.name,
            " ".join(sorted(one.scopes)),
            local(one.expires_at) + (" (over)" if one.expires_at <= now() else ""),
            str(one.used_on or "never"),
        )
        for one in found
    ]
    console().print(table(None, ("id", "account", "name", "scopes", "until", "last used"), rows))


@token.command()
@click.argument("token_id", metavar="TOKEN", type=click.UUID)
@env_file_option
def revoke(*, token_id: UUID, env_file: Path | None) -> None:
    """Revoke a token, by its id in `transfer token list`; it opens nothing from now on."""
    run(_revoke(load_settings(env_file), token_id))
    click.echo(f"{token_id} opens nothing any more")


async def _add(settings: Settings, login: str, new: NewToken) -> tuple[Token, str]:
    async with opened(settings) as node:
        roll = node.web.roll
        return await roll.add_token(await roll.find(login), new, by=operator())


async def _all(settings: Settings) -> tuple[Sequence[Token], dict[UUID, Account]]:
    async with opened(settings) as node:
        accounts = node.web.roll.accounts
        return await accounts.tokens(), {one.id: one for one in await accounts.all()}


async def _revoke(settings: Settings, token_id: UUID) -> None:
    async with opened(settings) as node:
        await node.web.roll.revoke_token(token_id, by=operator())
