"""Who held a case when, as several regions have it: what is wrong is found, by its name, and nothing else."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from transfer.cli.main import main
from transfer.ledger.holders import Fault, Holding, HoldingMalformed, by_case, faults

START = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
REGIONS = ("442000", "510521", "510000", "440000")
CASE = UUID(int=7)


def a_history(tenures: int, regions: int, case: UUID = CASE) -> list[Holding]:
    """The case goes from region to region; all of them know each tenure."""
    return [
        Holding(
            region=region,
            case=case,
            tenure=number,
            institution=REGIONS[number % regions],
            since=START + timedelta(days=number),
            message=None if region == REGIONS[number % regions] else UUID(int=100 * number + place),
        )
        for number in range(1, tenures + 1)
        for place, region in enumerate(REGIONS[:regions])
    ]


def found(held: list[Holding]) -> list[tuple[Fault, int]]:
    [known] = by_case(held).values()
    return [(one.fault, one.tenure) for one in faults(known)]


@given(st.integers(1, 6), st.integers(1, 4), st.randoms())
def test_one_holder_at_every_moment_is_found_so_in_any_order(tenures: int, regions: int, chance: object) -> None:
    held = a_history(tenures, regions)
    chance.shuffle(held)  # type: ignore[attr-defined]
    assert found([*held, *held]) == []


@given(st.integers(2, 6), st.integers(2, 4), st.data())
def test_each_fault_is_found_where_it_was_planted_and_nothing_else(
    tenures: int, regions: int, data: st.DataObject
) -> None:
    held = a_history(tenures, regions)
    fault: Fault = data.draw(st.sampled_from(Fault))
    number = data.draw(st.integers(2 if fault is Fault.OVERLAP else 1, tenures - (fault is Fault.GAP)))
    place = data.draw(st.sampled_from([n for n, one in enumerate(held) if one.tenure == number]))
    match fault:
        case Fault.TWO_HOLDERS:
            held[place] = replace(held[place], institution="650000")
        case Fault.OVERLAP:
            early = START + timedelta(days=number - 1, hours=-1)
            held = [replace(one, since=early) if one.tenure == number else one for one in held]
        case Fault.GAP:
            held = [one for one in held if one.tenure != number]
        case Fault.ONE_SIDED:
            del held[place]
    assert found(held) == [(fault, number)]


def test_the_messages_that_caused_it_are_named() -> None:
    first, told, _, second = a_history(2, 2)
    moved = replace(second, since=second.since + timedelta(hours=1))
    [fault] = faults([first, told, replace(moved, region="442000", message=UUID(int=9)), second])
    assert fault.fault is Fault.TWO_HOLDERS
    assert {one.message for one in fault.shown_by} == {UUID(int=9), second.message}


def test_a_high_number_alone_is_one_gap() -> None:
    [one, *_] = a_history(1, 1)
    assert found([one, replace(one, tenure=10**9, since=START + timedelta(days=9))]) == [(Fault.GAP, 2)]


def test_cases_do_not_mix() -> None:
    cases = by_case([*a_history(2, 2), *a_history(3, 3, case=UUID(int=8))])
    assert {case: len(held) for case, held in cases.items()} == {CASE: 4, UUID(int=8): 9}


def test_a_line_is_read_as_it_was_written() -> None:
    for one in a_history(2, 2):
        assert Holding.parse(one.text) == one


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("region", 442000),
        ("region", ""),
        ("case", "no-case"),
        ("case", 7),
        ("tenure", 0),
        ("tenure", True),
        ("tenure", "1"),
        ("institution", None),
        ("since", "yesterday"),
        ("since", "2026-03-02T01:30:00"),
        ("since", 5),
        ("message", "none"),
    ],
)
def test_a_malformed_field_is_named(field: str, value: object) -> None:
    line = a_history(1, 1)[0].as_json | {field: value}
    with pytest.raises(HoldingMalformed, match=f"^{field}: "):
        Holding.parse(json.dumps(line))


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", "null", '{"region": "442000"}'])
def test_what_is_no_holding_is_refused(text: str) -> None:
    with pytest.raises(HoldingMalformed):
        Holding.parse(text)


def files(folder: Path, held: list[Holding]) -> list[str]:
    for one in held:
        with (folder / f"{one.region}.jsonl").open("a") as file:
            file.write(one.text + "\n")
    return sorted(str(path) for path in folder.iterdir())


def test_the_command_reads_files_of_regions_without_settings(tmp_path: Path) -> None:
    well = CliRunner().invoke(main, ["reconcile", "holders", *files(tmp_path, a_history(3, 2))])
    assert well.exit_code == 0, well.output
    assert "1 cases, 0 without exactly one holder" in well.output
    (tmp_path / "440000.jsonl").write_text(replace(a_history(1, 1)[0], region="440000").text)
    wrong = CliRunner().invoke(main, ["reconcile", "holders", *map(str, tmp_path.iterdir()), "--json"])
    assert wrong.exit_code == 1
    [told] = json.loads(wrong.output).values()
    assert [(one["fault"], one["tenure"]) for one in told["faults"]] == [
        ("two_holders", 1),
        ("one_sided", 2),
        ("one_sided", 3),
    ]
    broken = tmp_path / "broken.jsonl"
    broken.write_text("{}\n")
    refused = CliRunner().invoke(main, ["reconcile", "holders", str(broken)])
    assert refused.exit_code == 1
    assert "line 1: a holding has the fields" in refused.output
