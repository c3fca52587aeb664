"""Nodes whose clocks stand at the dates of a story: whole processes over a broker, told over their APIs."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID, uuid4

from deploy.demo.dated import CLOCK, PROGRAM, set_clock
from deploy.local.broker import Broker
from deploy.local.ports import free_ports
from tests.federation.checks import Expected, differences, read
from tests.federation.exchange import a_directory
from tests.federation.ground import BRISK
from tests.federation.serving import Served
from tests.patience import until
from tests.pki import HOST, Pki
from tests.trust import PASSPHRASE, SINCE, Trust, as_text
from transfer.actions.commands import Command, OpenCase
from transfer.actions.desk import Order
from transfer.broker.topology import definitions, topology_of
from transfer.crypto.directory import Agreement, Draft
from transfer.crypto.matching import new_match_key
from transfer.crypto.pki import SERVER, save
from transfer.domain.case import Case
from transfer.domain.errors import TransferError, slug
from transfer.messages.attachments import Attachment
from transfer.storage.engine import open_engine
from transfer.storage.store import Store
from transfer.storage.views import SqlViews
from transfer.telemetry import clock
from transfer.web.problems import PROBLEMS

_DAYS: Final = 3000
"""Certificates count by the calendar of this day and of the story's."""
_ERRORS: Final = {slug(one): one for one in PROBLEMS if issubclass(one, TransferError)}


@dataclass(slots=True, kw_only=True)
class DatedNodes:
    """A world of ``tests.asking``: one node per region, each with files, and one clock for all."""

    clock: Path
    nodes: Mapping[str, Served]
    urls: Mapping[str, str]

    @property
    def now(self) -> datetime:
        return clock.now() + timedelta(seconds=float(self.clock.read_text()))

    @now.setter
    def now(self, to: datetime) -> None:
        set_clock(self.clock, to)

    def open(self, region: str, command: OpenCase) -> UUID:
        body = command.model_dump(mode="json", exclude_none=True)
        return UUID(self.nodes[region].do("/v1/cases", body)["id"])

    def carry_out(self, region: str, case: UUID, path: str, command: Command, order: Order) -> Case:  # noqa: ARG002 - see World
        """Over the API; raises the error that the problem is of."""
        body = command.model_dump(mode="json", exclude_none=True)
        answer = self.nodes[region].ask("POST", f"/v1/cases/{case}/{path}", body, If_Match="*")
        if answer.status >= 400:
            problem = answer.body
            kind = problem["type"].rpartition("#")[2]
            assert kind in _ERRORS, problem
            error = _ERRORS[kind]()
            error.args = (problem["detail"],)
            raise error
        return self.case(region, case)

    def put(self, region: str, content: bytes, name: str) -> Attachment:
        answer = self.nodes[region].ask(
            "POST", f"/v1/files?name={quote(name)}", content, Content_Type="application/pdf"
        )
        assert answer.status == 201, answer.content
        return Attachment.model_validate_json(answer.content)

    def holds(self, region: str, file: Attachment) -> bytes | None:
        """Waits until its fetch has ended."""

        def ended() -> bool:
            lines = self.nodes[region].ask("GET", "/v1/fetches").body["items"]
            return any(one["file"] == file.digest and one["state"] not in {"waiting", "fetching"} for one in lines)

        until(ended, f"{region}: the fetch of {file.name} ends")
        answer = self.nodes[region].ask("GET", f"/v1/files/{file.digest}")
        return answer.content if answer.status == 200 else None

    def drain(self) -> None:
        """Until nothing is under way and all regions agree."""
        found: list[str] = []

        def agreed() -> bool:
            found[:] = asyncio.run(self._differences())
            return not found

        until(agreed, found)

    async def _differences(self) -> list[str]:
        views = {}
        for region, url in self.urls.items():
            engine = open_engine(url)
            views[region] = await read(engine)
            await engine.dispose()
        return differences(views, {}, Expected())

    def case(self, region: str, case: UUID) -> Case:
        return asyncio.run(self._case(region, case))

    async def _case(self, region: str, case: UUID) -> Case:
        engine = open_engine(self.urls[region])
        try:
            found = await SqlViews(store=Store(engine=engine, region=region, clock=clock.now, new_id=uuid4)).case(case)
        finally:
            await engine.dispose()
        if found is None:
            raise KeyError(case)
        return found.case


@contextmanager
def dated_nodes(  # noqa: PLR0913 - what they stand on, and what the story needs
    broker: Broker,
    pki: Pki,
    folder: Path,
    *,
    regions: Sequence[str],
    began: datetime,
    agreements: Sequence[Agreement] = (),
    **more: Any,
) -> Iterator[DatedNodes]:
    """Nodes of these regions in a vhost of their own, ended afterwards; ``more`` are settings of each."""
    vhost, trust = f"dated-{uuid4().hex[:8]}", Trust(folder=folder / "trust")
    trust.folder.mkdir()
    ports = dict(zip(regions, free_ports(len(regions)), strict=True))
    listed = [
        one.model_copy(update={"attachments": f"https://{HOST}:{ports[one.code]}"})
        for one in a_directory(regions).regions
    ]
    topology = topology_of(Draft(regions=tuple(listed)))
    broker.load_definitions(definitions(topology, vhost=vhost))
    broker.add_vhost(vhost)
    note = trust.file(trust.directory(listed, agreements=tuple(agreements)))
    time_file = folder / "clock"
    set_clock(time_file, began)
    cert, key = save(pki.authority.server([HOST], now=SINCE, days=_DAYS), folder, SERVER)
    nodes, shared = {}, new_match_key(1, PASSPHRASE)
    for region in regions:
        pki.renew(region, now=SINCE, days=_DAYS)
        trust.file_key(region)
        trust.share(region, shared)
        settings = {
            "region": region,
            "database_url": f"sqlite:///{folder}/{region}.db",
            "amqp_url": f"amqps://{region}@{HOST}:{broker.ports.amqps}/{vhost}",
            **pki.settings(region),
            **trust.settings(region, note),
            **BRISK,
            "test_identities": "true",
            "files": folder / f"files-{region}",
            "files_port": ports[region],
            "files_cert": cert,
            "files_key": key,
            "fetch_first": 0.2,
            **more,
        }
        nodes[region] = Served(
            name=region,
            folder=folder / region,
            settings=as_text(settings),
            program=PROGRAM,
            environment={CLOCK: str(time_file)},
        )
    try:
        for node in nodes.values():
            node.start()
        for node in nodes.values():
            node.ready()
        urls = {region: node.settings["database_url"] for region, node in nodes.items()}
        yield DatedNodes(clock=time_file, nodes=nodes, urls=urls)
    finally:
        for node in nodes.values():
            node.end()
        broker.delete_vhost(vhost)
