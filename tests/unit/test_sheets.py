"""Sheets of persons: every bad row and cell is named, and bad files are refused with a clear word."""

import io
import zipfile
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any, Final

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from tests.builders import a_resident_id
from transfer.actions.roster import Roster, read_roster
from transfer.messages.case import MAX_PERSONS
from transfer.messages.codes import ApplicantCategory, HardshipGround, IdentityKind
from transfer.messages.eligibility import Found
from transfer.ports.sheets import COLUMNS, MAX_SHEET, RowFault, SheetRefusal, SheetRefused
from transfer.sheets.files import make_template, read_sheet
from transfer.sheets.table import letter

HEADINGS: Final = [one.zh for one in COLUMNS]
LI: Final = [
    *("李大山", "", a_resident_id(order=1), "", "13800000000", "510521", "进城务工人员"),
    *("ART42_3", "务工证明", "", "7500.00"),
]
WANG: Final = ["王小河", "", a_resident_id(order=2), "", "", "", "", "个人诚信承诺", "承诺书", "2026-06-14", ""]
EMPTY: Final = [""] * len(HEADINGS)


def a_book(*rows: Sequence[Any], change: Callable[[Worksheet], Any] = lambda _: None) -> bytes:
    book = Workbook()
    sheet = book.worksheets[0]
    for row in (HEADINGS, *rows):
        sheet.append(list(row))
    change(sheet)
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def a_list(*rows: Sequence[str], charset: str = "utf-8", separator: str = ",") -> bytes:
    return "\r\n".join(separator.join(row) for row in (HEADINGS, *rows)).encode(charset)


def read(content: bytes, *, tests: bool = True) -> Roster:
    return read_roster(read_sheet(content), test_identities=tests)


def named(roster: Roster) -> list[tuple[int, str | None, RowFault]]:
    return [(one.row, one.cell, one.fault) for one in roster.misfits]


def but(row: Sequence[Any], **cells: Any) -> list[Any]:
    """The row with other cells, by field."""
    fields = [one.field for one in COLUMNS]
    return [cells.get(name, text) for name, text in zip(fields, row, strict=True)]


# What is taken ----------------------------------------------------------------------------------------------


def test_a_row_becomes_a_person_with_all_that_its_cells_say() -> None:
    [person] = read(a_book(LI)).persons
    assert (person.name, person.identity.kind, person.phone) == ("李大山", IdentityKind.RESIDENT_ID, "13800000000")
    assert (person.household_region, person.claimed) == ("510521", 750_000)
    assert person.categories == (ApplicantCategory.MIGRANT_WORKER,)
    assert person.finding == Found(ground=HardshipGround.ART42_3, proof="务工证明")


def test_a_commitment_is_taken_with_the_day_on_which_it_was_signed_and_no_ground_is_no_finding() -> None:
    nothing = but(WANG, hardship="", proof="", signed_on="", identity_number=a_resident_id(order=3))
    persons = read(a_book(WANG, nothing)).persons
    committed = Found(ground=HardshipGround.COMMITMENT, proof="承诺书", signed_on=date(2026, 6, 14))
    assert [one.finding for one in persons] == [committed, None]


@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_list_is_read_in_each_charset_that_offices_use(charset: str, separator: str) -> None:
    roster = read(a_list(LI, WANG, charset=charset, separator=separator))
    assert [one.name for one in roster.persons] == ["李大山", "王小河"]
    assert named(roster) == []


def test_headings_may_be_english_in_any_order_below_a_title_and_beside_columns_of_others() -> None:
    content = "名单（2026）,,\nNo., document NUMBER ,Name*\n1," + a_resident_id() + ",Li\n"
    sheet = read_sheet(content.encode())
    assert (sheet.ignored, sheet.places) == (("No.",), {"identity_number": "B", "name": "C"})
    assert [one.name for one in read_roster(sheet, test_identities=True).persons] == ["Li"]


@pytest.mark.parametrize(
    ("field", "typed", "taken"),
    [
        ("claimed", 7500, 750_000),
        ("claimed", 7500.5, 750_050),
        ("claimed", "￥7,500.50元", 750_050),
        ("phone", 13800000000, "13800000000"),
        ("phone", "１３８００００００００", "13800000000"),
        ("household_region", 510521, "510521"),
        ("born_on", datetime(1985, 4, 12), date(1985, 4, 12)),  # noqa: DTZ001 - a cell has no zone
        ("born_on", "1985年4月12日", date(1985, 4, 12)),
        ("born_on", "1985/4/12", date(1985, 4, 12)),
        ("categories", "进城务工人员、DISABLED", (ApplicantCategory.MIGRANT_WORKER, ApplicantCategory.DISABLED)),
        ("categories", "社会救助、司法救助对象", (ApplicantCategory.SOCIAL_ASSISTANCE,)),
    ],
)
def test_cells_are_taken_as_people_type_them(field: str, typed: Any, taken: Any) -> None:
    [person] = read(a_book(but(WANG, **{field: typed}))).persons
    assert getattr(person, field) == taken


@pytest.mark.parametrize(
    ("field", "typed", "taken"),
    [
        ("hardship", "personal commitment", HardshipGround.COMMITMENT),
        ("signed_on", "2026年6月14日", date(2026, 6, 14)),
        ("signed_on", datetime(2026, 6, 14), date(2026, 6, 14)),  # noqa: DTZ001 - a cell has no zone
    ],
)
def test_cells_on_the_hardship_condition_are_taken_as_people_type_them(field: str, typed: Any, taken: Any) -> None:
    [person] = read(a_book(but(WANG, **{field: typed}))).persons
    assert getattr(person.finding, "ground" if field == "hardship" else field) == taken


def test_who_has_no_document_is_taken_without_one() -> None:
    [person] = read(a_book(but(WANG, identity_number=None))).persons
    assert person.identity.kind is IdentityKind.NONE


def test_the_template_holds_every_heading_an_example_that_is_taken_and_the_codes() -> None:
    template = make_template()
    assert [one.name for one in read(template).persons] == ["李大山"]
    assert named(read(template, tests=False)) == [(2, "C2", RowFault.TEST_IDENTITY)], "the example is nobody"
    book = load_workbook(io.BytesIO(template))
    listed = {row[1].value for row in book.worksheets[1].iter_rows()}
    assert listed == {code.value for one in COLUMNS if one.codes for code in one.codes}
    assert book.worksheets[0]["C400"].number_format == "@", "text, so that no digit is lost"


# What is wrong in a row -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "cell", "fault"),
    [
        ({"identity_number": "990000198504120011"}, "C3", RowFault.IDENTITY_WRONG),
        ({"identity_number": "99000019850412001"}, "C3", RowFault.IDENTITY_WRONG),
        ({"identity_number": "990000198513120011"}, "C3", RowFault.IDENTITY_WRONG),
        ({"identity_number": 990000198504120010}, "C3", RowFault.DIGITS_LOST),
        ({"identity_number": "9.90000198504E+17"}, "C3", RowFault.DIGITS_LOST),
        ({"identity_number": "=C2"}, "C3", RowFault.FORMULA),
        ({"name": "=A2"}, "A3", RowFault.FORMULA),
        ({"name": "#REF!"}, "A3", RowFault.FORMULA),
        ({"name": None}, "A3", RowFault.NAME_MISSING),
        ({"name": "李\u200b"}, "A3", RowFault.NOT_TAKEN),
        ({"identity_kind": "护照", "identity_number": None}, "C3", RowFault.IDENTITY_MISSING),
        ({"identity_kind": "暂无证件"}, "C3", RowFault.IDENTITY_ODD),
        ({"identity_kind": "驾驶证"}, "B3", RowFault.UNKNOWN_CODE),
        ({"categories": "农民"}, "G3", RowFault.UNKNOWN_CODE),
        ({"categories": "进城务工人员、农民"}, "G3", RowFault.UNKNOWN_CODE),
        ({"hardship": "ART99"}, "H3", RowFault.UNKNOWN_CODE),
        ({"hardship": None, "signed_on": None}, "H3", RowFault.GROUND_MISSING),
        ({"proof": None}, "I3", RowFault.PROOF_MISSING),
        ({"proof": "承诺\u200b书"}, "I3", RowFault.NOT_TAKEN),
        ({"signed_on": None}, "J3", RowFault.SIGNING_ODD),
        ({"hardship": "INFO_SHARING"}, "J3", RowFault.SIGNING_ODD),
        ({"hardship": None, "proof": None}, "J3", RowFault.SIGNING_ODD),
        ({"signed_on": "上周"}, "J3", RowFault.DATE_WRONG),
        ({"born_on": "1985"}, "D3", RowFault.DATE_WRONG),
        ({"born_on": "1985-02-30"}, "D3", RowFault.DATE_WRONG),
        ({"phone": "不详"}, "E3", RowFault.PHONE_WRONG),
        ({"household_region": "四川"}, "F3", RowFault.REGION_WRONG),
        ({"claimed": "约七千"}, "K3", RowFault.AMOUNT_WRONG),
        ({"claimed": "-1"}, "K3", RowFault.AMOUNT_WRONG),
        ({"claimed": "1.005"}, "K3", RowFault.AMOUNT_WRONG),
        ({"claimed": "NaN"}, "K3", RowFault.AMOUNT_WRONG),
        ({"claimed": "999999999999"}, "K3", RowFault.NOT_TAKEN),
    ],
)
def test_a_bad_cell_is_named_and_the_other_rows_are_taken(cells: dict[str, Any], cell: str, fault: RowFault) -> None:
    roster = read(a_book(LI, but(WANG, **cells)))
    assert named(roster) == [(3, cell, fault)]
    assert [one.name for one in roster.persons] == ["李大山"]
    assert all(said not in roster.misfits[0].model_dump_json() for said in ("李大山", "王小河", "9900001985"))


def test_a_list_is_looked_at_for_formulas_and_lost_digits_too() -> None:
    roster = read(a_list(but(LI, identity_number="9.9E+17", claimed="=1+1")))
    assert named(roster) == [(2, "C2", RowFault.DIGITS_LOST), (2, "K2", RowFault.FORMULA)]


def test_each_fault_of_a_row_is_named_not_the_first_alone() -> None:
    bad = but(LI, phone="x", claimed="x", categories="x", hardship="COMMITMENT", proof="")
    assert named(read(a_book(bad, LI))) == [
        (2, "E2", RowFault.PHONE_WRONG),
        (2, "G2", RowFault.UNKNOWN_CODE),
        (2, "K2", RowFault.AMOUNT_WRONG),
        (2, "I2", RowFault.PROOF_MISSING),
        (2, "J2", RowFault.SIGNING_ODD),
        (3, None, RowFault.PERSON_TWICE),
    ]


def test_the_same_person_twice_is_named_with_the_first_row() -> None:
    [twice] = read(a_book(LI, WANG, but(LI, name="李大三"))).misfits
    assert (twice.row, twice.fault, twice.en) == (4, RowFault.PERSON_TWICE, f"{RowFault.PERSON_TWICE.en} (row 2)")


def test_merged_hidden_and_empty_rows_are_named() -> None:
    def change(sheet: Worksheet) -> None:
        sheet.merge_cells("F2:F3")
        sheet.row_dimensions[4].hidden = True

    others = [but(LI, identity_number=a_resident_id(order=order)) for order in (3, 4, 5, 6)]
    roster = read(a_book(*others[:3], EMPTY, others[3], change=change))
    assert named(roster) == [
        (2, None, RowFault.MERGED),
        (3, None, RowFault.MERGED),
        (4, None, RowFault.HIDDEN),
        (5, None, RowFault.EMPTY),
    ]
    assert len(roster.persons) == 1


def test_nothing_is_said_of_empty_rows_at_the_end() -> None:
    roster = read(a_list(LI, EMPTY, EMPTY))
    assert (named(roster), roster.rows) == ([], 1)


def test_what_is_beyond_the_largest_group_is_named() -> None:
    rows = [
        but(WANG, identity_number=a_resident_id(born=f"19{y}0101", order=o)) for y in (80, 81) for o in range(1, 256)
    ]
    roster = read(a_list(*rows))
    assert len(roster.persons) == MAX_PERSONS
    assert named(roster) == [(row, None, RowFault.TOO_MANY) for row in range(502, 512)]


# What is refused --------------------------------------------------------------------------------------------


def repacked(content: bytes, **parts: bytes) -> bytes:
    """The file with these parts instead, by the ends of their names."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            end = name.rpartition("/")[2].partition(".")[0]
            new.writestr(name, parts.pop(end, old.read(name)))
        for name, part in parts.items():
            new.writestr(name, part)
    return made.getvalue()


def sheet_with(more: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(a_book(LI))) as packed:
        plain = packed.read("xl/worksheets/sheet1.xml")
    return repacked(a_book(LI), sheet1=plain.replace(b"</sheetData>", b"</sheetData>" + more))


REFUSED: Final = {
    "an old .xls file": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), SheetRefusal.OLD_OR_LOCKED),
    "too many bytes": (a_list(LI) + b" " * MAX_SHEET, SheetRefusal.TOO_LARGE),
    "a zip bomb": (repacked(a_book(LI), theme1=bytes(9 * 1024 * 1024)), SheetRefusal.INFLATED),
    "macros": (repacked(a_book(LI), **{"xl/vbaProject.bin": b"x"}), SheetRefusal.MACROS),
    "another zip": (repacked(a_book(LI), workbook=b"<a/>"), SheetRefusal.NOT_A_SHEET),
    "a damaged part": (repacked(a_book(LI), sheet1=b"<worksheet"), SheetRefusal.NOT_A_SHEET),
    "half a file": (a_book(LI)[:900], SheetRefusal.NOT_A_SHEET),
    "entities": (
        repacked(a_book(LI), sheet1='<!DOCTYPE a [<!ENTITY b "c">]><worksheet/>'.encode("utf-16")),
        SheetRefusal.NOT_A_SHEET,
    ),
    "a merged block as large as can be": (
        sheet_with(b"<mergeCells count='1'><mergeCell ref='A1:XFD&#49;048576'/></mergeCells>"),
        SheetRefusal.TOO_LONG,
    ),
    "a cell at the far end": (a_book(LI, change=lambda sheet: sheet.cell(1_048_576, 1, "x")), SheetRefusal.TOO_LONG),
    "too many rows of a list": (a_list(*[LI] * 2001), SheetRefusal.TOO_LONG),
    "UTF-16": (a_list(LI, charset="utf-16"), SheetRefusal.NOT_A_SHEET),
    "a quote that is not closed": (a_list(LI) + b'\r\n"', SheetRefusal.NOT_A_SHEET),
    "no headings": (b"a,b\n", SheetRefusal.HEADING_MISSING),
    "one heading missing": ("姓名\n李大山\n".encode(), SheetRefusal.HEADING_MISSING),
    "a heading twice": ("姓名,证件号码,身份证号\n".encode(), SheetRefusal.HEADING_TWICE),
    "nothing": (b"", SheetRefusal.HEADING_MISSING),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(100), SheetRefusal.NOT_A_SHEET),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_list_of_persons_is_refused_with_a_clear_word(name: str) -> None:
    content, why = REFUSED[name]
    with pytest.raises(SheetRefused) as refused:
        read_sheet(content)
    assert (refused.value.detail["code"], refused.value.detail["zh"]) == (why.value, why.zh)


def test_a_file_with_macros_that_names_its_project_otherwise_is_known_by_its_type() -> None:
    with zipfile.ZipFile(io.BytesIO(a_book(LI))) as packed:
        types = packed.read("[Content_Types].xml")
    marked = types.replace(b"spreadsheetml.sheet.main", b"sheet.macroEnabled.main")
    assert marked != types
    with pytest.raises(SheetRefused) as refused:
        read_sheet(repacked(a_book(LI), **{"[Content_Types]": marked}))
    assert refused.value.detail["code"] == SheetRefusal.MACROS.value


@pytest.mark.parametrize(("place", "said"), [(0, "A"), (25, "Z"), (26, "AA"), (51, "AZ"), (52, "BA")])
def test_columns_are_named_as_spreadsheets_name_them(place: int, said: str) -> None:
    assert letter(place) == said
