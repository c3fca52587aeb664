"""Refusals on pages: each detail has a name in both languages, and what stands there is said in words."""

import ast
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final
from uuid import UUID

import pytest

import transfer
from tests.trust import DRAFT
from transfer.crypto.directory import Directory, Draft
from transfer.domain import errors
from transfer.domain.errors import TransferError
from transfer.domain.evidence_table import RequestSide, RequestState, RequestStep
from transfer.domain.lifecycle import Side, State, Step
from transfer.law.codes import WhyNot
from transfer.messages.codes import HardshipGround, Stage
from transfer.web.pages.languages import Language
from transfer.web.pages.refusals import details, refusal_text
from transfer.web.problems import PROBLEMS

START: Final = datetime(2026, 1, 1, tzinfo=UTC)
DIRECTORY: Final = Directory(
    version=1, issued_at=START, expires_at=datetime(2027, 1, 1, tzinfo=UTC), regions=Draft.load(DRAFT).regions
)
PERSON: Final = UUID("0192f1a0-0000-7000-8000-0000000000a1")
KINDS: Final = {one.__name__ for one in PROBLEMS if issubclass(one, TransferError)}
CHINESE: Final = range(0x4E00, 0x9FFF)


def raised() -> Iterator[tuple[str, ast.keyword]]:
    """Every detail that the code gives to a refusal, with where it stands."""
    for path in Path(transfer.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in KINDS:
                yield from ((f"{path.name}:{node.lineno}", one) for one in node.keywords if one.arg)


def test_every_detail_of_a_refusal_has_a_name_in_both_languages_or_is_not_for_persons() -> None:
    given = {one.arg: place for place, one in raised()}
    assert {name: place for name, place in given.items() if name not in details()} == {}
    assert [name for name in details() if name not in given] == []
    assert [name for name, one in details().items() if bool(one.zh) != bool(one.en)] == []


def test_a_refusal_is_given_codes_and_not_their_text() -> None:
    shown = {name for name, one in details().items() if one.en}
    bare = [
        place
        for place, one in raised()
        if one.arg in shown and re.search(r"(?<!rule)\.value\b", ast.unparse(one.value))
    ]
    assert bare == []


@pytest.mark.parametrize("codes", [State, RequestState, Step, RequestStep, Side, RequestSide, Stage], ids=str)
def test_every_code_of_the_tables_is_said_in_words(codes: type[Stage]) -> None:
    for code in codes:
        zh = refusal_text(errors.IllegalStep(state=code), Language.ZH, DIRECTORY, {})
        en = refusal_text(errors.IllegalStep(state=code), Language.EN, DIRECTORY, {})
        assert not any(one.isascii() and one.isalpha() for one in zh), zh
        assert not any(ord(one) in CHINESE for one in en), en
        assert "_" not in en


def test_persons_places_and_days_are_said_as_each_language_says_them() -> None:
    missing = {str(PERSON): [WhyNot.NOTHING_FOUND, HardshipGround.COMMITMENT]}
    error = errors.NoGroundHolds(applicants=missing)
    zh = refusal_text(error, Language.ZH, DIRECTORY, {str(PERSON): "练某"})
    assert zh.endswith(f"。申请人：练某：{WhyNot.NOTHING_FOUND.zh}、{HardshipGround.COMMITMENT.zh}。")
    holder = errors.NotTheHolder(holder="442000", asked_by="510521")
    assert refusal_text(holder, Language.ZH, DIRECTORY, {}).endswith("。承办机构：中山市法律援助处；提出地区：泸县。")
    assert "Holder: Zhongshan Legal Aid Centre;" in refusal_text(holder, Language.EN, DIRECTORY, {})
    ahead = errors.DueDateAhead(due_on=date(2026, 11, 3))
    assert refusal_text(ahead, Language.ZH, DIRECTORY, {}).endswith("期限：2026年11月3日。")
    assert refusal_text(ahead, Language.EN, DIRECTORY, {}).endswith("Last day: 3 Nov 2026.")


def test_an_id_that_nobody_knows_is_shown_by_its_last_eight_digits() -> None:
    text = refusal_text(errors.EarlierCaseSurvives(surviving_case=PERSON), Language.ZH, DIRECTORY, {})
    assert text.endswith("先收到的案件：000000a1。")
