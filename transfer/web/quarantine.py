"""The quarantine: what could not be applied, looked at, tried again or put away."""

import base64
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar, assert_never

from pydantic import BaseModel, ConfigDict, Field

from transfer.actions.desk import KeyReused
from transfer.handlers.receive import Applied, Duplicate, Early, Refused, Verdict
from transfer.handlers.replay import Away, NotInQuarantine, Replayed, dismiss, replay
from transfer.messages.receipts import Refusal
from transfer.messages.values import Text
from transfer.ports.work import Answered, QuarantineWork, StorageRefused
from transfer.records import Dismissal, QuarantineLine, TimeKey
from transfer.telemetry.metrics import RECEIVED
from transfer.web import queries
from transfer.web.answers import Reply, reply, to_json
from transfer.web.case_body import Body
from transfer.web.commanding import replayed
from transfer.web.cursors import time_cursor, time_key
from transfer.web.lists import Next, cut, next_page, paged
from transfer.web.readings import actor
from transfer.web.route import Ask

_Told = TypeVar("_Told", bound=Body)


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


class DismissedBody(Body):
    """A message that was put away."""

    id: str
    dismissal: Dismissal


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


class DismissBody(BaseModel):
    """Why a message of the quarantine needs nothing more."""

    model_config = ConfigDict(extra="forbid")

    reason: Dismissal
    remark: Annotated[Text | None, Field(description="what else there is to say; the ledger keeps it")] = None


async def replay_quarantined(ask: Ask) -> Reply:
    """Take the message in again."""

    async def again(work: QuarantineWork) -> VerdictBody:
        return _verdict(await replay(work, ask.id("entry"), ask.parts.context(), ask.parts.wire, by=actor(ask)))

    answer, told = await _once(ask, again)
    if told is not None:
        RECEIVED.labels(verdict=told.verdict).inc()
    return answer


async def dismiss_quarantined(ask: Ask) -> Reply:
    """Say that the message needs nothing more."""
    given: DismissBody = ask.body

    async def away(work: QuarantineWork) -> DismissedBody:
        entry = ask.id("entry")
        told = Away(why=given.reason, by=actor(ask), remark=given.remark)
        await dismiss(work, entry, told, ask.parts.context())
        return DismissedBody(id=str(entry), dismissal=given.reason)

    answer, _ = await _once(ask, away)
    return answer


async def _once(ask: Ask, do: Callable[[QuarantineWork], Awaitable[_Told]]) -> tuple[Reply, _Told | None]:
    """What is done with a message is done once for each key; None beside an answer that is repeated."""
    try:
        return await _kept(ask, do)
    except StorageRefused:
        # Another process may just have used the same key, and then its answer is there now.
        return await _kept(ask, do)


async def _kept(ask: Ask, do: Callable[[QuarantineWork], Awaitable[_Told]]) -> tuple[Reply, _Told | None]:
    async with ask.parts.quarantine.handling() as work:
        given = (await work.work.load_answered([ask.key])).get(ask.key)
        if given is not None:
            if given.request != ask.digest:
                raise KeyReused(key=ask.key)
            return replayed(given), None
        told = await do(work)
        body = to_json(told)
        work.work.record_answered(ask.key, Answered(request=ask.digest, status=200, body=body))
    return Reply(body=body), told


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
