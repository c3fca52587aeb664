"""``transfer audit trace``: the whole history of a case, from a node's ledger or from a bundle."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import click
from rich.console import Console
from rich.markup import escape

from transfer.actions.checking import check
from transfer.actions.findings import Verdict
from transfer.cli.audit_check import end_of, keys_of
from transfer.cli.audit_remote import asked, node_options, unmask_option, with_query
from transfer.cli.exits import NotThere
from transfer.cli.opening import json_option
from transfer.cli.output import console, local, print_json, table
from transfer.cli.paths import FILE_THERE
from transfer.messages.values import showable

_SEPARATE: Final = {"sent", "received", "settled"}


@click.command()
@click.argument("case", type=click.UUID)
@click.option("--from-bundle", "bundle", type=FILE_THERE, help="Read this bundle, once it holds, in place of a node.")
@click.option("--verifier", "verifiers", metavar="KEY", multiple=True, help="As of `transfer audit check`.")
@unmask_option
@node_options
@json_option
@click.pass_context
def trace(  # noqa: PLR0913 - one argument per option
    ctx: click.Context,
    *,
    case: UUID,
    bundle: Path | None,
    verifiers: tuple[str, ...],
    unmask: bool,
    node: str,
    token_file: Path | None,
    reason: str | None,
    as_json: bool,
) -> None:
    """Show the whole history of a case: who held it when, each step, who read what, messages, clocks.

    What stands under `shared` in --json is the same in both regions' traces, once all receipts are in.
    """
    if bundle is None:
        query = {"unmask": "true" if unmask else None, "reason": reason}
        found = asked(node, token_file).get(with_query(f"/v1/audit/cases/{case}/trace", **query)).body
    else:
        checked = check([bundle], keys_of(verifiers))
        wrong = [one.en for one in checked[0].findings if one.says.verdict in (Verdict.FALSE, Verdict.MALFORMED)]
        for said in wrong:
            click.echo(showable(said), err=True)
        if wrong:
            ctx.exit(end_of(checked))
        told = checked[0].trace
        if told is None or told.case != case:
            raise NotThere(f"{bundle} is no bundle of the case {case}")
        found = told.data
    if as_json:
        print_json(found)
    else:
        _print(console(), found)


def _print(out: Console, found: Mapping[str, Any]) -> None:
    shared, entries = found["shared"], found["entries"]
    out.print(f"the case {found['case']} as the ledger of {found['region']} tells it\n", markup=False)
    held = [(str(one["tenure"]), one["institution"]) for one in shared["holders"]]
    out.print(table("held by", ("tenure", "institution"), _shown(held)))
    rows = [row for row in _rows(entries) if row[2] not in _SEPARATE]
    out.print(table("what happened", ("place", "at", "kind", "what", "by", "institution", "about"), _shown(rows)))
    messages = [
        (f"{one['from']} → {one['to']}", f"#{one['sequence']}", one["type"], one["message"], one["outcome"] or "")
        for one in shared["messages"]
    ]
    out.print(table("messages", ("from → to", "no.", "message", "id", "outcome"), _shown(messages)))
    for name in ("transfers", "requests"):
        taken = [(one["id"], f"{one['sender']} → {one['receiver']}", one["state"]) for one in found.get(name, ())]
        if taken:
            out.print(table(name, ("id", "from → to", "state"), taken))
    clocks = [
        (one["clock"]["zh"], one["clock"]["started_on"], one["clock"]["due_rolled"] or "", one["state"])
        for one in found.get("clocks", ())
    ]
    if clocks:
        out.print(table("clocks", ("clock", "began", "last day", "state"), clocks))


def _rows(entries: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, ...]]:
    """Names are shown where they were opened; a mark stands for those that are masked or erased."""
    for one in entries:
        facts, texts = one["facts"], one["texts"]
        what = next((facts[name] for name in ("event", "what", "command", "query", "type") if facts.get(name)), "")
        about = [str(facts[name]) for name in ("id", "transfer", "request", "message", "code") if facts.get(name)]
        place = "" if one["place"] is None else str(one["place"])
        by = "***" if one["closed"] else str((texts or facts).get("by") or facts.get("source") or "")
        institution = str(facts.get("institution") or "")
        yield place, local(one["at"]), one["kind"], str(what), by, institution, " ".join(about)


def _shown(rows: Iterable[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    """Nothing that a ledger says reaches the terminal as more than a text."""
    for row in rows:
        yield tuple(escape(showable(str(cell))) for cell in row)
