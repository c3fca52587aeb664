"""The page of a step: what it does, on what ground, who is told; and its form, made from the command of the API."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import uuid4

from pydantic import BaseModel

from transfer.actions.commands import EnterEvent, PublishStage
from transfer.actions.evidence_commands import Record
from transfer.domain.case import Case, Transfer
from transfer.domain.duties import DUTY_OF
from transfer.domain.errors import IllegalStep, StaleVersion
from transfer.domain.evidence import EvidenceRequest
from transfer.domain.lifecycle import REQUIRED_BASIS
from transfer.domain.recognition import concerned
from transfer.messages.codes import Stage
from transfer.messages.codes_clocks import CaseEvent
from transfer.messages.evidence_items import Custody
from transfer.messages.values import region_of
from transfer.web.answers import Reply
from transfer.web.case_body import known_case
from transfer.web.conditions import etag_of, version_in
from transfer.web.pages.beginning import beginning, with_rows
from transfer.web.pages.chapters import NOT_ASKED
from transfer.web.pages.choices import case_choices, general_choices
from transfer.web.pages.controls import Form, controls
from transfer.web.pages.fields import fields_of
from transfer.web.pages.filled import Tree, only_changes, read
from transfer.web.pages.labels import Said
from transfer.web.pages.languages import said
from transfer.web.pages.places import place_name
from transfer.web.pages.rendering import language, page, see_other
from transfer.web.pages.seen import as_text, differences, facts, hands_since
from transfer.web.pages.sending import KEY, NOTHING_WRONG, Wrong, sent, understood, with_person
from transfer.web.pages.steps_shown import ground
from transfer.web.route import Ask, Route
from transfer.web.steps import StepOpen, steps_open

VERSION: Final = "form-version"
SEEN: Final = "form-seen"
SHOWN_AT: Final = "form-at"
_PERSON: Final = frozenset({"Command.by", "Command.institution"})
_FOLLOWED: Final = {"stages", "split"}
_SHARED: Final = {"attestations", "attestations/revoke", "eligibility", "erase"}


class Chosen(BaseModel):
    """Which stage or event the form is for."""

    stage: Stage | None = None
    event: CaseEvent | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Doing:
    """A step of a case as a page has it: the route of the API that takes it, and what it is about."""

    api: Route
    command: type[BaseModel]
    case: Case
    subject: Transfer | EvidenceRequest | None
    opened: StepOpen

    @property
    def place(self) -> str:
        """The place of the step below the case, as the API has it."""
        return self.api.path.removeprefix("/v1/cases/{case}/")


async def show_step(api: Route, ask: Ask) -> Reply:
    """The form of a step, filled with what is known; of a stage or an event, once it is chosen which."""
    doing = await _doing(api, ask)
    chosen: Chosen = ask.query
    tree = beginning(doing.command, doing.case, doing.subject, ask.parts.context())
    if doing.command is PublishStage:
        if chosen.stage is None:
            return page(ask, "forms/stages.html", case=doing.case, step=doing.opened)
        tree["stage"] = chosen.stage.value
    if doing.command is EnterEvent:
        if chosen.event is None:
            options = general_choices(ask.parts.context(), language(ask))["event"]
            return page(ask, "forms/events.html", case=doing.case, step=doing.opened, options=options)
        tree["event"] = chosen.event.value
    return _form(ask, doing, tree, NOTHING_WRONG)


async def take_step(api: Route, ask: Ask) -> Reply:
    """Carries the step out as the API does, or shows the form again with what was typed."""
    doing = await _doing(api, ask)
    tree = read(fields_of(doing.command), ask.fields)
    if only_changes(ask.form):
        return _form(ask, doing, tree, NOTHING_WRONG)
    outcome: Any = understood(doing.command, with_person(tree, ask), language(ask))
    if not isinstance(outcome, Wrong):
        version = version_in(ask.form.get(VERSION, ""))
        outcome = await sent(ask, api.handler, outcome, version=version, key=ask.form.get(KEY, ""))
    if not isinstance(outcome, Wrong):
        return see_other(f"/cases/{doing.case.id}")
    if not isinstance(outcome.error, StaleVersion):
        return _form(ask, doing, tree, outcome)
    return _form(
        ask,
        doing,
        tree,
        replace(outcome, whole=""),
        stale=differences(ask.form.get(SEEN, ""), doing.case, ask.parts.directory, language(ask)),
        hands=await hands_since(ask, doing.case, ask.form.get(SHOWN_AT, "")),
    )


async def _doing(api: Route, ask: Ask) -> Doing:
    """Raises UnknownCase, UnknownTransfer, UnknownRequest, IllegalStep for what is not open now."""
    case = (await known_case(ask)).case
    subject: Transfer | EvidenceRequest | None = None
    if "transfer" in ask.named:
        subject = case.transfer(ask.id("transfer"))
    if "request" in ask.named:
        subject = case.request(ask.id("request"))
    place = api.path.replace("{case}", str(case.id))
    if subject is not None:
        place = place.replace("{transfer}", str(subject.id)).replace("{request}", str(subject.id))
    opened = next((one for one in steps_open(case, ask.parts.context(), ask.who) if one.href == place), None)
    if opened is None or api.takes is None:
        raise IllegalStep
    return Doing(api=api, command=api.takes, case=case, subject=subject, opened=opened)


def _form(  # noqa: PLR0913 - what a form can be shown with
    ask: Ask, doing: Doing, tree: Tree, wrong: Wrong, *, stale: Sequence[Any] | None = None, hands: Sequence[Any] = ()
) -> Reply:
    """A form that was read by an older version keeps it until its changes are shown; then it takes the new one."""
    context, chosen = ask.parts.context(), language(ask)
    case, kept = doing.case, ask.form if ask.form and stale is None else {}
    seen = kept.get(SEEN) or as_text(facts(case, ask.parts.directory, chosen))
    fixed, leaves_out = _narrowed(doing, tree)
    leaves_out |= NOT_ASKED
    if not ask.who.unbound:
        leaves_out |= _PERSON
    # Who records has mostly collected too; what other offices send, and colleagues did, is entered under their names.
    own = with_person({}, ask) if doing.command is Record else {}
    if doing.subject is not None and wrong is not NOTHING_WRONG:
        tree = with_rows(tree, beginning(doing.command, case, doing.subject, context))
    request = doing.subject if isinstance(doing.subject, EvidenceRequest) else None
    shown = Form(
        language=chosen,
        choices=case_choices(case, tree, context, chosen, request),
        wrong=wrong.fields,
        fixed=fixed,
        leaves_out=leaves_out,
        begins={f"{Custody.__name__}.{name}": value for name, value in own.items()},
    )
    return page(
        ask,
        "forms/step.html",
        status=wrong.status,
        case=case,
        step=doing.opened,
        ground=ground(doing.opened.ground) if doing.opened.ground else None,
        stage=Stage(fixed["stage"]) if "stage" in fixed else CaseEvent(fixed["event"]) if "event" in fixed else None,
        told=_told(doing, ask),
        controls=controls(fields_of(doing.command), tree, shown),
        wrong=wrong,
        stale=stale,
        hands=hands,
        place=lambda code: place_name(ask.parts.directory, code, chosen),
        hidden={
            VERSION: kept.get(VERSION) or etag_of(case.version),
            KEY: kept.get(KEY) or str(uuid4()),
            SEEN: seen,
            SHOWN_AT: kept.get(SHOWN_AT) or context.now.isoformat(),
        },
    )


def _narrowed(doing: Doing, tree: Tree) -> tuple[dict[str, str], frozenset[str]]:
    """What is fixed by the stage or event that was chosen, and what is then not asked for; raises IllegalStep."""
    if doing.command not in (PublishStage, EnterEvent):
        return {}, frozenset()
    name = "stage" if doing.command is PublishStage else "event"
    what = str(tree.get(name, ""))
    if what not in set(Stage if doing.command is PublishStage else CaseEvent):
        raise IllegalStep
    row = DUTY_OF.get(what)
    fixed, out = {name: what}, set[str]()
    if row is not None and row.kind is not None and row.after in {None, doing.case.stage.stage}:
        fixed["part.kind"] = row.kind
    else:
        out.add(f"{doing.command.__name__}.part")
    if doing.command is PublishStage and not (what in set(Stage) and REQUIRED_BASIS.get(Stage(what))):
        out.add("PublishStage.basis")
    return fixed, frozenset(out)


def _told(doing: Doing, ask: Ask) -> tuple[str, ...]:
    """The names of the regions to whom the step is told."""
    directory, mine = ask.parts.directory.by_code, ask.parts.settings.region
    regions = sorted({region_of(one) for one in _concerned(doing)} - {mine})
    return tuple(
        said(Said(directory[one].name_zh, directory[one].name_en), language(ask)) if one in directory else one
        for one in regions
    )


def _concerned(doing: Doing) -> Collection[str]:
    match doing.subject:
        case Transfer() as transfer:
            return {transfer.sender, transfer.receiver}
        case EvidenceRequest() as request:
            return () if request.by_post else {request.peer}
        case _ if doing.place in _FOLLOWED:
            return doing.case.followers
        case _ if doing.place in _SHARED:
            return concerned(doing.case)
        case _:
            return ()
