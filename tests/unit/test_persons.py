"""Who is the same person: by a document, or without one by the name with something more."""

from datetime import date
from typing import Any

import pytest

from tests.builders import a_resident_id
from transfer.actions.commands import NewApplicant
from transfer.domain.errors import PersonTwice
from transfer.domain.persons import check_persons, twins
from transfer.messages.case import IdentityDocument
from transfer.messages.codes import IdentityKind


def a_person(name: str = "李大山", number: str = "", kind: IdentityKind | None = None, **fields: Any) -> NewApplicant:
    kind = kind or (IdentityKind.RESIDENT_ID if number else IdentityKind.NONE)
    return NewApplicant(name=name, identity=IdentityDocument(kind=kind, number=number), **fields)


ONE, OTHER = a_resident_id(born="19850412", order=1), a_resident_id(born="19850412", order=2)
BORN = date(1985, 4, 12)


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        (a_person(number=ONE), a_person("王小河", ONE), True),
        (a_person(number=ONE), a_person(number=OTHER, phone="13800000000"), False),
        (a_person(number=ONE, phone="13800000000"), a_person(number=OTHER, phone="13800000000"), False),
        (a_person(number=ONE, phone="13800000000"), a_person(phone="138-0000 0000"), True),
        (a_person(phone="13800000000"), a_person(number=ONE, phone="13800000000"), True),
        (a_person(number=ONE), a_person(born_on=BORN), True),
        (a_person(born_on=BORN), a_person(born_on=BORN, phone="13800000000"), True),
        (a_person(born_on=BORN), a_person(born_on=date(1985, 4, 13)), False),
        (a_person(phone="13800000000"), a_person("王小河", phone="13800000000"), False),
        (a_person(), a_person(), False),
        (
            a_person(number="E12345", kind=IdentityKind.PASSPORT),
            a_person(number="E12345"[::-1], kind=IdentityKind.PASSPORT),
            False,
        ),
        (
            a_person(number="810000198504120012", kind=IdentityKind.PASSPORT),
            a_person(number="810000198504120012", kind=IdentityKind.HMT_PERMIT),
            False,
        ),
    ],
    ids=[
        "one document under two names",
        "two documents of one name",
        "two documents of one name and one telephone",
        "a document, and none with the same telephone",
        "no document, and one with the same telephone",
        "the day of birth in a document, and without one",
        "the same day of birth, both without a document",
        "another day of birth",
        "another name at the same telephone",
        "the name alone",
        "two passports",
        "one number on two kinds of document",
    ],
)
def test_the_same_person_is_known(first: NewApplicant, second: NewApplicant, *, same: bool) -> None:
    assert twins([first, second]) == ({1: 0} if same else {})


def test_of_two_documents_beside_one_without_the_first_is_named() -> None:
    three = [a_person(number=ONE, phone="13800000000"), a_person(number=OTHER, phone="13800000000")]
    assert twins([*three, a_person(phone="13800000000")]) == {2: 0}


def test_who_stands_twice_is_named_by_the_places() -> None:
    with pytest.raises(PersonTwice) as refused:
        check_persons([a_person(number=OTHER), a_person(number=ONE), a_person(), a_person(number=ONE)])
    assert refused.value.detail == {"applicants": ["4 = 2"]}
    assert "李" not in refused.value.message


def test_five_hundred_persons_are_compared_in_one_pass() -> None:
    many = [a_person(number=a_resident_id(order=order), phone="13800000000") for order in range(1, 501)]
    assert twins([*many, many[-1]]) == {500: 499}
