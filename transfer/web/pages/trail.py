"""The auditors' pages: search, the history of a case, one entry. Each look is in the ledger before it is shown."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from transfer.actions.auditing import Asked, FoundEntries, Sought
from transfer.domain.clocks import CHINA, legal_day, state_of
from transfer.ledger.entry import Entry, Kind, Opened
from transfer.ledger.trace import Trace
from transfer.messages.values import Day, Line
from transfer.records import CaseFilter, Order
from transfer.web import audit
from transfer.web.answers import Reply
from transfer.web.pages import entry_words, words
from transfer.web.pages.charts import Bar, Drawing, Group, bars
from transfer.web.pages.places import place_name
from transfer.web.pages.rendering import UNPROCESSABLE, language, page, see_other
from transfer.web.queries import BundleQuery, Unmasking
from transfer.web.readings import actor
from transfer.web.route import Ask
from transfer.web.wording import Wording

_PLACE: Final = re.compile(r"[0-9]{1,18}")
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_NUMBERED: Final = 20
_MESSAGES: Final = {Kind.SENT, Kind.RECEIVED, Kind.SETTLED, Kind.SET_ASIDE}
_READINGS: Final = {Kind.READ, Kind.AUDIT, Kind.EXPORT, Kind.FILE}


class Search(BaseModel):
    """What an auditor looks for: one thing by its number, or what happened in a period, of everybody or of one."""

    model_config = ConfigDict(str_strip_whitespace=True)

    about: Annotated[str, StringConstraints(max_length=100)] = ""
    person: Line | None = None
    since: Day | None = None
    until: Day | None = None
    on_from: UUID | None = None


class Reason(BaseModel):
    """Why names and texts are to be shown; it is kept in the ledger."""

    model_config = ConfigDict(str_strip_whitespace=True)

    reason: Annotated[Line, Field(min_length=3)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An entry in words. ``by`` is None where nobody is named; ``closed`` says that a name is masked or erased."""

    entry: Entry
    place: int | None
    kind: Wording
    what: Sequence[Wording]
    institution: str | None
    by: str | None
    closed: bool
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenure:
    """Who held the case from when to when, by this region's ledger; the last one still does."""

    number: int
    institution: str
    since: datetime
    until: datetime | None


async def search_page(ask: Ask) -> Reply:
    """The form to search by."""
    return _searched(ask, {}, None)


async def search(ask: Ask) -> Reply:
    """What was found, or the way to it. Nothing of it stands in an address, since a name may have been sought."""
    given = {name: value for name, value in ask.form.items() if value.strip()}
    try:
        wanted = Search.model_validate(given)
    except ValidationError as error:
        return _searched(
            ask, ask.form, None, wrong={str(one["loc"][0]) for one in error.errors()}, status=UNPROCESSABLE
        )
    asked = _asked(ask)
    if wanted.about:
        await ask.parts.audit.note_search(wanted.about, asked)
        where = await _where(ask, wanted.about)
        return see_other(where) if where else _searched(ask, ask.form, None, nothing=True, look=asked.look)
    today = legal_day(ask.parts.clock())
    until = wanted.until or today
    since = wanted.since or until - timedelta(days=7)
    if until < since:
        return _searched(ask, ask.form, None, wrong={"until"}, status=UNPROCESSABLE)
    last = wanted.on_from or _last_id(datetime.combine(until + timedelta(days=1), time(), CHINA))
    sought = Sought(first=_first_id(datetime.combine(since, time(), CHINA)), last=last, person=wanted.person)
    found = await ask.parts.audit.search(sought, asked)
    form = {**ask.form, "since": since.isoformat(), "until": until.isoformat()}
    return _searched(ask, form, found, look=asked.look)


async def entry(ask: Ask) -> Reply:
    """One entry, by its place or its id."""
    named, asked = ask.named["entry"], _asked(ask)
    told = await ask.parts.audit.entry(int(named) if _PLACE.fullmatch(named) else ask.id("entry"), asked)
    facts = {name: said for name, said in told.entry.facts.items() if said not in (None, {}) and name != "rows"}
    return page(
        ask,
        "audit/entry.html",
        one=_told(ask, told),
        facts=facts,
        fact=entry_words.fact,
        look=asked.look,
        is_checked=told.place is not None,
    )


async def trace(ask: Ask) -> Reply:
    """The whole history of a case, names and texts masked."""
    return await _traced(ask, _asked(ask))


async def unmasked(ask: Ask) -> Reply:
    """The same with names and texts, for a reason."""
    try:
        reason = Reason.model_validate(ask.form).reason
    except ValidationError:
        return await _traced(ask, _asked(ask), wrong=True)
    return await _traced(ask, _asked(ask, reason=reason, unmask=True))


async def history(ask: Ask) -> Reply:
    """The history of the case as a paper."""
    return await audit.history(replace(ask, query=_unmasking(ask, Unmasking)))


async def bundle(ask: Ask) -> Reply:
    """All entries of the case with their proofs, as one file."""
    return await audit.bundle(replace(ask, query=_unmasking(ask, BundleQuery, case=ask.id("case"))))


async def proof(ask: Ask) -> Reply:
    """The proof of one entry."""
    return await audit.proof(replace(ask, query=Unmasking()))


async def range_bundle(ask: Ask) -> Reply:
    """All entries from one place to another, without names; raises CaseOrRange."""
    given = {name: ask.form.get(name, "") for name in ("first", "last")}
    numbers = {name: int(said) for name, said in given.items() if _PLACE.fullmatch(said)}
    return await audit.bundle(replace(ask, query=BundleQuery(**numbers)))


def _unmasking(ask: Ask, query: type[Unmasking], **more: UUID) -> Unmasking:
    """With names where a reason is given."""
    reason = ask.form.get("reason", "").strip() or None
    try:
        return query(unmask=reason is not None, reason=reason, **more)
    except ValidationError:
        return query(unmask=True, reason=None, **more)


async def _traced(ask: Ask, asked: Asked, *, wrong: bool = False) -> Reply:
    case = ask.id("case")
    found = await ask.parts.audit.trace(case, asked)
    known = await ask.parts.views.case(case)
    now = ask.parts.clock()
    tenures = _tenures(found)
    told = [_told(ask, one) for one in found.told]
    return page(
        ask,
        "audit/trace.html",
        status=UNPROCESSABLE if wrong else 200,
        case=case,
        steps=[one for one in told if one.entry.kind not in _MESSAGES | _READINGS],
        readings=[one for one in told if one.entry.kind in _READINGS],
        messages=found.shared()["messages"],
        tenures=tenures,
        line=_line(ask, tenures, now),
        known=known.case if known else None,
        state_of=lambda clock: words.CLOCKS[state_of(clock, legal_day(now))],
        place=lambda code: place_name(ask.parts.directory, code, language(ask)),
        words=words,
        outcomes=entry_words,
        gaps=list(found.gaps),
        asked=asked,
        wrong=wrong,
    )


def _tenures(found: Trace) -> list[Tenure]:
    began: dict[int, datetime] = {}
    for one in found.told:
        if one.entry.kind is Kind.STEP:
            began.setdefault(one.entry.facts["tenure"], one.entry.at)
    numbers = sorted(began)
    ends = [*(began[number] for number in numbers[1:]), None]
    return [
        Tenure(number=number, institution=found.holders[number], since=began[number], until=end)
        for number, end in zip(numbers, ends, strict=True)
    ]


def _line(ask: Ask, tenures: Sequence[Tenure], now: datetime) -> Drawing:
    """The holder's line: a row to each institution, from the first record of the case until now."""
    if not tenures:
        return Drawing()
    start = tenures[0].since
    whole = max((now - start).total_seconds(), 1)

    def at(moment: datetime) -> float:
        return min(max((moment - start).total_seconds() / whole, 0), 1)

    def caption(one: Tenure) -> str:
        until = one.until.astimezone(CHINA).date().isoformat() if one.until else "…"
        name = place_name(ask.parts.directory, one.institution, language(ask))
        return f"{one.number}. {name}  {one.since.astimezone(CHINA).date().isoformat()} – {until}"

    drawn = [
        Bar(caption=caption(one), begin=at(one.since), end=at(one.until or now), kind="" if one.until else "done")
        for one in tenures
    ]
    return bars([Group(heading="", bars=drawn)])


def _told(ask: Ask, one: Opened) -> Told:
    facts, texts = one.entry.facts, one.texts or {}
    code = next((facts[name] for name in ("institution", "source", "recipient", "region") if facts.get(name)), None)
    return Told(
        entry=one.entry,
        place=one.place,
        kind=entry_words.kind_of(one.entry),
        what=entry_words.what_of(one.entry),
        institution=place_name(ask.parts.directory, str(code), language(ask)) if code else None,
        by=texts.get("by"),
        closed=one.entry.texts is not None and one.texts is None,
        reason=texts.get("reason"),
    )


def _searched(ask: Ask, form: Any, found: FoundEntries | None, **said: Any) -> Reply:  # noqa: ANN401 - a form, and what the template shows
    given: dict[str, Any] = {"wrong": frozenset(), "nothing": False, "look": None, "status": 200} | said
    told = [_told(ask, one) for one in found.entries] if found else None
    return page(ask, "audit/search.html", form=form, told=told, on_from=found.on_from if found else None, **given)


def _asked(ask: Ask, *, reason: str | None = None, unmask: bool = False) -> Asked:
    look = ask.parts.context().new_id()
    return Asked(by=actor(ask), reason=reason, unmask=unmask, look=look)


async def _where(ask: Ask, about: str) -> str | None:
    """The page of what has this number: a case, a message, an entry, or the case that an institution numbered so."""
    views = ask.parts.views
    if _PLACE.fullmatch(about) and await ask.parts.audit.has(int(about)):
        return f"/audit/entries/{int(about)}"
    if _UUID.fullmatch(about):
        one = UUID(about)
        if await views.case(one) is not None:
            return f"/audit/cases/{one}"
        message = await views.message(one, sources=sorted(ask.parts.directory.known))
        if message is not None and await views.case(message.case) is not None:
            return f"/audit/cases/{message.case}#message-{one}"
        return f"/audit/entries/{one}" if await ask.parts.audit.has(one) else None
    lines = await views.cases(CaseFilter(sight=None, q=about), order=Order.AGE, after=None, limit=_NUMBERED)
    numbered = [one.id for one in lines if any(number.number == about for number in one.numbers)]
    return f"/audit/cases/{numbered[0]}" if numbered else None


def _first_id(at: datetime) -> UUID:
    """The smallest id that is made at that moment (RFC 9562, UUID version 7)."""
    return UUID(int=int(at.timestamp() * 1000) << 80)


def _last_id(before: datetime) -> UUID:
    return UUID(int=_first_id(before).int - 1)
