"""Keeps what a node trusts up to date while it runs: the directory, and its own keys."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from transfer.crypto.book import Book, DirectoryMissing, DirectoryOlder, RegionNotListed
from transfer.crypto.directory import DirectoryInvalid
from transfer.crypto.keystore import Keystore
from transfer.ports.work import Shelf, StorageUnavailable
from transfer.telemetry.metrics import ALARMS

log = structlog.get_logger(__name__)

BROKER: Final = "broker"
"""By which road a directory came that was published."""


@dataclass(slots=True, kw_only=True)
class TrustKeeper:
    """Looks again and again whether a newer directory lies in the file or came to another process of this node, and
    whether there are new keys or revocations in the folder of keys."""

    book: Book
    shelf: Shelf
    file: Path
    load_keys: Callable[[], Keystore]
    _keys: Keystore | None = None
    _seen: tuple[int, int, int] | None = None
    _fault: str = "empty"
    _kept: str | None = None
    _refused: str | None = None
    _held: frozenset[str] = frozenset()

    async def take(self, note: str, *, came_by: str) -> bool:
        """Put the directory in this note in force if it is newer; one that cannot be is logged and left."""
        try:
            if not self.book.offer(note):
                return False
        except DirectoryInvalid as error:
            self._refused = note
            self._fault = str(error)
            self._refuse(error, came_by)
            return False
        directory = self.book.latest
        log.info("directory_in_force", version=directory.version, expires_at=str(directory.expires_at), came_by=came_by)
        with suppress(StorageUnavailable):
            await self._keep()
        return True

    def _refuse(self, error: DirectoryInvalid, came_by: str) -> None:
        said = {"came_by": came_by, "error": str(error)}
        if isinstance(error, DirectoryOlder) and came_by != BROKER:
            # A file stays behind when newer ones come by the broker.
            log.warning("directory_older", **said)
            return
        ALARMS.labels(kind="directory_refused").inc()
        log.error("directory_refused", **said)

    async def take_message(self, body: bytes) -> None:
        """The operator of the directory has published a new one."""
        await self.take(body.decode(errors="replace"), came_by=BROKER)

    async def look_once(self) -> int:
        """Take what is new; gives how much. Raises StorageUnavailable, and CryptoError for a key that cannot be read,
        with the keys as they were."""
        if self.book.note != self._kept:
            # The database was away when it came; one that came by the broker does not come again.
            await self._keep()
        taken = await self._look_on_shelf() + await self._look_at_file()
        self._keys = await asyncio.to_thread(self.keys.refreshed)
        await self._note_keys()
        return taken

    async def _note_keys(self) -> None:
        held = frozenset(key.kid for key in self.keys.public if key.revoked_at is None)
        if held != self._held:
            await self.shelf.hold(held)
            self._held = held

    async def _keep(self) -> None:
        directory, note = self.book.latest, self.book.note
        if note is not None:
            await self.shelf.keep(directory.version, note)
            self._kept = note

    async def _look_on_shelf(self) -> int:
        kept = await self.shelf.newest()
        if kept is None or kept in (self.book.note, self._refused):
            return 0
        return int(await self.take(kept, came_by="database"))

    async def _look_at_file(self) -> int:
        note = await asyncio.to_thread(self._read)
        return int(note is not None and await self.take(note, came_by=str(self.file)))

    @property
    def keys(self) -> Keystore:
        """This region's keys; takes 0.1 s for each of them when asked for the first time. Raises CryptoError."""
        if self._keys is None:
            self._keys = self.load_keys()
        return self._keys

    def fingerprints(self, lines: Sequence[str]) -> tuple[str, ...]:
        """Made with the keys that all regions share, as far as this one holds them now; raises as ``keys``."""
        return self.keys.matching.fingerprints(lines)

    async def ready(self, region: str) -> None:
        """Look for the first time; raises DirectoryMissing, which says what is wrong with the file, or
        RegionNotListed. A database that cannot be reached may still know a newer directory; it is asked again soon."""
        with suppress(StorageUnavailable):
            await self._look_on_shelf()
        await self._look_at_file()
        try:
            listed = self.book.latest
        except DirectoryMissing as error:
            raise DirectoryMissing(f"{self.file}: {self._fault}") from error
        if region not in listed.by_code:
            raise RegionNotListed(f"the directory, version {listed.version}, does not list region {region}")

    def _read(self) -> str | None:
        """The file, if it has changed."""
        try:
            found = self.file.stat()
            seen = (found.st_ino, found.st_mtime_ns, found.st_size)
            if seen == self._seen:
                return None
            note = self.file.read_bytes().decode(errors="replace")
        except OSError as error:
            self._fault = error.strerror or type(error).__name__
            return None
        self._seen = seen
        return note
