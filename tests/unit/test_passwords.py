"""Which passwords are taken, and how long pauses become."""

from datetime import timedelta

import pytest

from transfer.domain.accounts import FREE, LONGEST_PAUSE, pause_after
from transfer.domain.passwords import (
    PasswordCommon,
    PasswordPersonal,
    PasswordTooLong,
    PasswordTooShort,
    check_password,
    normal,
)

OWN = ("wang.fang", "王芳", "442000")


@pytest.mark.parametrize(
    "given", ["correct horse battery", "稻花香两岸一条大河波浪宽风吹", " a space at its ends ", "é" * 3 + "xyzq stone"]
)
def test_long_ones_of_any_characters_are_taken(given: str) -> None:
    check_password(given.ljust(15, "末"), OWN, with_code=False)


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ("x7#kQ9!mPz2&wL", PasswordTooShort),
        ("x" * 129, PasswordTooLong),
        ("password1234567890", PasswordCommon),
        ("1234567890123456789", PasswordCommon),
        ("qwertyuiopqwertyuiop", PasswordCommon),
        ("ｐａｓｓｗｏｒｄ1234567", PasswordCommon),
        ("abcabcabcabcabcabc", PasswordCommon),
        ("zyxwvutsrqponmlk", PasswordCommon),
        ("wang.fang-wang.fang", PasswordPersonal),
        ("王芳442000王芳442000王", PasswordPersonal),
    ],
)
def test_others_are_refused_for_what_they_are(given: str, fault: type[Exception]) -> None:
    with pytest.raises(fault):
        check_password(given, OWN, with_code=False)


def test_with_codes_eight_characters_are_enough() -> None:
    check_password("x7#kQ9!m", OWN, with_code=True)
    with pytest.raises(PasswordTooShort):
        check_password("x7#kQ9!", OWN, with_code=True)


def test_one_password_is_one_however_it_was_typed() -> None:
    assert normal("ｐａｓｓ é") == normal("pass e\u0301")


def test_pauses_double_up_to_an_hour() -> None:
    minutes = [pause_after(n, FREE) / timedelta(minutes=1) for n in range(1, 11)]
    assert minutes == [0, 0, 1, 2, 4, 8, 16, 32, 60, 60]
    assert pause_after(10_000, FREE) == LONGEST_PAUSE
