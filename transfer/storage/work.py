"""The unit of work: what was decided, sent, received and told is written together or not at all."""

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    Table,
    bindparam,
    func,
    literal_column,
    select,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from transfer.domain.case import Case
from transfer.domain.decision import Decision, Erasing, Outgoing
from transfer.messages.attachments import Attachment, attachments_of
from transfer.messages.codes import ReceiptOutcome
from transfer.messages.envelope import TYPE_NAMES, Attributes, digest_of, encode
from transfer.messages.receipts import Receipt, Refusal
from transfer.messages.values import Digest, Frozen
from transfer.ports.ledger import Happened, Head, LedgerDecision, Seen, Words
from transfer.ports.work import Answered, Cause, InboxEntry, Quarantined
from transfer.storage import rows
from transfer.storage.arrivals import write_inbox, write_quarantine
from transfer.storage.casework import read_cases, write_cases
from transfer.storage.erasing import (
    destroy_keys,
    destroy_rows,
    empty_bodies,
    erased_entries,
    exported,
    forget_answered,
    under_way,
)
from transfer.storage.happened import sent, stepped
from transfer.storage.ledger_tables import ledger_cosignatures, ledger_seen
from transfer.storage.naming import awaited, digests_of, touch, want, wanted
from transfer.storage.noting import Noting
from transfer.storage.recent import RecentCases
from transfer.storage.row_macs import written
from transfer.storage.settling import settle
from transfer.storage.statements import CHUNK, among, inserting, inserting_once, padded, rows_of, upsert
from transfer.storage.tables import (
    SHARDS,
    answered,
    fetches,
    file_grants,
    file_uses,
    fingerprints,
    history,
    inbox,
    lanes,
    outbox,
    receipts_due,
    restores,
    stages,
)
from transfer.storage.witnessing import cosigned_row, lock, read_heads, read_seen, read_words, seen_row
from transfer.telemetry import traces

_LANES: Final = among(select(lanes), lanes.c.conversation)
_INBOX: Final = union_all(
    select(inbox).where(inbox.c.message.in_(bindparam("messages", expanding=True))),
    select(inbox).where(
        inbox.c.outcome == literal_column("'parked'"), inbox.c.conversation.in_(bindparam("waiting_in", expanding=True))
    ),
)
_SENT: Final = among(select(outbox.c.digest, outbox.c.recipient), outbox.c.conversation)
_FINGERPRINTED: Final = among(select(fingerprints), fingerprints.c.print)
_ANSWERED: Final = among(select(answered), answered.c.key)

# Shared, so that a recovery does not end before what was parked on its account is there to be let in.
_RESTORED: Final = select(restores.c.number).where(restores.c.finished_at.is_(None)).limit(1).with_for_update(read=True)

Said = tuple[str, str]
"""To whom and what: a message that was sent before, and must not be made anew."""

FINAL: Final = (ReceiptOutcome.APPLIED, ReceiptOutcome.REFUSED)


@dataclass(slots=True)
class _Lane:
    """Where a conversation with one region stands, in both directions."""

    sent: int = 0
    applied: int = 0
    changed: bool = False


@dataclass(slots=True, kw_only=True)
class SqlWork:
    """One transaction; see ports.Work."""

    connection: AsyncConnection
    region: str
    now: datetime
    new_id: Callable[[], UUID]
    recent: RecentCases
    noting: Noting
    destinations: set[str] = field(default_factory=set)
    shards: set[int] = field(default_factory=set)
    owes: bool = False
    said: dict[Said, tuple[Attributes, bytes]] = field(default_factory=dict)
    _loaded: dict[UUID, Case] = field(default_factory=dict)
    _changed: dict[UUID, Case] = field(default_factory=dict)
    _lanes: dict[tuple[UUID, str], _Lane] = field(default_factory=dict)
    _inbox: dict[tuple[str, UUID], InboxEntry] = field(default_factory=dict)
    _entered: dict[tuple[str, UUID], InboxEntry] = field(default_factory=dict)
    _known: dict[tuple[str, UUID], InboxEntry] = field(default_factory=dict)
    _told: list[tuple[str, Sequence[Receipt]]] = field(default_factory=list)
    _aside: list[Quarantined] = field(default_factory=list)
    _happened: list[Happened] = field(default_factory=list)
    _erasing: list[tuple[Case, Erasing, Cause]] = field(default_factory=list)
    _rows: dict[Table, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))

    # Loading ------------------------------------------------------------------------------------------------

    async def load_cases(self, ids: Collection[UUID]) -> Mapping[UUID, Case]:
        wanted = sorted(set(ids) - self._loaded.keys())
        if wanted:
            self._loaded |= await read_cases(self.connection, wanted, self.recent)
            # The lock on the case covers its lanes: nobody writes a lane without the case.
            await self._load_lanes(wanted)
        current = self._loaded | self._changed
        return {case: current[case] for case in ids if case in current}

    async def _load_lanes(self, conversations: Sequence[UUID]) -> None:
        for row in await rows_of(self.connection, _LANES, conversations):
            self._lanes[row.conversation, row.peer] = _Lane(sent=row.sent, applied=row.applied)

    async def load_inbox(
        self, keys: Collection[tuple[str, UUID]], *, waiting_in: Collection[UUID] = ()
    ) -> Mapping[tuple[str, UUID], InboxEntry]:
        messages, conversations = sorted({message for _, message in keys}), sorted(set(waiting_in))
        found: dict[tuple[str, UUID], InboxEntry] = {}
        for start in range(0, max(len(messages), len(conversations)), CHUNK):
            part = slice(start, start + CHUNK)
            wanted = {"messages": padded(messages[part]), "waiting_in": padded(conversations[part])}
            for row in await self.connection.execute(_INBOX, wanted):
                entry = rows.to_entry(row)
                if (entry.source, entry.message) in keys or entry.outcome is ReceiptOutcome.PARKED:
                    found[entry.source, entry.message] = entry
        self._inbox |= found
        self._known |= found
        return found

    async def load_applied(self, lanes: Collection[tuple[str, UUID]]) -> Mapping[tuple[str, UUID], int]:
        # Lanes come with their cases; a lane without a case has applied nothing.
        return {
            (source, conversation): lane.applied
            for source, conversation in lanes
            if (lane := self._lanes.get((conversation, source))) is not None
        }

    async def sent_digests(
        self, digests: Collection[Digest], *, conversations: Collection[UUID]
    ) -> Mapping[Digest, str]:
        sent = await rows_of(self.connection, _SENT, sorted(conversations))
        return {row.digest: row.recipient for row in sent if row.digest in digests}

    async def load_answered(self, keys: Collection[str]) -> Mapping[str, Answered]:
        found = await rows_of(self.connection, _ANSWERED, sorted(keys))
        return {
            row.key: Answered(request=row.request, status=row.status, body=row.body, etag=row.etag) for row in found
        }

    async def load_kept(self, digests: Collection[Digest]) -> Collection[Digest]:
        return await touch(self.connection, digests, now=self.now)

    async def load_awaited(self, digests: Collection[Digest]) -> Mapping[Digest, bool]:
        return await awaited(self.connection, digests)

    async def load_fingerprinted(self, prints: Collection[str]) -> Mapping[str, Collection[UUID]]:
        found: defaultdict[str, set[UUID]] = defaultdict(set)
        for row in await rows_of(self.connection, _FINGERPRINTED, sorted(prints)):
            found[row.print].add(row.case_id)
        # Those of an application that was taken in a moment ago, in this same transaction.
        for fresh in self._rows[fingerprints]:
            if fresh["print"] in prints:
                found[fresh["print"]].add(fresh["case_id"])
        return found

    async def load_under_way(self, case: UUID) -> Collection[UUID]:
        return await under_way(self.connection, case)

    async def load_exported(self, case: UUID) -> bool:
        return await exported(self.connection, case)

    async def count_received(self, type_: str, sources: Collection[str], *, since: datetime) -> Mapping[str, int]:
        counted = select(inbox.c.source, func.count()).where(
            inbox.c.received_at >= since, inbox.c.type == type_, inbox.c.source.in_(sources)
        )
        return {row[0]: row[1] for row in await self.connection.execute(counted.group_by(inbox.c.source))}

    async def load_recovering(self) -> bool:
        return await self.connection.scalar(_RESTORED) is not None

    async def hold(self, conversations: Collection[UUID]) -> None:
        await lock(self.connection, conversations)
        # Only now nobody else writes these lanes.
        await self._load_lanes(sorted(conversations))

    async def load_seen(self, regions: Collection[str]) -> Mapping[str, Seen]:
        return await read_seen(self.connection, regions)

    async def load_heads(self, sizes: Collection[int]) -> Mapping[int, Head]:
        return await read_heads(self.connection, self.region, sizes)

    async def load_words(self, peers: Collection[str]) -> Mapping[str, Words]:
        return await read_words(self.connection, self.region, peers)

    # Recording ----------------------------------------------------------------------------------------------

    def record(self, decision: Decision, cause: Cause) -> Case:
        case = replace(decision.case, version=decision.case.version + 1)
        was = self._changed.get(case.id) or self._loaded.get(case.id)
        if was is None or was.materials is not case.materials or was.requests is not case.requests:
            self._use(case.id, attachments_of((case.materials, case.requests)))
        self._changed[case.id] = case
        if decision.erasing:
            self._erasing += [(case, one, cause) for one in decision.erasing]
            self._rows[answered] = [row for row in self._rows[answered] if row["case_id"] != case.id]
        self._rows[fingerprints] += [{"case_id": case.id, "print": one} for one in decision.fingerprints]
        detail = json.dumps(dict(decision.event.detail), default=str)
        self._happened.append(stepped(case, decision.event, detail, cause))
        for message in decision.messages:
            self.send(case.id, message, cause)
        for stage in decision.stages:
            fields = {name: getattr(stage, name) for name in ("tenure", "number", "stage", "occurred_on", "basis")}
            fields |= {"note": stage.note, "institution": stage.institution, "at": stage.at}
            self._rows[stages].append({"case_id": case.id, **fields})
        self._rows[history].append(
            {
                "case_id": case.id,
                "transfer_id": decision.event.transfer,
                "request_id": decision.event.request,
                "at": cause.at,
                "event": decision.event.name,
                "by": cause.by,
                "institution": cause.institution,
                "source": cause.source,
                "message": cause.message,
                "tenure": case.holder.number,
                "detail": detail,
            }
        )
        return case

    def record_ledger(self, decision: LedgerDecision) -> None:
        for message in decision.messages:
            self.send(None, message, Cause(at=self.now, by=self.region))
        if decision.judged is not None:
            self._rows[ledger_seen].append(seen_row(decision.judged))
        if decision.cosigned is not None:
            self._rows[ledger_cosignatures].append(cosigned_row(decision.cosigned))

    def send(self, case: UUID | None, message: Outgoing, cause: Cause) -> None:
        """Write a message at the next place of its conversation, which was loaded before; that of the case, unless it
        names another."""
        conversation = message.conversation or case
        if conversation is None:
            raise AssertionError(message.recipient)  # what belongs to no case names its conversation
        if said := self.said.pop(said_as(message.recipient, message.data), None):
            self.say_again(*said, message.data)
            return
        attributes = Attributes(
            id=self.new_id(),
            type=TYPE_NAMES[type(message.data)],
            source=self.region,
            recipient=message.recipient,
            time=cause.at,
            conversation=conversation,
            sequence=self._lane(conversation, message.recipient).sent + 1,
            answers=message.answers,
        )
        self.say_again(attributes, encode(attributes, message.data), message.data)

    def say_again(self, attributes: Attributes, body: bytes, data: Frozen) -> None:
        """Write a message that has its place."""
        conversation, recipient = attributes.conversation, attributes.recipient
        if conversation is None or attributes.sequence is None:
            raise AssertionError(attributes.id)  # only receipts have none
        self.take_place(conversation, recipient, attributes.sequence)
        shard = conversation.int % SHARDS
        self.shards.add(shard)
        self.destinations.add(recipient)
        row = {
            "message": attributes.id,
            "conversation": conversation,
            "recipient": recipient,
            "sequence": attributes.sequence,
            "shard": shard,
            "type": attributes.type,
            "digest": digest_of(body),
            "body": body,
            "created_at": attributes.time,
            "traceparent": traces.current(),
        }
        self._rows[outbox].append(row)
        self._happened.append(sent(row, attributes.answers))
        for digest in self._use(conversation, attachments_of(data)):
            grant = {"digest": digest, "recipient": recipient, "message": attributes.id, "at": attributes.time}
            self._rows[file_grants].append(grant)

    def take_place(self, conversation: UUID, peer: str, sequence: int, *, sent: bool = True) -> None:
        """A message of this node, or one that it was sent and dealt with, has this place, whether or not anything else
        is left of it."""
        lane = self._lane(conversation, peer)
        if sent:
            lane.sent = max(lane.sent, sequence)
        else:
            lane.applied = max(lane.applied, sequence)

    def _use(self, case: UUID, named: Iterable[Attachment]) -> Collection[Digest]:
        digests = digests_of(named)
        self._rows[file_uses] += [{"digest": digest, "case_id": case, "at": self.now} for digest in digests]
        return digests

    def record_wanted(self, source: str, message: UUID, case: UUID, named: Iterable[Attachment]) -> None:
        files = list(named)
        self._use(case, files)
        self._rows[fetches] += [
            {"id": self.new_id(), **wanted(file, source=source, message=message, case=case, now=self.now)}
            for file in files
        ]

    def _lane(self, conversation: UUID, peer: str) -> _Lane:
        lane = self._lanes.setdefault((conversation, peer), _Lane())
        lane.changed = True
        return lane

    def record_received(self, entry: InboxEntry) -> None:
        key = (entry.source, entry.message)
        self._inbox[key] = self._entered[key] = entry
        final = entry.outcome in FINAL and not (entry.refusal is not None and entry.refusal.resend)
        if final and entry.sequence:
            lane = self._lane(entry.conversation, entry.source)
            lane.applied = max(lane.applied, entry.sequence)
        self._owe(entry.source, _receipt(entry))

    def record_again(self, source: str, message: UUID) -> None:
        self._owe(source, _receipt(self._inbox[source, message]))

    def record_refusal(self, source: str, message: UUID, digest: Digest | None, refusal: Refusal) -> None:
        outcome = ReceiptOutcome.REFUSED
        self._owe(source, Receipt(message=message, digest=digest, outcome=outcome, at=self.now, refusal=refusal))

    def _owe(self, recipient: str, receipt: Receipt) -> None:
        self.owes = True
        self._rows[receipts_due].append({"recipient": recipient, **rows.receipt_row(receipt)})

    def record_quarantined(self, message: Quarantined) -> None:
        self._aside.append(message)

    def record_receipts(self, source: str, receipts: Sequence[Receipt]) -> None:
        self._told.append((source, receipts))

    def record_answered(self, key: str, given: Answered, *, case: UUID | None = None) -> None:
        self._rows[answered].append(
            {
                "key": key,
                "request": given.request,
                "status": given.status,
                "etag": given.etag,
                "body": given.body,
                "case_id": case,
                "at": self.now,
            }
        )

    def note(self, happened: Happened) -> None:
        self._happened.append(happened)

    @property
    def seen(self) -> Iterable[Case]:
        """The cases as this transaction leaves them."""
        return (self._loaded | self._changed).values()

    # Writing ------------------------------------------------------------------------------------------------

    async def flush(self) -> None:
        """Write everything that was recorded; the caller commits."""
        dialect = self.connection.dialect.name
        news = [
            one
            for source, receipts in self._told
            for one in await settle(self.connection, source, receipts, now=self.now)
        ]
        written_rows = await write_cases(self.connection, self._loaded, self._changed.values(), now=self.now)
        touched = [(key, lane) for key, lane in sorted(self._lanes.items()) if lane.changed]
        await upsert(
            self.connection,
            lanes,
            [
                {"conversation": conversation, "peer": peer, "sent": lane.sent, "applied": lane.applied}
                for (conversation, peer), lane in touched
            ],
            ("conversation", "peer"),
        )
        news += await write_inbox(self.connection, self._entered, self._known, now=self.now)
        await want(self.connection, self._rows[fetches], now=self.now)
        if self._erasing:
            await forget_answered(self.connection, {case.id for case, _, _ in self._erasing})
        for table in (
            stages,
            outbox,
            receipts_due,
            history,
            answered,
            file_uses,
            file_grants,
            fingerprints,
            ledger_seen,
            ledger_cosignatures,
        ):
            if self._rows[table]:
                # A case may name a file many times; a cosignature that comes again is none.
                once = table in (file_uses, fingerprints, ledger_cosignatures)
                statement = inserting_once(dialect, table) if once else inserting(table)
                await self.connection.execute(statement, self._rows[table])
        news += await write_quarantine(self.connection, self._aside)
        happened = [*news, *self._happened, *await self._destroy()]
        written_rows += written(stages.name, self._rows[stages])
        await self.noting.write(self.connection, happened, now=self.now, rows=written_rows)

    async def _destroy(self) -> list[Happened]:
        """What was erased; and what came for, or was still under way from, a case that was erased before."""
        done: list[Happened] = []
        for case, erasing, cause in self._erasing:
            subjects = await destroy_keys(self.connection, case, erasing, now=self.now)
            self.noting.keys.forget(subjects)
            await destroy_rows(self.connection, case, erasing, now=self.now)
            done += erased_entries(case, erasing, subjects, cause)
        if gone := [case.id for case in self.seen if case.handling.erased]:
            await empty_bodies(self.connection, gone, now=self.now)
        return done


def said_as(recipient: str, data: Frozen) -> Said:
    """By what a message is known that is made again."""
    return recipient, data.model_dump_json()


def _receipt(entry: InboxEntry) -> Receipt:
    return Receipt(
        message=entry.message,
        digest=entry.digest,
        outcome=entry.outcome,
        at=entry.received_at,
        refusal=entry.refusal,
    )
