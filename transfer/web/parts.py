"""What the web room needs of a node."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from transfer.actions.auditing import Audit
from transfer.actions.desk import Desk
from transfer.actions.door import Door
from transfer.actions.roll import Roll
from transfer.crypto.book import Book
from transfer.crypto.directory import Directory
from transfer.crypto.tickets import Tickets
from transfer.ports.drafts import Drafts
from transfer.ports.files import Files, NoFiles, Uploads
from transfer.ports.ledger import Checkpoints, Ledger
from transfer.ports.mailbox import Mailbox
from transfer.ports.paper import Printer
from transfer.ports.recovery import Recovery
from transfer.ports.sheets import Sheets
from transfer.ports.texts import Texts
from transfer.ports.traffic import Wire
from transfer.ports.views import Dutiful, Linked, Views
from transfer.ports.work import Context, QuarantineRoom
from transfer.settings import Settings
from transfer.web.limits import Limits
from transfer.web.oidc import Provider
from transfer.web.pages.live import Live


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The parts of a node that the API speaks to; ``links`` are those that need the broker, by role."""

    settings: Settings
    book: Book
    desk: Desk
    views: Views
    quarantine: QuarantineRoom
    context: Callable[[], Context]
    clock: Callable[[], datetime]
    links: Mapping[str, Linked]
    wire: Wire
    duties: Sequence[Dutiful]
    files: Files | None
    uploads: Uploads | None
    drafts: Drafts
    tickets: Tickets
    printer: Printer
    sheets: Sheets
    checkpoints: Checkpoints
    ledger: Ledger
    door: Door
    roll: Roll
    audit: Audit
    limits: Limits
    provider: Provider | None
    mailbox: Mailbox
    texts: Texts
    recovery: Recovery
    live: Live = field(default_factory=Live)

    @property
    def directory(self) -> Directory:
        """The directory in force, for who is looked up and shown; what is decided asks the context."""
        return self.book.latest

    @property
    def shelf(self) -> Files:
        """The files; raises NoFiles."""
        if self.files is None:
            raise NoFiles
        return self.files
