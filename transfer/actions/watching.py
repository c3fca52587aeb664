"""What the node says by itself of clocks that nobody meets, and counts when a year is announced; nothing is decided by
lapse."""

from dataclasses import replace

from transfer.actions.situation import Situation
from transfer.domain import watch
from transfer.domain.clocks import counted, legal_day
from transfer.domain.decision import Decision, Event, Outgoing
from transfer.domain.regions import superiors
from transfer.domain.urgency import appraised
from transfer.messages.case_progress import TermOverdue
from transfer.messages.codes_clocks import AlarmKind


class NothingToSay(Exception):
    """No clock of the case asks for a reminder now, and none can be counted that was not."""


def watch_case(at: Situation) -> Decision:
    """Say what is owed today; the superior region hears of what has been overdue for long, and follows the case.

    Raises NothingToSay, also when another region holds the case.
    """
    case = at.case
    if case.holder_region != at.region or case.duplicate_of is not None:
        raise NothingToSay
    today = legal_day(at.context.now)
    changed, said = watch.told(case, today)
    if not said:
        raise NothingToSay
    changed = appraised(changed, today, at.context.rules)
    event = Event(name="clocks_watched", detail={rule: [kind.value for kind in kinds] for rule, kinds in said.items()})
    superior = next((code for code in superiors(at.region) if code in at.context.directory.by_code), None)
    escalated = [rule for rule, kinds in said.items() if AlarmKind.ESCALATED in kinds]
    if superior is None or not escalated:
        return Decision(case=changed, event=event)
    message = TermOverdue(
        case=case.id,
        at=at.context.now,
        rules=tuple(escalated),
        basics=changed.basics,
        stage=case.stage,
        tenures=case.tenures,
    )
    return Decision(
        case=replace(changed, followers=case.followers | {superior}),
        event=event,
        messages=(Outgoing(recipient=superior, data=message),),
    )


def count_case(at: Situation) -> Decision:
    """Count the clocks that waited until it was announced which days of a year are worked.

    Raises NothingToSay, also when another region holds the case.
    """
    changed = counted(at.case, at.context.rules)
    if changed is at.case or at.case.holder_region != at.region:
        raise NothingToSay
    before = at.case.basics.clocks
    rules = [now.rule for was, now in zip(before, changed.basics.clocks, strict=True) if now != was]
    detail = {"clocks": rules, "rules": at.context.rules.version}
    return Decision(case=changed, event=Event(name="clocks_counted", detail=detail))
