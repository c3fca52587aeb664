"""Every button that may be pressed in an exchange, read from the tables."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final
from uuid import UUID

from tests.federation.exchange import Exchange, Move
from tests.handling import said_with
from transfer.actions import commands
from transfer.actions.handling_commands import TellApplicants
from transfer.domain.case import Case, Transfer
from transfer.domain.clocks import legal_day
from transfer.domain.lifecycle import OFFERABLE, REQUIRED_BASIS, Step, open_stages, open_steps
from transfer.domain.supplement import waiting
from transfer.messages.case import Material
from transfer.messages.codes import (
    ApplicantStatus,
    Defect,
    DisputeGround,
    LegalBasis,
    MaterialKind,
    RecallReason,
    Stage,
)
from transfer.messages.transfer import ApplicantLeft, SupplementAnswer, SupplementItem

PAPER: Final = "欠条"
BASIS: Final = {stage: min(grounds) for stage, grounds in REQUIRED_BASIS.items()}


def tabled(exchange: Exchange) -> list[Move]:
    """The moves that the tables open now; the rules may still refuse some of them."""
    found: list[Move] = []
    for code, room in exchange.rooms.items():
        for case in room.content.cases.values():
            found += _of_holder(exchange, code, case)
            for transfer in case.transfers:
                for step in open_steps(transfer.state, transfer.side):
                    if step in COMMANDS:
                        found += of_step(exchange, code, case, transfer, step)
    return found


def untabled(exchange: Exchange) -> list[Move]:
    """Every button on every transfer by everyone, and every stage and offer, whatever the tables say."""
    found: list[Move] = []
    for code, room in exchange.rooms.items():
        for case in room.content.cases.values():
            found += [stage_move(exchange, code, case, stage) for stage in Stage]
            found += [_offer(code, case, receiver) for receiver in exchange.rooms]
            for transfer in case.transfers:
                for step in COMMANDS:
                    found += of_step(exchange, code, case, transfer, step)
    return found


def _of_holder(exchange: Exchange, code: str, case: Case) -> Iterator[Move]:
    if case.holder_region != code:
        return
    offered = case.open_offer is not None
    for stage in open_stages(case.stage.stage, offered=offered, withdrawn=not case.active):
        yield stage_move(exchange, code, case, stage)
    if isinstance(asked := waiting(case), Transfer) and asked.notice is not None and not asked.told:
        today = legal_day(exchange.now)
        if today > asked.notice.due_on:
            command = TellApplicants(by="王芳", institution=code, written_on=today)
            yield Move(region=code, case=case.id, command=command)
    if not offered and case.stage.stage in OFFERABLE:
        for receiver in exchange.rooms:
            if receiver != code:
                yield _offer(code, case, receiver)


def stage_move(exchange: Exchange, code: str, case: Case, stage: Stage) -> Move:
    today = legal_day(exchange.now)
    command = commands.PublishStage(
        **said_with(stage, today, case.stage.stage),
        institution=code,
        stage=stage,
        occurred_on=today,
        basis=LegalBasis(BASIS[stage]) if stage in BASIS else None,
    )
    return Move(region=code, case=case.id, command=command)


def _offer(code: str, case: Case, receiver: str) -> Move:
    command = commands.Offer(by="王芳", institution=code, receiver=receiver, letter="函", reason="由")
    return Move(region=code, case=case.id, command=command)


def of_step(exchange: Exchange, code: str, case: Case, transfer: Transfer, step: Step) -> Iterator[Move]:
    """The ways to take a step."""
    for command in COMMANDS[step](exchange, code, case, transfer):
        yield Move(region=code, case=case.id, command=command, step=step, transfer=transfer.id)


def _sign_for(_exchange: Exchange, code: str, _case: Case, _transfer: Transfer) -> Iterator[commands.Command]:
    yield commands.SignFor(by="陈静", institution=code, materials_counted=0)


def _require(exchange: Exchange, code: str, case: Case, transfer: Transfer) -> Iterator[commands.Command]:
    due_on = legal_day(exchange.now) + timedelta(days=1)
    paper = PAPER if transfer.notice is not None else None
    persons = [applicant.id for applicant in case.active]
    for asked in {tuple(persons), tuple(persons[:1])}:
        items = tuple(
            SupplementItem(applicant=person, defect=Defect.ID_MISSING, explanation="缺", paper=paper)
            for person in asked or (None,)
        )
        yield commands.RequireSupplement(by="陈静", institution=code, items=items, due_on=due_on)


def _supplement(exchange: Exchange, code: str, case: Case, transfer: Transfer) -> Iterator[commands.Command]:
    items = transfer.notice.items if transfer.notice else ()
    answers = tuple(SupplementAnswer(applicant=i.applicant, defect=i.defect, answer="补") for i in items)
    paper = Material(kind=MaterialKind.IOU, title=PAPER)
    yield commands.Supplement(by="王芳", institution=code, answers=answers, materials=(paper,))
    yield commands.Supplement(by="王芳", institution=code, answers=answers)
    late = transfer.notice is not None and legal_day(exchange.now) > transfer.notice.due_on
    status = ApplicantStatus.DEEMED_WITHDRAWN if late else ApplicantStatus.WITHDRAWN
    for applicant in {i.applicant for i in items if i.applicant is not None} or {a.id for a in case.active[:1]}:
        yield commands.Supplement(
            by="王芳",
            institution=code,
            answers=tuple(answer for answer in answers if answer.applicant != applicant),
            left=(ApplicantLeft(applicant=applicant, status=status),),
        )


def _accept(_exchange: Exchange, code: str, _case: Case, _transfer: Transfer) -> Iterator[commands.Command]:
    yield commands.Accept(by="陈静", institution=code, number=f"{code} 1")


def _dispute(exchange: Exchange, code: str, _case: Case, transfer: Transfer) -> Iterator[commands.Command]:
    third = next((r for r in exchange.rooms if r not in {code, transfer.sender_region}), transfer.sender_region)
    yield commands.Dispute(
        by="陈静",
        institution=code,
        ground=DisputeGround.COMPETENCE_CAUSE_ELSEWHERE,
        proposed_region=third,
        explanation="由",
    )


def _escalate(_exchange: Exchange, code: str, _case: Case, _transfer: Transfer) -> Iterator[commands.Command]:
    yield commands.Escalate(by="王芳", institution=code, explanation="请指定")


def _designate(exchange: Exchange, code: str, _case: Case, _transfer: Transfer) -> Iterator[commands.Command]:
    for region in exchange.rooms:
        yield commands.Designate(
            by="赵敏", institution=code, region=region, decided_on=legal_day(exchange.now), reason="由"
        )


def _link(exchange: Exchange, code: str, case: Case, _transfer: Transfer) -> Iterator[commands.Command]:
    for other in exchange.rooms[code].content.cases:
        if other != case.id:
            yield commands.Link(by="陈静", institution=code, surviving_case=other)


def _recall(_exchange: Exchange, code: str, case: Case, _transfer: Transfer) -> Iterator[commands.Command]:
    for reason in (RecallReason.WITHDRAWN_BY_APPLICANT, RecallReason.SENT_IN_ERROR):
        yield commands.Recall(by="王芳", institution=code, reason=reason)
    for applicant in case.active:
        leaving: tuple[UUID, ...] = (applicant.id,)
        reason = RecallReason.WITHDRAWN_BY_APPLICANT
        yield commands.Recall(by="王芳", institution=code, reason=reason, applicants=leaving)


COMMANDS: Final = {
    Step.SIGN_FOR: _sign_for,
    Step.REQUIRE_SUPPLEMENT: _require,
    Step.SUPPLEMENT: _supplement,
    Step.ACCEPT: _accept,
    Step.DISPUTE: _dispute,
    Step.ESCALATE: _escalate,
    Step.DESIGNATE: _designate,
    Step.LINK: _link,
    Step.RECALL: _recall,
}
