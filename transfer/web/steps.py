"""What the lifecycle tables open to this region now, as links that can be followed."""

from collections.abc import Iterator
from typing import Annotated, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from transfer.actions.buttons import BUTTONS
from transfer.actions.sending import ATTEMPTS_BEFORE_ESCALATION, attempts
from transfer.domain.case import Case, Transfer
from transfer.domain.designation import judges
from transfer.domain.duties import DUTY_OF
from transfer.domain.errors import NoSuperior
from transfer.domain.evidence import EvidenceRequest
from transfer.domain.evidence_table import UNANSWERED, RequestSide, RequestStep
from transfer.domain.lifecycle import OFFERABLE, PAST, REQUIRED_BASIS, Side, Step, open_stages, open_steps
from transfer.domain.rights import OWN_RIGHTS, REQUEST_RIGHTS, TRANSFER_RIGHTS, Person, Right, right_to_enter
from transfer.messages.codes import LegalBasis, Stage
from transfer.messages.codes_handling import Duty
from transfer.messages.codes_urgency import LIMBS
from transfer.ports.work import Context
from transfer.web.own_steps import OWN_STEPS
from transfer.web.wording import EVIDENCE_WORDING, WORDING, Wording, kebab

PUBLISH_STAGE: Final = "publish-stage"
DRAFT_REQUEST: Final = "draft-request"


class StageOpen(BaseModel):
    """A stage that may follow, and the grounds in law of which one must be named."""

    model_config = ConfigDict(frozen=True)

    stage: Stage
    zh: str
    en: str
    grounds: tuple[LegalBasis, ...]
    duty: Annotated[Duty | None, Field(description="whose step it is")]
    part: Annotated[str | None, Field(description="kind of the part that is said with it")]


class StepOpen(BaseModel):
    """A step that this region may take now."""

    model_config = ConfigDict(frozen=True)

    step: str
    zh: str
    en: str
    ground: Annotated[str | None, Field(description="article that it rests on: LAL the Legal Aid Law, O148 Order 148")]
    transfer: UUID | None = None
    request: UUID | None = None
    method: str = "POST"
    href: str
    stages: tuple[StageOpen, ...] = ()


def steps_open(case: Case, context: Context, who: Person) -> tuple[StepOpen, ...]:
    """The steps that the tables open to this person of this region, less those that would surely be refused."""
    if case.handling.erased:
        return ()
    return tuple(step for right, step in _steps(case, context, who) if who.may(right))


def _steps(case: Case, context: Context, who: Person) -> Iterator[tuple[Right, StepOpen]]:
    path = f"/v1/cases/{case.id}"
    holds = case.holder_region == context.region and case.duplicate_of is None
    yield from _transfer_steps(case, context, path, holds=holds)
    yield from _evidence_steps(case, path, holds=holds)
    for place, step in OWN_STEPS.items():
        if (holds or not step.by_holder) and step.opens(case, context):
            yield OWN_RIGHTS[place], _opened(place.replace("/", "-"), step.wording, f"{path}/{place}")
    if holds:
        yield from _stage_steps(case, path, who)


def _transfer_steps(case: Case, context: Context, path: str, *, holds: bool) -> Iterator[tuple[Right, StepOpen]]:
    for transfer in case.transfers:
        for step in open_steps(transfer.state, transfer.side):
            if step in BUTTONS and _stands_open(step, case, transfer, context, holds=holds):
                href = f"{path}/transfers/{transfer.id}/{kebab(step)}"
                yield TRANSFER_RIGHTS[step], _opened(kebab(step), WORDING[step], href, transfer=transfer.id)
    if holds and _may_be_offered(case, context):
        yield TRANSFER_RIGHTS[Step.OFFER], _opened(kebab(Step.OFFER), WORDING[Step.OFFER], f"{path}/transfers")


def _evidence_steps(case: Case, path: str, *, holds: bool) -> Iterator[tuple[Right, StepOpen]]:
    for request in case.requests:
        for step in request.open_steps:
            if _request_stands_open(step, request, case, holds=holds):
                href = f"{path}/requests/{request.id}/{kebab(step)}"
                yield REQUEST_RIGHTS[step], _opened(kebab(step), EVIDENCE_WORDING[step], href, request=request.id)
    if holds and case.active and case.stage.stage not in PAST:
        said = EVIDENCE_WORDING[RequestStep.DRAFT]
        yield REQUEST_RIGHTS[RequestStep.DRAFT], _opened(DRAFT_REQUEST, said, f"{path}/requests")


def _request_stands_open(step: RequestStep, request: EvidenceRequest, case: Case, *, holds: bool) -> bool:
    match step:
        case RequestStep.SEND:
            return holds and case.open_offer is None
        case RequestStep.GRANT_EXTENSION | RequestStep.REFUSE_EXTENSION:
            return request.extension is not None and request.extension.granted is None
        case _:
            return True


def _stage_steps(case: Case, path: str, who: Person) -> Iterator[tuple[Right, StepOpen]]:
    urgent = case.basics.urgency in LIMBS
    stages = tuple(
        stage
        for stage in open_stages(case.stage.stage, offered=case.open_offer is not None, withdrawn=not case.active)
        if not (urgent and stage is Stage.SUSPENDED) and who.may(right_to_enter(stage))
    )
    if stages:
        yield (
            Right.READ_CASES,
            StepOpen(
                step=PUBLISH_STAGE,
                zh="公布办理阶段",
                en="Bring the case to its next stage",
                ground=None,
                href=f"{path}/stages",
                stages=tuple(_stage(s, came_from=case.stage.stage) for s in stages),
            ),
        )


def _stage(stage: Stage, *, came_from: Stage) -> StageOpen:
    row = DUTY_OF.get(stage)
    return StageOpen(
        stage=stage,
        zh=stage.zh,
        en=stage.en,
        grounds=tuple(sorted(REQUIRED_BASIS.get(stage, ()))),
        duty=row.duty if row else None,
        part=row.kind if row and row.after in {None, came_from} else None,
    )


def _opened(
    step: str, said: Wording, href: str, *, transfer: UUID | None = None, request: UUID | None = None
) -> StepOpen:
    return StepOpen(
        step=step, zh=said.zh, en=said.en, ground=said.ground, transfer=transfer, request=request, href=href
    )


def _stands_open(step: Step, case: Case, transfer: Transfer, context: Context, *, holds: bool) -> bool:
    """Whether what is known beyond the transfer's state allows the step too."""
    if transfer.side is Side.SENDER and not holds:
        return False
    match step:
        case Step.DESIGNATE:
            return context.region not in dict(transfer.designations)
        case Step.ESCALATE:
            free = case.open_offer is None or case.open_offer.id == transfer.id
            return free and not transfer.escalated and _has_judges(transfer, context)
        case Step.RECALL | Step.ACCEPT:
            return transfer.is_open and bool(case.active)
        case Step.DISPUTE:
            return transfer.designation is None
        case _:
            return True


def _may_be_offered(case: Case, context: Context) -> bool:
    if case.open_offer is not None or case.stage.stage not in OFFERABLE or not case.active:
        return False
    if any(one.side is RequestSide.REQUESTER and one.state in UNANSWERED for one in case.requests):
        return False
    mine = attempts(case)
    unsuccessful = [t for t in mine if t.signed_by is not None]
    designated = any(t.designation is not None for t in mine)
    must_escalate = len(unsuccessful) >= ATTEMPTS_BEFORE_ESCALATION and _has_judges(unsuccessful[-1], context)
    return designated or not must_escalate


def _has_judges(transfer: Transfer, context: Context) -> bool:
    try:
        judges(transfer, context.directory.by_code)
    except NoSuperior:
        return False
    return True
