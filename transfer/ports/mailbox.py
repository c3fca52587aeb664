"""The box of the centre: what people without an account send, and the codes by which they find it again."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final, Protocol
from uuid import UUID

from transfer.domain.errors import TransferError
from transfer.ports.texts import Text

UNSENT_KEPT: Final = timedelta(days=30)
"""So long a draft waits for its writer (PIPL 19: no longer than is needed)."""


class NoSuchMail(TransferError):
    """There is no such letter in the box, or it has been dealt with."""


class MailKind(StrEnum):
    """What somebody sends."""

    APPLICATION = "application"
    SUPPLEMENT = "supplement"
    WITHDRAWAL = "withdrawal"


class MailState(StrEnum):
    """How far it is."""

    DRAFT = "draft"
    SENT = "sent"
    SENT_BACK = "sent_back"
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A letter: its answers by name, and the files that it names by digest. ``remark`` says what the centre misses;
    once dealt with, answers and files are gone, since the case has them."""

    id: UUID
    code: str
    kind: MailKind
    state: MailState
    case: UUID | None = None
    applicant: UUID | None = None
    answers: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    remark: str | None = None
    made_at: datetime
    changed_at: datetime

    @property
    def is_open(self) -> bool:
        """Whether its writer may still write."""
        return self.state in {MailState.DRAFT, MailState.SENT_BACK}


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """Somebody who has shown a code and a second fact, or who has just begun; ``hidden`` is the code for who has the
    secret of the visit."""

    code: str
    hidden: str
    case: UUID | None = None
    applicant: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What is kept of a visit that begins: hashes, and when it ends."""

    session: str
    hidden: str
    ends_at: datetime


class Mailbox(Protocol):
    """Letters, codes and visits. Codes and secrets of visits come hashed (see crypto.codes)."""

    async def begin(self, code: str, opening: Opening, *, id_: UUID) -> None:
        """A new code with an empty application, and the visit of its writer."""
        ...

    async def enter(self, code: str, fact: str, opening: Opening, *, pauses: Sequence[timedelta]) -> bool:
        """A visit begins where the code is known and the fact is one of its own. Each wrong one costs a pause, the
        n-th the n-th of ``pauses``, in which the right one is not taken either."""
        ...

    async def visit(self, session: str, *, until: datetime) -> Visit | None:
        """The visit, which now lasts until then; None where there is none, or it has ended."""
        ...

    async def leave(self, session: str) -> None:
        """The visit ends."""
        ...

    async def know(self, code: str, facts: Collection[str]) -> None:
        """By these facts, as marks, the owner of the code is known from now on."""
        ...

    async def issue(self, code: str, facts: Collection[str], *, case: UUID, applicant: UUID) -> None:
        """A code for an applicant of a case; an older one of the same person is no longer good."""
        ...

    async def last(self, code: str, kind: MailKind) -> Mail | None:
        """The newest letter of this kind."""
        ...

    async def add(self, new: Mail) -> None:
        """A new letter."""
        ...

    async def write(self, letter: Mail, answers: Mapping[str, Any], *, files: Collection[str]) -> None:
        """The letter has these answers and names these files; raises NoSuchMail when it is no longer open."""
        ...

    async def send(self, letter: Mail, facts: Mapping[str, Any], *, text: Text | None) -> None:
        """Into the box, and the ledger says so with these facts; raises NoSuchMail when it is no longer open."""
        ...

    async def take_back(self, letter: Mail) -> None:
        """Its writer has it again; raises NoSuchMail when it has been dealt with."""
        ...

    async def waiting(self, *, after: UUID | None, limit: int) -> Sequence[Mail]:
        """What has been sent and not been dealt with, the oldest first."""
        ...

    async def find(self, id_: UUID) -> Mail:
        """A letter that was sent; raises NoSuchMail."""
        ...

    async def send_back(self, letter: Mail, remark: str, *, by: str, text: Text | None) -> None:
        """Its writer should mend it; raises NoSuchMail when somebody else has dealt with it."""
        ...

    async def close(self, letter: Mail, *, by: str, case: UUID, applicant: UUID | None) -> None:
        """It stands in the case now, and its code leads there; raises NoSuchMail."""
        ...

    async def forget_once(self) -> int:
        """Remove drafts that were left alone for UNSENT_KEPT, with their codes, and visits that have ended; gives how
        many."""
        ...
