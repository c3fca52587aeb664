"""What a superior region can do: name the competent region."""

from uuid import UUID

from transfer.actions.commands import Designate
from transfer.actions.situation import Situation, deciding_institution
from transfer.domain.clocks import legal_day
from transfer.domain.decision import Decision, Event, Outgoing
from transfer.domain.designation import hear, judges
from transfer.domain.errors import DesignationConflict, ImplausibleDate
from transfer.domain.lifecycle import Side
from transfer.messages.transfer import Designated


def designate(at: Situation, transfer_id: UUID, command: Designate) -> Decision:
    """Name the competent region, once. Between provinces it counts when both have named the same.

    Raises DesignationConflict when this superior has spoken already, UnknownRegion, ImplausibleDate, NotThisSide.
    """
    deciding_institution(command, at.context)
    transfer = at.own_transfer(transfer_id, Side.SUPERIOR)
    at.context.known_region(command.region)
    if command.decided_on > legal_day(at.context.now):
        raise ImplausibleDate(decided_on=command.decided_on)
    if at.region in dict(transfer.designations):
        raise DesignationConflict(superior=at.region)
    needed = judges(transfer, at.context.directory.by_code)
    message = Designated(
        transfer=transfer.id,
        case=at.case.id,
        at=at.context.now,
        region=command.region,
        decided_by=command.by,
        decided_on=command.decided_on,
        reason=command.reason,
    )
    heard = hear(transfer, at.region, message, needed=needed, at=at.context.now)
    told = ({transfer.sender_region, transfer.receiver_region} | needed) - {at.region}
    return Decision(
        case=at.case.with_transfer(heard),
        event=Event(
            name="designated",
            transfer=transfer.id,
            detail={"region": command.region, "complete": heard.designation is not None},
        ),
        messages=tuple(
            Outgoing(
                recipient=region,
                data=message,
                answers=transfer.heard if region == transfer.sender_region else None,
            )
            for region in sorted(told)
        ),
    )
