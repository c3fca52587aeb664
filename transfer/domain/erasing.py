"""What is left of a case, or of one applicant in it, when personal data are destroyed: ids, codes, dates and
institutions, in a form that all who read cases understand."""

from dataclasses import replace
from typing import Final
from uuid import UUID

from transfer.domain.case import Case, Notice, Transfer
from transfer.domain.evidence import EvidenceRequest
from transfer.domain.handling import Decided, Entry, Handling, Objection
from transfer.domain.keeping import Erasure
from transfer.messages.case import Applicant, CaseBasics, IdentityDocument
from transfer.messages.codes import IdentityKind
from transfer.messages.eligibility import NO_ATTESTATIONS
from transfer.messages.evidence_items import Asked, ItemAnswer, Person, Piece
from transfer.messages.transfer import SupplementItem, SupplementRequired

ERASED: Final = "已删除"
"""Stands where a name or a text stood."""


def erased(case: Case, erasure: Erasure) -> Case:
    """The case after it, or one applicant of it, was erased; raises UnknownApplicant."""
    if erasure.applicant is None:
        return _without_anybody(case, erasure)
    case.applicant(erasure.applicant)
    return _without(case, erasure.applicant, erasure)


def _without_anybody(case: Case, erasure: Erasure) -> Case:
    basics = case.basics
    return replace(
        case,
        basics=CaseBasics(
            matter=basics.matter,
            aid_form=basics.aid_form,
            facts=ERASED,
            claim=ERASED,
            channel=basics.channel,
            first_received_at=basics.first_received_at,
            first_received_by=basics.first_received_by,
            split_from=basics.split_from,
            split_into=basics.split_into,
        ),
        applicants=tuple(_nobody(one) for one in case.applicants),
        materials=(),
        election=None,
        transfers=tuple(_bare(one) for one in case.transfers),
        requests=(),
        notice=None,
        handling=Handling(erasures=tuple(one for one in case.handling.with_erasure(erasure).erasures if one.receipt)),
        attestations=NO_ATTESTATIONS,
        same_matter=(),
    )


def _nobody(applicant: Applicant) -> Applicant:
    identity = IdentityDocument(kind=IdentityKind.NONE)
    return Applicant(id=applicant.id, name=ERASED, identity=identity, status=applicant.status)


def _bare(transfer: Transfer) -> Transfer:
    """Who, when and how it ended."""
    notice, dispute, designation, word = transfer.notice, transfer.dispute, transfer.designation, {"reason": ERASED}
    return replace(
        transfer,
        letter=ERASED,
        reason=ERASED,
        despite=None,
        signed_by=transfer.signed_by and ERASED,
        notice=notice and _told_nothing(notice, ()),
        dispute=dispute and dispute.model_copy(update={"explanation": ERASED}),
        designations=tuple(
            (by, said.model_copy(update={"decided_by": ERASED, **word})) for by, said in transfer.designations
        ),
        designation=designation and designation.model_copy(update=word),
        told=(),
        supplied=frozenset(),
    )


def _told_nothing(notice: SupplementRequired, left: tuple[SupplementItem, ...]) -> SupplementRequired:
    """A notice names one defect at least."""
    one = SupplementItem(defect=notice.items[0].defect, explanation=ERASED)
    return notice.model_copy(update={"items": left or (one,)})


def _without(case: Case, applicant: UUID, erasure: Erasure) -> Case:
    """Texts that tell of all applicants together stay until the case is erased."""
    attestations = case.attestations
    kept = tuple(one for one in attestations.issued if one.applicant != applicant)
    handling = case.handling.model_copy(
        update={"entries": tuple(_not_said_of(one, applicant) for one in case.handling.entries)}
    )
    return replace(
        case,
        applicants=tuple(_nobody(one) if one.id == applicant else one for one in case.applicants),
        materials=tuple(paper for paper in case.materials if paper.applicant != applicant),
        transfers=tuple(_not_told(one, applicant) for one in case.transfers),
        requests=tuple(_not_asked(one, applicant) for one in case.requests),
        notice=case.notice and _not_noticed(case.notice, applicant),
        handling=handling.with_erasure(erasure),
        attestations=attestations.model_copy(update={"issued": kept}),
    )


def _not_told(transfer: Transfer, applicant: UUID) -> Transfer:
    notice = transfer.notice
    left = tuple(item for item in notice.items if item.applicant != applicant) if notice else ()
    told = tuple(one for one in transfer.told if one.applicant != applicant)
    return replace(transfer, notice=notice and _told_nothing(notice, left), told=told)


def _not_noticed(notice: Notice, applicant: UUID) -> Notice:
    return notice.model_copy(
        update={
            "items": tuple(item for item in notice.items if item.applicant != applicant),
            "told": tuple(one for one in notice.told if one.applicant != applicant),
        }
    )


def _not_said_of(entry: Entry, applicant: UUID) -> Entry:
    """What was said of this one alone."""
    alone = (applicant,)
    match entry.part:
        case Decided(refusals=refusals):
            said = tuple(
                one.model_copy(update={"explanation": ERASED}) if one.applicants == alone else one for one in refusals
            )
            return entry.model_copy(update={"part": entry.part.model_copy(update={"refusals": said})})
        case Objection(applicants=some) if some == alone:
            return entry.model_copy(update={"part": entry.part.model_copy(update={"grounds": ERASED})})
        case _:
            return entry


def _not_asked(request: EvidenceRequest, applicant: UUID) -> EvidenceRequest:
    if all(person.id != applicant for person in request.persons):
        return request
    alone = frozenset(item.id for item in request.items if item.about == (applicant,))
    return request.changed(
        persons=tuple(
            Person(id=one.id, role=one.role, name=ERASED) if one.id == applicant else one for one in request.persons
        ),
        items=tuple(_bare_item(item) if item.id in alone else item for item in request.items),
        answers=tuple(_not_answered(one, applicant, alone) for one in request.answers),
        recorded=tuple(_not_answered(one, applicant, alone) for one in request.recorded),
    )


def _bare_item(item: Asked) -> Asked:
    return item.model_copy(update={"what": ERASED, "holder": None, "place": None, "papers": ()})


def _not_answered(answer: ItemAnswer, applicant: UUID, alone: frozenset[UUID]) -> ItemAnswer:
    """Its facts about this one, and all of it where the item is about nobody else."""
    whole = answer.item in alone
    return answer.model_copy(
        update={
            "statement": answer.statement and (ERASED if whole else answer.statement),
            "facts": tuple(
                fact.model_copy(update={"value": ERASED}) if whole or fact.about == applicant else fact
                for fact in answer.facts
            ),
            "pieces": tuple(_bare_piece(piece) if whole else piece for piece in answer.pieces),
        }
    )


def _bare_piece(piece: Piece) -> Piece:
    """Its custody stays: who had it is no secret of the person."""
    hops = tuple(hop.model_copy(update={"source": hop.source and ERASED, "note": None}) for hop in piece.custody)
    update = {"title": ERASED, "covers": None, "file": None, "sent_by_post": ERASED, "custody": hops}
    return piece.model_copy(update=update)
