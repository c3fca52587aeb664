"""Measures that are taken when monitoring asks."""

from typing import Final

from prometheus_client import Gauge

from transfer.telemetry.metrics import REGISTRY

CERTIFICATE: Final = Gauge(
    "transfer_tls_certificate_valid_seconds", "How long this region's certificate for the hub lasts", registry=REGISTRY
)
PARKED: Final = Gauge("transfer_parked_messages", "Messages received that wait for earlier ones", registry=REGISTRY)
DIRECTORY_EXPIRES: Final = Gauge(
    "transfer_directory_expires_timestamp_seconds", "When the directory in force expires", registry=REGISTRY
)
OLDEST: Final = Gauge(
    "transfer_oldest_waiting_seconds", "Age of the oldest message without a final receipt", registry=REGISTRY
)
CALENDAR: Final = Gauge(
    "transfer_calendar_days", "Days from today on of which is known whether they are worked", registry=REGISTRY
)
