"""What the web room needs of a node."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from transfer.actions.desk import Desk
from transfer.crypto.directory import Directory
from transfer.ports.views import Dutiful, Linked, Views
from transfer.ports.work import Context, QuarantineRoom
from transfer.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The parts of a node that the API speaks to; ``links`` are those that need the broker, by role."""

    settings: Settings
    directory: Directory
    desk: Desk
    views: Views
    quarantine: QuarantineRoom
    context: Callable[[], Context]
    links: Mapping[str, Linked]
    duties: Sequence[Dutiful]
