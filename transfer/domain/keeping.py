"""Why a case is kept longer than others, and what was erased of it."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from transfer.messages.codes_erasure import ErasureBasis
from transfer.messages.codes_handling import HoldReason
from transfer.messages.eligibility import Token
from transfer.messages.values import Frozen, InstitutionCode, Moment, Name, RegionCode, Text


class Hold(Frozen):
    """A case that is kept whatever its age; nothing of it is erased until that is lifted."""

    reason: HoldReason
    note: Text | None = None
    by: Name
    institution: InstitutionCode
    at: Moment


class ErasureWord(Frozen):
    """What a region that was told says: its receipt, or that a hold stands there."""

    region: RegionCode
    receipt: Annotated[Token | None, Field(description="absent while a hold stands there")] = None
    at: Moment


class Erasure(Frozen):
    """The erasing of a case, or of one applicant: proposed, or ordered and held up, and carried out once there is a
    receipt."""

    applicant: Annotated[UUID | None, Field(description="absent for the whole case")] = None
    basis: ErasureBasis
    proposed_by: Name | None = None
    ordered_by: Annotated[RegionCode | None, Field(description="the region whose order it follows")] = None
    order: Annotated[Token | None, Field(description="the receipt of the holder who ordered it")] = None
    receipt: Token | None = None
    told: tuple[RegionCode, ...] = ()
    words: tuple[ErasureWord, ...] = ()

    def heard(self, word: ErasureWord) -> "Erasure":
        """With what a region says now, in the place of what it said before."""
        others = tuple(one for one in self.words if one.region != word.region)
        return self.model_copy(update={"words": (*others, word)})
