"""On what the bench ran, and what the servers used of it."""

import contextlib
import os
import platform
import urllib.parse
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Final

import psutil

from tests.bench.ground import Servers

_PACKAGES: Final = ("aio-pika", "aiormq", "asyncpg", "faststream", "pydantic", "sqlalchemy")
_SETTINGS: Final = ("fsync", "synchronous_commit", "full_page_writes", "shared_buffers", "wal_sync_method")


async def described(servers: Servers) -> dict[str, object]:
    """The machine, the servers with the settings that decide their speed, and the versions of the libraries."""
    return {
        "machine": {
            "processor": _processor(),
            "cores": os.cpu_count(),
            "memory_bytes": psutil.virtual_memory().total,
            "system": platform.platform(),
        },
        "servers": {
            "rabbitmq": servers.broker.version,
            "postgresql": await servers.query("SHOW server_version"),
            **{name: await servers.query(f"SHOW {name}") for name in _SETTINGS},
        },
        "versions": {"python": platform.python_version(), **{name: version(name) for name in _PACKAGES}},
    }


def server_cpu(servers: Servers) -> dict[str, float]:
    """Seconds of CPU of the broker and of PostgreSQL so far; empty for one that runs elsewhere, or as a user
    whose processes cannot be seen."""
    ports = {"rabbitmq": servers.broker.amqp_url, "postgresql": servers.postgres}
    used: dict[str, float] = {}
    with contextlib.suppress(psutil.AccessDenied):
        listening = _listening()
        for name, url in ports.items():
            pid = listening.get(urllib.parse.urlsplit(url).port or 0)
            if pid is not None:
                used[name] = sum(_seconds(process) for process in _family(psutil.Process(pid)))
    return used


def stolen_seconds() -> float:
    """CPU that the machine wanted and its host gave to others, so far."""
    return float(getattr(psutil.cpu_times(), "steal", 0.0))


def _listening() -> Mapping[int, int]:
    return {
        connection.laddr[1]: connection.pid
        for connection in psutil.net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN and connection.laddr and connection.pid
    }


def _family(process: psutil.Process) -> Iterator[psutil.Process]:
    yield process
    yield from process.children(recursive=True)


def _seconds(process: psutil.Process) -> float:
    with contextlib.suppress(psutil.NoSuchProcess):
        used = process.cpu_times()
        return float(used.user + used.system + used.children_user + used.children_system)
    return 0.0


def _processor() -> str:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.machine()
