"""What is known of files: which are kept here, who may fetch them, which are to be fetched from where."""

from collections.abc import AsyncIterable, AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from transfer.domain.errors import TransferError
from transfer.ledger.entry import Kind
from transfer.messages.attachments import Attachment
from transfer.messages.codes import MediaType
from transfer.messages.values import Digest
from transfer.ports.ledger import Happened


class FilesUnavailable(Exception):
    """The place where files are kept, or what looks at them, cannot be reached now; the same may succeed later."""


class NoFiles(TransferError):
    """This node has no place for files; its setting files names one."""


class FileNotKept(TransferError):
    """A file that is named is not kept here; put it here first."""


class FileOnItsWay(TransferError):
    """A file that is named is on its way here from another region; GET /v1/fetches and `transfer files fetches` show
    how far it is and what is wrong. Wait until it has come, or put it here."""


class FileNotGranted(TransferError):
    """No message to this region names the file."""


class UnknownFile(TransferError):
    """No such file is kept here."""


class FileNeverCame(UnknownFile):
    """The file was named to this region by another one and did not come; GET /v1/fetches says why."""


class FileRefused(TransferError):
    """The file is not taken."""


class FileEmpty(FileRefused):
    """The file has no content."""


class FileTooLarge(FileRefused):
    """The file is larger than files of its kind may be."""


class KindUnknown(FileRefused):
    """The content is of no kind of file that is taken."""


class KindDiffers(FileRefused):
    """The content is not of the kind that was said."""


class SizeDiffers(FileRefused):
    """The file is shorter or longer than was said."""


class ContentDiffers(FileRefused):
    """The content is not the one that was said: its digest is another."""


class ScanRefused(FileRefused):
    """The scan of the content did not pass it."""


class UnknownUpload(TransferError):
    """No such upload is under way; begin anew."""


class OffsetDiffers(TransferError):
    """What came before ends at another place; ask how much is here, and go on from there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptFile:
    """A file that is kept here; ``place`` is the name of its object in the store."""

    digest: Digest
    size: int
    media_type: MediaType
    place: str
    kept_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetch:
    """A file that is to be fetched, claimed until ``until`` by who asked for it. ``got`` counts the bytes that are
    here, ``attempts`` how often in a row it did not come on."""

    id: UUID
    digest: Digest
    source: str
    size: int
    media_type: MediaType
    got: int
    attempts: int
    wanted_at: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Setback:
    """Why a file did not come: a code for programs, a sentence for people."""

    code: str
    detail: str


class FileFate(StrEnum):
    """What the ledger says of a file."""

    CAME = "came"
    HANDED_OUT = "handed_out"
    REFUSED = "refused"


def told(
    fate: FileFate, digest: Digest | None, region: str | None, *, at: datetime, code: str | None = None
) -> Happened:
    """As the ledger tells of it; ``region`` gave the file or asked for it, None where people put it here, and ``code``
    says why it was refused."""
    facts = {"what": fate.value, "digest": digest, "region": region, "code": code}
    return Happened(kind=Kind.FILE, at=at, facts=facts)


class FileRecords(Protocol):
    """The database's side of files. A file is there for everybody once it is recorded, and not before."""

    async def kept(self, digest: Digest) -> KeptFile | None:
        """The file, if it is kept here."""
        ...

    async def touch(self, digest: Digest) -> KeptFile | None:
        """As ``kept``, and its time of disuse begins anew, so that no sweep takes it from under who just asked."""
        ...

    async def keep(self, file: KeptFile, *, source: str | None = None, instead_of: str | None = None) -> KeptFile:
        """Record it, and that no source need be asked for it any more; gives the one that counts, which is another
        when somebody was faster. ``source`` is the region that it came from, ``instead_of`` the place of a lost object
        that it replaces."""
        ...

    async def granted(self, digest: Digest, recipient: str) -> bool:
        """Whether a message to that region named the file."""
        ...

    async def never_came(self, digest: Digest) -> bool:
        """Whether messages named it, and no source is asked for it any more without its being kept here."""
        ...

    async def claim(self, *, now: datetime, lease: timedelta) -> Fetch | None:
        """The fetch that is due longest, for whoever asks alone until the lease ends."""
        ...

    async def renew(self, fetch: Fetch, got: int, *, now: datetime, lease: timedelta) -> Fetch | None:
        """So far it has come, and the lease begins anew; None when it is no longer the caller's."""
        ...

    async def put_off(self, fetch: Fetch, got: int, why: Setback, *, now: datetime, retry_at: datetime) -> None:
        """It did not come this time."""
        ...

    async def give_back(self, fetch: Fetch, got: int, *, now: datetime) -> None:
        """The caller stops; whoever asks next goes on."""
        ...

    async def end(self, fetch: Fetch, why: Setback, *, gone: bool, now: datetime) -> None:
        """It will not come: refused, or gone from its source."""
        ...

    async def in_use(self, spools: Collection[UUID]) -> Collection[UUID]:
        """Which of these are fetches that have not ended."""
        ...

    async def recorded(self, places: Collection[str]) -> Collection[str]:
        """Which of these objects belong to a file."""
        ...

    async def forget_unused(self, *, before: datetime, limit: int) -> Sequence[str]:
        """Drop files that nothing has named and nobody has put here since then; gives the places of their objects."""
        ...


class Files(Protocol):
    """Files for people and for other regions."""

    async def take(self, content: AsyncIterable[bytes], *, media_type: MediaType, name: str) -> tuple[Attachment, bool]:
        """Keep what comes; gives how messages name it, and whether it is new here.

        Raises FileRefused by its kinds, FilesUnavailable, StorageUnavailable.
        """
        ...

    async def ready(self) -> None:
        """Raises FilesUnavailable when no file can be kept or read now; writes none to see that."""
        ...

    async def find(self, digest: Digest) -> KeptFile:
        """Raises UnknownFile or FileNeverCame."""
        ...

    def read(self, file: KeptFile, start: int, stop: int) -> AsyncIterator[bytes]:
        """The bytes from ``start`` up to ``stop``, in blocks; raises FilesUnavailable, and CryptoError for what was
        altered."""
        ...

    async def granted(self, digest: Digest, recipient: str) -> bool:
        """Whether that region may fetch it."""
        ...


class Uploads(Protocol):
    """Files that come in pieces. An upload is known to its owner alone, and to everybody for ``owner`` ""."""

    async def begin(self, *, owner: str, size: int, media_type: MediaType, name: str) -> UUID:
        """Raises FileEmpty, FileTooLarge, FilesUnavailable."""
        ...

    async def progress(self, upload: UUID, owner: str) -> tuple[int, int]:
        """How many bytes are here, of how many; raises UnknownUpload, FilesUnavailable."""
        ...

    async def append(
        self, upload: UUID, owner: str, offset: int, content: AsyncIterable[bytes]
    ) -> tuple[int, Attachment | None]:
        """More of it from that place on; gives how many bytes are here now, and with the last one how messages name
        the file, also when its last piece comes again. What broke off in the middle is here as far as it came.

        Raises UnknownUpload, OffsetDiffers, FileRefused by its kinds, FilesUnavailable, StorageUnavailable.
        """
        ...
