"""The ports in memory, with the real rules: all or nothing, real encodings, the database's refusals; no mocks."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, TypeVar
from uuid import UUID

from transfer.domain.case import Case
from transfer.domain.decision import Decision, Event, Outgoing
from transfer.domain.lifecycle import CLOSED, Side, State
from transfer.ledger.checkpoint import Checkpoint
from transfer.ledger.entry import Kind
from transfer.ledger.tree import EMPTY
from transfer.messages.attachments import Attachment, attachments_of
from transfer.messages.case_progress import StagePublished
from transfer.messages.codes import ReceiptOutcome
from transfer.messages.envelope import TYPE_NAMES, Attributes, decode, digest_of, encode
from transfer.messages.ledger import CheckpointAnswered, CheckpointPublished, ledger_conversation
from transfer.messages.receipts import Receipt, Refusal
from transfer.messages.values import Digest
from transfer.ports.drafts import KEPT, Draft
from transfer.ports.ledger import Cosigned, Happened, Head, Judged, LedgerDecision, Seen, Verdict, Words
from transfer.ports.texts import GatewayRefused, GatewayUnavailable, Text
from transfer.ports.traffic import DueReceipts
from transfer.ports.work import Answered, Cause, InboxEntry, Quarantined, StorageRefused

FINAL: Final = (ReceiptOutcome.APPLIED, ReceiptOutcome.REFUSED)

Given = TypeVar("Given")


def run(work: Coroutine[Any, Any, Given]) -> Given:
    """What a coroutine over these fakes gives. They never wait, so no event loop is needed."""
    try:
        work.send(None)
    except StopIteration as done:
        return done.value  # type: ignore[no-any-return]
    work.close()
    raise AssertionError("a fake waited")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """Where a conversation with one region stands, in both directions."""

    sent: int = 0
    applied: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """A message of the outbox and what is known of its fate."""

    id: UUID
    type: str
    recipient: str
    conversation: UUID
    sequence: int
    digest: Digest
    body: bytes
    created_at: datetime
    outcome: ReceiptOutcome | None = None
    refusal: Refusal | None = None
    settled_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of a case's history."""

    case: UUID
    event: Event
    cause: Cause
    tenure: int


@dataclass(slots=True, kw_only=True)
class Content:
    """Everything that one region's database holds; all values are frozen, so a copy of the maps is a copy."""

    cases: dict[UUID, Case] = field(default_factory=dict)
    lanes: dict[tuple[UUID, str], Lane] = field(default_factory=dict)
    outbox: dict[UUID, Sending] = field(default_factory=dict)
    inbox: dict[tuple[str, UUID], InboxEntry] = field(default_factory=dict)
    receipts: dict[int, tuple[str, Receipt]] = field(default_factory=dict)
    quarantine: dict[UUID, Quarantined] = field(default_factory=dict)
    history: tuple[Line, ...] = ()
    stages: dict[tuple[UUID, int, int], StagePublished] = field(default_factory=dict)
    answered: dict[str, Answered] = field(default_factory=dict)
    receipt_rows: int = 0
    kept: frozenset[Digest] = frozenset()
    given_up: frozenset[Digest] = frozenset()
    uses: frozenset[tuple[Digest, UUID]] = frozenset()
    grants: frozenset[tuple[Digest, str]] = frozenset()
    wanted: dict[tuple[Digest, str], Attachment] = field(default_factory=dict)
    fingerprints: frozenset[tuple[str, UUID]] = frozenset()
    heads: dict[int, Head] = field(default_factory=dict)
    judged: tuple[Judged, ...] = ()
    cosigned: dict[tuple[int, str], Cosigned] = field(default_factory=dict)
    noted: tuple[Happened, ...] = ()

    def copy(self) -> "Content":
        return Content(
            cases=dict(self.cases),
            lanes=dict(self.lanes),
            outbox=dict(self.outbox),
            inbox=dict(self.inbox),
            receipts=dict(self.receipts),
            quarantine=dict(self.quarantine),
            history=self.history,
            stages=dict(self.stages),
            answered=dict(self.answered),
            receipt_rows=self.receipt_rows,
            kept=self.kept,
            given_up=self.given_up,
            uses=self.uses,
            grants=self.grants,
            wanted=dict(self.wanted),
            fingerprints=self.fingerprints,
            heads=dict(self.heads),
            judged=self.judged,
            cosigned=dict(self.cosigned),
            noted=self.noted,
        )


@dataclass(slots=True, kw_only=True)
class MemoryRoom:
    """One region's database; see ports.WorkRoom. One transaction at a time, as with SQLite."""

    region: str
    clock: Callable[[], datetime]
    new_id: Callable[[], UUID]
    content: Content = field(default_factory=Content)
    _writer: asyncio.Lock = field(default_factory=asyncio.Lock)

    @asynccontextmanager
    async def work(self) -> AsyncIterator["MemoryWork"]:
        async with self._writer:
            work = MemoryWork(room=self, now=self.clock(), draft=self.content.copy())
            yield work
            self.content = work.written()

    def unsettled(self) -> list[Sending]:
        """The messages that still lack a final receipt, oldest first."""
        return [sending for sending in self.content.outbox.values() if sending.settled_at is None]


@dataclass(slots=True, kw_only=True)
class MemoryWork:
    """One transaction; see ports.Work. The draft becomes the content of the room when the block ends well."""

    room: MemoryRoom
    now: datetime
    draft: Content
    _loaded: set[UUID] = field(default_factory=set)
    _changed: set[UUID] = field(default_factory=set)
    _known: set[tuple[str, UUID]] = field(default_factory=set)
    _told: list[tuple[str, Sequence[Receipt]]] = field(default_factory=list)
    _refused: list[str] = field(default_factory=list)

    async def load_cases(self, ids: Collection[UUID]) -> Mapping[UUID, Case]:
        self._loaded |= {case for case in ids if case in self.room.content.cases}
        return {case: self.draft.cases[case] for case in ids if case in self.draft.cases}

    async def load_inbox(
        self, keys: Collection[tuple[str, UUID]], *, waiting_in: Collection[UUID] = ()
    ) -> Mapping[tuple[str, UUID], InboxEntry]:
        found = {
            key: entry
            for key, entry in self.room.content.inbox.items()
            if key in keys or (entry.conversation in waiting_in and entry.outcome is ReceiptOutcome.PARKED)
        }
        self._known |= found.keys()
        return found

    async def load_applied(self, lanes: Collection[tuple[str, UUID]]) -> Mapping[tuple[str, UUID], int]:
        return {
            (source, conversation): lane.applied
            for source, conversation in lanes
            if (lane := self.draft.lanes.get((conversation, source))) is not None
        }

    async def sent_digests(
        self, digests: Collection[Digest], *, conversations: Collection[UUID]
    ) -> Mapping[Digest, str]:
        sent = [one for one in self.room.content.outbox.values() if one.conversation in conversations]
        return {one.digest: one.recipient for one in sent if one.digest in digests}

    async def load_answered(self, keys: Collection[str]) -> Mapping[str, Answered]:
        given = self.room.content.answered
        return {key: given[key] for key in keys if key in given}

    async def load_kept(self, digests: Collection[Digest]) -> Collection[Digest]:
        return self.draft.kept.intersection(digests)

    async def load_awaited(self, digests: Collection[Digest]) -> Mapping[Digest, bool]:
        asked = {digest: key for key in self.draft.wanted if (digest := key[0]) in digests}
        return {digest: digest not in self.draft.given_up for digest in asked}

    async def load_fingerprinted(self, prints: Collection[str]) -> Mapping[str, Collection[UUID]]:
        found: defaultdict[str, set[UUID]] = defaultdict(set)
        for known, case in self.draft.fingerprints:
            if known in prints:
                found[known].add(case)
        return found

    async def load_recovering(self) -> bool:
        return False

    async def load_under_way(self, case: UUID) -> Collection[UUID]:
        sent = {one.id for one in self.draft.outbox.values() if one.conversation == case and one.settled_at is None}
        waiting = {
            entry.message
            for entry in self.draft.inbox.values()
            if entry.conversation == case and entry.outcome is ReceiptOutcome.PARKED
        }
        return sent | waiting

    async def load_exported(self, case: UUID) -> bool:
        # What happened to a case is noted by storage alone; here whoever tests says that it was exported.
        return any(one.kind is Kind.EXPORT and one.case == case for one in self.draft.noted)

    async def count_received(self, type_: str, sources: Collection[str], *, since: datetime) -> Mapping[str, int]:
        entries = self.room.content.inbox.values()
        return Counter(e.source for e in entries if e.type == type_ and e.received_at >= since and e.source in sources)

    async def hold(self, conversations: Collection[UUID]) -> None:
        """One transaction at a time holds everything."""

    async def load_seen(self, regions: Collection[str]) -> Mapping[str, Seen]:
        found: dict[str, Seen] = {}
        for one in self.draft.judged:
            was = found.get(one.region) or Seen(known=Checkpoint(one.checkpoint.origin, 0, EMPTY))
            match one.verdict:
                case Verdict.REFUSED:
                    found[one.region] = replace(was, fork=one.note)
                case Verdict.COSIGNED:
                    found[one.region] = replace(was, known=one.checkpoint, note=one.note)
                case Verdict.ACCEPTED:
                    found[one.region] = Seen(known=one.checkpoint, note=one.note)
        return {region: seen for region, seen in found.items() if region in regions}

    async def load_heads(self, sizes: Collection[int]) -> Mapping[int, Head]:
        heads = self.draft.heads
        return {size: heads[size] for size in {*sizes, *([max(heads)] if heads else [])} if size in heads}

    async def load_words(self, peers: Collection[str]) -> Mapping[str, Words]:
        return {peer: self._words(peer, ledger_conversation(self.room.region)) for peer in peers}

    def _words(self, peer: str, conversation: UUID) -> Words:
        sent = [o for o in self.draft.outbox.values() if (o.conversation, o.recipient) == (conversation, peer)]
        said = [e for e in self.draft.inbox.values() if (e.conversation, e.source) == (conversation, peer)]
        asked = [(o, data) for o in sent if isinstance(data := decode(o.body)[1], CheckpointPublished)]
        heard = [
            (head.answers, data)
            for entry in sorted(said, key=lambda one: one.sequence)
            for head, data in [decode(entry.body)]
            if entry.outcome is ReceiptOutcome.APPLIED and isinstance(data, CheckpointAnswered)
        ]
        words = Words()
        if asked:
            out, published = asked[-1]
            words = replace(words, sent=published, digest=out.digest, settled=out.settled_at is not None)
        if heard:
            words = replace(words, answers=heard[-1][0], heard=heard[-1][1])
        return words

    def record_ledger(self, decision: LedgerDecision) -> None:
        for message in decision.messages:
            assert message.conversation is not None
            self._send(message.conversation, message, Cause(at=self.now, by=self.room.region))
        if decision.judged is not None:
            self.draft.judged = (*self.draft.judged, decision.judged)
        if decision.cosigned is not None:
            self.draft.cosigned.setdefault((decision.cosigned.size, decision.cosigned.region), decision.cosigned)

    def record(self, decision: Decision, cause: Cause) -> Case:
        case = replace(decision.case, version=decision.case.version + 1)
        self._use(case.id, attachments_of((case.materials, case.requests)))
        if case.id not in self._loaded and case.id in self.room.content.cases:
            self._refused.append(f"case {case.id} exists")
        self.draft.cases[case.id] = case
        self._changed.add(case.id)
        self.draft.fingerprints |= {(one, case.id) for one in decision.fingerprints}
        for message in decision.messages:
            self._send(message.conversation or case.id, message, cause)
        for stage in decision.stages:
            place = (case.id, stage.tenure, stage.number)
            if place in self.draft.stages:
                self._refused.append(f"stage {place} exists")
            self.draft.stages[place] = stage
        line = Line(case=case.id, event=decision.event, cause=cause, tenure=case.holder.number)
        self.draft.history = (*self.draft.history, line)
        return case

    def _send(self, conversation: UUID, message: Outgoing, cause: Cause) -> None:
        lane = self._lane(conversation, message.recipient)
        self.draft.lanes[conversation, message.recipient] = replace(lane, sent=lane.sent + 1)
        attributes = Attributes(
            id=self.room.new_id(),
            type=TYPE_NAMES[type(message.data)],
            source=self.room.region,
            recipient=message.recipient,
            time=cause.at,
            conversation=conversation,
            sequence=lane.sent + 1,
            answers=message.answers,
        )
        body = encode(attributes, message.data)
        self.draft.outbox[attributes.id] = Sending(
            id=attributes.id,
            type=attributes.type,
            recipient=message.recipient,
            conversation=conversation,
            sequence=lane.sent + 1,
            digest=digest_of(body),
            body=body,
            created_at=cause.at,
        )
        digests = self._use(conversation, attachments_of(message.data))
        self.draft.grants |= {(digest, message.recipient) for digest in digests}

    def _use(self, case: UUID, named: Iterable[Attachment]) -> set[Digest]:
        digests = {file.digest for file in named}
        self.draft.uses |= {(digest, case) for digest in digests}
        return digests

    def record_wanted(self, source: str, message: UUID, case: UUID, named: Iterable[Attachment]) -> None:  # noqa: ARG002 - see ports.Work
        files = list(named)
        self._use(case, files)
        for file in files:
            if file.digest not in self.draft.kept:
                self.draft.wanted.setdefault((file.digest, source), file)

    def _lane(self, conversation: UUID, peer: str) -> Lane:
        return self.draft.lanes.get((conversation, peer), Lane())

    def record_received(self, entry: InboxEntry) -> None:
        key = (entry.source, entry.message)
        stored = self.room.content.inbox.get(key)
        if stored is not None and key not in self._known:
            self._refused.append(f"message {entry.message} exists")
        # What came first stays as it came; only the verdict on it may change.
        kept = entry if stored is None else replace(stored, outcome=entry.outcome, refusal=entry.refusal)
        self.draft.inbox[key] = kept
        final = entry.outcome in FINAL and not (entry.refusal is not None and entry.refusal.resend)
        if final and entry.sequence:
            lane = self._lane(entry.conversation, entry.source)
            ahead = replace(lane, applied=max(lane.applied, entry.sequence))
            self.draft.lanes[entry.conversation, entry.source] = ahead
        self._owe(entry.source, _receipt(entry))

    def record_again(self, source: str, message: UUID) -> None:
        self._owe(source, _receipt(self.draft.inbox[source, message]))

    def record_refusal(self, source: str, message: UUID, digest: Digest | None, refusal: Refusal) -> None:
        outcome = ReceiptOutcome.REFUSED
        self._owe(source, Receipt(message=message, digest=digest, outcome=outcome, at=self.now, refusal=refusal))

    def _owe(self, recipient: str, receipt: Receipt) -> None:
        self.draft.receipt_rows += 1
        self.draft.receipts[self.draft.receipt_rows] = (recipient, receipt)

    def record_quarantined(self, message: Quarantined) -> None:
        place = (message.source, message.message, message.refusal.code)
        stands = any(
            one.digest is None and one.applied_at is None and (one.source, one.message, one.refusal.code) == place
            for one in self.draft.quarantine.values()
        )
        if message.digest is not None or message.message is None or not stands:
            self.draft.quarantine[message.id] = message

    def record_receipts(self, source: str, receipts: Sequence[Receipt]) -> None:
        self._told.append((source, receipts))

    def record_answered(self, key: str, answered: Answered, *, case: UUID | None = None) -> None:  # noqa: ARG002 - see ports.Work
        if key in self.draft.answered:
            self._refused.append(f"key {key} was answered")
        self.draft.answered[key] = answered

    def note(self, happened: Happened) -> None:
        self.draft.noted = (*self.draft.noted, happened)

    def written(self) -> Content:
        """What the room holds when this is committed; raises StorageRefused for what the tables bar."""
        for source, receipts in self._told:
            self._settle(source, receipts)
        refused = self._refused + [fault for case in sorted(self._changed) for fault in barred(self.draft.cases[case])]
        if refused:
            raise StorageRefused("; ".join(refused))
        return self.draft

    def _settle(self, source: str, receipts: Sequence[Receipt]) -> None:
        """Only what was known before this transaction can be settled; parked ones first, so the final word stands."""
        for receipt in sorted(receipts, key=lambda one: one.outcome is not ReceiptOutcome.PARKED):
            was = self.room.content.outbox.get(receipt.message)
            if was is None or was.recipient != source or receipt.digest not in (was.digest, None):
                continue
            sending = self.draft.outbox[receipt.message]
            if sending.settled_at is not None and receipt.outcome is not ReceiptOutcome.APPLIED:
                continue
            final = receipt.outcome in FINAL and not (receipt.refusal is not None and receipt.refusal.resend)
            self.draft.outbox[receipt.message] = replace(
                sending,
                outcome=receipt.outcome,
                refusal=receipt.refusal,
                settled_at=self.now if final else None,
            )


def barred(case: Case) -> list[str]:
    """What the tables refuse of a case: the states that must not exist."""
    faults = []
    if sum(t.side is Side.SENDER and t.is_open for t in case.transfers) > 1:
        faults.append(f"case {case.id} has two open offers")
    if case.stage.tenure > case.holder.number:
        faults.append(f"case {case.id} has a stage of tenure {case.stage.tenure}")
    if case.duplicate_of == case.id:
        faults.append(f"case {case.id} is its own duplicate")
    for transfer in case.transfers:
        if transfer.state is State.DRAFTED:
            faults.append(f"transfer {transfer.id} was not sent")
        if transfer.sender_region == transfer.receiver_region:
            faults.append(f"transfer {transfer.id} stays in one region")
        if transfer.is_open and transfer.state in CLOSED:
            faults.append(f"transfer {transfer.id} is closed and open")
        if transfer.state is State.SUPPLEMENT_REQUIRED and transfer.notice is None:
            faults.append(f"transfer {transfer.id} has no due day")
    return faults


def _receipt(entry: InboxEntry) -> Receipt:
    return Receipt(
        message=entry.message,
        digest=entry.digest,
        outcome=entry.outcome,
        at=entry.received_at,
        refusal=entry.refusal,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryReceiptsDue:
    """See ports.ReceiptsDue."""

    room: MemoryRoom

    async def due(self, *, limit: int, without: Collection[str]) -> Sequence[DueReceipts]:
        owed = [(row, *one) for row, one in sorted(self.room.content.receipts.items()) if one[0] not in without]
        by_region: defaultdict[str, list[tuple[int, Receipt]]] = defaultdict(list)
        for row, region, receipt in owed[:limit]:
            by_region[region].append((row, receipt))
        return [
            DueReceipts(region=region, rows=tuple(r for r, _ in rows), receipts=tuple(r for _, r in rows))
            for region, rows in by_region.items()
        ]

    async def told(self, rows: Collection[int]) -> None:
        left = self.room.content.copy()
        for row in rows:
            left.receipts.pop(row, None)
        self.room.content = left


@dataclass(slots=True, kw_only=True)
class MemoryDrafts:
    """Drafts in memory; see ports.Drafts."""

    clock: Callable[[], datetime]
    kept: dict[UUID, Draft] = field(default_factory=dict)

    async def keep(self, draft: Draft) -> None:
        self.kept[draft.id] = draft

    async def find(self, draft: UUID, account: UUID | None) -> Draft | None:
        found = await self.of_anyone(draft)
        return found if found is not None and found.account == account else None

    async def of_anyone(self, draft: UUID) -> Draft | None:
        return self.kept.get(draft)

    async def of(self, account: UUID | None, *, limit: int) -> Sequence[Draft]:
        mine = [one for one in self.kept.values() if one.account == account]
        return sorted(mine, key=lambda one: one.changed_at, reverse=True)[:limit]

    async def remove(self, draft: UUID) -> None:
        self.kept.pop(draft, None)

    async def forget_old(self) -> int:
        old = [one.id for one in self.kept.values() if one.changed_at < self.clock() - KEPT]
        for draft in old:
            del self.kept[draft]
        return len(old)


@dataclass(slots=True, kw_only=True)
class MemoryGateway:
    """Takes text messages; ``statuses`` are what it answers first."""

    statuses: list[int] = field(default_factory=list)
    taken: dict[UUID, Text] = field(default_factory=dict)

    async def send(self, text: Text) -> None:
        status = self.statuses.pop(0) if self.statuses else 202
        if status in {408, 425, 429} or status // 100 in {3, 5}:
            raise GatewayUnavailable(f"status {status}")
        if status // 100 == 4:
            raise GatewayRefused(f"status {status}")
        self.taken[text.id] = text
