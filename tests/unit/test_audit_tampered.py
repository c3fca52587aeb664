"""Files of auditors that were touched or are malformed: each part is named, and none is shown."""

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

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
    signer,
    two_ledgers,
)
from tests.builders import LUXIAN, ZHONGSHAN
from tests.ledger import a_step
from tests.trust import shared
from transfer.actions.checking import check
from transfer.actions.findings import Says
from transfer.crypto.ledger_keys import origin
from transfer.crypto.notes import Signer, sign
from transfer.ledger.entry import Entry, EntryMalformed, Kind, canonical
from transfer.ledger.tree import leaf_hash

Tamper = Callable[[bytes], bytes]


def line_where(bundle: bytes, name: str, number: int = 0) -> int:
    """The number of the n-th line behind the head that has this field."""
    return [n for n, line in enumerate(bundle.splitlines()) if n and name in json.loads(line)][number]


def _entry_dropped(bundle: bytes) -> bytes:
    lines = bundle.splitlines(keepends=True)
    del lines[line_where(bundle, "body", 1)]
    return b"".join(lines)


def _entries_swapped(bundle: bytes) -> bytes:
    lines = bundle.splitlines(keepends=True)
    one, other = line_where(bundle, "body", 0), line_where(bundle, "body", 1)
    lines[one], lines[other] = lines[other], lines[one]
    return b"".join(lines)


def _body_changed(bundle: bytes, **changes: Any) -> bytes:
    number = line_where(bundle, "body", 1)
    line = json.loads(bundle.splitlines()[number])
    return altered(bundle, number, body=canonical(json.loads(line["body"]) | changes).decode())


def _rehashed(bundle: bytes) -> bytes:
    """An entry is changed, and the hash beside it, too."""
    changed = _body_changed(bundle, at="2026-01-01T00:00:00.000000Z")
    number = line_where(bundle, "body", 1)
    body = json.loads(changed.splitlines()[number])["body"].encode()
    return altered(changed, number, hash=base64.b64encode(leaf_hash(body)).decode())


def _checkpoint_edited(bundle: bytes) -> bytes:
    head = json.loads(bundle.splitlines()[0])
    origin_, size, *rest = head["checkpoint"].split("\n")
    return altered(bundle, 0, checkpoint="\n".join([origin_, str(int(size) + 1), *rest]))


def _cosignature_edited(bundle: bytes) -> bytes:
    note = json.loads(bundle.splitlines()[0])["checkpoint"]
    text, _, last = note.rstrip("\n").rpartition(" ")
    made = bytearray(base64.b64decode(last))
    made[-1] ^= 1
    return altered(bundle, 0, checkpoint=f"{text} {base64.b64encode(made).decode()}\n")


def _seen_edited(bundle: bytes) -> bytes:
    note = json.loads(bundle.splitlines()[0])["seen"][0]
    made = note.replace("\n", "\n1", 1)
    return altered(bundle, 0, seen=[made])


def _signed_by(bundle: bytes, key: Signer) -> bytes:
    head = json.loads(bundle.splitlines()[0])
    text = head["checkpoint"].partition("\n\n")[0] + "\n"
    return altered(bundle, 0, checkpoint=sign(text, key))


TAMPERED: Final[dict[str, tuple[Tamper, Says]]] = {
    "an entry changed": (lambda b: _body_changed(b, at="2026-01-01T00:00:00.000000Z"), Says.ALTERED),
    "an entry and its hash changed": (_rehashed, Says.ANOTHER_ROOT),
    "an entry dropped": (_entry_dropped, Says.NOT_IN_PLACE),
    "two entries swapped": (_entries_swapped, Says.NOT_IN_PLACE),
    "the last line dropped": (lambda b: b"".join(b.splitlines(keepends=True)[:-1]), Says.ANOTHER_ROOT),
    "a line given twice": (lambda b: b + b.splitlines(keepends=True)[-1], Says.NOT_IN_PLACE),
    "a hidden hash changed": (
        lambda b: altered(b, line_where(b, "level"), hash=base64.b64encode(bytes(32)).decode()),
        Says.ANOTHER_ROOT,
    ),
    "a hidden subtree moved": (lambda b: altered(b, line_where(b, "level"), index=9), Says.NOT_IN_PLACE),
    "another place": (lambda b: altered(b, line_where(b, "body"), place=999), Says.NOT_IN_PLACE),
    "another case": (lambda b: altered(b, 0, case=str(OTHER_CASE)), Says.ANOTHER_CASE),
    "texts changed": (
        lambda b: altered(b, line_where(b, "body"), texts=canonical({"by": "李四", "salt": "00"}).decode()),
        Says.TEXTS,
    ),
    "the checkpoint edited": (_checkpoint_edited, Says.NOT_SIGNED),
    "a checkpoint of a stranger": (lambda b: _signed_by(b, Signer.new(origin(ZHONGSHAN))), Says.NOT_SIGNED),
    "a checkpoint that another region signed": (lambda b: _signed_by(b, signer(LUXIAN)), Says.NOT_SIGNED),
    "a cosignature edited": (_cosignature_edited, Says.NOT_COSIGNED),
    "a checkpoint of another region edited": (_seen_edited, Says.NOT_SIGNED),
    "a directory of nobody known": (
        lambda b: altered(b, 0, directory=sign(shared().directory().text, Signer.new("who.example/x"))),
        Says.DIRECTORY_FALSE,
    ),
}


@pytest.mark.parametrize("name", TAMPERED)
async def test_a_bundle_that_was_touched_names_what_is_false(tmp_path: Path, name: str) -> None:
    here, _ = two_ledgers()
    bundle = await case_bundle(here, CURIOUS)
    tamper, expected = TAMPERED[name]
    changed = tamper(bundle)
    assert changed != bundle
    found = await checked(tmp_path, changed)
    assert false(found) == [expected], found.findings


async def test_a_range_names_an_entry_that_is_hidden_and_one_that_is_beyond_it(tmp_path: Path) -> None:
    here, _ = two_ledgers()
    bundle = await collected(await here.audit.bundle_of_range(4, 6, AUDITOR))
    for bounds, expected in (({"from": 3}, Says.LEFT_OUT), ({"to": 7}, Says.LEFT_OUT), ({"from": 5}, Says.OUTSIDE)):
        assert false(await checked(tmp_path, altered(bundle, 0, **bounds))) == [expected]


async def test_a_hidden_subtree_that_is_called_larger_is_not_shown(tmp_path: Path) -> None:
    """Its hash alone leads to the same root: the number of entries must fit, too."""
    here, _ = two_ledgers()
    bundle = await collected(await here.audit.bundle_of_range(4, 6, AUDITOR))
    last = len(bundle.splitlines()) - 1
    assert json.loads(bundle.splitlines()[last])["level"] == 0
    larger = altered(bundle, last, level=4, index=(here.tree.size - 1) >> 4)
    assert false(await checked(tmp_path, larger)) == [Says.ANOTHER_ROOT]


MALFORMED: Final[dict[str, tuple[Tamper, str]]] = {
    "empty": (lambda _: b"", "a text, an empty line"),
    "no last line feed": (lambda b: b[:-1], "no end"),
    "not UTF-8": (lambda b: b.replace(b'"case"', b'"\xff"'), "line 1: not JSON"),
    "no JSON": (lambda b: b.replace(b'"case"', b'"case'), "line 1: not JSON"),
    "another beginning": (lambda b: b" " + b, "no signed note"),
    "a list": (lambda b: b"".join([b.splitlines(keepends=True)[0], b"[]\n"]), "line 2: an object"),
    "spaces": (lambda b: b.replace(b'{"bundle":', b'{"bundle": '), "line 1: an object in its one form"),
    "a field twice": (
        lambda b: b.replace(b'"bundle":1', b'"bundle":1,"bundle":1'),
        "line 1: an object in its one form",
    ),
    "another version": (lambda b: altered(b, 0, bundle=2), "line 1: the head"),
    "true for one": (lambda b: altered(b, 0, bundle=True), "line 1, bundle"),
    "one field more": (lambda b: altered(b, 0, more=1), "line 1: the head"),
    "case": (lambda b: altered(b, 0, case="x"), "line 1, case"),
    "case a number": (lambda b: altered(b, 0, case=1), "line 1, case"),
    "case and range": (lambda b: altered(b, 0, **{"from": 0}), "line 1: either"),
    "from": (lambda b: altered(b, 0, case=None, **{"from": "0", "to": 1}), "line 1, from"),
    "from true": (lambda b: altered(b, 0, case=None, **{"from": True, "to": 1}), "line 1, from"),
    "from negative": (lambda b: altered(b, 0, case=None, **{"from": -1, "to": 1}), "line 1, from"),
    "to": (lambda b: altered(b, 0, case=None, **{"from": 0, "to": 2**63}), "line 1, to"),
    "to before from": (lambda b: altered(b, 0, case=None, **{"from": 3, "to": 2}), "line 1, to"),
    "checkpoint": (lambda b: altered(b, 0, checkpoint=None), "line 1, checkpoint"),
    "checkpoint no note": (lambda b: altered(b, 0, checkpoint="x"), "no signed note"),
    "checkpoint no checkpoint": (lambda b: altered(b, 0, checkpoint=sign("x\n", Signer.new("x"))), "3 lines"),
    "directory": (lambda b: altered(b, 0, directory=1), "line 1, directory"),
    "directory no note": (lambda b: altered(b, 0, directory="x"), "no signed note"),
    "seen": (lambda b: altered(b, 0, seen={}), "line 1, seen"),
    "one seen": (lambda b: altered(b, 0, seen=[1]), "line 1, seen"),
    "a line of nothing known": (lambda b: altered(b, 1, more=1), "line 2: an entry or the hash"),
    "level": (lambda b: altered(b, line_where(b, "level"), level=63), "level"),
    "level a text": (lambda b: altered(b, line_where(b, "level"), level="1"), "level"),
    "index": (lambda b: altered(b, line_where(b, "level"), index=-1), "index"),
    "hash": (lambda b: altered(b, line_where(b, "level"), hash="AAAA"), "hash: the base64 of 32"),
    "hash of an entry": (lambda b: altered(b, line_where(b, "body"), hash=None), "hash: a text"),
    "place": (lambda b: altered(b, line_where(b, "body"), place=None), "place"),
    "body": (lambda b: altered(b, line_where(b, "body"), body=1), "body: a text"),
    "body no entry": (lambda b: altered(b, line_where(b, "body"), body="{}"), "body: an entry has the fields"),
    "texts": (lambda b: altered(b, line_where(b, "body"), texts=1), "texts: a text"),
    "too deep": (lambda b: b.splitlines(keepends=True)[0] + b"[" * 100_000 + b"\n", "line 2: not JSON"),
}


@pytest.mark.parametrize("name", MALFORMED)
async def test_a_malformed_bundle_names_line_and_field(tmp_path: Path, name: str) -> None:
    here, _ = two_ledgers()
    tamper, expected = MALFORMED[name]
    found = await checked(tmp_path, tamper(await case_bundle(here)))
    assert false(found) == [Says.MALFORMED]
    [malformed] = [one for one in found.findings if one.says is Says.MALFORMED]
    assert expected in malformed.en


ENTRIES: Final[dict[str, tuple[dict[str, Any], str]]] = {
    "v": ({"v": 2}, "v: "),
    "v true": ({"v": True}, "one form"),
    "id": ({"id": "x"}, "id: "),
    "id in capitals": ({"id": str(uuid4()).upper()}, "one form"),
    "at": ({"at": "2026-01-01"}, "at: "),
    "at in another zone": ({"at": "2026-01-01T08:00:00.000000+08:00"}, "one form"),
    "at before all years": ({"at": "0001-01-01T00:00:00.000000+23:59"}, "one form"),
    "kind": ({"kind": "rumour"}, "kind: "),
    "case": ({"case": "x"}, "case: "),
    "facts": ({"facts": []}, "facts: "),
    "facts that no one can write": ({"facts": {"x": float("nan")}}, "one form"),
    "a lone surrogate": ({"facts": {"x": "\ud800"}}, "one form"),
    "subject": ({"subject": 1}, "subject: "),
    "texts": ({"texts": "sha256:x"}, "texts: "),
    "more": ({"more": 1}, "fields"),
}


@pytest.mark.parametrize("name", ENTRIES)
def test_a_malformed_entry_names_its_field(name: str) -> None:
    changes, expected = ENTRIES[name]
    body = json.dumps(json.loads(a_step("offered").body) | changes, sort_keys=True, separators=(",", ":"))
    with pytest.raises(EntryMalformed, match=expected):
        Entry.parse(body.encode())


@pytest.mark.parametrize(
    ("kind", "missing"),
    [
        (Kind.STEP, "tenure"),
        (Kind.STEP, "holder"),
        (Kind.STEP, "version"),
        (Kind.SENT, "message"),
        (Kind.SENT, "recipient"),
        (Kind.SENT, "digest"),
        (Kind.SENT, "type"),
        (Kind.SENT, "sequence"),
        (Kind.RECEIVED, "source"),
        (Kind.RECEIVED, "outcome"),
        (Kind.SETTLED, "outcome"),
        (Kind.SETTLED, "message"),
    ],
)
async def test_an_entry_that_lacks_a_fact_of_its_kind_is_malformed(tmp_path: Path, kind: Kind, missing: str) -> None:
    sent, received, settled = message(ZHONGSHAN, LUXIAN, 1, "legalaid.transfer.offered.v1")
    made = {Kind.STEP: a_step("offered"), Kind.SENT: sent, Kind.RECEIVED: received, Kind.SETTLED: settled}[kind]
    ledger = AuditedLedger()
    ledger.tell(replace(made, facts={**made.facts, missing: [1]}))
    ledger.sign()
    found = await checked(tmp_path, await case_bundle(ledger))
    assert false(found) == [Says.MALFORMED]
    assert missing in found.findings[-1].en


@pytest.mark.parametrize(
    ("was", "instead", "expected"),
    [
        ("c2sp.org/tlog-proof@v1", "c2sp.org/tlog-proof@v1 ", Says.MALFORMED),
        ("index 4", "index 5", Says.ANOTHER_ROOT),
        ("index 4", "index 400", Says.ANOTHER_ROOT),
        ("index 4", "index x", Says.MALFORMED),
        ("extra ", "extra eA==", Says.MALFORMED),
        ("legalaid/442000\n", "legalaid/510521\n", Says.NOT_SIGNED),
        ("— legalaid/442000 ", "— legalaid/442001 ", Says.NOT_SIGNED),
        ("— legalaid/442000 ", "legalaid/442000 ", Says.MALFORMED),
    ],
)
async def test_a_proof_that_was_touched_is_not_shown(tmp_path: Path, was: str, instead: str, expected: Says) -> None:
    here, _ = two_ledgers()
    text = (await here.audit.prove(4, AUDITOR)).text
    assert was in text
    found = await checked(tmp_path, text.replace(was, instead, 1), signer(ZHONGSHAN).verifier)
    assert false(found) == [expected]


async def test_a_proof_with_another_entry_is_not_shown(tmp_path: Path) -> None:
    here, _ = two_ledgers()
    proof = replace(await here.audit.prove(4, AUDITOR), entry=here.written[5].body)
    assert false(await checked(tmp_path, proof.text, signer(ZHONGSHAN).verifier)) == [Says.ANOTHER_ROOT]


async def test_the_time_of_a_cosignature_cannot_be_moved(tmp_path: Path) -> None:
    here, _ = two_ledgers()
    note = here.heads[0][0].note
    line = signer(LUXIAN).cosignature(here.checkpoint.text, NOW)
    made = bytearray(base64.b64decode(line.rpartition(" ")[2]))
    made[11] ^= 1
    moved = f"{line.rpartition(' ')[0]} {base64.b64encode(made).decode()}\n"
    proof = replace(await here.audit.prove(4, AUDITOR), note=note + moved)
    directory = kept(tmp_path, "directory", shared().note())
    _, found = check([directory, kept(tmp_path, "proof", proof.text)], [OPERATOR])
    assert false(found) == [Says.NOT_COSIGNED]
