"""All measures of a node, by the conventions of Prometheus; docs/metrics.md is made from them."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Metric
from prometheus_client.metrics import MetricWrapperBase

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
FILES_KEPT = Counter("transfer_files_kept", "Files that were taken in or fetched", registry=REGISTRY)
FETCHES = Counter("transfer_fetches", "Attempts to fetch a file, by how they ended", ["end"], registry=REGISTRY)
REQUESTS = Histogram(
    "transfer_request_seconds", "HTTP requests, by route and status", ["route", "status"], registry=REGISTRY
)

# What follows is measured when monitoring asks.
CHECK_OK = Gauge(
    "transfer_check_ok", "1 while this check of readiness is well, by its name in /readyz", ["check"], registry=REGISTRY
)
CHECK_ADVISES = Gauge(
    "transfer_check_advises",
    "1 while this check says what a person should do soon, though all goes on",
    ["check"],
    registry=REGISTRY,
)
CONNECTED = Gauge("transfer_broker_connected", "1 while the broker can be reached", ["role"], registry=REGISTRY)
DUTY_FAILURES = Gauge("transfer_duty_failures", "Rounds of a duty that failed in a row", ["duty"], registry=REGISTRY)
OUTBOX = Gauge("transfer_outbox_messages", "Messages by state of delivery", ["state"], registry=REGISTRY)
OLDEST = Gauge(
    "transfer_oldest_waiting_seconds", "Age of the oldest message without a final receipt", registry=REGISTRY
)
PARKED = Gauge("transfer_parked_messages", "Messages received that wait for earlier ones", registry=REGISTRY)
QUARANTINED = Gauge("transfer_quarantined_messages", "Messages in quarantine that wait for staff", registry=REGISTRY)
DIRECTORY_EXPIRES = Gauge(
    "transfer_directory_expires_timestamp_seconds", "When the directory in force expires", registry=REGISTRY
)
CERTIFICATE = Gauge(
    "transfer_tls_certificate_valid_seconds", "How long this region's certificate for the hub lasts", registry=REGISTRY
)
KEY_EXPIRES = Gauge(
    "transfer_key_expires_timestamp_seconds",
    "When the key that this region uses now expires",
    ["suite", "use"],
    registry=REGISTRY,
)
CALENDAR = Gauge(
    "transfer_calendar_days", "Days from today on of which is known whether they are worked", registry=REGISTRY
)

ALARM_KINDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "content_conflict": "a known id, or a known place of a conversation, came with another content",
        "cosignature_wrong": "another region sent a cosignature that is not by its keys",
        "directory_refused": "a directory was altered, expired, older, or not signed by who may",
        "ledger_disagrees": "two records of this node's last checkpoint disagree",
        "ledger_forked": "two checkpoints of one region contradict each other",
        "ledger_restored": "another region came back from a backup; its ledger goes on from an earlier checkpoint",
        "ledger_shortened": "another region knows a longer ledger of this one than there is",
        "message_refused_there": "another region refused a message of this one",
        "not_opened": "a letter could not be opened, or its signature is not of its source",
        "receipt_for_other_content": "a receipt is for another content than was sent",
        "records_differ": "the records of messages differ from another region's",
        "recovery_forged": "another region told, after a restore, of a message that this one never signed",
        "recovery_incomplete": "after a restore, steps could not be taken again from what other regions have",
    }
)
"""What each kind of alarm means."""

for _kind in ALARM_KINDS:
    # Counted from nought, so that monitoring sees the first of a kind rise.
    ALARMS.labels(kind=_kind)


def measures() -> Iterator[tuple[Metric, tuple[str, ...]]]:
    """Each measure, and the names of its labels."""
    for one in REGISTRY.collect():
        made = REGISTRY._names_to_collectors[one.name]  # noqa: SLF001 - no public way to the labels of a measure
        yield one, made._labelnames if isinstance(made, MetricWrapperBase) else ()  # noqa: SLF001 - as above
