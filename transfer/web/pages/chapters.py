"""The pages of taking in an application: which of its fields each asks for, in which order."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from pydantic import BaseModel

from transfer.actions.commands import OpenCase
from transfer.actions.eligibility_commands import FindEligibility
from transfer.actions.group_commands import OpenGroup
from transfer.messages.case import Places
from transfer.ports.drafts import DraftKind
from transfer.web.pages.fields import Field, fields_of
from transfer.web.pages.filled import Tree
from transfer.web.pages.labels import Said

FINDINGS: Final = "findings"
_FIRST: Final = ("by", "institution", "channel")


NOT_ASKED: Final = frozenset({"Applicant.received_on", "Applicant.status"})
"""What is known of an applicant who is entered."""
LEFT_OUT: Final = NOT_ASKED | {"NewApplicant.finding"}
"""The hardship condition has a page of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """One page; the last asks for nothing."""

    name: str
    said: Said
    fields: tuple[str, ...] = ()


_WHAT: Final = Chapter(
    name="what",
    said=Said("案情和请求", "What happened"),
    fields=(
        "matter",
        "aid_form",
        "facts",
        "claim",
        "opponents",
        "received_at",
        "number",
        "urgency",
        "urgency_reason",
        "limitation_on",
        "events",
    ),
)
_WHERE: Final = Chapter(name="where", said=Said("管辖地点", "Where"), fields=tuple(Places.model_fields))
_PAPERS: Final = Chapter(name="papers", said=Said("材料", "Papers"), fields=("materials",))
_CHECK: Final = Chapter(name="check", said=Said("核对并登记", "Check and send"))
MEANS: Final = Chapter(name="means", said=Said("经济困难条件", "Hardship condition"), fields=(FINDINGS,))

CHAPTERS: Final[Mapping[DraftKind, tuple[Chapter, ...]]] = MappingProxyType(
    {
        DraftKind.PERSONS: (
            Chapter(name="who", said=Said("申请人", "Who applies"), fields=(*_FIRST, "applicants")),
            _WHAT,
            _WHERE,
            MEANS,
            _PAPERS,
            _CHECK,
        ),
        DraftKind.GROUP: (
            Chapter(name="sheet", said=Said("名单", "The sheet"), fields=(*_FIRST, "sheet", "leave_out_bad_rows")),
            _WHAT,
            _WHERE,
            _PAPERS,
            _CHECK,
        ),
    }
)
COMMANDS: Final[Mapping[DraftKind, type[BaseModel]]] = MappingProxyType(
    {DraftKind.PERSONS: OpenCase, DraftKind.GROUP: OpenGroup}
)


def fields_in(kind: DraftKind, chapter: Chapter) -> tuple[Field, ...]:
    """What the page asks for; findings are entered of all applicants together, as they are later."""
    of = FindEligibility if chapter is MEANS else COMMANDS[kind]
    by_name = {one.name: one for one in fields_of(of)}
    return tuple(by_name[name] for name in chapter.fields)


def shown_of(chapter: Chapter, content: Mapping[str, Any]) -> Tree:
    """What the page shows of a draft."""
    if chapter is not MEANS:
        return {name: content[name] for name in chapter.fields if name in content}
    return {
        FINDINGS: [{"applicant": one["id"], **(one.get("finding") or {})} for one in persons(content) if "id" in one]
    }


def with_chapter(chapter: Chapter, content: Mapping[str, Any], read: Tree) -> Tree:
    """The draft with what the page sent; what other pages know of the same persons stays."""
    if chapter is MEANS:
        said = {one.get("applicant"): one for one in read.get(FINDINGS, [])}
        return {**content, "applicants": [_found(one, said.get(one.get("id"))) for one in persons(content)]}
    others = {name: value for name, value in content.items() if name not in chapter.fields}
    if "applicants" in read:
        known = {one.get("id"): one.get("finding") for one in persons(content)}
        read = read | {"applicants": [_found(one, known.get(one.get("id"))) for one in read["applicants"]]}
    return others | read


def persons(content: Mapping[str, Any]) -> Iterable[Tree]:
    """The applicants of a draft."""
    return [one for one in content.get("applicants") or () if isinstance(one, dict)]


def _found(person: Tree, finding: Tree | None) -> Tree:
    rest = {name: value for name, value in person.items() if name != "finding"}
    said = {name: value for name, value in (finding or {}).items() if name != "applicant"}
    return rest | {"finding": said} if said else rest


def chapter_of(kind: DraftKind, field: str) -> Chapter:
    """The page on which a field stands, by its name as the command has it."""
    top, _, below = field.partition(".")
    if top == "applicants" and below.partition(".")[2].startswith("finding"):
        return MEANS
    return next((one for one in CHAPTERS[kind] if top in one.fields), CHAPTERS[kind][0])
