"""Whole nodes that keep files, and what they are told, with marked data."""

import hashlib
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from deploy.local.ports import free_ports
from tests.faults.proxy import Proxy
from tests.federation.ground import BRISK, LUXIAN, Ground
from tests.federation.markers import Marker
from tests.federation.serving import PROGRAM, Answer, Served
from tests.integration.file_nodes import PDF, with_addresses
from tests.pki import HOST
from tests.samples import a_pdf
from tests.trust import as_text, shared
from transfer.actions import commands
from transfer.actions.buttons import BUTTONS, EVIDENCE_BUTTONS, OWN_BUTTONS
from transfer.domain.clocks import legal_day
from transfer.telemetry import clock
from transfer.web.wording import kebab

Seen = TypeVar("Seen")


@dataclass(slots=True, kw_only=True)
class Stage:
    """Nodes on a ground, and what they are told. Each region's files are fetched over its link."""

    ground: Ground
    directory: Path
    links: Mapping[str, Proxy]
    settings: Mapping[str, Any]
    marker: Marker = field(default_factory=Marker)
    nodes: list[Served] = field(default_factory=list)
    kept: dict[str, dict[str, Any]] = field(default_factory=dict)
    """A file of each region, which its commands name."""
    _numbers: Iterator[int] = field(default_factory=count)

    def node(
        self,
        region: str,
        *,
        program: str = PROGRAM,
        settings: Mapping[str, Any] | None = None,
        **environment: str,
    ) -> Served:
        """A node of the region, in the place of an earlier one that has died."""
        name = f"{region}-{next(self._numbers)}"
        shared().file_key(region)
        pki = self.ground.pki
        given: dict[str, Any] = {
            "region": region,
            "database_url": self.ground.urls[region],
            "amqp_url": self.ground.amqp_url(region),
            **pki.settings(region),
            **shared().settings(region, self.directory),
            **BRISK,
            "files": self.files(region),
            "files_port": self.links[region].port,
            "files_cert": pki.server.cert,
            "files_key": pki.server.key,
            "log_level": "debug",
            "test_identities": "true" if region != LUXIAN else "false",
            **self.settings,
            **(settings or {}),
        }
        made = Served(
            name=name,
            folder=self.ground.folder / "nodes" / name,
            settings=as_text(given),
            program=program,
            environment=environment,
        )
        self.nodes.append(made)
        made.start().ready()
        if region not in self.kept:
            self.kept[region] = self.put(made)
        return made

    # Cases ---------------------------------------------------------------------------------------------------

    def command(self, kind: type[commands.Command], institution: str, **given: Any) -> dict[str, Any]:
        marker = replace(self.marker, file=self.kept[institution[:6]])
        return marker.filled(kind, {"institution": institution, **given})

    def open(self, node: Served, **given: Any) -> str:
        identity = {"kind": "RESIDENT_ID"}
        persons = [{"identity": identity}, {"identity": identity}]
        body = self.command(commands.OpenCase, node.settings["region"], applicants=persons, **given)
        return str(node.do("/v1/cases", body)["id"])

    def offer(self, node: Served, case: str, receiver: str) -> str:
        body = self.command(commands.Offer, node.settings["region"], receiver=receiver)
        return str(node.do(f"/v1/cases/{case}/transfers", body)["transfers"][-1]["id"])

    def press(self, node: Served, step: str, case: str, institution: str, **given: Any) -> Any:
        button = next(one for known, one in BUTTONS.items() if kebab(known) == step)
        transfer = node.case(case)["transfers"][-1]["id"]
        body = self.command(button.command, institution, **given)
        return node.do(f"/v1/cases/{case}/transfers/{transfer}/{step}", body)

    def own(self, node: Served, place: str, case: str, **given: Any) -> None:
        body = self.command(OWN_BUTTONS[place].command, node.settings["region"], **given)
        node.do(f"/v1/cases/{case}/{place}", body)

    def press_request(self, node: Served, step: str, case: str, **given: Any) -> None:
        button = next(one for known, one in EVIDENCE_BUTTONS.items() if kebab(known) == step)
        request = node.case(case)["requests"][-1]["id"]
        body = self.command(button.command, node.settings["region"], **given)
        node.do(f"/v1/cases/{case}/requests/{request}/{step}", body)

    def reach(self, node: Served, case: str, institution: str, stage: str, **given: Any) -> None:
        body = self.command(commands.PublishStage, institution, stage=stage, occurred_on=today(), **given)
        node.do(f"/v1/cases/{case}/stages", body)

    def shows(self, node: Served, case: str, true: Callable[[Any], bool]) -> None:
        seen(lambda: node.case(case), lambda known: known is not None and true(known), by=node)

    def in_state(self, node: Served, case: str, state: str) -> None:
        self.shows(node, case, lambda known: known["transfers"][-1]["state"] == state)

    def request_in_state(self, node: Served, case: str, state: str) -> None:
        self.shows(node, case, lambda known: known["requests"] and known["requests"][-1]["state"] == state)

    # Files ---------------------------------------------------------------------------------------------------

    def files(self, region: str) -> Path:
        """Where it keeps them."""
        return self.ground.folder / "files" / region

    def spooled(self, region: str) -> list[int]:
        """The sizes of what is on its way there."""
        sizes: list[int] = []
        for one in self.files(region).joinpath("spool").iterdir():
            # It may have come, or be written anew, between one line and the next.
            with suppress(FileNotFoundError):
                sizes.append(one.stat().st_size)
        return sizes

    def put(self, node: Served, *, size: int = 200_000, note: str = "") -> dict[str, Any]:
        """A file full of marks, as messages name it."""
        content = a_pdf(size, filled=f"{self.marker.text()}{note} ".encode())
        name = quote(f"{self.marker.text()}.pdf")
        answer = node.ask("POST", f"/v1/files?name={name}", content, Content_Type=PDF)
        assert answer.status == 201, answer
        return dict(answer.body)

    def fetched(self, node: Served, file: Mapping[str, Any]) -> None:
        """It is there, and whole; until then nothing of it is."""

        def shown() -> Answer:
            answer = node.ask("GET", f"/v1/files/{file['digest']}")
            assert answer.status == 404 or (answer.status, len(answer.content)) == (200, file["size"]), answer.headers
            return answer

        content = seen(shown, lambda answer: answer.status == 200, by=node).content
        assert f"sha256:{hashlib.sha256(content).hexdigest()}" == file["digest"]

    def not_fetched(self, node: Served, file: Mapping[str, Any], *codes: str) -> None:
        """It did not come, for one of these reasons."""

        def code() -> str | None:
            fetches = node.ask("GET", "/v1/fetches?limit=200").body["items"]
            return next((one["code"] for one in fetches if one["file"] == file["digest"]), None)

        seen(code, lambda found: found in codes, by=node)
        assert node.ask("GET", f"/v1/files/{file['digest']}").status in {404, 410}


def today() -> str:
    return legal_day(clock.now()).isoformat()


def seen(look: Callable[[], Seen], true: Callable[[Seen], object], *, by: Served, seconds: float = 60.0) -> Seen:
    """What is seen once it is as wanted; fails when it is not by the deadline."""
    deadline = time.monotonic() + seconds
    while not true(found := look()):
        assert time.monotonic() < deadline, f"{by.name} shows {found!r:.2000}"
        time.sleep(0.1)
    return found


@asynccontextmanager
async def played(ground: Ground, **settings: Any) -> AsyncIterator[Stage]:
    """A stage with links between its regions; ``settings`` are those of all its nodes, which end with it."""
    async with AsyncExitStack() as stack:
        links = {
            region: await stack.enter_async_context(Proxy(port=port))
            for region, port in zip(ground.urls, free_ports(len(ground.urls)), strict=True)
        }
        regions = with_addresses({region: f"https://{HOST}:{link.own_port}" for region, link in links.items()})
        directory = shared().file(shared().directory(regions))
        stage = Stage(ground=ground, directory=directory, links=links, settings=settings)
        try:
            yield stage
        finally:
            for node in stage.nodes:
                node.end()
