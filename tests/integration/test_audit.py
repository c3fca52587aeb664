"""Auditors ask a node: each question is in the ledger before it is answered, and what they get holds elsewhere."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256
from itertools import product
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID, uuid4

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import delete, select, update

from tests.audits import OPERATOR, false, said
from tests.integration.api_node import LUXIAN, ZHONGSHAN, Answer, Api, serving
from tests.noted import Noted, noted
from tests.placed import place, see, sign_head
from transfer.actions.checking import check
from transfer.actions.findings import Says, Verdict
from transfer.actions.roll import NewAccount, NewToken
from transfer.cli.main import main
from transfer.domain.decision import Decision, Event, Outgoing
from transfer.domain.rights import Right, Role
from transfer.handlers.receive import Applied
from transfer.ledger.entry import Kind, canonical
from transfer.ledger.proof_file import EntryProof
from transfer.messages.codes import ReceiptOutcome
from transfer.messages.duplicates import SameMatterKnown
from transfer.messages.receipts import Receipt
from transfer.ports.work import Cause
from transfer.storage.engine import reading, writing
from transfer.storage.ledger_tables import ledger_entries, ledger_keys, ledger_leaves
from transfer.storage.tables import inbox
from transfer.telemetry import clock
from transfer.web.route import Route
from transfer.web.routes import ROUTES

AUDITOR: Final = "审计员 赵敏"
AUDITED: Final = [route for route in ROUTES if route.right is Right.AUDIT]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Two nodes, one of which handed a case to the other, with signed heads; and the folder of an auditor."""

    here: Api
    there: Api
    case: str
    folder: Path
    tokens: Mapping[str, str]

    async def ask(self, path: str, api: Api | None = None, **headers: str) -> Answer:
        token = self.tokens[(api or self.here).region]
        return await (api or self.here).ask("GET", path, headers={"Authorization": f"Bearer {token}"} | headers)

    async def noted(self, *kinds: Kind) -> list[Noted]:
        return await noted(self.here.node.store.engine, *kinds)

    async def run(self, *words: str) -> Result:
        """A command of an auditor, which needs no settings."""
        return await asyncio.to_thread(CliRunner(env={}).invoke, main, ["audit", *words])

    async def remote(self, *words: str, api: Api | None = None) -> Result:
        """One that asks a node."""
        file = self.folder / "token"
        file.write_text(self.tokens[(api or self.here).region] + "\n")
        asked = ("--node", (api or self.here).address, "--token-file", str(file))
        return await self.run(*words, *asked)


async def receipted(of: Api, to: Api) -> None:
    """All receipts of one region come in at the other."""
    wanted = select(inbox).where(inbox.c.source == to.region, inbox.c.outcome == ReceiptOutcome.APPLIED.value)
    async with reading(of.node.store.engine) as connection:
        rows = (await connection.execute(wanted)).all()
    receipts = [
        Receipt(message=r.message, digest=r.digest, outcome=ReceiptOutcome.APPLIED, at=r.received_at) for r in rows
    ]
    async with to.node.store.work() as work:
        work.record_receipts(of.region, receipts)


@pytest.fixture
async def ground(tmp_path: Path, urls: dict[str, str]) -> AsyncIterator[Ground]:
    async with (
        serving(tmp_path, ZHONGSHAN, database_url=urls[ZHONGSHAN]) as here,
        serving(tmp_path, LUXIAN, database_url=urls[LUXIAN]) as there,
    ):
        tokens = {api.region: await _token(api) for api in (here, there)}
        case = await here.offered()
        await here.opened()
        await here.carry(there)
        await there.done(case, "sign-for", materials_counted=0)
        await there.done(case, "accept")
        await there.carry(here)
        assert (await here.get(f"/v1/cases/{case['id']}", Actor=quote("王芳"))).status == 200
        await receipted(there, here)
        await receipted(here, there)
        seen = await sign_head(there.node.store.engine, LUXIAN, ZHONGSHAN)
        await see(here.node.store.engine, LUXIAN, seen)
        await sign_head(here.node.store.engine, ZHONGSHAN, LUXIAN)
        yield Ground(here=here, there=there, case=case["id"], folder=tmp_path, tokens=tokens)


async def _token(api: Api) -> str:
    """Of an auditor who has an account there."""
    roll = api.node.web.roll
    new = NewAccount(login="zhao", name=AUDITOR, institution=api.region, roles=frozenset({Role.AUDITOR}))
    account, _ = await roll.add(new, by="test")
    await roll.accounts.change(account.id, {"totp": b"sealed"}, roll._told("second_factor_set", account, "test"))
    until = clock.now() + timedelta(days=1)
    _, token = await roll.add_token(
        account, NewToken(name="test", scopes=frozenset({Right.AUDIT}), expires_at=until), by="test"
    )
    return token


def _path(route: Route, ground: Ground) -> str:
    query = f"?case={ground.case}" if route.path.endswith("/bundles") else ""
    return route.path.format_map({"case": ground.case, "entry": "3"}) + query


async def test_who_shows_no_token_of_an_auditor_gets_nothing(ground: Ground) -> None:
    before = await ground.noted()
    wrong: tuple[dict[str, str], ...] = (
        {},
        {"Authorization": "Bearer wrong-token-of-nobody"},
        {"Authorization": f"Basic {ground.tokens[ZHONGSHAN]}"},
    )
    for route, headers in product(AUDITED, wrong):
        path = _path(route, ground)
        answer = await ground.here.ask(route.method, path, headers=headers)
        assert (answer.status, answer.kind) == (401, "not-signed-in")
        assert answer.headers["Www-Authenticate"] == "Bearer"
    assert await ground.noted() == before


async def test_a_token_ends_when_it_is_revoked_and_an_auditor_when_disabled(ground: Ground) -> None:
    path, roll = f"/v1/audit/cases/{ground.case}/trace", ground.here.node.web.roll
    account = await roll.find("zhao")
    assert (await ground.ask(path)).status == 200
    await roll.set_disabled(account, disabled=True, by="test")
    assert (await ground.ask(path)).status == 401
    await roll.set_disabled(account, disabled=False, by="test")
    assert (await ground.ask(path)).status == 200
    [token] = await roll.accounts.tokens(account.id)
    await roll.revoke_token(token.id, by="test")
    assert (await ground.ask(path)).status == 401


async def test_a_question_of_an_auditor_is_in_the_ledger_and_counts_as_no_reading(ground: Ground) -> None:
    readings = await ground.noted(Kind.READ)
    for route in AUDITED:
        before, path = len(await ground.noted(Kind.AUDIT)), _path(route, ground)
        answer = await ground.ask(path + ("&" if "?" in path else "?") + "reason=x%20y")
        assert answer.status == 200, answer
        [one] = (await ground.noted(Kind.AUDIT))[before:]
        assert one.facts["query"] in route.path
        assert one.facts["about"] in path
        assert one.texts == {"by": AUDITOR, "reason": "x y"}
        assert AUDITOR.encode() not in one.body
    assert await ground.noted(Kind.READ) == readings


async def test_a_trace_tells_holders_steps_messages_readings_and_what_stands(ground: Ground) -> None:
    found = (await ground.ask(f"/v1/audit/cases/{ground.case}/trace")).body
    assert found["region"] == ZHONGSHAN
    assert [one["institution"] for one in found["shared"]["holders"]] == [ZHONGSHAN, LUXIAN]
    messages = [(one["from"], one["type"].split(".")[2], one["outcome"]) for one in found["shared"]["messages"]]
    assert (ZHONGSHAN, "offered", "applied") in messages
    assert (LUXIAN, "accepted", "applied") in messages
    steps = [one for one in found["entries"] if one["kind"] == "step"]
    assert [one["facts"]["event"] for one in steps] == ["case_opened", "offered", "signed_for", "accepted"]
    assert [one["facts"]["institution"] for one in steps][:2] == [ZHONGSHAN, ZHONGSHAN]
    assert [one["facts"]["what"] for one in found["entries"] if one["kind"] == "read"] == ["case"]
    assert found["entries"][-1]["kind"] == "audit"
    assert [one["place"] is None for one in found["entries"]].count(True) == 1  # the question itself
    assert [one["state"] for one in found["transfers"]] == ["accepted"]
    assert found["clocks"]
    assert not [one for one in found["entries"] if "rows" in one["facts"]]


async def test_names_are_masked_unless_a_reason_is_given(ground: Ground) -> None:
    path = f"/v1/audit/cases/{ground.case}/trace"
    masked = await ground.ask(path)
    assert "王芳" not in masked.text
    refused = await ground.ask(f"{path}?unmask=true")
    assert (refused.status, refused.kind) == (422, "reason-missing")
    opened = await ground.ask(f"{path}?unmask=true&reason={quote('复核投诉')}")
    steps = [one for one in opened.body["entries"] if one["kind"] == "step"]
    assert [one["texts"] and one["texts"]["by"] for one in steps] == ["王芳", "王芳", None, None]
    assert [one["facts"]["source"] for one in steps] == [None, None, LUXIAN, LUXIAN]
    assert [one["closed"] for one in masked.body["entries"] if one["kind"] == "step"] == [True, True, False, False]
    assert not [one for one in opened.body["entries"] if one["closed"]]
    assert "salt" not in opened.text
    unmasked = [one.facts["unmasked"] for one in await ground.noted(Kind.AUDIT)]
    assert unmasked == [False, True]


async def test_a_case_that_is_not_known_is_not_found_and_the_question_is_noted(ground: Ground) -> None:
    nowhere = uuid4()
    for path in (f"cases/{nowhere}/trace", "entries/9999/proof", f"entries/{nowhere}/proof", f"bundles?case={nowhere}"):
        answer = await ground.ask(f"/v1/audit/{path}")
        assert (answer.status, answer.kind) == (404, "not-in-the-ledger"), path
    assert (await ground.ask("/v1/audit/entries/x/proof")).kind == "not-found"
    assert len(await ground.noted(Kind.AUDIT)) == 4


async def test_what_no_checkpoint_covers_is_told_so(ground: Ground) -> None:
    size = await place(ground.here.node.store.engine)
    await ground.here.opened()
    later = await place(ground.here.node.store.engine)
    for path in (f"/v1/audit/entries/{later - 1}/proof", f"/v1/audit/bundles?from=0&to={later - 1}"):
        answer = await ground.ask(path)
        assert (answer.status, answer.kind) == (409, "no-checkpoint-yet"), path
    assert (await ground.ask(f"/v1/audit/bundles?from=0&to={size - 1}")).status == 200


async def test_a_case_that_no_checkpoint_covers_yet_is_told_from_one_that_is_not_known(ground: Ground) -> None:
    case = (await ground.here.opened())["id"]
    await place(ground.here.node.store.engine)
    answer = await ground.ask(f"/v1/audit/bundles?case={case}")
    assert (answer.status, answer.kind) == (409, "no-checkpoint-yet")
    for cure in ("TRANSFER_CHECKPOINT_EVERY", "`transfer audit checkpoints --sign`"):
        assert cure in answer.body["detail"]
    nowhere = uuid4()
    assert (await ground.ask(f"/v1/audit/bundles?case={nowhere}")).status == 404
    await sign_head(ground.here.node.store.engine, ZHONGSHAN)
    assert (await ground.ask(f"/v1/audit/bundles?case={case}")).status == 200
    # What was asked about it is no part of a case that is not there.
    assert (await ground.ask(f"/v1/audit/bundles?case={nowhere}")).status == 404


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?from=1",
        "?to=1",
        "?from=2&to=1",
        "?from=0&to=1&unmask=true&reason=x",
        "?case={case}&from=0",
        "?from=-1&to=1",
    ],
)
async def test_a_bundle_is_of_a_case_or_of_a_masked_range(ground: Ground, query: str) -> None:
    answer = await ground.ask("/v1/audit/bundles" + query.format(case=ground.case))
    assert answer.status == 422
    assert answer.kind in ("case-or-range", "invalid-query")


async def test_a_ledger_that_was_altered_is_not_handed_on(ground: Ground) -> None:
    entries, leaves = ledger_entries, ledger_leaves
    steps = await ground.noted(Kind.STEP)
    offered = next(one.entry.id for one in steps if one.facts["event"] == "offered")
    other = next(one.entry.id for one in steps if one.entry.case != UUID(ground.case))
    altered: tuple[tuple[Any, dict[str, Any]], ...] = (
        (entries.c.id == offered, {"body": b"{}"}),
        (leaves.c.entry == offered, {"hash": bytes(32)}),
        (entries.c.id == other, {"case_id": UUID(ground.case)}),
        (entries.c.id == offered, {"sealed": bytes(60)}),
    )
    bundle = f"/v1/audit/bundles?case={ground.case}&unmask=true&reason=x"
    trace = f"/v1/audit/cases/{ground.case}/trace?unmask=true&reason=x"
    for where, change in altered:
        table = where.left.table
        async with writing(ground.here.node.store.engine) as connection:
            before = (await connection.execute(select(table.c[next(iter(change))]).where(where))).scalar_one()
            await connection.execute(update(table).where(where).values(change))
        for path in (bundle, trace):
            answer = await ground.ask(path)
            assert (answer.status, answer.kind) == (500, "ledger-altered"), (path, change)
            assert "王芳" not in answer.text
        async with writing(ground.here.node.store.engine) as connection:
            await connection.execute(update(table).where(where).values(dict.fromkeys(change, before)))
    assert (await ground.ask(bundle)).status == 200
    async with writing(ground.here.node.store.engine) as connection:
        await connection.execute(delete(leaves).where(leaves.c.entry == offered))
    assert (await ground.ask(bundle)).kind == "ledger-altered"


async def test_the_commands_write_files_that_hold_in_an_empty_folder(ground: Ground) -> None:
    mine = ground.folder / "mine"
    mine.mkdir()
    words = {
        "case.jsonl": ("export", ground.case),
        "range.jsonl": ("export", "2-6"),
        "open.jsonl": ("export", ground.case, "--unmask", "--reason", "复核投诉"),
        "3.proof": ("prove", "3"),
    }
    for name, asked in words.items():
        ended = await ground.remote(*asked, "--out", str(mine / name))
        assert ended.exit_code == 0, ended.output
    named = EntryProof.parse((mine / "3.proof").read_text())
    again = await ground.remote("prove", json.loads(named.entry)["id"], "--out", str(mine / "again.proof"))
    assert again.exit_code == 0, again.output
    assert (mine / "again.proof").read_bytes() == (mine / "3.proof").read_bytes()
    for lang, expected in (("zh", "所示内容"), ("en", "What it shows")):
        files = [str(mine / name) for name in words]
        ended = await ground.run("check", *files, "--verifier", OPERATOR.text, "--lang", lang)
        assert ended.exit_code == 0, ended.output
        assert expected in ended.output
    assert "王芳".encode() not in (mine / "case.jsonl").read_bytes() + (mine / "range.jsonl").read_bytes()
    assert "王芳".encode() in (mine / "open.jsonl").read_bytes()


async def test_an_export_is_noted_with_the_digest_of_what_left(ground: Ground) -> None:
    out = ground.folder / "case.jsonl"
    assert (await ground.remote("export", ground.case, "--out", str(out))).exit_code == 0
    [one] = await ground.noted(Kind.EXPORT)
    content = out.read_bytes()
    assert one.facts == {
        "what": "bundle",
        "range": ground.case,
        "digest": f"sha256:{sha256(content).hexdigest()}",
        "size": len(content),
    }
    assert one.texts == {"by": AUDITOR}


async def test_the_traces_of_a_case_from_both_regions_bundles_are_equal(ground: Ground) -> None:
    files = {}
    for api in (ground.here, ground.there):
        files[api.region] = ground.folder / f"{api.region}.jsonl"
        assert (await ground.remote("export", ground.case, "--out", str(files[api.region]), api=api)).exit_code == 0
    compared = await ground.run("check", *map(str, files.values()), "--verifier", OPERATOR.text, "--json")
    assert compared.exit_code == 0, compared.output
    assert [one["says"] for one in json.loads(compared.stdout)[-1]["findings"]] == ["alike"]
    shared = []
    for file in files.values():
        told = await ground.run("trace", ground.case, "--from-bundle", str(file), "--json")
        assert told.exit_code == 0, told.output
        shared.append(canonical(json.loads(told.stdout)["shared"]))
    assert shared[0] == shared[1]
    alive = (await ground.ask(f"/v1/audit/cases/{ground.case}/trace")).body["shared"]
    assert canonical(alive) == shared[0]


async def test_an_answer_that_another_case_gave_stands_with_the_case_that_it_is_about(ground: Ground) -> None:
    """Whoever asks for the same matter is answered in the conversation of the case that it asked about."""
    here, there, case = ground.here, ground.there, UUID(ground.case)
    other = UUID((await there.opened())["id"])
    [asked] = await ground.noted(Kind.SENT)
    async with there.node.store.work() as work:
        known = (await work.load_cases([case, other]))[other]
        told = SameMatterKnown(
            case=case,
            at=clock.now(),
            known_case=other,
            institution=known.holder.institution,
            first_received_at=known.basics.first_received_at,
            first_received_by=known.basics.first_received_by,
        )
        answer = Outgoing(recipient=ZHONGSHAN, data=told, answers=asked.facts["digest"], conversation=case)
        found = Decision(case=known, event=Event(name="same_matter_found"), messages=(answer,))
        work.record(found, Cause(at=clock.now(), by="王芳", institution=LUXIAN))
    assert await there.carry(here) == [Applied()]
    await receipted(here, there)
    files = {}
    for api, peer in ((here, there), (there, here)):
        await sign_head(api.node.store.engine, api.region, peer.region)
        files[api.region] = ground.folder / f"{api.region}.jsonl"
        assert (await ground.remote("export", str(case), "--out", str(files[api.region]), api=api)).exit_code == 0
    compared = await ground.run("check", *map(str, files.values()), "--json")
    assert compared.exit_code == 0, compared.output
    assert [one["says"] for one in json.loads(compared.stdout)[-1]["findings"]] == ["alike"]
    own = ground.folder / "other.jsonl"
    assert (await ground.remote("export", str(other), "--out", str(own), api=there)).exit_code == 0
    checked = await ground.run("check", str(own))
    assert checked.exit_code == 0, checked.output


async def test_a_trace_is_told_to_people_with_marks_for_masked_names(ground: Ground) -> None:
    masked = await ground.remote("trace", ground.case)
    assert masked.exit_code == 0, masked.output
    assert "***" in masked.output
    assert "王芳" not in masked.output
    for expected in ("held by", "case_opened", "accepted", "clocks", "transfers"):
        assert expected in masked.output
    opened = await ground.remote("trace", ground.case, "--unmask", "--reason", "复核投诉")
    assert "王芳" in opened.output


async def test_texts_whose_key_was_destroyed_stay_closed_and_the_bundle_holds(ground: Ground) -> None:
    async with writing(ground.here.node.store.engine) as connection:
        await connection.execute(update(ledger_keys).values(key=None))
    out = ground.folder / "case.jsonl"
    ended = await ground.remote("export", ground.case, "--unmask", "--reason", "x", "--out", str(out))
    assert ended.exit_code == 0, ended.output
    [found] = check([out], [OPERATOR])
    assert found.verdict is Verdict.SHOWN
    assert Says.CLOSED in said(found)
    assert Says.OPENED not in said(found)


async def test_a_node_that_rewrote_its_record_is_caught_by_what_was_signed_before(ground: Ground) -> None:
    out = ground.folder / "before.proof"
    assert (await ground.remote("prove", "3", "--out", str(out))).exit_code == 0
    proof = EntryProof.parse(out.read_text())
    rewritten = ground.folder / "rewritten.proof"
    rewritten.write_text(replace(proof, entry=proof.entry.replace(b'"at":"2', b'"at":"1')).text)
    [found] = check([rewritten], [OPERATOR])
    assert false(found)


async def test_what_is_asked_wrongly_is_told_and_leaves_no_file(ground: Ground) -> None:
    out = ground.folder / "out"
    for words, code in (
        (("prove", "x", "--out", str(out)), 2),
        (("export", "x", "--out", str(out)), 2),
        (("export", "5-2", "--out", str(out)), 1),
        (("prove", "9999", "--out", str(out)), 1),
        (("export", ground.case, "--unmask", "--out", str(out)), 1),
    ):
        ended = await ground.remote(*words)
        assert (ended.exit_code, out.exists()) == (code, False), ended.output
    out.write_text("mine")
    assert (await ground.remote("prove", "3", "--out", str(out))).exit_code == 2
    assert out.read_text() == "mine"
    assert (await ground.run("prove", "3", "--out", str(ground.folder / "x"))).exit_code == 2
