"""An erasure carried out: what is left, the receipt, and who is told."""

from collections.abc import Callable, Collection
from datetime import datetime
from uuid import UUID

from transfer.domain.case import Case
from transfer.domain.decision import Decision, Erasing, Event, Outgoing
from transfer.domain.erasing import erased
from transfer.domain.keeping import Erasure
from transfer.domain.recognition import with_copies
from transfer.messages.eligibility import Token
from transfer.messages.erasure import DestructionReceipt, ErasureAnswered, ErasureOrdered

Sign = Callable[[DestructionReceipt], Token]
"""Signs the receipt of this region."""


def whoever_has_it(case: Case, *, but: Collection[str]) -> tuple[str, ...]:
    """The regions that know of the case, as far as is known here."""
    superiors = {by for transfer in case.transfers for by, _ in transfer.designations}
    return tuple(sorted((with_copies(case) | case.followers | superiors) - set(but)))


def destroyed(
    case: Case, *erasures: Erasure, by: str, at: datetime, new_id: Callable[[], UUID], sign: Sign
) -> Decision:
    """The case after these were carried out, the whole case last: after it nothing is left of an applicant. Raises
    UnknownApplicant, and what ``sign`` does."""
    messages: list[Outgoing] = []
    destroys: list[Erasing] = []
    for one in sorted(erasures, key=lambda one: one.applicant is None):
        whose, basis = one.applicant, one.basis
        said = DestructionReceipt(id=new_id(), case=case.id, applicant=whose, basis=basis, by=by, at=at)
        receipt = sign(said)
        case = erased(case, one.model_copy(update={"receipt": receipt, "proposed_by": None}))
        order = ErasureOrdered(
            case=case.id, applicant=whose, basis=basis, receipt=one.order or receipt, told=one.told, at=at
        )
        messages += [Outgoing(recipient=region, data=order) for region in one.told]
        if one.ordered_by is not None:
            answer = ErasureAnswered(case=case.id, applicant=whose, receipt=receipt, at=at)
            messages.append(Outgoing(recipient=one.ordered_by, data=answer))
        was_ordered = one.order is not None
        destroys.append(Erasing(applicant=whose, basis=basis, receipt=receipt, institution=by, ordered=was_ordered))
    last = destroys[-1]
    detail = {"basis": last.basis.value} | ({"applicant": str(last.applicant)} if last.applicant else {})
    event = Event(name="erased", detail=detail)
    return Decision(case=case, event=event, messages=tuple(messages), erasing=tuple(destroys))
