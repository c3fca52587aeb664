"""What happens to messages and cases is noted in the ledger: once, by the transaction in which it happens."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

import pytest
from sqlalchemy import select, update

from tests.builders import a_case_basics, a_stage, a_tenure, an_applicant
from tests.integration.api_node import LUXIAN, OFFER, ZHONGSHAN, Api, application, serving, today
from tests.noted import Noted, noted
from transfer.actions.desk import Order
from transfer.actions.watching import watch_case
from transfer.crypto.errors import CannotBeOpened
from transfer.crypto.texts import new_key, open_texts, seal_texts
from transfer.domain.case import Case
from transfer.domain.decision import Decision, Event, Outgoing
from transfer.domain.errors import UnknownCase
from transfer.handlers.receive import Applied, Duplicate
from transfer.ledger.entry import Kind
from transfer.messages.codes import Hop, ReceiptOutcome, RefusalCode
from transfer.messages.envelope import digest_of
from transfer.messages.receipts import Receipt, Refusal
from transfer.ports.work import Cause, InboxEntry, Quarantined, StorageRefused
from transfer.storage import tables
from transfer.storage.engine import open_engine, reading, writing
from transfer.storage.ledger_keys import SubjectKeys
from transfer.storage.ledger_tables import ledger_keys
from transfer.storage.migrate import migrate
from transfer.storage.row_macs import covered
from transfer.storage.store import Store
from transfer.storage.tables import cases, outbox, quarantine
from transfer.telemetry import clock

NOW = clock.now()
CAUSE = Cause(at=NOW, by="王芳", institution=LUXIAN)
COVERED = ("cases", "applicants", "tenures", "transfers", "evidence_requests", "stages")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two nodes with an API and without a broker."""

    here: Api
    there: Api


@pytest.fixture
async def pair(tmp_path: Path, urls: dict[str, str]) -> AsyncIterator[Pair]:
    async with (
        serving(tmp_path, ZHONGSHAN, database_url=urls[ZHONGSHAN]) as here,
        serving(tmp_path, LUXIAN, database_url=urls[LUXIAN]) as there,
    ):
        yield Pair(here=here, there=there)


@pytest.fixture
async def store(urls: dict[str, str]) -> AsyncIterator[Store]:
    engine = open_engine(urls[LUXIAN])
    await migrate(engine)
    yield Store(engine=engine, region=LUXIAN, clock=lambda: NOW, new_id=clock.new_id)
    await engine.dispose()


async def of(api: Api, *kinds: Kind) -> list[Noted]:
    return await noted(api.node.store.engine, *kinds)


def a_case() -> Case:
    return Case(id=uuid4(), basics=a_case_basics(), applicants=(an_applicant(),), tenures=(a_tenure(),))


def a_decision(case: Case, *, event: str = "offered", send: bool = True) -> Decision:
    messages = (Outgoing(recipient=ZHONGSHAN, data=a_stage(case=case.id)),) if send else ()
    return Decision(case=case, event=Event(name=event), messages=messages)


def an_entry(**changes: Any) -> InboxEntry:
    entry = InboxEntry(
        source=ZHONGSHAN,
        message=uuid4(),
        conversation=uuid4(),
        sequence=1,
        type="legalaid.case.stage_published.v1",
        digest=digest_of(b"what came"),
        body=b"what came",
        outcome=ReceiptOutcome.PARKED,
        received_at=NOW,
    )
    return replace(entry, **changes)


def a_refusal(*, resend: bool = False) -> Refusal:
    return Refusal(code=RefusalCode.ILLEGAL_STEP, hop=Hop.RECIPIENT, detail="no", resend=resend)


async def test_a_step_a_message_and_what_became_of_it_are_noted_at_both_ends(pair: Pair) -> None:
    case = await pair.here.offered()
    [opened, offered] = await of(pair.here, Kind.STEP)
    [transfer] = (await pair.here.get(f"/v1/cases/{case['id']}")).body["transfers"]
    assert opened.facts["event"] == "case_opened"
    assert offered.facts == {
        **offered.facts,
        "event": "offered",
        "transfer": transfer["id"],
        "request": None,
        "institution": ZHONGSHAN,
        "source": None,
        "message": None,
        "tenure": 1,
        "holder": ZHONGSHAN,
        "version": 2,
    }
    assert {one.entry.case for one in (opened, offered)} == {UUID(case["id"])}
    assert offered.texts == {"by": "王芳"}
    [sent] = await of(pair.here, Kind.SENT)
    async with reading(pair.here.node.store.engine) as connection:
        row = (await connection.execute(select(outbox))).one()
    assert sent.facts == {
        "message": str(row.message),
        "type": "legalaid.transfer.offered.v1",
        "recipient": LUXIAN,
        "conversation": case["id"],
        "sequence": 1,
        "digest": row.digest,
        "answers": None,
    }
    assert await pair.here.carry(pair.there) == [Applied()]
    [received], [step] = await of(pair.there, Kind.RECEIVED), await of(pair.there, Kind.STEP)
    told = {name: sent.facts[name] for name in ("message", "type", "conversation", "sequence", "digest")}
    assert received.facts == {**told, "source": ZHONGSHAN, "outcome": "applied", "refusal": None}
    assert (step.facts["message"], step.facts["source"]) == (str(row.message), ZHONGSHAN)
    assert (step.entry.subject, step.entry.texts) == (None, None), "a region is nobody"
    assert step.facts["holder"] == ZHONGSHAN, "who is offered a case does not hold it"


async def test_a_message_that_comes_again_is_noted_once(pair: Pair) -> None:
    await pair.here.offered()
    await pair.here.carry(pair.there)
    before = await of(pair.there)
    pair.here.carried.clear()
    assert await pair.here.carry(pair.there) == [Duplicate()]
    assert await of(pair.there) == before


async def test_what_is_rolled_back_leaves_neither_the_step_nor_its_entries(store: Store) -> None:
    case = a_case()
    async with store.work() as work:
        work.record(a_decision(case), CAUSE)
    before = await noted(store.engine)
    assert [one.kind for one in before] == [Kind.STEP, Kind.SENT]

    class Killed(Exception):
        """In the middle of the transaction."""

    with pytest.raises(Killed):
        async with store.work() as work:
            await work.load_cases([case.id])
            work.record(a_decision(case), CAUSE)
            await work.flush()
            raise Killed
    with pytest.raises(StorageRefused):
        async with store.work() as work:
            work.record(a_decision(case), CAUSE)  # was not loaded, so it is taken for a new one
    assert await noted(store.engine) == before


async def test_a_key_that_was_rolled_back_is_not_used_again(store: Store) -> None:
    case = a_case()

    class Killed(Exception):
        """In the middle of the transaction."""

    for _ in range(2):
        with pytest.raises(Killed):
            async with store.work() as work:
                work.record(a_decision(case), CAUSE)
                await work.flush()
                raise Killed
    for _ in range(3):
        async with store.work() as work:
            await work.load_cases([case.id])
            work.record(a_decision(case), CAUSE)
    assert [one.texts for one in await noted(store.engine, Kind.STEP)] == [{"by": "王芳"}] * 3


async def test_the_keys_that_are_kept_at_hand_are_those_used_last_and_no_more(store: Store) -> None:
    keys, subjects = SubjectKeys(most=2), [uuid4() for _ in range(5)]
    for _ in range(3):
        for one in subjects:
            async with store.writing() as connection:
                assert await keys.of(connection, [one], now=NOW)
    assert list(keys._kept) == subjects[-2:]


async def test_what_a_region_says_became_of_a_message_is_noted_when_it_is_news(store: Store) -> None:
    case = a_case()
    async with store.work() as work:
        work.record(a_decision(case), CAUSE)
    [sent] = await noted(store.engine, Kind.SENT)

    async def told(*outcomes: ReceiptOutcome, source: str = ZHONGSHAN, refusal: Refusal | None = None) -> list[Noted]:
        message, digest = UUID(sent.facts["message"]), sent.facts["digest"]
        receipts = [
            Receipt(message=message, digest=digest, outcome=outcome, at=NOW, refusal=refusal) for outcome in outcomes
        ]
        async with store.work() as work:
            work.record_receipts(source, receipts)
        return await noted(store.engine, Kind.SETTLED)

    parked, applied, refused = ReceiptOutcome.PARKED, ReceiptOutcome.APPLIED, ReceiptOutcome.REFUSED
    assert await told(parked, source="510000") == [], "another region has no say"
    assert [one.facts["outcome"] for one in await told(parked)] == ["parked"]
    assert len(await told(parked, parked)) == 1, "that is no news"
    again = a_refusal(resend=True)
    assert (await told(refused, refusal=again))[-1].facts["refusal"] == again.model_dump(mode="json")
    final = await told(parked, applied)
    assert [one.facts["outcome"] for one in final] == ["parked", "refused", "applied"]
    assert final[-1].facts == {
        "message": sent.facts["message"],
        "recipient": ZHONGSHAN,
        "digest": sent.facts["digest"],
        "outcome": "applied",
        "refusal": None,
    }
    assert {one.entry.case for one in final} == {case.id}
    assert await told(applied) == final


async def test_a_message_is_noted_again_when_it_fares_otherwise(store: Store) -> None:
    entry = an_entry()
    refusals = [a_refusal(resend=True), a_refusal(resend=True), a_refusal()]
    fates = [entry, entry, *(replace(entry, outcome=ReceiptOutcome.REFUSED, refusal=one) for one in refusals)]
    for one in (*fates, replace(entry, outcome=ReceiptOutcome.APPLIED)):
        async with store.work() as work:
            await work.load_inbox([(one.source, one.message)])
            work.record_received(one)
    told = [(one.facts["outcome"], one.facts["refusal"]) for one in await noted(store.engine, Kind.RECEIVED)]
    said = [a_refusal(resend=resend).model_dump(mode="json") for resend in (True, False)]
    assert told == [("parked", None), ("refused", said[0]), ("refused", said[1]), ("applied", None)]


async def test_what_waits_and_is_let_in_by_the_same_transaction_is_noted_once(store: Store) -> None:
    entry = an_entry()
    async with store.work() as work:
        work.record_received(entry)
        work.record_received(replace(entry, outcome=ReceiptOutcome.APPLIED))
    assert [one.facts["outcome"] for one in await noted(store.engine, Kind.RECEIVED)] == ["applied"]


async def test_what_cannot_be_opened_is_noted_as_often_as_it_is_kept(store: Store) -> None:
    aside = Quarantined(
        id=uuid4(),
        at=NOW,
        refusal=with_code(RefusalCode.CANNOT_OPEN),
        body=b"sealed",
        source=ZHONGSHAN,
        message=uuid4(),
        type="legalaid.transfer.offered.v1",
        conversation=uuid4(),
    )
    for again in (aside, replace(aside, id=uuid4()), replace(aside, id=uuid4(), digest=digest_of(b"opened"))):
        async with store.work() as work:
            work.record_quarantined(again)
    claimed, opened = await noted(store.engine, Kind.SET_ASIDE)
    assert claimed.facts == {
        "quarantine": str(aside.id),
        "source": ZHONGSHAN,
        "message": str(aside.message),
        "type": aside.type,
        "conversation": str(aside.conversation),
        "digest": None,
        "code": "CANNOT_OPEN",
        "body": digest_of(b"sealed"),
    }
    assert (claimed.entry.case, opened.entry.case) == (None, aside.conversation), "a claim belongs to no case"
    async with reading(store.engine) as connection:
        kept = {str(row.id) for row in await connection.execute(select(quarantine.c.id))}
    assert kept == {claimed.facts["quarantine"], opened.facts["quarantine"]}


def with_code(code: RefusalCode) -> Refusal:
    return a_refusal(resend=True).model_copy(update={"code": code})


async def test_every_row_of_a_case_is_held_by_the_last_entry_that_names_it(pair: Pair) -> None:
    case = await pair.here.offered()
    await pair.here.carry(pair.there)
    await pair.there.done(case, "sign-for", materials_counted=0)
    await pair.there.done(case, "accept")
    await pair.there.carry(pair.here)
    reached = {"by": "张伟", "institution": LUXIAN, "stage": "under_review", "occurred_on": today()}
    assert (await pair.there.post(f"/v1/cases/{case['id']}/stages", reached)).status == 200
    for api in (pair.here, pair.there):
        assert {"cases", "cases/content", "applicants/0", "tenures/1", "tenures/2"} <= await held(api, case["id"])
    assert any(name.startswith("stages/2.") for name in await held(pair.there, case["id"]))
    engine = pair.there.node.store.engine
    async with writing(engine) as connection:
        await connection.execute(update(cases).values(opponent="another"))
    with pytest.raises(AssertionError, match="cases/content"):
        await held(pair.there, case["id"])


async def held(api: Api, case: str) -> set[str]:
    """The names of the rows of the case, each of which was found to be as the ledger says."""
    engine = api.node.store.engine
    said: dict[str, str] = {}
    for one in await noted(engine, Kind.STEP):
        assert one.entry.case == UUID(case)
        said |= one.facts["rows"]
    async with reading(engine) as connection:
        keys = {row.subject: row.key for row in await connection.execute(select(ledger_keys))}
        found = {
            part.name: part.mac(keys[part.subject])
            for table in COVERED
            for row in (await connection.execute(select(tables.metadata.tables[table]))).mappings()
            for part in covered(table, dict(row))
        }
    assert found == said, sorted(name for name in found.keys() | said.keys() if found.get(name) != said.get(name))
    return set(found)


async def test_of_several_steps_in_one_transaction_the_last_answers_for_the_rows(store: Store) -> None:
    case, other = a_case(), a_case()
    async with store.work() as work:
        first = work.record(a_decision(case, event="first"), CAUSE)
        work.record(a_decision(other, event="other"), CAUSE)
        work.record(a_decision(first, event="second"), CAUSE)
    rows = {one.facts["event"]: set(one.facts["rows"]) for one in await noted(store.engine, Kind.STEP)}
    whole = {"cases", "cases/content", "applicants/0", "tenures/1"}
    assert rows == {"first": set(), "other": whole, "second": whole}


async def test_without_its_key_nobody_reads_a_text_and_the_work_goes_on(store: Store) -> None:
    case = a_case()
    for _ in range(3):
        async with store.work() as work:
            await work.load_cases([case.id])
            work.record(a_decision(case), CAUSE)
    before = await noted(store.engine, Kind.STEP)
    assert [one.texts for one in before] == [{"by": "王芳"}] * 3
    async with writing(store.engine) as connection:
        await connection.execute(update(ledger_keys).where(ledger_keys.c.subject == case.id).values(key=None))
    fresh = Store(engine=store.engine, region=LUXIAN, clock=lambda: NOW, new_id=clock.new_id)
    for _ in range(3):
        async with fresh.work() as work:
            await work.load_cases([case.id])
            work.record(a_decision(case), CAUSE)
    after = await noted(store.engine, Kind.STEP)
    assert [one.body for one in after[:3]] == [one.body for one in before], "the chain stands as it was"
    assert [one.texts for one in after] == [None] * 6
    assert {(one.entry.subject, one.entry.texts) for one in after[3:]} == {(case.id, None)}
    rows = [dict(one.facts["rows"]) for one in after[3:]]
    assert rows[0].pop("applicants/0").startswith("hmac:"), "the applicant has a key of their own"
    assert rows == [{"cases": None, "cases/content": None}, {"cases": None}, {"cases": None}], "no longer covered"


async def test_a_text_opens_for_its_entry_and_under_its_key_alone() -> None:
    key, entry = new_key(), uuid4()
    sealed = seal_texts(key, entry, b"texts")
    assert open_texts(key, entry, sealed) == b"texts"
    for wrong in ((new_key(), entry, sealed), (key, uuid4(), sealed), (key, entry, sealed[:-1]), (key, entry, b"")):
        with pytest.raises(CannotBeOpened):
            open_texts(*wrong)


async def test_a_command_that_is_refused_is_noted_with_who_asked(pair: Pair) -> None:
    case = await pair.here.offered()
    [transfer] = (await pair.here.get(f"/v1/cases/{case['id']}")).body["transfers"]
    refused = await pair.here.step(case, "accept")
    assert refused.status == 409
    [one] = await of(pair.here, Kind.ATTEMPT)
    assert one.facts == {
        "command": "accept",
        "code": refused.kind,
        "case": case["id"],
        "transfer": transfer["id"],
        "request": None,
        "institution": ZHONGSHAN,
    }
    assert (one.entry.case, one.entry.subject, one.texts) == (UUID(case["id"]), UUID(case["id"]), {"by": "张伟"})


async def test_every_refusal_counts_and_no_repeated_answer_does(here: Api) -> None:
    key, path = str(uuid4()), "/v1/cases"
    for _ in range(2):
        assert (await here.post(path, application(), key=key)).status == 201
    assert await of(here, Kind.ATTEMPT) == []
    reused = await here.post(path, application(facts="another"), key=key)
    case = await here.opened()
    stale = await here.post(f"/v1/cases/{case['id']}/transfers", OFFER, etag='"7"')
    again = await here.post(f"/v1/cases/{case['id']}/transfers", OFFER, etag='"7"')
    unknown = await here.post(f"/v1/cases/{uuid4()}/transfers", OFFER)
    told = await of(here, Kind.ATTEMPT)
    assert [one.facts["code"] for one in told] == [one.kind for one in (reused, stale, again, unknown)]
    assert [one.facts["command"] for one in told] == ["open-case", "offer", "offer", "offer"]
    staff = uuid5(NAMESPACE_URL, "legalaid:staff:王芳")
    assert (told[-1].entry.case, told[-1].entry.subject) == (None, staff), "an id that was made up gets no key"
    assert [one.texts for one in told] == [{"by": "王芳"}] * 4


async def test_entries_rise_with_time(store: Store) -> None:
    for _ in range(3):
        async with store.work() as work:
            for _ in range(3):
                work.record(a_decision(a_case()), CAUSE)
    entries = await noted(store.engine)
    assert len(entries) == 18
    assert [one.kind for one in entries] == [Kind.STEP, Kind.SENT] * 9


async def test_what_one_applicant_did_stands_under_the_key_of_that_applicant(here: Api) -> None:
    persons = [application()["applicants"][0] | {"name": name} for name in ("李大山", "李小河", "李中原")]
    case = await here.opened(applicants=persons)
    ids = [one["id"] for one in case["applicants"]]
    for leaving in (ids[:1], ids[1:]):
        body = {"by": "王芳", "institution": ZHONGSHAN, "applicants": leaving}
        answer = await here.post(f"/v1/cases/{case['id']}/withdrawals", body)
        assert answer.status == 200, answer
    opened, withdrew, others = await of(here, Kind.STEP)
    assert (opened.entry.subject, withdrew.entry.subject) == (UUID(case["id"]), UUID(ids[0]))
    assert others.entry.subject == UUID(case["id"])
    assert withdrew.texts == {"by": "王芳"}
    assert {"applicants/0", "applicants/1", "applicants/2"} <= await held(here, case["id"])


async def test_what_the_node_orders_of_itself_is_no_attempt(here: Api) -> None:
    look = Order(by=ZHONGSHAN, institution=ZHONGSHAN, case=uuid4(), decide=watch_case)
    with pytest.raises(UnknownCase):
        await here.node.desk.carry_out(look)
    assert await of(here, Kind.ATTEMPT) == []
