"""Numbers of persons, regions and telephones, by what is wrong with them."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from tests.builders import a_resident_id
from transfer.actions.commands import NewApplicant
from transfer.actions.roster import read_roster
from transfer.law.regions import birthplace_fault, retired_fault
from transfer.messages.case import IdentityDocument
from transfer.messages.codes import IdentityKind
from transfer.messages.numbers import check_digit, in_full, number_fault, phone_fault, resident_id_fault
from transfer.ports.sheets import Sheet, SheetRow

ZHENXIONG_UNTIL_2000, ZHENXIONG = "532128", "530627"


def checked(first: str) -> str:
    return first + check_digit(first)


def applicant(**typed: Any) -> NewApplicant:
    return NewApplicant.model_validate_json(json.dumps({"name": "李大山", "identity": {"kind": "NONE"}, **typed}))


def a_paper(number: str, kind: IdentityKind = IdentityKind.RESIDENT_ID) -> dict[str, Any]:
    return {"kind": kind.value, "number": number}


def test_a_number_of_15_digits_is_made_full_when_it_is_entered() -> None:
    full = a_resident_id(born="19620101", order=4)
    short = full[:6] + full[8:17]
    assert in_full(short) == full
    assert applicant(identity=a_paper(short)).identity.number == full
    assert applicant(victim=a_paper(short)).victim == IdentityDocument(kind=IdentityKind.RESIDENT_ID, number=full)
    assert resident_id_fault(short) == "has 15 digits as the first cards had: its 18 places are due"


def test_what_is_no_number_of_15_digits_stays_as_it_is() -> None:
    for text in ("", "99000062010100", "9900006201010041", "09000062010100X", a_resident_id()):
        assert in_full(text) == text


def test_a_number_of_15_digits_without_a_day_of_birth_is_refused_in_full() -> None:
    with pytest.raises(ValidationError, match="holds no day of birth"):
        applicant(identity=a_paper("990000621301004"))


@pytest.mark.parametrize(
    ("kind", "number", "fault"),
    [
        (IdentityKind.HMT_PERMIT, checked("81000019850412001"), None),
        (IdentityKind.HMT_PERMIT, checked("82000019850412001"), None),
        (IdentityKind.HMT_PERMIT, checked("83000019850412001"), None),
        (IdentityKind.HMT_PERMIT, checked("44200019850412001"), "must begin with 810000, 820000 or 830000"),
        (IdentityKind.HMT_PERMIT, "H1234567", "must be 17 digits and a digit or X"),
        (IdentityKind.FOREIGN_PERMANENT, checked("93115619850412001"), None),
        (IdentityKind.FOREIGN_PERMANENT, "CAN110080010101", None),
        (
            IdentityKind.FOREIGN_PERMANENT,
            checked("44200019850412001"),
            "must begin with 9, or with the three letters of a country",
        ),
        (IdentityKind.FOREIGN_PERMANENT, "CAN11008001010", "must be 17 digits and a digit or X"),
        (IdentityKind.PASSPORT, "E12345678", None),
    ],
)
def test_each_kind_of_document_has_numbers_of_its_own_form(kind: IdentityKind, number: str, fault: str | None) -> None:
    assert number_fault(kind, number) == fault
    if fault is None:
        assert applicant(identity=a_paper(number, kind)).identity.number == number
    else:
        with pytest.raises(ValidationError, match=fault):
            applicant(identity=a_paper(number, kind))


@pytest.mark.parametrize(
    ("first", "fault"),
    [
        (ZHENXIONG_UNTIL_2000 + "1990", None),
        (ZHENXIONG_UNTIL_2000 + "2000", None),
        (ZHENXIONG_UNTIL_2000 + "2001", "begins with 532128, which was retired in 2000, before the birth"),
        (ZHENXIONG + "1990", None),
        ("4420001980", None),
        ("4419991980", None),
        ("9900001990", "begins with 990000, which no region has had as its code"),
        ("0100001990", "begins with 010000, which no region has had as its code"),
    ],
)
def test_a_number_keeps_the_code_that_its_region_had_after_the_birth(first: str, fault: str | None) -> None:
    assert birthplace_fault(first) == fault


def test_an_applicant_with_a_number_of_no_region_is_refused_and_told_why() -> None:
    with pytest.raises(ValidationError, match="which was retired in 2000, before the birth"):
        applicant(identity=a_paper(checked(ZHENXIONG_UNTIL_2000 + "20050412001")))
    with pytest.raises(ValidationError, match="which no region has had"):
        applicant(victim=a_paper(checked("97000019850412001")))
    assert applicant(identity=a_paper(checked(ZHENXIONG_UNTIL_2000 + "19850412001"))).identity.number


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        (ZHENXIONG_UNTIL_2000, "was retired in 2000: 镇雄县 has the code 530627 now"),
        (ZHENXIONG, None),
        ("442000", None),
        ("510521", None),
        ("500101", None),
        ("442099", None),
    ],
)
def test_a_retired_code_of_a_home_is_refused_with_the_one_of_today(code: str, fault: str | None) -> None:
    assert retired_fault(code) == fault
    if fault is None:
        assert applicant(household_region=code).household_region == code
    else:
        with pytest.raises(ValidationError, match="530627"):
            applicant(household_region=code)


@pytest.mark.parametrize("number", ["13800000000", "+86 138-0000-0000", "0830-0000000", "12348", "+852 61234567"])
def test_a_telephone_number_is_taken(number: str) -> None:
    assert phone_fault(number) is None
    assert applicant(phone=number).phone == number


@pytest.mark.parametrize("number", ["12800000000", "1380000000", "138000000000", "+86 1380000000"])
def test_a_mobile_number_has_eleven_digits_and_begins_with_13_to_19(number: str) -> None:
    assert phone_fault(number) == "is no mobile number: 1, then 3 to 9, then nine digits"
    with pytest.raises(ValidationError, match="no mobile number"):
        applicant(phone=number)


def test_the_same_is_checked_of_persons_in_a_sheet() -> None:
    full = a_resident_id(born="19620101", order=4)
    rows = (
        {"name": "李大山", "identity_number": full[:6] + full[8:17]},
        {"name": "王小河", "identity_number": checked(ZHENXIONG_UNTIL_2000 + "20050412001")},
        {"name": "赵小燕", "identity_kind": "港澳台居民居住证", "identity_number": checked("44200019850412001")},
        {"name": "周敏", "household_region": ZHENXIONG_UNTIL_2000, "phone": "12800000000"},
    )
    fields = ("name", "identity_kind", "identity_number", "household_region", "phone")
    sheet = Sheet(
        rows=tuple(SheetRow(number=number, texts=texts) for number, texts in enumerate(rows, 2)),
        places=dict(zip(fields, "ABCDE", strict=True)),
    )
    roster = read_roster(sheet, test_identities=True)
    assert [one.identity.number for one in roster.persons] == [full]
    said = {one.cell: one.en for one in roster.misfits}
    assert said.keys() == {"C3", "C4", "D5", "E5"}
    assert "retired in 2000, before the birth" in said["C3"]
    assert "must begin with 810000" in said["C4"]
    assert "镇雄县 has the code 530627 now" in said["D5"]
    assert "no mobile number" in said["E5"]
