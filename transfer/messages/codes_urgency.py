"""What follows from the urgency of a case: its place in worklists, its limb of Article 44, whose claims go first."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from transfer.messages.codes import ApplicantCategory, LegalBasis, Matter, Urgency

PLACES: Final[Mapping[Urgency, int]] = MappingProxyType(
    {
        Urgency.LIMITATION_LT_7_DAYS: 0,
        Urgency.PRESERVATION: 0,
        Urgency.ADVANCE_ENFORCEMENT: 0,
        Urgency.OTHER_URGENT: 0,
        Urgency.GREEN_CHANNEL: 1,
        Urgency.NORMAL: 2,
    }
)
"""What comes first in every worklist; among the urgencies of Article 44 the next day that falls due decides."""

LIMBS: Final[Mapping[Urgency, LegalBasis]] = MappingProxyType(
    {
        Urgency.LIMITATION_LT_7_DAYS: LegalBasis.LAL_44_1,
        Urgency.PRESERVATION: LegalBasis.LAL_44_2,
        Urgency.ADVANCE_ENFORCEMENT: LegalBasis.LAL_44_2,
        Urgency.OTHER_URGENT: LegalBasis.LAL_44_3,
    }
)
"""The urgencies under which aid is given first, and the limb of Article 44 that each rests on."""

GREEN_CLAIMS: Final = frozenset({Matter.REMUNERATION, Matter.WORK_INJURY})
GREEN_CATEGORY: Final = ApplicantCategory.MIGRANT_WORKER
"""Whose claims of what go through the green channel; the claims are those of Legal Aid Law 42(3)."""


def place(urgency: Urgency, *, open: bool, pressing: bool = False) -> int:  # noqa: A002 - as in the lists that show it
    """The place in a worklist: what is done goes with the rest, an item that cannot wait with Article 44."""
    if not open:
        return max(PLACES.values())
    return min(PLACES.values()) if pressing else PLACES[urgency]
