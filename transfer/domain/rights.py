"""Who may do what: the one table of roles and rights. The API, the pages and docs/rights.md read it.

Duties are parted as GB/T 22239-2019 asks of level 3: three administrators, none of whom reads cases, and an auditor who
changes nothing. How the duties of a centre are parted among its staff is this project's choice.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final
from uuid import UUID

from transfer.domain.duties import DUTY_OF
from transfer.domain.evidence_table import RequestStep
from transfer.domain.lifecycle import Step
from transfer.messages.codes import Code
from transfer.messages.codes_handling import Duty


class Role(Code):
    """What a person is at this node; one person may be several."""

    INTAKE = "intake", "窗口接待", "Intake clerk"
    WORKSTATION = "workstation", "工作站人员", "Workstation"
    REVIEWER = "reviewer", "审查人", "Reviewer"
    APPROVER = "approver", "审批人", "Approver"
    ASSIGNER = "assigner", "指派人", "Assigner"
    LIAISON = "liaison", "协作联络员", "Liaison"
    HANDLING_LAWYER = "handling-lawyer", "承办人", "Handling lawyer"
    ARCHIVIST = "archivist", "档案员", "Archivist"
    OBJECTION_REVIEWER = "objection-reviewer", "异议审查人", "Reviewer of objections"
    SUPERVISOR = "supervisor", "主管人员", "Supervisor"
    AUDITOR = "auditor", "审计人员", "Auditor"
    SYSTEM_ADMINISTRATOR = "system-administrator", "系统管理员", "System administrator"
    SECURITY_ADMINISTRATOR = "security-administrator", "安全管理员", "Security administrator"
    AUDIT_ADMINISTRATOR = "audit-administrator", "审计管理员", "Audit administrator"


class Right(Code):
    """What may be done."""

    READ_CASES = "read-cases", "查看案件", "Read cases"
    TAKE_IN = "take-in", "受理登记", "Take applications in, and enter what applicants bring, say and withdraw"
    EXAMINE = "examine", "审查", "Review what was taken in: eligibility, notices, places, urgency"
    DECIDE = "decide", "审批", "Approve: accept, refuse, terminate, release letters and answers"
    ASSIGN = "assign", "指派", "Assign those who handle cases"
    HANDLE = "handle", "承办", "Carry a case that was assigned: its stages, and evidence asked for and handed on"
    ARCHIVE = "archive", "归档", "Archive"
    REVIEW_OBJECTIONS = "review-objections", "异议审查", "Enter what the review of an objection found"
    TRANSFER = "transfer", "转交", "Offer cases to other regions, and answer their offers"
    DESIGNATE = "designate", "指定管辖", "Designate who accepts, between regions that disagree"
    COLLECT = "collect", "办理协作函", "Answer the evidence requests of other regions"
    KEEP = "keep", "保管", "Hold, erase, recuse: what concerns the keeping of a case"
    REPORT = "report", "统计", "Figures without persons"
    AUDIT = "audit", "审计", "Ask the ledger"
    OPERATE = "operate", "运行维护", "See how node, links and keys stand; replay what the quarantine holds, unread"
    MEASURE = "measure", "读取监控指标", "Read the measures of a node, for a monitor; they name nobody"
    READ_QUARANTINE = "read-quarantine", "查看隔离区", "Read messages that were not applied, which may name persons"
    ADMIT = "admit", "账号管理", "Accounts, their roles and tokens"


class Anyone(StrEnum):
    """Where no right is asked for."""

    EVERYBODY = "everybody"
    ACCOUNT = "account"
    """Whoever has shown a password, also before the second factor and before a new password was chosen."""
    SIGNED_IN = "signed-in"


Admits = Right | Anyone
"""Who gets in at a route."""

_R: Final = Role
ADMINISTRATORS: Final = frozenset({_R.SYSTEM_ADMINISTRATOR, _R.SECURITY_ADMINISTRATOR, _R.AUDIT_ADMINISTRATOR})
_STAFF: Final = frozenset(Role) - ADMINISTRATORS - {_R.AUDITOR}

ROLES_OF: Final[Mapping[Right, frozenset[Role]]] = MappingProxyType(
    {
        Right.READ_CASES: _STAFF,
        Right.TAKE_IN: frozenset({_R.INTAKE, _R.WORKSTATION}),
        Right.EXAMINE: frozenset({_R.REVIEWER, _R.WORKSTATION}),
        Right.DECIDE: frozenset({_R.APPROVER}),
        Right.ASSIGN: frozenset({_R.ASSIGNER}),
        Right.HANDLE: frozenset({_R.HANDLING_LAWYER}),
        Right.ARCHIVE: frozenset({_R.ARCHIVIST}),
        Right.REVIEW_OBJECTIONS: frozenset({_R.OBJECTION_REVIEWER}),
        Right.TRANSFER: frozenset({_R.LIAISON, _R.WORKSTATION}),
        Right.DESIGNATE: frozenset({_R.SUPERVISOR}),
        Right.COLLECT: frozenset({_R.LIAISON, _R.WORKSTATION}),
        Right.KEEP: frozenset({_R.ARCHIVIST, _R.APPROVER}),
        Right.REPORT: frozenset({_R.SUPERVISOR, _R.APPROVER, _R.LIAISON, _R.AUDITOR}),
        Right.AUDIT: frozenset({_R.AUDITOR}),
        Right.OPERATE: frozenset({_R.SYSTEM_ADMINISTRATOR}),
        Right.MEASURE: frozenset({_R.SYSTEM_ADMINISTRATOR}),
        Right.READ_QUARANTINE: frozenset({_R.LIAISON}),
        Right.ADMIT: frozenset({_R.SECURITY_ADMINISTRATOR}),
    }
)

DUTY_RIGHTS: Final[Mapping[Duty, Right]] = MappingProxyType(
    {
        Duty.INTAKE: Right.TAKE_IN,
        Duty.REVIEWER: Right.EXAMINE,
        Duty.APPROVER: Right.DECIDE,
        Duty.ASSIGNER: Right.ASSIGN,
        Duty.HANDLING_LAWYER: Right.HANDLE,
        Duty.ARCHIVIST: Right.ARCHIVE,
        Duty.OBJECTION_REVIEWER: Right.REVIEW_OBJECTIONS,
    }
)
"""Whose right it is to enter a stage or an event of the table of duties."""


def right_to_enter(what: str) -> Right:
    """Whose right it is to enter this stage or event."""
    row = DUTY_OF.get(what)
    return DUTY_RIGHTS[row.duty] if row else Right.READ_CASES


TRANSFER_RIGHTS: Final[Mapping[Step, Right]] = MappingProxyType(
    {
        Step.OFFER: Right.TRANSFER,
        Step.SIGN_FOR: Right.TRANSFER,
        Step.REQUIRE_SUPPLEMENT: Right.EXAMINE,
        Step.SUPPLEMENT: Right.TRANSFER,
        Step.ACCEPT: Right.DECIDE,
        Step.DISPUTE: Right.DECIDE,
        Step.LINK: Right.TRANSFER,
        Step.ESCALATE: Right.TRANSFER,
        Step.DESIGNATE: Right.DESIGNATE,
        Step.RECALL: Right.TRANSFER,
    }
)
"""Whose right each step on a transfer is."""

REQUEST_RIGHTS: Final[Mapping[RequestStep, Right]] = MappingProxyType(
    {
        RequestStep.DRAFT: Right.HANDLE,
        RequestStep.AMEND: Right.HANDLE,
        RequestStep.APPROVE: Right.DECIDE,
        RequestStep.SEND: Right.TRANSFER,
        RequestStep.CLARIFY: Right.HANDLE,
        RequestStep.CONFIRM: Right.HANDLE,
        RequestStep.ASK_REWORK: Right.HANDLE,
        RequestStep.GRANT_EXTENSION: Right.HANDLE,
        RequestStep.REFUSE_EXTENSION: Right.HANDLE,
        RequestStep.CANCEL: Right.HANDLE,
        RequestStep.CHANGE_LAWYER: Right.ASSIGN,
        RequestStep.HAND_ON: Right.HANDLE,
        RequestStep.ENTER_REPLY: Right.TRANSFER,
        RequestStep.ENTER_DECLINE: Right.TRANSFER,
        RequestStep.SIGN_FOR: Right.COLLECT,
        RequestStep.ASK_CLARIFICATION: Right.COLLECT,
        RequestStep.UNDERTAKE: Right.COLLECT,
        RequestStep.ASSIGN: Right.COLLECT,
        RequestStep.RECORD: Right.COLLECT,
        RequestStep.SUPPLY: Right.DECIDE,
        RequestStep.RETURN: Right.DECIDE,
        RequestStep.DECLINE: Right.DECIDE,
        RequestStep.ASK_EXTENSION: Right.COLLECT,
    }
)
"""Whose right each step on an evidence request is."""

OWN_RIGHTS: Final[Mapping[str, Right]] = MappingProxyType(
    {
        "notice": Right.EXAMINE,
        "notice/told": Right.TAKE_IN,
        "notice/answer": Right.TAKE_IN,
        "withdrawals": Right.TAKE_IN,
        "applicants": Right.TAKE_IN,
        "representatives": Right.TAKE_IN,
        "completion": Right.TAKE_IN,
        "eligibility": Right.EXAMINE,
        "attestations": Right.EXAMINE,
        "attestations/revoke": Right.EXAMINE,
        "places": Right.EXAMINE,
        "split": Right.EXAMINE,
        "urgency": Right.EXAMINE,
        "events": Right.READ_CASES,
        "recusals": Right.KEEP,
        "recusals/lift": Right.KEEP,
        "hold": Right.KEEP,
        "hold/lift": Right.KEEP,
        "erase/proposal": Right.KEEP,
        "erase": Right.KEEP,
    }
)
"""Whose right each step on the case itself is, by its place below the case. An event and a stage belong to whoever has
the duty of it (``DUTY_RIGHTS``); an event that is nobody's duty, to whoever reads the case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """Which cases of the region a person sees: not those in which the person is recused, and with ``own_only`` none
    but those that the person handles."""

    name: str
    own_only: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who asks: an account with its roles, or, where sign-in is off, anybody at this machine."""

    name: str
    account: UUID | None = None
    institution: str | None = None
    roles: frozenset[Role] = frozenset()
    confirmed: bool = True
    """False before the second factor, and before a password that someone else knew was replaced."""
    system: bool = False
    """Another system, by a token: it names the person who acts in what it sends."""
    scopes: frozenset[Right] | None = None
    """What a token is limited to; None where it is not."""
    unbound: bool = False
    """Sign-in is off: everything is open but the audit, and names are taken as they are typed."""

    def may(self, admits: Admits) -> bool:
        """Whether this person gets in there."""
        match admits:
            case Anyone.EVERYBODY:
                return True
            case _ if self.unbound:
                return admits is not Right.AUDIT
            case Anyone.ACCOUNT:
                return self.account is not None
            case Anyone.SIGNED_IN:
                return self.account is not None and self.confirmed
            case Right():
                within = self.scopes is None or admits in self.scopes
                return self.confirmed and within and not self.roles.isdisjoint(ROLES_OF[admits])

    @property
    def sight(self) -> Sight | None:
        """The limits of what this person sees; None where there are none."""
        if self.unbound:
            return None
        return Sight(name=self.name, own_only=self.roles & _STAFF == {Role.HANDLING_LAWYER})

    @property
    def rights(self) -> frozenset[Right]:
        """All that this person may do."""
        return frozenset(right for right in Right if self.may(right))


UNBOUND: Final = Person(name="", unbound=True)
"""Whoever asks where sign-in is off, or holds a terminal of the node."""
NOBODY: Final = Person(name="", confirmed=False)
"""Has not signed in."""
