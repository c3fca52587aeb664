"""A lifecycle as a table: which step leads from which state to which, who may take it, and in whose record."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Generic, TypeVar

from transfer.domain.errors import IllegalStep

State = TypeVar("State", bound=StrEnum)
Step = TypeVar("Step", bound=StrEnum)
Side = TypeVar("Side", bound=StrEnum)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row(Generic[State, Step, Side]):
    """The step by that side leads from ``state`` to ``to``, in the records of the sides ``seen_by``.

    A row with ``crossing`` is never chosen by a person: it is how a record takes in a step that was on its way
    when the record moved on.
    """

    state: State
    step: Step
    to: State
    by: Side
    seen_by: frozenset[Side]
    crossing: bool = False


class Machine(Generic[State, Step, Side]):
    """Reads a table; two rows for one step in one record are a mistake and raise ValueError."""

    def __init__(self, rows: Iterable[Row[State, Step, Side]]) -> None:
        self.rows = tuple(rows)
        keyed = [((row.state, row.step, side), row) for row in self.rows for side in row.seen_by]
        self._next: Mapping[tuple[State, Step, Side], Row[State, Step, Side]] = MappingProxyType(dict(keyed))
        if len(self._next) != len(keyed):
            raise ValueError("a step leads from one state to two")

    def after(self, state: State, step: Step, *, by: Side, record: Side) -> State:
        """The state that the record of the side ``record`` takes when ``by`` takes a step.

        Raises IllegalStep where the table has no row for it, or the row belongs to another side.
        """
        row = self._next.get((state, step, record))
        if row is None or row.by is not by or (row.crossing and by is record):
            raise IllegalStep(state=state, step=step, side=by)
        return row.to

    def open_steps(self, state: State, side: Side) -> tuple[Step, ...]:
        """The steps that the table opens to a person of that side, in table order."""
        return tuple(
            row.step
            for row in self.rows
            if row.state is state and row.by is side and side in row.seen_by and not row.crossing
        )
