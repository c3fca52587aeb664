"""All that nodes and their broker leave behind, and the search for marks and secrets in it."""

import base64
import json
import re
from collections.abc import Iterable, Mapping
from typing import Final

from sqlalchemy.engine import make_url

from tests.federation.ground import LUXIAN, SICHUAN, ZHONGSHAN, Ground
from tests.federation.serving import files_below
from tests.federation.stage import Stage
from tests.trust import PASSPHRASE, shared
from transfer.broker.topology import DEAD_LETTERS, DIRECTORY

TAP: Final = "tap.everything"
WATCHED: Final = (
    "/metrics",
    "/readyz",
    "/healthz",
    "/v1/node",
    "/v1/messages",
    "/v1/quarantine",
    "/v1/regions",
    "/v1/fetches?limit=200",
    "/docs",
)
MANAGED: Final = (
    "overview",
    "nodes",
    "connections",
    "channels",
    "consumers",
    "queues",
    "exchanges",
    "bindings",
    "users",
)
_BASE64: Final = re.compile(rb"[A-Za-z0-9+/_-]{16,}")
_HEX: Final = re.compile(rb"[0-9A-Fa-f]{16,}")
_STANDARD: Final = bytes.maketrans(b"-_", b"+/")


async def tap(ground: Ground) -> None:
    """Hear all that any exchange takes."""
    async with ground.channel() as channel:
        queue = await channel.declare_queue(TAP, durable=True)
        regions = [ZHONGSHAN, LUXIAN, SICHUAN]
        for exchange in (*(f"out.{region}" for region in regions), DEAD_LETTERS, DIRECTORY):
            for key in (*regions, DIRECTORY):
                await queue.bind(exchange, key)


def left_behind(stage: Stage) -> dict[str, bytes]:
    """All that nodes and broker wrote, answered and show."""
    broker, vhost = stage.ground.broker, stage.ground.vhost
    for node in stage.nodes:
        if node.process.poll() is None:
            for path in WATCHED:
                node.ask("GET", path)
    asked = {"count": 10_000, "ackmode": "ack_requeue_true", "encoding": "auto"}
    left = {f"broker: {path}": json.dumps(broker.manage("GET", path)).encode() for path in MANAGED}
    left["broker: definitions"] = json.dumps(broker.manage("GET", f"definitions/{vhost}")).encode()
    messages = broker.manage("POST", f"queues/{vhost}/{TAP}/get", asked)
    left |= {f"message {place}": json.dumps(one).encode() for place, one in enumerate(messages)}
    left |= files_below(broker.data / "log", "broker")
    for region in stage.ground.urls:
        left |= files_below(stage.files(region), f"files of {region}")
    for node in stage.nodes:
        left |= node.left()
    return left


KINDS: Final = (
    "message ",
    "broker: ",
    "answer ",
    "of the site of ",
    "/proc/cmdline",
    "/proc/environ",
    "stderr",
    "stdout",
    ": objects/",
    ": spool/",
)


def assert_something_was_heard(left: Mapping[str, bytes]) -> None:
    """Of each kind."""
    missing = [kind for kind in KINDS if not any(kind in name and content for name, content in left.items())]
    assert not missing


def secrets(ground: Ground) -> dict[str, bytes]:
    """What nobody but its owner may know, in the forms in which it is kept."""
    sought = {"the passphrase": PASSPHRASE.get_secret_value().encode(), "the operator's seed": shared().operator.seed}
    for region, url in ground.urls.items():
        for kid, key in shared().store(region).keys.items():
            sought[f"the key {kid}"] = key.jwk.secret
            sought[f"the key {kid} as text"] = key.jwk.d.encode()
        sought[f"the key for files of {region}"] = shared().file_key(region).secret
        lines = ground.pki.region(region).key.read_bytes().splitlines()
        sought[f"the TLS key of {region}"] = lines[len(lines) // 2]
        if password := make_url(url).password:
            sought["the database's password"] = str(password).encode()
    site = ground.pki.server.key.read_bytes().splitlines()
    sought["the TLS key of the sites"] = site[len(site) // 2]
    return sought


def found(left: Mapping[str, bytes], sought: Mapping[str, bytes]) -> list[str]:
    """Where something of what is sought stands in what was left behind: as it is, in base64 or in hex."""
    return [
        f"{what} in {where}{how}, near {_around(content, secret)!r}"
        for where, written in left.items()
        for how, content in _readings(written)
        for what, secret in sought.items()
        if secret.lower() in content.lower()
    ]


def _around(content: bytes, secret: bytes) -> bytes:
    at = content.lower().index(secret.lower())
    return content[max(0, at - 60) : at + 60]


def _readings(written: bytes) -> Iterable[tuple[str, bytes]]:
    yield "", written
    runs = [run.translate(_STANDARD) for run in _BASE64.findall(written)]
    for skipped in range(4):
        parts = [run[skipped : skipped + (len(run) - skipped) // 4 * 4] for run in runs]
        yield ", in base64", b"\n".join(base64.b64decode(part) for part in parts)
    runs = _HEX.findall(written)
    for skipped in range(2):
        parts = [run[skipped : skipped + (len(run) - skipped) // 2 * 2] for run in runs]
        yield ", in hex", b"\n".join(bytes.fromhex(part.decode()) for part in parts)
