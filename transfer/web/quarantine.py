"""The quarantine: what could not be applied, looked at and tried again."""

import base64
from typing import Annotated, assert_never

from pydantic import Field

from transfer.actions.desk import KeyReused
from transfer.handlers.receive import Applied, Duplicate, Early, Refused, Verdict
from transfer.handlers.replay import NotInQuarantine, Replayed, replay
from transfer.ledger.entry import Kind
from transfer.messages.receipts import Refusal
from transfer.ports.ledger import Happened
from transfer.ports.work import Answered, StorageRefused
from transfer.records import QuarantineLine, TimeKey
from transfer.telemetry.metrics import RECEIVED
from transfer.web import queries
from transfer.web.answers import Reply, reply, to_json
from transfer.web.case_body import Body
from transfer.web.commanding import replayed
from transfer.web.cursors import time_cursor, time_key
from transfer.web.lists import Next, cut, next_page, paged
from transfer.web.readings import actor
from transfer.web.route import Ask


class QuarantinePage(Body):
    """A page of the quarantine."""

    items: tuple[QuarantineLine, ...]
    next: Next


class QuarantinedBody(QuarantineLine):
    """A message of the quarantine."""

    body: Annotated[str | None, Field(description="base64 of the exact bytes, when asked for")] = None


class VerdictBody(Body):
    """What became of a message that was tried again."""

    id: str
    verdict: Annotated[str, Field(description="applied, duplicate, early or refused", examples=["applied"])]
    explanation: str
    refusal: Refusal | None


async def quarantine(ask: Ask) -> Reply:
    """Messages that were not applied, newest first."""
    query: queries.QuarantineQuery = ask.query
    found = await ask.parts.views.quarantine(applied=query.applied, after=time_key(query.cursor), limit=query.limit + 1)
    items, last = cut(found, query.limit)
    cursor = time_cursor(TimeKey(at=last.at, id=last.id)) if last else None
    return paged(QuarantinePage(items=items, next=next_page(ask, cursor)))


async def quarantined(ask: Ask) -> Reply:
    """One message of the quarantine."""
    query: queries.QuarantinedQuery = ask.query
    found = await ask.parts.views.quarantined(ask.id("entry"))
    if found is None:
        raise NotInQuarantine(entry=ask.id("entry"))
    line, body = found
    shown = base64.b64encode(body).decode() if query.body else None
    return reply(QuarantinedBody(**dict(line), body=shown))


async def replay_quarantined(ask: Ask) -> Reply:
    """Take the message in again."""
    try:
        return await _replay(ask)
    except StorageRefused:
        # Another process may just have used the same key, and then its answer is there now.
        return await _replay(ask)


async def _replay(ask: Ask) -> Reply:
    async with ask.parts.quarantine.replaying() as work:
        given = (await work.work.load_answered([ask.key])).get(ask.key)
        if given is not None:
            if given.request != ask.digest:
                raise KeyReused(key=ask.key)
            return replayed(given)
        outcome = await replay(work, ask.id("entry"), ask.parts.context(), ask.parts.wire)
        told = _verdict(outcome)
        body = to_json(told)
        work.work.note(
            Happened(
                kind=Kind.REPLAYED,
                at=ask.parts.clock(),
                facts={"quarantine": told.id, "verdict": told.verdict},
                texts={"by": actor(ask)},
            )
        )
        work.work.record_answered(ask.key, Answered(request=ask.digest, status=200, body=body))
    RECEIVED.labels(verdict=type(outcome.verdict).__name__.lower()).inc()
    return Reply(body=body)


def _verdict(outcome: Replayed) -> VerdictBody:
    name, explanation, refusal = _explained(outcome.verdict)
    return VerdictBody(id=str(outcome.entry.id), verdict=name, explanation=explanation, refusal=refusal)


def _explained(verdict: Verdict) -> tuple[str, str, Refusal | None]:
    match verdict:
        case Applied():
            return "applied", "The message has been applied, and its sender will be told.", None
        case Duplicate():
            return "duplicate", "The message is in the records already, and its sender will be told again.", None
        case Early():
            return "early", "The message waits for those before it and is applied in its turn.", None
        case Refused(refusal=refusal):
            return "refused", "The message was refused again and stays in quarantine.", refusal
        case _:
            assert_never(verdict)
