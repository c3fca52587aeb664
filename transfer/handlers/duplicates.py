"""Another region received a case, and this one may know the same matter, or says that it does."""

from uuid import UUID

from transfer.domain.decision import Decision, Event, Outgoing, Unchanged
from transfer.domain.duplicates import NOTICES_A_DAY, SameMatter, precedence
from transfer.domain.errors import NotThisSide, TooManyNotices
from transfer.handlers.arrival import Arrival
from transfer.messages.duplicates import MatterNoticed, SameMatterKnown
from transfer.messages.values import region_of


def matter_noticed(arrival: Arrival, message: MatterNoticed) -> Decision | Unchanged:
    """Answer with the case here on the same matter that was received first; what matches nothing is not kept.

    Raises NotThisSide, TooManyNotices.
    """
    if region_of(message.institution) != arrival.source:
        raise NotThisSide(source=arrival.source, institution=message.institution)
    if arrival.noticed_today >= NOTICES_A_DAY:
        raise TooManyNotices(source=arrival.source, most=NOTICES_A_DAY)
    same = [one for one in arrival.same_matter if one.id != message.case]
    if not same:
        return Unchanged()
    here = min(same, key=lambda one: precedence(one.basics.first_received_at, one.basics.first_received_by, one.id))
    answer = SameMatterKnown(
        case=message.case,
        at=arrival.context.now,
        known_case=here.id,
        institution=here.holder.institution,
        first_received_at=here.basics.first_received_at,
        first_received_by=here.basics.first_received_by,
    )
    return Decision(
        case=here.beside(_same(message, message.case)),
        event=Event(name="same_matter_found", detail={"case": str(message.case)}),
        messages=(Outgoing(recipient=arrival.source, data=answer, answers=arrival.digest, conversation=message.case),),
    )


def same_matter_known(arrival: Arrival, message: SameMatterKnown) -> Decision:
    """A region that was asked knows the same matter."""
    return Decision(
        case=arrival.known.beside(_same(message, message.known_case)),
        event=Event(name="same_matter_found", detail={"case": str(message.known_case)}),
    )


def _same(message: MatterNoticed | SameMatterKnown, case: UUID) -> SameMatter:
    return SameMatter(
        case=case,
        institution=message.institution,
        first_received_at=message.first_received_at,
        first_received_by=message.first_received_by,
    )
