"""Whatever a file of an auditor holds, it is read to a verdict, and nothing is shown that was never written."""

import asyncio
import json
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.audits import AUDITOR, CURIOUS, OPERATOR, AuditedLedger, case_bundle, kept, signer, two_ledgers
from tests.builders import LUXIAN, ZHONGSHAN
from tests.fuzz.mutation import HOSTILE
from tests.ledger import an_entry
from transfer.actions.checking import Checked, check
from transfer.actions.findings import Verdict
from transfer.ledger.entry import Kind, canonical

KEYS: Final = (OPERATOR, signer(ZHONGSHAN).verifier, signer(LUXIAN).verifier)
often = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=3)
    ),
    max_leaves=5,
)


@cache
def _true() -> tuple[bytes, frozenset[str]]:
    here, _ = two_ledgers()
    return asyncio.run(case_bundle(here, CURIOUS)), frozenset(one.body.decode() for one in here.written)


def _read(folder: Path, content: bytes) -> list[Checked]:
    """Both sentences of all that was found can be said."""
    found = list(check([kept(folder, "file", content)], KEYS))
    for finding in (finding for one in found for finding in one.findings):
        assert finding.zh
        assert finding.en
    return found


def _shows(content: bytes) -> set[str]:
    lines = [json.loads(line) for line in content.splitlines()[1:]]
    return {line["body"] for line in lines if "body" in line}


@often
@given(st.data())
def test_a_line_with_a_hostile_value_shows_nothing_new(tmp_path: Path, data: st.DataObject) -> None:
    bundle, bodies = _true()
    lines = bundle.splitlines()
    number = data.draw(st.integers(0, len(lines) - 1))
    line = json.loads(lines[number])
    name = data.draw(st.sampled_from(sorted(line)))
    inner = name in ("body", "texts") and line[name] is not None and data.draw(st.booleans())
    value = data.draw(values | st.sampled_from(HOSTILE))
    if inner:
        told = json.loads(line[name])
        told[data.draw(st.sampled_from(sorted(told)))] = value
        line[name] = json.dumps(told, sort_keys=True, separators=(",", ":"))
    else:
        line[name] = value
    lines[number] = json.dumps(
        line, ensure_ascii=data.draw(st.booleans()), sort_keys=True, separators=(",", ":")
    ).encode("utf-8", "surrogatepass")
    changed = b"\n".join(lines) + b"\n"
    for one in _read(tmp_path, changed):
        assert one.verdict is not Verdict.SHOWN or _shows(changed) <= bodies


@often
@given(st.data())
def test_lines_in_another_order_or_number_show_nothing_new(tmp_path: Path, data: st.DataObject) -> None:
    bundle, bodies = _true()
    head, *lines = bundle.splitlines(keepends=True)
    chosen = data.draw(st.lists(st.sampled_from(lines), max_size=len(lines) + 2))
    changed = b"".join([head, *chosen])
    [found] = _read(tmp_path, changed)
    assert (found.verdict is Verdict.SHOWN) == (chosen == lines)
    assert found.verdict is not Verdict.SHOWN or _shows(changed) == _shows(bundle) <= bodies


@often
@given(
    st.sampled_from([kind for kind in Kind if kind is not Kind.AUDIT]),
    st.dictionaries(st.text(max_size=3), values, max_size=3),
    st.data(),
)
def test_what_a_region_itself_wrote_wrongly_and_signed_is_read_to_a_verdict(
    tmp_path: Path, kind: Kind, more: dict[str, Any], data: st.DataObject
) -> None:
    names = ("message", "source", "recipient", "sequence", "type", "digest", "outcome", "tenure", "holder", "version")
    said = data.draw(st.dictionaries(st.sampled_from(names), values | st.integers(0, 3) | st.just("x")))
    ledger = AuditedLedger()
    for _ in range(2):
        ledger.tell(an_entry(kind, facts=more | said))
    ledger.sign()
    content = asyncio.run(case_bundle(ledger))
    found = _read(tmp_path, content)
    assert {one.verdict for one in found} <= {Verdict.SHOWN, Verdict.FALSE, Verdict.MALFORMED}


@often
@given(st.integers(0, 1300), st.binary(max_size=4))
def test_a_proof_with_other_bytes_shows_nothing_new(tmp_path: Path, at: int, put: bytes) -> None:
    here, _ = two_ledgers()
    proof = asyncio.run(here.audit.prove(4, AUDITOR))
    content = proof.text.encode()
    changed = content[:at] + put + content[at + len(put) :]
    [found] = _read(tmp_path, changed)
    if found.verdict is Verdict.SHOWN:
        # What stands under the signatures that are known here may be anything.
        assert changed.partition(b"\n\n")[0] == content.partition(b"\n\n")[0]


def test_the_form_of_these_lines_is_the_one_that_is_read() -> None:
    bundle, _ = _true()
    for line in bundle.splitlines():
        assert canonical(json.loads(line)) == line


@pytest.mark.parametrize(
    "content", [b"\n", b"\x00", b"\xff\xfe", b'{"bundle":\n', b"c2sp.org/tlog-proof@v1", b"\xe2\x80\x94 \n"]
)
def test_a_file_of_nothing_known_is_malformed(tmp_path: Path, content: bytes) -> None:
    [found] = _read(tmp_path, content)
    assert found.verdict is Verdict.MALFORMED
