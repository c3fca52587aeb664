"""The directory: the regions on the exchange, their institutions, keys and agreements."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Self

from pydantic import Field, ValidationError, model_validator

from transfer.crypto.keys import PublicJwk, PublicKey, SuiteName
from transfer.messages.envelope import explain
from transfer.messages.values import Day, Frozen, InstitutionCode, Line, Moment, RegionCode, region_of


class DirectoryInvalid(ValueError):
    """The directory cannot be used."""


class InstitutionKind(StrEnum):
    """An institution decides; a workstation takes applications for its parent (Legal Aid Law, arts. 12, 13)."""

    INSTITUTION = "institution"
    WORKSTATION = "workstation"


class Institution(Frozen):
    """A legal aid institution or a workstation of a region."""

    code: InstitutionCode
    kind: InstitutionKind = InstitutionKind.INSTITUTION
    parent: InstitutionCode | None = None
    name_zh: Line
    name_en: Line
    phone: Line | None = None


class Region(Frozen):
    """A party on the exchange. Its superiors follow from its code (GB/T 2260)."""

    code: RegionCode
    name_zh: Line
    name_en: Line
    institutions: Annotated[tuple[Institution, ...], Field(min_length=1)]
    suites: Annotated[tuple[SuiteName, ...], Field(min_length=1, description="what it can open and verify, best first")]
    keys: tuple[PublicKey, ...] = ()
    versions: Annotated[
        tuple[int, ...], Field(min_length=1, description="major versions of messages that it understands")
    ] = (1,)
    attachments: Annotated[
        str | None, Field(pattern=r"^https://[^\s?#]+$", description="where others fetch its files")
    ] = None
    maintenance: Annotated[
        Line | None, Field(description="why it takes no messages for now; they wait at their senders")
    ] = None

    def key(self, kid: str) -> PublicKey | None:
        """The key of that id."""
        return next((key for key in self.keys if key.kid == kid), None)

    @model_validator(mode="after")
    def _its_own(self) -> Self:
        for key in self.keys:
            if key.region != self.code:
                raise ValueError(f"the key {key.kid} is not of region {self.code}")
        if len({key.kid for key in self.keys}) != len(self.keys):
            raise ValueError(f"a key of region {self.code} stands twice")
        return self


class Former(Region):
    """A region that has left. Nothing goes to it, nothing of it is taken; its keys prove what it signed until then."""

    left_at: Moment

    @model_validator(mode="after")
    def _signs_no_more(self) -> Self:
        if late := [key.kid for key in self.keys if key.not_after > self.left_at]:
            raise ValueError(f"region {self.code} left at {self.left_at}: {late[0]} must end by then")
        return self


class Agreement(Frozen):
    """What two regions have agreed (cooperation of legal aid institutions, see domain.md sections 5 and 6)."""

    between: tuple[RegionCode, RegionCode]
    answer_working_days: Annotated[int, Field(ge=1, le=60, description="working days to answer a request for evidence")]
    mutual_recognition: Annotated[
        bool, Field(description="each takes the other's finding on economic hardship without a check of its own")
    ]
    since: Day
    until: Day | None = None

    @model_validator(mode="after")
    def _ends_later(self) -> Self:
        if self.until is not None and self.until < self.since:
            raise ValueError("until must not be earlier than since")
        return self


class Draft(Frozen):
    """What a directory says, before it is signed."""

    regions: tuple[Region, ...] = ()
    agreements: tuple[Agreement, ...] = ()
    former: Annotated[tuple[Former, ...], Field(description="releases before it was there read past it")] = ()
    least: Annotated[
        int | None,
        Field(ge=1, description="major version of messages that each region must understand; nothing goes to others"),
    ] = None

    @model_validator(mode="after")
    def _codes_agree(self) -> Self:
        if len(self.known) != len(self.regions) + len(self.former):
            raise ValueError("a region stands twice in the directory")
        known = {i.code: i.kind for r in self.regions for i in r.institutions}
        if len(known) != sum(len(r.institutions) for r in self.regions):
            raise ValueError("an institution stands twice in the directory")
        for region in self.regions:
            for institution in region.institutions:
                if region_of(institution.code) != region.code:
                    raise ValueError(f"institution {institution.code} does not belong to region {region.code}")
                workstation = institution.kind is InstitutionKind.WORKSTATION
                if workstation != (institution.parent is not None):
                    raise ValueError(f"{institution.code}: exactly the workstations have a parent")
                if workstation and known.get(institution.parent or "") is not InstitutionKind.INSTITUTION:
                    raise ValueError(f"{institution.code}: its parent {institution.parent} is no institution here")
        return self

    @model_validator(mode="after")
    def _keys_differ(self) -> Self:
        """With the region in each id, ids differ, too; nobody may list the key of another as its own."""
        owners: dict[PublicJwk, str] = {}
        for key in (key for region in self.known.values() for key in region.keys):
            if (owner := owners.setdefault(key.jwk, key.kid)) != key.kid:
                raise ValueError(f"{owner} and {key.kid} are the same key")
        return self

    @model_validator(mode="after")
    def _agreements_agree(self) -> Self:
        listed = {region.code for region in self.regions}
        pairs = [frozenset(one.between) for one in self.agreements]
        for one in self.agreements:
            if len(set(one.between)) != 2 or not listed.issuperset(one.between):  # noqa: PLR2004 - two regions agree
                raise ValueError(f"the agreement of {' and '.join(one.between)} is not between two regions listed here")
        if len(set(pairs)) != len(pairs):
            raise ValueError("two regions have two agreements")
        return self

    @classmethod
    def load(cls, path: Path) -> Self:
        """From a JSON file; raises DirectoryInvalid, which names the file and the fault."""
        try:
            return cls.model_validate_json(path.read_bytes(), extra="forbid")
        except OSError as error:
            raise DirectoryInvalid(f"{path}: {error.strerror}") from error
        except ValidationError as error:
            raise DirectoryInvalid(f"{path}: {explain(error)}") from error

    @property
    def text(self) -> str:
        """As it is written in a file, and signed: JSON for people to read."""
        return self.model_dump_json(indent=2, exclude_none=True) + "\n"

    @cached_property
    def by_code(self) -> Mapping[str, Region]:
        return MappingProxyType({region.code: region for region in self.regions})

    @cached_property
    def known(self) -> Mapping[str, Region]:
        """Those that left, too: for names, and for what was signed."""
        return MappingProxyType({region.code: region for region in (*self.former, *self.regions)})

    def absent(self, code: str) -> str:
        """Why nothing goes to or comes from that region."""
        match self.known.get(code):
            case Former(left_at=left):
                return f"region {code} left the exchange at {left:%Y-%m-%d %H:%M} UTC"
            case _:
                return f"the directory does not list region {code}"

    @cached_property
    def institutions(self) -> Mapping[str, Institution]:
        return MappingProxyType({i.code: i for region in self.regions for i in region.institutions})

    def deciding(self, institution: str) -> str:
        """The institution that decides for this one: its parent, when it is a workstation; raises KeyError."""
        known = self.institutions[institution]
        return known.parent or known.code

    def behind(self, region: Region) -> str | None:
        """Why nothing may go to that region before it is upgraded; None when it may."""
        if self.least is None or self.least in region.versions:
            return None
        known = ", ".join(map(str, region.versions))
        return f"region {region.code} understands version {known} of messages, the exchange asks for {self.least}"

    def agreement(self, one: str, other: str, on: date) -> Agreement | None:
        """What two regions have agreed, if it is in force on that day."""
        pair = {one, other}
        found = next((a for a in self.agreements if set(a.between) == pair), None)
        in_force = found is not None and found.since <= on and (found.until is None or on <= found.until)
        return found if in_force else None


class Directory(Draft):
    """A directory with its place in time; what counts is the signed form, see book.py."""

    version: Annotated[int, Field(ge=1, description="rises with every change")]
    issued_at: Moment
    expires_at: Moment

    @model_validator(mode="after")
    def _expires_later(self) -> Self:
        if self.expires_at <= self.issued_at:
            raise ValueError("expires_at must be later than issued_at")
        return self

    def expired(self, at: datetime) -> bool:
        """Whether a new one should long have come."""
        return at >= self.expires_at
