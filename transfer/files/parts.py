"""Puts the room of files together from the settings."""

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

from transfer.crypto.chunks import FileKey
from transfer.crypto.tickets import Tickets
from transfer.crypto.tls import calling
from transfer.files.fetch import Fetcher
from transfer.files.intake import Room
from transfer.files.scanning import Scanner
from transfer.files.source import Source
from transfer.files.store import Store
from transfer.files.sweep import Sweeper
from transfer.files.uploads import SpooledUploads
from transfer.ports.files import FileRecords
from transfer.settings import Settings

FETCHERS: Final = 2
"""How many files a process fetches beside each other."""
SWEEP_SECONDS: Final = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FileParts:
    """What a node does with files."""

    room: Room
    uploads: SpooledUploads
    fetcher: Fetcher
    sweeper: Sweeper
    key: Callable[[], FileKey]


def build_files(  # noqa: PLR0913 - what a node lends to this room
    settings: Settings,
    where: str,
    *,
    records: FileRecords,
    tickets: Tickets,
    key: Callable[[], FileKey],
    clock: Callable[[], datetime],
    new_id: Callable[[], UUID],
    pause: Callable[[int], timedelta],
) -> FileParts:
    """For files that are kept ``where``. Raises StoreInvalid or FilesUnavailable."""
    store = Store.open(where)
    scanner = Scanner(command=settings.scan_command, seconds=settings.scan_seconds) if settings.scan_command else None
    spool = settings.files_spool or Path(where) / "spool"
    room = Room(store=store, spool=spool, records=records, key=key, scanner=scanner, clock=clock, new_id=new_id)

    def tls() -> ssl.SSLContext:
        return calling(settings.tls_ca)

    fetcher = Fetcher(
        records=records,
        room=room,
        source=Source(directory=tickets.wire.directory, tickets=tickets, tls=tls),
        clock=clock,
        pause=pause,
        gone_after=settings.seconds("files_gone_after"),
    )
    sweeper = Sweeper(
        store=store, spool=spool, records=records, clock=clock, unused_after=settings.seconds("files_unused_after")
    )
    return FileParts(room=room, uploads=SpooledUploads(room=room), fetcher=fetcher, sweeper=sweeper, key=key)
