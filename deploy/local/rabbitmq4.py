"""RabbitMQ 4 beside older packages: unpacked into a folder and run there in a user namespace."""

import fcntl
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.local.errors import NotAvailable, NotInstalled
from deploy.local.folders import STACK, stack_folder
from deploy.local.programs import RabbitMqPrograms, installed_rabbitmq, rabbitmq_version
from deploy.local.unpack import unpack

MAJOR = 4
_NAME = "rabbitmq4"
_SERVER = "usr/lib/rabbitmq/bin/rabbitmq-server"

# Every step replaces the one before, so the process that was started becomes the program itself and signals
# reach it. Without /dev Erlang spins; the data folder and /tmp are the only places that it may write to.
_ENTER = """set -e
mount --rbind /dev "$1/dev"
mount --rbind /proc "$1/proc"
mount --bind "$2" "$1/data"
mount --bind "$2/tmp" "$1/tmp"
root=$1
shift 2
exec chroot "$root" "$@"
"""


@dataclass(frozen=True, slots=True)
class UnpackedRabbitMq:
    """RabbitMQ in a root folder of its own, with everything that it needs."""

    root: Path

    def command(self, words: Sequence[str], *, data: Path) -> list[str]:
        enter = ["unshare", "--map-root-user", "--mount", "/bin/sh", "-c", _ENTER, "sh"]
        return [*enter, str(self.root), str(data), *words]

    def seen(self, data: Path) -> Path:
        del data
        return Path("/data")


def rabbitmq_programs(major: int | None) -> RabbitMqPrograms:
    """RabbitMQ of that major version, or the installed one; raises NotInstalled or NotAvailable.

    Version 4 is fetched from the machine's package mirror when it is neither installed nor unpacked yet.
    """
    installed = rabbitmq_version()
    if major is None or (installed or "").startswith(f"{major}."):
        return installed_rabbitmq()
    if major == MAJOR:
        return unpacked_rabbitmq()
    if installed is None:
        return installed_rabbitmq()
    raise NotInstalled(f"RabbitMQ {major} was asked for, {installed} is installed")


def unpacked_rabbitmq() -> UnpackedRabbitMq:
    """Raises NotAvailable, with the reason, when this machine cannot run it or cannot get it."""
    make_sure_of_namespaces()
    found = unpacked_folder()
    if found is not None:
        return UnpackedRabbitMq(found)
    stack = stack_folder()
    root = stack / _NAME
    with (stack / f"{_NAME}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _complete(root):
            for left_by_a_crash in stack.glob(f"{_NAME}.new-*"):
                shutil.rmtree(left_by_a_crash, ignore_errors=True)
            new = stack / f"{_NAME}.new-{os.getpid()}"
            try:
                unpack(new)
                # Complete from the moment it has its name: a crash before leaves nothing under it.
                (new / "root").rename(root)
            finally:
                shutil.rmtree(new, ignore_errors=True)
    return UnpackedRabbitMq(root)


def unpacked_folder() -> Path | None:
    """Where it has been unpacked, here or in the checkout; None when it has not."""
    checkout = Path(__file__).resolve().parents[2]
    for folder in (Path.cwd(), checkout):
        root = folder / STACK / _NAME
        if _complete(root):
            return root
    return None


def _complete(root: Path) -> bool:
    return os.access(root / _SERVER, os.X_OK)


def make_sure_of_namespaces() -> None:
    """Raises NotAvailable when this user may not have a user namespace."""
    if shutil.which("unshare") is None:
        raise NotAvailable("RabbitMQ 4 needs the command unshare (package util-linux)")
    tried = subprocess.run(
        ["unshare", "--map-root-user", "--mount", "true"], capture_output=True, text=True, check=False
    )
    if tried.returncode:
        why = tried.stderr.strip() or "the command unshare fails"
        raise NotAvailable(f"RabbitMQ 4 needs user namespaces, and they are refused: {why}")
