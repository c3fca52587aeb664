"""``transfer user``: the accounts of a node; the first one, and what a terminal has to mend."""

from collections.abc import Awaitable, Callable, Collection
from pathlib import Path
from typing import TypeVar

import click
from pydantic import ValidationError

from transfer.actions.roll import NewAccount, Roll
from transfer.cli.exits import WrongUsage
from transfer.cli.known import operator
from transfer.cli.opening import env_file_option, json_option, load_settings, opened, run
from transfer.cli.output import codes_said, console, local, print_json, table
from transfer.domain.accounts import Account
from transfer.domain.rights import Role
from transfer.messages.envelope import explain
from transfer.settings import Settings

_Given = TypeVar("_Given")
_ROLES = click.Choice([role.value for role in Role])
_OF_ROLE = "One of those below; again for more."
_role_option = click.option("--role", "roles", type=_ROLES, metavar="ROLE", multiple=True, required=True, help=_OF_ROLE)
_EPILOG = codes_said("Roles (docs/rights.md says what each opens)", Role)


@click.group(short_help="Accounts: who may sign in, and as what.")
def user() -> None:
    """Add accounts, and change what they may do; each change is noted in the ledger.

    Begin with a security-administrator, who adds the others at /accounts. Administrators hold no other role.
    """


@user.command(short_help="Add an account of a person, or of another system.", epilog=_EPILOG)
@click.argument("login")
@click.option("--name", required=True, help="As the person signs; nobody else's at this node.")
@click.option("--institution", required=True, metavar="CODE", help="Of this region, as the directory lists it.")
@_role_option
@click.option("--system", is_flag=True, help="Another system, as a monitor: no password, tokens alone.")
@json_option
@env_file_option
def add(  # noqa: PLR0913 - one per option
    *,
    login: str,
    name: str,
    institution: str,
    roles: Collection[str],
    system: bool,
    as_json: bool,
    env_file: Path | None,
) -> None:
    """Add an account; prints the password for the first sign-in, this once.

    LOGIN is of lower-case letters, digits, dot, hyphen and underscore.
    """
    fields = {"login": login, "name": name, "institution": institution, "roles": roles, "system": system}
    try:
        new = NewAccount.model_validate(fields)
    except ValidationError as error:
        raise WrongUsage(explain(error)) from error
    account, password = run(_add(load_settings(env_file), new))
    if as_json:
        print_json({"id": account.id, "login": login, "password": password or None})
    else:
        click.echo(f"added {login} {account.id}")
        _say(password)
        if system:
            click.echo(f"it has no password: `transfer token add {login} --name PURPOSE --scope RIGHT` makes its token")


@user.command("list")
@json_option
@env_file_option
def list_(*, as_json: bool, env_file: Path | None) -> None:
    """List all accounts."""
    found = run(_all(load_settings(env_file)))
    if as_json:
        print_json([_shown(one) for one in found])
        return
    rows = [
        (one.login, one.name, one.institution, " ".join(sorted(one.roles)), _state(one), local(one.made_at))
        for one in found
    ]
    console().print(table(None, ("login", "name", "institution", "roles", "state", "made"), rows))


@user.command(epilog=_EPILOG)
@click.argument("login")
@_role_option
@env_file_option
def roles(*, login: str, roles: Collection[str], env_file: Path | None) -> None:
    """Give an account these roles, in the place of those it has."""
    given = frozenset(Role(role) for role in roles)
    run(_change(env_file, login, lambda roll, account: roll.set_roles(account, given, by=operator())))
    click.echo(f"{login}: {' '.join(sorted(given))}")


@user.command(short_help="Give a new password for one sign-in.")
@click.argument("login")
@click.option("--second-factor", is_flag=True, help="Also forget the second factor, where its device is lost.")
@env_file_option
def reset(*, login: str, second_factor: bool, env_file: Path | None) -> None:
    """Give a new password for one sign-in, and sign the person out everywhere."""

    async def change(roll: Roll, account: Account) -> str:
        return await roll.reset(account, by=operator(), second_factor=second_factor)

    _say(run(_change(env_file, login, change)))


@user.command()
@click.argument("login")
@env_file_option
def disable(*, login: str, env_file: Path | None) -> None:
    """Close an account: its sessions end, and its tokens open nothing."""
    run(_change(env_file, login, lambda roll, one: roll.set_disabled(one, disabled=True, by=operator())))
    click.echo(f"{login} is disabled")


@user.command()
@click.argument("login")
@env_file_option
def enable(*, login: str, env_file: Path | None) -> None:
    """Open an account again that was disabled."""
    run(_change(env_file, login, lambda roll, one: roll.set_disabled(one, disabled=False, by=operator())))
    click.echo(f"{login} is enabled")


@user.command()
@click.argument("login")
@env_file_option
def unlock(*, login: str, env_file: Path | None) -> None:
    """End the pause after failed attempts."""
    run(_change(env_file, login, lambda roll, one: roll.unlock(one, by=operator())))
    click.echo(f"{login} may try again")


@user.command(short_help="Let an account sign in by OpenID Connect.")
@click.argument("login")
@click.argument("subject", required=False)
@env_file_option
def link(*, login: str, subject: str | None, env_file: Path | None) -> None:
    """Let an account sign in by the provider of OpenID Connect, as SUBJECT there; without SUBJECT no more."""
    issuer = load_settings(env_file).oidc_issuer
    if subject and issuer is None:
        raise WrongUsage("TRANSFER_OIDC_ISSUER names no provider")
    run(_change(env_file, login, lambda roll, one: roll.link(one, issuer if subject else None, subject, by=operator())))
    click.echo(f"{login} is {'linked' if subject else 'not linked any more'}")


async def _add(settings: Settings, new: NewAccount) -> tuple[Account, str]:
    async with opened(settings) as node:
        return await node.web.roll.add(new, by=operator())


async def _all(settings: Settings) -> Collection[Account]:
    async with opened(settings) as node:
        return await node.web.roll.accounts.all()


async def _change(env_file: Path | None, login: str, change: Callable[[Roll, Account], Awaitable[_Given]]) -> _Given:
    async with opened(load_settings(env_file)) as node:
        roll = node.web.roll
        return await change(roll, await roll.find(login))


def _say(password: str) -> None:
    if password:
        click.echo(f"password for the first sign-in, shown this once: {password}")
        click.echo("at /sign-in it is replaced by the person's own")


def _state(account: Account) -> str:
    if account.disabled:
        return "disabled"
    return "system" if account.system else "first password" if account.must_change else "in use"


def _shown(account: Account) -> dict[str, object]:
    names = ("id", "login", "name", "institution", "system", "disabled", "must_change", "issuer", "made_at")
    return {name: getattr(account, name) for name in names} | {
        "roles": sorted(account.roles),
        "second_factor": account.totp is not None,
    }
