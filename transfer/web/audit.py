"""The ledger for auditors: histories, proofs, and bundles to be checked elsewhere."""

import re
from collections.abc import AsyncIterator
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import Field

from transfer.actions.auditing import Asked
from transfer.domain.clocks import ClockState, legal_day, state_of
from transfer.messages.case import Clock
from transfer.web import papers, queries
from transfer.web.answers import Reply, reply
from transfer.web.case_body import Body, known_case
from transfer.web.faults import CaseOrRange, ReasonMissing
from transfer.web.readings import actor
from transfer.web.route import Ask

PROOF: Final = "text/plain"
BUNDLE: Final = "application/x-ndjson"
_PLACE: Final = re.compile(r"[0-9]{1,18}")


class RunningClock(Body):
    """A clock of the case, and how it stands today."""

    clock: Clock
    state: ClockState


class PartTaken(Body):
    """A transfer or an evidence request, from whom to whom, and how it stands in this region's record."""

    id: UUID
    sender: str
    receiver: str
    state: str


class TraceBody(Body):
    """The history of a case as one region's ledger tells it."""

    region: str
    case: UUID
    shared: Annotated[dict[str, Any], Field(description="what all regions must agree on: holders and messages")]
    entries: Annotated[tuple[dict[str, Any], ...], Field(description="this region's entries, in their order")]
    clocks: tuple[RunningClock, ...] = ()
    transfers: tuple[PartTaken, ...] = ()
    requests: tuple[PartTaken, ...] = ()


async def trace(ask: Ask) -> Reply:
    """The whole history of a case, from the ledger; how its clocks, transfers and requests stand, from the record."""
    case = ask.id("case")
    found = await ask.parts.audit.trace(case, _asked(ask))
    known = await ask.parts.views.case(case)
    if known is None:
        return reply(TraceBody(**found.data))
    today = legal_day(ask.parts.clock())
    return reply(
        TraceBody(
            **found.data,
            clocks=tuple(RunningClock(clock=c, state=state_of(c, today)) for c in known.case.basics.clocks),
            transfers=tuple(
                PartTaken(id=t.id, sender=t.sender, receiver=t.receiver, state=t.state) for t in known.case.transfers
            ),
            requests=tuple(
                PartTaken(id=r.id, sender=r.requester, receiver=r.requested, state=r.state) for r in known.case.requests
            ),
        )
    )


async def history(ask: Ask) -> Reply:
    """The history of a case as a paper."""
    asked, case = _asked(ask), (await known_case(ask)).case
    found = await ask.parts.audit.history(case.id, asked)
    made = await ask.parts.printer.history(found, case.basics.clocks, ask.parts.directory)
    return Reply(body=made, media_type=papers.MEDIA_TYPE, headers=_saved_as(f"case-{case.id}.pdf"))


async def proof(ask: Ask) -> Reply:
    """One entry with what shows where it stands, as a file to be checked elsewhere."""
    named = ask.named["entry"]
    entry = int(named) if _PLACE.fullmatch(named) else ask.id("entry")
    found = await ask.parts.audit.prove(entry, _asked(ask))
    return Reply(body=found.text.encode(), media_type=PROOF, headers=_saved_as(f"entry-{found.index}.tlog-proof"))


async def bundle(ask: Ask) -> Reply:
    """Entries with all that shows where they stand, as one file to be checked elsewhere."""
    query: queries.BundleQuery = ask.query
    asked, audit = _asked(ask), ask.parts.audit
    match query:
        case queries.BundleQuery(case=UUID() as case, first=None, last=None):
            return _streamed(await audit.bundle_of_case(case, asked), f"case-{case}")
        case queries.BundleQuery(case=None, first=int() as first, last=int() as last, unmask=False) if first <= last:
            return _streamed(await audit.bundle_of_range(first, last, asked), f"entries-{first}-{last}")
        case _:
            raise CaseOrRange


def _asked(ask: Ask) -> Asked:
    query: queries.Unmasking = ask.query
    if query.unmask and query.reason is None:
        raise ReasonMissing
    return Asked(by=actor(ask), reason=query.reason, unmask=query.unmask)


def _streamed(lines: AsyncIterator[bytes], name: str) -> Reply:
    return Reply(media_type=BUNDLE, headers=_saved_as(f"{name}.jsonl"), stream=lines, length=None)


def _saved_as(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}
