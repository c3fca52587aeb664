"""Letters as PDF, read by other programs: text, fonts, line breaks, pages, and the code for checking."""

import hashlib
import subprocess
import sys

import pytest

from tests.paper import reading
from tests.paper.builders import (
    LONG_INSTITUTION,
    RARE_NAMES,
    a_case,
    a_custody_event,
    a_custody_record,
    a_frame,
    a_letter,
    a_request,
)
from tests.paper.conftest import Printed
from tests.paper.samples import samples
from transfer.paper.errors import LayoutFailed, NoGlyph, NotPrintable
from transfer.paper.fonts import Fonts
from transfer.paper.layouts import cooperation_letter, custody_record
from transfer.paper.letter import Block, Closing, Column, Contact, Heading, Level, Paragraph, Table
from transfer.paper.render import render

NOT_FIRST = "，。！？；：、”’）》】〕…·"
NOT_LAST = "“‘（《【〔"
SENTENCE = "阿依古丽·买买提说：“《考勤表》（一份）——在这里……没有”，共20,000.50元、ABCDEF123456、2026年12月31日！"
ENDLESS = "https://example.org/" + "x" * 200
AGAIN = """
import hashlib, sys
from tests.paper.samples import samples
from transfer.paper.fonts import find_fonts
from transfer.paper.render import render
print(hashlib.sha256(render(dict(samples())[sys.argv[1]], find_fonts())).hexdigest())
"""


def test_every_word_of_a_letter_can_be_found_by_another_program(printed: Printed) -> None:
    text = reading.text_of(printed(cooperation_letter(a_request())))
    for words in (
        "新抚援协函〔2026〕3号",
        "灵武市法律援助中心：",
        "三、请求协助的事项",
        "考勤表、工资支付台账及进出场记录",
        "12104201010000000",
        "请自收到本函次日起10个工作日内函复办理结果",
        "附件：1.律师事务所证明2.律师执业证复印件",
        "抚顺市新抚区法律援助中心2026年2月11日",
        "（联系人：周明，联系电话：024-52430000）",
    ):
        assert words in text


def test_a_date_is_copied_in_one_piece(printed: Printed) -> None:
    assert "2026年2月11日\n" in reading.copied_from(printed(a_letter()))


def test_two_digits_of_a_digest_are_two_signs(printed: Printed) -> None:
    few, many = (reading.signs_on(printed(a_letter(Paragraph(text="f" * count))), 1) for count in (8, 10))
    assert many - few == 2


def test_the_file_tells_its_title_author_language_and_day(printed: Printed) -> None:
    file = printed(cooperation_letter(a_request()))
    facts = reading.facts_of(file)
    assert (facts["Title"], facts["Author"]) == ("法律援助协作函", "抚顺市新抚区法律援助中心")
    assert facts["CreationDate"].startswith("Wed Feb 11")
    assert b"/Lang(zh-CN)" in file.read_bytes()
    assert b"<pdfaid:part>2</pdfaid:part><pdfaid:conformance>U</pdfaid:conformance>" in file.read_bytes()
    assert facts["Page size"].endswith("(A4)")


def test_all_fonts_are_embedded_as_subsets_and_mapped_to_unicode(printed: Printed) -> None:
    fonts = reading.fonts_of(printed(a_letter(Paragraph(text="，".join(RARE_NAMES)))))
    assert len(fonts) >= 3
    assert {(one["embedded"], one["subset"], one["unicode"]) for one in fonts} == {("yes", "yes", "yes")}


@pytest.mark.parametrize("name", ["cooperation", "crowded-custody"])
def test_the_same_letter_is_the_same_bytes_in_another_process(name: str, fonts: Fonts) -> None:
    here = hashlib.sha256(render(dict(samples())[name], fonts)).hexdigest()
    there = subprocess.run([sys.executable, "-c", AGAIN, name], capture_output=True, text=True, check=True)
    assert there.stdout.strip() == here


def test_no_line_begins_with_a_closing_mark_or_ends_with_an_opening_one(printed: Printed) -> None:
    body = [Paragraph(text="字" * shift + SENTENCE * 2) for shift in range(30)]
    lines = [line for page in reading.pages_of(printed(a_letter(*body))) for line in page]
    assert len(lines) > 150
    assert [line for line in lines if line[0] in NOT_FIRST] == []
    assert [line for line in lines if line[-1] in NOT_LAST] == []


def test_numbers_and_words_are_not_broken(printed: Printed) -> None:
    body = [Paragraph(text="字" * shift + SENTENCE * 2) for shift in range(30)]
    lines = [line for page in reading.pages_of(printed(a_letter(*body))) for line in page]
    assert sum(line.count("20,000.50") for line in lines) == 60
    assert sum(line.count("ABCDEF123456") for line in lines) == 60


def test_the_dot_of_a_name_does_not_begin_a_line_of_a_narrow_column(printed: Printed) -> None:
    columns = (Column(head="一", share=1), Column(head="二", share=5))
    rows = tuple(("阿" * before + "·买买提", "") for before in range(1, 9))
    lines = [line for page in reading.pages_of(printed(a_letter(Table(columns=columns, rows=rows)))) for line in page]
    assert sum("·" in line for line in lines) == len(rows)
    assert [line for line in lines if line.startswith("·")] == []


@pytest.mark.parametrize(
    "block",
    [
        Paragraph(text=ENDLESS),
        Table(columns=(Column(head="一", share=1), Column(head="二", share=3)), rows=((ENDLESS, ""),)),
        Table(columns=(Column(head="一", share=1, is_code=True), Column(head="二", share=3)), rows=((ENDLESS, ""),)),
    ],
    ids=["paragraph", "cell", "code"],
)
def test_a_word_without_end_is_broken_and_nothing_of_it_is_lost(block: Block, printed: Printed) -> None:
    file = printed(a_letter(block))
    assert ENDLESS in reading.text_of(file)
    assert max(len(line) for page in reading.pages_of(file) for line in page) < 100


def test_nothing_is_put_into_the_text_that_was_not_there(printed: Printed) -> None:
    text = reading.text_of(printed(a_letter(Paragraph(text=SENTENCE + "x" * 200))))
    assert {sign for sign in text if not sign.isprintable()} == set()
    assert "阿依古丽·买买提" in text


def test_a_full_page_has_twenty_two_lines_of_twenty_eight_characters(printed: Printed) -> None:
    pages = reading.pages_of(printed(a_letter(Paragraph(text="字" * 2000), Paragraph(text="𠀀" * 1000))))
    lines = [line for page in pages[1:3] for line in page if not line.startswith("—")]
    assert {len(line) for line in lines} <= {28, 26, 27} | {len(lines[-1])}
    assert [len(page) - 1 for page in pages[1:3]] == [22, 22]
    assert lines.count("字" * 28) > 20


def test_pages_after_the_first_bear_their_number(printed: Printed) -> None:
    pages = reading.pages_of(printed(a_letter(Paragraph(text="字" * 2500))))
    assert pages[0][-1] == "字" * 28
    assert [page[-1] for page in pages[1:]] == [f"—{number}—" for number in range(2, len(pages) + 1)]


def test_rare_characters_and_names_with_a_dot_are_printed(printed: Printed) -> None:
    text = reading.text_of(printed(cooperation_letter(a_request(case=a_case(applicants=RARE_NAMES)))))
    for name in RARE_NAMES:
        assert name in text


@pytest.mark.parametrize(
    ("text", "named"),
    [("王\ue864", "U+E864"), ("سەلام", "U+0633"), ("x\u0338", "U+0338")],
    ids=["private use", "Arabic letters", "combining mark"],
)
@pytest.mark.parametrize("place", ["text", "title", "cell"])
def test_a_character_that_no_font_has_is_refused_by_its_number(text: str, named: str, place: str, fonts: Fonts) -> None:
    match place:
        case "text":
            letter = a_letter(Paragraph(text=text))
        case "title":
            letter = a_letter(title=text)
        case _:
            letter = a_letter(Table(columns=(Column(head="一", share=1),), rows=((text,),)))
    with pytest.raises(NoGlyph) as refused:
        render(letter, fonts)
    assert named in refused.value.detail
    assert text not in refused.value.message


@pytest.mark.parametrize("sign", ["\u202e", "\x07", "\u200b", "\ufeff"])
def test_a_character_that_cannot_be_shown_is_refused(sign: str, fonts: Fonts) -> None:
    with pytest.raises(NotPrintable, match=f"{ord(sign):04X}"):
        render(a_letter(Paragraph(text=f"王{sign}明")), fonts)


def test_a_letter_of_nobody_is_refused_and_does_not_crash(fonts: Fonts) -> None:
    with pytest.raises(LayoutFailed):
        render(a_letter(issuer=""), fonts)


def test_text_is_never_taken_for_markup(printed: Printed) -> None:
    tricks = '#read("/etc/passwd")#sys.version*粗*_斜_$x^2$<label>@ref`raw`//注/*注*/= 题\\u{41}[括]{号}~--"引"'
    columns = (Column(head="#strong[头]", share=1),)
    letter = a_letter(
        Heading(level=Level.SECOND, text=tricks),
        Paragraph(text=tricks, label="*标*"),
        Closing(text=tricks),
        Table(columns=columns, rows=((tricks,),)),
        attachments=(tricks,),
        number="*号*",
        title="_题_",
        contact=Contact(person="#人", phone="$1$"),
    )
    text = reading.text_of(printed(letter))
    assert text.count(tricks.replace(" ", "")) == 5
    for words in ("#strong[头]", "*标*", "*号*", "_题_", "#人", "$1$"):
        assert words in text


def test_lines_of_a_cell_stay_lines(printed: Printed) -> None:
    table = Table(columns=(Column(head="一", share=1),), rows=(("上行\n下行",),))
    lines = reading.pages_of(printed(a_letter(table)))[0]
    assert lines.index("下行") == lines.index("上行") + 1


def test_a_table_over_pages_repeats_its_head_and_loses_no_row(printed: Printed) -> None:
    steps = tuple(a_custody_event(n, action=f"第{n}步" + "交接" * 20) for n in range(60))
    file = printed(custody_record(a_custody_record(events=steps)))
    pages = ["".join(page) for page in reading.pages_of(file)]
    assert len(pages) > 4
    assert all("经手人" in page for page in pages[:-1])
    text = reading.text_of(file)
    assert [n for n in range(60) if f"第{n}步" not in text] == []


def test_a_row_that_fits_on_a_page_is_not_torn(printed: Printed) -> None:
    rows = tuple((f"始{n}\n中\n中\n终{n}",) for n in range(60))
    pages = reading.pages_of(printed(a_letter(Table(columns=(Column(head="一", share=1),), rows=rows))))
    for page in pages:
        begun, ended = ([line[1:] for line in page if line[0] == sign] for sign in "始终")
        assert begun == ended


def test_a_row_higher_than_a_page_goes_on_over_it(printed: Printed) -> None:
    numbered = "".join(f"第{n}项，" for n in range(1000))
    file = printed(custody_record(a_custody_record(events=(a_custody_event(0, action=numbered),))))
    text = "".join(line for page in reading.pages_of(file) for line in page)
    assert len(reading.pages_of(file)) > 4
    assert "第999" in text


@pytest.mark.parametrize("count", range(0, 24, 3))
def test_the_signature_never_stands_on_a_page_without_text(count: int, printed: Printed) -> None:
    letter = a_letter(*(Paragraph(text="字" * 20) for _ in range(count)), Closing(text="请予协助为盼。"))
    last = reading.pages_of(printed(letter))[-1]
    assert last.index("请予协助为盼。") < last.index("2026年2月11日")


@pytest.mark.parametrize("count", range(0, 24, 3))
def test_with_attachments_the_last_of_them_stays_with_the_signature(count: int, printed: Printed) -> None:
    body: list[Block] = [*(Paragraph(text="字" * 20) for _ in range(count)), Closing(text="请予协助为盼。")]
    last = reading.pages_of(printed(a_letter(*body, attachments=("甲材料", "乙材料"))))[-1]
    assert last.index("2.乙材料") < last.index("2026年2月11日")


def test_what_introduces_a_table_is_not_left_behind(printed: Printed) -> None:
    table = Table(columns=(Column(head="表头", share=1),), rows=tuple((f"行{n}",) for n in range(3)))
    for count in range(8, 18):
        body: list[Block] = [*(Paragraph(text="字" * 20) for _ in range(count)), Paragraph(text="情况如下："), table]
        for page in reading.pages_of(printed(a_letter(*body))):
            if "情况如下：" in page:
                assert "表头" in page


def test_a_long_name_number_and_marks_are_printed_in_full(printed: Printed) -> None:
    marked = a_frame(
        issuer=LONG_INSTITUTION, number="和静县农民工援助协作函〔2026〕第1024号", secrecy="内部资料★1年", urgency="特急"
    )
    first = reading.pages_of(printed(cooperation_letter(a_request(frame=marked))))[0]
    assert "".join(first[:2]) == LONG_INSTITUTION
    assert first[2] == "内部资料★1年和静县农民工援助协作函〔2026〕第1024号"
    assert first[3] == "特急"
