"""The plain values that messages are made of, each with its bounds."""

import unicodedata
from datetime import date, datetime
from typing import Annotated, Final
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

EARLIEST: Final = date(1900, 1, 1)
LATEST: Final = date(2199, 12, 31)


class Frozen(BaseModel):
    """A value object: cannot be changed, takes no other type for the one that is asked.

    Unknown fields are ignored in messages, since a newer minor version may add some; the API, which answers
    to a person, validates with ``extra="forbid"``.
    """

    model_config = ConfigDict(
        frozen=True, extra="ignore", strict=True, ser_json_timedelta="iso8601", allow_inf_nan=False
    )


def _printable(text: str) -> str:
    """Refuse control, surrogate and invisible format characters; rare and private-use characters pass."""
    bad = next((c for c in text if unicodedata.category(c) in {"Cc", "Cs", "Cf"} and c not in "\n\t"), None)
    if bad is not None:
        raise ValueError(f"contains the character U+{ord(bad):04X}, which cannot be shown")
    return text


def _one_line(text: str) -> str:
    if "\n" in text or "\t" in text:
        raise ValueError("must be a single line")
    return _printable(text)


def _plausible_day(day: date) -> date:
    if not EARLIEST <= day <= LATEST:
        raise ValueError(f"must lie between {EARLIEST} and {LATEST}")
    return day


def _plausible_moment(moment: datetime) -> datetime:
    _plausible_day(moment.date())
    return moment


RegionCode = Annotated[
    str,
    Field(
        pattern=r"^[1-9][0-9]{5}$", description="GB/T 2260 code of a region, six digits", examples=["442000"]
    ),
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
]
Line = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200, strip_whitespace=True),
    AfterValidator(_one_line),
]
Text = Annotated[
    str,
    StringConstraints(min_length=1, max_length=4000, strip_whitespace=True),
    AfterValidator(_printable),
]
Day = Annotated[date, AfterValidator(_plausible_day)]
Moment = Annotated[AwareDatetime, AfterValidator(_plausible_moment)]
CaseId = Annotated[UUID, Field(description="Global id of a case; the conversation of all messages on it")]
TransferId = Annotated[UUID, Field(description="Id of one attempt to hand a case over")]
ApplicantId = Annotated[UUID, Field(description="Id of an applicant, global")]


def region_of(institution: str) -> str:
    """The region whose institution it is: the first six digits of its code."""
    return institution[:6]
