"""The numbers by which persons and companies are known, and what can be wrong with one."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from types import MappingProxyType
from typing import Final

from transfer.messages.codes import IdentityKind

_ID_WEIGHTS: Final = tuple(pow(2, 17 - place, 11) for place in range(17))
_CHECK_DIGITS: Final = "10X98765432"
_OF_18: Final = re.compile(r"[1-9][0-9]{16}[0-9X]")
_OF_15: Final = re.compile(r"[1-9][0-9]{14}")
_CREDIT_CODE: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_WEIGHTS: Final = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_BEYOND_THE_BORDER: Final = ("810000", "820000", "830000")
"""Hong Kong, Macau, Taiwan, as their residents' permits begin."""
_FOREIGN: Final = "9"
_MOBILE: Final = re.compile(r"1[3-9][0-9]{9}")
_LIKE_A_MOBILE: Final = re.compile(r"1[0-9]{6,}")


def check_digit(first: str) -> str:
    """The eighteenth place for the seventeen before it (GB 11643: ISO 7064, MOD 11-2)."""
    return _CHECK_DIGITS[sum(int(digit) * weight for digit, weight in zip(first, _ID_WEIGHTS, strict=True)) % 11]


def in_full(number: str) -> str:
    """A resident identity number of 15 digits, as the first cards had it, in the 18 places of today: the century, which
    was always the twentieth, and the check digit are added (GB 11643). Every other text stays as it is."""
    if not _OF_15.fullmatch(number):
        return number
    first = f"{number[:6]}19{number[6:]}"
    return first + check_digit(first)


def resident_id_fault(number: str) -> str | None:
    """What is wrong with a resident identity number, or None (GB 11643: MOD 11-2 over 17 digits)."""
    if _OF_15.fullmatch(number):
        return "has 15 digits as the first cards had: its 18 places are due"
    if not _OF_18.fullmatch(number):
        return "must be 17 digits and a digit or X"
    try:
        date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return "holds no day of birth in places 7 to 14"
    if check_digit(number[:17]) != number[17]:
        return "has a wrong check digit"
    return None


def _permit_fault(number: str) -> str | None:
    """Of a permit for residents of Hong Kong, Macau and Taiwan: 18 places as in a resident identity number."""
    fault = resident_id_fault(number)
    if fault is None and not number.startswith(_BEYOND_THE_BORDER):
        return "must begin with 810000, 820000 or 830000"
    return fault


def _foreign_fault(number: str) -> str | None:
    """Of a foreign permanent resident's card as issued since 2023: 9, two digits of the province, three of the country,
    day of birth, order and check digit. Cards of 15 places with letters are still good, and have no known check."""
    if re.fullmatch(r"[A-Z]{3}[0-9]{12}", number):
        return None
    fault = resident_id_fault(number)
    if fault is None and not number.startswith(_FOREIGN):
        return "must begin with 9, or with the three letters of a country"
    return fault


_FAULTS: Final[Mapping[IdentityKind, Callable[[str], str | None]]] = MappingProxyType(
    {
        IdentityKind.RESIDENT_ID: resident_id_fault,
        IdentityKind.HMT_PERMIT: _permit_fault,
        IdentityKind.FOREIGN_PERMANENT: _foreign_fault,
    }
)


def number_fault(kind: IdentityKind, number: str) -> str | None:
    """What is wrong with the number of a document of this kind, or None; those of other kinds have no form of their
    own."""
    check = _FAULTS.get(kind)
    return check(number) if check is not None else None


def credit_code_fault(code: str) -> str | None:
    """What is wrong with a unified social credit code, or None (GB 32100: weighted sum modulo 31)."""
    if len(code) != len(_CREDIT_WEIGHTS) + 1 or any(c not in _CREDIT_CODE for c in code):
        return "must be 18 digits and capital letters without I, O, S, V, Z"
    total = sum(w * _CREDIT_CODE.index(c) for w, c in zip(_CREDIT_WEIGHTS, code, strict=False))
    if _CREDIT_CODE[-total % 31] != code[-1]:
        return "has a wrong check character"
    return None


def phone_fault(number: str) -> str | None:
    """What is wrong with a telephone number, or None: what begins as a mobile number of mainland China has eleven
    digits, the second from 3 to 9. Lines of a place begin with 0, those of services with 1 and are shorter."""
    digits = re.sub(r"[ -]", "", number).removeprefix("+86")
    if _LIKE_A_MOBILE.fullmatch(digits) and not _MOBILE.fullmatch(digits):
        return "is no mobile number: 1, then 3 to 9, then nine digits"
    return None
