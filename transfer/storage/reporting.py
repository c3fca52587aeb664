"""The read model of the report on pairs: what became of transfers and evidence requests, by this region's records."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from pydantic_core import from_json
from sqlalchemy import ColumnElement, Row, Select, and_, exists, func, or_, select
from sqlalchemy import case as case_when

from transfer.domain.clocks import CHINA, legal_day
from transfer.domain.evidence_table import UNANSWERED, RequestSide
from transfer.domain.handling import Conclusion, Decided, Handling
from transfer.domain.lifecycle import Side, State
from transfer.domain.reporting import OfferFate, RequestFate
from transfer.messages.values import region_of
from transfer.storage.engine import reading
from transfer.storage.tables import cases, evidence_requests, history, transfers
from transfer.storage.views_messages import MessageViews

_ANSWERS: Final = ("accepted", "competence_disputed", "linked_as_duplicate")
_RETURNS: Final = ("evidence_returned", "evidence_declined")
_OF_REQUESTS: Final = ("evidence_requested", *_RETURNS, "evidence_rework_asked")
_LATER: Final = transfers.alias("later")


@dataclass(frozen=True, slots=True, kw_only=True)
class PairViews(MessageViews):
    """The part of ports.Views that is about how regions work together."""

    async def offered(self, since: date, until: date, peer: str | None) -> Sequence[OfferFate]:
        wanted = _offers().where(transfers.c.opened_at >= _begin(since), transfers.c.opened_at < _begin(until, days=1))
        if peer is not None:
            wanted = wanted.where(_with(peer))
        return [_offer(rows) async for rows in self._grouped(wanted)]

    async def asked(self, since: date, until: date, peer: str | None) -> Sequence[RequestFate]:
        wanted = _requests().where(evidence_requests.c.opened_at < _begin(until, days=1))
        if peer is not None:
            wanted = wanted.where(evidence_requests.c.peer == peer)
        fates = [_request(rows, self.store.region) async for rows in self._grouped(wanted)]
        return [one for one in fates if one is not None and since <= one.sent_on <= until]

    async def _grouped(self, statement: Select[Any]) -> AsyncIterator[Sequence[Row[Any]]]:
        """The rows of each transfer or request, in the order of its history."""
        same: list[Row[Any]] = []
        async with reading(self.store.engine) as connection, connection.stream(statement) as found:
            async for row in found:
                if same and same[0].id != row.id:
                    yield same
                    same = []
                same.append(row)
        if same:
            yield same


def _offers() -> Select[Any]:
    """Transfers between two regions with their answers; with the handling of the case where it came here by this
    transfer last. Superiors, who hear of disputed ones alone, count none."""
    came_again = exists().where(
        _LATER.c.case_id == transfers.c.case_id,
        _LATER.c.side == Side.RECEIVER.value,
        _LATER.c.state == State.ACCEPTED.value,
        _LATER.c.position > transfers.c.position,
    )
    accepted_here = and_(
        transfers.c.side == Side.RECEIVER.value, transfers.c.state == State.ACCEPTED.value, ~came_again
    )
    answers = and_(
        history.c.case_id == transfers.c.case_id,
        history.c.transfer_id == transfers.c.id,
        history.c.event.in_(_ANSWERS),
    )
    return (
        select(
            transfers.c.id,
            transfers.c.sender,
            transfers.c.receiver,
            transfers.c.state,
            transfers.c.opened_at,
            case_when((accepted_here, cases.c.handling)).label("handling"),
            history.c.event,
            history.c.at,
            history.c.detail,
        )
        .join(cases, cases.c.id == transfers.c.case_id)
        .outerjoin(history, answers)
        .where(transfers.c.side != Side.SUPERIOR.value)
        .order_by(transfers.c.id, history.c.row)
    )


def _requests() -> Select[Any]:
    """Evidence requests with their sending, answers and reworks."""
    steps = and_(
        history.c.case_id == evidence_requests.c.case_id,
        history.c.request_id == evidence_requests.c.id,
        history.c.event.in_(_OF_REQUESTS),
    )
    asked = evidence_requests.c
    return (
        select(asked.id, asked.side, asked.peer, asked.state, asked.due_on)
        .add_columns(history.c.event, history.c.at, history.c.detail)
        .join(history, steps)
        .order_by(asked.id, history.c.row)
    )


def _offer(rows: Sequence[Row[Any]]) -> OfferFate:
    first, days = rows[0], _days(rows)
    handling = Handling.model_validate_json(first.handling) if first.handling else Handling()
    decided, concluded = handling.said(Decided), handling.said(Conclusion)
    disputed = next((row for row in rows if row.event == "competence_disputed"), None)
    return OfferFate(
        sender=region_of(first.sender),
        receiver=region_of(first.receiver),
        sent_on=legal_day(first.opened_at),
        answered_on=min(days.values(), default=None),
        accepted_on=days.get("accepted"),
        recalled=first.state in (State.RECALL_REQUESTED, State.RELEASED),
        ground=from_json(disputed.detail)["ground"] if disputed is not None else None,
        refusals=frozenset(one.reason.value for one in decided.refusals) if decided else frozenset(),
        recovered=concluded.recovered_fen if concluded else None,
    )


def _request(rows: Sequence[Row[Any]], region: str) -> RequestFate | None:
    """None for a draft, and for a letter by post, of which the other region has no record."""
    first, days = rows[0], _days(rows)
    sent = next((row for row in rows if row.event == "evidence_requested"), None)
    if sent is None or from_json(sent.detail).get("by_post"):
        return None
    declined = next((row for row in rows if row.event == "evidence_declined"), None)
    answered = min((days[event] for event in _RETURNS if event in days), default=None)
    own = first.side == RequestSide.REQUESTER.value
    return RequestFate(
        sender=region if own else first.peer,
        receiver=first.peer if own else region,
        sent_on=legal_day(sent.at),
        answered_on=answered,
        due_on=first.due_on,
        waiting=answered is None and first.state in UNANSWERED,
        reason=from_json(declined.detail)["reason"] if declined is not None else None,
        reworks=sum(row.event == "evidence_rework_asked" for row in rows),
    )


def _days(rows: Sequence[Row[Any]]) -> dict[str, date]:
    """On which day each event first was."""
    return {row.event: legal_day(row.at) for row in reversed(rows) if row.event is not None}


def _with(peer: str) -> ColumnElement[bool]:
    return or_(*(func.substr(party, 1, 6) == peer for party in (transfers.c.sender, transfers.c.receiver)))


def _begin(day: date, *, days: int = 0) -> datetime:
    return datetime.combine(day + timedelta(days=days), time(), CHINA)
