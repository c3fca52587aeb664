"""The one door for messages from other regions: each is applied, a duplicate, early, or refused."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from traceback import extract_tb
from typing import Self, assert_never
from uuid import UUID

import structlog

from transfer.crypto.letters import Letter
from transfer.domain.case import Case
from transfer.domain.decision import Decision, Unchanged
from transfer.domain.errors import AnswersNothing, CaseErased, Recovering, TransferError
from transfer.handlers.arrival import Arrival, CaseNotYetKnown
from transfer.handlers.dispatch import HANDLERS
from transfer.handlers.ledgers import Ledgers
from transfer.handlers.noticed import NOTICE, Noticed
from transfer.handlers.opening import Arrived, NotUnderstood, Opened, Unopened, judge, refusal
from transfer.messages.attachments import attachments_of
from transfer.messages.codes import ReceiptOutcome, RefusalCode
from transfer.messages.envelope import LEDGER_TYPES, OF_RECOVERY, RECEIPT_TYPE, Attributes, decode
from transfer.messages.erasure import OF_ERASURE
from transfer.messages.receipts import ReceiptIssued, Refusal
from transfer.messages.sealed import SealedEvent
from transfer.messages.values import Digest
from transfer.ports.ledger import LedgerDecision
from transfer.ports.work import Cause, Context, InboxEntry, Quarantined, Work
from transfer.telemetry import traces
from transfer.telemetry.metrics import ALARMS

log = structlog.get_logger(__name__)

Lane = tuple[str, UUID]
"""One direction of one conversation: the source region and the conversation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """The message changed this region's record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicate:
    """The message was here before; its sender gets the same receipt again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Early:
    """The message waits for those before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The message was not applied and lies in quarantine."""

    refusal: Refusal


Verdict = Applied | Duplicate | Early | Refused


async def receive(work: Work, arrived: Sequence[Arrived], context: Context, *, replay: bool = False) -> list[Verdict]:
    """Take in a batch in its order, within one transaction; gives one verdict per delivery.

    Whatever the verdict, the delivery may be acknowledged to the broker once the transaction is committed.
    ``replay`` tries again what was refused for good, also when its place in the conversation has passed; raises
    Recovering. While this node asks for what it has forgotten, everything else waits as if it were early.
    """
    # First, as whoever ends a recovery does: both lock what tells of it before they lock cases.
    recovering = await work.load_recovering()
    door = await _Door.prepare(work, arrived, context)
    door.recovering = recovering
    if replay:
        if door.recovering:
            raise Recovering
        door.again = frozenset(one.digest for one in arrived if not isinstance(one, Unopened))
        door.replaying = True
    return [_taken(door, one) for one in arrived]


def _taken(door: "_Door", one: Arrived) -> Verdict:
    """The verdict on one delivery, in the trace in which it was sent; so are the answers that go at once."""
    if not traces.on() or isinstance(one, Unopened):
        return door.take(one)
    head = one.attributes
    with traces.span(
        f"process {head.type}",
        "CONSUMER",
        parent=SealedEvent.decode(one.delivery.body).traceparent if one.delivery else None,
        messaging__system="rabbitmq",
        messaging__operation__type="process",
        messaging__destination__name=head.source,
        messaging__message__id=str(head.id),
        messaging__message__conversation_id=str(head.conversation or ""),
    ) as span:
        verdict = door.take(one)
        span.told(verdict=type(verdict).__name__.lower())
        return verdict


async def take_back(work: Work, one: Opened, context: Context) -> Verdict:
    """Take in what was applied before and forgotten; what waits for it goes on waiting."""
    door = await _Door.prepare(work, [one], context)
    door.alone = True
    return door.take(one)


async def let_in(work: Work, conversations: Collection[UUID], context: Context) -> None:
    """Take in what waits in these conversations and is next."""
    door = await _Door.prepare(work, [], context, conversations=conversations)
    for conversation in sorted(conversations):
        door.let_waiting_in(conversation)


@dataclass(slots=True, kw_only=True)
class _Door:
    """What is known about the messages of one batch, kept up to date while they are taken in order."""

    work: Work
    context: Context
    cases: dict[UUID, Case]
    inbox: dict[tuple[str, UUID], InboxEntry]
    applied: dict[Lane, int]
    parked: dict[Lane, dict[int, InboxEntry]]
    sent: Mapping[Digest, str]
    noticed: Noticed
    ledgers: Ledgers
    again: frozenset[Digest] = frozenset()
    replaying: bool = False
    recovering: bool = False
    alone: bool = False
    kept: set[Digest] = field(default_factory=set)
    lanes_of: dict[UUID, set[Lane]] = field(default_factory=lambda: defaultdict(set))

    @classmethod
    async def prepare(
        cls, work: Work, arrived: Sequence[Arrived], context: Context, *, conversations: Collection[UUID] = ()
    ) -> Self:
        """Load, in bulk, all that the verdicts of this batch may depend on."""
        heads = [one.attributes for one in arrived if not isinstance(one, Unopened)]
        conversations = {*conversations, *(a.conversation for a in heads if a.conversation is not None)}
        # The cases come first: their locks keep what is read after them from changing.
        cases = dict(await work.load_cases(conversations))
        if held := {a.conversation for a in heads if a.conversation is not None and a.type in LEDGER_TYPES}:
            await work.hold(held)
        inbox = dict(await work.load_inbox({(a.source, a.id) for a in heads}, waiting_in=conversations))
        parked = [e for e in inbox.values() if e.outcome is ReceiptOutcome.PARKED and e.conversation in conversations]
        lanes = {(a.source, a.conversation) for a in heads if a.conversation is not None}
        lanes |= {(entry.source, entry.conversation) for entry in parked}
        waiting = [(entry.source, *decode(entry.body)) for entry in parked]
        said = [(one.attributes.source, one.data) for one in arrived if isinstance(one, Opened)]
        said += [(source, data) for source, _, data in waiting]
        noticed = await Noticed.prepare(work, said, context)
        cases |= await work.load_cases(noticed.wanted)
        while parts := {part for one in cases.values() for part in one.basics.split_into} - cases.keys():
            found = await work.load_cases(parts)
            cases |= found
            if not found:
                break
        answers = {a.answers for a in heads if a.answers is not None}
        answers |= {a for _, attributes, _ in waiting if (a := attributes.answers) is not None}
        door = cls(
            work=work,
            context=context,
            cases=cases,
            inbox=inbox,
            applied=dict(await work.load_applied(lanes)),
            parked=defaultdict(dict),
            noticed=noticed,
            ledgers=await Ledgers.prepare(work, said),
            sent=await work.sent_digests(answers, conversations=conversations) if answers else {},
        )
        for entry in parked:
            door._park(entry)
        return door

    def take(self, one: Arrived) -> Verdict:
        """The verdict on one delivery, recorded."""
        match one:
            case Unopened():
                return self._take_unopened(one)
            case NotUnderstood():
                return self._take_not_understood(one)
            case Opened(data=ReceiptIssued() as issued):
                # They come again when the messages do that they are for, which may still be forgotten.
                if not self.recovering:
                    self.work.record_receipts(one.attributes.source, issued.receipts)
                return Applied()
            case Opened():
                return self._take_opened(one)
            case _:
                assert_never(one)

    def _take_unopened(self, one: Unopened) -> Refused:
        """Nothing is entered under the id that it claims: a forgery must not stand where the true message goes.
        Receipts get none: they come again when the messages do that they were for."""
        if one.claims is not None and one.claims.type != RECEIPT_TYPE:
            self.work.record_refusal(one.claims.source, one.claims.id, None, one.refusal)
        ALARMS.labels(kind="not_opened").inc()
        return self._refuse(one, one.refusal)

    def _take_not_understood(self, one: NotUnderstood) -> Verdict:
        attributes = one.attributes
        known = self.inbox.get((attributes.source, attributes.id))
        if known is not None and known.digest != one.digest:
            return self._conflict(one, "the id is known with other content")
        if known is not None and (known.refusal is None or known.digest not in self.again):
            self.work.record_again(attributes.source, attributes.id)
            return Duplicate()
        self._enter(one, ReceiptOutcome.REFUSED, one.refusal)
        return self._refuse(one, one.refusal)

    def _take_opened(self, one: Opened) -> Verdict:
        attributes = one.attributes
        lane, sequence = _place(attributes)
        known = self.inbox.get((attributes.source, attributes.id))
        if known is not None and known.digest != one.digest:
            return self._conflict(one, "the id is known with other content")
        if known is not None and not self._may_be_tried_again(known):
            self.work.record_again(attributes.source, attributes.id)
            return Duplicate()
        if known is not None:
            self.kept.add(known.digest)
        expected = self.applied.get(lane, 0) + 1
        waiting = self.parked[lane].get(sequence)
        if waiting is not None and waiting.message != attributes.id:
            return self._conflict(one, f"another message waits at place {sequence} of the conversation")
        if sequence > expected or (self.recovering and attributes.type not in OF_RECOVERY):
            return self._wait(one)
        if sequence < expected and known is None:
            return self._conflict(one, f"place {sequence} of the conversation is taken")
        verdict = self._apply(one)
        if not self.alone:
            self.let_waiting_in(lane[1])
        return verdict

    def _may_be_tried_again(self, known: InboxEntry) -> bool:
        """What was not understood then may be understood now; on a replay any refusal is tried again."""
        return known.refusal is not None and (known.refusal.resend or known.digest in self.again)

    def _apply(self, one: Opened) -> Verdict:
        attributes, (lane, sequence) = one.attributes, _place(one.attributes)
        arrival = Arrival(
            case=self.cases.get(lane[1]),
            source=attributes.source,
            digest=one.digest,
            context=self.context,
            same_matter=self.noticed.same(one.data, self.cases),
            noticed_today=self.noticed.today[attributes.source],
            parts=tuple(self._split_off(lane[1])),
            ledgers=self.ledgers,
        )
        try:
            if attributes.answers is not None and self.sent.get(attributes.answers) != attributes.source:
                raise AnswersNothing(answers=attributes.answers)
            if arrival.case is not None and arrival.case.handling.erased and not isinstance(one.data, OF_ERASURE):
                raise CaseErased
            decision = HANDLERS[type(one.data)](arrival, one.data)
        except CaseNotYetKnown:
            return self._wait(one)
        except CaseErased as error:
            said = refusal(RefusalCode.CASE_ERASED, error.message)
        except TransferError as error:
            said = refusal(RefusalCode.ILLEGAL_STEP, error.message)
            _raise_alarm(error.alarm, attributes)
        except Exception as error:  # noqa: BLE001 - a fault of this node, whatever it is; the message comes again
            fault = type(error).__name__
            # Names and lines only: the text of the fault and its locals may quote the message.
            at = [f"{frame.name}:{frame.lineno}" for frame in extract_tb(error.__traceback__)]
            log.error("handler_failed", message=str(attributes.id), type=attributes.type, fault=fault, at=at)  # noqa: TRY400 - as above
            said = refusal(RefusalCode.NODE_FAULT, fault, resend=True)
        else:
            self._record(decision, attributes)
            self.work.record_wanted(attributes.source, attributes.id, lane[1], attachments_of(one.data))
            self._enter(one, ReceiptOutcome.APPLIED, None)
            self.applied[lane] = max(sequence, self.applied.get(lane, 0))
            return Applied()
        self._enter(one, ReceiptOutcome.REFUSED, said)
        if not said.resend:
            # The verdict is final, so the place is used up: one bad step must not hold up what follows.
            self.applied[lane] = max(sequence, self.applied.get(lane, 0))
        return self._refuse(one, said)

    def _record(self, decision: Decision | LedgerDecision | Unchanged, attributes: Attributes) -> None:
        self.noticed.today[attributes.source] += attributes.type == NOTICE
        match decision:
            case Decision():
                source = attributes.source
                cause = Cause(at=self.context.now, by=source, message=attributes.id, source=source)
                for one in (decision, *decision.also):
                    case = self.work.record(one, cause)
                    self.cases[case.id] = case
            case LedgerDecision():
                self.work.record_ledger(decision)
                for happened in decision.happened:
                    self.work.note(happened)
                if decision.judged is not None:
                    self.ledgers.take(decision.judged)
                _raise_alarm(decision.alarm, attributes)
            case Unchanged():
                pass
            case _:
                assert_never(decision)

    def _split_off(self, case: UUID) -> Iterator[Case]:
        known = self.cases.get(case)
        for part in known.basics.split_into if known is not None else ():
            if part in self.cases:
                yield self.cases[part]
                yield from self._split_off(part)

    def let_waiting_in(self, conversation: UUID) -> None:
        """Apply what was early and now is next; a message of one region may have waited for another's."""
        moved = True
        while moved:
            moved = False
            for lane in sorted(self.lanes_of[conversation]):
                entry = self.parked[lane].pop(self.applied.get(lane, 0) + 1, None)
                if entry is None:
                    continue
                one = lying(entry)
                if not isinstance(one, Opened):
                    raise TypeError(entry.message)  # what waits was understood when it came
                verdict = self._apply(one)
                moved = moved or not isinstance(verdict, Early)

    def _wait(self, one: Opened) -> Early:
        entry = self._enter(one, ReceiptOutcome.PARKED, None)
        self._park(entry)
        return Early()

    def _park(self, entry: InboxEntry) -> None:
        lane = (entry.source, entry.conversation)
        self.parked[lane][entry.sequence] = entry
        self.lanes_of[entry.conversation].add(lane)

    def _enter(self, one: Opened | NotUnderstood, outcome: ReceiptOutcome, said: Refusal | None) -> InboxEntry:
        attributes = one.attributes
        entry = InboxEntry(
            source=attributes.source,
            message=attributes.id,
            conversation=attributes.conversation or attributes.id,
            sequence=attributes.sequence or 0,
            type=attributes.type,
            digest=one.digest,
            body=one.letter.content,
            signature=one.letter.signature,
            outcome=outcome,
            received_at=self.context.now,
            refusal=said,
        )
        self.inbox[entry.source, entry.message] = entry
        self.work.record_received(entry)
        return entry

    def _conflict(self, one: Opened | NotUnderstood, detail: str) -> Refused:
        """Known id or place with other content: never applied, and both ends are told (the receipt names the
        digest of what came, so the sender sees that it is not the digest of what it sent)."""
        said, attributes = refusal(RefusalCode.CONTENT_CONFLICT, detail), one.attributes
        ALARMS.labels(kind="content_conflict").inc()
        log.error("content_conflict", message=str(attributes.id), source=attributes.source, detail=detail)
        self.work.record_refusal(attributes.source, attributes.id, one.digest, said)
        return self._refuse(one, said)

    def _refuse(self, one: Arrived, said: Refusal) -> Refused:
        head = one.claims if isinstance(one, Unopened) else one.attributes
        digest = None if isinstance(one, Unopened) else one.digest
        log.warning(
            "message_refused",
            code=said.code.value,
            detail=said.detail,
            message=str(head.id) if head else None,
            source=head.source if head else None,
        )
        # What came before lies there already, however often its sender sends it again.
        if not self.replaying and digest not in self.kept:
            self._keep(one, said, head)
        return Refused(refusal=said)

    def _keep(self, one: Arrived, said: Refusal, head: Attributes | SealedEvent | None) -> None:
        """For staff; sealed as it came, unless the inbox holds what was in it."""
        known = self.inbox.get((head.source, head.id)) if head is not None else None
        digest = None if isinstance(one, Unopened) else one.digest
        lies = known is not None and known.digest == digest
        kept = Quarantined(
            id=self.context.new_id(),
            at=self.context.now,
            body=None if lies or one.delivery is None else one.delivery.body,
            exchange=one.delivery.exchange if one.delivery else None,
            user_id=one.delivery.user_id if one.delivery else None,
            refusal=said,
            source=head.source if head else None,
            message=head.id if head else None,
            type=head.type if head else None,
            conversation=head.conversation if head else None,
            digest=digest,
        )
        self.work.record_quarantined(kept)


def _raise_alarm(kind: str, attributes: Attributes) -> None:
    """Where there is one."""
    if kind:
        ALARMS.labels(kind=kind).inc()
        log.error(kind, message=str(attributes.id), source=attributes.source)


def lying(entry: InboxEntry) -> Opened | NotUnderstood:
    """A message that was opened when it came, and has lain in the inbox since."""
    return judge(Letter(source=entry.source, content=entry.body, signature=entry.signature or ""))


def _place(attributes: Attributes) -> tuple[Lane, int]:
    """The lane and the sequence of a message; open_delivery has seen that they are there."""
    if attributes.conversation is None or attributes.sequence is None:
        raise AssertionError(attributes.id)
    return (attributes.source, attributes.conversation), attributes.sequence


async def set_aside(work: Work, one: Arrived, context: Context, fault: str) -> Verdict:
    """Refuse a message that this node cannot take in because of a fault of its own, and keep it for replay."""
    said = refusal(RefusalCode.NODE_FAULT, fault, resend=True)
    broken: Arrived
    if isinstance(one, Unopened):
        broken = replace(one, refusal=said)
    else:
        broken = NotUnderstood(
            letter=one.letter, delivery=one.delivery, attributes=one.attributes, digest=one.digest, refusal=said
        )
    door = await _Door.prepare(work, [broken], context)
    return door.take(broken)
