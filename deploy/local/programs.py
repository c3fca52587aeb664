"""Where the servers' programs are on this machine, and how they are called."""

import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from deploy.local.errors import NotInstalled

RABBITMQ_PACKAGE = "rabbitmq-server"
POSTGRES_PACKAGE = "postgresql"
CURL_PACKAGE = "curl"
CHROMIUM_PACKAGE = "chromium"
PROMETHEUS_PACKAGE = "prometheus"
PROXY_PACKAGE = "nginx-light"

# Not the command in /usr/sbin, which refuses everyone but root and the user rabbitmq.
_RABBITMQ = Path("/usr/lib/rabbitmq/bin")
_POSTGRES = Path("/usr/lib/postgresql")


class RabbitMqPrograms(Protocol):
    """A RabbitMQ that can be run: its commands, and the data folder as they see it."""

    def command(self, words: Sequence[str], *, data: Path) -> list[str]:
        """What to execute; it replaces itself with the program, so its process number stays the program's."""

    def seen(self, data: Path) -> Path:
        """The data folder's path in the eyes of the programs."""


@dataclass(frozen=True, slots=True)
class InstalledRabbitMq:
    """The Debian package's RabbitMQ."""

    def command(self, words: Sequence[str], *, data: Path) -> list[str]:
        del data
        return list(words)

    def seen(self, data: Path) -> Path:
        return data


def installed_rabbitmq() -> InstalledRabbitMq:
    """Raises NotInstalled when the package is missing."""
    if not os.access(_RABBITMQ / "rabbitmq-server", os.X_OK):
        raise NotInstalled(
            f"{_RABBITMQ}/rabbitmq-server is missing. {how_to_get(RABBITMQ_PACKAGE, '--broker')}; "
            "or set AMQP_URL to a broker that runs already"
        )
    return InstalledRabbitMq()


def rabbitmq_version() -> str | None:
    """The installed package's version, read from where it lies."""
    found = re.search(r"rabbitmq_server-([^/]+)", str((_RABBITMQ / "rabbitmq-server").resolve()))
    return found[1] if found else None


def postgres_programs() -> Path:
    """The folder of initdb, postgres and psql: from PATH, else the newest of Debian's packages.

    Raises NotInstalled when there is none.
    """
    candidates = sorted(_POSTGRES.glob("*/bin"), key=lambda folder: _number(folder.parent.name), reverse=True)
    on_path = shutil.which("initdb")
    if on_path:
        candidates.insert(0, Path(on_path).resolve().parent)
    for folder in candidates:
        if all(os.access(folder / name, os.X_OK) for name in ("initdb", "postgres", "psql")):
            return folder
    raise NotInstalled(
        f"{_POSTGRES}/*/bin/initdb is missing, and none is on PATH. {how_to_get(POSTGRES_PACKAGE, '--postgres')}"
    )


def curl_program() -> str:
    """What the bench holds the fetching of files against, looked for on PATH. Raises NotInstalled."""
    found = shutil.which("curl")
    if found is None:
        raise NotInstalled(f"curl is missing. {how_to_get(CURL_PACKAGE, '--curl')}")
    return found


def prometheus_tool() -> Path:
    """What checks rules of Prometheus and tries them. Raises NotInstalled."""
    return _on_path("promtool", PROMETHEUS_PACKAGE, "--checkers")


def prometheus_program() -> Path:
    """What scrapes nodes and asks who must hear of what. Raises NotInstalled."""
    return _on_path("prometheus", PROMETHEUS_PACKAGE, "--checkers")


def proxy_program() -> Path:
    """The reverse proxy whose configuration is checked and tried. Raises NotInstalled."""
    return _on_path("nginx", PROXY_PACKAGE, "--checkers")


def chromium_program() -> Path:
    """What tests look at pages with. Raises NotInstalled."""
    return _on_path("chromium", CHROMIUM_PACKAGE, "--chromium")


def _on_path(name: str, package: str, option: str) -> Path:
    # Servers of Debian's packages are where only an administrator's PATH leads.
    found = shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin")
    if found is None:
        raise NotInstalled(f"{name} is missing. {how_to_get(package, option)}")
    return Path(found)


def how_to_get(package: str, option: str) -> str:
    """The sentence that tells this user what to do."""
    install = f"python -m deploy.local install {option}"
    if os.geteuid() == 0:
        return f"Run `{install}`"
    return f"Ask an administrator for `apt-get install --no-install-recommends {package}`, or for `{install}` as root"


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
