"""`transfer clock`: what an operator or a lawyer counts without any case."""

import json
from typing import Any

import pytest
from click.testing import CliRunner, Result

from transfer.cli.exits import FAULT, USAGE
from transfer.cli.main import main


def said(*words: str, code: int = 0) -> Result:
    result = CliRunner().invoke(main, ["clock", *words])
    assert result.exit_code == code, result.output
    return result


def counted(*words: str) -> Any:
    [one] = json.loads(said("count", *words, "--json").stdout)
    return one


def test_a_term_is_counted_day_by_day() -> None:
    shown = said("count", "review", "--from", "2026-02-11").stdout
    assert "due on 2026-02-18, rolled to 2026-02-24" in shown
    assert "中华人民共和国法律援助法第四十三条第一款" in shown
    assert shown.count("counted") == 7


def test_pauses_are_given_by_their_first_and_last_day() -> None:
    one = counted(
        "REVIEW",
        "--from",
        "2026-03-09",
        "--remote-check",
        "2026-03-10",
        "2026-03-13",
        "--supplement",
        "2026-03-12",
        "2026-03-14",
    )
    assert one["clock"]["due_strict"] == "2026-03-20"
    assert [day["day"] for day in one["days"] if day["what"] == "suspended"] == [
        f"2026-03-{number}" for number in (11, 12, 13, 14)
    ]


def test_a_citys_rule_is_taken_in_its_city() -> None:
    assert counted("REPLACEMENT", "--from", "2026-11-20", "--region", "330106")["clock"]["unit"] == "WORKING_DAY"
    assert counted("REPLACEMENT", "--from", "2026-11-20")["clock"]["unit"] == "CALENDAR_DAY"


def test_a_calendar_that_nobody_knows_is_a_warning_and_no_guess() -> None:
    shown = said("count", "replacement", "--from", "2098-12-28", "--region", "330106").stdout
    assert "its last day is not known yet" in shown
    assert "which days of 2098 are worked is not known yet" in shown
    assert "may be later" in said("count", "review", "--from", "2098-12-28").stdout


def test_the_list_names_each_terms_source() -> None:
    shown = said("list").stdout
    assert "第四十三条第一款" in shown
    assert "DESIGNATION" not in shown
    assert "DESIGNATION" in said("list", "--region", "450100").stdout
    assert {one["code"] for one in json.loads(said("list", "--json").stdout)} >= {"REVIEW", "ASSIGN", "OBJECTION"}


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("NONE_SUCH", "--from", "2026-02-11"), FAULT, "transfer clock list"),
        (("FORWARD_CUSTODY", "--from", "2026-02-11"), USAGE, "24 hours"),
        (("REVIEW", "--from", "11.02.2026"), USAGE, "--from"),
    ],
)
def test_what_cannot_be_counted_says_why(words: tuple[str, ...], code: int, told: str) -> None:
    assert told in said("count", *words, code=code).output


def test_a_term_whose_last_day_is_set_is_listed_and_not_counted() -> None:
    assert "as set" in said("list").stdout
    refused = said("count", "STATED_LIMITATION", "--from", "2026-05-11", code=USAGE)
    assert "the last day of STATED_LIMITATION is set when it begins" in refused.output
