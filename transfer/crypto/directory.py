"""The directory: the regions on the exchange, their institutions and workstations."""

from collections.abc import Mapping
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Self

from pydantic import Field, ValidationError, model_validator

from transfer.messages.envelope import explain
from transfer.messages.values import Frozen, InstitutionCode, Line, RegionCode, region_of


class DirectoryInvalid(ValueError):
    """The directory file cannot be used."""


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
    """A party on the exchange."""

    code: RegionCode
    name_zh: Line
    name_en: Line
    institutions: Annotated[tuple[Institution, ...], Field(min_length=1)]


class Directory(Frozen):
    """All regions of the exchange, and the pairs that may write to one another."""

    regions: Annotated[tuple[Region, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _codes_agree(self) -> Self:
        if len({r.code for r in self.regions}) != len(self.regions):
            raise ValueError("a region stands twice in the directory")
        codes = [i.code for r in self.regions for i in r.institutions]
        if len(set(codes)) != len(codes):
            raise ValueError("an institution stands twice in the directory")
        for region in self.regions:
            for institution in region.institutions:
                if region_of(institution.code) != region.code:
                    raise ValueError(f"institution {institution.code} does not belong to region {region.code}")
                workstation = institution.kind is InstitutionKind.WORKSTATION
                if workstation != (institution.parent is not None):
                    raise ValueError(f"{institution.code}: exactly the workstations have a parent")
                if institution.parent is not None and institution.parent not in codes:
                    raise ValueError(f"{institution.code}: its parent {institution.parent} is unknown")
        return self

    @classmethod
    def load(cls, path: Path) -> Self:
        """The directory in a JSON file; raises DirectoryInvalid, which names the file and the fault."""
        try:
            return cls.model_validate_json(path.read_bytes(), extra="forbid")
        except OSError as error:
            raise DirectoryInvalid(f"{path}: {error.strerror}") from error
        except ValidationError as error:
            raise DirectoryInvalid(f"{path}: {explain(error)}") from error

    @cached_property
    def by_code(self) -> Mapping[str, Region]:
        return MappingProxyType({region.code: region for region in self.regions})

    @cached_property
    def institutions(self) -> Mapping[str, Institution]:
        return MappingProxyType({i.code: i for region in self.regions for i in region.institutions})

    def deciding(self, institution: str) -> str:
        """The institution that decides for this one: its parent, when it is a workstation; raises KeyError."""
        known = self.institutions[institution]
        return known.parent or known.code
