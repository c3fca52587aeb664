"""What the baselines need at the broker: one exchange, and a quorum queue for each direction."""

from collections.abc import Mapping
from typing import Any, Final

from deploy.local.management import ManagedBroker
from tests.bench.role import Side

EXCHANGE: Final = "bench"
INBOX: Final = "bench.inbox"
RECEIPTS: Final = "bench.receipts"

_QUEUES: Final = (INBOX, RECEIPTS)
DEFINITIONS: Final[Mapping[str, Any]] = {
    "exchanges": [{"name": EXCHANGE, "type": "direct", "durable": True, "auto_delete": False, "arguments": {}}],
    "queues": [
        {"name": name, "durable": True, "auto_delete": False, "arguments": {"x-queue-type": "quorum"}}
        for name in _QUEUES
    ],
    "bindings": [
        {
            "source": EXCHANGE,
            "destination": name,
            "destination_type": "queue",
            "routing_key": name,
            "arguments": {},
        }
        for name in _QUEUES
    ],
}


def lay_out(broker: ManagedBroker, vhost: str) -> Mapping[Side, str]:
    """Creates the queues in an empty vhost; gives the address at which each side reaches it."""
    broker.load_definitions(DEFINITIONS, vhost)
    url = broker.vhost_url(vhost)
    return {"sender": url, "receiver": url}
