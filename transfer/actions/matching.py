"""What the node does by itself to find the same matter: fingerprints, notices to other regions, a look at its own."""

from collections.abc import Collection
from dataclasses import replace

from transfer.actions.situation import competence_of
from transfer.domain.case import Case
from transfer.domain.decision import Decision, Event, Outgoing
from transfer.domain.duplicates import matter_lines
from transfer.messages.duplicates import MOST_FINGERPRINTS, MatterNoticed
from transfer.ports.work import Context


def fingerprints_of(case: Case, context: Context) -> tuple[str, ...]:
    """The keyed hashes by which its matter is known again; none where this node has no shared key."""
    return context.fingerprints(matter_lines(case.basics, case.active))[:MOST_FINGERPRINTS]


def where_it_may_be(case: Case, context: Context) -> frozenset[str]:
    """The other regions that could have the same matter: the competent ones and the homes of the applicants, as far as
    they are on the exchange."""
    competent = {one.reached_by for one in competence_of(case, context).competent if one.reached_by}
    homes = {one.household_region for one in case.active if one.household_region}
    return frozenset((competent | homes) & context.directory.by_code.keys()) - {context.region}


def notices(case: Case, prints: tuple[str, ...], context: Context, regions: Collection[str]) -> tuple[Outgoing, ...]:
    """A notice to each of these regions, without anything but fingerprints."""
    if not prints:
        return ()
    message = MatterNoticed(
        case=case.id,
        at=context.now,
        institution=case.holder.institution,
        first_received_at=case.basics.first_received_at,
        first_received_by=case.basics.first_received_by,
        fingerprints=prints,
    )
    return tuple(Outgoing(recipient=region, data=message) for region in sorted(regions))


def beside_own(decision: Decision, known: Collection[Case]) -> tuple[Decision, ...]:
    """The decision, and what it means for cases of this region with the same fingerprints: each shows the other, but
    for those that are linked to the one."""
    new, decisions = decision.case, []
    for other in sorted(known, key=lambda one: one.id):
        if new.id not in {other.id, other.duplicate_of}:
            event = Event(name="same_matter_found", detail={"case": str(new.id)})
            decisions.append(Decision(case=other.beside(new.as_same_matter), event=event))
            new = new.beside(other.as_same_matter)
    return replace(decision, case=new), *decisions
