"""What a caseworker can change: open a case, offer it, take a step, publish a stage."""

from collections.abc import Iterable
from dataclasses import replace

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import from_json

from transfer.actions import commands, intake
from transfer.actions.buttons import Button, OwnButton, draft_order, offer_order, stage_order
from transfer.actions.commands import TEST_REGION
from transfer.actions.desk import Attempt, Idempotency, Order
from transfer.actions.group_commands import Join
from transfer.domain.case import Case
from transfer.domain.errors import TransferError, slug
from transfer.domain.rights import right_to_enter
from transfer.messages.codes import IdentityKind
from transfer.messages.envelope import explain
from transfer.ports.work import Answered
from transfer.telemetry.metrics import COMMANDS
from transfer.web.answers import Reply, to_json
from transfer.web.case_body import case_body
from transfer.web.conditions import REPLAYED_HEADER, etag_of
from transfer.web.faults import BeyondExchange, TestIdentity
from transfer.web.gate import admit, check_actor
from transfer.web.route import Ask, Handler


class Nothing(BaseModel):
    """A body without fields; it may also be left out."""

    model_config = ConfigDict(extra="forbid")


async def open_case(ask: Ask) -> Reply:
    """Take in an application."""
    command: commands.OpenCase = ask.body
    _check_identities(ask, command.applicants)
    return await take_in(ask, command)


async def take_in(ask: Ask, command: commands.OpenCase) -> Reply:
    """A new case for these persons."""
    order = Order(
        by=command.by,
        institution=command.institution,
        attempt=Attempt(command=slug(type(command))),
        create=lambda context: intake.open_case(command, context),
    )
    return await _carry_out(ask, order, status=201)


async def offer(ask: Ask) -> Reply:
    """Offer the case to another region."""
    return await _carry_out(ask, offer_order(ask.id("case"), ask.body), status=201)


async def publish_stage(ask: Ask) -> Reply:
    """Bring the case to its next stage."""
    admit(ask.who, right_to_enter(ask.body.stage))
    return await _carry_out(ask, stage_order(ask.id("case"), ask.body), status=200)


def step(button: Button, subject: str) -> Handler:
    """The handler of a step on what the path names so: a transfer or a request."""

    async def take(ask: Ask) -> Reply:
        return await _carry_out(ask, button.order(ask.id("case"), ask.id(subject), ask.body), status=200)

    return take


async def draft_request(ask: Ask) -> Reply:
    """Draft an evidence request."""
    return await _carry_out(ask, draft_order(ask.id("case"), ask.body), status=201)


def own_step(button: OwnButton) -> Handler:
    """The handler of a step on the case itself."""

    async def take(ask: Ask) -> Reply:
        if isinstance(ask.body, commands.EnterEvent):
            admit(ask.who, right_to_enter(ask.body.event))
        if isinstance(ask.body, Join):
            _check_identities(ask, ask.body.applicants)
        return await _carry_out(ask, button.order(ask.id("case"), ask.body), status=200)

    return take


def replayed(answered: Answered) -> Reply:
    """The answer once given, byte for byte."""
    return _reply(answered, {REPLAYED_HEADER: "true"})


async def _carry_out(ask: Ask, order: Order, *, status: int) -> Reply:
    check_actor(ask.who, order.by, order.institution)
    given: list[Answered] = []

    def respond(case: Case) -> Answered:
        body = to_json(case_body(case, ask.parts.context(), ask.who))
        given.append(Answered(request=ask.digest, status=status, body=body, etag=etag_of(case.version)))
        return given[-1]

    idempotency = Idempotency(key=ask.key, request=ask.digest, respond=respond)
    try:
        outcome = await ask.parts.desk.carry_out(replace(order, version=ask.version, idempotency=idempotency))
    except TransferError as error:
        COMMANDS.labels(result=type(error).__name__).inc()
        raise
    except ValidationError as error:
        COMMANDS.labels(result="BeyondExchange").inc()
        raise BeyondExchange(explain(error)) from None
    match outcome:
        case Answered():
            COMMANDS.labels(result="replayed").inc()
            return replayed(outcome)
        case Case():
            COMMANDS.labels(result="done").inc()
            return _reply(given[-1])


def _reply(answered: Answered, headers: dict[str, str] | None = None) -> Reply:
    all_headers = dict(headers or {})
    if answered.etag is not None:
        all_headers["ETag"] = answered.etag
    if answered.status == 201:  # noqa: PLR2004 - Created
        all_headers["Location"] = f"/v1/cases/{from_json(answered.body)['id']}"
    return Reply(status=answered.status, body=answered.body, headers=all_headers)


def _check_identities(ask: Ask, applicants: Iterable[commands.NewApplicant]) -> None:
    """Raises TestIdentity, unless this node takes them."""
    if ask.parts.settings.test_identities:
        return
    places = [
        f"/applicants/{place}/{whose}/number"
        for place, one in enumerate(applicants)
        for whose, paper in (("identity", one.identity), ("victim", one.victim))
        if paper and paper.kind is IdentityKind.RESIDENT_ID and paper.number.startswith(TEST_REGION)
    ]
    if places:
        said = "of the never-assigned region 990000"
        raise TestIdentity(
            "Numbers that begin with 99 are taken only where the setting test_identities is on.",
            errors=[{"pointer": place, "message": said} for place in places],
        )
