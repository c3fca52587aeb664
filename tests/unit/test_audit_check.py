"""What auditors' files show: all of it when they are true, and which part is false when one was touched."""

import base64
import hashlib
import json
import re
from dataclasses import dataclass, replace
from pathlib import Path
from string import Formatter

import pytest

from tests.audits import (
    AUDITOR,
    CURIOUS,
    NOW,
    OPERATOR,
    OTHER_CASE,
    AuditedLedger,
    altered,
    case_bundle,
    checked,
    collected,
    false,
    kept,
    message,
    said,
    signer,
    two_ledgers,
)
from tests.builders import CASE_ID, LUXIAN, ZHONGSHAN
from tests.ledger import a_step, an_entry
from tests.trust import shared
from transfer.actions.checking import check
from transfer.actions.findings import Says, Verdict, finding
from transfer.actions.proven import LedgerAltered
from transfer.crypto.ledger_keys import origin
from transfer.crypto.notes import Signer, sign
from transfer.ledger.checkpoint import Checkpoint
from transfer.ledger.entry import Kind, canonical
from transfer.ports.ledger import Happened, Seen
from transfer.ports.work import StorageUnavailable


async def test_a_bundle_of_a_case_shows_its_entries_and_who_signed_and_saw_them(tmp_path: Path) -> None:
    here, _ = two_ledgers()
    found = await checked(tmp_path, await case_bundle(here))
    assert found.verdict is Verdict.SHOWN
    assert said(found) == {
        Says.DIRECTORY,
        Says.SIGNED,
        Says.COSIGNED,
        Says.WITNESSES,
        Says.CASE_STANDS,
        Says.OTHERS,
        Says.CLOSED,
        Says.TIMES,
        Says.NEVER_NOTED,
        Says.LATER,
    }
    [stands] = [one for one in found.findings if one.says is Says.CASE_STANDS]
    assert stands.detail["count"] == len(
        [one for one in here.written if b'"case":"' + str(CASE_ID).encode() in one.body]
    )
    [cosigned] = [one for one in found.findings if one.says is Says.COSIGNED]
    assert LUXIAN in cosigned.en
    assert str(NOW.year) in cosigned.en


async def test_names_are_masked_unless_a_reason_was_given(tmp_path: Path) -> None:
    here, _ = two_ledgers()
    masked, opened = await case_bundle(here), await case_bundle(here, CURIOUS)
    assert "王芳".encode() not in masked
    assert "王芳".encode() in opened
    found = await checked(tmp_path, opened)
    assert found.verdict is Verdict.SHOWN
    assert Says.OPENED in said(found)
    assert Says.CLOSED not in said(found)


async def test_a_range_shows_that_nothing_in_it_is_left_out(tmp_path: Path) -> None:
    here, _ = two_ledgers()
    for first, last in [(0, here.tree.size - 1), (3, 9), (5, 5)]:
        found = await checked(tmp_path, await collected(await here.audit.bundle_of_range(first, last, AUDITOR)))
        assert found.verdict is Verdict.SHOWN, found.findings
        assert Says.RANGE_STANDS in said(found)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 9, 33])
async def test_every_range_of_a_ledger_of_any_size_holds(tmp_path: Path, size: int) -> None:
    ledger = AuditedLedger()
    for number in range(size):
        ledger.tell(an_entry(Kind.RULES, case=None, facts={"version": str(number)}))
    ledger.sign()
    for first in range(size):
        for last in {first, (first + size) // 2, size - 1}:
            content = await collected(await ledger.audit.bundle_of_range(first, last, AUDITOR))
            found = await checked(tmp_path, content)
            assert found.verdict is Verdict.SHOWN, (first, last, found.findings)
            assert sum("body" in json.loads(line) for line in content.splitlines()) == last - first + 1


async def test_a_proof_is_shown_by_a_region_key_or_by_a_directory_beside_it(tmp_path: Path) -> None:
    here, _ = two_ledgers()
    proof = kept(tmp_path, "proof", (await here.audit.prove(4, AUDITOR)).text)
    directory = kept(tmp_path, "directory", shared().note())
    [alone] = check([proof], [signer(ZHONGSHAN).verifier])
    assert alone.verdict is Verdict.SHOWN
    assert Says.PROOF_STANDS in said(alone)
    [listed, beside] = check([proof, directory], [OPERATOR])
    assert (listed.verdict, beside.verdict) == (Verdict.SHOWN, Verdict.SHOWN)
    assert Says.COSIGNED in said(beside)


async def test_a_proof_without_a_key_is_not_shown(tmp_path: Path) -> None:
    here, _ = two_ledgers()
    proof = kept(tmp_path, "proof", (await here.audit.prove(4, AUDITOR)).text)
    [found] = check([proof], [])
    assert false(found) == [Says.NOT_SIGNED]


async def test_every_entry_has_its_proof_by_place_and_by_id(tmp_path: Path) -> None:
    here, _ = two_ledgers()
    for one in here.written:
        proof = await here.audit.prove(one.id, AUDITOR)
        assert proof == await here.audit.prove(one.place or 0, AUDITOR)
        assert (await checked(tmp_path, proof.text, signer(ZHONGSHAN).verifier)).verdict is Verdict.SHOWN


async def test_without_the_operators_key_it_says_on_whose_word_the_keys_stand(tmp_path: Path) -> None:
    here, _ = two_ledgers()
    [found] = check([kept(tmp_path, "file", await case_bundle(here))], [])
    assert found.verdict is Verdict.SHOWN
    [claim] = [one for one in found.findings if one.says is Says.KEYS_CLAIMED]
    assert "test.example/directory" in claim.en
    assert Says.DIRECTORY not in said(found)


async def test_a_directory_of_another_operator_is_false_for_who_gave_the_operators_key(tmp_path: Path) -> None:
    here, _ = two_ledgers()
    stranger = Signer.new(OPERATOR.name)
    forged = altered(await case_bundle(here), 0, directory=sign(shared().directory().text, stranger))
    assert false(await checked(tmp_path, forged)) == [Says.DIRECTORY_FALSE]
    assert (await checked(tmp_path, forged, stranger.verifier)).verdict is Verdict.SHOWN


async def test_for_a_region_whose_key_was_brought_no_other_counts(tmp_path: Path) -> None:
    here, _ = two_ledgers()
    file = kept(tmp_path, "file", await case_bundle(here))
    [found] = check([file], [signer(ZHONGSHAN).verifier])
    assert found.verdict is Verdict.SHOWN
    [other] = check([file], [Signer.new(origin(ZHONGSHAN)).verifier])
    assert false(other) == [Says.NOT_SIGNED]


async def test_the_two_bundles_of_a_case_tell_it_alike(tmp_path: Path) -> None:
    here, there = two_ledgers()
    files = [kept(tmp_path, one.region, await case_bundle(one)) for one in (here, there)]
    *each, together = check(files, [OPERATOR])
    assert [one.verdict for one in each] == [Verdict.SHOWN, Verdict.SHOWN]
    assert said(together) == {Says.ALIKE}
    traces = [one.trace for one in each]
    shown = [canonical(one.shared({ZHONGSHAN, LUXIAN})) for one in traces if one is not None]
    assert shown[0] == shown[1]


async def test_bundles_of_one_region_or_of_two_cases_are_not_compared(tmp_path: Path) -> None:
    here, _ = two_ledgers()
    mine = kept(tmp_path, "mine", await case_bundle(here))
    again = kept(tmp_path, "again", await case_bundle(here, CURIOUS))
    other = AuditedLedger(region=LUXIAN)
    other.tell(a_step("case_opened", case=OTHER_CASE))
    other.sign()
    elsewhere = kept(tmp_path, "other", await collected(await other.audit.bundle_of_case(OTHER_CASE, AUDITOR)))
    assert [one.verdict for one in check([mine, again, elsewhere], [OPERATOR])] == [Verdict.SHOWN] * 3


async def test_a_bundle_that_does_not_hold_is_not_compared(tmp_path: Path) -> None:
    here, there = two_ledgers()
    here.tell(a_step("stage_published", version=99))
    here.sign()
    files = [kept(tmp_path, one.region, await case_bundle(one)) for one in (here, there)]
    assert [one.verdict for one in check(files, [OPERATOR])] == [Verdict.FALSE, Verdict.SHOWN]


async def both(folder: Path, here: AuditedLedger, there: AuditedLedger) -> list[Says]:
    here.sign(LUXIAN)
    there.sign(ZHONGSHAN)
    here.others.clear()
    files = [kept(folder, one.region, await case_bundle(one)) for one in (here, there)]
    return false(check(files, [OPERATOR])[-1])


async def test_a_message_that_only_its_source_has_is_named(tmp_path: Path) -> None:
    here, there = two_ledgers()
    here.tell(message(ZHONGSHAN, LUXIAN, 2, "legalaid.transfer.recall_requested.v1")[0])
    assert await both(tmp_path, here, there) == [Says.MESSAGE_DIFFERS]


async def test_a_message_to_a_third_region_is_no_disagreement(tmp_path: Path) -> None:
    here, there = two_ledgers()
    here.tell(message(ZHONGSHAN, "510000", 1, "legalaid.transfer.escalated.v1")[0])
    assert await both(tmp_path, here, there) == []
    *each, together = check([tmp_path / ZHONGSHAN, tmp_path / LUXIAN], [OPERATOR])
    told = each[0].trace
    assert told is not None
    assert len(told.shared()["messages"]) == 5
    assert len(told.shared({ZHONGSHAN, LUXIAN})["messages"]) == 4
    assert [one.detail["count"] for one in together.findings] == [4]


async def test_a_message_of_another_content_is_named_at_both_ends(tmp_path: Path) -> None:
    here, there = two_ledgers()
    sent, received, _ = message(ZHONGSHAN, LUXIAN, 2, "legalaid.transfer.recall_requested.v1")
    here.tell(sent)
    there.tell(replace(received, facts={**received.facts, "digest": "sha256:" + 64 * "0"}))
    assert await both(tmp_path, here, there) == [Says.MESSAGE_DIFFERS, Says.MESSAGE_DIFFERS]


async def test_a_message_that_is_told_as_another_type_is_named(tmp_path: Path) -> None:
    here, there = two_ledgers()
    sent, received, settled = message(ZHONGSHAN, LUXIAN, 2, "legalaid.transfer.recall_requested.v1")
    for one in (sent, settled):
        here.tell(one)
    there.tell(replace(received, facts={**received.facts, "type": "legalaid.transfer.escalated.v1"}))
    assert await both(tmp_path, here, there) == [Says.CONTENT_DIFFERS]


async def test_a_receipt_that_is_missing_is_named(tmp_path: Path) -> None:
    here, there = two_ledgers()
    sent, received, _ = message(ZHONGSHAN, LUXIAN, 2, "legalaid.transfer.recall_requested.v1")
    here.tell(sent)
    there.tell(received)
    assert await both(tmp_path, here, there) == [Says.OUTCOME_DIFFERS]


async def test_two_holders_of_one_tenure_are_named(tmp_path: Path) -> None:
    here, there = two_ledgers()
    there.tell(a_step("holder_changed", tenure=2, holder=ZHONGSHAN, version=5))
    assert await both(tmp_path, here, there) == [Says.HOLDER_DIFFERS]


async def test_a_last_holder_that_one_region_does_not_know_is_named(tmp_path: Path) -> None:
    here, there = two_ledgers()
    there.tell(a_step("holder_changed", tenure=3, holder=ZHONGSHAN, version=5))
    assert await both(tmp_path, here, there) == [Says.HOLDER_DIFFERS]


async def test_a_tenure_between_that_one_region_never_heard_of_is_no_disagreement(tmp_path: Path) -> None:
    here, there = two_ledgers()
    there.tell(a_step("holder_changed", tenure=3, holder="510000", version=5))
    for one in (here, there):
        one.tell(a_step("holder_changed", tenure=4, holder=LUXIAN, version=6))
    assert await both(tmp_path, here, there) == []


async def test_a_change_of_the_case_that_is_missing_is_named(tmp_path: Path) -> None:
    here, _ = two_ledgers()
    here.tell(a_step("stage_published", version=99))
    here.sign()
    assert false(await checked(tmp_path, await case_bundle(here))) == [Says.VERSION_MISSING]


async def test_a_message_that_is_missing_among_those_sent_is_named(tmp_path: Path) -> None:
    here, _ = two_ledgers()
    here.tell(message(ZHONGSHAN, LUXIAN, 3, "legalaid.transfer.escalated.v1")[0])
    here.sign()
    found = await checked(tmp_path, await case_bundle(here))
    assert false(found) == [Says.MESSAGE_MISSING]
    assert "Message 2 from 442000 to 510521" in " ".join(one.en for one in found.findings)


async def test_a_region_that_signed_two_records_of_one_size_is_caught_by_what_another_saw(tmp_path: Path) -> None:
    here, there = two_ledgers()
    forked = Checkpoint(origin(LUXIAN), there.tree.size, bytes(32))
    here.others[LUXIAN] = Seen(known=forked, note=sign(forked.text, signer(LUXIAN)))
    files = [kept(tmp_path, one.region, await case_bundle(one)) for one in (here, there)]
    *each, together = check(files, [OPERATOR])
    assert [one.verdict for one in each] == [Verdict.SHOWN, Verdict.SHOWN]
    assert Says.FORKED in said(together)
    assert together.verdict is Verdict.FALSE


async def test_an_erasure_is_told_and_the_chain_holds(tmp_path: Path) -> None:
    here, _ = two_ledgers()
    facts = {"subject": str(CASE_ID), "of": "case", "basis": "retention", "receipt": "x"}
    here.tell(an_entry(Kind.ERASED, at=NOW, facts=facts))
    here.written[:] = [replace(one, texts=None) for one in here.written]
    here.sign(LUXIAN)
    found = await checked(tmp_path, await case_bundle(here, CURIOUS))
    assert found.verdict is Verdict.SHOWN
    [erased] = [one for one in found.findings if one.says is Says.ERASED]
    assert "chain is intact" in erased.en
    assert "retention" in erased.zh


async def test_a_ledger_whose_hashes_were_altered_is_not_handed_on() -> None:
    here, _ = two_ledgers()
    here.nodes = dict.fromkeys(here.nodes, bytes(32))
    with pytest.raises(LedgerAltered):
        await here.audit.prove(3, AUDITOR)
    with pytest.raises(LedgerAltered):
        await case_bundle(here)


def root_by_description(content: bytes) -> tuple[int, str]:
    """Size and root of a bundle, as docs/ledger.md tells another implementation to make them."""
    _, *lines = content.decode().splitlines()
    stack: list[bytes] = []
    n = 0
    for line in map(json.loads, lines):
        if "body" in line:
            made, level, start = hashlib.sha256(b"\x00" + line["body"].encode()).digest(), 0, line["place"]
        else:
            made, level, start = base64.b64decode(line["hash"]), line["level"], line["index"] << line["level"]
        assert start == n
        assert n % (1 << level) == 0
        leaves = 1 << level
        while n >> level & 1:
            made, level = hashlib.sha256(b"\x01" + stack.pop() + made).digest(), level + 1
        stack.append(made)
        n += leaves
    made = stack.pop()
    while stack:
        made = hashlib.sha256(b"\x01" + stack.pop() + made).digest()
    return n, base64.b64encode(made).decode()


async def test_another_implementation_makes_the_root_by_the_description_alone() -> None:
    for ledger in two_ledgers():
        bundles = [await case_bundle(ledger), await collected(await ledger.audit.bundle_of_range(3, 7, AUDITOR))]
        for bundle in bundles:
            _, size, root, *_ = json.loads(bundle.splitlines()[0])["checkpoint"].split("\n")
            assert root_by_description(bundle) == (int(size), root)


@dataclass(slots=True)
class Unwritable:
    """A ledger in which so many more things can be noted, and then none."""

    left: int = 0

    async def note(self, *happened: Happened) -> None:
        self.left -= len(happened)
        if self.left < 0:
            raise StorageUnavailable("no disk")


async def test_what_cannot_be_noted_is_not_even_read() -> None:
    here, _ = two_ledgers()
    audit = replace(here.audit, ledger=Unwritable(), reading=None, checkpoints=None)  # type: ignore[arg-type] # not touched
    for asked in (
        audit.trace(CASE_ID, AUDITOR),
        audit.prove(3, AUDITOR),
        audit.bundle_of_case(CASE_ID, AUDITOR),
        audit.bundle_of_range(0, 3, AUDITOR),
    ):
        with pytest.raises(StorageUnavailable):
            await asked


async def test_a_bundle_of_which_it_cannot_be_noted_that_it_left_has_no_end() -> None:
    here, _ = two_ledgers()
    stream = await replace(here.audit, ledger=Unwritable(left=1)).bundle_of_case(CASE_ID, AUDITOR)
    with pytest.raises(StorageUnavailable):
        await collected(stream)


def test_every_sentence_can_be_said_in_both_languages() -> None:
    for one in Says:
        gaps = {name for _, name, _, _ in Formatter().parse(one.en) if name}
        assert gaps >= {name for _, name, _, _ in Formatter().parse(one.zh) if name}, one
        assert finding(one, **dict.fromkeys(gaps, "x")).zh
        assert re.search("[一-鿿]", one.zh)
