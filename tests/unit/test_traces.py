"""Spans begin where a collector is named; what is carried along is believed only as far as it is well-formed."""

import json
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.trust import shared
from tests.unit.test_wire import content
from transfer.messages.sealed import SealedEvent
from transfer.telemetry import traces
from transfer.telemetry.logs import _in_trace

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def collected() -> Iterator[None]:
    end = traces.set_up("http://127.0.0.1:9/v1/traces", region="442000")
    yield
    end()


def sealed(traceparent: str | None) -> dict[str, object]:
    event: dict[str, object] = json.loads(shared().wire("442000").close(content(), traceparent=traceparent))
    return event


def test_a_message_says_in_which_trace_it_was_sent_and_nothing_where_there_is_none() -> None:
    assert SealedEvent.decode(json.dumps(sealed(PARENT)).encode()).traceparent == PARENT
    assert "traceparent" not in sealed(None)


@pytest.mark.parametrize("given", ["", "00-xyz", PARENT.upper(), PARENT + "-more", 7, None, ["00"], {"a": 1}], ids=str)
def test_a_trace_that_is_not_well_formed_is_passed_over_and_the_message_taken(given: object) -> None:
    event = json.dumps(sealed(PARENT) | {"traceparent": given}).encode()
    assert SealedEvent.decode(event).traceparent is None
    assert shared().wire("510521").open(event).source == "442000"


def test_without_a_collector_there_is_no_span_and_a_trace_goes_on_unseen() -> None:
    with traces.span("anything", parent=PARENT) as span:
        span.told(fact=1)
        span.failed("Why")
        assert traces.current() is None
        assert traces.ids() == {}
    sending = traces.sending("publish", PARENT)
    sending.end("Why")
    assert sending.traceparent == PARENT


@pytest.mark.usefixtures("collected")
def test_a_span_lies_below_the_one_that_lasts_or_that_is_named_or_begins_a_trace() -> None:
    with traces.span("outer", parent=PARENT):
        outer = traces.ids()
        assert outer["trace_id"] == PARENT.split("-")[1]
        with traces.span("inner"):
            assert traces.ids()["trace_id"] == outer["trace_id"]
            assert traces.ids()["span_id"] != outer["span_id"]
        with traces.span("of its own", parent=None):
            assert traces.ids()["trace_id"] != outer["trace_id"]
        carried = traces.sending("publish", traces.current()).traceparent
        assert carried is not None
        assert carried.split("-")[1] == outer["trace_id"]
        assert carried != traces.current()
    assert traces.sending("publish", None).traceparent is None


@pytest.mark.usefixtures("collected")
def test_a_log_line_names_its_trace() -> None:
    assert _in_trace(None, "info", {"event": "x"}) == {"event": "x"}
    with traces.span("outer", parent=PARENT):
        said = _in_trace(None, "info", {"event": "x"})
    assert said["trace_id"] == PARENT.split("-")[1]
    assert len(said["span_id"]) == 16


def test_a_node_without_a_collector_imports_nothing_for_it() -> None:
    asked = "import sys, transfer.node, transfer.cli.serve; print([m for m in sys.modules if 'telemetry.sdk' in m])"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, check=True, text=True)
    assert done.stdout.strip() == "[]"
