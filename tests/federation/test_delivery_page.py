"""docs/delivery.md names tests that exist, log events that are logged, and metrics that are kept."""

import re
from pathlib import Path
from typing import Final

from transfer.telemetry.metrics import REGISTRY

PAGE: Final = Path("docs/delivery.md").read_text()
TESTS: Final = "".join(path.read_text() for path in Path("tests").rglob("test_*.py"))
SOURCE: Final = "".join(path.read_text() for path in Path("transfer").rglob("*.py"))
EVENTS: Final = {
    "broker_connected_again",
    "broker_refused_login",
    "broker_unreachable",
    "content_conflict",
    "delivery_set_aside",
    "directory_older",
    "directory_refused",
    "duty_failed",
    "handler_failed",
    "message_refused",
    "message_refused_there",
    "not_sent",
    "receipt_for_other_content",
    "receipts_not_sent",
}


def test_every_claim_is_backed_by_a_test_that_exists() -> None:
    named = set(re.findall(r"`(test_\w+)`", PAGE))
    assert len(named) > 30
    assert {name for name in named if f"def {name}(" not in TESTS} == set()


def test_every_claim_on_security_is_backed_by_a_test_that_exists() -> None:
    page = Path("docs/security.md").read_text()
    named = set(re.findall(r"`(test_\w+)(…|\.py)?`", page))
    assert len(named) > 10
    files = {path.stem for path in Path("tests").rglob("test_*.py")}
    assert {name for name, end in named if end == ".py" and name not in files} == set()
    assert {name for name, end in named if end != ".py" and f"def {name}" not in TESTS} == set()


def test_every_log_event_on_the_page_is_logged() -> None:
    words = set(re.findall(r"`([a-z]+_[a-z_]+)`", PAGE))
    assert words >= EVENTS
    assert {event for event in EVENTS if f'"{event}"' not in SOURCE} == set()


def test_every_metric_on_the_page_is_kept() -> None:
    kept = {sample for family in REGISTRY.collect() for sample in (family.name, f"{family.name}_total")}
    named = set(re.findall(r"`(transfer_[a-z_]+)[`{]", PAGE))
    assert named
    assert named - kept == set()


def test_every_fault_test_is_on_the_page() -> None:
    processes = ("killed_processes", "parts_of_a_node", "databases_fail", "clocks_set")
    roads = ("broker_lost", "links", "closed_roads")
    for name in (*processes, *roads, "repeated_messages", "poison"):
        text = Path(f"tests/federation/test_{name}.py").read_text()
        missing = {test for test in re.findall(r"def (test_\w+)\(", text) if test not in PAGE}
        assert missing == set(), name
