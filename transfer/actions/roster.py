"""A sheet as applicants: each row becomes a person, or is named with what is wrong."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Any, Final

from pydantic import ValidationError

from transfer.actions.commands import TEST_REGION, NewApplicant, birthplace_of
from transfer.domain.eligibility import why_not_at_first
from transfer.domain.persons import twins
from transfer.domain.recognition import Forum
from transfer.law.regions import retired_fault
from transfer.messages.case import MAX_PERSONS, IdentityDocument
from transfer.messages.codes import ApplicantCategory, Code, HardshipGround, IdentityKind, Matter
from transfer.messages.eligibility import Found
from transfer.messages.numbers import in_full, number_fault, phone_fault, resident_id_fault
from transfer.messages.values import Frozen
from transfer.ports.sheets import COLUMNS, RowFault, Sheet, SheetRow

_SEPARATORS: Final = re.compile(r"[、,;/|\s]+")
_DAY: Final = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?")
_PHONE: Final = re.compile(r"[0-9+ -]{5,20}")
_REGION: Final = re.compile(r"[1-9][0-9]{5}")
_MONEY: Final = re.compile(r"[¥元,\s]")
_FEN: Final = Decimal(100)


class Misfit(Frozen):
    """What is wrong with a row, or with one cell of it."""

    row: int
    cell: str | None = None
    column: str | None = None
    fault: RowFault
    zh: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """The persons of the good rows, and what is wrong with the others."""

    rows: int
    persons: tuple[NewApplicant, ...]
    misfits: tuple[Misfit, ...]


class _Wrong(Exception):
    def __init__(self, fault: RowFault, detail: str = "") -> None:
        self.fault = fault
        self.detail = detail
        super().__init__(fault)


def read_roster(
    sheet: Sheet, *, test_identities: bool, matter: Matter | None = None, forum: Forum | None = None
) -> Roster:
    """The persons in a sheet; where matter and forum are known, their grounds are judged, too. Nothing that stands in
    it is repeated in what is said of it."""
    misfits: list[Misfit] = []
    found: list[tuple[int, NewApplicant]] = []
    for place, row in enumerate(sheet.rows):
        person, wrong = _person(row, test_identities=test_identities)
        if person is not None and matter is not None and forum is not None:
            wrong += _against(person, matter, forum)
        if place >= MAX_PERSONS:
            wrong.append((None, _Wrong(RowFault.TOO_MANY)))
        misfits += [_misfit(sheet, row.number, name, one) for name, one in wrong]
        if person is not None:
            found.append((row.number, person))
    for place, first in twins([person for _, person in found]).items():
        said = _Wrong(RowFault.PERSON_TWICE, f"row {found[first][0]}")
        misfits.append(_misfit(sheet, found[place][0], None, said))
    bad = {one.row for one in misfits}
    return Roster(
        rows=len(sheet.rows),
        persons=tuple(person for number, person in found if number not in bad),
        misfits=tuple(sorted(misfits, key=lambda one: one.row)),
    )


def _person(row: SheetRow, *, test_identities: bool) -> tuple[NewApplicant | None, list[tuple[str | None, _Wrong]]]:
    """The person as far as the row can be read, and the faults by field."""
    if row.whole is not None:
        return None, [(None, _Wrong(row.whole))]
    fields, wrong = _cells(row)
    if "name" not in fields.keys() | row.faults.keys():
        wrong.append(("name", _Wrong(RowFault.NAME_MISSING)))
    kind = fields.pop("identity_kind", None)
    if not {"identity_kind", "identity_number"} & {name for name, _ in wrong}:
        try:
            number = row.texts.get("identity_number", "")
            fields["identity"] = _identity(kind, number, test_identities=test_identities)
        except _Wrong as error:
            wrong.append(("identity_number", error))
    cells = {name: fields.pop(name, None) for name in ("hardship", "proof", "signed_on")}
    if cells.keys().isdisjoint(name for name, _ in wrong):
        wrong += _odd(**cells)
    if not {"name", "identity"} <= fields.keys():
        return None, wrong
    try:
        if cells["hardship"] is not None and cells.keys().isdisjoint(name for name, _ in wrong):
            fields["finding"] = Found(ground=cells["hardship"], proof=cells["proof"], signed_on=cells["signed_on"])
        return NewApplicant(**fields), wrong
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        return None, [*wrong, (str(first["loc"][0]), _Wrong(RowFault.NOT_TAKEN, str(first["msg"])))]


def _cells(row: SheetRow) -> tuple[dict[str, Any], list[tuple[str | None, _Wrong]]]:
    """What can be read by itself, and the faults by field."""
    fields: dict[str, Any] = {}
    wrong: list[tuple[str | None, _Wrong]] = [(name, _Wrong(fault)) for name, fault in row.faults.items()]
    for name, read in _READERS.items():
        if name not in row.faults and (text := row.texts.get(name)):
            try:
                fields[name] = read(text)
            except _Wrong as error:
                wrong.append((name, error))
    return fields, wrong


def _odd(*, hardship: HardshipGround | None, proof: str | None, signed_on: date | None) -> Iterator[tuple[str, _Wrong]]:
    """What does not fit together in the cells on the hardship condition."""
    if hardship is None and proof is not None:
        yield "hardship", _Wrong(RowFault.GROUND_MISSING)
    if hardship is not None and proof is None:
        yield "proof", _Wrong(RowFault.PROOF_MISSING)
    if (hardship is HardshipGround.COMMITMENT) != (signed_on is not None):
        yield "signed_on", _Wrong(RowFault.SIGNING_ODD)


def _against(person: NewApplicant, matter: Matter, forum: Forum) -> Iterator[tuple[str, _Wrong]]:
    """What the rules that hold there say against what was found of a person."""
    finding = person.finding
    if finding is None or finding.ground is None:
        return
    if why_not := why_not_at_first(finding.ground, matter, person.categories, forum):
        yield "hardship", _Wrong(RowFault.GROUND_NOT_OPEN, why_not.en)
    if finding.signed_on is not None and finding.signed_on > forum.day:
        yield "signed_on", _Wrong(RowFault.DATE_AHEAD)


def _identity(kind: IdentityKind | None, text: str, *, test_identities: bool) -> IdentityDocument:
    number = re.sub(r"\s", "", _plain(text)).upper()
    if kind is None:
        kind = IdentityKind.RESIDENT_ID if number else IdentityKind.NONE
    if kind is IdentityKind.NONE and number:
        raise _Wrong(RowFault.IDENTITY_ODD)
    if kind is not IdentityKind.NONE and not number:
        raise _Wrong(RowFault.IDENTITY_MISSING)
    if kind is IdentityKind.RESIDENT_ID:
        number = in_full(number)
        if number.startswith(TEST_REGION) and not test_identities and resident_id_fault(number) is None:
            raise _Wrong(RowFault.TEST_IDENTITY)
    if fault := number_fault(kind, number):
        raise _Wrong(RowFault.IDENTITY_WRONG, fault)
    try:
        paper = IdentityDocument(kind=kind, number=number)
    except ValidationError:
        raise _Wrong(RowFault.IDENTITY_WRONG) from None
    if fault := birthplace_of(paper):
        raise _Wrong(RowFault.IDENTITY_WRONG, fault)
    return paper


def _day(text: str) -> date:
    found = _DAY.fullmatch(_plain(text))
    try:
        year, month, day = map(int, found.groups() if found else ())
        return date(year, month, day)
    except ValueError:
        raise _Wrong(RowFault.DATE_WRONG) from None


def _fen(text: str) -> int:
    try:
        fen = Decimal(_MONEY.sub("", _plain(text))) * _FEN
    except InvalidOperation:
        raise _Wrong(RowFault.AMOUNT_WRONG) from None
    if not fen.is_finite() or fen < 0 or fen != fen.to_integral_value():
        raise _Wrong(RowFault.AMOUNT_WRONG)
    return int(fen)


def _fitting(pattern: re.Pattern[str], fault: RowFault, check: Callable[[str], str | None]) -> Callable[[str], str]:
    def read(text: str) -> str:
        plain = _plain(text)
        if pattern.fullmatch(plain) is None:
            raise _Wrong(fault)
        if detail := check(plain):
            raise _Wrong(fault, detail)
        return plain

    return read


def _code_of(codes: type[Code]) -> Callable[[str], Code]:
    """By the code itself, or by its wording in either language."""
    known = {said.casefold(): one for one in codes for said in (one.en, one.zh, one.value)}

    def read(text: str) -> Code:
        try:
            return known[_plain(text).casefold()]
        except KeyError:
            raise _Wrong(RowFault.UNKNOWN_CODE) from None

    return read


def _codes_of(codes: type[Code]) -> Callable[[str], tuple[Code, ...]]:
    one = _code_of(codes)

    def read(text: str) -> tuple[Code, ...]:
        try:
            return (one(text),)  # a wording may itself hold a separator
        except _Wrong:
            return tuple(dict.fromkeys(one(part) for part in _SEPARATORS.split(_plain(text)) if part))

    return read


_READERS: Final[Mapping[str, Callable[[str], Any]]] = MappingProxyType(
    {
        "name": str,
        "identity_kind": _code_of(IdentityKind),
        "born_on": _day,
        "phone": _fitting(_PHONE, RowFault.PHONE_WRONG, phone_fault),
        "household_region": _fitting(_REGION, RowFault.REGION_WRONG, retired_fault),
        "categories": _codes_of(ApplicantCategory),
        "hardship": _code_of(HardshipGround),
        "proof": str,
        "signed_on": _day,
        "claimed": _fen,
    }
)


def _plain(text: str) -> str:
    """Digits and signs of full width as people type them, in their common form."""
    return unicodedata.normalize("NFKC", text).strip()


def _misfit(sheet: Sheet, row: int, name: str | None, wrong: _Wrong) -> Misfit:
    column = next((one for one in COLUMNS if one.field == name), None)
    letter = sheet.places.get(name) if name is not None else None
    fault, detail = wrong.fault, wrong.detail
    return Misfit(
        row=row,
        cell=f"{letter}{row}" if letter else None,
        column=f"{column.zh} {column.en}" if column else None,
        fault=fault,
        zh=fault.zh,
        en=f"{fault.en} ({detail})" if detail else fault.en,
    )
