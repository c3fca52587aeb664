"""Exit codes, what they mean, and the errors of commands that end with one of them."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

OK: Final = 0
FAULT: Final = 1
USAGE: Final = 2
UNAVAILABLE: Final = 69
CONFIGURATION: Final = 78

MEANINGS: Final[Mapping[int, str]] = MappingProxyType(
    {
        OK: "done",
        FAULT: "a fault was found, or what was asked for does not exist",
        USAGE: "wrong usage",
        UNAVAILABLE: "the database, the broker or another node cannot be reached now",
        CONFIGURATION: "the settings, the directory, the keys or the version of the database are not right",
    }
)
"""sysexits.h where it has a code for it."""


class CommandFailed(Exception):
    """The command came to nothing; the text says what happened and what to do."""

    code: int = FAULT


class NotThere(CommandFailed):
    """What was asked for does not exist here."""


class WrongUsage(CommandFailed):
    """The arguments do not fit together."""

    code = USAGE


class Unreachable(CommandFailed):
    """Something that the command needs cannot be reached."""

    code = UNAVAILABLE


class Misconfigured(CommandFailed):
    """The settings name something that cannot be used."""

    code = CONFIGURATION
