"""What is asked of another region item by item, and what is answered."""

from typing import Annotated, Final, Self
from uuid import UUID

from pydantic import Field, model_validator

from transfer.messages.attachments import Attachment
from transfer.messages.case import IdentityDocument
from transfer.messages.codes_evidence import (
    CollectionMethod,
    CustodyAct,
    EvidenceField,
    EvidenceKind,
    ItemResult,
    ItemUrgency,
    ProofForm,
    SubjectRole,
)
from transfer.messages.values import Day, Frozen, InstitutionCode, Line, Moment, Name, RegionCode, Text

ItemId = Annotated[UUID, Field(description="Id of an item of an evidence request, global")]
PieceId = Annotated[UUID, Field(description="Id of a piece of evidence, global")]
Phone = Annotated[str, Field(pattern=r"^[0-9+ -]{5,20}$")]


class Person(Frozen):
    """Someone whom an item is about, with as much as its kind needs and no more."""

    id: Annotated[UUID, Field(description="id of the applicant, or of this person in this request")]
    role: SubjectRole
    name: Name
    identity: IdentityDocument | None = None
    phone: Phone | None = None
    address: Line | None = None
    household_region: RegionCode | None = None


class Lawyer(Frozen):
    """The person who handles the case (承办人). A lawyer who investigates shows licence and firm's certificate
    (Lawyers Law 35)."""

    name: Name
    phone: Phone | None = None
    licence: Annotated[Line | None, Field(description="number of the lawyer's licence")] = None
    firm: Line | None = None
    licence_file: Attachment | None = None
    firm_certificate: Attachment | None = None

    @model_validator(mode="after")
    def _a_lawyer_names_the_firm(self) -> Self:
        if (self.licence is None) != (self.firm is None):
            raise ValueError("a lawyer's licence and firm are named together")
        return self


class Urgent(Frozen):
    """Why an item cannot wait, and until when it must be done."""

    reason: ItemUrgency
    until: Day
    explanation: Text | None = None


class Asked(Frozen):
    """One item of a request: what exactly, about whom, for which time, who holds it and where."""

    id: ItemId
    kind: EvidenceKind
    what: Text
    fields: Annotated[tuple[EvidenceField, ...], Field(min_length=1, max_length=20)]
    about: Annotated[tuple[UUID, ...], Field(max_length=500, description="persons of the request")] = ()
    period_from: Day | None = None
    period_to: Day | None = None
    holder: Annotated[Line | None, Field(description="who has it")] = None
    place: Annotated[Line | None, Field(description="where it is, or where it is to be done")] = None
    form: ProofForm | None = None
    urgent: Urgent | None = None
    papers: Annotated[tuple[Attachment, ...], Field(max_length=50, description="to be served, signed or shown")] = ()

    @model_validator(mode="after")
    def _a_period_has_two_ends(self) -> Self:
        if (self.period_from is None) != (self.period_to is None):
            raise ValueError("a period has a first and a last day")
        if self.period_from is not None and self.period_to is not None and self.period_to < self.period_from:
            raise ValueError("a period ends on or after its first day")
        if len(set(self.fields)) != len(self.fields) or len(set(self.about)) != len(self.about):
            raise ValueError("a field or a person stands twice")
        return self


class Custody(Frozen):
    """One hop of a piece of evidence: who did what with it, when and where; hops are only added."""

    act: CustodyAct
    at: Moment
    by: Name
    institution: InstitutionCode | None = None
    where: Line | None = None
    how: CollectionMethod | None = None
    source: Annotated[Line | None, Field(description="from whom it came")] = None
    note: Line | None = None


class Piece(Frozen):
    """A piece of evidence with the chain of its custody, which begins with its collection."""

    id: PieceId
    title: Line
    covers: Annotated[Line | None, Field(description="the part of what was asked that it covers")] = None
    form: ProofForm
    original_seen: bool
    pages: Annotated[int | None, Field(ge=1, le=100_000)] = None
    file: Annotated[Attachment | None, Field(description="absent when only paper is sent")] = None
    sent_by_post: Annotated[Line | None, Field(description="number of the consignment, when paper is sent")] = None
    custody: Annotated[tuple[Custody, ...], Field(min_length=1, max_length=200)]

    @model_validator(mode="after")
    def _the_chain_begins_with_the_collection(self) -> Self:
        first = self.custody[0]
        if first.act is not CustodyAct.COLLECTED or first.how is None or first.source is None or first.where is None:
            raise ValueError("custody begins with the collection: who, when, where, how and from whom")
        if any(later.at < earlier.at for earlier, later in zip(self.custody, self.custody[1:], strict=False)):
            raise ValueError("the hops of custody are in the order of time")
        if self.file is None and self.sent_by_post is None:
            raise ValueError("a piece is a file, or paper that is sent by post")
        return self


class Fact(Frozen):
    """An answer in words to one field, about one person or the matter as a whole."""

    field: EvidenceField
    about: UUID | None = None
    value: Text


POSITIVE: Final = frozenset({ItemResult.OBTAINED, ItemResult.PARTLY})


class ItemAnswer(Frozen):
    """What became of one item."""

    item: ItemId
    result: ItemResult
    statement: Annotated[Text | None, Field(description="why it is not all that was asked")] = None
    not_before: Annotated[Day | None, Field(description="given exactly when it cannot be had before that day")] = None
    facts: Annotated[tuple[Fact, ...], Field(max_length=500)] = ()
    pieces: Annotated[tuple[Piece, ...], Field(max_length=500)] = ()

    @model_validator(mode="after")
    def _agrees_with_the_result(self) -> Self:
        if (self.result in POSITIVE) != bool(self.facts or self.pieces):
            raise ValueError("facts or pieces are given exactly when something was obtained")
        if self.result is not ItemResult.OBTAINED and self.statement is None:
            raise ValueError("whatever is not obtained in full is explained in writing")
        if (self.result is ItemResult.NOT_BEFORE) != (self.not_before is not None):
            raise ValueError("a day is given exactly when it cannot be had before that day")
        return self


def persons_asked_fault(persons: tuple[Person, ...], items: tuple[Asked, ...]) -> str | None:
    """How the persons and items of a request contradict each other, or None."""
    ids = {person.id for person in persons}
    if len(ids) != len(persons) or len({item.id for item in items}) != len(items):
        return "two persons or two items have the same id"
    if unknown := [str(one) for item in items for one in item.about if one not in ids]:
        return f"an item is about a person who is not in the request: {', '.join(unknown)}"
    if idle := ids - {one for item in items for one in item.about}:
        return f"no item is about the person {', '.join(sorted(map(str, idle)))}"
    return None
