"""The last checkpoint of a node as a file beside its database, so that neither can be set back unseen."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from transfer.crypto.files import PRIVATE, put
from transfer.ledger.checkpoint import Checkpoint, CheckpointMalformed
from transfer.ports.ledger import HeadsDisagree

NAME: Final = "ledger.head"


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadFile:
    """The file in the folder for the node's state, which is made when it is first written."""

    folder: Path

    @property
    def path(self) -> Path:
        """Where it is."""
        return self.folder / NAME

    async def checkpoint(self) -> Checkpoint | None:
        """What it says, None where there is no file; raises HeadsDisagree when it cannot be read."""
        try:
            note = await asyncio.to_thread(self.path.read_text, encoding="utf-8")
            return Checkpoint.of_note(note)
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError, CheckpointMalformed) as error:
            raise HeadsDisagree(f"{self.path}: {error}") from error

    async def write(self, note: str) -> None:
        """It is on disk when this returns; raises OSError."""
        await asyncio.to_thread(self._write, note.encode())

    def _write(self, note: bytes) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not self.path.exists() or self.path.read_bytes() != note:
            put(self.path, note, mode=PRIVATE)
