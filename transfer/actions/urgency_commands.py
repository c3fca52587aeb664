"""The commands on the urgency of a case, and on what follows aid that was given first."""

from typing import Annotated, Final

from pydantic import AfterValidator, Field

from transfer.actions.commands import Command
from transfer.messages.case import Material
from transfer.messages.codes import Urgency
from transfer.messages.values import Day, Text

STATED: Final = frozenset({Urgency.PRESERVATION, Urgency.ADVANCE_ENFORCEMENT, Urgency.OTHER_URGENT})
"""Urgencies that a person sees; limitations are found from their days, the green channel from who claims what."""


def _is_stated(urgency: Urgency) -> Urgency:
    if urgency not in STATED:
        raise ValueError("this urgency is found from the case; enter the event or the last day")
    return urgency


class StateUrgency(Command):
    """Say that aid cannot wait (LAL 44)."""

    urgency: Annotated[Urgency, AfterValidator(_is_stated)]
    reason: Text


class CompleteFormalities(Command):
    """Say that the formalities are complete after aid was given first (LAL 44), with the papers that came."""

    occurred_on: Day
    materials: Annotated[tuple[Material, ...], Field(max_length=500)] = ()
