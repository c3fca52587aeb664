"""What an evidence request says in its formal letters."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Final
from uuid import UUID

from transfer.crypto.directory import Directory
from transfer.domain.case import Case
from transfer.domain.clocks import legal_day
from transfer.domain.evidence import EvidenceRequest
from transfer.messages.check_line import CheckLine
from transfer.messages.codes_evidence import CustodyAct
from transfer.messages.evidence_items import Asked, ItemAnswer
from transfer.messages.evidence_items import Piece as Found
from transfer.paper import forms
from transfer.paper.layouts import (
    COOPERATION_TITLE,
    cannot_help,
    cooperation_letter,
    custody_record,
    receipt,
    reply,
)
from transfer.paper.letter import NOTHING, Contact, Letter
from transfer.paper.numerals import official_day
from transfer.ports.paper import Behind, NoSuchPaper, Paper

USE: Final = "贵单位收集的材料仅用于办理上述法律援助案件，不作其他用途；涉及个人隐私和个人信息的，依法予以保密。"
COST: Final = "协作所需实际费用，按照双方协作协议办理；没有约定的，由双方协商。"


def paper_of(paper: Paper, case: Case, request: EvidenceRequest, behind: Behind | None, directory: Directory) -> Letter:
    """That letter of the request; raises NoSuchPaper when the request has not come so far."""
    made = _PAPERS[paper](case, request, _Frames(request, behind, directory))
    if made is None:
        raise NoSuchPaper(paper=paper.value, state=request.state)
    return made


class _Frames:
    """What the letters of one request have in common."""

    def __init__(self, request: EvidenceRequest, behind: Behind | None, directory: Directory) -> None:
        self._request, self._behind, self._known = request, behind, directory.institutions

    def name(self, institution: str) -> str:
        """As it stands in the directory, or as a letter by post names it; else its code."""
        if (known := self._known.get(institution)) is not None:
            return known.name_zh
        named = self._request.requested_name if institution == self._request.requested else None
        return named or institution

    def there(self, number: str, person: str, on: date) -> forms.Frame:
        """A letter of the requester."""
        return self._frame(self._request.requester, self._request.requested, number, person, on)

    def back(self, number: str, person: str, on: date) -> forms.Frame:
        """A letter of the requested institution."""
        return self._frame(self._request.requested, self._request.requester, number, person, on)

    def _frame(self, issuer: str, addressee: str, number: str, person: str, on: date) -> forms.Frame:
        known, urgent = self._known.get(issuer), any(item.urgent for item in self._request.items)
        return forms.Frame(
            issuer=self.name(issuer),
            addressee=self.name(addressee),
            number=number,
            signed_on=on,
            contact=Contact(person=person, phone=(known.phone if known else None) or NOTHING),
            urgency="特急" if urgent else "",
            check=_line(self._behind) if self._behind else None,
        )


def _line(behind: Behind) -> CheckLine:
    return CheckLine(region=behind.region, message=behind.message, digest=behind.digest.removeprefix("sha256:"))


def _letter(case: Case, request: EvidenceRequest, frames: _Frames) -> Letter:
    lawyer = request.lawyer
    persons = {person.id: person.name for person in request.persons}
    return cooperation_letter(
        forms.CooperationRequest(
            frame=frames.there(request.letter, lawyer.name, _sent_on(request)),
            case=_basics(case, request),
            purpose=request.purpose,
            items=tuple(_asked(item, persons) for item in request.items),
            due_rule=f"自收到本函次日起{request.working_days}个工作日内",
            use_clause=USE,
            cost_rule=COST,
            lawyer=forms.Lawyer(
                name=lawyer.name,
                licence=lawyer.licence,
                firm=lawyer.firm or NOTHING,
                firm_certificate="附后" if lawyer.firm_certificate else NOTHING,
            )
            if lawyer.licence
            else None,
            attachments=tuple(_enclosed(request)),
        )
    )


def _basics(case: Case, request: EvidenceRequest) -> forms.CaseBasics:
    opponents = case.basics.opponents
    return forms.CaseBasics(
        applicants=tuple(person.name for person in request.persons) or (NOTHING,),
        matter=case.basics.matter.zh,
        facts=request.told,
        opponent="、".join(one.name for one in opponents),
        case_number="、".join(number.number for number in case.basics.numbers),
    )


def _asked(item: Asked, persons: Mapping[UUID, str]) -> forms.AskedItem:
    ends = [official_day(day) for day in (item.period_from, item.period_to) if day is not None]
    urgent = item.urgent
    return forms.AskedItem(
        kind=item.kind.zh,
        what=f"{item.what}（{'、'.join(field.zh for field in item.fields)}）",
        about_whom="、".join(persons[one] for one in item.about),
        holder=item.holder or NOTHING,
        place=item.place or NOTHING,
        copy_form=item.form.zh if item.form else "不限",
        period="至".join(ends),
        urgency=f"{urgent.reason.zh}，{official_day(urgent.until)}前" if urgent else "",
        urgency_reason=(urgent.explanation or "") if urgent else "",
    )


def _enclosed(request: EvidenceRequest) -> Iterator[str]:
    for file in (request.lawyer.licence_file, request.lawyer.firm_certificate):
        if file is not None:
            yield file.name
    for item in request.items:
        yield from (file.name for file in item.papers)


def _receipt(_: Case, request: EvidenceRequest, frames: _Frames) -> Letter | None:
    if request.signed_by is None or request.received_on is None:
        return None
    return receipt(
        forms.SignedFor(
            frame=frames.back("", request.signed_by, request.received_on),
            answered=_answered(request),
            received_on=request.received_on,
            signed_by=request.signed_by,
            item_count=len(request.items),
            attachments=tuple(_enclosed(request)),
            answer_due_on=request.due_on,
        )
    )


def _reply(_: Case, request: EvidenceRequest, frames: _Frames) -> Letter | None:
    if request.reply_letter is None or request.returned_at is None:
        return None
    numbers = {item.id: number for number, item in enumerate(request.items, start=1)}
    return reply(
        forms.CooperationReply(
            frame=frames.back(request.reply_letter, request.collector or NOTHING, legal_day(request.returned_at)),
            answered=_answered(request),
            results=tuple(
                forms.ItemResult(
                    number=numbers[answer.item],
                    asked=request.item(answer.item).what,
                    result=answer.result.zh,
                    explanation=_explained(answer),
                )
                for answer in sorted(request.answers, key=lambda answer: numbers[answer.item])
            ),
            evidence=tuple(_piece(numbers[a.item], piece) for a in request.answers for piece in a.pieces),
        )
    )


def _explained(answer: ItemAnswer) -> str:
    facts = [f"{fact.field.zh}：{fact.value}" for fact in answer.facts]
    return "；".join([*facts, *([answer.statement] if answer.statement else [])])


def _piece(item: int, found: Found) -> forms.Piece:
    collected = found.custody[0]
    return forms.Piece(
        item=item,
        name=found.title,
        digest=found.file.digest.removeprefix("sha256:") if found.file else "",
        pages=str(found.pages or NOTHING),
        collected_by=collected.by,
        collected_at=collected.at,
        place=collected.where or NOTHING,
        method=collected.how.zh if collected.how else NOTHING,
        obtained_from=collected.source or NOTHING,
        original_seen=found.original_seen,
    )


def _decline(_: Case, request: EvidenceRequest, frames: _Frames) -> Letter | None:
    said = request.declined
    if said is None:
        return None
    return cannot_help(
        forms.CannotHelp(
            frame=frames.back("", said.declined_by, legal_day(said.at)),
            answered=_answered(request),
            ground=said.reason.zh,
            reason=said.explanation,
        )
    )


_PAPERS: Final = {Paper.LETTER: _letter, Paper.RECEIPT: _receipt, Paper.REPLY: _reply, Paper.DECLINE: _decline}


def _sent_on(request: EvidenceRequest) -> date:
    """The day of the letter: of a draft, the day on which it was begun."""
    return legal_day(request.sent_at or request.opened_at)


def _answered(request: EvidenceRequest) -> forms.Answered:
    return forms.Answered(title=COOPERATION_TITLE, signed_on=_sent_on(request), number=request.letter)


def custody_of(case: Case, request: EvidenceRequest, piece: UUID, directory: Directory, on: date) -> Letter:
    """The chain of a piece of evidence, hop by hop; raises NoSuchPaper."""
    found = next((p for answer in request.answers for p in answer.pieces if p.id == piece), None)
    if found is None:
        raise NoSuchPaper(piece=piece)
    frames, digest = _Frames(request, None, directory), found.file.digest.removeprefix("sha256:") if found.file else ""
    own = request.requester if request.peer == request.requested_region else request.requested
    return custody_record(
        forms.CustodyRecord(
            issuer=frames.name(own),
            signed_on=on,
            evidence=found.title,
            digest=digest,
            case_number="、".join(number.number for number in case.basics.numbers),
            events=tuple(
                forms.CustodyEvent(
                    at=hop.at,
                    person=hop.by,
                    institution=frames.name(hop.institution) if hop.institution else NOTHING,
                    action=_done(hop.act, hop.how.zh if hop.how else "", hop.source or hop.note or ""),
                    digest=digest,
                )
                for hop in found.custody
            ),
        )
    )


def _done(act: CustodyAct, how: str, more: str) -> str:
    return "，".join(part for part in (act.zh, how, more) if part)
