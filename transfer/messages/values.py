"""The plain values that messages are made of, each with its bounds."""

import itertools
import re
import unicodedata
from datetime import date, datetime
from typing import Annotated, Final
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

EARLIEST: Final = date(1900, 1, 1)
EARLIEST_MOMENT: Final = date(2000, 1, 1)
"""Nothing on the exchange happened before. A day without hyphens where a moment is asked is read as seconds since
1970, so 20260610 would be August 1970; this bound refuses it."""
LATEST: Final = date(2199, 12, 31)
MAX_INTEGER: Final = 2**31 - 1
"""The largest Integer of CloudEvents 1.0."""


class Frozen(BaseModel):
    """A value object: cannot be changed, takes no other type for the one that is asked.

    Unknown fields are ignored in messages, since a newer minor version may add some; the API, which answers
    to a person, validates with ``extra="forbid"``.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        strict=True,
        ser_json_timedelta="iso8601",
        allow_inf_nan=False,
        hide_input_in_errors=True,  # the text of an error goes to the log
    )


class BetweenRegions(Frozen):
    """What a region says to another about no case; its conversation is one of its own."""


def _invisible() -> re.Pattern[str]:
    """Control, surrogate, invisible format and separating characters, less line feed and tab."""
    # The other planes hold ideographs, private characters and nothing that is invisible.
    places = itertools.chain(range(0x20000), range(0xE0000, 0xE1000))
    bad = [p for p in places if unicodedata.category(chr(p)) in {"Cc", "Cs", "Cf", "Zl", "Zp"} and chr(p) not in "\n\t"]
    # As ranges, since single characters beyond the first plane are tried one by one.
    runs = [[p for _, p in run] for _, run in itertools.groupby(enumerate(bad), lambda pair: pair[1] - pair[0])]
    return re.compile("[" + "".join(f"\\U{run[0]:08x}-\\U{run[-1]:08x}" for run in runs) + "]")


_INVISIBLE: Final = _invisible()


def _printable(text: str) -> str:
    """Refuse characters that cannot be shown; rare and private-use characters pass."""
    # What Python calls printable is less than what passes here, and found out at once.
    if not text.isprintable() and (bad := _INVISIBLE.search(text)):
        raise ValueError(f"contains the character U+{ord(bad.group()):04X}, which cannot be shown")
    return text


def showable(text: str) -> str:
    """The text with a mark in place of each character that cannot be shown."""
    return _INVISIBLE.sub("\N{REPLACEMENT CHARACTER}", text)


def _one_line(text: str) -> str:
    if "\n" in text or "\t" in text:
        raise ValueError("must be a single line")
    return _printable(text)


def _plausible_day(day: date) -> date:
    if not EARLIEST <= day <= LATEST:
        raise ValueError(f"must lie between {EARLIEST} and {LATEST}")
    return day


def _plausible_moment(moment: datetime) -> datetime:
    if not EARLIEST_MOMENT <= moment.date() <= LATEST:
        raise ValueError(f"must lie between {EARLIEST_MOMENT} and {LATEST}")
    return moment


RegionCode = Annotated[
    str,
    Field(pattern=r"^[1-9][0-9]{5}$", description="GB/T 2260 code of a region, six digits", examples=["442000"]),
]
InstitutionCode = Annotated[
    str,
    Field(
        pattern=r"^[1-9][0-9]{5}(-[A-Z0-9]{1,12})?$",
        description="Code of an institution: its region, and a suffix for a workstation",
        examples=["510521", "510521-ZS"],
    ),
]
Digest = Annotated[
    str,
    Field(pattern=r"^sha256:[0-9a-f]{64}$", description="SHA-256 of the exact bytes, in lower-case hex"),
]
Name = Annotated[
    str,
    StringConstraints(min_length=1, max_length=100, strip_whitespace=True),
    AfterValidator(_one_line),
    Field(description="Name of a person as written, one line; no control or invisible characters"),
]
Line = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200, strip_whitespace=True),
    AfterValidator(_one_line),
    Field(description="One line; no control or invisible characters"),
]
Text = Annotated[
    str,
    StringConstraints(min_length=1, max_length=4000, strip_whitespace=True),
    AfterValidator(_printable),
    Field(description="Text of several lines, parted by U+000A; no other control or invisible characters but tabs"),
]
Day = Annotated[
    date, AfterValidator(_plausible_day), Field(description=f"RFC 3339 full-date, from {EARLIEST} to {LATEST}")
]
Moment = Annotated[
    AwareDatetime,
    AfterValidator(_plausible_moment),
    Field(description=f"RFC 3339 date-time with its offset, from {EARLIEST_MOMENT} to {LATEST}"),
]
CaseId = Annotated[UUID, Field(description="Global id of a case; the conversation of all messages on it")]
TransferId = Annotated[UUID, Field(description="Id of one attempt to hand a case over")]
ApplicantId = Annotated[UUID, Field(description="Id of an applicant, global")]


def region_of(institution: str) -> str:
    """The region whose institution it is: the first six digits of its code."""
    return institution[:6]
