"""The commands on an accepted case that are neither a stage nor an event."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from transfer.actions.commands import Command
from transfer.messages.codes_handling import RecusalReason
from transfer.messages.values import Day, Name, Text


class Recuse(Command):
    """Enter that a person takes no step in the case from now on (回避)."""

    person: Name
    reason: RecusalReason
    since: Day


class LiftRecusal(Command):
    """Enter that a person may take part again, and why."""

    person: Name
    because: Text


class TellApplicants(Command):
    """Enter that applicants were told of the one notice, in writing and by telephone (LAL 43(2))."""

    applicants: Annotated[
        tuple[UUID, ...], Field(max_length=500, description="all whom the notice concerns when empty")
    ] = ()
    written_on: Day
    phoned_on: Annotated[Day | None, Field(description="absent while nobody was reached")] = None
