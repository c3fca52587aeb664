"""Whether two applicants of a case are the same person."""

from collections.abc import Iterator, Sequence

from transfer.domain.errors import PersonTwice
from transfer.messages.case import Applicant
from transfer.messages.codes import IdentityKind


def twins(persons: Sequence[Applicant]) -> dict[int, int]:
    """Those who stand there already, each by place with the place of the first.

    Who has a document is known by it. Who has none is known by the name with the telephone or the day of birth, also
    beside one with a document; two documents are two persons, whatever else they share.
    """
    documents: dict[tuple[str, str], int] = {}
    named: dict[tuple[str, ...], int] = {}
    without: dict[tuple[str, ...], int] = {}
    found: dict[int, int] = {}
    for place, one in enumerate(persons):
        marks = tuple(_marks(one))
        has_none = one.identity.kind is IdentityKind.NONE
        beside = named if has_none else without
        known = [beside[mark] for mark in marks if mark in beside]
        if not has_none:
            first = documents.setdefault((one.identity.kind.value, one.identity.number), place)
            known += [first] if first != place else []
        if known:
            found[place] = min(known)
        for mark in marks:
            named.setdefault(mark, place)
            if has_none:
                without.setdefault(mark, place)
    return found


def check_persons(persons: Sequence[Applicant]) -> None:
    """Raises PersonTwice, which names the applicants by their places, from 1 on."""
    if found := twins(persons):
        raise PersonTwice(applicants=[f"{place + 1} = {first + 1}" for place, first in found.items()])


def _marks(one: Applicant) -> Iterator[tuple[str, str, str]]:
    """What tells persons without a document apart: the name with one thing more."""
    if one.phone is not None:
        yield one.name, "phone", "".join(filter(str.isdigit, one.phone))
    if one.identity.kind is IdentityKind.RESIDENT_ID:
        yield one.name, "born", one.identity.number[6:14]
    elif one.born_on is not None:
        yield one.name, "born", f"{one.born_on:%Y%m%d}"
