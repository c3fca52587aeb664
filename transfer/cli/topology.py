"""``transfer topology``: what the operator of the hub loads into RabbitMQ."""

import json
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
from pydantic import TypeAdapter, ValidationError

from transfer.broker.topology import DIRECTORY, Topology, all_pairs, definitions, vhost_definitions
from transfer.cli.exits import Misconfigured, WrongUsage
from transfer.cli.output import print_json
from transfer.cli.paths import FILE
from transfer.crypto.directory import Draft

_PASSWORDS = TypeAdapter(dict[str, str])
_ENTROPY = 18


class _Pair(click.ParamType[tuple[str, str]]):
    name = "S:T"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:  # noqa: ANN401 - click's signature
        sender, colon, recipient = str(value).partition(":")
        if not (sender and colon and recipient):
            self.fail("must be two regions, for instance 442000:510521", param, ctx)
        return sender, recipient


@click.command()
@click.option(
    "--directory", type=FILE, envvar="TRANSFER_DIRECTORY", help="File with the regions; default TRANSFER_DIRECTORY."
)
@click.option("--region", "regions", multiple=True, metavar="R", help="Only these of its regions; repeat it.")
@click.option("--pair", "pairs", multiple=True, type=_Pair(), help="Only these may write, S to T; repeat it.")
@click.option("--vhost", default="legalaid", show_default=True, help="The virtual host of the exchange.")
@click.option("--passwords", type=FILE, help="File with a JSON object: the password of each region's user.")
@click.option("--new-passwords", type=FILE, help="Draw passwords and write them to this file first.")
@click.option("--users/--no-users", default=True, help="Users and permissions too, or exchanges and queues alone.")
def topology(  # noqa: PLR0913 - one argument per option
    *,
    directory: Path | None,
    regions: tuple[str, ...],
    pairs: tuple[tuple[str, str], ...],
    vhost: str,
    passwords: Path | None,
    new_passwords: Path | None,
    users: bool,
) -> None:
    """Print the RabbitMQ definitions of the exchange as JSON.

    Load them with `rabbitmqctl import_definitions FILE`; what is there already stays. Without --pair every region
    may write to every region. Each region needs the way back for its receipts. A user without a password can only
    log in by a TLS certificate. The output of --no-users belongs to one virtual host: POST it to
    /api/definitions/VHOST.
    """
    if directory is None and not regions:
        raise WrongUsage("name the regions: --directory FILE or --region R")
    chosen = _chosen(directory, regions)
    plan = Topology(regions=chosen, allowed=frozenset(pairs) or all_pairs(chosen))
    if not users:
        if passwords or new_passwords:
            raise WrongUsage("--no-users has no use for passwords")
        print_json(vhost_definitions(plan))
        return
    if passwords and new_passwords:
        raise WrongUsage("give --passwords or --new-passwords, not both")
    secret = _drawn(new_passwords, chosen) if new_passwords else read_passwords(passwords) if passwords else {}
    print_json(definitions(plan, vhost=vhost, passwords=secret))


def _chosen(directory: Path | None, regions: Sequence[str]) -> tuple[str, ...]:
    if directory is None:
        return tuple(dict.fromkeys(regions))
    listed = Draft.load(directory).by_code
    if strangers := [region for region in regions if region not in listed]:
        raise WrongUsage(f"{directory} does not list {', '.join(strangers)}")
    return tuple(dict.fromkeys(regions)) or tuple(listed)


def read_passwords(file: Path) -> Mapping[str, str]:
    """The password of each region's user; raises Misconfigured."""
    try:
        return _PASSWORDS.validate_json(file.read_bytes())
    except OSError as error:
        raise Misconfigured(f"{file}: {error.strerror}") from error
    except ValidationError as error:
        raise Misconfigured(f'{file}: must hold a JSON object such as {{"442000": "secret"}}') from error


def _drawn(file: Path, regions: Sequence[str]) -> Mapping[str, str]:
    drawn = {user: secrets.token_urlsafe(_ENTROPY) for user in (*regions, DIRECTORY)}
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        # Its owner's alone from the first byte on.
        file.unlink(missing_ok=True)
        file.touch(mode=0o600, exist_ok=False)
        file.write_text(json.dumps(drawn, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise Misconfigured(f"{file}: {error.strerror}") from error
    return drawn
