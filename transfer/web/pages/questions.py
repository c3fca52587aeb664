"""The questions to who applies: one a page, each answer read and checked as it comes."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from pydantic import TypeAdapter, ValidationError

from transfer.actions.commands import birthplace_of
from transfer.crypto.directory import Directory
from transfer.messages.case import MAX_FEN, IdentityDocument
from transfer.messages.codes import IdentityKind, Matter
from transfer.messages.numbers import in_full, phone_fault
from transfer.messages.values import Line, Name, Text

TROUBLES: Final = (
    Matter.REMUNERATION,
    Matter.WORK_INJURY,
    Matter.ECONOMIC_COMPENSATION,
    Matter.LABOUR_RELATION,
    Matter.SOCIAL_INSURANCE,
    Matter.OTHER_BY_LAW,
)
"""What brings migrant workers to a centre; the clerk may choose another of LAL 31."""
_PHONE: Final = re.compile(r"[0-9+ -]{5,20}")
_AMOUNT: Final = re.compile(r"[0-9]{1,11}(\.[0-9]{1,2})?")
_LONGEST: Final = 4000

Check = Callable[[str, Directory], str | None]
"""Why an answer cannot be taken, as a word that the page knows; None where it can."""


def _of(type_: object, fault: str) -> Check:
    adapter: TypeAdapter[str] = TypeAdapter(type_)  # type: ignore[arg-type] # kinds of text

    def check(given: str, _: Directory) -> str | None:
        try:
            adapter.validate_python(given)
        except ValidationError:
            return fault
        return None if len(given) <= _LONGEST else fault

    return check


def _phone(given: str, _: Directory) -> str | None:
    return None if _PHONE.fullmatch(given) and phone_fault(given) is None else "phone"


def _identity(given: str, _: Directory) -> str | None:
    try:
        paper = IdentityDocument(kind=IdentityKind.RESIDENT_ID, number=given)
    except ValidationError:
        return "identity"
    return "identity" if birthplace_of(paper) else None


def _home(given: str, directory: Directory) -> str | None:
    return None if given in directory.by_code else "choose"


def _trouble(given: str, _: Directory) -> str | None:
    return None if given in set(TROUBLES) else "choose"


def _amount(given: str, _: Directory) -> str | None:
    return None if _AMOUNT.fullmatch(given) and fen(given) <= MAX_FEN else "amount"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One answer."""

    name: str
    check: Check
    needed: bool = True


QUESTIONS: Final[Mapping[str, tuple[Field, ...]]] = MappingProxyType(
    {
        "name": (Field(name="name", check=_of(Name, "name")),),
        "phone": (Field(name="phone", check=_phone),),
        "identity": (Field(name="identity", check=_identity, needed=False),),
        "home": (Field(name="home", check=_home, needed=False),),
        "trouble": (Field(name="matter", check=_trouble),),
        "employer": (
            Field(name="employer", check=_of(Line, "text")),
            Field(name="employer_phone", check=_phone, needed=False),
            Field(name="employer_address", check=_of(Line, "text"), needed=False),
        ),
        "story": (Field(name="story", check=_of(Text, "text")),),
        "claim": (
            Field(name="claim", check=_of(Text, "text")),
            Field(name="amount", check=_amount, needed=False),
        ),
        "papers": (),
        "check": (),
    }
)
"""In their order; what is needed follows LAL 41 and Order 148, 13: who applies, how to be reached, what for. An
identity number may follow later, since nobody is sent away for a paper that can be brought (LAL 43(2))."""


def read(given: str, name: str) -> str:
    """An answer as it is kept: no blanks around it, figures and letters in their usual width."""
    text = given.replace("\r\n", "\n").strip()
    if name in {"phone", "employer_phone", "identity", "amount"}:
        text = unicodedata.normalize("NFKC", text).replace(",", "")
    return in_full(text.upper().replace(" ", "")) if name == "identity" else text


def faults(question: str, answers: Mapping[str, str], directory: Directory) -> dict[str, str]:
    """What is wrong with the answers to one question, by field."""
    found: dict[str, str] = {}
    for one in QUESTIONS[question]:
        given = answers.get(one.name, "")
        fault = one.check(given, directory) if given else ("missing" if one.needed else None)
        if fault is not None:
            found[one.name] = fault
    return found


def unanswered(answers: Mapping[str, str], directory: Directory) -> str | None:
    """The first question that still needs an answer."""
    return next((name for name in QUESTIONS if faults(name, answers, directory)), None)


def beside(question: str, step: int) -> str | None:
    """The next question, or the one before."""
    names = list(QUESTIONS)
    place = names.index(question) + step
    return names[place] if 0 <= place < len(names) else None


def fen(amount: str) -> int:
    """Yuan as fen."""
    whole, _, rest = amount.partition(".")
    return int(whole) * 100 + int(rest.ljust(2, "0") or "0")
