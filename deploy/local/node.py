"""The files and the environment of a private RabbitMQ node."""

import base64
import hashlib
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from deploy.local.errors import UnusableTls
from deploy.local.ports import LOOPBACK

# The same on every run, so that a kept data folder can be used again; its epmd is its own, or that of its cluster,
# so it clashes with no other node on the machine.
NODE_NAME = "local@localhost"
MEMORY_LIMIT = "1GiB"

# One scheduler that sleeps instead of spinning, distribution on the loopback address only, and no epmd that
# Erlang starts by itself and leaves behind.
_ERLANG = (
    "+S 1:1 +sbwt none +sbwtdcpu none +sbwtdio none +B i -kernel inet_dist_use_interface {127,0,0,1} -start_epmd false"
)
_PRIVATE = 0o600


@dataclass(frozen=True, slots=True, kw_only=True)
class NodePorts:
    amqp: int
    amqps: int
    management: int
    distribution: int
    epmd: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerTls:
    """PEM files of a TLS listener: the authority of its clients, its certificate and its key."""

    ca: Path
    cert: Path
    key: Path

    @classmethod
    def in_folder(cls, folder: Path) -> Self:
        """Under the names that `transfer pki` gives them; raises UnusableTls when one cannot be read."""
        files = cls(ca=folder / "ca.pem", cert=folder / "server.pem", key=folder / "server.key")
        for file in (files.ca, files.cert, files.key):
            try:
                file.open("rb").close()
            except OSError as error:
                raise UnusableTls(f"{file}: {error.strerror}") from error
        return files


@dataclass(frozen=True, slots=True, kw_only=True)
class Administrator:
    username: str
    password: str


def write_files(  # noqa: PLR0913 - one argument for each thing that is written
    data: Path,
    seen: Path,
    ports: NodePorts,
    administrator: Administrator,
    *,
    settings: Mapping[str, str],
    tls: ServerTls | None,
    cookie: str,
) -> None:
    """Writes the configuration into `data`, which the broker knows as `seen`; settings go to rabbitmq.conf."""
    for name in ("home", "log", "mnesia", "generated", "tmp"):
        (data / name).mkdir(mode=0o700, exist_ok=True)
    shared = data / "home" / ".erlang.cookie"
    if not shared.exists():
        _write(shared, cookie, mode=0o400)
    configuration = {
        "listeners.tcp.1": f"{LOOPBACK}:{ports.amqp}",
        "management.tcp.ip": LOOPBACK,
        "management.tcp.port": str(ports.management),
        "load_definitions": str(seen / "definitions.json"),
        "loopback_users": "none",
        "disk_free_limit.absolute": "50MB",
        "vm_memory_high_watermark.absolute": MEMORY_LIMIT,
        "log.console": "false",
        **(_tls_listener(data, seen, ports, tls) if tls else {}),
        **settings,
    }
    _write(data / "rabbitmq.conf", "".join(f"{key} = {value}\n" for key, value in configuration.items()))
    plugins = ["rabbitmq_management", *(["rabbitmq_auth_mechanism_ssl"] if tls else [])]
    _write(data / "enabled_plugins", f"[{','.join(plugins)}].\n")
    _write(data / "definitions.json", json.dumps(_definitions(administrator)))


def _tls_listener(data: Path, seen: Path, ports: NodePorts, tls: ServerTls) -> dict[str, str]:
    """Clients show a certificate, whose common name is their user. Copies the files to where the broker sees them."""
    for name, file in (("ca.pem", tls.ca), ("server.pem", tls.cert), ("server.key", tls.key)):
        _write(data / name, file.read_text())
    return {
        "listeners.ssl.1": f"{LOOPBACK}:{ports.amqps}",
        "ssl_options.cacertfile": str(seen / "ca.pem"),
        "ssl_options.certfile": str(seen / "server.pem"),
        "ssl_options.keyfile": str(seen / "server.key"),
        "ssl_options.versions.1": "tlsv1.3",
        "ssl_options.verify": "verify_peer",
        "ssl_options.fail_if_no_peer_cert": "true",
        "ssl_cert_login_from": "common_name",
        "auth_mechanisms.1": "EXTERNAL",
        # The administrator's, on the listener without TLS.
        "auth_mechanisms.2": "PLAIN",
    }


def environment(data: Path, seen: Path, ports: NodePorts, name: str = NODE_NAME) -> dict[str, str]:
    """The whole environment of the node, its epmd and its control commands; nothing is inherited."""
    return {
        "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
        "LANG": "C.UTF-8",
        "HOME": str(seen / "home"),
        "TMPDIR": str(seen / "tmp"),
        # By this a process can be told to belong to this folder, whatever it runs.
        "LOCAL_STACK_DATA": str(data),
        "ERL_EPMD_PORT": str(ports.epmd),
        "ERL_EPMD_ADDRESS": LOOPBACK,
        # Also for the Erlang that RabbitMQ's scripts start to look for an epmd.
        "ERL_AFLAGS": "-start_epmd false",
        "ERL_CRASH_DUMP": str(seen / "log" / "erl_crash.dump"),
        "RABBITMQ_CONF_ENV_FILE": os.devnull,
        "RABBITMQ_NODENAME": name,
        "RABBITMQ_NODE_IP_ADDRESS": LOOPBACK,
        "RABBITMQ_NODE_PORT": str(ports.amqp),
        "RABBITMQ_DIST_PORT": str(ports.distribution),
        "RABBITMQ_MNESIA_BASE": str(seen / "mnesia"),
        "RABBITMQ_LOG_BASE": str(seen / "log"),
        "RABBITMQ_GENERATED_CONFIG_DIR": str(seen / "generated"),
        "RABBITMQ_CONFIG_FILE": str(seen / "rabbitmq.conf"),
        "RABBITMQ_ADVANCED_CONFIG_FILE": str(seen / "advanced.config"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(seen / "enabled_plugins"),
        "RABBITMQ_PID_FILE": str(seen / "pid"),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": _ERLANG,
        # The launcher then becomes the broker instead of waiting for it: its process number is the broker's.
        "RUNNING_UNDER_SYSTEMD": "true",
    }


def _definitions(administrator: Administrator) -> dict[str, object]:
    salt = secrets.token_bytes(4)
    digest = hashlib.sha256(salt + administrator.password.encode()).digest()
    return {
        "users": [
            {
                "name": administrator.username,
                "password_hash": base64.b64encode(salt + digest).decode(),
                "hashing_algorithm": "rabbit_password_hashing_sha256",
                "tags": ["administrator"],
            }
        ],
        "vhosts": [{"name": "/"}],
        "permissions": [{"user": administrator.username, "vhost": "/", "configure": ".*", "write": ".*", "read": ".*"}],
    }


def _write(path: Path, text: str, *, mode: int = _PRIVATE) -> None:
    """Replaces the file; it is never readable by others, not even for a moment."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w") as file:
        file.write(text)
