"""A refusal in the language of the page: the sentence of its kind, then its details by name, with codes, places,
persons and days in words."""

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from babel.numbers import format_currency, format_decimal

from transfer.crypto.directory import Directory
from transfer.domain.case import Case
from transfer.domain.clocks import CHINA
from transfer.domain.errors import TransferError
from transfer.domain.evidence_table import RequestSide, RequestState, RequestStep
from transfer.domain.lifecycle import Side, State, Step
from transfer.messages.codes import Code
from transfer.web.pages.choices import PARTS
from transfer.web.pages.labels import Said, labels
from transfer.web.pages.languages import Coded, Language, said
from transfer.web.pages.places import place_name, region_name
from transfer.web.pages.words import REQUESTS, TRANSFERS
from transfer.web.pages.wrong import problem_text
from transfer.web.wording import EVIDENCE_WORDING, WORDING

_FILE: Final = Path(__file__).parent.parent / "languages" / "both" / "details.csv"
_WORDS: Final[Mapping[type[StrEnum], Mapping[Any, Coded]]] = {
    State: {**TRANSFERS, State.DRAFTED: Said("尚未转交", "Not offered yet")},
    RequestState: REQUESTS,
    Step: {**WORDING, Step.RELEASE: Said("同意撤回", "Release the case")},
    RequestStep: EVIDENCE_WORDING,
    Side: {
        Side.SENDER: Said("转出方", "the sender"),
        Side.RECEIVER: Said("接收方", "the receiver"),
        Side.SUPERIOR: Said("共同上级", "the superior"),
    },
    RequestSide: {
        RequestSide.REQUESTER: Said("请求方", "the one that asks"),
        RequestSide.REQUESTED: Said("协作方", "the one that is asked"),
    },
}
_NONE: Final = Said("无", "nothing")
_INSTITUTIONS: Final = frozenset({"holder", "institution", "receiver", "requested", "requester"})
"""Details that name an institution, which may have the code of its region."""
_YES: Final = Said("是", "yes")
_NO: Final = Said("否", "no")
_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_LAST: Final = 8
"""So many digits of an id are shown where nothing has its name, as in lists."""


@cache
def details() -> Mapping[str, Said]:
    """What the details of refusals are called; one without words says nothing to a person, and is not shown."""
    with _FILE.open(encoding="utf-8", newline="") as file:
        return MappingProxyType({row["detail"]: Said(row["zh"], row["en"]) for row in csv.DictReader(file)})


def names_in(case: Case) -> dict[str, str]:
    """What stands behind the ids of a case: its persons, letters, items and pieces."""
    found = {str(one.id): one.name for one in case.applicants}
    found |= {str(transfer.id): transfer.letter for transfer in case.transfers}
    for request in case.requests:
        found[str(request.id)] = request.letter
        found |= {str(one.id): one.name for one in request.persons}
        found |= {str(one.id): one.what for one in request.items}
        found |= {str(piece.id): piece.title for answer in request.answers for piece in answer.pieces}
    return found


def refusal_text(error: Exception, language: Language, directory: Directory, names: Mapping[str, str]) -> str:
    """What is wrong, and where; ``names`` are those that ids stand for. Raises KeyError for what is no problem of the
    table."""
    whole, more = problem_text(type(error), language), details_text(error, language, directory, names)
    if not more:
        return whole
    return f"{whole}。{more}" if language is Language.ZH else f"{whole} {more}"


def details_text(error: Exception, language: Language, directory: Directory, names: Mapping[str, str]) -> str:
    """The details alone; empty where there are none."""
    say = _Saying(language, directory, names)
    facts = [
        said(label, language) + language.colon + say.value(name, value)
        for name, value in (error.detail.items() if isinstance(error, TransferError) else ())
        if value not in (None, "", [], ()) and (label := details().get(name)) is not None and label.en
    ]
    if not facts:
        return ""
    return language.semicolon.join(facts) + ("。" if language is Language.ZH else ".")


@dataclass(frozen=True, slots=True)
class _Saying:
    """How a detail is said on a page."""

    language: Language
    directory: Directory
    names: Mapping[str, str]

    def value(self, name: str, value: Any) -> str:  # noqa: ANN401, PLR0911 - of any type; one per type
        chosen = self.language
        match value:
            case Mapping():
                pairs = (self.value(name, one) + chosen.colon + self.value(name, its) for one, its in value.items())
                return chosen.semicolon.join(pairs)
            case list() | tuple():
                return chosen.comma.join(self.value(name, one) for one in value)
            case Code():
                return said(value, chosen)
            case StrEnum() if type(value) in _WORDS:
                return said(_WORDS[type(value)][value], chosen)
            case bool():
                return said(_YES if value else _NO, chosen)
            case datetime():
                return chosen.day(value.astimezone(CHINA))
            case date():
                return chosen.day(value)
            case int() if name.endswith("_fen"):
                return format_currency(value / 100, "CNY", locale=chosen.locale)
            case int():
                return format_decimal(value, locale=chosen.locale)
            case _:
                return self.named(name, str(value))

    def named(self, name: str, text: str) -> str:
        """An id, the code of a place, the name of a field, or what somebody wrote."""
        if text in self.names:
            return self.names[text]
        if _ID.fullmatch(text):
            return text[-_LAST:]
        word = {"none": _NONE, **PARTS}.get(text) or labels().get(text)
        if word is not None:
            return said(word, self.language)
        place = place_name if name in _INSTITUTIONS else region_name
        return place(self.directory, text, self.language)
