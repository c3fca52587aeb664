"""With what the form of a step begins: today, the items to be answered, the draft to be replaced."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from pydantic import BaseModel

from transfer.actions import commands, eligibility_commands, group_commands
from transfer.actions import evidence_commands as evidence
from transfer.actions.competence_commands import NamePlaces
from transfer.domain.case import Case, Transfer
from transfer.domain.clocks import legal_day
from transfer.domain.evidence import EvidenceRequest
from transfer.domain.handling import Assignment
from transfer.messages.case import Places
from transfer.messages.transfer import SupplementItem
from transfer.ports.work import Context
from transfer.web.pages.fields import Kind, fields_of
from transfer.web.pages.filled import Tree

Subject = Transfer | EvidenceRequest | None
_TODAY: Final = {"occurred_on", "decided_on", "elected_on", "since", "written_on", "found_on"}


def beginning(command: type[BaseModel], case: Case, subject: Subject, context: Context) -> Tree:
    """What is known already, as the form would send it."""
    today = legal_day(context.now).isoformat()
    tree: Tree = {
        one.name: today for one in fields_of(command) if one.kind is Kind.DAY and one.needed and one.name in _TODAY
    }
    begins = _BEGINS.get(command)
    return tree | (begins(case, subject) if begins is not None else {})


def with_rows(tree: Tree, begun: Tree) -> Tree:
    """The tree, and the rows that the form began with and nobody filled in."""
    rows = {name: value for name, value in begun.items() if isinstance(value, list)}
    return tree | {
        name: given + [row for row in some if not any(row.items() <= one.items() for one in given)]
        for name, some in rows.items()
        for given in [tree.get(name, [])]
    }


def _answers(items: tuple[SupplementItem, ...]) -> Tree:
    return {"answers": [_plain(one, "applicant", "defect") for one in items]}


def _supplement(_: Case, subject: Any) -> Tree:  # noqa: ANN401 - a transfer
    return _answers(subject.notice.items) if subject.notice is not None else {}


def _own_notice(case: Case, _: Any) -> Tree:  # noqa: ANN401 - one form for all
    return _answers(case.notice.items) if case.notice is not None else {}


def _counted(case: Case, _: Any) -> Tree:  # noqa: ANN401 - one form for all
    return {"materials_counted": len(case.materials)}


def _unfound(case: Case, _: Any) -> Tree:  # noqa: ANN401 - one form for all
    return {"findings": [{"applicant": str(one.id)} for one in case.active if one.finding is None]}


def _places(case: Case, _: Any) -> Tree:  # noqa: ANN401 - one form for all
    return {name: getattr(case.basics, name) for name in Places.model_fields if getattr(case.basics, name)}


def _lawyer(case: Case, _: Any) -> Tree:  # noqa: ANN401 - one form for all
    said = case.handling.said(Assignment)
    if said is None:
        return {}
    firm = {"licence": said.licence, "firm": said.office} if said.licence else {}
    return {"lawyer": {"name": said.person} | firm | ({"phone": said.phone} if said.phone else {})}


def _draft(_: Case, subject: Any) -> Tree:  # noqa: ANN401 - an evidence request
    whole = subject.model_dump(mode="json", exclude_none=True)
    applicants = {str(one.id) for one in subject.persons if one.role.value == "APPLICANT"}
    draft = {name: whole[name] for name in evidence.AmendRequest.model_fields if name in whole}
    return draft | {"persons": [one for one in whole["persons"] if one["id"] not in applicants]}


def _unanswered(_: Case, subject: Any) -> Tree:  # noqa: ANN401 - an evidence request
    done = {one.item for one in (*subject.answers, *subject.recorded)} - {one.item for one in subject.rework}
    return {"answers": [{"item": str(one.id)} for one in subject.items if one.id not in done]}


def _plain(model: BaseModel, *names: str) -> Tree:
    return model.model_dump(mode="json", include=set(names), exclude_none=True)


_BEGINS: Final[Mapping[type[BaseModel], Callable[[Case, Any], Tree]]] = MappingProxyType(
    {
        commands.SignFor: _counted,
        commands.Supplement: _supplement,
        commands.AnswerNotice: _own_notice,
        eligibility_commands.FindEligibility: _unfound,
        group_commands.Join: lambda _case, _subject: {"applicants": [{}]},
        NamePlaces: _places,
        evidence.DraftRequest: _lawyer,
        evidence.AmendRequest: _draft,
        evidence.ChangeLawyer: _lawyer,
        evidence.Record: _unanswered,
        evidence.EnterReply: _unanswered,
    }
)
