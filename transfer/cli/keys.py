"""``transfer keys``: the keys that a region signs and opens with."""

import os
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, TypeVar

import click
from pydantic import SecretStr, TypeAdapter

from transfer.cli.exits import WrongUsage
from transfer.cli.match_keys import match
from transfer.cli.opening import json_option
from transfer.cli.output import console, local, print_json, table
from transfer.cli.paths import FILE, FOLDER
from transfer.crypto.keyfiles import KeyFile, read_folder
from transfer.crypto.keys import KeyUse, PublicKey, SuiteName, states
from transfer.crypto.keystore import LEAD, OVERLAP, VALIDITY, add_key, expiring, revoke_key, rotate_key
from transfer.crypto.passphrase import find_passphrase
from transfer.crypto.second_factor import AccountsKey
from transfer.messages.values import Line, RegionCode
from transfer.telemetry.clock import now

_Run = TypeVar("_Run", bound=Callable[..., Any])

_LINE: Final[TypeAdapter[str]] = TypeAdapter(Line)
_REGION: Final[TypeAdapter[str]] = TypeAdapter(RegionCode)
_PUBLIC: Final = TypeAdapter(list[PublicKey])


def _keys_option(run: _Run) -> _Run:
    help_text = "Folder of the key files; default TRANSFER_KEYS."
    return click.option("--keys", "folder", type=FOLDER, envvar="TRANSFER_KEYS", required=True, help=help_text)(run)


def _passphrase_option(run: _Run) -> _Run:
    help_text = "File with the passphrase; else TRANSFER_PASSPHRASE, else the systemd credential transfer-passphrase."
    return click.option("--passphrase-file", type=FILE, help=help_text)(run)


def _days_option(name: str, default: timedelta, help_text: str) -> Callable[[_Run], _Run]:
    kind = click.IntRange(0 if name in {"--lead", "--overlap"} else 1, 3660)
    return click.option(name, type=kind, default=default.days, show_default=True, help=help_text)


@click.group()
def keys() -> None:
    """Make, list, replace and revoke the keys that this region signs and opens with."""


@keys.command()
@_keys_option
@click.option(
    "--region",
    envvar="TRANSFER_REGION",
    required=True,
    metavar="R",
    callback=lambda _context, _option, value: _region(value),
    help="Whose keys they are; default TRANSFER_REGION.",
)
@click.option(
    "--suite",
    "name",
    type=click.Choice([one.value for one in SuiteName]),
    default=SuiteName.JOSE.value,
    show_default=True,
    help="jose: Ed25519, X25519, AES. sm: SM2, SM3, SM4.",
)
@click.option(
    "--use",
    "uses",
    type=click.Choice([one.value for one in KeyUse]),
    multiple=True,
    help="Only a key for this; default one for each.",
)
@_days_option("--days", VALIDITY, "How long it is valid, from now on.")
@_passphrase_option
@json_option
def new(  # noqa: PLR0913 - one argument per option
    *,
    folder: Path,
    region: str,
    name: str,
    uses: tuple[str, ...],
    days: int,
    passphrase_file: Path | None,
    as_json: bool,
) -> None:
    """Make keys that are valid from now on, one to sign and one to seal to.

    The others learn them by the directory: `transfer keys list --json` prints what it must hold.
    """
    passphrase = _passphrase(passphrase_file)
    made = [
        add_key(
            folder,
            passphrase,
            region=region,
            name=SuiteName(name),
            use=KeyUse(use),
            not_before=_second(now()),
            validity=timedelta(days=days),
        )
        for use in dict.fromkeys(uses or KeyUse)
    ]
    # Where the folder is mounted for reading alone, no node can make it when the first second factor is set up.
    AccountsKey(folder, lambda: passphrase)()
    _show(made, as_json=as_json)


@keys.command(name="list")
@_keys_option
@json_option
def list_(*, folder: Path, as_json: bool) -> None:
    """List the keys and what state they are in; --json prints their public parts as the directory holds them.

    Needs no passphrase. What is superseded still verifies and opens, but no longer signs.
    """
    files = read_folder(folder)
    if as_json:
        print_json(_dumped(file.public for file in files))
        return
    if not files:
        click.echo("the folder holds no keys; `transfer keys new` makes some")
        return
    head = ("key", "suite", "use", "valid from", "until", "state")
    console().print(table(None, head, _rows(files, now())))


@keys.command()
@click.argument("key_id")
@_keys_option
@_days_option("--lead", LEAD, "Days in which the others learn the new key before it is used.")
@_days_option("--overlap", OVERLAP, "Days after that in which the old key still verifies and opens.")
@_days_option("--days", VALIDITY, "How long the new key is valid.")
@_passphrase_option
@json_option
def rotate(  # noqa: PLR0913 - one argument per option
    *,
    key_id: str,
    folder: Path,
    lead: int,
    overlap: int,
    days: int,
    passphrase_file: Path | None,
    as_json: bool,
) -> None:
    """Make a key that takes the place of KEY_ID, which goes on for a while beside it."""
    both = rotate_key(
        folder,
        _passphrase(passphrase_file),
        key_id,
        _second(now()),
        lead=timedelta(days=lead),
        overlap=timedelta(days=overlap),
        validity=timedelta(days=days),
    )
    _show(both, as_json=as_json)


@keys.command()
@click.argument("key_id")
@_keys_option
@click.option("--reason", required=True, help="Why; one line, for the record.")
@json_option
def revoke(*, key_id: str, folder: Path, reason: str, as_json: bool) -> None:
    """Make KEY_ID of no use, at once and for good. Needs no passphrase.

    The others learn it by the directory; until then they trust the key.
    """
    try:
        line = _LINE.validate_python(reason)
    except ValueError as error:
        raise WrongUsage("--reason must be one line of at most 200 characters") from error
    _show([revoke_key(folder, key_id, _second(now()), line)], as_json=as_json)


keys.add_command(match)


def _passphrase(file: Path | None) -> SecretStr:
    return find_passphrase(file, os.environ)


def _region(text: str) -> str:
    try:
        return _REGION.validate_python(text)
    except ValueError as error:
        raise click.BadParameter("six digits, for instance 442000") from error


def _second(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)


def _dumped(public: Iterable[PublicKey]) -> Any:  # noqa: ANN401 - what JSON can say
    return _PUBLIC.dump_python(list(public), mode="json", exclude_none=True)


def _show(public: Iterable[PublicKey], *, as_json: bool) -> None:
    if as_json:
        print_json(_dumped(public))
        return
    for key in public:
        until = f"revoked {local(key.revoked_at)}" if key.revoked_at else f"until {local(key.not_after)}"
        click.echo(f"{key.kid}  suite {key.suite}, valid from {local(key.not_before)}, {until}")


def _rows(files: Iterable[KeyFile], at: datetime) -> list[tuple[str, ...]]:
    listed = list(files)
    public = [file.public for file in listed]
    found, due = states(public, at), {key.kid for key in expiring(public, at)}
    rows: list[tuple[str, ...]] = []
    for file in sorted(listed, key=lambda one: (one.public.suite, one.public.use, one.public.not_before)):
        key, state = file.public, str(found[file.public.kid])
        if key.kid in due:
            state += f", expires in {(key.not_after - at).days} days: rotate it"
        if key.revoked_at is not None:
            state += f" {local(key.revoked_at)}: {file.revoked_because}"
        rows.append((key.kid, key.suite, key.use, local(key.not_before), local(key.not_after), state))
    return rows
