"""Who stands how in a case: handles it, or is recused; what a person sees follows from it."""

from enum import StrEnum

from transfer.domain.case import Case
from transfer.domain.evidence_table import RequestSide
from transfer.domain.handling import Assignment


class Standing(StrEnum):
    """How a person stands in a case."""

    HANDLES = "handles"
    RECUSED = "recused"


def people(case: Case) -> frozenset[tuple[str, Standing]]:
    """Who was assigned last, who asks for its evidence, and who is recused."""
    assigned = case.handling.said(Assignment)
    names = {assigned.person} if assigned else set()
    names |= {one.lawyer.name for one in case.requests if one.side is RequestSide.REQUESTER}
    handling = frozenset((name, Standing.HANDLES) for name in names)
    return handling | {(name, Standing.RECUSED) for name in case.handling.recused}
