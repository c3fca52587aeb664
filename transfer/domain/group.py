"""A case of many applicants: parting it, and counting it."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import date
from typing import Annotated, Final
from uuid import UUID

from pydantic import Field

from transfer.domain.case import Case, Notice
from transfer.domain.clocks import resumed
from transfer.law.book import NoSuchRule, RuleBook
from transfer.messages.case import Applicant, CaseBasics, Election, Material
from transfer.messages.codes import ApplicantStatus
from transfer.messages.eligibility import Attestations
from transfer.messages.values import Frozen

REPRESENTATIVES_FROM: Final = "REPRESENTATIVES_FROM"
GROUP_TO_CITY_ABOVE: Final = "GROUP_TO_CITY_ABOVE"
UNKNOWN: Final = "UNKNOWN"
NOT_IN_HARDSHIP: Final = "NOT_IN_HARDSHIP"


def part_of(case: Case, leaving: Collection[UUID], part: UUID, day: date, rules: RuleBook) -> Case:
    """The case of those who leave: first receipt, holders, stage, clocks and opponents as they were, with their papers
    and those of all. Who handled the case so far and who is recused is so in both. What was asked of another region is
    about those who stay, so its pause ends here on that day."""
    basics = case.basics.model_copy(update={"numbers": (), "split_from": case.id, "split_into": ()})
    own = Case(
        id=part,
        basics=basics,
        applicants=tuple(one for one in case.applicants if one.id in leaving),
        materials=_papers(case, leaving),
        election=_remaining(case.election, leaving),
        tenures=case.tenures,
        stage=case.stage,
        followers=case.followers,
        notice=_told(case, leaving),
        handling=case.handling,
        attestations=_attested(case.attestations, leaving),
    )
    asked = {pause.of for clock in basics.clocks for pause in clock.pauses if not pause.answered}
    for of in asked:
        own = resumed(own, of, day, rules)
    return own


def _told(case: Case, persons: Collection[UUID]) -> Notice | None:
    """What these persons were told is missing, here or by the region to which the case was offered: once is enough."""
    offered = [
        Notice(
            items=one.notice.items,
            due_on=one.notice.due_on,
            given_by=one.receiver,
            given_at=one.notice.at,
            told=one.told,
            supplied=one.supplied,
        )
        for one in case.transfers
        if one.notice is not None
    ]
    told = offered if case.notice is None else [*offered, case.notice]
    if not told:
        return None
    items = tuple(item for one in told for item in one.items if item.applicant is None or item.applicant in persons)
    named = {item.applicant for item in items}.union(*(one.named for one in told))
    last = told[-1]
    return Notice(
        items=items,
        due_on=last.due_on,
        given_by=last.given_by,
        given_at=last.given_at,
        told=tuple(word for one in told for word in one.told if word.applicant in persons),
        answered=True,
        supplied=frozenset[str]().union(*(one.supplied for one in told)),
        named=frozenset(person for person in named if person is not None and person in persons),
    )


def rest_of(case: Case, basics: CaseBasics, leaving: Collection[UUID]) -> Case:
    """The case of those who stay; the others are named in it still, without their papers."""
    staying = {one.id for one in case.applicants} - set(leaving)
    status = ApplicantStatus.SPLIT_OFF
    return replace(
        case,
        basics=basics,
        applicants=tuple(
            one if one.id in staying else one.model_copy(update={"status": status}) for one in case.applicants
        ),
        materials=_papers(case, staying),
        election=_remaining(case.election, staying),
    )


def _papers(case: Case, persons: Collection[UUID]) -> tuple[Material, ...]:
    return tuple(paper for paper in case.materials if paper.applicant is None or paper.applicant in persons)


def _attested(attestations: Attestations, persons: Collection[UUID]) -> Attestations:
    """What is attested of these persons, and all that was taken back."""
    issued = tuple(one for one in attestations.issued if one.applicant in persons)
    return Attestations(issued=issued, revoked=attestations.revoked)


def _remaining(election: Election | None, persons: Collection[UUID]) -> Election | None:
    """The election with those representatives who are among these persons."""
    if election is None:
        return None
    still = tuple(one for one in election.representatives if one in persons)
    return election.model_copy(update={"representatives": still}) if still else None


class GroupReport(Frozen):
    """A mass case in figures, without names (Order 148 has such cases reported). Persons are counted by what they are;
    those who left the case count in ``persons`` and ``status`` alone."""

    persons: int
    status: dict[str, int]
    regions: Annotated[dict[str, int], Field(description="by household region; UNKNOWN where none is entered")]
    categories: Annotated[dict[str, int], Field(description="a person may belong to several, or to none")]
    grounds: Annotated[
        dict[str, int], Field(description="on which they have aid; NOT_IN_HARDSHIP or UNKNOWN where there is none")
    ]
    joined_later: int
    claimed: Annotated[int, Field(description="sum of what they claim, in fen")]
    claiming: Annotated[int, Field(description="persons whose claim is entered")]
    representatives: int
    opponents: int
    may_elect: Annotated[bool, Field(description="whether they are enough to elect representatives")]
    city_may_take: Annotated[bool, Field(description="whether they may apply to the city's institution")]


def report(case: Case, region: str, day: date, rules: RuleBook) -> GroupReport:
    """The case in figures, with what follows from their number by the rules of that region on that day."""
    active = case.active
    elected = set(case.election.representatives) if case.election else set()
    above = _figure(GROUP_TO_CITY_ABOVE, region, day, rules)
    claims = [one.claimed for one in active if one.claimed is not None]
    return GroupReport(
        persons=len(case.applicants),
        status=_counted(one.status for one in case.applicants),
        regions=_counted(one.household_region for one in active),
        categories=_counted(category for one in active for category in one.categories),
        grounds=_counted(_ground(one) for one in active),
        joined_later=sum(one.received_on is not None for one in active),
        claimed=sum(claims),
        claiming=len(claims),
        representatives=sum(one.id in elected for one in active),
        opponents=len(case.basics.opponents),
        may_elect=may_elect(case, region, day, rules),
        city_may_take=above is not None and len(active) > above,
    )


def may_elect(case: Case, region: str, day: date, rules: RuleBook) -> bool:
    """Whether they are enough to elect representatives (Labour Dispute Mediation and Arbitration Law 7)."""
    needed = _figure(REPRESENTATIVES_FROM, region, day, rules)
    return needed is not None and len(case.active) >= needed


def _figure(code: str, region: str, day: date, rules: RuleBook) -> int | None:
    try:
        return rules.figure(code, region, day).value
    except NoSuchRule:
        return None


def _ground(one: Applicant) -> str | None:
    return None if one.finding is None else one.finding.ground or NOT_IN_HARDSHIP


def _counted(values: Iterable[str | None]) -> dict[str, int]:
    """How many of each, the most first."""
    return dict(Counter(str(value or UNKNOWN) for value in values).most_common())
