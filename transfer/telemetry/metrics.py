"""The counters of a node, by the conventions of Prometheus."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

REGISTRY = CollectorRegistry()

PUBLISHED = Counter("transfer_messages_published", "Messages that the broker confirmed", registry=REGISTRY)
RECEIVED = Counter("transfer_messages_received", "Deliveries taken in, by verdict", ["verdict"], registry=REGISTRY)
RECEIPTS_SENT = Counter("transfer_receipts_sent", "Receipts that the broker confirmed", registry=REGISTRY)
NOT_SENT = Counter(
    "transfer_messages_not_sent", "Publishing attempts that failed, by reason", ["reason"], registry=REGISTRY
)
ALARMS = Counter("transfer_alarms", "What a person must look at, by kind", ["kind"], registry=REGISTRY)
COMMANDS = Counter("transfer_commands", "Commands of caseworkers, by result", ["result"], registry=REGISTRY)
CLOCKS_TOLD = Counter(
    "transfer_clocks_told", "What was said of terms that nobody met, by kind", ["kind"], registry=REGISTRY
)
REQUESTS = Histogram(
    "transfer_request_seconds", "HTTP requests, by route and status", ["route", "status"], registry=REGISTRY
)
CONNECTED = Gauge("transfer_broker_connected", "1 while the broker can be reached", ["role"], registry=REGISTRY)
OUTBOX = Gauge("transfer_outbox_messages", "Messages by state of delivery", ["state"], registry=REGISTRY)
QUARANTINED = Gauge("transfer_quarantined_messages", "Messages in quarantine", registry=REGISTRY)
FILES_KEPT = Counter("transfer_files_kept", "Files that were taken in or fetched", registry=REGISTRY)
FETCHES = Counter("transfer_fetches", "Attempts to fetch a file, by how they ended", ["end"], registry=REGISTRY)
