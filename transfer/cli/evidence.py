"""``transfer evidence``: the evidence requests that this node sent or received, and the chain of a piece."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID

import click
from rich.table import Table

from transfer.cli.exits import NotThere
from transfer.cli.known import case_here, noted
from transfer.cli.opening import (
    env_file_option,
    json_option,
    load_settings,
    opened,
    order_option,
    run,
    urgency_option,
)
from transfer.cli.output import console, local, print_json, table
from transfer.domain.evidence import EvidenceRequest
from transfer.domain.evidence_table import RequestSide, RequestState
from transfer.messages.codes import Urgency
from transfer.messages.evidence_items import Piece
from transfer.records import Order, RequestFilter, RequestLine
from transfer.settings import Settings
from transfer.web.route import Shows


@click.group()
def evidence() -> None:
    """Look at evidence requests (协作函), sent and received."""


@evidence.command("list")
@click.option("--side", type=click.Choice([s.value for s in RequestSide]), help="Only where this region is on it.")
@click.option("--state", type=click.Choice([s.value for s in RequestState]), help="Only those in this state.")
@click.option("--open/--closed", "is_open", default=None, help="Only those that are open, or only the others.")
@click.option("--due-before", type=click.DateTime(["%Y-%m-%d"]), help="Open ones that are due before this day.")
@urgency_option
@order_option
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="At most so many.")
@json_option
@env_file_option
def list_(  # noqa: PLR0913 - one argument per option
    *,
    side: str | None,
    state: str | None,
    is_open: bool | None,
    due_before: datetime | None,
    urgency: str | None,
    order: str,
    limit: int,
    as_json: bool,
    env_file: Path | None,
) -> None:
    """List requests, the urgent first."""
    chosen = RequestFilter(
        sight=None,
        side=RequestSide(side) if side else None,
        state=RequestState(state) if state else None,
        open=is_open,
        due_before=due_before.date() if due_before else None,
        urgency=Urgency(urgency) if urgency else None,
    )
    found = run(_list(load_settings(env_file), chosen, Order(order), limit))
    if as_json:
        print_json([line.model_dump(mode="json") for line in found])
    elif not found:
        click.echo("no such request is known here")
    else:
        head = ("request", "urgency", "case", "with", "letter", "state", "due", "lawyer", "collector")
        console().print(table(None, head, [_row(line) for line in found]))


@evidence.command()
@click.argument("case", type=click.UUID)
@json_option
@env_file_option
def show(*, case: UUID, as_json: bool, env_file: Path | None) -> None:
    """Show all requests on a case: what was asked, what came, and how each piece got here."""
    requests = run(_show(load_settings(env_file), case))
    if as_json:
        print_json([request.model_dump(mode="json") for request in requests])
        return
    if not requests:
        raise NotThere(f"no evidence was asked for case {case}")
    for request in requests:
        for part in _parts(request):
            console().print(part)


async def _list(settings: Settings, chosen: RequestFilter, order: Order, limit: int) -> Sequence[RequestLine]:
    async with opened(settings) as node:
        found = await node.views.requests(chosen, order=order, after=None, limit=limit)
        await noted(node, Shows.REQUESTS, count=len(found))
        return found


async def _show(settings: Settings, case: UUID) -> tuple[EvidenceRequest, ...]:
    async with opened(settings) as node:
        return (await case_here(node, case, Shows.CASE)).case.requests


def _row(line: RequestLine) -> tuple[str, ...]:
    way = "→" if line.side is RequestSide.REQUESTER else "←"
    due = line.due_on.isoformat() if line.due_on else ""
    return (
        str(line.id),
        line.urgency.zh,
        str(line.case),
        f"{way} {line.peer}",
        line.letter,
        line.state,
        due,
        line.lawyer,
        line.collector or "",
    )


def _parts(request: EvidenceRequest) -> Iterator[str | Table]:
    due = request.due_on.isoformat() if request.due_on else f"{request.working_days} working days"
    yield f"{request.letter}  {request.requester} → {request.requested}  {request.state}, due {due}"
    answered = {answer.item: answer for answer in request.answers}
    rows = []
    for item in request.items:
        answer = answered.get(item.id)
        result = f"{answer.result} {answer.result.zh}" if answer else ""
        rows.append((f"{item.kind} {item.kind.zh}", item.what, result, answer.statement or "" if answer else ""))
    yield table("items", ("kind", "what", "result", "why not all"), rows)
    for answer in request.answers:
        for piece in answer.pieces:
            yield _chain(piece)


def _chain(piece: Piece) -> Table:
    """How a piece got here, hop by hop."""
    seen = "original seen" if piece.original_seen else "original not seen"
    rows = [
        (
            local(hop.at),
            f"{hop.act} {hop.act.zh}",
            hop.by,
            hop.institution or "",
            hop.where or "",
            hop.how.zh if hop.how else "",
            hop.source or hop.note or "",
        )
        for hop in piece.custody
    ]
    name = f"{piece.title}  {piece.form.zh}, {seen}"
    return table(name, ("at", "what", "by", "institution", "where", "how", "from, to"), rows)
