"""Regions whose directory and keys change while their nodes run."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp

from tests.federation.ground import LUXIAN, ZHONGSHAN, Ground
from tests.federation.processes import NodeProcess, until
from tests.trust import DRAFT, PASSPHRASE, SINCE, YEARS, Trust, as_text
from transfer.broker.address import Address
from transfer.broker.announce import announce
from transfer.broker.topology import DIRECTORY
from transfer.crypto.directory import Directory, Draft
from transfer.crypto.keyfiles import read_folder
from transfer.crypto.keys import KeyUse, PublicKey, SuiteName
from transfer.crypto.keystore import add_key
from transfer.telemetry import clock

BRISK_TRUST: Mapping[str, Any] = {"trust_poll": 0.2}


@dataclass(slots=True, kw_only=True)
class Members:
    """The regions of a ground, and the operator of their directory; each region has a file of its own with it."""

    ground: Ground
    trust: Trust

    @classmethod
    def of(cls, ground: Ground) -> "Members":
        folder = ground.folder / "trust"
        folder.mkdir()
        return cls(ground=ground, trust=Trust(folder=folder))

    def directory(
        self, version: int = 1, *, without: Sequence[str] = (), changes: Mapping[str, Any] | None = None, **more: Any
    ) -> Directory:
        """All regions with the public keys that lie in their folders now; ``changes`` are fields by region."""
        regions = [
            region.model_copy(update={"keys": self.public(region.code)} | (changes or {}).get(region.code, {}))
            for region in Draft.load(DRAFT).regions
            if region.code not in without
        ]
        fields: dict[str, Any] = {"issued_at": SINCE, "expires_at": SINCE + YEARS} | more
        # Validated, as its readers do.
        made = Directory(version=version, regions=tuple(regions), **fields)
        return Directory.model_validate_json(made.model_dump_json(exclude_none=True))

    def public(self, region: str) -> tuple[PublicKey, ...]:
        if not (self.trust.folder / region).exists():
            self.trust.add_key(region, KeyUse.SIGN)
            self.trust.add_key(region, KeyUse.SEAL)
        return tuple(file.public for file in read_folder(self.trust.folder / region))

    def key(self, region: str, use: KeyUse) -> str:
        """The id of the one key that the region has for this."""
        [found] = [key.kid for key in self.public(region) if key.use is use]
        return found

    def add_key(
        self, region: str, use: KeyUse, *, suite: SuiteName = SuiteName.JOSE, validity: timedelta = YEARS
    ) -> str:
        """A key that is valid from now on, after all that were made before."""
        folder, begin = self.trust.folder / region, clock.now().replace(microsecond=0)
        made = add_key(folder, PASSPHRASE, region=region, name=suite, use=use, not_before=begin, validity=validity)
        return made.kid

    def file(self, region: str) -> Path:
        return self.trust.folder / f"{region}.note"

    def put(self, directory: Directory | str, *regions: str) -> None:
        """In place of the file of these regions, or of all."""
        note = directory if isinstance(directory, str) else self.trust.note(directory)
        for region in regions or self.ground.urls:
            fresh = self.file(region).with_suffix(".new")
            fresh.write_text(note)
            fresh.replace(self.file(region))

    async def publish(self, directory: Directory | str) -> None:
        """To the inbox of every region, as the operator does."""
        note = directory if isinstance(directory, str) else self.trust.note(directory)
        await announce(self.operator, note.encode())

    @property
    def operator(self) -> Address:
        return Address.parse(self.ground.amqp_url(DIRECTORY), tls=self.ground.pki.region(DIRECTORY))

    def settings(self, region: str) -> Mapping[str, Any]:
        if not self.file(region).exists():
            self.put(self.directory(), region)
        return {**self.trust.settings(region, self.file(region)), **BRISK_TRUST}

    async def node(self, region: str, **more: Any) -> NodeProcess:
        return await self.ground.node(region, **{**self.settings(region), **more})

    async def two(self, **more: Any) -> tuple[NodeProcess, NodeProcess]:
        return await self.node(ZHONGSHAN, **more), await self.node(LUXIAN, **more)

    async def offered(self, node: NodeProcess, count: int = 1, to: str = LUXIAN) -> list[str]:
        cases: list[str] = await node.do("open", count=count)
        await node.do("offer", cases=cases, to=to)
        return cases

    async def waits(self, region: str, reason: str, *, at: str = ZHONGSHAN) -> None:
        """Returns when messages to the region wait for this reason, which people are shown."""

        def told(view: Any) -> bool:
            road = view.destinations.get(region)
            return road is not None and reason in (road.last_error or "")

        await self.ground.shows(at, told, what=f"{region} is waited for: {reason}")


async def in_force(version: int, *nodes: NodeProcess) -> list[str]:
    """Returns when the directory of this version is in force in each; gives by which road it came."""

    def roads(node: NodeProcess) -> list[str]:
        return [line["came_by"] for line in node.log("directory_in_force") if line["version"] == version]

    for node in nodes:
        await until(lambda node=node: bool(roads(node)), what=f"version {version} is in force in {node.name}")  # type: ignore[misc]
    return [roads(node)[-1] for node in nodes]


async def readiness(node: NodeProcess) -> tuple[int, dict[str, dict[str, Any]]]:
    """What /readyz answers: the status, and the checks by their names."""
    async with aiohttp.ClientSession(await node.do("address")) as session, session.get("/readyz") as response:
        return response.status, {check["name"]: check for check in (await response.json())["checks"]}


async def alarms(node: NodeProcess, kind: str) -> float:
    """How often the node raised an alarm of this kind."""
    async with aiohttp.ClientSession(await node.do("address")) as session, session.get("/metrics") as response:
        lines = (await response.text()).splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith(f'transfer_alarms_total{{kind="{kind}"'))


async def transfer(*words: str, settings: Mapping[str, Any] | None = None) -> "subprocess.CompletedProcess[str]":
    """The command line as a process, with these settings and no others."""
    rest = {name: value for name, value in os.environ.items() if not name.startswith("TRANSFER_")}
    given = {f"TRANSFER_{name.upper()}": value for name, value in as_text(settings or {}).items()}

    def run() -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "transfer", *words]
        return subprocess.run(command, env=rest | given, capture_output=True, text=True, timeout=60, check=False)

    return await asyncio.to_thread(run)
