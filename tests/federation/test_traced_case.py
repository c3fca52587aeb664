"""One case is followed through both regions by the spans that a real collector gets, and nobody waits for one."""

import asyncio
import gzip
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.federation.ground import LUXIAN, ZHONGSHAN, Ground
from tests.federation.processes import until
from tests.federation.stage import played

pytestmark = [pytest.mark.federation, pytest.mark.broker]


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """As the collector got it."""

    region: str
    name: str
    trace: str
    id: str
    parent: str
    facts: Mapping[str, str]


@dataclass(slots=True)
class Collector:
    """Takes spans by OTLP over HTTP."""

    address: str = ""
    spans: list[Span] = field(default_factory=list)

    def take(self, body: bytes) -> None:
        for one in ExportTraceServiceRequest.FromString(body).resource_spans:
            said = {fact.key: fact.value.string_value for fact in one.resource.attributes}
            for span in (span for scope in one.scope_spans for span in scope.spans):
                facts = {fact.key: fact.value.string_value or str(fact.value.int_value) for fact in span.attributes}
                ids = {"trace": span.trace_id.hex(), "id": span.span_id.hex(), "parent": span.parent_span_id.hex()}
                self.spans.append(Span(region=said["service.instance.id"], name=span.name, facts=facts, **ids))

    def named(self, region: str, name: str) -> list[Span]:
        return [one for one in self.spans if (one.region, one.name) == (region, name)]


@pytest.fixture
def collector() -> Iterator[Collector]:
    made = Collector()

    class Taking(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            made.take(gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body)
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None: ...  # noqa: A002 - the library's name

    server = ThreadingHTTPServer(("127.0.0.1", 0), Taking)
    made.address = f"http://127.0.0.1:{server.server_port}/v1/traces"
    Thread(target=server.serve_forever, daemon=True).start()
    yield made
    server.shutdown()
    server.server_close()


async def test_a_case_is_followed_through_both_regions(ground: Ground, collector: Collector) -> None:
    async with played(ground) as stage:
        settings = {"traces_endpoint": collector.address, "log_format": "json", "log_level": "info"}

        def play() -> str:
            here, there = [stage.node(region, settings=settings) for region in (ZHONGSHAN, LUXIAN)]
            case = stage.open(here)
            stage.offer(here, case, LUXIAN)
            stage.in_state(there, case, "offered")
            stage.press(there, "sign-for", case, LUXIAN, materials_counted=0)
            stage.in_state(here, case, "signed_for")
            return str(case)

        case = await asyncio.to_thread(play)

        def come() -> bool:
            there, back = ((LUXIAN, "legalaid.transfer.offered.v1"), (ZHONGSHAN, "legalaid.transfer.signed_for.v1"))
            return all(collector.named(region, f"process {type_}") for region, type_ in (there, back))

        await until(come, seconds=30, what="both processed messages at the collector")
        for source, recipient, type_, path in (
            (ZHONGSHAN, LUXIAN, "legalaid.transfer.offered.v1", "POST /v1/cases/{case}/transfers"),
            (
                LUXIAN,
                ZHONGSHAN,
                "legalaid.transfer.signed_for.v1",
                "POST /v1/cases/{case}/transfers/{transfer}/sign-for",
            ),
        ):
            [asked] = collector.named(source, path)
            [published] = collector.named(source, f"publish {type_}")
            [processed] = collector.named(recipient, f"process {type_}")
            [decided] = [one for one in collector.spans if one.id == published.parent]
            assert {one.trace for one in (asked, decided, published, processed)} == {asked.trace}
            assert (decided.parent, processed.parent) == (asked.id, published.id)
            assert processed.facts["messaging.message.conversation_id"] == case
        known = json.dumps([[one.name, dict(one.facts)] for one in collector.spans], ensure_ascii=False)
        assert not re.search(r"李大山|王芳|欠薪", known)


async def test_a_collector_that_is_away_holds_up_nobody(ground: Ground) -> None:
    async with played(ground) as stage:
        settings = {"traces_endpoint": "http://127.0.0.1:9/v1/traces"}

        def play() -> None:
            here, there = [stage.node(region, settings=settings) for region in (ZHONGSHAN, LUXIAN)]
            case = stage.open(here)
            stage.offer(here, case, LUXIAN)
            stage.in_state(there, case, "offered")

        await asyncio.to_thread(play)
        await ground.agree()
