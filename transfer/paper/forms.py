"""What an institution says in each formal letter, as plain values; ``layouts`` makes letters of them.

Texts are printed as they are given; one with several lines becomes several paragraphs. Which fields each paper needs:
SF/T 0024-2017 ch. 8 for the list of forms; Law on Lawyers art. 35 for the lawyer's papers; Civil Procedure Law (2023)
arts. 73 and 134 for items and originals; E-Signature Law arts. 4 to 8 for how a piece of evidence was kept.
"""

from dataclasses import dataclass
from datetime import date, datetime

from transfer.messages.check_line import CheckLine
from transfer.paper.letter import Contact


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What all letters have: who writes to whom, when, under which number and marks, and how it is checked."""

    issuer: str
    addressee: str
    signed_on: date
    contact: Contact
    number: str = ""
    secrecy: str = ""
    urgency: str = ""
    check: CheckLine | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseBasics:
    """The case in the words of its holder. Several applicants are told one by one."""

    applicants: tuple[str, ...]
    matter: str
    facts: str
    opponent: str = ""
    case_number: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedItem:
    """One thing that is asked for. ``copy_form`` says whether the original or a copy is wanted."""

    kind: str
    what: str
    about_whom: str
    holder: str
    place: str
    copy_form: str
    period: str = ""
    urgency: str = ""
    urgency_reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lawyer:
    """Who handles the case, with the papers that an own investigation needs (Law on Lawyers, art. 35)."""

    name: str
    licence: str
    firm: str
    firm_certificate: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CooperationRequest:
    """法律援助协作函. ``due_rule`` says how the day is counted, such as ten working days from receipt; which day that
    is turns out when the letter has come."""

    frame: Frame
    case: CaseBasics
    purpose: str
    items: tuple[AskedItem, ...]
    due_rule: str
    use_clause: str
    cost_rule: str
    lawyer: Lawyer | None = None
    attachments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """The letter that is answered."""

    title: str
    signed_on: date
    number: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedFor:
    """签收回执: a person took charge of the letter. ``attachments`` are what came with it, by name."""

    frame: Frame
    answered: Answered
    received_on: date
    signed_by: str
    item_count: int
    attachments: tuple[str, ...]
    answer_due_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemResult:
    """What became of one item; ``explanation`` says why, where it was not obtained in full."""

    number: int
    asked: str
    result: str
    explanation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A piece of evidence: who collected it, when, where, how, from whom. ``digest`` is SHA-256, 64 digits."""

    item: int
    name: str
    digest: str
    pages: str
    collected_by: str
    collected_at: datetime
    place: str
    method: str
    obtained_from: str
    original_seen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CooperationReply:
    """协作回函（办理结果）."""

    frame: Frame
    answered: Answered
    results: tuple[ItemResult, ...]
    evidence: tuple[Piece, ...]
    remarks: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CannotHelp:
    """不能协作说明: the objective ground, in writing. ``advice`` says what the requester may do instead."""

    frame: Frame
    answered: Answered
    ground: str
    reason: str
    advice: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """One paper of a package."""

    name: str
    count: str
    remark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationForwarded:
    """转交申请公函: an application goes to the competent institution, with the materials agreed."""

    frame: Frame
    case: CaseBasics
    first_received_at: datetime
    ground: str
    urgency_reason: str
    review_due_on: date
    materials: tuple[Material, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CustodyEvent:
    """One step in the life of a piece of evidence. ``digest`` is SHA-256 after the step, 64 digits."""

    at: datetime
    person: str
    institution: str
    action: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CustodyRecord:
    """证据保管链记录: every step of one piece of evidence, in order."""

    issuer: str
    signed_on: date
    evidence: str
    digest: str
    events: tuple[CustodyEvent, ...]
    case_number: str = ""
    number: str = ""
    secrecy: str = ""
    check: CheckLine | None = None
