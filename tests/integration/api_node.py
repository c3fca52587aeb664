"""Nodes that serve their API without a broker; every answer is held to the published description."""

import json
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import aiohttp
from jsonschema import Draft202012Validator
from sqlalchemy import select

from tests.trust import as_sent, shared
from transfer.handlers.opening import open_delivery
from transfer.handlers.receive import Verdict, receive
from transfer.node import Node, build
from transfer.ports.work import Delivery
from transfer.settings import Settings
from transfer.storage.migrate import migrate
from transfer.storage.tables import outbox
from transfer.telemetry import clock
from transfer.web.openapi import document
from transfer.web.routes import ROUTES

ZHONGSHAN, LUXIAN, SICHUAN, GUANGDONG = "442000", "510521", "510000", "440000"
STATION: Final = "510521-ZS"
DOCUMENT: Final = document(ROUTES)
PROBLEM: Final = "application/problem+json"
FORMATS: Final = Draft202012Validator.FORMAT_CHECKER

OFFER: Final = {
    "by": "王芳",
    "institution": ZHONGSHAN,
    "receiver": STATION,
    "letter": "中援转〔2026〕1号",
    "reason": "合同履行地在泸县",
}


def application(**changes: Any) -> dict[str, Any]:
    """The body of an application, whole and valid."""
    return {
        "by": "王芳",
        "institution": ZHONGSHAN,
        "matter": "REMUNERATION",
        "aid_form": "LABOUR_ARBITRATION",
        "facts": "欠薪",
        "claim": "请求支付18000元",
        "channel": "WINDOW",
        "applicants": [
            {
                "name": "李大山",
                "identity": {"kind": "NONE"},
                "finding": {"ground": "COMMITMENT", "proof": "承诺书", "signed_on": "2025-01-02"},
            }
        ],
    } | changes


def today(*, days: int = 0) -> str:
    """A day in China, today or so many days later."""
    return (clock.now() + timedelta(hours=8, days=days)).date().isoformat()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the API answered."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def body(self) -> Any:
        return json.loads(self.text)

    @property
    def kind(self) -> str:
        """The kind of problem."""
        return str(self.body["type"]).removeprefix("/docs#")

    def __str__(self) -> str:
        return f"{self.status} {self.text[:600]}"


@dataclass(slots=True, kw_only=True)
class Api:
    """A client of one node's API."""

    node: Node
    address: str
    session: aiohttp.ClientSession
    carried: dict[str, int] = field(default_factory=dict)

    async def ask(self, method: str, path: str, **options: Any) -> Answer:
        async with self.session.request(method, path, allow_redirects=False, **options) as response:
            answer = Answer(
                status=response.status,
                headers={name.title(): value for name, value in response.headers.items()},
                # A paper is no text, and nobody reads it as one.
                text="" if response.content_type == "application/pdf" else (await response.read()).decode(),
            )
        hold_to_description(method, path, answer)
        return answer

    async def get(self, path: str, **headers: str) -> Answer:
        return await self.ask("GET", path, headers={k.replace("_", "-"): v for k, v in headers.items()})

    async def post(
        self,
        path: str,
        body: Any,
        *,
        key: str | None = None,
        etag: str | None = "*",
    ) -> Answer:
        """With a fresh key unless one is given; ``etag`` None sends no If-Match, and bytes go as they are."""
        content = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json", "Idempotency-Key": key or str(uuid4())}
        if etag is not None:
            headers["If-Match"] = etag
        return await self.ask("POST", path, data=content, headers=headers)

    async def opened(self, **changes: Any) -> dict[str, Any]:
        """A case that was just taken in."""
        answer = await self.post("/v1/cases", application(institution=self.region, **changes))
        assert answer.status == 201, answer
        return dict(answer.body)

    async def offered(self, **changes: Any) -> dict[str, Any]:
        """A case that was just taken in and offered to Luxian's station."""
        case = await self.opened(**changes)
        answer = await self.post(f"/v1/cases/{case['id']}/transfers", OFFER)
        assert answer.status == 201, answer
        return dict(answer.body)

    async def step(self, case: dict[str, Any], step: str, **body: Any) -> Answer:
        """A step on the case's last transfer."""
        known = (await self.get(f"/v1/cases/{case['id']}")).body
        transfer = known["transfers"][-1]["id"]
        given = {"by": "张伟", "institution": self.region} | body
        return await self.post(f"/v1/cases/{case['id']}/transfers/{transfer}/{step}", given)

    async def done(self, case: dict[str, Any], step: str, **body: Any) -> dict[str, Any]:
        answer = await self.step(case, step, **body)
        assert answer.status == 200, answer
        return dict(answer.body)

    async def items(self, path: str) -> list[dict[str, Any]]:
        """The lines of all pages of a list."""
        found: list[dict[str, Any]] = []
        page: str | None = path
        while page is not None:
            answer = await self.get(page)
            assert answer.status == 200, answer
            found += answer.body["items"]
            page = answer.body["next"]
        return found

    @property
    def region(self) -> str:
        return self.node.settings.region

    async def carry(self, to: "Api") -> list[Verdict]:
        """Bring what is new in this node's outbox to the other one, as the broker would."""
        since = self.carried.get(to.region, 0)
        statement = select(outbox.c.row, outbox.c.body).where(outbox.c.recipient == to.region, outbox.c.row > since)
        async with self.node.store.writing() as connection:
            found = (await connection.execute(statement.order_by(outbox.c.row))).all()
        if found:
            self.carried[to.region] = found[-1].row
        return await to.take_in(*(row.body for row in found), source=self.region)

    async def take_in(self, *bodies: bytes, source: str) -> list[Verdict]:
        """Messages come in from that region."""
        context = self.node.context()
        arrived = [
            open_delivery(
                Delivery(body=as_sent(body), exchange=f"out.{source}", user_id=source), context, self.node.wire
            )
            for body in bodies
        ]
        async with self.node.store.work() as work:
            return await receive(work, arrived, context)


def hold_to_description(method: str, path: str, answer: Answer) -> None:
    """The answer has a status and a form that the OpenAPI document names, and the headers that are always there."""
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    if answer.status >= 400:
        assert answer.headers["Content-Type"].startswith(PROBLEM), answer
        assert answer.body["status"] == answer.status
        validate({"$ref": "#/components/schemas/Problem"}, answer.body)
    operation = _operation(method, path.partition("?")[0])
    if operation is None:
        return
    assert str(answer.status) in operation["responses"], f"{method} {path}: {answer}"
    content = operation["responses"][str(answer.status)].get("content", {})
    if "application/json" in content and content["application/json"]["schema"]:
        validate(content["application/json"]["schema"], answer.body)


def validate(schema: dict[str, Any], value: Any) -> None:
    """Raises ValidationError."""
    whole = {**schema, "components": DOCUMENT["components"]}
    Draft202012Validator(whole, format_checker=FORMATS).validate(deepcopy(value))


def _operation(method: str, path: str) -> dict[str, Any] | None:
    for template, methods in DOCUMENT["paths"].items():
        if re.fullmatch(re.sub(r"\{[a-z_]+\}", "[^/]+", template), path):
            found: dict[str, Any] | None = methods.get(method.lower())
            return found
    return None


@asynccontextmanager
async def serving(
    folder: Path,
    region: str = ZHONGSHAN,
    *,
    database_url: str | None = None,
    **settings: Any,
) -> AsyncIterator[Api]:
    """A node with a fresh database that serves its API on a free port."""
    url = database_url or f"sqlite:///{await _fresh(folder, region)}"
    given = {
        "roles": "api",
        "port": 0,
        "test_identities": True,
        "amqp_url": "amqp://nobody:x@127.0.0.1:1/none",
        **shared().settings(region),
    }
    node = build(Settings.load(region=region, database_url=url, **(given | settings)))
    async with AsyncExitStack() as stack:
        if database_url is not None:
            await migrate(node.store.engine)
        address = await stack.enter_async_context(node.running())
        assert address is not None
        session = await stack.enter_async_context(aiohttp.ClientSession(address))
        yield Api(node=node, address=address, session=session)


_TEMPLATES: Final[dict[str, Path]] = {}


async def _fresh(folder: Path, region: str) -> Path:
    """A copy of a database that was migrated once."""
    if "empty" not in _TEMPLATES:
        made = folder / "template.db"
        settings = {"region": ZHONGSHAN, "amqp_url": "amqp://nobody:x@127.0.0.1:1/none", **shared().settings(ZHONGSHAN)}
        node = build(Settings.load(database_url=f"sqlite:///{made}", **settings))
        await migrate(node.store.engine)
        await node.store.engine.dispose()
        _TEMPLATES["empty"] = made
    copy = folder / f"{region}.db"
    shutil.copy(_TEMPLATES["empty"], copy)
    return copy
