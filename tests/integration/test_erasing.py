"""Personal data are destroyed when the file need not be kept any more, here and wherever there is a copy."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import delete, insert, select, update

from tests.builders import a_stage
from tests.erasing import (
    CLERK,
    FIRST,
    HEAD,
    MARK,
    NUMBER,
    PHONE,
    SECOND,
    archived,
    erased,
    exported,
    gone,
    met,
    proposed,
    with_table,
)
from tests.integration.api_node import LUXIAN, ZHONGSHAN, Api, application, serving, today
from tests.integration.file_nodes import a_file_node
from tests.noted import noted
from tests.samples import a_pdf
from tests.trust import environment_of
from transfer.cli.exits import FAULT
from transfer.cli.main import main
from transfer.crypto.statements import read_statement
from transfer.domain.decision import Decision, Event, Outgoing
from transfer.domain.destroying import destroyed
from transfer.domain.keeping import Erasure
from transfer.handlers.receive import Refused
from transfer.ledger.entry import Kind
from transfer.messages.codes import Hop, RefusalCode
from transfer.messages.codes_erasure import ErasureBasis
from transfer.messages.envelope import digest_of
from transfer.messages.erasure import DestructionReceipt
from transfer.messages.receipts import Refusal
from transfer.messages.values import LATEST
from transfer.ports.work import Answered, Cause, Quarantined
from transfer.storage import tables
from transfer.storage.engine import reading
from transfer.storage.erasing_again import erase_again
from transfer.storage.ledger_tables import ledger_keys
from transfer.storage.row_macs import covered
from transfer.storage.tables import metadata
from transfer.telemetry import clock

MARKS = (MARK, NUMBER, PHONE, CLERK, HEAD)


@pytest.fixture
async def here(tmp_path: Path, urls: dict[str, str]) -> AsyncIterator[Api]:
    async with serving(tmp_path, ZHONGSHAN, database_url=urls[ZHONGSHAN]) as node:
        await with_table(node.node)
        yield node


@pytest.fixture
async def there(tmp_path: Path, urls: dict[str, str]) -> AsyncIterator[Api]:
    async with serving(tmp_path, LUXIAN, database_url=urls[LUXIAN]) as node:
        yield node


async def dumped(api: Api) -> str:
    """All rows of the database as its own words."""
    async with reading(api.node.store.engine) as connection:
        rows = [row for one in metadata.sorted_tables for row in await connection.execute(select(one))]
    return "\n".join(
        str(tuple(one.decode(errors="replace") if isinstance(one, bytes) else one for one in row)) for row in rows
    )


def marks_in(text: str) -> list[str]:
    return [mark for mark in MARKS if mark in text]


async def keys_of(api: Api) -> dict[UUID, bool]:
    """Whose key is there, and whose was emptied."""
    async with reading(api.node.store.engine) as connection:
        return {row.subject: row.key is not None for row in await connection.execute(select(ledger_keys))}


async def test_a_case_is_erased_with_all_that_names_a_person(here: Api) -> None:
    path = await archived(here)
    assert len(marks_in(await dumped(here))) == len(MARKS), "the search finds what is there"
    body = await gone(here, path)
    [done] = body["handling"]["erasures"]
    said = read_statement(done["receipt"], DestructionReceipt, here.node.context().directory, clock.now())
    assert (str(said.case), said.applicant, said.by, said.basis) == (body["id"], None, ZHONGSHAN, "TERM_OVER")
    shown = (await here.get(path)).body
    assert {one["name"] for one in shown["applicants"]} == {"已删除"}
    assert shown["basics"]["facts"] == "已删除"
    assert shown["steps"] == []
    assert marks_in(await dumped(here)) == []
    subjects = {UUID(body["id"]), FIRST, SECOND}
    assert {one for one, there in (await keys_of(here)).items() if not there} == subjects
    entries = await noted(here.node.store.engine)
    assert not [one for one in entries if one.entry.subject in subjects and one.texts is not None]
    told = [one for one in entries if one.kind is Kind.ERASED]
    assert {UUID(one.facts["subject"]) for one in told} == subjects
    assert {one.facts["receipt"] for one in told} == {done["receipt"]}
    assert [one.texts for one in told] == [{"by": HEAD}] * 3, "who did it can still be told"


def lying(folder: Path) -> bytes:
    """What is in the files of the databases."""
    return b"".join(one.read_bytes() for one in folder.glob("*.db*"))


async def test_nothing_of_it_is_left_in_the_files_of_the_database(tmp_path: Path) -> None:
    """What was freed and not overwritten would still lie in them."""
    async with serving(tmp_path) as here:
        await with_table(here.node)
        path = await archived(here)
        assert MARK.encode() in lying(tmp_path)
        await gone(here, path)
    left = lying(tmp_path)
    assert len(left) > 100_000
    assert [mark for mark in MARKS if mark.encode() in left] == []


async def test_who_has_a_copy_destroys_it_too_and_answers_with_a_receipt(here: Api, there: Api) -> None:
    path = await archived(here, there)
    assert MARK in await dumped(there)
    body = await gone(here, path)
    assert body["handling"]["erasures"][0]["told"] == [LUXIAN]
    await met(here, there)
    assert marks_in(await dumped(there)) == []
    assert marks_in(await dumped(here)) == []
    [done] = (await here.get(path)).body["handling"]["erasures"]
    [word] = done["words"]
    said = read_statement(word["receipt"], DestructionReceipt, here.node.context().directory, clock.now())
    assert (word["region"], said.by, str(said.case)) == (LUXIAN, LUXIAN, body["id"])
    told = await noted(there.node.store.engine, Kind.ERASED)
    assert {UUID(one.facts["subject"]) for one in told} == {UUID(body["id"]), FIRST, SECOND}
    assert {one.texts is None for one in told} == {True}, "a region is nobody"
    for api, table in ((here, tables.outbox), (there, tables.inbox)):
        assert await erase_again(api.node.store, now=clock.now()) == []
        about = select(table.c.body).where(table.c.type == "legalaid.case.erasure_ordered.v1")
        async with reading(api.node.store.engine) as connection:
            [body] = await connection.scalars(about)
        assert done["receipt"].encode() in body, "by it the erasing can be shown"


async def test_a_copy_that_is_on_hold_is_destroyed_when_the_hold_is_lifted(here: Api, there: Api) -> None:
    path = await archived(here, there)
    hold = {"by": "张伟", "institution": LUXIAN, "reason": "INSPECTION", "note": "检查"}
    held = await there.post(f"{path}/hold", hold)
    assert held.body["handling"]["hold"]["reason"] == "INSPECTION"
    assert (await there.post(f"{path}/hold", hold)).kind == "on-hold"
    await gone(here, path)
    await met(here, there)
    [done] = (await here.get(path)).body["handling"]["erasures"]
    assert [(one["region"], one["receipt"]) for one in done["words"]] == [(LUXIAN, None)]
    assert MARK in await dumped(there)
    lifted = await there.post(f"{path}/hold/lift", {"by": "张伟", "institution": LUXIAN})
    assert lifted.status == 200, lifted
    assert marks_in(await dumped(there)) == []
    await met(here, there)
    [done] = (await here.get(path)).body["handling"]["erasures"]
    assert [one["receipt"] is not None for one in done["words"]] == [True]


async def test_what_comes_later_for_an_erased_case_is_refused_and_not_kept(here: Api, there: Api) -> None:
    path = await archived(here, there)
    case = UUID(path.rpartition("/")[2])
    await gone(here, path)
    await met(here, there)
    async with there.node.store.work() as work:
        # As a faulty node would that knows nothing of the erasure.
        known = (await work.load_cases([case]))[case]
        message = a_stage(case=case, institution=LUXIAN, note=MARK)
        work.record(
            Decision(case=known, event=Event(name="late"), messages=(Outgoing(recipient=ZHONGSHAN, data=message),)),
            Cause(at=clock.now(), by=LUXIAN, source=LUXIAN),
        )
    [verdict] = await there.carry(here)
    assert isinstance(verdict, Refused)
    assert verdict.refusal.code == RefusalCode.CASE_ERASED
    [kept] = await here.items("/v1/quarantine?applied=true")
    assert (await here.get(f"/v1/quarantine/{kept['id']}?body=true")).body["body"] == ""
    again = await here.post(f"/v1/quarantine/{kept['id']}/replay", {}, etag=None)
    assert (again.status, again.kind) == (404, "not-in-quarantine")
    assert marks_in(await dumped(here)) == []
    answer = await here.post(f"{path}/hold", {"by": CLERK, "institution": ZHONGSHAN, "reason": "OTHER"})
    assert (answer.status, answer.kind) == (410, "case-erased")


async def test_what_lies_in_quarantine_goes_with_the_case(here: Api) -> None:
    path = await archived(here)
    case = UUID(path.rpartition("/")[2])
    said = Refusal(code=RefusalCode.CANNOT_OPEN, hop=Hop.RECIPIENT, detail="no", resend=True)
    of: dict[str, Any] = {
        "source": LUXIAN,
        "message": uuid4(),
        "type": "legalaid.case.stage_published.v1",
        "conversation": case,
    }
    async with here.node.store.work() as work:
        work.record_quarantined(Quarantined(id=case, at=clock.now(), refusal=said, body=MARK.encode(), **of))
    await gone(here, path)
    assert marks_in(await dumped(here)) == []
    assert (await here.get(f"/v1/quarantine/{case}?body=true")).body["body"] == ""
    again = await here.post(f"/v1/quarantine/{case}/replay", {}, etag=None)
    assert (again.status, again.kind) == (404, "not-in-quarantine")


async def test_the_matter_of_an_erased_case_is_not_known_again(here: Api) -> None:
    path = await archived(here)
    case = UUID(path.rpartition("/")[2])
    async with here.node.store.work() as work:
        known = (await work.load_cases([case]))[case]
        decision = Decision(case=known, event=Event(name="erasure_proposed"), fingerprints=("1:" + "0" * 64,))
        work.record(decision, Cause(at=clock.now(), by=CLERK, institution=ZHONGSHAN))
    await gone(here, path)
    async with here.node.store.work() as work:
        assert await work.load_fingerprinted(["1:" + "0" * 64]) == {}


async def test_one_person_is_erased_and_the_others_are_untouched(here: Api, there: Api) -> None:
    path = await archived(here, there)
    before = (await here.get(path)).body
    body = await gone(here, path, applicant=str(FIRST), basis="CONSENT_WITHDRAWN")
    await met(here, there)
    for api in (here, there):
        shown = (await api.get(path)).body
        assert shown["applicants"][0]["name"] == "已删除"
        assert shown["applicants"][1] == before["applicants"][1]
        assert shown["basics"] == before["basics"]
        dump = await dumped(api)
        assert NUMBER not in dump
        assert f"{MARK}0" not in dump
        assert {one for one, kept in (await keys_of(api)).items() if not kept} == {FIRST}
        assert await rows_still_held(api) == {f"applicants/0 of {body['id']}"}
    again = await proposed(here, path, applicant=str(FIRST))
    assert (again.status, again.kind) == (410, "case-erased")
    assert (await gone(here, path))["applicants"][1]["name"] == "已删除"


async def rows_still_held(api: Api) -> set[str]:
    """The rows that no key can check any more; all others are as the last entry holds them."""
    macs: dict[tuple[UUID | None, str], str | None] = {}
    for one in await noted(api.node.store.engine, Kind.STEP):
        macs |= {(one.entry.case, name): mac for name, mac in one.facts["rows"].items()}
    unheld = set()
    async with reading(api.node.store.engine) as connection:
        keys = {row.subject: row.key for row in await connection.execute(select(ledger_keys))}
        for name in ("cases", "applicants", "tenures", "transfers", "evidence_requests", "stages"):
            for row in (await connection.execute(select(metadata.tables[name]))).mappings():
                for part in covered(name, dict(row)):
                    if (key := keys[part.subject]) is None:
                        unheld.add(f"{part.name} of {part.case}")
                    else:
                        assert macs[part.case, part.name] == part.mac(key), part.name
    return unheld


async def test_who_stands_in_another_case_keeps_the_key_until_that_is_erased_too(here: Api) -> None:
    one, other = await archived(here), await archived(here)
    await gone(here, one, applicant=str(FIRST))
    assert (await keys_of(here))[FIRST]
    assert await erase_again(here.node.store, now=clock.now()) == [], "the key was not to be destroyed"
    await gone(here, one)
    assert (await keys_of(here))[FIRST]
    await gone(here, other)
    assert not (await keys_of(here))[FIRST]


async def test_nothing_is_erased_before_it_may_be(here: Api, there: Api) -> None:
    fresh = await here.opened()
    answer = await proposed(here, f"/v1/cases/{fresh['id']}")
    assert (answer.status, answer.kind) == (409, "not-archived")
    young = await archived(here, on=today(days=-10))
    answer = await proposed(here, young)
    assert (answer.status, answer.kind) == (409, "retention-runs")
    path = await archived(here, there)
    assert (await erased(here, path)).kind == "not-proposed"
    assert (await proposed(here, path, applicant=str(uuid4()))).kind == "unknown-applicant"
    assert (await proposed(here, path)).status == 200
    assert (await erased(here, path, by=CLERK)).kind == "same-person"
    assert (await erased(here, path)).kind == "not-exported"
    hold = {"by": CLERK, "institution": ZHONGSHAN, "reason": "COMPLAINT"}
    await exported(here, path)
    assert (await here.post(f"{path}/hold", hold)).status == 200
    assert (await erased(here, path)).kind == "on-hold"
    assert (await here.post(f"{path}/hold/lift", {"by": HEAD, "institution": ZHONGSHAN})).status == 200
    assert (await here.post(f"{path}/hold/lift", {"by": HEAD, "institution": ZHONGSHAN})).kind == "not-on-hold"
    assert (await erased(here, path)).kind == "not-exported", "that was before the last step"
    answer = await erased(there, path, by=HEAD)
    assert answer.kind == "not-the-holder"
    await exported(here, path)
    async with here.node.store.work() as work:
        case = UUID(path.rpartition("/")[2])
        known = (await work.load_cases([case]))[case]
        stage = a_stage(case=known.id, institution=ZHONGSHAN)
        sent = Decision(
            case=known, event=Event(name="erasure_proposed"), messages=(Outgoing(recipient=LUXIAN, data=stage),)
        )
        work.record(sent, Cause(at=clock.now(), by=CLERK, institution=ZHONGSHAN))
    assert (await erased(here, path)).kind == "messages-under-way"
    assert MARK in await dumped(here)


async def test_without_the_institutions_table_nothing_is_erased(there: Api) -> None:
    path = await archived(there)
    answer = await proposed(there, path)
    assert (answer.status, answer.kind) == (409, "no-retention")


async def test_the_answer_is_given_again_and_holds_nothing_personal(here: Api) -> None:
    path = await archived(here)
    assert (await proposed(here, path)).status == 200
    await exported(here, path)
    order, key = {"by": HEAD, "institution": ZHONGSHAN}, str(uuid4())
    first = await here.post(f"{path}/erase", order, key=key)
    again = await here.post(f"{path}/erase", order, key=key)
    assert (first.status, again.text) == (200, first.text)
    assert marks_in(first.text) == []


async def test_an_answer_of_the_same_moment_is_not_kept_either(here: Api) -> None:
    path = await archived(here)
    case, context = UUID(path.rpartition("/")[2]), here.node.context()
    shown = Answered(request=digest_of(b"asked"), status=200, body=MARK.encode())
    async with here.node.store.work() as work:
        known = (await work.load_cases([case]))[case]
        work.record_answered("of the same case", shown, case=case)
        done = destroyed(
            known,
            Erasure(basis=ErasureBasis.TERM_OVER),
            by=ZHONGSHAN,
            at=context.now,
            new_id=context.new_id,
            sign=lambda said: context.signed(said, LATEST),
        )
        work.record(done, Cause(at=context.now, by=HEAD, institution=ZHONGSHAN))
    assert marks_in(await dumped(here)) == []


async def test_a_process_that_has_the_key_at_hand_forgets_it(here: Api) -> None:
    path = await archived(here)
    case, keys = UUID(path.rpartition("/")[2]), here.node.store.noting.keys
    assert case in keys._kept
    await gone(here, path)
    assert not {FIRST, SECOND, case} & keys._kept.keys()


async def test_what_a_restore_brought_back_is_erased_again(here: Api) -> None:
    path = await archived(here)
    case = UUID(path.rpartition("/")[2])
    store = here.node.store
    async with reading(store.engine) as connection:
        keys = [dict(row) for row in (await connection.execute(select(ledger_keys))).mappings()]
        rows = {
            table: [dict(row) for row in (await connection.execute(select(table))).mappings()]
            for table in (tables.cases, tables.applicants, tables.outbox)
        }
    await gone(here, path)
    assert await erase_again(store, now=clock.now()) == [], "nothing is back yet"
    async with store.writing() as connection:
        for row in keys:
            held = update(ledger_keys).where(ledger_keys.c.subject == row["subject"])
            await connection.execute(held.values(key=row["key"]))
        await connection.execute(delete(tables.applicants))
        for table, some in rows.items():
            for row in some:
                if table is tables.applicants:
                    await connection.execute(insert(table), row)
                else:
                    [key] = table.primary_key.columns
                    await connection.execute(update(table).where(key == row[key.name]).values(**row))
    store._recent.keep(())
    assert MARK in await dumped(here)
    assert await erase_again(store, now=clock.now()) == [case]
    assert marks_in(await dumped(here)) == []
    assert {one for one, there in (await keys_of(here)).items() if not there} == {case, FIRST, SECOND}
    assert await erase_again(store, now=clock.now()) == []
    async with store.writing() as connection:
        await connection.execute(update(ledger_keys).where(ledger_keys.c.subject == SECOND).values(key=keys[0]["key"]))
    assert await erase_again(store, now=clock.now()) == [case], "keys alone, from a dump of their own"
    assert not (await keys_of(here))[SECOND]


async def test_its_files_are_swept_and_those_of_others_stay(tmp_path: Path) -> None:
    async with a_file_node(tmp_path) as node:
        await with_table(node.api.node)
        own, shared = [(await node.put(a_pdf(size))).body for size in (400, 500)]
        papers = [{"kind": "OTHER", "title": "欠条", "file": file} for file in (own, shared)]
        path = await archived(node.api, materials=papers)
        living = await node.api.post("/v1/cases", application(materials=papers[1:]))
        assert living.status == 201, living
        await gone(node.api, path)
        later = replace(node.parts.sweeper, clock=lambda: clock.now() + timedelta(days=8))
        assert (await later.sweep()).files == 1
        assert len(node.objects) == 1
        assert (await node.read(f"/v1/files/{own['digest']}"))[0] == 404
        assert (await node.read(f"/v1/files/{shared['digest']}"))[0] == 200


async def test_it_is_done_and_looked_at_from_the_command_line(here: Api, urls: dict[str, str]) -> None:
    path = await archived(here)
    case = path.rpartition("/")[2]
    environment = {
        "TRANSFER_REGION": ZHONGSHAN,
        "TRANSFER_DATABASE_URL": urls[ZHONGSHAN],
        "TRANSFER_AMQP_URL": "amqp://nobody:x@127.0.0.1:1/none",
        **environment_of(ZHONGSHAN),
    }

    async def ran(*words: str, by: str = "") -> Result:
        who = ("--by", by, "--institution", ZHONGSHAN, "--node", here.address) if by else ()
        return await asyncio.to_thread(CliRunner().invoke, main, ["erase", *words, *who], env=environment)

    assert "nothing was erased" in (await ran("show", case)).output
    assert (await ran("hold", case, "--reason", "INSPECTION", "--note", MARK, by=CLERK)).exit_code == 0
    assert "on hold: INSPECTION" in (await ran("show", case)).output
    refused = await ran("propose", case, "--basis", "TERM_OVER", by=CLERK)
    assert refused.exit_code == FAULT
    assert "on hold" in refused.output
    assert (await ran("lift-hold", case, by=CLERK)).exit_code == 0
    assert (await ran("propose", case, "--applicant", str(FIRST), "--basis", "UNLAWFUL", by=CLERK)).exit_code == 0
    await exported(here, path)
    assert "receipt ey" in (await ran("applicant", case, str(FIRST), by=HEAD)).output
    assert (await ran("propose", case, "--basis", "TERM_OVER", by=CLERK)).exit_code == 0
    assert f"proposed by {CLERK}" in (await ran("show", case)).output
    await exported(here, path)
    assert "erased; 0 other regions" in (await ran("case", case, by=HEAD)).output
    shown = json.loads((await ran("show", case, "--json")).output)
    assert [one["basis"] for one in shown["erasures"]] == ["UNLAWFUL", "TERM_OVER"]
    assert "0 cases had to be erased again" in (await ran("again")).output
