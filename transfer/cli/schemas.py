"""``transfer schemas``: the files that are made from the code, written or compared."""

import json
from collections.abc import Mapping
from pathlib import Path

import click

from transfer.cli.exits import FAULT, USAGE
from transfer.cli.metrics_page import metrics_page
from transfer.cli.opening import json_option
from transfer.cli.output import print_json
from transfer.cli.paths import FOLDER_THERE
from transfer.cli.settings_page import settings_page
from transfer.crypto import examples
from transfer.domain.diagram import lifecycle_page
from transfer.domain.rights_page import rights_page
from transfer.messages import contract
from transfer.messages.compatibility import breaking_changes
from transfer.messages.contract import ROOT
from transfer.messages.envelope import MESSAGE_TYPES
from transfer.web import openapi
from transfer.web.routes import ROUTES


def generated() -> dict[str, str]:
    """All generated files: texts by path, relative to the project."""
    return {
        **contract.render(),
        **examples.render(),
        openapi.FILE: openapi.render(ROUTES),
        "docs/lifecycle.md": lifecycle_page(),
        "docs/metrics.md": metrics_page(),
        "docs/rights.md": rights_page(),
        "docs/settings.md": settings_page(),
    }


def differences(root: Path, files: Mapping[str, str]) -> dict[str, str]:
    """What is wrong by path: missing, differs, or left over from an earlier form of the contract."""
    faults = {}
    for path, text in files.items():
        try:
            found = (root / path).read_text(encoding="utf-8")
        except FileNotFoundError:
            faults[path] = "missing"
        else:
            if found != text:
                faults[path] = "differs"
    for file in sorted((root / ROOT).rglob("*.json")):
        path = file.relative_to(root).as_posix()
        # What was published stays as it was, for the comparison of later forms with it.
        if path not in files and not path.startswith(f"{ROOT}/published/"):
            faults[path] = "left over"
    return faults


def broken(root: Path) -> dict[str, str]:
    """What messages of this release break of what was published under their types, by path."""
    faults = {}
    for name in MESSAGE_TYPES:
        path = f"{ROOT}/published/{name}.schema.json"
        if (root / path).exists():
            published = json.loads((root / path).read_text(encoding="utf-8"))
            if found := breaking_changes(published, contract.schema_of(name)):
                faults[path] = f"broken: {'; '.join(found)}"
    return faults


@click.command(short_help="Write or check the files that are made from the code.")
@click.option("--check", is_flag=True, help="Compare only; exit with 1 when something differs.")
@click.option("--write", is_flag=True, help="Write what differs, remove what is left over.")
@click.option(
    "--root",
    type=FOLDER_THERE,
    default=Path(),
    help="The project's folder; default the current one.",
)
@json_option
@click.pass_context
def schemas(ctx: click.Context, *, check: bool, write: bool, root: Path, as_json: bool) -> None:
    """Write the generated files, or check them: the contract under schemas/, docs/lifecycle.md, docs/metrics.md,
    docs/settings.md. A message that breaks what was published under its type is named and never written: give it a
    new version."""
    if check == write:
        click.echo("give --check or --write", err=True)
        ctx.exit(USAGE)
    files = generated()
    faults = differences(root, files)
    if write:
        for path in faults:
            _put(root / path, files.get(path))
    breaks = broken(root)
    faults |= breaks
    if as_json:
        print_json({"files": len(files), "differences": faults, "written": write})
    else:
        for path, fault in faults.items():
            click.echo(f"{fault:9} {path}")
        said = "written" if write else "different; `transfer schemas --write` makes them anew"
        found = f"{len(faults)} {said}" if faults else "all as the code has it"
        click.echo(f"{len(files)} generated files, {found}")
    if breaks or (check and faults):
        ctx.exit(FAULT)


def _put(file: Path, text: str | None) -> None:
    if text is None:
        file.unlink()
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
