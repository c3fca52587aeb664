"""Least data: what each kind of item may ask, about whom, and what of a person it shows (PIPL 6, 34).

The table is this project's own reading of what each kind needs; no article lists it.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from transfer.domain.case import Case
from transfer.domain.errors import AlreadyInPackage, AlreadyRecognised, BeyondLeastData
from transfer.messages.case import Applicant
from transfer.messages.codes import Defect, MaterialKind
from transfer.messages.codes_evidence import EvidenceField, EvidenceKind, SubjectRole
from transfer.messages.evidence_items import Asked, Person
from transfer.messages.transfer import SupplementItem

_F, _K, _R = EvidenceField, EvidenceKind, SubjectRole


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """What an item of one kind may ask, about which persons, and what of them it shows besides the name."""

    fields: frozenset[EvidenceField]
    roles: frozenset[SubjectRole]
    shows: frozenset[str] = frozenset()


def _allowed(fields: Iterable[EvidenceField], roles: Iterable[SubjectRole], *shows: str) -> Allowed:
    return Allowed(fields=frozenset(fields), roles=frozenset(roles), shows=frozenset(shows))


ALLOWED: Final[Mapping[EvidenceKind, Allowed]] = MappingProxyType(
    {
        _K.ECON_CHECK: _allowed(
            (_F.HOUSEHOLD_SIZE, _F.HOUSEHOLD_INCOME, _F.SOCIAL_ASSISTANCE, _F.HARDSHIP_FINDING),
            (_R.APPLICANT,),
            "identity",
            "household_region",
        ),
        _K.IDENTITY_CHECK: _allowed(
            (_F.IDENTITY_CONFIRMED, _F.HOUSEHOLD_REGISTER, _F.KINSHIP),
            (_R.APPLICANT, _R.DEPENDANT),
            "identity",
            "household_region",
        ),
        _K.DOCUMENT: _allowed(
            (
                _F.LABOUR_CONTRACT,
                _F.ATTENDANCE,
                _F.WAGE_LEDGER,
                _F.WAGE_TRANSFERS,
                _F.SOCIAL_INSURANCE,
                _F.IOU,
                _F.ACCIDENT_REPORT,
                _F.MEDICAL_RECORD,
                _F.CASE_PAPER,
            ),
            (_R.APPLICANT,),
            "identity",
        ),
        _K.WITNESS_STATEMENT: _allowed((_F.STATEMENT,), (_R.APPLICANT, _R.WITNESS), "phone", "address"),
        _K.EMPLOYER_LOOKUP: _allowed((_F.EMPLOYER_NAME, _F.EMPLOYER_REGISTRATION, _F.EMPLOYER_ADDRESS), ()),
        _K.SERVICE_OF_DOCUMENTS: _allowed((_F.SERVICE_RECORD,), _R, "phone", "address"),
        _K.SIGNING_WITNESS: _allowed((_F.SIGNED_PAPER,), (_R.APPLICANT, _R.DEPENDANT), "identity", "phone", "address"),
        _K.MEDIATION: _allowed((_F.SETTLEMENT,), (_R.APPLICANT, _R.OPPONENT), "phone", "address"),
        _K.HEARING_ATTENDANCE: _allowed((_F.HEARING_RECORD,), (_R.APPLICANT,), "phone"),
        _K.ENFORCEMENT_HELP: _allowed((_F.ASSET_LEAD,), (_R.APPLICANT, _R.OPPONENT)),
    }
)

PERIODIC: Final = frozenset({_F.ATTENDANCE, _F.WAGE_LEDGER, _F.WAGE_TRANSFERS, _F.SOCIAL_INSURANCE})
"""What is kept from month to month is asked for a named time."""

HELD_BY: Final[Mapping[EvidenceField, frozenset[MaterialKind]]] = MappingProxyType(
    {
        _F.LABOUR_CONTRACT: frozenset({MaterialKind.LABOUR_CONTRACT}),
        _F.IOU: frozenset({MaterialKind.IOU}),
        _F.ACCIDENT_REPORT: frozenset({MaterialKind.ACCIDENT_REPORT}),
        _F.MEDICAL_RECORD: frozenset({MaterialKind.MEDICAL_RECORD}),
    }
)
"""Papers that hold what is asked; when they are in the package it is not asked again."""

RECOGNISED: Final[Mapping[EvidenceKind, frozenset[MaterialKind]]] = MappingProxyType(
    {
        _K.IDENTITY_CHECK: frozenset({MaterialKind.IDENTITY}),
        _K.ECON_CHECK: frozenset({MaterialKind.ECON_STATEMENT, MaterialKind.EXEMPT_PROOF}),
    }
)
"""Papers that two regions with mutual recognition take from each other without a check of their own."""

_SHOWABLE: Final = ("identity", "phone", "address", "household_region")


def shown(applicant: Applicant, kinds: Iterable[EvidenceKind]) -> Person:
    """The applicant with what items of these kinds may show, and nothing else."""
    shows = frozenset().union(*(ALLOWED[kind].shows for kind in kinds))
    given: dict[str, Any] = {name: getattr(applicant, name, None) for name in _SHOWABLE if name in shows}
    return Person(id=applicant.id, role=SubjectRole.APPLICANT, name=applicant.name, **given)


def check_least_data(items: Iterable[Asked], persons: Iterable[Person]) -> None:
    """Raises BeyondLeastData, which says what would be allowed."""
    listed = {person.id: person for person in persons}
    kinds: dict[Any, set[EvidenceKind]] = {}
    for item in items:
        allowed = ALLOWED[item.kind]
        if beyond := set(item.fields) - allowed.fields:
            raise BeyondLeastData(item=item.id, kind=item.kind, asked=sorted(beyond), allowed=sorted(allowed.fields))
        if PERIODIC & set(item.fields) and item.period_from is None:
            raise BeyondLeastData(
                item=item.id, asked=sorted(PERIODIC & set(item.fields)), needed=("period_from", "period_to")
            )
        if others := {listed[one].role for one in item.about} - allowed.roles:
            raise BeyondLeastData(item=item.id, kind=item.kind, about=sorted(others), allowed=sorted(allowed.roles))
        for one in item.about:
            kinds.setdefault(one, set()).add(item.kind)
    for person in listed.values():
        shows = frozenset().union(*(ALLOWED[kind].shows for kind in kinds.get(person.id, ())))
        if too_much := [name for name in _SHOWABLE if getattr(person, name) is not None and name not in shows]:
            raise BeyondLeastData(person=person.id, shown=too_much, allowed=sorted(shows))


def check_not_had(items: Iterable[Asked], case: Case, *, recognised: bool, attested: Collection[UUID]) -> None:
    """Nothing is asked again that is in the package, or that the two regions recognise from each other; nobody is asked
    about the economic situation of a person on whom a finding is recognised (``attested``).

    Raises AlreadyInPackage or AlreadyRecognised, which name the papers (Regulations on Government Data Sharing:
    what can be had by sharing is not collected again).
    """
    for item in items:
        wanted = {kind for field in item.fields for kind in HELD_BY.get(field, ())}
        for one in item.about:
            if papers := _papers(case, one, wanted):
                raise AlreadyInPackage(item=item.id, applicant=one, papers=papers)
            if recognised and (papers := _papers(case, one, RECOGNISED.get(item.kind, frozenset()))):
                raise AlreadyRecognised(item=item.id, applicant=one, papers=papers)
            if one in attested and item.kind is EvidenceKind.ECON_CHECK:
                raise AlreadyRecognised(item=item.id, applicant=one)


MISSING: Final[Mapping[Defect, MaterialKind]] = MappingProxyType(
    {
        Defect.ID_MISSING: MaterialKind.IDENTITY,
        Defect.AGENCY_PROOF_MISSING: MaterialKind.AGENCY_PROOF,
        Defect.ECON_STATEMENT_MISSING: MaterialKind.ECON_STATEMENT,
        Defect.EXEMPT_PROOF_MISSING: MaterialKind.EXEMPT_PROOF,
    }
)
"""The paper that a defect says is missing."""


def check_missing(items: Iterable[SupplementItem], case: Case, *, attested: Collection[UUID]) -> None:
    """A paper that is in the package is not missing; one that cannot be read is another defect. The economic statement
    is not missing where a finding is recognised (``attested``).

    Raises AlreadyInPackage, AlreadyRecognised.
    """
    everybody = frozenset(one.id for one in case.active)
    for item in items:
        asked = everybody if item.applicant is None else {item.applicant}
        if item.defect is Defect.ECON_STATEMENT_MISSING and asked <= set(attested):
            raise AlreadyRecognised(defect=item.defect, applicant=item.applicant)
        wanted = MISSING.get(item.defect)
        if wanted is not None and (papers := _papers(case, item.applicant, (wanted,))):
            raise AlreadyInPackage(defect=item.defect, applicant=item.applicant, papers=papers)


def _papers(case: Case, applicant: object, kinds: Iterable[MaterialKind]) -> list[str]:
    wanted = frozenset(kinds)
    return [m.title for m in case.materials if m.kind in wanted and m.applicant in (None, applicant)]
