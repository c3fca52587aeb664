"""The holder says that a case was split; who follows it has two cases then."""

from dataclasses import replace

from transfer.domain.case import Case
from transfer.domain.decision import Decision, Event
from transfer.domain.errors import NotThisSide
from transfer.domain.group import rest_of
from transfer.handlers.arrival import Arrival, CaseNotYetKnown, longer
from transfer.messages.case_progress import CaseSplit
from transfer.messages.values import region_of


def case_split(arrival: Arrival, message: CaseSplit) -> Decision:
    """Take note of the case as it is now; the part comes to be known here without its persons.

    What a later holder said already stays. Raises NotThisSide, CaseNotYetKnown for the case that was split,
    HistoryDiffers.
    """
    holder = message.tenures[-1].institution
    if region_of(holder) != arrival.source:
        raise NotThisSide(source=arrival.source, holder=holder)
    known = arrival.case
    event = Event(name="case_split", detail={"from": str(message.origin), "into": str(message.part)})
    if known is None:
        if message.case == message.origin:
            raise CaseNotYetKnown(case=message.case)
        fresh = Case(id=message.case, basics=message.basics, tenures=message.tenures)
        return Decision(case=fresh.reached(message.stage), event=event)
    tenures = longer(known.tenures, message.tenures)
    if len(known.tenures) > len(message.tenures):
        return Decision(case=known, event=replace(event, name="split_too_late"))
    changed = rest_of(known, message.basics, message.applicants) if message.case == message.origin else known
    return Decision(case=replace(changed, tenures=tenures).reached(message.stage), event=event)
