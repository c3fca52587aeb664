"""The commands about competence and duplicates."""

from typing import Self

from pydantic import model_validator

from transfer.actions.commands import Command
from transfer.messages.case import Places


class NamePlaces(Command, Places):
    """Enter places of the case that have become known; those left out stay as they are."""

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if not self.named:
            raise ValueError("name at least one place")
        return self
