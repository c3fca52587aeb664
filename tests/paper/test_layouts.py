"""What each letter must say: nothing of a form is left out of its letter."""

import re
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

import pytest

from tests.paper.builders import (
    a_case,
    a_custody_record,
    a_forwarding,
    a_receipt,
    a_refusal,
    a_reply,
    a_request,
    an_item,
)
from transfer.messages.check_line import CheckLine
from transfer.paper.errors import TableUneven
from transfer.paper.layouts import (
    cannot_help,
    cooperation_letter,
    custody_record,
    forwarding_letter,
    receipt,
    reply,
)
from transfer.paper.letter import NOTHING, Closing, Column, Heading, Letter, Paragraph, Picture, Table
from transfer.paper.numerals import official_day, official_moment

LETTERS: list[tuple[Callable[[Any], Letter], Any]] = [
    (cooperation_letter, a_request()),
    (receipt, a_receipt()),
    (reply, a_reply()),
    (cannot_help, a_refusal()),
    (forwarding_letter, a_forwarding()),
    (custody_record, a_custody_record()),
]
TWELVE = ("一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二")
EACH = pytest.mark.parametrize(("layout", "form"), LETTERS, ids=[layout.__name__ for layout, _ in LETTERS])


def told(form: object) -> Iterator[str]:
    """Everything that the form says, as a letter would write it."""
    match form:
        case bool() | None | UUID() | int():
            return
        case str():
            yield from (re.sub(r"\s", "", line) for line in form.splitlines())
        case datetime():
            yield official_moment(form).replace(" ", "")
        case date():
            yield official_day(form)
        case tuple():
            for one in form:
                yield from told(one)
        case _:
            assert is_dataclass(form)
            for field in fields(form):
                yield from told(getattr(form, field.name))


def said(letter: Letter) -> str:
    """Everything that the letter says, without spaces."""
    texts = [letter.issuer, letter.number, letter.title, letter.addressee, letter.secrecy, letter.urgency]
    texts += [*letter.attachments, official_day(letter.signed_on)]
    if letter.contact:
        texts += [letter.contact.person, letter.contact.phone]
    if isinstance(letter.check, CheckLine):
        texts += [letter.check.region, letter.check.digest]
    for block in letter.body:
        match block:
            case Heading() | Closing():
                texts.append(block.text)
            case Paragraph():
                texts += [block.label, block.text]
            case Picture():
                texts.append(block.alt)
            case Table():
                texts += [cell for row in block.rows for cell in row]
    return re.sub(r"\s", "", "\n".join(texts))


def table_rows(letter: Letter) -> list[tuple[str, ...]]:
    return [row for block in letter.body if isinstance(block, Table) for row in block.rows]


def headings(letter: Letter) -> list[str]:
    return [block.text for block in letter.body if isinstance(block, Heading)]


@EACH
def test_a_letter_says_everything_that_its_form_says(layout: Callable[[Any], Letter], form: Any) -> None:
    letter = said(layout(form))
    assert [text for text in told(form) if text not in letter] == []


@EACH
def test_a_letter_names_no_article_of_law_by_itself(layout: Callable[[Any], Letter], form: Any) -> None:
    assert not re.search(r"第[一二三四五六七八九十百0-9]+条", said(layout(form)))


@EACH
def test_a_letter_ends_with_a_sentence_that_stays_with_the_signature(
    layout: Callable[[Any], Letter], form: Any
) -> None:
    letter = layout(form)
    assert isinstance(letter.body[-1], Closing)
    assert letter.has_seal


def test_sections_are_counted_without_a_gap_when_no_lawyer_handles_the_case() -> None:
    with_lawyer, without = (
        [text[:2] for text in headings(cooperation_letter(form)) if text[1] == "、"]
        for form in (a_request(), a_request(lawyer=None))
    )
    assert with_lawyer == ["一、", "二、", "三、", "四、", "五、", "六、", "七、"]
    assert without == with_lawyer[:-1]


def test_each_item_stands_under_its_own_number() -> None:
    letter = cooperation_letter(a_request(items=tuple(an_item(kind=f"第{n}种") for n in range(12))))
    assert headings(letter)[3:15] == [f"（{number}）第{n}种" for n, number in enumerate(TWELVE)]


def test_what_is_not_known_is_said_to_be_nothing_and_not_left_out() -> None:
    letter = cooperation_letter(a_request(case=a_case(case_number="", opponent=""), items=(an_item(period=""),)))
    empty = [block.label for block in letter.body if isinstance(block, Paragraph) and block.text == NOTHING]
    assert empty == ["案件编号", "对方当事人", "期间"]


def test_an_item_without_urgency_is_an_ordinary_one() -> None:
    letter = cooperation_letter(a_request(items=(an_item(urgency="", urgency_reason=""),)))
    assert "紧急程度及理由\n一般".replace("\n", "") in said(letter)


def test_a_text_of_several_lines_becomes_several_paragraphs() -> None:
    letter = cooperation_letter(a_request(purpose="第一段\n\n  第二段\n"))
    told_lines = [block.text for block in letter.body if isinstance(block, Paragraph)]
    at = told_lines.index("第一段")
    assert told_lines[at + 1] == "第二段"


def test_a_receipt_without_attachments_says_so() -> None:
    assert "随函材料无" in said(receipt(a_receipt(attachments=())))


def test_a_reply_says_of_each_piece_whether_its_original_was_seen() -> None:
    seen = [row[4] for row in table_rows(reply(a_reply())) if len(row[-1]) > 64]
    assert seen == ["是", "否"]


def test_a_reply_without_evidence_says_so_and_has_no_empty_table() -> None:
    letter = reply(a_reply(evidence=()))
    assert "未取得证据材料" in said(letter)
    assert len([block for block in letter.body if isinstance(block, Table)]) == 1


def test_a_reply_without_remarks_has_no_section_for_them() -> None:
    assert len(headings(reply(a_reply(remarks="")))) == 2


def test_steps_of_custody_are_numbered_in_their_order_with_the_digest_after_each() -> None:
    record = a_custody_record(3)
    rows = table_rows(custody_record(record))
    assert [row[0] for row in rows] == ["1", "2", "3"]
    assert [row[-1].replace(" ", "") for row in rows] == [step.digest for step in record.events]
    assert "共3条" in said(custody_record(record))


def test_the_marks_of_secrecy_and_urgency_stay_with_the_letter() -> None:
    form = a_request()
    marked = replace(form, frame=replace(form.frame, secrecy="内部资料", urgency="特急"))
    letter = cooperation_letter(marked)
    assert (letter.secrecy, letter.urgency) == ("内部资料", "特急")


def test_a_row_with_another_number_of_cells_than_the_head_is_refused() -> None:
    with pytest.raises(TableUneven, match="row 2"):
        Table(columns=(Column(head="一", share=1),), rows=(("1",), ("1", "2")))
