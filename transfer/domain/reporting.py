"""How two regions work together, in figures: what one asked of the other in a period, and what became of it.

Days are counted as people count them, from the day of sending to the day of the answer in China. An answer to a
transfer is an acceptance, a dispute or the link to an earlier case; asking for a supplement is none. An answer to an
evidence request is its first return, or its decline.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median, quantiles
from typing import Annotated, Final

from pydantic import Field

from transfer.messages.values import Frozen

TERM: Final = 7
"""Days in which an application is reviewed (LAL 43)."""
_TERM: Final = timedelta(days=TERM)

Share = Annotated[float | None, Field(description="between 0 and 1; null where there is nothing to divide by")]
Days = Annotated[float | None, Field(description="days; null where nothing was answered")]
Reasons = Annotated[dict[str, int], Field(description="how often each code was given, the most first")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """Something that the region ``sender`` sent to ``receiver``, and when it was answered."""

    sender: str
    receiver: str
    sent_on: date
    answered_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferFate(Fate):
    """A transfer. Codes of refusal and the amount are of its case, where this region decided and concluded it."""

    accepted_on: date | None = None
    recalled: bool = False
    ground: str | None = None
    refusals: frozenset[str] = frozenset()
    recovered: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestFate(Fate):
    """An evidence request; ``waiting`` while an answer is still to come."""

    due_on: date | None = None
    waiting: bool = False
    reason: str | None = None
    reworks: int = 0


class OfferFigures(Frozen):
    """The transfers of a pair."""

    sent: int
    accepted: int
    recalled: int
    waiting: Annotated[int, Field(description="neither answered nor recalled")]
    ripe: Annotated[int, Field(description=f"not recalled, and sent {TERM} days ago or earlier")]
    accepted_in_term: Annotated[int, Field(description=f"of the ripe ones, accepted within {TERM} days")]
    share_in_term: Share
    answered: int
    days_median: Days
    days_ninety: Annotated[Days, Field(description="within so many days 90 % were answered")]
    disputes: Annotated[Reasons, Field(description="grounds of disputes of competence")]
    refusals: Annotated[Reasons, Field(description="why aid was refused afterwards; known where it was decided")]
    concluded: Annotated[int, Field(description="cases with an amount recovered, known where they were concluded")]
    recovered_fen: Annotated[int | None, Field(description="sum of these amounts; null where there is none")]


class RequestFigures(Frozen):
    """The evidence requests of a pair; those by post are not counted, since the other region has no record of them."""

    sent: int
    answered: int
    days_median: Days
    days_ninety: Annotated[Days, Field(description="within so many days 90 % were answered")]
    due: Annotated[int, Field(description="with a due day, and answered or past it")]
    answered_in_time: Annotated[int, Field(description="of these, answered by the due day")]
    share_in_time: Share
    overdue: Annotated[int, Field(description="waiting, and past the due day")]
    declines: Annotated[Reasons, Field(description="why the other region could not help")]
    reworked: Annotated[int, Field(description="requests of which answers were sent back")]
    reworks: Annotated[int, Field(description="how often answers were sent back")]
    share_reworked: Annotated[Share, Field(description="of those that were answered and not declined")]


class PairFigures(Frozen):
    """What ``sender`` asked of ``receiver``."""

    sender: str
    receiver: str
    offers: OfferFigures
    requests: RequestFigures


class PairReport(Frozen):
    """The pairs in a period: what was sent on these days, the first and the last included, as it stood on a day."""

    since: date
    until: date
    as_of: date
    pairs: tuple[PairFigures, ...]


def pair_report(
    offers: Iterable[OfferFate], requests: Iterable[RequestFate], *, since: date, until: date, as_of: date
) -> PairReport:
    """The figures of every pair of which something was sent in the period."""
    of_pair: defaultdict[tuple[str, str], tuple[list[OfferFate], list[RequestFate]]] = defaultdict(lambda: ([], []))
    for offer in offers:
        of_pair[offer.sender, offer.receiver][0].append(offer)
    for request in requests:
        of_pair[request.sender, request.receiver][1].append(request)
    pairs = (
        PairFigures(sender=sender, receiver=receiver, offers=_offers(offered, as_of), requests=_requests(asked, as_of))
        for (sender, receiver), (offered, asked) in sorted(of_pair.items())
    )
    return PairReport(since=since, until=until, as_of=as_of, pairs=tuple(pairs))


def _offers(offers: Sequence[OfferFate], as_of: date) -> OfferFigures:
    ripe = [one for one in offers if not one.recalled and one.sent_on + _TERM <= as_of]
    in_term = sum(one.accepted_on is not None and one.accepted_on <= one.sent_on + _TERM for one in ripe)
    amounts = [one.recovered for one in offers if one.recovered is not None]
    days = _days(offers)
    return OfferFigures(
        sent=len(offers),
        accepted=sum(one.accepted_on is not None for one in offers),
        recalled=sum(one.recalled for one in offers),
        waiting=sum(one.answered_on is None and not one.recalled for one in offers),
        ripe=len(ripe),
        accepted_in_term=in_term,
        share_in_term=_share(in_term, len(ripe)),
        answered=len(days),
        days_median=_median(days),
        days_ninety=_ninety(days),
        disputes=_counted(one.ground for one in offers),
        refusals=_counted(code for one in offers for code in sorted(one.refusals)),
        concluded=len(amounts),
        recovered_fen=sum(amounts) if amounts else None,
    )


def _requests(requests: Sequence[RequestFate], as_of: date) -> RequestFigures:
    overdue = [one for one in requests if one.waiting and one.due_on is not None and one.due_on < as_of]
    timed = [one for one in requests if one.answered_on is not None and one.due_on is not None]
    in_time = sum(one.answered_on <= one.due_on for one in timed if one.answered_on and one.due_on)
    reworked = sum(one.reworks > 0 for one in requests)
    days = _days(requests)
    returned = sum(one.answered_on is not None and one.reason is None for one in requests)
    return RequestFigures(
        sent=len(requests),
        answered=len(days),
        days_median=_median(days),
        days_ninety=_ninety(days),
        due=len(timed) + len(overdue),
        answered_in_time=in_time,
        share_in_time=_share(in_time, len(timed) + len(overdue)),
        overdue=len(overdue),
        declines=_counted(one.reason for one in requests),
        reworked=reworked,
        reworks=sum(one.reworks for one in requests),
        share_reworked=_share(reworked, returned),
    )


def _days(fates: Iterable[Fate]) -> list[int]:
    return [(one.answered_on - one.sent_on).days for one in fates if one.answered_on is not None]


def _median(days: Sequence[int]) -> float | None:
    return float(median(days)) if days else None


def _ninety(days: Sequence[int]) -> float | None:
    """The 90th percentile, between two values in proportion; of a single value that value."""
    if len(days) <= 1:
        return _median(days)
    return round(quantiles(days, n=10, method="inclusive")[-1], 2)


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _counted(codes: Iterable[str | None]) -> dict[str, int]:
    return dict(Counter(code for code in codes if code is not None).most_common())
