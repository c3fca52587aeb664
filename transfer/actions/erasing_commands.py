"""The commands that keep a case longer, and that destroy personal data."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from transfer.actions.commands import Command
from transfer.messages.codes_erasure import ErasureBasis
from transfer.messages.codes_handling import HoldReason
from transfer.messages.values import Text


class HoldCase(Command):
    """Keep the case whatever its age (保全)."""

    reason: HoldReason
    note: Annotated[Text | None, Field(description="stays with the case, in no entry of the ledger")] = None


class LiftHold(Command):
    """Say that the case is to be kept no longer than others."""


class ProposeErasure(Command):
    """Propose to destroy what is held of the case, or of one applicant (删除); another person carries it out."""

    applicant: Annotated[UUID | None, Field(description="absent for the whole case")] = None
    basis: ErasureBasis


class Erase(Command):
    """Destroy it, as another person proposed."""

    applicant: Annotated[UUID | None, Field(description="absent for the whole case")] = None
