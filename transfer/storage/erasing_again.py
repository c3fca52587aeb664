"""Erases again what the ledger says was erased: after a restore, keys and rows may be back."""

from collections import defaultdict
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from transfer.domain.decision import Decision, Erasing, Event
from transfer.domain.erasing import erased
from transfer.domain.keeping import Erasure
from transfer.ledger.entry import Entry, Kind
from transfer.messages.codes_erasure import ErasureBasis
from transfer.ports.work import Cause
from transfer.storage.engine import looking
from transfer.storage.erasing import empty_bodies, keys_are_back
from transfer.storage.ledger_tables import ledger_entries, of_kind
from transfer.storage.store import Store

_ERASED = select(ledger_entries.c.body).where(of_kind(Kind.ERASED)).order_by(ledger_entries.c.id)


async def erase_again(store: Store, *, now: datetime) -> list[UUID]:
    """The cases of which something had to be; each in a transaction of its own, so that it can be run again. Bodies of
    messages that were under way then are emptied, too. Raises StorageUnavailable."""
    async with looking(store.engine) as connection:
        entries = [Entry.parse(body) for body in await connection.scalars(_ERASED)]
    done: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        done[entry.facts["receipt"]].append(entry)
    found: dict[UUID, None] = {}
    for receipt, some in done.items():
        case = some[0].case
        if case is not None and await _erased_again(store, case, receipt, some, now=now):
            found[case] = None
    return list(found)


async def _erased_again(store: Store, case: UUID, receipt: str, entries: list[Entry], *, now: datetime) -> bool:
    """The entries of one receipt: of a whole case one is about the case itself."""
    facts, subjects = entries[0].facts, [UUID(entry.facts["subject"]) for entry in entries]
    applicant = None if case in subjects else subjects[0]
    async with store.work() as work:
        known = (await work.load_cases([case])).get(case)
        if known is None:
            return False
        was = known.handling.erasure(applicant)
        done = was is not None and was.receipt is not None
        if done and not await keys_are_back(work.connection, subjects, case):
            await empty_bodies(work.connection, [case], naming=applicant, now=now)
            return False
        basis = ErasureBasis(facts["basis"])
        anew = (was or Erasure(applicant=applicant, basis=basis)).model_copy(
            update={"receipt": receipt, "proposed_by": None}
        )
        erasing = Erasing(
            applicant=applicant, basis=basis, receipt=receipt, institution=facts["institution"], ordered=True
        )
        event = Event(name="erased", detail={"basis": basis.value, "again": True})
        decision = Decision(case=erased(known, anew), event=event, erasing=(erasing,))
        work.record(decision, Cause(at=now, by=store.region, source=store.region))
    return True
