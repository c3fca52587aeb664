"""What the holder of a case tells its followers."""

from dataclasses import replace

from transfer.domain.case import Case
from transfer.domain.clocks import reached
from transfer.domain.decision import Decision, Event
from transfer.domain.errors import HistoryDiffers, NotThisSide
from transfer.domain.regions import superiors
from transfer.handlers.arrival import Arrival, CaseNotYetKnown, longer
from transfer.messages.case import StageReached
from transfer.messages.case_progress import HolderChanged, StagePublished, TermOverdue
from transfer.messages.values import region_of


def stage_published(arrival: Arrival, message: StagePublished) -> Decision:
    """The case reached a stage; a stage of an earlier tenure is kept, and does not hide a later one."""
    case = arrival.case
    if case is None:
        raise CaseNotYetKnown(case=message.case)
    holder = next((t for t in case.tenures if t.number == message.tenure), None)
    if holder is None:
        raise HistoryDiffers(known=case.holder.number, told=message.tenure)
    if holder.institution != message.institution or region_of(holder.institution) != arrival.source:
        raise NotThisSide(source=arrival.source, holder=holder.institution)
    here = StageReached(stage=message.stage, tenure=message.tenure, number=message.number)
    detail = {"stage": message.stage.value, "occurred_on": message.occurred_on.isoformat()}
    rules = arrival.context.rules
    return Decision(
        case=reached(case.reached(here), message.stage, message.occurred_on, rules, arrival.source),
        event=Event(name="stage_published", detail=detail),
        stages=(message,),
    )


def term_overdue(arrival: Arrival, message: TermOverdue) -> Decision:
    """A region that this one is superior to has not met terms of its case for long."""
    context, holder = arrival.context, region_of(message.tenures[-1].institution)
    if holder != arrival.source or context.region not in superiors(holder):
        raise NotThisSide(source=arrival.source, holder=message.tenures[-1].institution)
    case = arrival.case or Case(id=message.case, basics=message.basics, tenures=message.tenures)
    case = replace(case, tenures=longer(case.tenures, message.tenures), basics=message.basics)
    return Decision(
        case=case.reached(message.stage), event=Event(name="term_overdue", detail={"rules": list(message.rules)})
    )


def holder_changed(arrival: Arrival, message: HolderChanged) -> Decision:
    """A new holder took over; only it may say so, and only by adding to the list of holders."""
    case = arrival.case
    if case is None:
        raise CaseNotYetKnown(case=message.case)
    if region_of(message.tenures[-1].institution) != arrival.source:
        raise NotThisSide(source=arrival.source, holder=message.tenures[-1].institution)
    tenures = longer(case.tenures, message.tenures)
    return Decision(
        case=replace(case, tenures=tenures).reached(message.stage),
        event=Event(name="holder_changed", detail={"tenure": message.tenures[-1].number}),
    )
