"""A server's data folder: made when none is given, used by one stack at a time, removed only if made here."""

import fcntl
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from deploy.local.errors import FolderInUse, FolderRefused

STACK = ".stack"
_ADVICE = "run from a folder you may write to"


def stack_folder() -> Path:
    """Where everything of the local stack lies: .stack in the current folder."""
    folder = Path.cwd() / STACK
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FolderRefused(f"{folder}: {error.strerror}; {_ADVICE}") from error
    return folder


@dataclass(frozen=True, slots=True, kw_only=True)
class DataFolder:
    """An open data folder; `lock` is a file descriptor that holds it for as long as any process has it open."""

    path: Path
    fresh: bool
    lock: int

    def close(self, *, remove: bool) -> None:
        if remove:
            shutil.rmtree(self.path, ignore_errors=True)
        os.close(self.lock)


def open_folder(given: Path | None, *, kind: str, inside: Path | None = None) -> DataFolder:
    """The given folder, or a fresh one named after `kind` inside another (default: the stack folder).

    Raises FolderInUse when another stack holds it, FolderRefused when it cannot be written.
    """
    if given is None:
        try:
            path = Path(tempfile.mkdtemp(prefix=f"{kind}-", dir=inside or stack_folder()))
        except OSError as error:
            raise FolderRefused(f"{inside or Path.cwd() / STACK}: {error.strerror}; {_ADVICE}") from error
    else:
        path = given.absolute()
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise FolderRefused(f"{path}: {error.strerror}") from error
    return DataFolder(path=path, fresh=given is None, lock=_locked(path))


def can_enter(folder: Path, *, user: int, group: int) -> bool:
    """Whether that user, given by number, could reach the folder through all its parents."""
    tried = subprocess.run(
        ["/bin/sh", "-c", 'cd -- "$1"', "sh", str(folder)],
        user=user,
        group=group,
        extra_groups=[],
        cwd="/",
        capture_output=True,
        check=False,
    )
    return tried.returncode == 0


def _locked(folder: Path) -> int:
    try:
        lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise FolderRefused(f"{folder}: {error.strerror}") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(lock)
        raise FolderInUse(str(folder)) from error
    return lock
