"""The worklist page: rows are made ready before the template, since there are many of them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import cache
from typing import Annotated, Any, Final, NamedTuple
from urllib.parse import urlencode

from markupsafe import escape
from pydantic import Field, TypeAdapter, ValidationError, model_validator
from pydantic_core import from_json

from transfer.domain.clocks import legal_day
from transfer.domain.lifecycle import PAST, Side, State
from transfer.domain.turn import acting, to_act
from transfer.messages.codes import Matter, Stage, Urgency
from transfer.messages.values import InstitutionCode, Line, RegionCode
from transfer.records import Show, WorkFilter, WorkKey, WorkLine
from transfer.web.answers import EVENT_STREAM, Reply
from transfer.web.cursors import work_cursor, work_place
from transfer.web.pages.languages import Language, said
from transfer.web.pages.live import TooManyWatch
from transfer.web.pages.places import place_name
from transfer.web.pages.rendering import language, page, texts_of
from transfer.web.pages.words import SHOWS
from transfer.web.queries import Query
from transfer.web.route import Ask

LINES: Final = 50
SHORT: Final = 8
SOON: Final = 3
_DAYS: Final[Mapping[Show, int]] = {Show.THREE: 3, Show.SEVEN: 7}
_Q: Final[TypeAdapter[str]] = TypeAdapter(Line)
_ENDED: Final = frozenset(stage.value for stage in PAST)
_URGENT: Final = 0


class Chosen(Query):
    """Filters as a form sends them: what was not chosen comes empty."""

    @model_validator(mode="before")
    @classmethod
    def _without_empty(cls, given: Any) -> Any:  # noqa: ANN401 - whatever was sent
        return {name: value for name, value in given.items() if value != ""} if isinstance(given, Mapping) else given


class WorklistQuery(Chosen):
    """Which lines of the worklist; what is searched by names is not here, since addresses are kept in many places."""

    show: Show = Show.OURS
    stage: Stage | None = None
    region: RegionCode | None = None
    institution: InstitutionCode | None = None
    cursor: Annotated[str | None, Field(max_length=400)] = None


class Seen(Query):
    """The mark of what the page shows."""

    seen: Annotated[str, Field(max_length=100)] = ""


class Row(NamedTuple):
    """A line of the list as it is printed: every text in it is escaped already, and what many lines say only once."""

    case: str
    short: str
    number: str
    persons: str
    matter: str
    stage: str
    urgency: str
    clock: str
    due: str
    day: date | None
    late: str
    acts: str
    holder: str


async def worklist(ask: Ask) -> Reply:
    """What needs us, and whatever else is chosen."""
    query: WorklistQuery = ask.query
    return await _shown(ask, query, q=None, after=work_place(query.cursor))


async def search(ask: Ask) -> Reply:
    """Cases by a name or a number, which came in a form and stands in no address."""
    try:
        q = _Q.validate_python(ask.form.get("q", ""))
    except ValidationError:
        q = ""
    query = WorklistQuery(show=Show.ALL)
    if not q:
        return await _shown(ask, query, q="", after=None)
    return await _shown(ask, query, q=q, after=work_place(ask.form.get("cursor") or None))


async def events(ask: Ask) -> Reply:
    """Tells the page when something that it shows has changed."""
    query: Seen = ask.query
    seen = ask.headers.get("Last-Event-ID") or query.seen
    case = ask.id("case") if "case" in ask.named else None
    try:
        stream = ask.parts.live.listen(ask.parts.views, case, seen)
    except TooManyWatch:
        return Reply(status=204)  # whereupon a browser does not ask again, and our script not for a minute
    return Reply(media_type=EVENT_STREAM, stream=stream, length=None)


async def _shown(ask: Ask, query: WorklistQuery, *, q: str | None, after: WorkKey | None) -> Reply:
    parts, today = ask.parts, legal_day(ask.parts.clock())
    days = _DAYS.get(query.show)
    chosen = WorkFilter(
        sight=ask.who.sight,
        show=query.show,
        here=parts.settings.region,
        until=today + timedelta(days=days) if days else None,
        stage=query.stage,
        region=query.region,
        institution=query.institution,
        q=q,
    )
    # Nothing is found by nothing.
    found = await parts.views.worklist(chosen, after=after, limit=LINES + 1) if q != "" else ()
    lines = found[:LINES]
    last = lines[-1] if len(found) > LINES else None
    cursor = (
        None
        if last is None
        else work_cursor(WorkKey(place=last.place, act_by=last.act_by, since=last.since, id=last.id))
    )
    kept = query.model_dump(mode="json", exclude_none=True, exclude={"cursor"})
    return page(
        ask,
        "work/cases.html",
        count=len(lines),
        query=query,
        q=q,
        rows=tuple(_rows(ask, lines, today)),
        tabs=[(show, SHOWS[show], urlencode(kept | {"show": show.value})) for show in Show],
        stages=tuple(Stage),
        regions=parts.directory.regions,
        cursor=cursor,
        next=urlencode(kept | {"cursor": cursor}) if cursor else None,
        seen=lines[0].mark if lines else "none",
    )


def _rows(ask: Ask, lines: Sequence[WorkLine], today: date) -> Iterator[Row]:
    """Each name and each day is worded once."""
    _, chosen, directory = texts_of(ask), language(ask), ask.parts.directory
    superior, others = str(escape(_("the common superior"))), _("%(name)s and %(count)s more")
    words = _words(chosen)
    places: dict[str, str] = {}
    dues: dict[date, tuple[str, str]] = {}

    def place(code: str) -> str:
        if code not in places:
            places[code] = str(escape(place_name(directory, code, chosen)))
        return places[code]

    for line in lines:
        if line.act_by is not None and line.act_by not in dues:
            said_due, _day, late = due_words(line.act_by, today, _)
            dues[line.act_by] = str(escape(said_due)), late
        due, late = dues[line.act_by] if line.act_by is not None else ("", "")
        told = from_json(line.basics)
        name, hex_id = line.first_person or "", line.id.hex
        acts = _acts(line)
        yield Row(
            case=str(line.id),
            short=hex_id[-SHORT:],
            number=str(escape(_number(told, line.holder))),
            persons=str(escape(others % {"name": name, "count": line.persons - 1} if line.persons > 1 else name)),
            matter=words[line.matter],
            stage=words[line.stage],
            urgency=words[line.urgency] if line.place == _URGENT else "",
            clock=str(escape(_clock(told, line.act_by, chosen.value))) if line.act_by else "",
            due=due,
            day=line.act_by,
            late=late,
            acts="" if acts == "" else superior if acts is None else place(acts),
            holder=place(line.holder),
        )


@cache
def _words(chosen: Language) -> Mapping[str, str]:
    """The codes that lines show."""
    return {code.value: str(escape(said(code, chosen))) for codes in (Stage, Matter, Urgency) for code in codes}


def due_words(day: date, today: date, _: Callable[[str], str]) -> tuple[str, str, str]:
    """How long it is until that day, the day itself, and the class of its badge."""
    left = (day - today).days
    if left < 0:
        return _("%(days)s days overdue") % {"days": -left}, day.isoformat(), "late"
    if left == 0:
        return _("due today"), day.isoformat(), "soon"
    if left == 1:
        return _("due tomorrow"), day.isoformat(), "soon"
    return _("in %(days)s days") % {"days": left}, day.isoformat(), "soon" if left <= SOON else ""


def _acts(line: WorkLine) -> str | None:
    """Who must act: an institution, None for the superior of both, nothing when it has ended."""
    if line.stage in _ENDED:
        return ""
    if not line.is_open or line.state is None or line.sender is None or line.receiver is None:
        return line.holder
    sides = to_act(State(line.state))
    if Side.SUPERIOR in sides and (line.escalated or line.side == Side.SUPERIOR):
        return None
    side = next(side for side in Side if side in sides)
    return acting(side, line.sender, line.receiver)


def _number(told: Mapping[str, Any], holder: str) -> str:
    """The number that its holder gave the case, else the latest."""
    numbers = told.get("numbers", ())
    own = [one["number"] for one in numbers if one["institution"] == holder]
    return str(own[-1]) if own else str(numbers[-1]["number"]) if numbers else ""


def _clock(told: Mapping[str, Any], day: date, chosen: str) -> str:
    """The clock that runs out on that day."""
    wanted, name = day.isoformat(), "zh" if chosen.startswith("zh") else "en"
    clocks = told.get("clocks", ())
    return next((str(one[name]) for one in clocks if one.get("due_strict") == wanted and "met_on" not in one), "")
