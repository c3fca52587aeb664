"""Fetches RabbitMQ 4 and all it needs from the machine's package mirror and unpacks it into a folder."""

import os
import re
import shutil
import socket
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from deploy.local.errors import NotAvailable

# The first Debian release with RabbitMQ 4; its C library is too new to mix it with the machine's own.
_SUITE = "trixie"
_PACKAGES = (
    "rabbitmq-server",
    # What its start scripts call.
    *("dash", "bash", "coreutils", "sed", "grep", "mawk", "findutils", "hostname", "util-linux"),
    *("base-files", "libc-bin"),
)
_UNNEEDED = ("usr/share/doc", "usr/share/man", "usr/share/locale", "usr/share/info", "usr/share/lintian")
_KEYS = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
_FETCH_SECONDS = 900.0


def unpack(folder: Path) -> None:
    """Leaves a root file system in `folder`/root; raises NotAvailable when it cannot be fetched."""
    for tool in ("apt-get", "apt-config", "dpkg-deb", "tar"):
        if shutil.which(tool) is None:
            raise NotAvailable(f"RabbitMQ 4 is unpacked from Debian packages, and the command {tool} is missing")
    if not _KEYS.exists():
        raise NotAvailable(f"RabbitMQ 4 is unpacked from Debian packages, and {_KEYS} is missing")
    packages = _fetch(folder / "apt")
    root = folder / "root"
    _lay_out(root)
    for package in packages:
        _extract(package, root)
    _finish(root)


def _fetch(apt: Path) -> list[Path]:
    for name in ("etc/sources", "etc/none", "state/lists/partial", "cache/partial"):
        (apt / name).mkdir(parents=True)
    (apt / "status").touch()
    (apt / "etc" / "sources.list").write_text(f"deb [signed-by={_KEYS}] {_mirror()} {_SUITE} main\n")
    (apt / "apt.conf").write_text(_configuration(apt))
    # Read before the machine's own configuration, which it thereby leaves out, hooks included.
    environment = {**os.environ, "APT_CONFIG": str(apt / "apt.conf"), "LC_ALL": "C.UTF-8"}
    _run(["apt-get", "-qq", "update"], environment)
    _run(
        ["apt-get", "-qq", "-y", "--download-only", "--no-install-recommends", "install", *_PACKAGES],
        environment,
    )
    return sorted((apt / "cache").glob("*.deb"))


def _configuration(apt: Path) -> str:
    own = {
        "Dir::Etc": f"{apt}/etc",
        "Dir::Etc::main": "none.conf",
        "Dir::Etc::parts": "none",
        "Dir::Etc::sourceparts": "sources",
        "Dir::Etc::preferencesparts": "none",
        "Dir::State": f"{apt}/state",
        "Dir::State::status": f"{apt}/status",
        "Dir::Cache": f"{apt}/cache",
        "Dir::Cache::archives": f"{apt}/cache",
        "Dir::Log": f"{apt}",
        "APT::Sandbox::User": "root",
        "Debug::NoLocking": "true",
        "Acquire::Languages": "none",
    }
    # How this machine reaches its mirror, a proxy for instance, holds here too.
    machine = subprocess.run(["apt-config", "dump"], capture_output=True, text=True, check=False).stdout
    reach = re.findall(r"^Acquire::(?:https?|ForceIPv[46]|Retries)\b.*$", machine, re.MULTILINE)
    return "".join(f'{key} "{value}";\n' for key, value in own.items()) + "\n".join(reach) + "\n"


def _mirror() -> str:
    """The mirror of Debian itself in the machine's package sources."""
    listed = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI) $(ORIGIN) $(LABEL)", "Created-By: Packages"],
        capture_output=True,
        text=True,
        check=False,
    ).stdout.splitlines()
    for line in listed:
        address, _, signed_as = line.partition(" ")
        # Before the first update only the address is known.
        if signed_as == "Debian Debian" or ("$(" in signed_as and address.rstrip("/").endswith("/debian")):
            return address
    raise NotAvailable("RabbitMQ 4 is unpacked from Debian packages, and apt knows no Debian mirror")


def _lay_out(root: Path) -> None:
    root.mkdir(mode=0o755)
    for name in ("proc", "dev", "tmp", "etc", "root", "data"):
        (root / name).mkdir(mode=0o755)
    for name in ("bin", "sbin", "lib", "lib64"):
        (root / "usr" / name).mkdir(parents=True)
        (root / name).symlink_to(f"usr/{name}")


def _extract(package: Path, root: Path) -> None:
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", package], stdout=subprocess.PIPE) as content:
        done = subprocess.run(
            ["tar", "--extract", "--directory", root, "--keep-directory-symlink", "--no-same-owner"],
            stdin=content.stdout,
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode or content.returncode:
        raise NotAvailable(f"{package.name} cannot be unpacked: {_last_line(done.stderr)}")


def _finish(root: Path) -> None:
    for name in _UNNEEDED:
        shutil.rmtree(root / name, ignore_errors=True)
    # What the packages' own scripts would have done.
    (root / "usr" / "bin" / "awk").symlink_to("mawk")
    (root / "etc" / "passwd").write_text("root:x:0:0:root:/root:/bin/sh\n")
    (root / "etc" / "group").write_text("root:x:0:\n")
    (root / "etc" / "hosts").write_text(f"127.0.0.1 localhost {socket.gethostname()}\n")


def _run(command: Sequence[str], environment: Mapping[str, str]) -> None:
    try:
        done = subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_FETCH_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise NotAvailable(f"RabbitMQ 4 could not be fetched in {_FETCH_SECONDS:g} s") from error
    # apt-get update also succeeds when a mirror cannot be reached; it then only warns.
    failed = [line for line in done.stderr.splitlines() if line.startswith(("E:", "W: Failed"))]
    if done.returncode or failed:
        raise NotAvailable(f"RabbitMQ 4 could not be fetched: {failed[0] if failed else _last_line(done.stderr)}")


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else "no reason given"
