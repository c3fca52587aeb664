"""Destroys what a database holds of a case, or of one applicant: keys, bodies, names; and says what must stay."""

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Select, bindparam, delete, exists, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from transfer.domain.case import Case
from transfer.domain.decision import Erasing
from transfer.domain.erasing import ERASED
from transfer.ledger.entry import Entry, Kind
from transfer.messages.attachments import attachments_of
from transfer.messages.codes import ReceiptOutcome
from transfer.messages.envelope import TYPE_NAMES
from transfer.messages.erasure import OF_ERASURE
from transfer.ports.ledger import Happened
from transfer.ports.work import Cause
from transfer.storage.ledger_tables import ledger_entries, ledger_keys
from transfer.storage.mail_erasing import forget_case
from transfer.storage.naming import digests_of
from transfer.storage.noting import staff
from transfer.storage.statements import inserting_once
from transfer.storage.tables import (
    answered,
    applicants,
    evidence_requests,
    file_uses,
    fingerprints,
    history,
    inbox,
    outbox,
    quarantine,
    stages,
)

EMPTIED: Final = b""
"""Stands for the body of a message that was erased."""
_KEPT: Final = tuple(TYPE_NAMES[one] for one in OF_ERASURE)
"""Messages that hold no personal data, and by which the erasing is shown."""
_PROPOSED: Final = "erasure_proposed"
_WHOLE: Final = frozenset({"case", "bundle"})
"""Exports that hold all of a case."""


async def destroy_keys(connection: AsyncConnection, case: Case, erasing: Erasing, *, now: datetime) -> Collection[UUID]:
    """Empty the keys of all that this is about, and give whose. An applicant who stands in another case, too, keeps the
    key until the last of them is erased."""
    persons = {one.id for one in case.applicants} if erasing.applicant is None else {erasing.applicant}
    subjects = persons - set(await connection.scalars(_elsewhere(persons, case.id)))
    subjects |= {case.id} if erasing.applicant is None else set()
    if subjects:
        # Who had none yet gets none later, either.
        rows = [{"subject": one, "key": None, "made_at": now} for one in sorted(subjects)]
        await connection.execute(inserting_once(connection.dialect.name, ledger_keys), rows)
        await connection.execute(update(ledger_keys).where(ledger_keys.c.subject.in_(subjects)).values(key=None))
    return subjects


def _elsewhere(persons: Collection[UUID], case: UUID) -> Select[tuple[UUID]]:
    """Which of these stand in another case."""
    return select(applicants.c.id).where(
        applicants.c.id.in_(persons), applicants.c.case_id != case, applicants.c.name != ERASED
    )


async def keys_are_back(connection: AsyncConnection, subjects: Collection[UUID], case: UUID) -> bool:
    """Whether one of these has a key that should have been destroyed with the case."""
    back = exists().where(
        ledger_keys.c.subject.in_(subjects),
        ledger_keys.c.key.is_not(None),
        ledger_keys.c.subject.not_in(_elsewhere(subjects, case)),
    )
    return bool(await connection.scalar(select(back)))


async def forget_answered(connection: AsyncConnection, cases: Collection[UUID]) -> None:
    """The responses that show them."""
    await connection.execute(delete(answered).where(answered.c.case_id.in_(cases)))


async def destroy_rows(connection: AsyncConnection, case: Case, erasing: Erasing, *, now: datetime) -> None:
    """What stands beside the case itself; files are swept when no case uses them."""
    await forget_case(connection, case.id, erasing.applicant)
    left = digests_of(attachments_of((case.materials, case.requests)))
    unused = (file_uses.c.case_id == case.id, file_uses.c.digest.not_in(left))
    await connection.execute(delete(file_uses).where(*unused))
    if erasing.applicant is not None:
        await empty_bodies(connection, [case.id], naming=erasing.applicant, now=now)
        return
    await connection.execute(delete(fingerprints).where(fingerprints.c.case_id == case.id))
    await connection.execute(delete(evidence_requests).where(evidence_requests.c.case_id == case.id))
    await connection.execute(update(stages).where(stages.c.case_id == case.id).values(note=None))
    persons = (history.c.case_id == case.id, history.c.source.is_(None))
    await connection.execute(update(history).where(*persons).values(by=ERASED))
    await empty_bodies(connection, [case.id], now=now)


async def empty_bodies(
    connection: AsyncConnection, cases: Collection[UUID], *, now: datetime, naming: UUID | None = None
) -> None:
    """Of the messages on these cases, or of those that name one applicant; their digests stay. What is still under way
    is left, since it must arrive as it was signed, and so is what waits here."""
    settled = (outbox.c.conversation.in_(cases), outbox.c.settled_at.is_not(None), outbox.c.type.not_in(_KEPT))
    taken = (
        inbox.c.conversation.in_(cases),
        inbox.c.outcome != ReceiptOutcome.PARKED.value,
        inbox.c.type.not_in(_KEPT),
    )
    for table, chosen in ((outbox, settled), (inbox, taken)):
        some = (table.c.message == bindparam("one"),)
        emptied = update(table).where(*chosen, table.c.body != EMPTIED)
        if naming is None:
            await connection.execute(emptied.values(body=EMPTIED))
        else:
            found = await connection.execute(select(table.c.message, table.c.body).where(*chosen))
            named = [{"one": row.message} for row in found if str(naming).encode() in row.body]
            if named:
                await connection.execute(emptied.where(*some).values(body=EMPTIED), named)
    aside = update(quarantine).where(quarantine.c.conversation.in_(cases))
    await connection.execute(aside.where(quarantine.c.body.is_not(None)).values(body=EMPTIED))
    # Nobody can try them again, so nobody need look.
    await connection.execute(aside.where(quarantine.c.applied_at.is_(None)).values(applied_at=now))


def erased_entries(case: Case, erasing: Erasing, subjects: Collection[UUID], cause: Cause) -> Iterator[Happened]:
    """One for each whose key was destroyed, and for whom it was asked. Who did it stands under that person's own key,
    since those of the case are gone."""
    facts = {"basis": erasing.basis.value, "institution": erasing.institution, "receipt": erasing.receipt}
    texts = {} if cause.source else {"by": cause.by}
    for one in sorted({*subjects, erasing.applicant or case.id}):
        said = {"subject": str(one), "of": "case" if one == case.id else "applicant", **facts}
        yield Happened(kind=Kind.ERASED, at=cause.at, case=case.id, facts=said, texts=texts, subject=staff(cause.by))


async def under_way(connection: AsyncConnection, case: UUID) -> Collection[UUID]:
    """See ports.Work."""
    sent = select(outbox.c.message).where(outbox.c.conversation == case, outbox.c.settled_at.is_(None))
    parked = (inbox.c.conversation == case, inbox.c.outcome == ReceiptOutcome.PARKED.value)
    waiting = select(inbox.c.message).where(*parked)
    return {*await connection.scalars(sent), *await connection.scalars(waiting)}


async def exported(connection: AsyncConnection, case: UUID) -> bool:
    """See ports.Work; ids of entries rise with time."""
    told = (Kind.STEP.value, Kind.EXPORT.value)
    newest = (
        select(ledger_entries.c.body)
        .where(ledger_entries.c.case_id == case, ledger_entries.c.kind.in_(told))
        .order_by(ledger_entries.c.id.desc())
    )
    for body in await connection.scalars(newest):
        entry = Entry.parse(body)
        if entry.kind is Kind.EXPORT and entry.facts.get("what") in _WHOLE:
            return True
        if entry.kind is Kind.STEP and entry.facts["event"] != _PROPOSED:
            return False
    return False
