"""The report on pairs and the history of a case as papers: nothing of them is left out, and the chart speaks."""

import re
import xml.etree.ElementTree as ET
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import pytest

import transfer
from tests.builders import CASE_ID, LUXIAN, STATION, ZHONGSHAN
from tests.fakes import run
from tests.ledger import START, MemoryLedger, a_handed_over_case, a_step, an_entry
from tests.paper.conftest import Printed
from tests.paper.reading import facts_of, scanned, text_of
from transfer.actions.proven import of_case
from transfer.domain.report_columns import OFFER_COLUMNS, PANELS, REQUEST_COLUMNS, shown
from transfer.domain.reporting import OfferFate, PairReport, RequestFate, pair_report
from transfer.ledger.entry import Entry, Kind
from transfer.messages.case import Clock
from transfer.messages.codes_clocks import TimeUnit
from transfer.paper.chart import WIDTH, chart
from transfer.paper.histories import _STEPS, history_letter
from transfer.paper.letter import Letter, Table
from transfer.paper.reports import PAIRS, pairs_letter

DAY: Final = date(2026, 6, 1)
NAMES: Final = {ZHONGSHAN: "中山市法律援助处", LUXIAN: "泸县法律援助中心", STATION: "泸县驻中山工作站"}
PACKAGE: Final = Path(transfer.__file__).parent
_SVG: Final = "{http://www.w3.org/2000/svg}"


def a_report(*peers: str) -> PairReport:
    """With each peer four transfers and two requests, answered after some days."""
    offers, requests = [], []
    for peer in peers:
        sent: dict[str, Any] = {"sender": ZHONGSHAN, "receiver": peer, "sent_on": DAY}
        for wait in (1, 3, 9):
            on = DAY + timedelta(days=wait)
            offers.append(OfferFate(**sent, answered_on=on, accepted_on=on, recovered=123_456))
        offers.append(OfferFate(**sent, answered_on=DAY, ground="COMPETENCE_CAUSE_ELSEWHERE"))
        requests.append(RequestFate(**sent, answered_on=DAY + timedelta(days=2), due_on=DAY, reworks=1))
        requests.append(RequestFate(**sent, due_on=DAY, waiting=True))
    return pair_report(offers, requests, since=DAY, until=date(2026, 6, 30), as_of=date(2026, 7, 10))


def tables(letter: Letter) -> list[Table]:
    return [one for one in letter.body if isinstance(one, Table)]


def test_the_report_shows_every_figure_in_both_languages(printed: Printed) -> None:
    report = a_report(LUXIAN)
    said = text_of(printed(pairs_letter(report, NAMES[ZHONGSHAN], NAMES)))
    for column in (*OFFER_COLUMNS, *REQUEST_COLUMNS):
        for part in (column.zh, column.en, shown(column, report.pairs[0])):
            assert re.sub(r"\s", "", part) in said, column.en
    assert "事由发生在其他地区1" in said
    assert "3,703.68" in said


def test_many_pairs_go_on_in_further_tables_and_charts(printed: Printed) -> None:
    peers = [f"51{n:02}00" for n in range(1, 2 * PAIRS + 2)]
    letter = pairs_letter(a_report(*peers), NAMES[ZHONGSHAN], NAMES)
    assert [len(one.columns) - 1 for one in tables(letter)] == [PAIRS, PAIRS, PAIRS, PAIRS, 1, 1]
    said = text_of(printed(letter))
    assert all(peer in said for peer in peers)


def test_a_period_without_pairs_is_a_paper_too(printed: Printed) -> None:
    assert "地区间转交与协作统计" in text_of(printed(pairs_letter(a_report(), NAMES[ZHONGSHAN], NAMES)))


def drawing(svg: str) -> ET.Element:
    return ET.fromstring(svg)  # noqa: S314 - it was made here


def test_the_chart_says_in_words_what_its_bars_show() -> None:
    report = a_report(LUXIAN)
    drawn = drawing(chart(report, NAMES))
    assert (drawn.get("role"), drawn.get("aria-labelledby")) == ("img", "title desc")
    said = drawn.findtext(f"{_SVG}desc") or ""
    for panel in PANELS:
        for column in panel.columns:
            assert f"{column.en} {shown(column, report.pairs[0])}" in said
    texts = "".join(one.text or "" for one in drawn.iter(f"{_SVG}text"))
    assert all(panel.zh in texts and panel.en in texts for panel in PANELS)


def test_bars_are_as_long_as_their_figures_and_stay_in_the_picture() -> None:
    drawn = drawing(chart(a_report(LUXIAN, STATION), NAMES))
    bars = [one for one in drawn.iter(f"{_SVG}rect") if one.get("height") == "12"]
    ends = [float(one.get("x", 0)) + float(one.get("width", 0)) for one in bars]
    assert max(ends) <= WIDTH
    sent, accepted = (float(one.get("width", 0)) for one in bars[:2])
    assert accepted == pytest.approx(sent * 3 / 4, abs=0.1)


def test_a_name_cannot_break_the_chart() -> None:
    drawn = drawing(chart(a_report(LUXIAN), NAMES | {LUXIAN: '<script>"&'}))
    assert '<script>"&' in "".join(one.text or "" for one in drawn.iter(f"{_SVG}text"))


# The history of a case -------------------------------------------------------------------------------------------


def a_clock() -> Clock:
    return Clock(
        rule="REVIEW",
        rules="1",
        zh="审查期限",
        en="Review",
        basis="《法律援助法》第四十三条",
        length=7,
        unit=TimeUnit.CALENDAR_DAY,
        region=ZHONGSHAN,
        started_on=DAY,
        due_strict=date(2026, 6, 8),
        due_rolled=date(2026, 6, 8),
    )


def a_history(*entries: Entry, named: bool = False) -> Letter:
    ledger = MemoryLedger.of(*(entries or a_handed_over_case()))
    found = run(of_case(ledger, CASE_ID, region=ZHONGSHAN, signed={}, named=named))
    return history_letter(found, [a_clock()], NAMES, date(2026, 7, 1))


def test_a_history_shows_holders_steps_messages_readings_and_clocks(printed: Printed, tmp_path: Path) -> None:
    letter = a_history()
    pdf = printed(letter)
    said = text_of(pdf)
    holders, steps, messages, readings, clocks = tables(letter)
    assert [row[0] for row in holders.rows] == ["1", "2"]
    assert [row[0] for row in steps.rows] == ["0", "1", "3", "4", "6"]
    assert [row[0] for row in messages.rows] == ["2"]
    assert [row[0] for row in readings.rows] == ["5"]
    assert clocks.rows[0][-1] == "逾期"
    for table in (holders, steps, messages, readings, clocks):
        for row in table.rows:
            for cell in row:
                assert re.sub(r"\s", "", cell) in said, cell
    assert letter.check is not None
    assert scanned(pdf, int(facts_of(pdf)["Pages"])) == [letter.check.text]


def test_an_entry_of_any_kind_on_a_case_can_be_printed(printed: Printed) -> None:
    entries = [
        an_entry(kind, at=START, facts={"region": LUXIAN, "refusal": {"code": "X", "hop": "inbox", "detail": None}})
        for kind in Kind
        if kind is not Kind.STEP
    ]
    said = text_of(printed(a_history(a_step("case_opened"), *entries)))
    assert "codeX,hopinbox" in said


def test_every_step_that_is_worded_exists() -> None:
    sources = [file for room in ("actions", "handlers") for file in (PACKAGE / room).glob("*.py")]
    said = "\n".join(file.read_text(encoding="utf-8") for file in sources)
    assert [name for name in _STEPS if f'"{name}"' not in said] == []


def test_an_event_that_has_no_words_is_printed_by_its_name() -> None:
    [_, steps, *_] = tables(a_history(a_step("something_new")))
    assert steps.rows[0][2] == "something_new\nsomething_new"


def test_a_stage_is_printed_in_words() -> None:
    [_, steps, *_] = tables(a_history(a_step("stage_published", detail={"stage": "granted"})))
    assert steps.rows[0][2].startswith("办理阶段：")
