"""Free ports on the loopback address."""

import contextlib
import random
import socket
from pathlib import Path

LOOPBACK = "127.0.0.1"
_LOWEST = 15000
_TRIES = 200


def free_ports(count: int) -> list[int]:
    """That many different ports nobody listens on; another program may still take one before it is used."""
    with contextlib.ExitStack() as held:
        return [_bound(held).getsockname()[1] for _ in range(count)]


def is_free(port: int) -> bool:
    """Whether a server may listen on the port; connections lingering from an earlier one do not matter."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def _bound(held: contextlib.ExitStack) -> socket.socket:
    # Not from the range of outgoing connections: while a server is down, a client that reconnects could be
    # given the server's own port and so connect to itself.
    below = _first_outgoing_port()
    choice = random.SystemRandom()
    for _ in range(_TRIES if below > _LOWEST else 0):
        probe = held.enter_context(socket.socket())
        with contextlib.suppress(OSError):
            probe.bind((LOOPBACK, choice.randrange(_LOWEST, below)))
            return probe
    probe = held.enter_context(socket.socket())
    probe.bind((LOOPBACK, 0))
    return probe


def _first_outgoing_port() -> int:
    try:
        return int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return 0
