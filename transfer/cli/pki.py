"""``transfer pki``: a small certificate authority for demos, tests and trials."""

from dataclasses import asdict
from pathlib import Path

import click

from transfer.cli.exits import FAULT
from transfer.cli.opening import json_option
from transfer.cli.output import local, print_json
from transfer.cli.paths import FILE_THERE, FOLDER
from transfer.crypto.pki import CA, CA_DAYS, LEAF_DAYS, SERVER, Authority, Issued, save, shown
from transfer.telemetry import clock

_out = click.option("--out", "folder", type=FOLDER, required=True, help="The authority's folder; files go there.")
_replace = click.option("--replace", is_flag=True, help="Write over files that are there.")


_ca_days = click.option("--days", type=click.IntRange(min=1), default=CA_DAYS, show_default=True, help="Validity.")
_leaf_days = click.option("--days", type=click.IntRange(min=1), default=LEAF_DAYS, show_default=True, help="Validity.")


@click.group()
def pki() -> None:
    """Make certificates for a demo, a test or a trial.

    docs/pki.md says what a real authority must issue instead.
    """


@pki.command()
@_out
@click.option("--name", default="legalaid-transfer test CA", show_default=True, help="Name of the authority.")
@_ca_days
@_replace
def new(*, folder: Path, name: str, days: int, replace: bool) -> None:
    """Make an authority: ca.pem, which all trust, and ca.key, which nobody else may see."""
    _put(Authority.new(name, now=clock.now(), days=days).issued, folder, CA, replace=replace)


@pki.command()
@_out
@click.option("--host", "hosts", multiple=True, required=True, help="Name or IP address by which it is called; repeat.")
@_leaf_days
@_replace
def server(*, folder: Path, hosts: tuple[str, ...], days: int, replace: bool) -> None:
    """Issue the hub's certificate: server.pem and server.key."""
    issued = Authority.load(folder).server(hosts, now=clock.now(), days=days)
    _put(issued, folder, SERVER, replace=replace)


@pki.command()
@click.argument("code")
@_out
@_leaf_days
@click.option("--passphrase-file", type=FILE_THERE, help="Encrypt the key with the passphrase in this file.")
@_replace
def region(*, code: str, folder: Path, days: int, passphrase_file: Path | None, replace: bool) -> None:
    """Issue the certificate of the region CODE: CODE.pem and CODE.key.

    With `directory` for CODE it is the one by which `transfer directory publish` calls.
    """
    passphrase = passphrase_file.read_bytes().rstrip(b"\r\n") if passphrase_file else None
    issued = Authority.load(folder).region(code, now=clock.now(), days=days, passphrase=passphrase)
    _put(issued, folder, code, replace=replace)


@pki.command()
@click.argument("file", type=FILE_THERE)
@json_option
@click.pass_context
def show(ctx: click.Context, *, file: Path, as_json: bool) -> None:
    """Show the certificates in FILE; exit with 1 when one has expired."""
    found = shown(file, now=clock.now())
    if as_json:
        print_json([asdict(one) for one in found])
    else:
        for one in found:
            click.echo(f"subject  {one.subject}, issued by {one.issuer}")
            click.echo(f"use      {one.use}{' for ' + ', '.join(one.hosts) if one.hosts else ''}")
            click.echo(f"valid    {local(one.valid_from)} to {local(one.valid_until)}")
            click.echo(f"left     {'expired' if one.days_left < 0 else f'{one.days_left} days'}")
    if any(one.days_left < 0 for one in found):
        ctx.exit(FAULT)


def _put(issued: Issued, folder: Path, stem: str, *, replace: bool) -> None:
    for file in save(issued, folder, stem, replace=replace):
        click.echo(f"written: {file}")
