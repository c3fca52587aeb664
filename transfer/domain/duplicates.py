"""Whether two cases are on the same matter, and which of them survives."""

import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from transfer.messages.case import Applicant, CaseBasics, Opponent, Tenure
from transfer.messages.codes_competence import DuplicateAdvice
from transfer.messages.values import Frozen, region_of

NOTICES_A_DAY: Final = 500
"""How many notices of one region are compared in a day: who holds the shared key could try out numbers by them."""

_OLD_LENGTH: Final = 15
_WEIGHTS: Final = tuple(pow(2, 17 - place, 11) for place in range(17))


class SameMatter(Frozen):
    """Another case that has the same person, opponent and matter by its fingerprints; ``institution`` holds it."""

    case: UUID
    institution: str
    first_received_at: datetime
    first_received_by: str


class LinkedCase(Frozen):
    """A case that was linked to this one as its duplicate, and who holds it."""

    case: UUID
    institution: str


def assisting(tenures: Sequence[Tenure], linked: Sequence[LinkedCase]) -> tuple[str, ...]:
    """Who works on a case beside its holder, which accepts it: who held it before, and who holds a case linked to it.
    Nobody assists where nothing was linked."""
    if not linked:
        return ()
    parties = {one.institution for one in tenures} | {one.institution for one in linked}
    return tuple(sorted(parties - {tenures[-1].institution}))


def precedence(first_received_at: datetime, first_received_by: str, case: UUID) -> tuple[datetime, str, str]:
    """The order of cases on one matter: the earlier first receipt comes first (O148, first received accepts),
    then the lower region code, then the lower case id. Both regions compute the same order."""
    return first_received_at, region_of(first_received_by), str(case)


def advice(case: UUID, basics: CaseBasics, other: SameMatter, region: str) -> DuplicateAdvice:
    """What staff of that region may do about a possible duplicate; nobody but them decides."""
    if region_of(other.institution) == region:
        return DuplicateAdvice.HERE_TWICE
    mine = precedence(basics.first_received_at, basics.first_received_by, case)
    theirs = precedence(other.first_received_at, other.first_received_by, other.case)
    return DuplicateAdvice.AWAIT_THEIR_OFFER if mine < theirs else DuplicateAdvice.OFFER_TO_EARLIER


def matter_lines(basics: CaseBasics, applicants: Collection[Applicant]) -> tuple[str, ...]:
    """What fingerprints are made of: one line for each person and opponent of the matter, each line once."""
    opponents = [line for one in basics.opponents for line in _opponent(one)] or [""]
    numbers = dict.fromkeys(number for one in applicants for number in _numbers(one))
    return tuple(dict.fromkeys(f"{n}\n{o}\n{basics.matter.value}" for n in numbers for o in opponents))


def _numbers(applicant: Applicant) -> Iterator[str]:
    """Of the applicant and of the person who was hurt or killed: kin of one victim claim on one matter."""
    for paper in (applicant.identity, applicant.victim):
        if paper is not None and paper.number:
            yield same_number(paper.number)


def same_number(number: str) -> str:
    """An identity number as all write it: without signs, in capitals, with 18 places (GB 11643)."""
    plain = re.sub(r"[^0-9A-Z]", "", number.upper())
    if len(plain) == _OLD_LENGTH and plain.isdecimal():
        digits = f"{plain[:6]}19{plain[6:]}"
        total = sum(int(digit) * weight for digit, weight in zip(digits, _WEIGHTS, strict=True))
        return digits + "10X98765432"[total % 11]
    return plain


def _opponent(opponent: Opponent) -> Iterator[str]:
    """By its credit code where it is known, and by its name, as the other region may not know the code."""
    if opponent.credit_code is not None:
        yield opponent.credit_code
    yield same_name(opponent.name)


def same_name(name: str) -> str:
    """The name of an opponent as all write it: without spaces and brackets, whatever their width; suffixes stay."""
    plain = unicodedata.normalize("NFKC", name).casefold()
    return "".join(c for c in plain if unicodedata.category(c) not in {"Ps", "Pe", "Pi", "Pf", "Zs"})
