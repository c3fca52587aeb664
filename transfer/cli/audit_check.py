"""``transfer audit check``: what a file shows, with nothing but the file."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import click

from transfer.actions.checking import Checked
from transfer.actions.checking import check as check_files
from transfer.actions.findings import Finding, Verdict
from transfer.cli.exits import FAULT, OK, USAGE, WrongUsage
from transfer.cli.opening import json_option
from transfer.cli.output import print_json
from transfer.cli.paths import FILE_THERE
from transfer.crypto.errors import NoteMalformed
from transfer.crypto.notes import Verifier
from transfer.messages.values import showable

_ENDS: Final = {Verdict.SHOWN: OK, Verdict.FALSE: FAULT, Verdict.MALFORMED: USAGE}
_HEADS: Final = {
    Verdict.SHOWN: ("所示内容", "What it shows"),
    Verdict.FALSE: ("不成立", "What does not hold"),
    Verdict.MALFORMED: ("无法读取", "What cannot be read"),
    Verdict.UNKNOWN: ("由此无法得知", "What cannot be known from it"),
}


@click.command()
@click.argument("files", nargs=-1, required=True, type=FILE_THERE)
@click.option("--verifier", "verifiers", metavar="KEY", multiple=True, help="Key of the directory, or of a region.")
@click.option("--lang", type=click.Choice(["zh", "en", "both"]), default="both", show_default=True, help="Language.")
@json_option
@click.pass_context
def check(ctx: click.Context, *, files: tuple[Path, ...], verifiers: tuple[str, ...], lang: str, as_json: bool) -> None:
    """Check proofs and bundles, and say what they show and what cannot be known from them.

    It needs no node, no database, no settings and no network. A file is a proof, a bundle, or a signed directory by
    which proofs are checked. Bundles of one case from two regions are compared.

    Ends with 0 when all of it is shown, 1 when something does not hold, 2 when something cannot be read.
    """
    found = check_files(files, keys_of(verifiers))
    if as_json:
        print_json([_data(one) for one in found])
    else:
        for one in found:
            _say(one, lang)
    ctx.exit(end_of(found))


def keys_of(texts: Sequence[str]) -> list[Verifier]:
    """The keys that were given; raises WrongUsage."""
    try:
        return [Verifier.parse(one) for one in texts]
    except NoteMalformed as error:
        raise WrongUsage(f"--verifier: {error}") from None


def end_of(found: Sequence[Checked]) -> int:
    """The exit code for all of it."""
    return max(_ENDS[one.verdict] for one in found)


def _say(one: Checked, lang: str) -> None:
    click.echo(showable(one.name))
    for verdict, (zh, en) in _HEADS.items():
        said = [finding for finding in one.findings if finding.says.verdict is verdict]
        if not said:
            continue
        click.echo("  " + " · ".join(_chosen(zh, en, lang)))
        for finding in said:
            first, *rest = _chosen(finding.zh, finding.en, lang)
            click.echo(f"    - {showable(first.strip())}")
            for line in rest:
                click.echo(f"      {showable(line.strip())}")


def _chosen(zh: str, en: str, lang: str) -> tuple[str, ...]:
    return {"zh": (zh,), "en": (en,), "both": (zh, en)}[lang]


def _data(one: Checked) -> dict[str, Any]:
    return {"file": one.name, "verdict": one.verdict, "findings": [_finding(finding) for finding in one.findings]}


def _finding(one: Finding) -> dict[str, Any]:
    return {
        "says": one.says,
        "verdict": one.says.verdict,
        "detail": {name: str(value) for name, value in one.detail.items()},
        "zh": one.zh,
        "en": one.en,
    }
