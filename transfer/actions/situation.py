"""What an action is given besides its command, and the checks that several actions share."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any
from uuid import UUID

from transfer.actions.commands import Command
from transfer.domain.case import Case, Transfer
from transfer.domain.clocks import checked, legal_day
from transfer.domain.competence import Competence, competence
from transfer.domain.decision import Decision, Event, Outgoing
from transfer.domain.errors import NoLongerHandling, NotOfThisRegion, NotThisSide, NotYoursToAssist
from transfer.domain.evidence import EvidenceRequest
from transfer.domain.evidence_table import RequestSide
from transfer.domain.lifecycle import Side
from transfer.messages.evidence import EvidenceMessage
from transfer.messages.values import region_of
from transfer.ports.work import Context


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """The case that the command is about, other cases that it names, and where and when it is given."""

    case: Case
    context: Context
    others: Mapping[UUID, Case] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def region(self) -> str:
        return self.context.region

    def as_holder(self, command: Command) -> str:
        """The deciding institution of the person, which must hold the case; raises NotTheHolder, NotOfThisRegion."""
        deciding = deciding_institution(command, self.context)
        self.case.held_by(self.region)
        if self.case.duplicate_of is not None:
            raise NotYoursToAssist(surviving_case=self.case.duplicate_of)
        return deciding

    def own_transfer(self, transfer_id: UUID, side: Side) -> Transfer:
        """The transfer, in which this region must be on that side; raises UnknownTransfer, NotThisSide."""
        transfer = self.case.transfer(transfer_id)
        if transfer.side is not side:
            raise NotThisSide(side=transfer.side, needed=side)
        return transfer

    def own_request(self, request_id: UUID, side: RequestSide, command: Command) -> EvidenceRequest:
        """The evidence request, in which this region must be on that side and the person act for its institution.

        Raises UnknownRequest, NotThisSide, NotOfThisRegion, NoLongerHandling for a lawyer who was replaced.
        """
        request = self.case.request(request_id)
        if request.side is not side:
            raise NotThisSide(side=request.side, needed=side)
        if deciding_institution(command, self.context) != self.context.deciding(request.own):
            raise NotOfThisRegion(institution=command.institution, needed=request.own)
        if command.by in request.replaced:
            raise NoLongerHandling
        return request

    def requested(
        self,
        request: EvidenceRequest,
        event: str,
        detail: Mapping[str, Any] | None = None,
        message: EvidenceMessage | None = None,
    ) -> Decision:
        """The decision that the case has the request as it is now, and tells the other region so by this message.

        An office that is asked by post is not on the exchange: nothing is sent to it.
        """
        if message is None or request.by_post:
            sent: tuple[Outgoing, ...] = ()
        else:
            sent = (Outgoing(recipient=request.peer, data=message, answers=request.heard),)
        said = Event(name=event, request=request.id, detail=detail or {})
        case = checked(self.case.with_request(request), request, self.context.rules)
        return Decision(case=case, event=said, messages=sent)


def competence_of(case: Case, context: Context) -> Competence:
    """Who is competent for the case by the rules that hold here today."""
    day, regions = legal_day(context.now), context.directory.by_code
    return competence(case, context.rules, context.region, day, regions)


def deciding_institution(command: Command, context: Context) -> str:
    """The institution that decides for the person's one; raises UnknownInstitution, NotOfThisRegion."""
    if region_of(command.institution) != context.region:
        raise NotOfThisRegion(institution=command.institution, region=context.region)
    return context.deciding(command.institution)
