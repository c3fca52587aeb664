"""Which grounds on the hardship condition are open to a person, and whether what was found holds (Legal Aid Law 32, 34,
41, 42)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from transfer.domain.case import Case
from transfer.domain.errors import (
    CaseEnded,
    GroundNotOpen,
    ImplausibleDate,
    NoGroundHolds,
    TransferError,
    UnknownApplicant,
)
from transfer.domain.lifecycle import OFFERABLE, PAST
from transfer.domain.recognition import Forum, home_finding
from transfer.domain.regions import province_of
from transfer.law.codes import GroundProof, WhyNot
from transfer.law.rules import GroundRule
from transfer.messages.case import Applicant
from transfer.messages.codes import ApplicantCategory, HardshipGround, LegalBasis, Matter
from transfer.messages.eligibility import Attestation, Finding, Found
from transfer.messages.values import ApplicantId, region_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One ground as it stands for one person; open when nothing is said against it."""

    ground: HardshipGround
    rule: GroundRule | None = None
    why_not: WhyNot | None = None
    fault: TransferError | None = None
    attestation: Attestation | None = None


class NewFinding(Found):
    """What is found of one applicant."""

    applicant: ApplicantId


def judged(case: Case, applicant: Applicant, forum: Forum) -> tuple[Judged, ...]:
    """Every ground, in the order of the code list: whether it is open to this person, and why not."""
    return tuple(_judged(ground, case, applicant, forum) for ground in HardshipGround)


def _judged(ground: HardshipGround, case: Case, applicant: Applicant, forum: Forum) -> Judged:
    rules = forum.rules.grounds(forum.region, forum.day)
    each = [_by(rule, case, applicant, forum) for rule in rules if rule.ground is ground]
    if not each:
        return Judged(ground=ground, why_not=WhyNot.NO_RULE_HERE)
    return next((one for one in each if one.why_not is None), each[0])


def _by(rule: GroundRule, case: Case, applicant: Applicant, forum: Forum) -> Judged:
    why_not = _outside(rule, case.basics.matter, applicant.categories)
    if why_not is not None or rule.proof is not GroundProof.ATTESTATION:
        return Judged(ground=rule.ground, rule=rule, why_not=why_not)
    try:
        attestation = home_finding(case, applicant, forum)
    except TransferError as fault:
        return Judged(ground=rule.ground, rule=rule, why_not=WhyNot.NO_HOME_FINDING, fault=fault)
    return Judged(ground=rule.ground, rule=rule, attestation=attestation)


def _outside(rule: GroundRule, matter: Matter, categories: Collection[ApplicantCategory]) -> WhyNot | None:
    if rule.matters and matter not in rule.matters:
        return WhyNot.OTHER_MATTER
    return WhyNot.NOT_OF_THE_GROUP if rule.categories and set(rule.categories).isdisjoint(categories) else None


def why_not_at_first(
    ground: HardshipGround, matter: Matter, categories: Collection[ApplicantCategory], forum: Forum
) -> WhyNot | None:
    """Why a ground is not open to a person of whom no region has attested anything yet, or None when it is."""
    rules = [one for one in forum.rules.grounds(forum.region, forum.day) if one.ground is ground]
    why_not = [
        _outside(one, matter, categories) or (WhyNot.NO_HOME_FINDING if one.proof is GroundProof.ATTESTATION else None)
        for one in rules
    ]
    return None if None in why_not else next(iter(why_not), WhyNot.NO_RULE_HERE)


def found(typed: Found, case: Case, applicant: Applicant, forum: Forum, *, by: str) -> Finding:
    """The finding of that institution.

    Raises GroundNotOpen, which says what the ground covers and what is open instead, the fault of an attestation, and
    ImplausibleDate for a day in the future or a finding that has lapsed already.
    """
    found_on = typed.found_on or forum.day
    if max(found_on, typed.signed_on or found_on) > forum.day or (typed.until or forum.day) < forum.day:
        raise ImplausibleDate(found_on=found_on, signed_on=typed.signed_on, until=typed.until)
    given = {name: getattr(typed, name) for name in Found.model_fields} | {"found_on": found_on}
    if typed.ground is None:
        return Finding(**given, by=by, rules=forum.rules.version)
    one = _open(typed.ground, case, applicant, forum)
    if one.attestation is not None:
        until = min(typed.until or one.attestation.until, one.attestation.until)
        given |= {"attestation": one.attestation.id, "until": until}
    basis = one.rule.source.printed if one.rule is not None else None
    return Finding(**given, by=by, rules=forum.rules.version, basis=basis)


def _open(ground: HardshipGround, case: Case, applicant: Applicant, forum: Forum) -> Judged:
    one = _judged(ground, case, applicant, forum)
    if one.why_not is None:
        return one
    if one.fault is not None:
        raise one.fault
    raise GroundNotOpen(
        applicant=applicant.id,
        ground=ground,
        why=one.why_not,
        covers=one.rule.en if one.rule is not None else None,
        matter=case.basics.matter,
        open=_grounds(judged(case, applicant, forum)),
    )


def _grounds(judgements: Sequence[Judged]) -> list[HardshipGround]:
    """Those that are open."""
    return [one.ground for one in judgements if one.why_not is None and one.rule is not None]


def with_findings(case: Case, typed: Sequence[NewFinding], forum: Forum, *, by: str) -> Case:
    """The case with these findings, each in the place of an earlier one on the same person.

    Raises UnknownApplicant, CaseEnded, and as ``found``.
    """
    if case.stage.stage in PAST:
        raise CaseEnded(stage=case.stage.stage)
    persons = {one.id: one for one in case.active}
    if unknown := {one.applicant for one in typed} - persons.keys():
        raise UnknownApplicant(applicants=sorted(map(str, unknown)))
    new = {one.applicant: found(one, case, persons[one.applicant], forum, by=by) for one in typed}
    return replace(
        case,
        applicants=tuple(a.model_copy(update={"finding": new[a.id]}) if a.id in new else a for a in case.applicants),
    )


def why_not_held(case: Case, applicant: Applicant, forum: Forum) -> WhyNot | None:
    """Why the finding on this person does not hold in that forum, or None when it does.

    Grounds are judged by the rules of the region that holds the case now. A check is one against the standard of a
    province, and counts in that province alone (Legal Aid Law 34; Order 148).
    """
    finding = applicant.finding
    if finding is None:
        return WhyNot.NOTHING_FOUND
    if finding.until is not None and finding.until < forum.day:
        return WhyNot.LAPSED
    elsewhere = province_of(region_of(finding.by)) != province_of(forum.region)
    if finding.ground is None:
        return WhyNot.OTHER_STANDARD if elsewhere else WhyNot.NOT_IN_HARDSHIP
    one = _judged(finding.ground, case, applicant, forum)
    if one.why_not is None and elsewhere and one.rule is not None and one.rule.proof is GroundProof.CHECK:
        return WhyNot.OTHER_STANDARD
    return one.why_not


def look_again(case: Case, applicant: Applicant, forum: Forum) -> LegalBasis | None:
    """The reason to look at a decision again: aid was granted to this person, and what was found no longer holds.
    Nothing follows by itself."""
    if case.stage.stage in OFFERABLE | PAST or applicant.finding is None:
        return None
    if applicant.id in case.handling.refused(frozenset({applicant.id})):
        return None
    return LegalBasis.LAL_48_4 if why_not_held(case, applicant, forum) is not None else None


def check_granted(case: Case, forum: Forum, refused: Collection[UUID] = ()) -> None:
    """Each active applicant who is not refused has a ground that holds; raises NoGroundHolds, which says who has none
    and what is open."""
    missing = {
        str(one.id): [why, *_grounds(judged(case, one, forum))]
        for one in case.active
        if one.id not in refused and (why := why_not_held(case, one, forum)) is not None
    }
    if missing:
        raise NoGroundHolds(applicants=missing)


def recognised(case: Case, forum: Forum) -> frozenset[ApplicantId]:
    """The applicants of whom nobody may be asked again, since a home finding on them is recognised."""
    return frozenset(one.id for one in case.active if _has_home_finding(case, one, forum))


def _has_home_finding(case: Case, applicant: Applicant, forum: Forum) -> bool:
    try:
        home_finding(case, applicant, forum)
    except TransferError:
        return False
    return True
