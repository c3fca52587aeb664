"""Which of two cases on the same matter survives."""

from datetime import datetime
from uuid import UUID

from transfer.messages.values import region_of


def precedence(first_received_at: datetime, first_received_by: str, case: UUID) -> tuple[datetime, str, str]:
    """The order of cases on one matter: the earlier first receipt comes first (O148, first received accepts),
    then the lower region code, then the lower case id. Both regions compute the same order."""
    return first_received_at, region_of(first_received_by), str(case)
