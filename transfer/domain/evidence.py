"""An evidence request as the record of one side shows it."""

from datetime import date, datetime
from typing import Self
from uuid import UUID

from transfer.domain.errors import IllegalStep, ItemsUnanswered, UnknownItem
from transfer.domain.evidence_table import CLOSED_REQUESTS, POSTED, REQUESTS, RequestSide, RequestState, RequestStep
from transfer.domain.machine import Machine
from transfer.messages.codes_evidence import CancelReason
from transfer.messages.evidence import EvidenceDeclined, EvidenceRequested, Rework
from transfer.messages.evidence_items import Asked, Custody, ItemAnswer, Lawyer, Person
from transfer.messages.values import Digest, Frozen, region_of


class Exchange(Frozen):
    """A question about what is asked, and its answer when it is there."""

    items: tuple[UUID, ...]
    question: str
    answer: str | None = None


class Extension(Frozen):
    """More time that was asked for; ``granted`` is None while nobody has answered."""

    until: date
    reason: str
    granted: bool | None = None


class EvidenceRequest(Frozen):
    """One request; ``recorded`` are answers of the requested side that it has not sent yet, ``replaced`` lawyers who
    handled it before. One that goes by post has the name of the office, and the digest of what its letter says."""

    id: UUID
    side: RequestSide
    state: RequestState
    requester: str
    requested: str
    letter: str
    purpose: str
    told: str
    lawyer: Lawyer
    replaced: frozenset[str] = frozenset()
    persons: tuple[Person, ...]
    items: tuple[Asked, ...]
    working_days: int
    opened_at: datetime
    changed_at: datetime
    by_post: bool = False
    requested_name: str | None = None
    posted: Digest | None = None
    drafted_by: str | None = None
    approved_by: str | None = None
    sent_at: datetime | None = None
    received_on: date | None = None
    due_on: date | None = None
    signed_by: str | None = None
    collector: str | None = None
    contact: str | None = None
    questions: tuple[Exchange, ...] = ()
    recorded: tuple[ItemAnswer, ...] = ()
    recorded_by: frozenset[str] = frozenset()
    answers: tuple[ItemAnswer, ...] = ()
    rework: tuple[Rework, ...] = ()
    reply_letter: str | None = None
    returned_at: datetime | None = None
    extension: Extension | None = None
    declined: EvidenceDeclined | None = None
    cancelled: CancelReason | None = None
    used: str | None = None
    heard: Digest | None = None

    @classmethod
    def of_letter(cls, letter: EvidenceRequested, *, side: RequestSide, state: RequestState, at: datetime) -> Self:
        """The record that this side has of a letter, in that state since then."""
        return cls(
            id=letter.request,
            side=side,
            state=state,
            requester=letter.requester,
            requested=letter.requested,
            letter=letter.letter,
            purpose=letter.purpose,
            told=letter.basics.facts,
            lawyer=letter.lawyer,
            persons=letter.persons,
            items=letter.items,
            working_days=letter.working_days,
            approved_by=letter.approved_by,
            opened_at=letter.at,
            changed_at=at,
        )

    @property
    def own(self) -> str:
        """The institution on this side."""
        return self.requester if self.side is RequestSide.REQUESTER else self.requested

    @property
    def requester_region(self) -> str:
        return region_of(self.requester)

    @property
    def requested_region(self) -> str:
        return region_of(self.requested)

    @property
    def peer(self) -> str:
        """The region on the other side."""
        return self.requested_region if self.side is RequestSide.REQUESTER else self.requester_region

    @property
    def ended_at(self) -> datetime | None:
        """When it was answered, declined or taken back."""
        if self.state is RequestState.CANCELLED:
            return self.changed_at
        return self.declined.at if self.declined else self.returned_at

    @property
    def is_open(self) -> bool:
        """Whether anyone may still act on it."""
        return self.state not in CLOSED_REQUESTS

    def changed(self, **fields: object) -> Self:
        """The request with these fields changed."""
        return self.model_copy(update=fields)

    def take(self, step: RequestStep, *, by: RequestSide, at: datetime) -> Self:
        """The request after a step; raises IllegalStep."""
        state = self.machine.after(self.state, step, by=by, record=self.side)
        return self.changed(state=state, changed_at=at)

    def opens(self, step: RequestStep) -> bool:
        """Whether the table opens this step to a person of this side."""
        return step in self.open_steps

    @property
    def open_steps(self) -> tuple[RequestStep, ...]:
        """The steps that the table opens to a person of this side."""
        return self.machine.open_steps(self.state, self.side)

    @property
    def machine(self) -> Machine[RequestState, RequestStep, RequestSide]:
        """The table of this request: another one where the other office has no link."""
        return POSTED if self.by_post else REQUESTS

    def item(self, item_id: UUID) -> Asked:
        """Raises UnknownItem."""
        for item in self.items:
            if item.id == item_id:
                return item
        raise UnknownItem(item=item_id)

    def answered(self, answers: tuple[ItemAnswer, ...]) -> Self:
        """The request with these answers, each in the place of an earlier one to the same item.

        Raises UnknownItem, also for a fact or a piece that its item did not ask for.
        """
        for answer in answers:
            self.check_answer(answer)
        return self.changed(
            answers=merged(self.answers, answers),
            rework=tuple(one for one in self.rework if one.item not in {answer.item for answer in answers}),
        )

    def check_answer(self, answer: ItemAnswer) -> None:
        """Raises UnknownItem when the answer gives what was not asked: least data holds for answers, too."""
        item = self.item(answer.item)
        for fact in answer.facts:
            if fact.field not in item.fields or (fact.about is not None and fact.about not in item.about):
                raise UnknownItem(item=item.id, field=fact.field)

    def check_complete(self) -> None:
        """Raises ItemsUnanswered, which names the items."""
        done = {answer.item for answer in self.answers} - {one.item for one in self.rework}
        if missing := [str(item.id) for item in self.items if item.id not in done]:
            raise ItemsUnanswered(items=missing)

    def with_hop(self, piece_id: UUID, hop: Custody) -> Self:
        """The request with one more hop in the chain of a piece; raises UnknownItem."""
        if all(piece.id != piece_id for answer in self.answers for piece in answer.pieces):
            raise UnknownItem(piece=piece_id)
        return self.changed(answers=with_hops(self.answers, hop, only=piece_id))

    def pending_extension(self) -> Extension:
        """The extension that waits for an answer; raises IllegalStep."""
        if self.extension is None or self.extension.granted is not None:
            raise IllegalStep(state=self.state, extension=False)
        return self.extension


def with_hops(answers: tuple[ItemAnswer, ...], hop: Custody, *, only: UUID | None = None) -> tuple[ItemAnswer, ...]:
    """The answers with one more hop in the chain of every piece, or of one."""
    return tuple(
        answer.model_copy(
            update={
                "pieces": tuple(
                    piece.model_copy(update={"custody": (*piece.custody, hop)}) if only in (None, piece.id) else piece
                    for piece in answer.pieces
                )
            }
        )
        for answer in answers
    )


def merged(earlier: tuple[ItemAnswer, ...], later: tuple[ItemAnswer, ...]) -> tuple[ItemAnswer, ...]:
    """The answers, the later to an item in the place of the earlier one."""
    by_item = {answer.item: answer for answer in (*earlier, *later)}
    return tuple(by_item.values())
