"""The form of an example that a receiver refuses."""

from dataclasses import dataclass
from typing import Final

from transfer.messages.envelope import SchemaViolated
from transfer.messages.examples import MINIMAL

ABSENT: Final = object()
"""In place of a value: the field is left out."""


@dataclass(frozen=True, slots=True)
class Refused:
    """An example with one value changed at a dotted place, numbers counting the items of a list.

    ``says`` is a part of the error's text. ``schema_finds`` is false where a JSON Schema cannot say the rule.
    """

    why: str
    at: str
    value: object
    says: str
    error: type[ValueError] = SchemaViolated
    of: str = MINIMAL
    schema_finds: bool = True
