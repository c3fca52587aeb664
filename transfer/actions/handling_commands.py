"""The commands on an accepted case that are neither a stage nor an event."""

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
