"""Questions and answers of reconciling: the inbox holds them for the duty that deals with them."""

from transfer.domain.decision import Unchanged
from transfer.handlers.arrival import Arrival
from transfer.messages.values import BetweenRegions


def kept(_arrival: Arrival, _message: BetweenRegions) -> Unchanged:
    """Nothing is decided by it here."""
    return Unchanged()
