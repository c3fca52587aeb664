"""The read models of the worklist page, and what tells that something has changed since it was read."""

from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Date,
    Select,
    SmallInteger,
    Table,
    and_,
    bindparam,
    exists,
    func,
    literal,
    literal_column,
    or_,
    select,
    tuple_,
    union,
    union_all,
)

from transfer.domain.evidence_table import RequestSide, RequestState
from transfer.domain.lifecycle import PAST, Side, State
from transfer.domain.rights import Sight
from transfer.domain.turn import to_act, to_answer
from transfer.records import Show, WorkFilter, WorkKey, WorkLine
from transfer.storage.engine import looking
from transfer.storage.reporting import PairViews
from transfer.storage.rows import NO_DAY
from transfer.storage.searching import FOUND, sought
from transfer.storage.sight import SEER, seen_by
from transfer.storage.tables import applicants, cases, evidence_requests, history, inbox, outbox, transfers
from transfer.storage.types import Instant

_ORDER: Final = (cases.c.place, cases.c.act_by, cases.c.first_received_at, cases.c.id)
# A parameter: the driver of PostgreSQL writes the last day that there is as infinity.
_SHOWN: Final = func.nullif(cases.c.act_by, literal(NO_DAY, Date), type_=Date)
_ENDED: Final = sorted(stage.value for stage in PAST)
_IS_OPEN: Final[ColumnElement[int]] = literal_column("1")
_LATEST: Final = 200
"""How many of the latest lines of the history are looked at; one that was committed late is seen among them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkViews(PairViews):
    """The part of ports.Views that is about what people watch."""

    async def worklist(self, chosen: WorkFilter, *, after: WorkKey | None, limit: int) -> Sequence[WorkLine]:
        named = {"until": chosen.until, "stage": chosen.stage, "region": chosen.region, "holder": chosen.institution}
        given: dict[str, Any] = {name: value for name, value in named.items() if value is not None}
        if chosen.sight is not None:
            given[SEER] = chosen.sight.name
        if after is not None:
            given |= {"place": after.place, "act_by": after.act_by or NO_DAY, "since": after.since, "id": after.id}
        if chosen.q is not None:
            given |= sought(chosen.q)
        # The person's name is a parameter, and no part of what is kept.
        sight = chosen.sight and replace(chosen.sight, name="")
        statement = _listing(chosen.show, frozenset(given) - {SEER}, sight)
        async with looking(self.store.engine) as connection:
            found = await connection.execute(statement, given | {"limit": limit, "here": chosen.here})
            return [WorkLine._make(row) for row in found]

    async def marks(self, wanted: Collection[UUID]) -> Mapping[UUID | None, str]:
        async with looking(self.store.engine) as connection:
            marks: dict[UUID | None, str] = {None: str(await connection.scalar(_LATELY))}
            if wanted:
                for row in await connection.execute(_MARKS, {"wanted": sorted(wanted)}):
                    marks[row[0]] = ".".join(map(str, row[1:]))
        return marks


def _counted(column: ColumnElement[Any], case: ColumnElement[Any]) -> ColumnElement[int]:
    return select(func.count(column)).where(case == cases.c.id).scalar_subquery()


_LATELY: Final = select(func.sum(select(history.c.row).order_by(history.c.row.desc()).limit(_LATEST).subquery().c.row))
_MARKS: Final = select(
    cases.c.id,
    cases.c.version,
    _counted(outbox.c.published_at, outbox.c.conversation),
    _counted(outbox.c.settled_at, outbox.c.conversation),
    _counted(inbox.c.message, inbox.c.conversation),
).where(cases.c.id.in_(bindparam("wanted", expanding=True)))


@cache
def _listing(show: Show, names: AbstractSet[str], sight: Sight | None) -> Select[Any]:
    """The lines of a page: its keys are found first, by an index that holds their order, and then what they show."""
    common = [*_conditions(names), seen_by(sight, cases.c.id)]
    if show is Show.OURS:
        # Each kind by its own index; together they are sorted, a page of each.
        parts = [select(_keys(*common, kind).subquery()) for kind in (_ours(), _asked_of_us(), _to_answer())]
        found = union(*parts).subquery()
        page = select(found).order_by(*found.c).limit(bindparam("limit")).cte("page")
    else:
        page = _keys(*common, *_part(show)).cte("page")
    first, last = applicants.alias("first"), transfers.alias("last")
    persons = select(func.count()).select_from(applicants).where(applicants.c.case_id == cases.c.id)
    latest = select(func.max(transfers.c.position)).where(transfers.c.case_id == cases.c.id)
    return (
        select(
            *(cases.c.id, cases.c.matter, cases.c.urgency, cases.c.place, _SHOWN, cases.c.first_received_at),
            *(cases.c.holder, cases.c.stage),
            *(cases.c.opponent, cases.c.basics, persons.scalar_subquery(), first.c.name),
            *(last.c.side, last.c.state, last.c.is_open, last.c.sender, last.c.receiver, _escalated(last.c.detail)),
            _LATELY.scalar_subquery(),
        )
        .join_from(page, cases, cases.c.id == page.c.id)
        .outerjoin(first, and_(first.c.case_id == cases.c.id, first.c.position == literal_column("0")))
        .outerjoin(last, and_(last.c.case_id == cases.c.id, last.c.position == latest.scalar_subquery()))
        .order_by(*_ORDER)
    )


def _escalated(detail: ColumnElement[str]) -> ColumnElement[bool]:
    """The superior was asked and it is its turn, by the text that is written of a transfer."""
    return detail.contains('"escalated":true')


def _keys(*conditions: ColumnElement[bool]) -> Select[Any]:
    return select(*_ORDER).where(*conditions).order_by(*_ORDER).limit(bindparam("limit"))


def _conditions(names: AbstractSet[str]) -> list[ColumnElement[bool]]:
    known: dict[str, ColumnElement[bool]] = {
        "until": cases.c.act_by <= bindparam("until", type_=Date),
        "stage": cases.c.stage == bindparam("stage"),
        "region": cases.c.holder_region == bindparam("region"),
        "holder": cases.c.holder == bindparam("holder"),
        "word": cases.c.id.in_(FOUND),
        "place": tuple_(*_ORDER)
        > tuple_(
            bindparam("place", type_=SmallInteger),
            bindparam("act_by", type_=Date),
            bindparam("since", type_=Instant),
            bindparam("id", type_=cases.c.id.type),
        ),
    }
    return [condition for name, condition in known.items() if name in names]


def _part(show: Show) -> list[ColumnElement[bool]]:
    held = cases.c.holder_region == bindparam("here")
    match show:
        case Show.URGENT:
            return [cases.c.place == literal_column("0")]
        case Show.WAITING:
            return [held, or_(_offered_away(), _unanswered())]
        case Show.HELD | Show.THREE | Show.SEVEN:
            return [held]
        case _:
            return []


def _ours() -> ColumnElement[bool]:
    """Held here, going on, and no other region must act first."""
    return and_(
        cases.c.holder_region == bindparam("here"),
        cases.c.stage.not_in(_ENDED),
        cases.c.duplicate_of.is_(None),
        ~_offered_away(),
    )


def _offered_away() -> ColumnElement[bool]:
    states = [state.value for state in State if Side.SENDER not in to_act(state)]
    of_this = (transfers.c.case_id == cases.c.id, transfers.c.is_open == _IS_OPEN)
    theirs = or_(transfers.c.state.in_(states), _escalated(transfers.c.detail))
    return exists().where(*of_this, transfers.c.side == Side.SENDER.value, theirs)


def _unanswered() -> ColumnElement[bool]:
    states = [state.value for state in RequestState if to_answer(state) == {RequestSide.REQUESTED}]
    asked = evidence_requests.c
    of_this = (asked.case_id == cases.c.id, asked.is_open == _IS_OPEN)
    return exists().where(*of_this, asked.side == RequestSide.REQUESTER.value, asked.state.in_(states))


def _asked_of_us() -> ColumnElement[bool]:
    """A transfer waits for this region, as its receiver or the superior of both."""
    turns = {side: [state for state in State if side in to_act(state)] for side in (Side.RECEIVER, Side.SUPERIOR)}
    return cases.c.id.in_(_open_of(transfers, turns))


def _to_answer() -> ColumnElement[bool]:
    """An evidence request waits for this region."""
    turns = {side: [state for state in RequestState if side in to_answer(state)] for side in RequestSide}
    return cases.c.id.in_(_open_of(evidence_requests, turns))


def _open_of(table: Table, turns: Mapping[Any, Sequence[StrEnum]]) -> CompoundSelect[Any]:
    """The cases with an open one in these states: by side and state, as its index is."""
    return union_all(
        *(
            select(table.c.case_id).where(
                table.c.is_open == _IS_OPEN,
                table.c.side == side.value,
                table.c.state.in_([one.value for one in states]),
            )
            for side, states in turns.items()
        )
    )


def waits_for_us() -> ColumnElement[bool]:
    """Of evidence requests, those that wait for this region."""
    asked = evidence_requests.c
    turns = (
        and_(asked.side == side.value, asked.state.in_([one.value for one in RequestState if side in to_answer(one)]))
        for side in RequestSide
    )
    return and_(asked.is_open == _IS_OPEN, or_(*turns))
