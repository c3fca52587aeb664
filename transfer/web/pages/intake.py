"""Taking in an application page by page: saved at each, checked against the rules as soon as they can be asked."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from pydantic import BaseModel, ValidationError
from pydantic_core import from_json, to_json

from transfer.actions import intake
from transfer.actions.commands import NewApplicant, OpenCase
from transfer.actions.group_commands import PreviewGroup
from transfer.actions.matching import fingerprints_of
from transfer.actions.situation import competence_of
from transfer.domain.case import Case
from transfer.domain.eligibility import found
from transfer.domain.errors import TransferError
from transfer.messages.codes import HardshipGround, MaterialKind
from transfer.messages.eligibility import Found
from transfer.ports.drafts import Draft, DraftKind
from transfer.ports.sheets import SheetRefused
from transfer.web import commanding, groups
from transfer.web.answers import Reply
from transfer.web.eligibility import eligibility_of
from transfer.web.faults import NotFound
from transfer.web.pages import drafts, mailbox
from transfer.web.pages.chapters import (
    CHAPTERS,
    COMMANDS,
    FINDINGS,
    LEFT_OUT,
    MEANS,
    Chapter,
    chapter_of,
    fields_in,
    persons,
    shown_of,
    with_chapter,
)
from transfer.web.pages.choices import general_choices
from transfer.web.pages.controls import Form, controls
from transfer.web.pages.filled import Tree, only_changes, read
from transfer.web.pages.languages import Language
from transfer.web.pages.places import region_name
from transfer.web.pages.refusals import refusal_text
from transfer.web.pages.rendering import language, page, see_other
from transfer.web.pages.sending import NOTHING_WRONG, Wrong, sent, understood, with_person
from transfer.web.route import Ask

SAVED: Final = "form-saved"
"""The script sends what stands in the form, so that nothing is lost; no page is wanted."""
_PERSON: Final = frozenset({"Command.by", "Command.institution"})
_WAIVED: Final = tuple(one for one in HardshipGround if one.value.startswith(("ART32", "ART42")))
_ALIKE: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a sheet holds: who would be taken in, and what is wrong, by row."""

    persons: tuple[NewApplicant, ...] = ()
    misfits: Sequence[Mapping[str, Any]] = ()
    rows: int = 0
    problem: str = ""


async def show(ask: Ask) -> Reply:
    """One page of a draft."""
    draft, chapter = await _at(ask)
    return await _shown(ask, draft, chapter, shown_of(chapter, draft.content), NOTHING_WRONG)


async def take(ask: Ask) -> Reply:
    """Keeps what was entered, and leads on when it is right; the last page takes the application in."""
    draft, chapter = await _at(ask)
    if not chapter.fields:
        return await _take_in(ask, draft, chapter)
    tree = read(fields_in(draft.kind, chapter), ask.fields)
    draft = await drafts.kept(ask, draft, with_chapter(chapter, draft.content, tree))
    if SAVED in ask.form:
        return Reply(status=204)
    if only_changes(ask.form):
        return await _shown(ask, draft, chapter, tree, NOTHING_WRONG)
    wrong = _wrong_here(ask, draft, chapter)
    if wrong is not NOTHING_WRONG:
        return await _shown(ask, draft, chapter, shown_of(chapter, draft.content) | tree, wrong)
    chapters = CHAPTERS[draft.kind]
    return see_other(f"/intake/{draft.id}/{chapters[chapters.index(chapter) + 1].name}")


async def _at(ask: Ask) -> tuple[Draft, Chapter]:
    """Raises NotFound."""
    draft = await drafts.found(ask)
    for chapter in CHAPTERS[draft.kind]:
        if chapter.name == ask.named["page"]:
            return draft, chapter
    raise NotFound


def _understood(ask: Ask, draft: Draft) -> BaseModel | Wrong:
    return understood(COMMANDS[draft.kind], with_person(dict(draft.content), ask), language(ask))


def _wrong_here(ask: Ask, draft: Draft, chapter: Chapter) -> Wrong:
    """What is wrong on this page; the others are not asked yet."""
    outcome = _understood(ask, draft)
    fields = outcome.fields if isinstance(outcome, Wrong) else {}
    here = {name: text for name, text in fields.items() if chapter_of(draft.kind, name) is chapter and name}
    if chapter is MEANS:
        here = dict(_of_findings(here, draft.content)) or dict(_not_open(ask, draft))
    return Wrong(fields=here) if here else NOTHING_WRONG


def _of_findings(wrong: Mapping[str, str], content: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The same by the names that the page has: ``applicants.1.finding.proof`` is ``findings.1.proof``."""
    for name, text in wrong.items():
        _, index, _, *rest = name.split(".")
        if index.isdecimal() and int(index) < len(list(persons(content))):
            yield ".".join((FINDINGS, index, *rest)), text


def _not_open(ask: Ask, draft: Draft) -> Iterator[tuple[str, str]]:
    """Findings that the rules refuse, at the field of the ground; none while too little is known of the case."""
    case = provisional(ask, draft, Preview())
    if case is None:
        return
    context = ask.parts.context()
    forum = context.forum(case.holder_region)
    for index, (one, applicant) in enumerate(zip(persons(draft.content), case.applicants, strict=True)):
        try:
            if typed := one.get("finding"):
                found(Found.model_validate_json(to_json(typed)), case, applicant, forum, by=case.holder.institution)
        except ValidationError:
            continue
        except TransferError as error:
            names = {str(applicant.id): applicant.name}
            yield f"{FINDINGS}.{index}.ground", refusal_text(error, language(ask), context.directory, names)


async def _shown(ask: Ask, draft: Draft, chapter: Chapter, tree: Tree, wrong: Wrong) -> Reply:
    context, chosen = ask.parts.context(), language(ask)
    preview = await _preview(ask, draft)
    case = provisional(ask, draft, preview)
    named = [(str(one.get("id")), str(one.get("name") or "")) for one in persons(draft.content)]
    form = Form(
        language=chosen,
        choices=general_choices(context, chosen) | {"applicant": named},
        wrong=wrong.fields,
        leaves_out=LEFT_OUT
        | (frozenset() if ask.who.unbound else _PERSON)
        | (frozenset({"Material.applicant"}) if draft.kind is DraftKind.GROUP else frozenset()),
        rows_stay=chapter is MEANS,
    )
    last = not chapter.fields
    outcome = _understood(ask, draft) if last else NOTHING_WRONG
    return page(
        ask,
        "forms/intake.html",
        status=wrong.status,
        draft=draft,
        chapter=chapter,
        chapters=CHAPTERS[draft.kind],
        controls=controls(fields_in(draft.kind, chapter), tree, form),
        wrong=wrong,
        case=case,
        preview=preview,
        competence=competence_of(case, context) if case and chapter.name in {"where", "check"} else None,
        eligibility=eligibility_of(case, context) if case and chapter is MEANS else None,
        missing=list(missing(draft.content)) if chapter.name in {"papers", "check"} else [],
        alike=[line async for line in _alike(ask, case)] if case and last else [],
        left=_left(draft, outcome) if isinstance(outcome, Wrong) else [],
        told=_told(draft, form) if last else [],
        place=lambda code: region_name(ask.parts.directory, code, chosen),
    )


def _left(draft: Draft, wrong: Wrong) -> list[tuple[Chapter, str, str]]:
    """What is still to be mended, with the page on which it stands."""
    found = []
    for name, text in wrong.fields.items():
        chapter = chapter_of(draft.kind, name)
        place = next(iter(dict(_of_findings({name: text}, draft.content))), "") if chapter is MEANS else name
        found.append((chapter, place, text))
    return found


def _told(draft: Draft, form: Form) -> list[tuple[Chapter, Any]]:
    """All that was entered, page by page."""
    return [
        (one, controls(fields_in(draft.kind, one), shown_of(one, draft.content), form))
        for one in CHAPTERS[draft.kind]
        if one.fields
    ]


def provisional(ask: Ask, draft: Draft, preview: Preview) -> Case | None:
    """The case as it would be, without what was found of hardship; None while too little is known."""
    context = ask.parts.context()
    known = {name: value for name, value in draft.content.items() if name in OpenCase.model_fields}
    entered = [{k: v for k, v in one.items() if k != "finding"} for one in persons(draft.content)]
    if draft.kind is DraftKind.GROUP:
        entered = [one.model_dump(mode="json", exclude_none=True) for one in preview.persons]
    who = {"by": ask.who.name or "—", "institution": ask.who.institution or context.region}
    try:
        whole = who | known | {"applicants": entered, "materials": []}
        command = OpenCase.model_validate_json(to_json(whole), extra="forbid")
        return intake.open_case(command, context).case
    except (ValidationError, TransferError):
        return None


async def _preview(ask: Ask, draft: Draft) -> Preview:
    """What the sheet of a group holds."""
    given = {name: draft.content[name] for name in ("sheet", "matter") if name in draft.content}
    if draft.kind is not DraftKind.GROUP or "sheet" not in given:
        return Preview()
    try:
        asked = PreviewGroup.model_validate_json(to_json(given))
        told = from_json((await groups.preview(replace(ask, body=asked))).body)
    except ValidationError:
        return Preview()
    except SheetRefused as error:
        chosen = "zh" if language(ask) is Language.ZH else "en"
        return Preview(problem=f"{error.detail[chosen]} {error.detail['what']}".strip())
    taken = tuple(NewApplicant.model_validate_json(to_json(one)) for one in told["persons"])
    return Preview(persons=taken, misfits=told["misfits"], rows=told["rows"])


async def _alike(ask: Ask, case: Case) -> AsyncIterator[Case]:
    """Cases here that seem to be on the same matter."""
    prints = fingerprints_of(case, ask.parts.context())
    for other in (await ask.parts.views.same_matter(prints))[:_ALIKE] if prints else ():
        known = await ask.parts.views.case(other)
        if known is not None:
            yield known.case


def missing(content: Mapping[str, Any]) -> Iterator[tuple[str, MaterialKind]]:
    """Papers that an application has as a rule and this one does not (Legal Aid Law 41 to 43; SF/T 0024-2017 ch. 8)."""
    papers = [one for one in content.get("materials") or () if isinstance(one, dict)]

    def there(kind: MaterialKind, person: str | None = None) -> bool:
        return any(one.get("kind") == kind and one.get("applicant") in {None, person} for one in papers)

    if not there(MaterialKind.APPLICATION):
        yield "", MaterialKind.APPLICATION
    for one in persons(content):
        ground = (one.get("finding") or {}).get("ground")
        needed = [MaterialKind.IDENTITY] + ([MaterialKind.AGENCY_PROOF] if one.get("agent") else [])
        needed.append(MaterialKind.EXEMPT_PROOF if ground in _WAIVED else MaterialKind.ECON_STATEMENT)
        for kind in needed:
            if not there(kind, one.get("id")):
                yield str(one.get("name", "")), kind


async def _take_in(ask: Ask, draft: Draft, chapter: Chapter) -> Reply:
    """Carried out as the API does, once; then nothing is left of the draft."""
    command = _understood(ask, draft)
    if isinstance(command, Wrong):
        return await _shown(ask, draft, chapter, {}, Wrong())
    handler = groups.open_group if draft.kind is DraftKind.GROUP else commanding.open_case
    outcome = await sent(ask, handler, command, version=None, key=str(draft.id))
    if isinstance(outcome, Wrong):
        return await _shown(ask, draft, chapter, {}, outcome)
    await mailbox.taken(ask, draft, outcome)
    await ask.parts.drafts.remove(draft.id)
    return see_other(outcome.headers["Location"].removeprefix("/v1"))
