"""What a unit of work promises, kept alike by the database and by its stand-in in memory."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from tests.asking import LINGWU, Asking, a_piece
from tests.builders import (
    LUXIAN,
    SICHUAN,
    ZHONGSHAN,
    a_case_basics,
    a_designation,
    a_dispute,
    a_material,
    a_message,
    a_notice,
    a_stage,
    a_tenure,
    a_word_of_the_superior,
    an_applicant,
    an_envelope,
)
from tests.databases import BOTH, new_database
from tests.fakes import MemoryReceiptsDue, MemoryRoom
from tests.logbook import Log
from transfer.domain.case import Case, Transfer
from transfer.domain.decision import Decision, Event, Outgoing
from transfer.domain.lifecycle import Side, State
from transfer.messages.attachments import Attachment
from transfer.messages.case import StageReached
from transfer.messages.codes import Hop, MediaType, RecallReason, ReceiptOutcome, RefusalCode, Stage
from transfer.messages.codes_evidence import ItemResult
from transfer.messages.envelope import decode, digest_of, encode
from transfer.messages.ledger import CheckpointAnswered, ledger_conversation
from transfer.messages.receipts import Receipt, Refusal
from transfer.messages.transfer import Supplemented
from transfer.ports.files import KeptFile, Setback
from transfer.ports.ledger import Cosigned, Head, Judged, LedgerDecision, Verdict
from transfer.ports.traffic import ReceiptsDue
from transfer.ports.work import Answered, Cause, InboxEntry, Quarantined, StorageRefused, WorkRoom
from transfer.storage import tables
from transfer.storage.checkpoints import SqlCheckpoints
from transfer.storage.engine import open_engine, reading
from transfer.storage.files import SqlFiles
from transfer.storage.migrate import migrate
from transfer.storage.receipts import SqlReceiptsDue
from transfer.storage.store import Store

NOW = datetime(2026, 6, 15, 2, 30, tzinfo=UTC)
CAUSE = Cause(at=NOW, by="王芳", institution=LUXIAN)
DIGEST = digest_of(b"what came")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What a test may know of a message in the outbox."""

    id: UUID
    conversation: UUID
    recipient: str
    sequence: int
    digest: str
    body: bytes
    outcome: str | None
    settled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesKnown:
    """What a test may know of the files that cases and messages name."""

    uses: set[tuple[str, UUID]]
    grants: set[tuple[str, str]]
    wanted: set[tuple[str, str, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """One implementation, and how a test looks into it past the ports."""

    room: WorkRoom
    receipts: ReceiptsDue
    sent: Callable[[], Awaitable[Sequence[Sent]]]
    history: Callable[[], Awaitable[Sequence[tuple[UUID, str, str, int]]]]
    quarantine: Callable[[], Awaitable[Sequence[UUID]]]
    files: Callable[[], Awaitable[FilesKnown]]
    keep: Callable[[str], Awaitable[None]]
    give_up: Callable[[str], Awaitable[None]]
    sign: Callable[[Head], Awaitable[None]]

    async def case(self, case: UUID) -> Case | None:
        async with self.room.work() as work:
            return (await work.load_cases([case])).get(case)

    async def applied(self, source: str, conversation: UUID) -> int:
        async with self.room.work() as work:
            await work.load_cases([conversation])
            return (await work.load_applied([(source, conversation)])).get((source, conversation), 0)

    async def due(self, *, limit: int = 100, without: Collection[str] = ()) -> list[Receipt]:
        return [r for one in await self.receipts.due(limit=limit, without=without) for r in one.receipts]


def in_memory() -> Ground:
    room = MemoryRoom(region=LUXIAN, clock=lambda: NOW, new_id=uuid4)

    async def sent() -> list[Sent]:
        return [
            Sent(
                id=one.id,
                conversation=one.conversation,
                recipient=one.recipient,
                sequence=one.sequence,
                digest=one.digest,
                body=one.body,
                outcome=one.outcome,
                settled=one.settled_at is not None,
            )
            for one in room.content.outbox.values()
        ]

    async def history() -> list[tuple[UUID, str, str, int]]:
        return [(line.case, line.event.name, line.cause.by, line.tenure) for line in room.content.history]

    async def quarantine() -> list[UUID]:
        return list(room.content.quarantine)

    async def files() -> FilesKnown:
        content = room.content
        wanted = {(digest, source, file.size) for (digest, source), file in content.wanted.items()}
        return FilesKnown(uses=set(content.uses), grants=set(content.grants), wanted=wanted)

    async def keep(digest: str) -> None:
        room.content.kept |= {digest}

    async def give_up(digest: str) -> None:
        room.content.given_up |= {digest}

    async def sign(head: Head) -> None:
        room.content.heads.setdefault(head.checkpoint.size, head)

    return Ground(
        room=room,
        receipts=MemoryReceiptsDue(room=room),
        sent=sent,
        history=history,
        quarantine=quarantine,
        files=files,
        keep=keep,
        give_up=give_up,
        sign=sign,
    )


def in_a_database(store: Store) -> Ground:
    async def rows(statement: Any) -> Sequence[Any]:
        async with reading(store.engine) as connection:
            return (await connection.execute(statement)).all()

    async def sent() -> list[Sent]:
        return [
            Sent(
                id=row.message,
                conversation=row.conversation,
                recipient=row.recipient,
                sequence=row.sequence,
                digest=row.digest,
                body=row.body,
                outcome=row.outcome,
                settled=row.settled_at is not None,
            )
            for row in await rows(select(tables.outbox).order_by(tables.outbox.c.row))
        ]

    async def history() -> list[tuple[UUID, str, str, int]]:
        lines = await rows(select(tables.history).order_by(tables.history.c.row))
        return [(line.case_id, line.event, line.by, line.tenure) for line in lines]

    async def quarantine() -> list[UUID]:
        return [row.id for row in await rows(select(tables.quarantine))]

    async def files() -> FilesKnown:
        uses = await rows(select(tables.file_uses))
        grants = await rows(select(tables.file_grants))
        wanted = await rows(select(tables.fetches).where(tables.fetches.c.state == "waiting"))
        return FilesKnown(
            uses={(row.digest, row.case_id) for row in uses},
            grants={(row.digest, row.recipient) for row in grants},
            wanted={(row.digest, row.source, row.size) for row in wanted},
        )

    async def keep(digest: str) -> None:
        file = KeptFile(digest=digest, size=7, media_type=MediaType.PDF, place=digest, kept_at=NOW)
        await SqlFiles(store=store).keep(file)

    async def give_up(digest: str) -> None:
        records = SqlFiles(store=store)
        fetch = await records.claim(now=NOW, lease=timedelta(seconds=1))
        assert fetch is not None
        assert fetch.digest == digest
        await records.end(fetch, Setback(code="unknown-file", detail="gone"), gone=True, now=NOW)

    async def sign(head: Head) -> None:
        await SqlCheckpoints(store=store).keep(head)

    return Ground(
        room=store,
        receipts=SqlReceiptsDue(store=store),
        sent=sent,
        history=history,
        quarantine=quarantine,
        files=files,
        keep=keep,
        give_up=give_up,
        sign=sign,
    )


@pytest.fixture(params=["memory", *BOTH])
async def ground(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Ground]:
    if request.param == "memory":
        yield in_memory()
        return
    url = new_database(request, request.param, tmp_path)
    engine = open_engine(url)
    await migrate(engine)
    yield in_a_database(Store(engine=engine, region=LUXIAN, clock=lambda: NOW, new_id=uuid4))
    await engine.dispose()


def a_case(**changes: Any) -> Case:
    case = Case(id=uuid4(), basics=a_case_basics(), applicants=(an_applicant(),), tenures=(a_tenure(),))
    return replace(case, **changes)


def a_transfer(**changes: Any) -> Transfer:
    transfer = Transfer(
        id=uuid4(),
        side=Side.SENDER,
        state=State.OFFERED,
        sender=LUXIAN,
        receiver=ZHONGSHAN,
        attempt=1,
        letter="函",
        reason="由",
        opened_at=NOW,
        changed_at=NOW,
    )
    return replace(transfer, **changes)


def a_decision(case: Case, *recipients: str, event: str = "offered") -> Decision:
    """A decision on the case that tells each of these regions of a stage."""
    messages = tuple(Outgoing(recipient=region, data=a_stage(case=case.id)) for region in recipients)
    return Decision(case=case, event=Event(name=event), messages=messages)


def an_entry(conversation: UUID, **changes: Any) -> InboxEntry:
    entry = InboxEntry(
        source=ZHONGSHAN,
        message=uuid4(),
        conversation=conversation,
        sequence=1,
        type="legalaid.case.stage_published.v1",
        digest=DIGEST,
        body=b"what came",
        outcome=ReceiptOutcome.APPLIED,
        received_at=NOW,
    )
    return replace(entry, **changes)


def a_refusal(*, resend: bool = False) -> Refusal:
    return Refusal(code=RefusalCode.ILLEGAL_STEP, hop=Hop.RECIPIENT, detail="no", resend=resend)


def a_verdict(sent: Sent, outcome: ReceiptOutcome = ReceiptOutcome.APPLIED, **changes: Any) -> Receipt:
    fields = {"message": sent.id, "digest": sent.digest, "outcome": outcome, "at": NOW, **changes}
    return Receipt(**fields)


async def record(ground: Ground, decision: Decision) -> Case:
    async with ground.room.work() as work:
        await work.load_cases([decision.case.id])
        return work.record(decision, CAUSE)


async def received(ground: Ground, entry: InboxEntry) -> None:
    async with ground.room.work() as work:
        await work.load_cases([entry.conversation])
        await work.load_inbox([(entry.source, entry.message)])
        work.record_received(entry)


async def told(ground: Ground, source: str, *receipts: Receipt) -> None:
    async with ground.room.work() as work:
        work.record_receipts(source, receipts)


async def test_a_decision_is_written_with_its_messages_and_its_history(ground: Ground) -> None:
    case = await record(ground, a_decision(a_case(), ZHONGSHAN, SICHUAN))
    assert await ground.case(case.id) == case
    assert [one.recipient for one in await ground.sent()] == [ZHONGSHAN, SICHUAN]
    assert await ground.history() == [(case.id, "offered", "王芳", 1)]


async def test_a_case_comes_back_as_it_was_recorded_with_all_that_belongs_to_it(ground: Ground) -> None:
    notice, dispute, word = a_notice(), a_dispute(), a_word_of_the_superior()
    closed = a_transfer(
        state=State.RELEASED,
        signed_by="陈静",
        notice=notice,
        dispute=dispute,
        designations=((SICHUAN, word),),
        designation=a_designation(),
        escalated=True,
        recall=RecallReason.SENT_IN_ERROR,
        despite="由",
        supplied=frozenset({"欠条"}),
        heard=DIGEST,
    )
    case = a_case(
        materials=(a_material(),),
        stage=StageReached(stage=Stage.AID_FIRST, tenure=1, number=2),
        followers=frozenset({ZHONGSHAN, SICHUAN}),
        transfers=(closed, a_transfer(attempt=2)),
        duplicate_of=uuid4(),
        same_matter=(a_case().as_same_matter, a_case().as_same_matter),
    )
    await record(ground, a_decision(case))
    assert await ground.case(case.id) == replace(case, version=1)


async def test_the_version_rises_with_each_decision(ground: Ground) -> None:
    case = await record(ground, a_decision(a_case()))
    assert case.version == 1
    again = await record(ground, a_decision(case))
    assert again.version == 2
    known = await ground.case(case.id)
    assert known is not None
    assert known.version == 2


async def test_what_was_recorded_is_what_the_same_transaction_loads(ground: Ground) -> None:
    fresh = a_case()
    async with ground.room.work() as work:
        assert await work.load_cases([fresh.id]) == {}
        case = work.record(a_decision(fresh), CAUSE)
        assert await work.load_cases([fresh.id]) == {fresh.id: case}


async def test_messages_are_numbered_one_two_three_per_recipient_and_conversation(ground: Ground) -> None:
    first = await record(ground, a_decision(a_case(), ZHONGSHAN, SICHUAN))
    await record(ground, a_decision(first, ZHONGSHAN, ZHONGSHAN))
    await record(ground, a_decision(a_case(), ZHONGSHAN))
    places = [(one.recipient, one.sequence) for one in await ground.sent()]
    assert places == [(ZHONGSHAN, 1), (SICHUAN, 1), (ZHONGSHAN, 2), (ZHONGSHAN, 3), (ZHONGSHAN, 1)]


async def test_a_message_is_encoded_once_with_its_place_and_what_it_answers(ground: Ground) -> None:
    case = a_case()
    message = Outgoing(recipient=ZHONGSHAN, data=a_stage(case=case.id), answers=DIGEST)
    await record(ground, Decision(case=case, event=Event(name="stage_published"), messages=(message,)))
    (sent,) = await ground.sent()
    attributes, data = decode(sent.body)
    assert (attributes.id, attributes.source, attributes.recipient) == (sent.id, LUXIAN, ZHONGSHAN)
    assert (attributes.conversation, attributes.sequence, attributes.answers) == (case.id, 1, DIGEST)
    assert attributes.time == NOW
    assert data == message.data
    assert sent.digest == digest_of(sent.body)


async def test_a_block_that_raises_leaves_nothing(ground: Ground) -> None:
    case = a_case()
    with pytest.raises(ZeroDivisionError):
        async with ground.room.work() as work:
            await work.load_cases([case.id])
            work.record(a_decision(case, ZHONGSHAN), CAUSE)
            work.record_received(an_entry(case.id))
            work.record_answered("key", an_answer())
            work.record_quarantined(a_quarantined())
            raise ZeroDivisionError
    assert await ground.case(case.id) is None
    assert (await ground.sent(), await ground.history(), await ground.due()) == ([], [], [])
    assert await ground.quarantine() == []
    assert await ground.applied(ZHONGSHAN, case.id) == 0
    async with ground.room.work() as work:
        assert await work.load_answered(["key"]) == {}


async def test_a_change_that_is_refused_takes_the_whole_transaction_with_it(ground: Ground) -> None:
    case = await record(ground, a_decision(a_case(transfers=(a_transfer(),))))
    with pytest.raises(StorageRefused):
        await record(ground, a_decision(replace(case, transfers=(*case.transfers, a_transfer())), ZHONGSHAN))
    assert await ground.case(case.id) == case
    assert await ground.sent() == []


async def test_a_case_is_offered_to_one_region_at_a_time(ground: Ground) -> None:
    with pytest.raises(StorageRefused):
        await record(ground, a_decision(a_case(transfers=(a_transfer(), a_transfer(receiver="330100")))))
    taken_in = a_transfer(side=Side.RECEIVER, sender=ZHONGSHAN, receiver=LUXIAN)
    await record(ground, a_decision(a_case(transfers=(a_transfer(state=State.RELEASED), a_transfer(), taken_in))))


async def test_an_offer_that_closes_and_one_that_opens_pass_in_one_transaction(ground: Ground) -> None:
    case = await record(ground, a_decision(a_case(transfers=(a_transfer(),))))
    closed = replace(case.transfers[0], state=State.RELEASED)
    changed = await record(ground, a_decision(replace(case, transfers=(closed, a_transfer()))))
    assert await ground.case(case.id) == changed


@pytest.mark.parametrize(
    "changes",
    [
        {"transfers": (a_transfer(state=State.DRAFTED),)},
        {"transfers": (a_transfer(receiver="510521-ZS"),)},
        {"transfers": (a_transfer(state=State.SUPPLEMENT_REQUIRED),)},
        {"stage": StageReached(stage=Stage.GRANTED, tenure=2, number=1)},
    ],
    ids=["an offer that was not sent", "an offer within a region", "a notice without a day", "a stage of the future"],
)
async def test_a_state_that_must_not_exist_is_refused(ground: Ground, changes: dict[str, Any]) -> None:
    with pytest.raises(StorageRefused):
        await record(ground, a_decision(a_case(**changes)))


async def test_a_case_is_not_made_twice(ground: Ground) -> None:
    case = await record(ground, a_decision(a_case()))
    with pytest.raises(StorageRefused):
        async with ground.room.work() as work:
            work.record(a_decision(case), CAUSE)


async def test_a_stage_is_not_written_twice(ground: Ground) -> None:
    fresh = a_case()
    stage = a_stage(case=fresh.id)
    case = await record(ground, replace(a_decision(fresh), stages=(stage,)))
    with pytest.raises(StorageRefused):
        await record(ground, replace(a_decision(case), stages=(stage,)))


async def test_an_applied_message_is_known_advances_its_lane_and_is_receipted(ground: Ground) -> None:
    case = await record(ground, a_decision(a_case()))
    entry = an_entry(case.id)
    await received(ground, entry)
    assert await ground.applied(ZHONGSHAN, case.id) == 1
    assert await ground.applied(SICHUAN, case.id) == 0
    assert await ground.due() == [Receipt(message=entry.message, digest=DIGEST, outcome=ReceiptOutcome.APPLIED, at=NOW)]
    async with ground.room.work() as work:
        keys = [(ZHONGSHAN, entry.message), (SICHUAN, entry.message)]
        assert await work.load_inbox(keys) == {keys[0]: entry}


async def test_a_parked_message_waits_and_advances_nothing_until_it_is_applied(ground: Ground) -> None:
    case = await record(ground, a_decision(a_case()))
    late, later = (an_entry(case.id, sequence=n, outcome=ReceiptOutcome.PARKED) for n in (2, 3))
    await received(ground, later)
    await received(ground, late)
    assert await ground.applied(ZHONGSHAN, case.id) == 0
    async with ground.room.work() as work:
        key, later_key = (ZHONGSHAN, late.message), (ZHONGSHAN, later.message)
        assert await work.load_inbox([], waiting_in=[case.id]) == {key: late, later_key: later}
        assert await work.load_inbox([key], waiting_in=[uuid4()]) == {key: late}
        work.record_received(replace(late, outcome=ReceiptOutcome.APPLIED))
    async with ground.room.work() as work:
        assert await work.load_inbox([], waiting_in=[case.id]) == {later_key: later}
    assert await ground.applied(ZHONGSHAN, case.id) == 2
    outcomes = [(r.message, r.outcome) for r in await ground.due()]
    assert outcomes[-1] == (late.message, ReceiptOutcome.APPLIED)


async def test_a_final_refusal_uses_its_place_up_and_one_to_be_sent_again_does_not(ground: Ground) -> None:
    case = await record(ground, a_decision(a_case()))
    entry = an_entry(case.id, outcome=ReceiptOutcome.REFUSED, refusal=a_refusal(resend=True))
    await received(ground, entry)
    assert await ground.applied(ZHONGSHAN, case.id) == 0
    await received(ground, replace(entry, refusal=a_refusal()))
    assert await ground.applied(ZHONGSHAN, case.id) == 1
    async with ground.room.work() as work:
        known = await work.load_inbox([(ZHONGSHAN, entry.message)])
    assert known[ZHONGSHAN, entry.message].refusal == a_refusal()


async def test_a_message_without_a_place_advances_no_lane(ground: Ground) -> None:
    case = await record(ground, a_decision(a_case()))
    await received(ground, an_entry(case.id, sequence=0, outcome=ReceiptOutcome.REFUSED, refusal=a_refusal()))
    assert await ground.applied(ZHONGSHAN, case.id) == 0


async def test_a_lane_never_goes_back(ground: Ground) -> None:
    case = await record(ground, a_decision(a_case()))
    await received(ground, an_entry(case.id, sequence=2))
    await received(ground, an_entry(case.id, sequence=1))
    assert await ground.applied(ZHONGSHAN, case.id) == 2


async def test_the_same_message_again_is_owed_the_original_receipt(ground: Ground) -> None:
    entry = an_entry(uuid4(), outcome=ReceiptOutcome.REFUSED, refusal=a_refusal())
    await received(ground, entry)
    async with ground.room.work() as work:
        await work.load_inbox([(entry.source, entry.message)])
        work.record_again(entry.source, entry.message)
    first, second = await ground.due()
    assert first == second
    assert second.refusal == a_refusal()


async def test_other_content_under_a_known_id_is_told_to_its_source_and_changes_nothing(ground: Ground) -> None:
    case = await record(ground, a_decision(a_case()))
    entry = an_entry(case.id)
    await received(ground, entry)
    other = digest_of(b"something else")
    async with ground.room.work() as work:
        work.record_refusal(ZHONGSHAN, entry.message, other, a_refusal())
    assert [(r.digest, r.outcome) for r in await ground.due()] == [
        (DIGEST, ReceiptOutcome.APPLIED),
        (other, ReceiptOutcome.REFUSED),
    ]
    async with ground.room.work() as work:
        assert await work.load_inbox([(ZHONGSHAN, entry.message)]) == {(ZHONGSHAN, entry.message): entry}


async def sent_one(ground: Ground) -> Sent:
    await record(ground, a_decision(a_case(), ZHONGSHAN))
    return (await ground.sent())[-1]


async def fate(ground: Ground) -> tuple[str | None, bool]:
    (sent,) = await ground.sent()
    return sent.outcome, sent.settled


async def test_a_receipt_that_says_applied_settles_the_message(ground: Ground) -> None:
    sent = await sent_one(ground)
    assert await fate(ground) == (None, False)
    await told(ground, ZHONGSHAN, a_verdict(sent))
    assert await fate(ground) == ("applied", True)


async def test_a_receipt_for_other_content_from_another_region_or_for_nothing_changes_nothing(ground: Ground) -> None:
    sent = await sent_one(ground)
    await told(ground, ZHONGSHAN, a_verdict(sent, digest=digest_of(b"other")), a_verdict(sent, message=uuid4()))
    await told(ground, SICHUAN, a_verdict(sent))
    assert await fate(ground) == (None, False)


async def test_a_parked_message_is_not_settled(ground: Ground) -> None:
    await told(ground, ZHONGSHAN, a_verdict(await sent_one(ground), ReceiptOutcome.PARKED))
    assert await fate(ground) == ("parked", False)


@pytest.mark.parametrize("resend", [True, False])
async def test_a_refusal_settles_unless_it_asks_for_the_message_again(ground: Ground, *, resend: bool) -> None:
    refusal = a_refusal(resend=resend)
    await told(ground, ZHONGSHAN, a_verdict(await sent_one(ground), ReceiptOutcome.REFUSED, refusal=refusal))
    assert await fate(ground) == ("refused", not resend)


async def test_applied_is_never_undone(ground: Ground) -> None:
    sent = await sent_one(ground)
    await told(ground, ZHONGSHAN, a_verdict(sent))
    await told(ground, ZHONGSHAN, a_verdict(sent, ReceiptOutcome.PARKED))
    await told(ground, ZHONGSHAN, a_verdict(sent, ReceiptOutcome.REFUSED, refusal=a_refusal()))
    assert await fate(ground) == ("applied", True)


async def test_a_final_refusal_is_undone_by_an_application_alone(ground: Ground) -> None:
    sent = await sent_one(ground)
    await told(ground, ZHONGSHAN, a_verdict(sent, ReceiptOutcome.REFUSED, refusal=a_refusal()))
    await told(ground, ZHONGSHAN, a_verdict(sent, ReceiptOutcome.PARKED))
    await told(ground, ZHONGSHAN, a_verdict(sent, ReceiptOutcome.REFUSED, refusal=a_refusal(resend=True)))
    assert await fate(ground) == ("refused", True)
    await told(ground, ZHONGSHAN, a_verdict(sent))
    assert await fate(ground) == ("applied", True)


async def test_a_letter_that_could_not_be_opened_there_is_not_settled(ground: Ground) -> None:
    sent = await sent_one(ground)
    unopened = a_verdict(sent, ReceiptOutcome.REFUSED, refusal=a_refusal(resend=True), digest=None)
    await told(ground, SICHUAN, unopened)
    assert await fate(ground) == (None, False)
    await told(ground, ZHONGSHAN, unopened)
    assert await fate(ground) == ("refused", False)
    await told(ground, ZHONGSHAN, a_verdict(sent))
    await told(ground, ZHONGSHAN, unopened)
    assert await fate(ground) == ("applied", True)


@pytest.mark.parametrize("reverse", [True, False])
async def test_parked_and_applied_in_one_batch_end_as_applied_in_either_order(ground: Ground, *, reverse: bool) -> None:
    sent = await sent_one(ground)
    batch = [a_verdict(sent, ReceiptOutcome.PARKED), a_verdict(sent)]
    await told(ground, ZHONGSHAN, *(reversed(batch) if reverse else batch))
    assert await fate(ground) == ("applied", True)


async def test_a_digest_names_the_region_that_the_message_was_made_for(ground: Ground) -> None:
    sent = await sent_one(ground)
    async with ground.room.work() as work:
        digests = [sent.digest, DIGEST]
        assert await work.sent_digests(digests, conversations=[sent.conversation]) == {sent.digest: ZHONGSHAN}
        assert await work.sent_digests(digests, conversations=[uuid4()]) == {}


def an_answer() -> Answered:
    return Answered(request=DIGEST, status=201, body=b"{}", etag='"1"')


async def test_the_response_to_a_key_is_kept_once(ground: Ground) -> None:
    async with ground.room.work() as work:
        work.record_answered("key", an_answer())
    async with ground.room.work() as work:
        assert await work.load_answered(["key", "other"]) == {"key": an_answer()}
    with pytest.raises(StorageRefused):
        async with ground.room.work() as work:
            work.record_answered("key", an_answer())


def a_quarantined() -> Quarantined:
    return Quarantined(
        id=uuid4(), at=NOW, body=b"?", exchange="out.442000", user_id=None, refusal=a_refusal(), digest=DIGEST
    )


async def test_what_cannot_be_applied_is_kept(ground: Ground) -> None:
    entry = a_quarantined()
    async with ground.room.work() as work:
        work.record_quarantined(entry)
    assert await ground.quarantine() == [entry.id]


async def test_receipts_are_due_oldest_first_per_region_until_they_are_told(ground: Ground) -> None:
    entries = [an_entry(uuid4(), source=source) for source in (ZHONGSHAN, SICHUAN, ZHONGSHAN)]
    for entry in entries:
        await received(ground, entry)
    owed = {one.region: one for one in await ground.receipts.due(limit=10, without=())}
    assert [r.message for r in owed[ZHONGSHAN].receipts] == [entries[0].message, entries[2].message]
    assert [r.message for r in owed[SICHUAN].receipts] == [entries[1].message]
    assert [r.message for r in await ground.due(limit=2)] == [entries[0].message, entries[1].message]
    assert [r.message for r in await ground.due(without=[ZHONGSHAN])] == [entries[1].message]
    await ground.receipts.told(owed[ZHONGSHAN].rows)
    assert [r.message for r in await ground.due()] == [entries[1].message]


async def test_a_later_moment_does_not_change_the_receipt_of_what_came_before(ground: Ground) -> None:
    entry = an_entry(uuid4(), outcome=ReceiptOutcome.PARKED)
    await received(ground, entry)
    await received(ground, replace(entry, outcome=ReceiptOutcome.APPLIED, received_at=NOW + timedelta(days=1)))
    async with ground.room.work() as work:
        known = await work.load_inbox([(entry.source, entry.message)])
    assert known[entry.source, entry.message].received_at == NOW


A_FILE = Attachment(digest=digest_of(b"a file"), size=7, media_type=MediaType.PDF, name="欠条.pdf")


async def test_a_file_is_kept_or_it_is_not(ground: Ground) -> None:
    other = digest_of(b"another")
    await ground.keep(A_FILE.digest)
    async with ground.room.work() as work:
        assert set(await work.load_kept([A_FILE.digest, other])) == {A_FILE.digest}


async def test_a_file_that_a_message_named_is_on_its_way_or_will_not_come(ground: Ground) -> None:
    case = await record(ground, a_decision(a_case()))
    async with ground.room.work() as work:
        work.record_wanted(ZHONGSHAN, uuid4(), case.id, [A_FILE])
    asked = [A_FILE.digest, digest_of(b"another")]
    async with ground.room.work() as work:
        assert dict(await work.load_awaited(asked)) == {A_FILE.digest: True}
    await ground.give_up(A_FILE.digest)
    async with ground.room.work() as work:
        assert dict(await work.load_awaited(asked)) == {A_FILE.digest: False}


async def test_whoever_is_sent_a_message_may_fetch_the_files_that_it_names(ground: Ground) -> None:
    case = a_case(materials=(a_material(file=A_FILE), a_material(file=A_FILE)))
    supplied = a_message(Supplemented, case=case.id, materials=(a_material(file=A_FILE),), left=(), answers=())
    messages = (Outgoing(recipient=ZHONGSHAN, data=supplied, answers=DIGEST),)
    await record(ground, replace(a_decision(case, SICHUAN), messages=messages))
    known = await ground.files()
    assert known.grants == {(A_FILE.digest, ZHONGSHAN)}
    assert known.uses == {(A_FILE.digest, case.id)}


async def test_the_file_of_a_piece_that_is_recorded_and_not_sent_yet_is_used(ground: Ground) -> None:
    asking = Asking().ask().undertaken()
    asking.exchange.keep(LINGWU, A_FILE)
    recorded = asking.found(ItemResult.OBTAINED, pieces=(a_piece(asking.exchange.now, file=A_FILE),)).known(LINGWU)
    await record(ground, a_decision(replace(recorded, version=0)))
    assert (await ground.files()).uses == {(A_FILE.digest, recorded.id)}


async def test_a_piece_that_is_recorded_on_a_known_case_is_used_too(ground: Ground) -> None:
    asking = Asking().ask().undertaken()
    known = await record(ground, a_decision(replace(asking.known(LINGWU), version=0)))
    assert (await ground.files()).uses == frozenset()
    asking.exchange.keep(LINGWU, A_FILE)
    recorded = asking.found(ItemResult.OBTAINED, pieces=(a_piece(asking.exchange.now, file=A_FILE),)).known(LINGWU)
    await record(ground, a_decision(replace(known, requests=recorded.requests)))
    assert (await ground.files()).uses == {(A_FILE.digest, known.id)}


async def test_a_decision_that_is_not_written_lets_nobody_fetch(ground: Ground) -> None:
    case = a_case(materials=(a_material(file=A_FILE),))
    with pytest.raises(RuntimeError):
        async with ground.room.work() as work:
            work.record(a_decision(case), CAUSE)
            work.record_wanted(ZHONGSHAN, uuid4(), case.id, [A_FILE])
            raise RuntimeError
    assert await ground.files() == FilesKnown(uses=set(), grants=set(), wanted=set())


async def test_what_a_message_names_is_wanted_from_its_source_once(ground: Ground) -> None:
    case = await record(ground, a_decision(a_case()))
    for _ in range(2):
        async with ground.room.work() as work:
            work.record_wanted(ZHONGSHAN, uuid4(), case.id, [A_FILE, A_FILE])
    known = await ground.files()
    assert known.wanted == {(A_FILE.digest, ZHONGSHAN, 7)}
    assert known.uses == {(A_FILE.digest, case.id)}


async def test_what_is_kept_already_is_not_wanted_but_used(ground: Ground) -> None:
    case = await record(ground, a_decision(a_case()))
    await ground.keep(A_FILE.digest)
    async with ground.room.work() as work:
        work.record_wanted(ZHONGSHAN, uuid4(), case.id, [A_FILE])
    known = await ground.files()
    assert (known.wanted, known.uses) == (set(), {(A_FILE.digest, case.id)})


# Fingerprints -----------------------------------------------------------------------------------------------


async def test_a_case_is_found_by_each_of_its_fingerprints(ground: Ground) -> None:
    one, other = a_case(), a_case()
    for case, prints in ((one, ("1:aa", "1:bb")), (other, ("1:bb",)), (one, ("1:bb", "1:cc"))):
        await record(ground, replace(a_decision(await ground.case(case.id) or case), fingerprints=prints))
    async with ground.room.work() as work:
        found = await work.load_fingerprinted({"1:aa", "1:bb", "1:cc", "1:dd"})
    assert {print_: set(cases) for print_, cases in found.items()} == {
        "1:aa": {one.id},
        "1:bb": {one.id, other.id},
        "1:cc": {one.id},
    }


async def test_a_case_of_the_same_transaction_is_found_by_its_fingerprints_and_changed_once_more(
    ground: Ground,
) -> None:
    case = a_case()
    async with ground.room.work() as work:
        work.record(replace(a_decision(case), fingerprints=("1:aa",)), CAUSE)
        found = await work.load_fingerprinted({"1:aa"})
        [known] = (await work.load_cases(found["1:aa"])).values()
        work.record(a_decision(known), CAUSE)
    now = await ground.case(case.id)
    assert now is not None
    assert (known.version, now.version) == (1, 2)


async def test_a_message_may_go_in_the_conversation_of_another_case(ground: Ground) -> None:
    case, about = a_case(), uuid4()
    message = Outgoing(recipient=ZHONGSHAN, data=a_stage(case=about), conversation=about)
    await record(ground, replace(a_decision(case), messages=(message,)))
    [sent] = await ground.sent()
    assert (sent.conversation, sent.sequence) == (about, 1)
    assert [line[0] for line in await ground.history()] == [case.id]


async def test_messages_of_a_type_are_counted_by_source_since_a_moment(ground: Ground) -> None:
    for at, kind, source in ((-1, "a", ZHONGSHAN), (0, "a", ZHONGSHAN), (1, "a", SICHUAN), (1, "b", ZHONGSHAN)):
        fields = {"received_at": NOW + timedelta(hours=at), "type": kind, "source": source}
        await received(ground, an_entry(uuid4(), **fields))
    async with ground.room.work() as work:
        found = await work.count_received("a", [ZHONGSHAN], since=NOW)
    assert dict(found) == {ZHONGSHAN: 1}


# Ledgers ------------------------------------------------------------------------------------------------------

LOG, FORKED = Log.of(ZHONGSHAN, 40), Log.of(ZHONGSHAN, 40, other_from=3)


def judged(log: Log, size: int, verdict: Verdict) -> LedgerDecision:
    note = log.note(size)
    return LedgerDecision(
        judged=Judged(region=ZHONGSHAN, checkpoint=log.checkpoint(size), note=note, verdict=verdict, at=NOW)
    )


async def test_of_a_ledger_the_last_checkpoint_is_known_and_the_fork_until_it_is_accepted(ground: Ground) -> None:
    told = [
        (judged(LOG, 13, Verdict.COSIGNED), (13, LOG.note(13), "")),
        (judged(LOG, 20, Verdict.COSIGNED), (20, LOG.note(20), "")),
        (judged(FORKED, 20, Verdict.REFUSED), (20, LOG.note(20), FORKED.note(20))),
        (judged(FORKED, 13, Verdict.ACCEPTED), (13, FORKED.note(13), "")),
        (judged(FORKED, 20, Verdict.COSIGNED), (20, FORKED.note(20), "")),
        (judged(LOG, 40, Verdict.REFUSED), (20, FORKED.note(20), LOG.note(40))),
    ]
    async with ground.room.work() as work:
        assert await work.load_seen({ZHONGSHAN}) == {}
    for decision, known in told:
        async with ground.room.work() as work:
            await work.hold({ledger_conversation(ZHONGSHAN)})
            work.record_ledger(decision)
        async with ground.room.work() as work:
            found = await work.load_seen({ZHONGSHAN, SICHUAN})
        assert {region: (one.known.size, one.note, one.fork) for region, one in found.items()} == {ZHONGSHAN: known}


async def test_own_checkpoints_are_found_by_their_size_and_the_last_one_always(ground: Ground) -> None:
    own = Log.of(LUXIAN, 40)
    heads = {size: Head(checkpoint=own.checkpoint(size), note=own.note(size), at=NOW) for size in (5, 13, 40)}
    async with ground.room.work() as work:
        assert await work.load_heads({5}) == {}
    for head in (*heads.values(), replace(heads[5], note="another")):
        await ground.sign(head)
    async with ground.room.work() as work:
        assert await work.load_heads({5, 6}) == {5: heads[5], 40: heads[40]}
        assert await work.load_heads(()) == {40: heads[40]}


async def test_what_was_said_last_of_a_checkpoint_is_known_by_region(ground: Ground) -> None:
    own, conversation = Log.of(LUXIAN, 40), ledger_conversation(LUXIAN)
    await ground.sign(Head(checkpoint=own.checkpoint(13), note=own.note(13), at=NOW))
    for size in (5, 13):
        async with ground.room.work() as work:
            await work.hold({conversation})
            message = Outgoing(recipient=ZHONGSHAN, data=own.published(size), conversation=conversation)
            work.record_ledger(LedgerDecision(messages=(message,)))
    asked = (await ground.sent())[-1]
    assert (asked.conversation, asked.sequence) == (conversation, 2)
    answer = CheckpointAnswered(region=LUXIAN, size=13, cosignature="— legalaid/442000 AAAA\n")
    head = an_envelope(CheckpointAnswered, source=ZHONGSHAN, recipient=LUXIAN, answers=asked.digest)
    body = encode(head, answer)
    refused = Refusal(code=RefusalCode.ILLEGAL_STEP, hop=Hop.RECIPIENT, detail="so", resend=False)
    async with ground.room.work() as work:
        before = await work.load_words({ZHONGSHAN, SICHUAN})
        await work.hold({conversation})
        work.record_received(an_entry(conversation, message=head.id, type=head.type, digest=digest_of(body), body=body))
        later = an_entry(conversation, sequence=2, type=head.type, digest=digest_of(body), body=body)
        work.record_received(replace(later, outcome=ReceiptOutcome.REFUSED, refusal=refused))
        cosigned = Cosigned(size=13, region=ZHONGSHAN, line=answer.cosignature or "", at=NOW)
        work.record_ledger(LedgerDecision(cosigned=cosigned))
        work.record_ledger(LedgerDecision(cosigned=replace(cosigned, line="another")))
        receipt = Receipt(message=asked.id, digest=asked.digest, outcome=ReceiptOutcome.APPLIED, at=NOW)
        work.record_receipts(ZHONGSHAN, [receipt])
    async with ground.room.work() as work:
        after = await work.load_words({ZHONGSHAN})
    assert (before[SICHUAN].sent, before[SICHUAN].settled, before[SICHUAN].heard) == (None, True, None)
    assert (before[ZHONGSHAN].sent, before[ZHONGSHAN].settled) == (own.published(13), False)
    said = after[ZHONGSHAN]
    assert (said.digest, said.settled, said.heard, said.answers) == (asked.digest, True, answer, asked.digest)
