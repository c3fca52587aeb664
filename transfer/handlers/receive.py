"""The one door for messages from other regions: each is applied, a duplicate, early, or refused."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from traceback import extract_tb
from typing import Self
from uuid import UUID

import structlog

from transfer.domain.case import Case
from transfer.domain.errors import AnswersNothing, TransferError
from transfer.handlers.arrival import Arrival, CaseNotYetKnown
from transfer.handlers.dispatch import HANDLERS
from transfer.handlers.opening import Opened, Unopened, open_delivery, refusal
from transfer.messages.codes import ReceiptOutcome, RefusalCode
from transfer.messages.envelope import Attributes, decode
from transfer.messages.receipts import ReceiptIssued, Refusal
from transfer.messages.values import Digest
from transfer.ports.work import Cause, Context, Delivery, InboxEntry, Quarantined, Work
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


async def receive(
    work: Work, deliveries: Sequence[Delivery], context: Context, *, replay: bool = False
) -> list[Verdict]:
    """Take in a batch in its order, within one transaction; gives one verdict per delivery.

    Whatever the verdict, the delivery may be acknowledged to the broker once the transaction is committed.
    ``replay`` tries again what was refused for good, also when its place in the conversation has passed.
    """
    opened = [open_delivery(delivery, context) for delivery in deliveries]
    door = await _Door.prepare(work, opened, context)
    door.again = frozenset(one.digest for one in opened) if replay else frozenset()
    return [door.take(one) for one in opened]


def quarantined(
    digest: Digest, delivery: Delivery, said: Refusal, context: Context, attributes: Attributes | None
) -> Quarantined:
    """A delivery as it is kept for staff."""
    return Quarantined(
        id=context.new_id(),
        at=context.now,
        body=delivery.body,
        exchange=delivery.exchange,
        user_id=delivery.user_id,
        refusal=said,
        source=attributes.source if attributes else None,
        message=attributes.id if attributes else None,
        type=attributes.type if attributes else None,
        conversation=attributes.conversation if attributes else None,
        digest=digest,
    )


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
    again: frozenset[Digest] = frozenset()
    kept: set[Digest] = field(default_factory=set)
    lanes_of: dict[UUID, set[Lane]] = field(default_factory=lambda: defaultdict(set))

    @classmethod
    async def prepare(cls, work: Work, opened: Sequence[Opened | Unopened], context: Context) -> Self:
        """Load, in bulk, all that the verdicts of this batch may depend on."""
        heads = [one.attributes for one in opened if one.attributes is not None]
        conversations = {a.conversation for a in heads if a.conversation is not None}
        # The cases come first: their locks keep what is read after them from changing.
        cases = dict(await work.load_cases(conversations))
        inbox = dict(await work.load_inbox({(a.source, a.id) for a in heads}, waiting_in=conversations))
        parked = [e for e in inbox.values() if e.outcome is ReceiptOutcome.PARKED and e.conversation in conversations]
        lanes = {(a.source, a.conversation) for a in heads if a.conversation is not None}
        lanes |= {(entry.source, entry.conversation) for entry in parked}
        answers = {a.answers for a in heads if a.answers is not None}
        answers |= {a for entry in parked if (a := decode(entry.body)[0].answers) is not None}
        door = cls(
            work=work,
            context=context,
            cases=cases,
            inbox=inbox,
            applied=dict(await work.load_applied(lanes)),
            parked=defaultdict(dict),
            sent=await work.sent_digests(answers, conversations=conversations) if answers else {},
        )
        for entry in parked:
            door._park(entry)
        return door

    def take(self, one: Opened | Unopened) -> Verdict:
        """The verdict on one delivery, recorded."""
        match one:
            case Unopened(attributes=Attributes() as attributes):
                return self._take_unopened(one, attributes)
            case Unopened():
                return self._refuse(one.delivery, one.digest, one.refusal, None)
            case Opened(data=ReceiptIssued() as issued):
                self.work.record_receipts(one.attributes.source, issued.receipts)
                return Applied()
            case Opened():
                return self._take_opened(one)

    def _take_unopened(self, one: Unopened, attributes: Attributes) -> Verdict:
        known = self.inbox.get((attributes.source, attributes.id))
        if known is not None and known.digest != one.digest:
            return self._conflict(attributes, one, "the id is known with other content")
        if known is not None and (known.refusal is None or known.digest not in self.again):
            self.work.record_again(attributes.source, attributes.id)
            return Duplicate()
        self._enter(attributes, one.delivery, one.digest, ReceiptOutcome.REFUSED, one.refusal)
        return self._refuse(one.delivery, one.digest, one.refusal, attributes)

    def _take_opened(self, one: Opened) -> Verdict:
        attributes = one.attributes
        lane, sequence = _place(attributes)
        known = self.inbox.get((attributes.source, attributes.id))
        if known is not None and known.digest != one.digest:
            return self._conflict(attributes, one, "the id is known with other content")
        if known is not None and not self._may_be_tried_again(known):
            self.work.record_again(attributes.source, attributes.id)
            return Duplicate()
        if known is not None:
            self.kept.add(known.digest)
        expected = self.applied.get(lane, 0) + 1
        waiting = self.parked[lane].get(sequence)
        if waiting is not None and waiting.message != attributes.id:
            return self._conflict(attributes, one, f"another message waits at place {sequence} of the conversation")
        if sequence > expected:
            return self._wait(one)
        if sequence < expected and known is None:
            return self._conflict(attributes, one, f"place {sequence} of the conversation is taken")
        verdict = self._apply(one)
        self._let_waiting_in(lane[1])
        return verdict

    def _may_be_tried_again(self, known: InboxEntry) -> bool:
        """What was not understood then may be understood now; on a replay any refusal is tried again."""
        return known.refusal is not None and (known.refusal.resend or known.digest in self.again)

    def _apply(self, one: Opened) -> Verdict:
        attributes, (lane, sequence) = one.attributes, _place(one.attributes)
        arrival = Arrival(
            case=self.cases.get(lane[1]), source=attributes.source, digest=one.digest, context=self.context
        )
        try:
            if attributes.answers is not None and self.sent.get(attributes.answers) != attributes.source:
                raise AnswersNothing(answers=attributes.answers)
            decision = HANDLERS[type(one.data)](arrival, one.data)
        except CaseNotYetKnown:
            return self._wait(one)
        except TransferError as error:
            said = refusal(RefusalCode.ILLEGAL_STEP, error.message)
        except Exception as error:  # noqa: BLE001 - a fault of this node, whatever it is; the message comes again
            fault = type(error).__name__
            # Names and lines only: the text of the fault and its locals may quote the message.
            at = [f"{frame.name}:{frame.lineno}" for frame in extract_tb(error.__traceback__)]
            log.error("handler_failed", message=str(attributes.id), type=attributes.type, fault=fault, at=at)  # noqa: TRY400 - as above
            said = refusal(RefusalCode.NODE_FAULT, fault, resend=True)
        else:
            cause = Cause(at=self.context.now, by=attributes.source, message=attributes.id, source=attributes.source)
            self.cases[lane[1]] = self.work.record(decision, cause)
            self._enter(attributes, one.delivery, one.digest, ReceiptOutcome.APPLIED, None)
            self.applied[lane] = max(sequence, self.applied.get(lane, 0))
            return Applied()
        self._enter(attributes, one.delivery, one.digest, ReceiptOutcome.REFUSED, said)
        if not said.resend:
            # The verdict is final, so the place is used up: one bad step must not hold up what follows.
            self.applied[lane] = max(sequence, self.applied.get(lane, 0))
        return self._refuse(one.delivery, one.digest, said, attributes)

    def _let_waiting_in(self, conversation: UUID) -> None:
        """Apply what was early and now is next; a message of one region may have waited for another's."""
        moved = True
        while moved:
            moved = False
            for lane in sorted(self.lanes_of[conversation]):
                entry = self.parked[lane].pop(self.applied.get(lane, 0) + 1, None)
                if entry is None:
                    continue
                attributes, data = decode(entry.body)
                delivery = Delivery(body=entry.body, exchange=f"out.{entry.source}", user_id=entry.source)
                verdict = self._apply(Opened(delivery=delivery, attributes=attributes, data=data, digest=entry.digest))
                moved = moved or not isinstance(verdict, Early)

    def _wait(self, one: Opened) -> Early:
        entry = self._enter(one.attributes, one.delivery, one.digest, ReceiptOutcome.PARKED, None)
        self._park(entry)
        return Early()

    def _park(self, entry: InboxEntry) -> None:
        lane = (entry.source, entry.conversation)
        self.parked[lane][entry.sequence] = entry
        self.lanes_of[entry.conversation].add(lane)

    def _enter(
        self,
        attributes: Attributes,
        delivery: Delivery,
        digest: Digest,
        outcome: ReceiptOutcome,
        said: Refusal | None,
    ) -> InboxEntry:
        # A message for another region has no place in a lane of this one.
        sequence = (attributes.sequence or 0) if attributes.recipient == self.context.region else 0
        entry = InboxEntry(
            source=attributes.source,
            message=attributes.id,
            conversation=attributes.conversation or attributes.id,
            sequence=sequence,
            type=attributes.type,
            digest=digest,
            body=delivery.body,
            outcome=outcome,
            received_at=self.context.now,
            refusal=said,
        )
        self.inbox[entry.source, entry.message] = entry
        self.work.record_received(entry)
        return entry

    def _conflict(self, attributes: Attributes, one: Opened | Unopened, detail: str) -> Refused:
        """Known id or place with other content: never applied, and both ends are told (the receipt names the
        digest of what came, so the sender sees that it is not the digest of what it sent)."""
        said = refusal(RefusalCode.CONTENT_CONFLICT, detail)
        ALARMS.labels(kind="content_conflict").inc()
        log.error("content_conflict", message=str(attributes.id), source=attributes.source, detail=detail)
        self.work.record_conflict(attributes.source, attributes.id, one.digest, said)
        return self._refuse(one.delivery, one.digest, said, attributes)

    def _refuse(self, delivery: Delivery, digest: Digest, said: Refusal, attributes: Attributes | None) -> Refused:
        log.warning(
            "message_refused",
            code=said.code.value,
            detail=said.detail,
            message=str(attributes.id) if attributes else None,
            source=attributes.source if attributes else None,
        )
        # What came before lies there already, however often its sender sends it again.
        if digest not in self.again and digest not in self.kept:
            self.work.record_quarantined(quarantined(digest, delivery, said, self.context, attributes))
        return Refused(refusal=said)


def _place(attributes: Attributes) -> tuple[Lane, int]:
    """The lane and the sequence of a message; open_delivery has seen that they are there."""
    if attributes.conversation is None or attributes.sequence is None:
        raise AssertionError(attributes.id)
    return (attributes.source, attributes.conversation), attributes.sequence


async def set_aside(work: Work, delivery: Delivery, context: Context, fault: str) -> Verdict:
    """Refuse a delivery that this node cannot take in because of a fault of its own, and keep it for replay."""
    one = open_delivery(delivery, context)
    said = refusal(RefusalCode.NODE_FAULT, fault, resend=True)
    broken = Unopened(delivery=delivery, digest=one.digest, refusal=said, attributes=one.attributes)
    door = await _Door.prepare(work, [broken], context)
    return door.take(broken)
