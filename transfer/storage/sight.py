"""Which cases a person sees; see domain/involved.py."""

from collections.abc import Collection, Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, bindparam, delete, exists, false, or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from transfer.domain.case import Case
from transfer.domain.involved import Standing, people
from transfer.domain.rights import Sight
from transfer.storage.account_tables import case_people
from transfer.storage.statements import inserting
from transfer.storage.tables import cases, file_uses

SEER: Final = "seer"
"""What the parameter is called that names the person; a statement that is kept is given it anew each time."""
_REMOVE: Final = delete(case_people).where(
    case_people.c.case_id == bindparam("of_case"),
    case_people.c.name == bindparam("of_name"),
    case_people.c.standing == bindparam("of_standing"),
)


def seen_by(sight: Sight | None, case: ColumnElement[UUID]) -> ColumnElement[bool]:
    """Whether the person sees this case; for a statement over many."""
    if sight is None:
        return true()
    name: ColumnElement[str] = bindparam(SEER, sight.name)
    mine = and_(case_people.c.case_id == case, case_people.c.name == name)
    recused = exists().where(mine, case_people.c.standing == Standing.RECUSED.value)
    if not sight.own_only:
        return ~recused
    own = select(case_people.c.case_id).where(
        case_people.c.name == name, case_people.c.standing == Standing.HANDLES.value
    )
    return and_(case.in_(own), ~recused)


async def sees_case(connection: AsyncConnection, sight: Sight, case: UUID) -> bool:
    """Whether the person sees it, or nobody does since there is none."""
    unknown = ~exists().where(cases.c.id == case)
    known = exists().where(cases.c.id == case, seen_by(sight, cases.c.id))
    return bool(await connection.scalar(select(or_(known, unknown))))


async def sees_file(connection: AsyncConnection, sight: Sight, digest: str) -> bool:
    """Whether one of the cases that name the file is one that the person sees; one that no case names yet, whoever is
    not bound to cases of their own."""
    named = file_uses.c.digest == digest
    unused = false() if sight.own_only else ~exists().where(named)
    seen = exists().where(named, seen_by(sight, file_uses.c.case_id))
    return bool(await connection.scalar(select(or_(seen, unused))))


async def write_people(connection: AsyncConnection, loaded: Mapping[UUID, Case], changed: Collection[Case]) -> None:
    """Who stands otherwise in these cases than when they were loaded."""
    gone: list[dict[str, Any]] = []
    new: list[dict[str, Any]] = []
    for case in changed:
        was = loaded.get(case.id)
        if was is not None and (was.handling is case.handling and was.requests is case.requests):
            continue
        before, after = people(was) if was else frozenset(), people(case)
        gone += [{"of_case": case.id, "of_name": n, "of_standing": s.value} for n, s in sorted(before - after)]
        new += [{"case_id": case.id, "name": n, "standing": s.value} for n, s in sorted(after - before)]
    if gone:
        await connection.execute(_REMOVE, gone)
    if new:
        await connection.execute(inserting(case_people), new)
