"""The read models of cases and transfers: the worklist, a case as a whole, its history."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from pydantic_core import from_json
from sqlalchemy import ColumnElement, Row, and_, exists, func, or_, select

from transfer.domain.duplicates import LinkedCase
from transfer.domain.rights import Sight
from transfer.messages.case_progress import StagePublished
from transfer.messages.codes import LegalBasis, Stage
from transfer.messages.values import Digest
from transfer.records import (
    CaseFilter,
    CaseLine,
    DatabaseForm,
    HistoryLine,
    KnownCase,
    Order,
    RequestFilter,
    RequestLine,
    TransferFilter,
    TransferGlance,
    TransferLine,
    WorkKey,
)
from transfer.storage import migrate, rows
from transfer.storage.engine import looking, reading
from transfer.storage.searching import FOUND, sought
from transfer.storage.sight import seen_by, sees_case, sees_file
from transfer.storage.tables import (
    applicants,
    cases,
    evidence_requests,
    fingerprints,
    history,
    stages,
    tenures,
    transfers,
)
from transfer.storage.views_work import WorkViews, waits_for_us
from transfer.storage.worklists import in_order, shown

SHOWN_APPLICANTS: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlViews(WorkViews):
    """See ports.Views."""

    async def to_watch(self, region: str, today: date, *, limit: int) -> Sequence[UUID]:
        wanted = select(cases.c.id).where(cases.c.holder_region == region, cases.c.watch_on <= today)
        async with reading(self.store.engine) as connection:
            rows = await connection.execute(wanted.order_by(cases.c.watch_on, cases.c.id).limit(limit))
            return [row.id for row in rows]

    async def to_count(self, region: str, years: Collection[int], *, after: UUID | None, limit: int) -> Sequence[UUID]:
        wanted = select(cases.c.id).where(cases.c.holder_region == region, cases.c.waits_for.in_(years))
        if after is not None:
            wanted = wanted.where(cases.c.id > after)
        async with reading(self.store.engine) as connection:
            return (await connection.scalars(wanted.order_by(cases.c.id).limit(limit))).all()

    async def form(self) -> DatabaseForm:
        return await migrate.form(self.store.engine)

    async def case(self, case: UUID) -> KnownCase | None:
        async with reading(self.store.engine) as connection:
            found = (await connection.execute(select(cases).where(cases.c.id == case))).one_or_none()
            if found is None:
                return None
            parts = [
                (await connection.execute(select(table).where(table.c.case_id == case).order_by(order))).all()
                for table, order in (
                    (applicants, applicants.c.position),
                    (tenures, tenures.c.number),
                    (transfers, transfers.c.position),
                    (evidence_requests, evidence_requests.c.position),
                )
            ]
            published = select(stages).where(stages.c.case_id == case).order_by(stages.c.tenure, stages.c.number)
            linked = select(cases.c.id, cases.c.holder).where(cases.c.duplicate_of == case).order_by(cases.c.id)
            return KnownCase(
                case=rows.to_case(found, *parts),
                stages=tuple(_stage(row) for row in await connection.execute(published)),
                linked=tuple(
                    LinkedCase(case=one.id, institution=one.holder) for one in await connection.execute(linked)
                ),
                opened_at=found.opened_at,
                changed_at=found.changed_at,
            )

    async def same_matter(self, prints: Collection[str]) -> Sequence[UUID]:
        wanted = select(fingerprints.c.case_id).where(fingerprints.c.print.in_(prints)).distinct()
        async with reading(self.store.engine) as connection:
            return (await connection.scalars(wanted.order_by(fingerprints.c.case_id))).all()

    async def cases(self, chosen: CaseFilter, *, order: Order, after: WorkKey | None, limit: int) -> Sequence[CaseLine]:
        # Only what orders them is sorted; the lines of the page are fetched after that.
        wanted = select(cases.c.id).where(*_chosen_cases(chosen))
        statement = in_order(wanted, cases, cases.c.first_received_at, order, after).limit(limit)
        async with reading(self.store.engine) as connection:
            ids = (await connection.scalars(statement)).all()
            if not ids:
                return ()
            lines = await connection.execute(select(cases).where(cases.c.id.in_(ids)))
            found = {row.id: row for row in lines}
            named = await connection.execute(
                select(applicants.c.case_id, applicants.c.name)
                .where(applicants.c.case_id.in_(ids), applicants.c.position < SHOWN_APPLICANTS)
                .order_by(applicants.c.position)
            )
            names = _grouped(named.all())
            counted = await connection.execute(
                select(applicants.c.case_id, func.count())
                .where(applicants.c.case_id.in_(ids))
                .group_by(applicants.c.case_id)
            )
            counts: dict[UUID, int] = {row[0]: row[1] for row in counted}
            attempts = select(transfers).where(transfers.c.case_id.in_(ids)).order_by(transfers.c.position)
            latest = {row.case_id: _glance(row) for row in await connection.execute(attempts)}
        return [
            _case_line(
                found[case],
                applicants=tuple(one.name for one in names[case]),
                applicant_count=counts.get(case, 0),
                transfer=latest.get(case),
            )
            for case in ids
        ]

    async def sees_case(self, sight: Sight, case: UUID) -> bool:
        async with looking(self.store.engine) as connection:
            return await sees_case(connection, sight, case)

    async def sees_file(self, sight: Sight, digest: Digest) -> bool:
        async with looking(self.store.engine) as connection:
            return await sees_file(connection, sight, digest)

    async def transfers(
        self, chosen: TransferFilter, *, order: Order, after: WorkKey | None, limit: int
    ) -> Sequence[TransferLine]:
        wanted = (
            select(transfers, cases.c.urgency, cases.c.limitation_on)
            .join(cases, cases.c.id == transfers.c.case_id)
            .where(*_chosen_transfers(chosen))
        )
        statement = in_order(wanted, transfers, transfers.c.opened_at, order, after).limit(limit)
        async with reading(self.store.engine) as connection:
            return [_transfer_line(row) for row in await connection.execute(statement)]

    async def requests(
        self, chosen: RequestFilter, *, order: Order, after: WorkKey | None, limit: int
    ) -> Sequence[RequestLine]:
        asked = evidence_requests.c
        wanted = (
            select(*(getattr(asked, name) for name in _REQUEST_LINE), cases.c.urgency)
            .join(cases, cases.c.id == asked.case_id)
            .where(*_chosen_requests(chosen))
        )
        statement = in_order(wanted, evidence_requests, asked.opened_at, order, after).limit(limit)
        async with reading(self.store.engine) as connection:
            return [_request_line(row) for row in await connection.execute(statement)]

    async def history(self, case: UUID, *, after: int | None, limit: int) -> Sequence[HistoryLine] | None:
        statement = (
            select(history)
            .where(history.c.case_id == case, history.c.row > (after or 0))
            .order_by(history.c.row)
            .limit(limit)
        )
        async with reading(self.store.engine) as connection:
            if await connection.scalar(select(cases.c.id).where(cases.c.id == case)) is None:
                return None
            return [_history_line(row) for row in await connection.execute(statement)]


def _chosen_cases(chosen: CaseFilter) -> list[ColumnElement[bool]]:
    conditions = [seen_by(chosen.sight, cases.c.id)]
    if chosen.holder_region is not None:
        conditions.append(cases.c.holder_region == chosen.holder_region)
    if chosen.not_holder_region is not None:
        conditions.append(cases.c.holder_region != chosen.not_holder_region)
    if chosen.stages:
        conditions.append(cases.c.stage.in_(sorted(stage.value for stage in chosen.stages)))
    if chosen.urgency is not None:
        conditions.append(cases.c.urgency == chosen.urgency.value)
    if chosen.matter is not None:
        conditions.append(cases.c.matter == chosen.matter.value)
    if chosen.transfer_state is not None:
        theirs = transfers.c.case_id == cases.c.id
        conditions.append(exists().where(theirs, transfers.c.state == chosen.transfer_state.value))
    if chosen.due_before is not None:
        conditions.append(_due_before(chosen.due_before))
    if chosen.q is not None:
        conditions.append(cases.c.id.in_(FOUND.params(**sought(chosen.q))))
    return conditions


def _due_before(day: date) -> ColumnElement[bool]:
    """A limitation, a clock of the case or the answer to a notice falls due before this day."""
    return or_(
        cases.c.limitation_on < day,
        cases.c.due_on < day,
        exists().where(
            transfers.c.case_id == cases.c.id,
            transfers.c.is_open == 1,
            transfers.c.state == "supplement_required",
            transfers.c.due_on < day,
        ),
    )


def _chosen_transfers(chosen: TransferFilter) -> list[ColumnElement[bool]]:
    conditions = [seen_by(chosen.sight, transfers.c.case_id)]
    if chosen.side is not None:
        conditions.append(transfers.c.side == chosen.side.value)
    if chosen.state is not None:
        conditions.append(transfers.c.state == chosen.state.value)
    if chosen.open is not None:
        conditions.append(transfers.c.is_open == int(chosen.open))
    if chosen.peer is not None:
        parties = (func.substr(transfers.c.sender, 1, 6), func.substr(transfers.c.receiver, 1, 6))
        conditions.append(or_(*(party == chosen.peer for party in parties)))
    if chosen.urgency is not None:
        conditions.append(cases.c.urgency == chosen.urgency.value)
    return conditions


_REQUEST_LINE: Final = (
    "id",
    "case_id",
    "side",
    "state",
    "is_open",
    "peer",
    "letter",
    "lawyer",
    "collector",
    "due_on",
    "pressing",
    "act_by",
    "opened_at",
    "changed_at",
)


def _chosen_requests(chosen: RequestFilter) -> list[ColumnElement[bool]]:
    asked = evidence_requests.c
    equal = {
        asked.side: chosen.side,
        asked.state: chosen.state,
        asked.peer: chosen.peer,
        asked.lawyer: chosen.lawyer,
        asked.collector: chosen.collector,
        cases.c.urgency: chosen.urgency,
    }
    conditions = [seen_by(chosen.sight, asked.case_id)]
    conditions += [column == str(value) for column, value in equal.items() if value is not None]
    if chosen.open is not None:
        conditions.append(asked.is_open == int(chosen.open))
    if chosen.ours:
        conditions.append(waits_for_us())
    if chosen.due_before is not None:
        conditions.append(and_(asked.is_open == 1, asked.due_on < chosen.due_before))
    return conditions


def _request_line(row: Row[Any]) -> RequestLine:
    given = {name: getattr(row, name) for name in _REQUEST_LINE}
    given |= {"open": bool(given.pop("is_open")), "pressing": bool(row.pressing), "act_by": shown(row.act_by)}
    return RequestLine(case=given.pop("case_id"), urgency=row.urgency, **given)


def _grouped(found: Iterable[Row[*tuple[Any, ...]]]) -> Mapping[UUID, list[Any]]:
    groups: defaultdict[UUID, list[Any]] = defaultdict(list)
    for row in found:
        groups[row.case_id].append(row)
    return groups


def _case_line(
    row: Row[Any], *, applicants: tuple[str, ...], applicant_count: int, transfer: TransferGlance | None
) -> CaseLine:
    return CaseLine(
        id=row.id,
        version=row.version,
        matter=row.matter,
        urgency=row.urgency,
        limitation_on=row.limitation_on,
        act_by=shown(row.act_by),
        first_received_at=row.first_received_at,
        first_received_by=row.first_received_by,
        opponent=row.opponent,
        numbers=from_json(row.basics).get("numbers", ()),
        holder=row.holder,
        holder_region=row.holder_region,
        stage=row.stage,
        duplicate_of=row.duplicate_of,
        applicants=applicants,
        applicant_count=applicant_count,
        transfer=transfer,
        changed_at=row.changed_at,
    )


def _glance(row: Row[Any]) -> TransferGlance:
    return TransferGlance(
        id=row.id,
        side=row.side,
        state=row.state,
        open=bool(row.is_open),
        sender=row.sender,
        receiver=row.receiver,
        due_on=row.due_on,
    )


def _transfer_line(row: Row[Any]) -> TransferLine:
    return TransferLine(
        id=row.id,
        case=row.case_id,
        side=row.side,
        state=row.state,
        open=bool(row.is_open),
        sender=row.sender,
        receiver=row.receiver,
        attempt=row.attempt,
        signed_by=row.signed_by,
        due_on=row.due_on,
        urgency=row.urgency,
        limitation_on=row.limitation_on,
        act_by=shown(row.act_by),
        opened_at=row.opened_at,
        changed_at=row.changed_at,
    )


def _history_line(row: Row[Any]) -> HistoryLine:
    return HistoryLine(
        number=row.row,
        at=row.at,
        event=row.event,
        by=row.by,
        institution=row.institution,
        source=row.source,
        message=row.message,
        transfer=row.transfer_id,
        request=row.request_id,
        tenure=row.tenure,
        detail=json.loads(row.detail),
    )


def _stage(row: Row[Any]) -> StagePublished:
    return StagePublished(
        case=row.case_id,
        tenure=row.tenure,
        number=row.number,
        stage=Stage(row.stage),
        occurred_on=row.occurred_on,
        basis=LegalBasis(row.basis) if row.basis else None,
        note=row.note,
        institution=row.institution,
        at=row.at,
    )
