"""The ledger as an object-centric event log: read by another program, flat in memory, and without names."""

import io
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any
from uuid import UUID, uuid4

import pytest
from jsonschema import Draft202012Validator

from tests.builders import CASE_ID, LUXIAN, STATION, TRANSFER_ID, ZHONGSHAN
from tests.fakes import run
from tests.ledger import OFFER_ID, START, MemoryLedger, a_handed_over_case, a_step, an_entry
from transfer.actions.proven import LedgerAltered, of_case, whole
from transfer.cli.ocel_file import OcelFile
from transfer.ledger.entry import Entry, Kind, texts_digest, texts_of
from transfer.ports.ledger import CaseHistory, Written

_NAMED = {"type": "array", "items": {"type": "object", "required": ["name", "attributes"]}}
_RELATED = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["objectId", "qualifier"],
        "properties": {"objectId": {"type": "string"}, "qualifier": {"type": "string"}},
    },
}
_VALUES = {"type": "array", "items": {"type": "object", "required": ["name", "value"]}}
FORM = {
    "type": "object",
    "required": ["eventTypes", "objectTypes", "events", "objects"],
    "additionalProperties": False,
    "properties": {
        "eventTypes": _NAMED,
        "objectTypes": _NAMED,
        "events": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["id", "type", "time"],
                "properties": {
                    "id": {"type": "string"},
                    "type": {"type": "string"},
                    "time": {"type": "string", "format": "date-time"},
                    "attributes": _VALUES,
                    "relationships": _RELATED,
                },
            },
        },
        "objects": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["id", "type"],
                "properties": {"attributes": _VALUES, "relationships": _RELATED},
            },
        },
    },
}
"""The JSON form of OCEL 2.0, section by section."""


def written(*entries: Entry, run: int = 20_000) -> dict[str, Any]:
    out = io.StringIO()
    with OcelFile(out, run=run) as log:
        for place, entry in enumerate(entries):
            log.add(place, entry)
    made: dict[str, Any] = json.loads(out.getvalue())
    Draft202012Validator(FORM, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(made)
    return made


def test_every_relation_names_an_object_and_every_type_and_attribute_is_declared() -> None:
    made = written(*a_handed_over_case(), an_entry(Kind.RULES, case=None, facts={"origin": "x", "version": "1"}))
    objects = {one["id"]: one["type"] for one in made["objects"]}
    assert len(objects) == len(made["objects"])
    assert set(objects.values()) <= {one["name"] for one in made["objectTypes"]}
    related = [relation for one in (*made["events"], *made["objects"]) for relation in one["relationships"]]
    assert {one["objectId"] for one in related} <= objects.keys()
    declared = {one["name"]: {a["name"]: a["type"] for a in one["attributes"]} for one in made["eventTypes"]}
    types = {"string": str, "integer": int, "boolean": bool}
    for event in made["events"]:
        for attribute in event["attributes"]:
            assert type(attribute["value"]) is types[declared[event["type"]][attribute["name"]]]


def test_a_step_names_case_transfer_institution_holder_and_the_region_it_came_from() -> None:
    accepted = next(one for one in written(*a_handed_over_case())["events"] if one["type"] == "accepted")
    assert {(one["qualifier"], one["objectId"]) for one in accepted["relationships"]} == {
        ("case", str(CASE_ID)),
        ("transfer", str(TRANSFER_ID)),
        ("institution", f"institution:{STATION}"),
        ("holder", f"institution:{STATION}"),
        ("source", f"region:{LUXIAN}"),
    }


def test_what_belongs_to_a_case_or_a_region_says_so() -> None:
    made = {one["id"]: one["relationships"] for one in written(*a_handed_over_case())["objects"]}
    of_case_ = [{"objectId": str(CASE_ID), "qualifier": "of case"}]
    assert made[str(TRANSFER_ID)] == made[str(OFFER_ID)] == of_case_
    assert made[f"institution:{STATION}"] == [{"objectId": f"region:{LUXIAN}", "qualifier": "of region"}]


def test_a_person_is_an_id_and_one_of_the_staff_is_not_named_at_all() -> None:
    person, clerk = uuid4(), uuid4()
    read = {"what": "case", "id": str(CASE_ID), "unmasked": True, "count": 1}
    made = written(
        an_entry(Kind.READ, subject=person, facts=read),
        an_entry(Kind.EXPORT, case=None, subject=clerk, facts={"what": "ocel"}),
        an_entry(Kind.STEP, subject=CASE_ID, facts={"event": "escalated", "detail": {"superiors": ["440000"]}}),
    )
    assert {one["id"] for one in made["objects"] if one["type"] == "applicant"} == {str(person)}
    assert str(clerk) not in json.dumps(made)


def test_a_log_without_events_is_one() -> None:
    assert written() == {"events": [], "objects": [], "eventTypes": [], "objectTypes": written()["objectTypes"]}


def test_many_objects_are_sorted_in_files_and_stand_in_the_log_once() -> None:
    entries = [entry for _ in range(40) for entry in a_handed_over_case(uuid4(), uuid4(), uuid4())]
    few, many = written(*entries, run=7), written(*entries)
    assert few == many
    assert len(many["objects"]) == 40 * 4 + 2 + 2


def test_no_more_objects_are_held_than_a_run() -> None:
    held = []
    with OcelFile(io.StringIO(), run=50) as log:
        for place in range(2_000):
            log.add(place, a_step("offered", case=uuid4(), transfer=str(uuid4())))
            held.append(len(log._held))
    assert max(held) < 50


def test_pm4py_reads_the_log_and_discovers_the_process(tmp_path: Path) -> None:
    file = tmp_path / "log.json"
    cases = [a_handed_over_case(uuid4(), uuid4(), uuid4()) for _ in range(3)]
    with file.open("w", encoding="utf-8") as out, OcelFile(out) as log:
        for place, entry in enumerate(entry for case in cases for entry in case):
            log.add(place, entry)
    found = subprocess.run(
        [sys.executable, "-m", "tests.process_mining", str(file)], capture_output=True, check=False, timeout=120
    )
    assert found.returncode == 0, found.stderr.decode()
    seen = json.loads(found.stdout)
    # Zhongshan itself is not seen: no event names it but through its institution.
    assert seen["events"] == {
        "case_opened": 3,
        "offered": 3,
        "sent": 3,
        "signed_for": 3,
        "accepted": 3,
        "read": 3,
        "attempt": 3,
    }
    assert seen["objects"] == {"case": 3, "transfer": 3, "message": 3, "applicant": 3, "institution": 2, "region": 1}
    assert [str(cases[0][1].facts["transfer"]), str(cases[0][0].case), "of case"] in seen["owners"]
    follows = {(one, other): times for one, other, times in seen["follows"]["transfer"]}
    assert follows["offered", "signed_for"] == follows["signed_for", "accepted"] == 3
    assert ("accepted", "offered") not in follows
    assert ("case_opened", "offered") in {(one, other) for one, other, _ in seen["follows"]["case"]}


# What is handed on was held against the tree -----------------------------------------------------------------


def gone_through(ledger: MemoryLedger, signed: Mapping[int, bytes] = MappingProxyType({})) -> list[Entry]:
    async def read() -> list[Entry]:
        return [entry async for _, entry in whole(ledger, signed)]

    return run(read())


def test_a_ledger_that_holds_is_read_to_its_end() -> None:
    entries = a_handed_over_case() * 3
    ledger = MemoryLedger.of(*entries)
    ledger.block = 4
    assert gone_through(ledger) == entries
    found = run(of_case(ledger, CASE_ID, region=ZHONGSHAN, signed={}))
    assert (found.root, found.size, [one.entry for one in found.entries]) == (ledger.tree.root, len(entries), entries)


def test_the_first_entry_that_was_changed_is_named() -> None:
    ledger = MemoryLedger.of(*a_handed_over_case())
    was = ledger.written[3]
    changed = a_step("accepted", START, case=CASE_ID)
    ledger.written[3] = type(was)(id=was.id, body=changed.body, place=3, hash=was.hash)
    for read in (lambda: gone_through(ledger), lambda: run(of_case(ledger, CASE_ID, region=ZHONGSHAN, signed={}))):
        with pytest.raises(LedgerAltered, match=r"place 3: the entry is not what its leaf says"):
            read()


def test_an_entry_with_its_leaf_made_anew_leads_to_another_root() -> None:
    ledger = MemoryLedger.of(*a_handed_over_case())
    other = MemoryLedger.of(*a_handed_over_case())
    ledger.written[3] = other.written[3]
    with pytest.raises(LedgerAltered, match="the entries lead to another root"):
        gone_through(ledger)
    with pytest.raises(LedgerAltered, match="place 3: the hashes lead from the entry to another root"):
        run(of_case(ledger, CASE_ID, region=ZHONGSHAN, signed={}))


def test_a_missing_entry_is_named() -> None:
    ledger = MemoryLedger.of(*a_handed_over_case())
    del ledger.written[2]
    with pytest.raises(LedgerAltered, match="place 2: the entry of this place is missing"):
        gone_through(ledger)


def test_a_missing_end_is_named() -> None:
    ledger = MemoryLedger.of(*a_handed_over_case())
    del ledger.written[-1]
    with pytest.raises(LedgerAltered, match="place 6: the entry of this place is missing"):
        gone_through(ledger)


def test_an_entry_of_another_case_is_not_passed_off_as_one_of_this() -> None:
    class Mixing(MemoryLedger):
        async def of_case(self, case: UUID) -> Sequence[Written]:  # noqa: ARG002 - it pays no heed to it
            return self.written

    with pytest.raises(LedgerAltered, match="another case"):
        run(of_case(Mixing.of(*a_handed_over_case()), uuid4(), region=ZHONGSHAN, signed={}))


def case_of(ledger: MemoryLedger, signed: Mapping[int, bytes]) -> CaseHistory:
    return run(of_case(ledger, CASE_ID, region=ZHONGSHAN, signed=signed))


def test_what_was_signed_at_any_size_is_what_is_read() -> None:
    entries = a_handed_over_case()
    for size in range(1, len(entries) + 1):
        ledger, signed = MemoryLedger.of(*entries), {size: MemoryLedger.of(*entries[:size]).tree.root}
        assert gone_through(ledger, signed) == entries
        assert case_of(ledger, signed).signed == size


def test_a_ledger_made_anew_is_told_by_the_root_that_was_signed() -> None:
    signed = {4: MemoryLedger.of(*a_handed_over_case()).tree.root}
    ledger = MemoryLedger.of(*a_handed_over_case())
    with pytest.raises(LedgerAltered, match="place 4: another root was signed"):
        gone_through(ledger, signed)
    with pytest.raises(LedgerAltered, match="place 4: the hashes do not lead to the later root"):
        case_of(ledger, signed)


def test_a_ledger_that_lost_its_signed_end_is_told() -> None:
    entries = a_handed_over_case()
    signed, ledger = {len(entries): MemoryLedger.of(*entries).tree.root}, MemoryLedger.of(*entries[:-1])
    with pytest.raises(LedgerAltered, match="place 6: the entry of this place is missing"):
        gone_through(ledger, signed)
    with pytest.raises(LedgerAltered, match="place 6: the entry of this place is missing"):
        case_of(ledger, signed)


def test_an_entry_under_another_id_is_told() -> None:
    ledger = MemoryLedger.of(*a_handed_over_case())
    ledger.written[2] = replace(ledger.written[2], id=uuid4())
    with pytest.raises(LedgerAltered, match="place 2: the entry stands under another id"):
        gone_through(ledger)


def test_names_that_were_put_under_an_entry_afterwards_are_told() -> None:
    texts = texts_of({"by": "王芳"}, b"salt")
    ledger = MemoryLedger.of(replace(a_step("case_opened"), texts=texts_digest(texts)))
    ledger.written[0] = replace(ledger.written[0], texts=texts)
    found = run(of_case(ledger, CASE_ID, region=ZHONGSHAN, signed={}, named=True))
    assert (found.entries[0].texts or {})["by"] == "王芳"
    ledger.written[0] = replace(ledger.written[0], texts=texts_of({"by": "李四"}, b"salt"))
    with pytest.raises(LedgerAltered, match="place 0: its names and texts are others"):
        case_of(ledger, {})


def test_an_entry_of_any_kind_is_an_event_and_what_is_no_plain_value_stays_in_the_ledger() -> None:
    odd = {"detail": "of a refusal", "of": ["a", "list"], "count": None, "version": {"not": "plain"}, "code": "X"}
    made = written(*(an_entry(kind, facts=odd) for kind in Kind if kind is not Kind.STEP))
    assert [one["type"] for one in made["events"]] == [kind.value for kind in Kind if kind is not Kind.STEP]
    assert {a["name"] for one in made["events"] for a in one["attributes"]} == {"place", "code"}
