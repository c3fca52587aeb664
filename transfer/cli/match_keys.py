"""``transfer keys match``: the keys that all regions share to find the same matter."""

import os
from pathlib import Path
from typing import Final

import click

from transfer.cli.paths import FILE, FOLDER
from transfer.crypto.keyfiles import read_private, write_private
from transfer.crypto.matching import (
    LATEST_VERSION,
    drop_match_key,
    new_match_key,
    read_match_key,
    take_match_key,
    versions,
)
from transfer.crypto.passphrase import find_passphrase

_VERSION: Final = click.IntRange(1, LATEST_VERSION)

_folder: Final = click.option(
    "--keys",
    "folder",
    type=FOLDER,
    envvar="TRANSFER_KEYS",
    required=True,
    help="Folder of the key files; default TRANSFER_KEYS.",
)


@click.group()
def match() -> None:
    """Make and hand on the keys by which regions find the same matter without naming anyone."""


@match.command()
@click.option("--version", type=_VERSION, required=True, help="One above the last.")
@click.option("--out", type=FILE, required=True, help="File to hand to every region.")
@click.option("--way-passphrase-file", type=FILE, required=True, help="Passphrase for its way; told by another road.")
def new(*, version: int, out: Path, way_passphrase_file: Path) -> None:
    """Make a version of the shared key: for the operator of the exchange."""
    key = new_match_key(version, find_passphrase(way_passphrase_file, {}))
    write_private(out, key.locked + "\n", new=True)
    click.echo(f"{out} holds version {version}; hand it to every region, and its passphrase by another road")


@match.command()
@click.argument("file", type=FILE)
@click.option("--way-passphrase-file", type=FILE, required=True, help="The passphrase that came with it.")
@click.option("--passphrase-file", type=FILE, help="File with the passphrase of this region's keys; else as in `new`.")
@_folder
def take(*, file: Path, way_passphrase_file: Path, passphrase_file: Path | None, folder: Path) -> None:
    """Put the shared key in FILE beside this region's keys; a running node uses it within a minute."""
    try:
        text = read_private(file).strip()
    except FileNotFoundError as error:
        raise click.BadParameter(f"{file} does not exist") from error
    key = read_match_key(text, find_passphrase(way_passphrase_file, {}))
    take_match_key(folder, key, find_passphrase(passphrase_file, os.environ))
    click.echo(f"version {key.version} is taken; {file} and its passphrase are of no more use")


@match.command("list")
@_folder
def list_(*, folder: Path) -> None:
    """List the versions that this region holds."""
    held = versions(folder)
    click.echo(", ".join(map(str, held)) if held else "no shared key; without one nothing is compared")


@match.command()
@click.argument("version", type=_VERSION)
@_folder
def drop(*, version: int, folder: Path) -> None:
    """Remove a VERSION that another has taken the place of; what was found by it alone is not found any more."""
    drop_match_key(folder, version)
    click.echo(f"version {version} is removed")
