"""Which regions are competent for a case by the places that it names, and why (Legal Aid Law 38)."""

from collections.abc import Collection, Iterator
from datetime import date
from enum import StrEnum

from transfer.domain.case import Case
from transfer.domain.regions import superiors
from transfer.law.book import RuleBook
from transfer.law.rules import ConnectingPoint
from transfer.messages.case import CaseBasics, Designation
from transfer.messages.codes_competence import CasePlace, NotCompetent
from transfer.messages.values import Frozen, region_of


class Support(StrEnum):
    """Whether the known places of a case support an offer to a region."""

    SUPPORTED = "supported"
    NOTHING_KNOWN = "nothing_known"
    UNSUPPORTED = "unsupported"


class Ground(Frozen):
    """One connecting point of a region, with its source as it may be printed."""

    rule: str
    place: CasePlace
    zh: str
    en: str
    basis: str


class CompetentRegion(Frozen):
    """A region that is competent, and the nearest one on the exchange that can take the case for it."""

    region: str
    reached_by: str | None
    grounds: tuple[Ground, ...]


class OtherRegion(Frozen):
    """A region that has to do with the case and is not competent."""

    region: str
    why: NotCompetent


class Competence(Frozen):
    """Who is competent, in the order of the rules where several organs are seized; ``unknown`` are the places that
    would decide, and ``accepts`` the one that accepts: the designated, or else that of several that first received the
    application (Order 148, first received accepts). Nothing is decided by it."""

    competent: tuple[CompetentRegion, ...]
    others: tuple[OtherRegion, ...]
    unknown: tuple[Ground, ...]
    designated: str | None
    accepts: str | None

    def support(self, region: str) -> Support:
        """Whether an offer to that region is supported."""
        if self.designated is not None:
            return Support.SUPPORTED if region == self.designated else Support.UNSUPPORTED
        if not self.competent:
            return Support.NOTHING_KNOWN
        if any(region == one.reached_by or _within(region, one.region) for one in self.competent):
            return Support.SUPPORTED
        return Support.UNSUPPORTED


def competence(case: Case, rules: RuleBook, region: str, day: date, present: Collection[str]) -> Competence:
    """By the rules of this region on that day; ``present`` are the regions on the exchange."""
    basics, designation = case.basics, designation_of(case)
    points = [p for p in rules.connecting_points(region, day) if p.concerns(basics.matter, basics.aid_form)]
    open_points = [p for p in points if p.until_known is None or _at(basics, p.until_known) is None]
    found: dict[str, list[ConnectingPoint]] = {}
    for point in sorted(open_points, key=lambda one: one.rank):
        if (place := _at(basics, point.place)) is not None:
            found.setdefault(place, []).append(point)
    named = {designation.region: found.get(designation.region, [])} if designation else found
    unknown = () if designation else tuple(_ground(p) for p in open_points if _at(basics, p.place) is None)
    competent = tuple(
        CompetentRegion(region=one, reached_by=reached_by(one, present), grounds=tuple(map(_ground, why)))
        for one, why in named.items()
    )
    return Competence(
        competent=competent,
        others=tuple(_others(case, points, frozenset(found), designation)),
        unknown=unknown,
        designated=designation.region if designation else None,
        accepts=_accepts(basics, competent, designation),
    )


def designation_of(case: Case) -> Designation | None:
    """The word of the superiors that stands, on whichever transfer it came."""
    return next((t.designation for t in reversed(case.transfers) if t.designation is not None), None)


def reached_by(region: str, present: Collection[str]) -> str | None:
    """The region itself or its nearest superior on the exchange."""
    return next((code for code in (region, *superiors(region)) if code in present), None)


def _within(region: str, place: str) -> bool:
    """Whether a place that is known only as a city or a province may lie there."""
    return place == region or place in superiors(region)


def _accepts(basics: CaseBasics, competent: tuple[CompetentRegion, ...], designation: Designation | None) -> str | None:
    if designation is not None:
        return designation.region
    first = region_of(basics.first_received_by)
    if any(first == one.reached_by or _within(first, one.region) for one in competent):
        return first
    return competent[0].region if len(competent) == 1 else None


def _others(
    case: Case, points: list[ConnectingPoint], found: frozenset[str], designation: Designation | None
) -> Iterator[OtherRegion]:
    connecting = {point.place for point in points}
    reasons: dict[str, NotCompetent] = dict.fromkeys(found, NotCompetent.DESIGNATED_ELSEWHERE) if designation else {}
    for place in CasePlace:
        if (code := _at(case.basics, place)) is not None and code not in found:
            known = place in connecting
            reasons.setdefault(code, NotCompetent.ORGAN_IS_KNOWN if known else NotCompetent.PLACE_DOES_NOT_CONNECT)
    for home in (one.household_region for one in case.applicants if one.household_region):
        if home not in found:
            reasons.setdefault(home, NotCompetent.HOUSEHOLD_ONLY)
    if found and not any(_within(case.holder_region, place) for place in found):
        reasons.setdefault(case.holder_region, NotCompetent.NO_CONNECTION)
    yield from (
        OtherRegion(region=code, why=why)
        for code, why in reasons.items()
        if designation is None or code != designation.region
    )


def _at(basics: CaseBasics, place: CasePlace) -> str | None:
    code: str | None = basics.named.get(place.value)
    return code


def _ground(point: ConnectingPoint) -> Ground:
    return Ground(rule=point.code, place=point.place, zh=point.zh, en=point.en, basis=point.source.printed)
