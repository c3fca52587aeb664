"""``transfer audit prove`` and ``export``: what a ledger shows, as files that anyone can check."""

import re
from pathlib import Path
from typing import Final
from uuid import UUID

import click

from transfer.cli.audit_remote import asked, node_options, unmask_option, with_query
from transfer.cli.exits import WrongUsage
from transfer.cli.paths import FILE_TO_WRITE

_RANGE: Final = re.compile(r"([0-9]{1,18})-([0-9]{1,18})")
_out_option = click.option("--out", type=FILE_TO_WRITE, required=True, help="The file to write; it must not exist.")


@click.command()
@click.argument("entry")
@_out_option
@node_options
def prove(*, entry: str, out: Path, node: str, token_file: Path | None, reason: str | None) -> None:
    """Write the proof of one entry, by its place or its id: entry, inclusion proof, checkpoint, cosignatures."""
    if not entry.isascii() or not (entry.isdigit() or _is_id(entry)):
        raise WrongUsage(f"{entry} is neither the place nor the id of an entry")
    size = asked(node, token_file).save(with_query(f"/v1/audit/entries/{entry}/proof", reason=reason), out)
    click.echo(f"wrote {out}, {size} bytes; `transfer audit check {out}` says what it shows")


@click.command()
@click.argument("what", metavar="CASE|FROM-TO")
@_out_option
@unmask_option
@node_options
def export(  # noqa: PLR0913 - one argument per option
    *, what: str, out: Path, unmask: bool, node: str, token_file: Path | None, reason: str | None
) -> None:
    """Write a bundle: all entries of a case, or those from one place to another, with what proves them."""
    places = _RANGE.fullmatch(what)
    if places is None and not _is_id(what):
        raise WrongUsage(f"{what} is neither the id of a case nor two places as in 0-999")
    chosen = {"from": places[1], "to": places[2]} if places else {"case": what}
    path = with_query("/v1/audit/bundles", **chosen, unmask="true" if unmask else None, reason=reason)
    size = asked(node, token_file).save(path, out)
    click.echo(f"wrote {out}, {size} bytes; `transfer audit check {out}` says what it shows")


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False
