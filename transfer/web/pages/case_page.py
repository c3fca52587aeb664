"""The page of a case: what the API says of it, put in the order in which people ask."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any, Final
from uuid import UUID

from transfer.domain.clocks import legal_day, state_of
from transfer.domain.evidence import EvidenceRequest
from transfer.domain.handling import Assignment
from transfer.domain.turn import Turn, turn_of
from transfer.law.reckoning import Counted
from transfer.messages.attachments import Attachment
from transfer.messages.case import Applicant, Clock, Tenure
from transfer.messages.case_progress import StagePublished
from transfer.messages.codes_clocks import PauseReason
from transfer.messages.codes_urgency import LIMBS
from transfer.messages.values import region_of
from transfer.records import FetchFilter, FetchState, KnownCase, MessageFilter
from transfer.web.answers import Reply
from transfer.web.case_body import TransferBody, case_in_full, known_case
from transfer.web.clocks import CountedDay, explained
from transfer.web.eligibility import PersonShown, eligibility_of
from transfer.web.pages import words
from transfer.web.pages.places import place_name
from transfer.web.pages.rendering import language, page, texts_of
from transfer.web.pages.steps_shown import buttons
from transfer.web.pages.worklist import SHORT, due_words
from transfer.web.route import Ask

MESSAGES: Final = 200
HISTORY: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Days of a sum that follow each other and mean the same; ``number`` is the last one's place."""

    first: date
    last: date
    what: Counted
    number: int | None
    why: tuple[PauseReason, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockShown:
    """A clock with the sum of its days, and how far away its last day is."""

    clock: Clock
    state: str
    due: tuple[str, str, str] | None
    runs: tuple[Run, ...]
    warning: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A stretch of time in which one institution held the case, and what happened in it."""

    tenure: Tenure
    until: datetime | None
    happened: tuple[StagePublished | TransferBody | EvidenceRequest, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonOnPage:
    """An applicant with what was found of the hardship condition."""

    applicant: Applicant
    found: PersonShown | None


async def case(ask: Ask) -> Reply:
    """The whole of a case on one page; its parts can be linked to."""
    seen = (await ask.parts.views.marks([ask.id("case")])).get(ask.id("case"), "")
    known = await known_case(ask)
    views, context = ask.parts.views, ask.parts.context()
    messages = await views.messages(MessageFilter(case=known.case.id), after=None, limit=MESSAGES, newest_first=True)
    history = await views.history(known.case.id, after=None, limit=HISTORY) or ()
    body = case_in_full(known, context, ask.who)
    shown = {one.applicant: one for one in eligibility_of(known.case, context).items}
    today = legal_day(context.now)
    _ = texts_of(ask)
    return page(
        ask,
        "work/case.html",
        **await framing(ask, known, seen),
        body=body,
        people=[PersonOnPage(applicant=one, found=shown.get(one.id)) for one in body.applicants],
        persons={one.id: one.name for one in body.applicants},
        clocks=[_clock(ask, clock, today, _) for clock in body.basics.clocks],
        held=tuple(_held(known, body.transfers)),
        assigned=known.case.handling.said(Assignment),
        messages=messages,
        history=history,
    )


async def framing(ask: Ask, known: KnownCase, seen: str) -> Mapping[str, Any]:
    """What the pages of a case and of its requests share: who it is about, who must act, what can be done."""
    case, context = known.case, ask.parts.context()
    directory, chosen = ask.parts.directory, language(ask)
    today = legal_day(context.now)
    turn = turn_of(case)
    recused = ask.who.name in case.handling.recused
    body = case_in_full(known, context, ask.who)
    fetches = await ask.parts.views.fetches(FetchFilter(sight=ask.who.sight, case=case.id), after=None, limit=MESSAGES)
    return {
        "case": case,
        "seen": seen,
        "short": case.id.hex[-SHORT:],
        "numbers": case.basics.numbers,
        "turn": turn,
        "turn_due": None if turn is None or turn.due_on is None else due_words(turn.due_on, today, texts_of(ask)),
        "ours": turn is not None and _is_ours(turn, ask),
        "urgent": case.basics.urgency in LIMBS,
        "recused": recused,
        "buttons": () if recused else buttons(case.id, body.steps, ask.who),
        "place": lambda code: place_name(directory, code, chosen),
        "phone": lambda code: getattr(directory.institutions.get(code), "phone", None),
        "coming": {one.file: one.state for one in fetches if one.state is not FetchState.KEPT},
        "is_picture": is_picture,
        "words": words,
        "today": today,
    }


def is_picture(file: Attachment) -> bool:
    """Whether a browser shows it by itself."""
    return file.media_type.value.startswith("image/") and not file.media_type.value.endswith(("tiff", "heic"))


def _is_ours(turn: Turn, ask: Ask) -> bool:
    return turn.institution is not None and region_of(turn.institution) == ask.parts.settings.region


def _clock(ask: Ask, clock: Clock, today: date, _: Callable[[str], str]) -> ClockShown:
    counted = explained(clock, today, ask.parts.context().rules)
    running = clock.met_on is None and clock.due_strict is not None
    return ClockShown(
        clock=clock,
        state=state_of(clock, today).value,
        due=due_words(clock.due_strict, today, _) if running and clock.due_strict else None,
        runs=tuple(_runs(counted.days)),
        warning=counted.warning,
    )


def _runs(days: Sequence[CountedDay]) -> Iterator[Run]:
    """Day by day, those alike together: a term of a year is not read in 365 lines."""
    for (what, why), some in groupby(days, key=lambda one: (one.what, one.why)):
        run = list(some)
        yield Run(first=run[0].day, last=run[-1].day, what=what, number=run[-1].number, why=why)


def _held(known: KnownCase, transfers: Sequence[TransferBody]) -> Iterator[Held]:
    """Each tenure with the stages published in it, and the transfers and requests that were opened while it lasted."""
    tenures = known.case.tenures
    all_opened: tuple[TransferBody | EvidenceRequest, ...] = (*transfers, *known.case.requests)
    for tenure, after in zip(tenures, (*tenures[1:], None), strict=True):
        until = after.since if after is not None else None
        opened = [
            one
            for one in all_opened
            if (tenure.number == 1 or one.opened_at >= tenure.since) and (until is None or one.opened_at < until)
        ]
        stages = [one for one in known.stages if one.tenure == tenure.number]
        yield Held(tenure=tenure, until=until, happened=tuple(sorted([*stages, *opened], key=_when)))


def _when(one: StagePublished | TransferBody | EvidenceRequest) -> datetime:
    return one.at if isinstance(one, StagePublished) else one.opened_at


def persons_of(request: EvidenceRequest) -> Mapping[UUID, str]:
    """Their names by their ids."""
    return {one.id: one.name for one in request.persons}
