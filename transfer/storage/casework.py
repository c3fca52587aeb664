"""Reads and writes whole cases: the case, its applicants, holders, transfers and evidence requests."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, Select, Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from transfer.domain.case import Case
from transfer.storage import rows
from transfer.storage.recent import RecentCases
from transfer.storage.row_macs import CONTENT, WrittenRow, written
from transfer.storage.searching import write_words
from transfer.storage.sight import write_people
from transfer.storage.statements import among, changing, inserting, rows_of, upsert
from transfer.storage.tables import applicants, cases, evidence_requests, tenures, transfers

_LOCKED: Final = among(select(cases.c.id, cases.c.version).order_by(cases.c.id).with_for_update(), cases.c.id)
_CASES: Final = among(select(cases), cases.c.id)
_APPLICANTS: Final = among(select(applicants).order_by(applicants.c.position), applicants.c.case_id)
_TENURES: Final = among(select(tenures).order_by(tenures.c.number), tenures.c.case_id)
_TRANSFERS: Final = among(select(transfers).order_by(transfers.c.position), transfers.c.case_id)
_REQUESTS: Final = among(select(evidence_requests).order_by(evidence_requests.c.position), evidence_requests.c.case_id)


async def read_cases(connection: AsyncConnection, ids: Sequence[UUID], recent: RecentCases) -> Mapping[UUID, Case]:
    """Those that exist, each locked until the end of the transaction."""
    locked = await rows_of(connection, _LOCKED, ids)
    found = {row.id: case for row in locked if (case := recent.get(row.id, row.version)) is not None}
    unknown = [row.id for row in locked if row.id not in found]
    if unknown:
        persons = await _grouped(connection, _APPLICANTS, unknown)
        holders = await _grouped(connection, _TENURES, unknown)
        attempts = await _grouped(connection, _TRANSFERS, unknown)
        letters = await _grouped(connection, _REQUESTS, unknown)
        for row in await rows_of(connection, _CASES, unknown):
            found[row.id] = rows.to_case(row, persons[row.id], holders[row.id], attempts[row.id], letters[row.id])
    return found


async def write_cases(
    connection: AsyncConnection, loaded: Mapping[UUID, Case], changed: Collection[Case], *, now: datetime
) -> list[WrittenRow]:
    """Write what is new or other than it was loaded, and give it."""
    changed = sorted(changed, key=lambda case: case.id)
    states = {case.id: rows.case_row(case) for case in changed}
    contents = {
        case.id: rows.content_row(case)
        for case in changed
        if (was := loaded.get(case.id)) is None or was.basics is not case.basics or was.materials is not case.materials
    }
    stamp = {"opened_at": now, "changed_at": now}
    new = [{"id": c.id, **stamp, **states[c.id], **contents[c.id]} for c in changed if c.id not in loaded]
    if new:
        await connection.execute(inserting(cases), new)
    old = [(loaded[case.id], case) for case in changed if case.id in loaded]
    await _update(connection, cases, [{"at_id": c.id, "changed_at": now, **states[c.id]} for _, c in old])
    await _update(connection, cases, [{"at_id": c.id, **contents[c.id]} for _, c in old if c.id in contents])
    persons = [
        row
        for case in changed
        if (was := loaded.get(case.id)) is None or was.applicants is not case.applicants
        for row in rows.applicant_rows(case)
    ]
    await upsert(connection, applicants, persons, ("case_id", "position"))
    await write_words(connection, loaded, changed)
    known = {case.id: len(case.tenures) for case in loaded.values()}
    holders = [
        {"case_id": case.id, "number": t.number, "institution": t.institution, "since": t.since}
        for case in changed
        for t in case.tenures[known.get(case.id, 0) :]
    ]
    if holders:
        await connection.execute(inserting(tenures), holders)
    # The place of a transfer or a request in worklists follows that of its case.
    moved = {case.id for was, case in old if rows.case_place(was) != rows.case_place(case)}
    attempts = [
        rows.transfer_row(case, transfer)
        for case in changed
        for transfer in case.transfers
        if case.id in moved or transfer not in (loaded[case.id].transfers if case.id in loaded else ())
    ]
    # Closed ones first: one open offer per case is an index, and indexes do not wait for the commit.
    await upsert(connection, transfers, sorted(attempts, key=lambda row: row["is_open"]), ("id",))
    letters = [
        rows.request_row(case, request)
        for case in changed
        for request in case.requests
        if case.id in moved or request not in (loaded[case.id].requests if case.id in loaded else ())
    ]
    await upsert(connection, evidence_requests, letters, ("id",))
    await write_people(connection, loaded, changed)
    return [
        *written(cases.name, ({"id": case, **row} for case, row in states.items())),
        *written(CONTENT, ({"id": case, **row} for case, row in contents.items())),
        *written(applicants.name, persons),
        *written(tenures.name, holders),
        *written(transfers.name, attempts),
        *written(evidence_requests.name, letters),
    ]


async def _grouped(
    connection: AsyncConnection, statement: Select[Any], wanted: Sequence[UUID]
) -> Mapping[UUID, list[Row[Any]]]:
    groups: defaultdict[UUID, list[Row[Any]]] = defaultdict(list)
    for row in await rows_of(connection, statement, wanted):
        groups[row.case_id].append(row)
    return groups


async def _update(connection: AsyncConnection, table: Table, changes: list[dict[str, Any]]) -> None:
    if changes:
        await connection.execute(changing(table), changes)
