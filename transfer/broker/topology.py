"""What the broker must hold for the exchange, as data, and its rendering as RabbitMQ definitions.

The operator loads the definitions; nodes declare nothing. A region's own exchange is bound straight to the inbox
of each region that it may write to. With a shared exchange in between, the keys that a sender adds in a CC header
would be matched there once more, and pass the pairs by.
"""

import base64
import hashlib
import re
import secrets
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Final, TypeAlias

from transfer.crypto.directory import Draft

DEAD_LETTERS: Final = "dlx"
DIRECTORY: Final = "directory"
"""The exchange, its routing key, and the user who alone may write to it: the operator of the directory."""
INBOX_LIMIT: Final = 100_000
DELIVERY_LIMIT: Final = 10
CONNECTIONS: Final = 32
CHANNELS: Final = 128
"""Of one region at once: a process of a node has two connections, and a channel or two on each."""

# A queue of dead letters drops nothing, whatever the broker's own default: they are read for as long as it takes.
_NEVER: Final = 2**31 - 1

Pair: TypeAlias = tuple[str, str]
Definitions: TypeAlias = dict[str, list[dict[str, object]]]


class TopologyInvalid(ValueError):
    """The topology names a region that is not on the exchange."""


def outgoing(region: str) -> str:
    """The exchange that this region alone may write to."""
    return f"out.{region}"


def inbox(region: str) -> str:
    """The queue of all messages for a region."""
    return f"inbox.{region}"


def dead(region: str) -> str:
    """The queue of the messages that came back to the inbox too often."""
    return f"dead.{region}"


def all_pairs(regions: Collection[str]) -> frozenset[Pair]:
    """Everyone may write to everyone, also to itself: a province may have to decide its own dispute."""
    return frozenset(product(regions, regions))


@dataclass(frozen=True, slots=True, kw_only=True)
class Topology:
    """The regions of an exchange and the ordered pairs (sender, recipient) that may write.

    A receipt goes the way back, so a pair without its reverse is sent to again and again. ``inbox_limit`` is the
    number of messages at which an inbox refuses more.
    """

    regions: tuple[str, ...]
    allowed: frozenset[Pair]
    inbox_limit: int = INBOX_LIMIT

    def __post_init__(self) -> None:
        strangers = {region for pair in self.allowed for region in pair} - set(self.regions)
        if strangers:
            raise TopologyInvalid(f"not on the exchange: {', '.join(sorted(strangers))}")


def topology_of(directory: Draft, *, inbox_limit: int = INBOX_LIMIT) -> Topology:
    """The topology of all regions of a directory, each allowed to write to each."""
    regions = tuple(region.code for region in directory.regions)
    return Topology(regions=regions, allowed=all_pairs(regions), inbox_limit=inbox_limit)


def definitions(
    topology: Topology,
    *,
    vhost: str,
    passwords: Mapping[str, str] | None = None,
    salt: Callable[[str], bytes] = lambda _: secrets.token_bytes(4),
) -> Definitions:
    """All that a broker needs, for its file of definitions at boot or POST /api/definitions.

    Passwords are by region; a region without one can log in by its TLS certificate only. ``salt`` gives the four
    bytes for a region's password hash.
    """
    given = passwords or {}
    strangers = given.keys() - {*topology.regions, DIRECTORY}
    if strangers:
        raise TopologyInvalid(f"not on the exchange: {', '.join(sorted(strangers))}")
    return {
        "vhosts": [{"name": vhost}],
        "users": [_user(name, given.get(name), salt) for name in (*topology.regions, DIRECTORY)],
        "permissions": [
            *({"vhost": vhost, **_permission(region)} for region in topology.regions),
            {"vhost": vhost, "user": DIRECTORY, "configure": "^$", "write": f"^{DIRECTORY}$", "read": "^$"},
        ],
        **{
            kind: [{"vhost": vhost, **entry} for entry in entries]
            for kind, entries in vhost_definitions(topology).items()
        },
    }


def vhost_definitions(topology: Topology) -> Definitions:
    """Exchanges, queues and bindings alone, for POST /api/definitions/{vhost}."""
    return {
        "exchanges": [
            _exchange(DEAD_LETTERS, internal=True),
            _exchange(DIRECTORY),
            *(_exchange(outgoing(region)) for region in topology.regions),
        ],
        "queues": [
            queue
            for region in topology.regions
            for queue in (
                _queue(inbox(region), _inbox_arguments(region, topology.inbox_limit)),
                _queue(dead(region), {"x-delivery-limit": _NEVER}),
            )
        ],
        "bindings": [
            *(
                _binding(outgoing(sender), inbox(recipient), recipient)
                for sender, recipient in sorted(topology.allowed)
            ),
            *(_binding(DEAD_LETTERS, dead(region), region) for region in topology.regions),
            *(_binding(DIRECTORY, inbox(region), DIRECTORY) for region in topology.regions),
        ],
    }


def password_hash(password: str, salt: bytes) -> str:
    """A password as RabbitMQ keeps it: base64 of the salt and the SHA-256 of salt and password."""
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()


def _user(region: str, password: str | None, salt: Callable[[str], bytes]) -> dict[str, object]:
    return {
        "name": region,
        "password_hash": "" if password is None else password_hash(password, salt(region)),
        "hashing_algorithm": "rabbit_password_hashing_sha256",
        "tags": [],
        "limits": {"max-connections": CONNECTIONS, "max-channels": CHANNELS},
    }


def _permission(region: str) -> dict[str, object]:
    return {
        "user": region,
        "configure": "^$",
        "write": f"^{re.escape(outgoing(region))}$",
        "read": f"^(inbox|dead)\\.{re.escape(region)}$",
    }


def _exchange(name: str, *, internal: bool = False) -> dict[str, object]:
    return {
        "name": name,
        "type": "direct",
        "durable": True,
        "auto_delete": False,
        "internal": internal,
        "arguments": {},
    }


def _queue(name: str, arguments: dict[str, object]) -> dict[str, object]:
    return {
        "name": name,
        "durable": True,
        "auto_delete": False,
        "arguments": {"x-queue-type": "quorum", **arguments},
    }


def _inbox_arguments(region: str, limit: int) -> dict[str, object]:
    # At-least-once dead-lettering needs reject-publish; brokers differ in the delivery limit where none is set.
    return {
        "x-single-active-consumer": True,
        "x-delivery-limit": DELIVERY_LIMIT,
        "x-max-length": limit,
        "x-overflow": "reject-publish",
        "x-dead-letter-exchange": DEAD_LETTERS,
        "x-dead-letter-routing-key": region,
        "x-dead-letter-strategy": "at-least-once",
    }


def _binding(source: str, queue: str, key: str) -> dict[str, object]:
    return {
        "source": source,
        "destination": queue,
        "destination_type": "queue",
        "routing_key": key,
        "arguments": {},
    }
