"""What the holder does about competence: enter the places that have become known."""

from dataclasses import replace

from transfer.actions.competence_commands import NamePlaces
from transfer.actions.matching import fingerprints_of, notices, where_it_may_be
from transfer.actions.situation import Situation
from transfer.domain.decision import Decision, Event


def name_places(at: Situation, command: NamePlaces) -> Decision:
    """Enter places of the case; while it is offered its receiver judges by what it was told.

    Raises TransferOpen, NotTheHolder.
    """
    at.as_holder(command)
    at.case.check_not_offered()
    case = replace(at.case, basics=at.case.basics.model_copy(update=dict(command.named)))
    # Those that could have the same matter by what was known before were told then.
    regions = where_it_may_be(case, at.context) - where_it_may_be(at.case, at.context)
    return Decision(
        case=case,
        event=Event(name="places_named", detail=command.named),
        messages=notices(case, fingerprints_of(case, at.context), at.context, regions),
    )
