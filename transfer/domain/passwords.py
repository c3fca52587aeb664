"""Which passwords are taken (NIST SP 800-63B-4, 3.1.1): long ones that nobody guesses first, of any characters."""

import unicodedata
from collections.abc import Iterable
from typing import Final

LONGEST: Final = 128
SHORTEST: Final = 15
SHORTEST_WITH_CODE: Final = 8
_SHORTEST_WORD: Final = 4

_COMMON: Final = frozenset(
    word
    for line in (
        "password passw0rd p@ssw0rd pa55word passphrase qwertyuiop 1qaz2wsx zaq12wsx 1q2w3e4r 1q2w3e4r5t q1w2e3r4",
        "iloveyou woaini woaini1314 woaini520 5201314 1314520 administrator admin guest root test welcome changeme",
        "letmein sunshine princess football baseball superman trustno1 whatever abc abcd aa qq asdfghjkl zxcvbnm",
        "qazwsxedc 111222333 147258369 147852369 123321123 a1b2c3d4 a1b2c3d4e5 woshishui nihao beijing shanghai",
        "guangdong zhongguo china legalaid falvyuanzhu sifaju fayuan lvshi q1w2e3r4t5y6 passwordpassword",
    )
    for word in line.split()
)
"""Also where only digits and marks stand around them."""
_ROWS: Final = ("abcdefghijklmnopqrstuvwxyz", "0123456789", "qwertyuiop", "asdfghjkl", "zxcvbnm", "1qaz2wsx3edc4rfv")


class PasswordTooShort(Exception):
    """The password is too short: 15 characters at least, or 8 where a code is asked for too."""


class PasswordTooLong(Exception):
    """The password is too long: 128 characters at most."""


class PasswordCommon(Exception):
    """Others would try this password first: it is common, a row of keys, or one thing repeated."""


class PasswordPersonal(Exception):
    """The password is made of the account's own words."""


def normal(password: str) -> str:
    """The same password however it was typed (NFKC)."""
    return unicodedata.normalize("NFKC", password)


def check_password(password: str, own_words: Iterable[str], *, with_code: bool) -> None:
    """Raises PasswordTooShort, PasswordTooLong, PasswordCommon, PasswordPersonal."""
    given = normal(password)
    if len(given) > LONGEST:
        raise PasswordTooLong
    if len(given) < (SHORTEST_WITH_CODE if with_code else SHORTEST):
        raise PasswordTooShort
    plain = given.casefold()
    bare = plain.strip("0123456789!@#$.?*_- ")
    if plain in _COMMON or bare in _COMMON or any(_repeats(one) or _runs(one) for one in (plain, bare) if one):
        raise PasswordCommon
    rest = plain
    for word in (normal(one).casefold() for one in own_words if len(one) >= _SHORTEST_WORD or not one.isascii()):
        rest = rest.replace(word, "")
    if rest != plain and len(rest) < SHORTEST_WITH_CODE:
        raise PasswordPersonal


def _repeats(given: str) -> bool:
    """Whether it is one short piece again and again."""
    return any(len(given) >= 2 * n and given == (given[:n] * len(given))[: len(given)] for n in range(1, 5))


def _runs(given: str) -> bool:
    """Whether it is a piece of a row of keys, forwards or backwards."""
    rows = [row * 3 for row in _ROWS]
    return any(given in row or given in row[::-1] for row in rows)
