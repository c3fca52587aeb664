"""Each process of a node is probed and measured, whatever its roles: by Prometheus with the least right, as it is
configured in deploy/."""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import aiohttp
import pytest

from deploy.local.ports import LOOPBACK, free_ports
from tests.builders import ZHONGSHAN
from tests.integration.api_node import serving as serving_api
from tests.integration.hub import until
from tests.integration.test_cli_node import NO_BROKER, serving, told
from tests.integration.test_cli_tokens import EVERYWHERE, Asked
from tests.prometheus import scraping
from tests.staff import a_token, an_account
from tests.trust import shared
from transfer.domain.rights import Right, Role
from transfer.ports.work import StorageUnavailable
from transfer.settings import Settings, SettingsInvalid

CONFIGURATION: Final = Path(__file__).parent.parent.parent / "deploy" / "prometheus" / "prometheus.yml"
ROLES: Final = ("api", "relay", "inbound")
DUTIES: Final = {"api": "sessions", "relay": "relay", "inbound": "watch"}


@dataclass(frozen=True)
class Measured(Asked):
    """A node whose process is measured at a port of its own, on all interfaces."""

    port: int = 0

    @property
    def environment(self) -> dict[str, str]:
        own = {"TRANSFER_METRICS_HOST": EVERYWHERE, "TRANSFER_METRICS_PORT": str(self.port)}
        return {**super().environment, **own, "TRANSFER_BROKER_LOST_AFTER": "0"}


@dataclass(frozen=True)
class Parted:
    """A node in three processes, the ports where they are measured, and tokens by their scope."""

    folder: Path
    ports: dict[str, int]
    api: str
    tokens: dict[str, Path]

    def headers(self, scope: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens[scope].read_text().strip()}"}


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parted]:
    folder = tmp_path_factory.mktemp("monitor")
    place = Asked(folder)
    assert place.run("migrate").exit_code == 0
    place.account("prometheus", "system-administrator")
    tokens = {scope: place.token("prometheus", scope) for scope in ("measure", "operate")}
    ports = dict(zip(ROLES, free_ports(len(ROLES)), strict=True))
    with ExitStack() as stack:
        running = {
            role: stack.enter_context(serving(Measured(folder, port=port), "--roles", role))
            for role, port in ports.items()
        }
        api = told(running["api"], "listening on ")
        for role in ("relay", "inbound"):
            told(running[role], f"node {ZHONGSHAN} runs: {role}")
        yield Parted(folder, ports, api, tokens)


@pytest.fixture
async def browser() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.mark.parametrize("role", ROLES)
async def test_every_process_is_probed_without_a_token_and_by_any_name(
    node: Parted, browser: aiohttp.ClientSession, role: str
) -> None:
    at, named = f"http://{LOOPBACK}:{node.ports[role]}", {"Host": f"transfer-{role}:9464"}
    async with browser.get(f"{at}/healthz", headers=named) as answer:
        assert (answer.status, await answer.json()) == (200, {"alive": True})
    async with browser.get(f"{at}/readyz", headers=named) as answer:
        said = await answer.json()
        checks = {one["name"]: one for one in said["checks"]}
    # None has a broker here: whoever needs it is not ready, and why is not for everybody.
    assert (answer.status, said["ready"]) == ((200, True) if role == "api" else (503, False))
    assert role == "api" or checks[f"broker:{role}"]["ok"] is False
    assert all(value is None for one in checks.values() for name, value in one.items() if name not in {"name", "ok"})
    assert "broker" not in said.get("detail", "").replace(f"broker:{role}", "")
    async with browser.get(f"{at}/readyz", headers=node.headers("operate")) as answer:
        assert all(one["found"] and one["found_zh"] for one in (await answer.json())["checks"])
    for path in ("/", "/v1/node", "/sign-in"):
        async with browser.get(f"{at}{path}", headers=node.headers("operate")) as answer:
            assert answer.status == 404


@pytest.mark.parametrize("role", ROLES)
async def test_measures_are_for_a_token_that_opens_nothing_else(
    node: Parted, browser: aiohttp.ClientSession, role: str
) -> None:
    at = f"http://{LOOPBACK}:{node.ports[role]}/metrics"
    async with browser.get(at) as answer:
        assert (answer.status, (await answer.json())["right"]) == (401, "measure")
    async with browser.get(at, headers=node.headers("operate")) as answer:
        assert (answer.status, (await answer.json())["right"]) == (403, "measure")
    async with browser.get(at, headers=node.headers("measure")) as answer:
        assert answer.status == 200
        assert f'transfer_duty_failures{{duty="{DUTIES[role]}"}} ' in await answer.text()
    for path in ("/v1/node", "/v1/quarantine", "/v1/cases"):
        async with browser.get(f"{node.api}{path}", headers=node.headers("measure")) as answer:
            assert answer.status == 403


async def test_prometheus_scrapes_every_process_as_it_is_configured(node: Parted, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(node.tokens["measure"].read_text())
    targets = [f"{LOOPBACK}:{port}" for port in node.ports.values()]
    (tmp_path / "nodes.yml").write_text(json.dumps([{"targets": targets, "labels": {"region": ZHONGSHAN}}]))
    (tmp_path / "hub.yml").write_text("[]")
    async with scraping(tmp_path, CONFIGURATION.read_text(encoding="utf-8")) as query:

        async def scraped() -> bool:
            up = await query('up{job="transfer", region="442000"}')
            return up == ["1"] * len(ROLES) and bool(await query('transfer_duty_failures{duty="relay"}'))

        await until(scraped, what="all three are scraped", seconds=40)


async def test_a_monitor_is_still_known_while_the_database_is_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving_api(tmp_path, sign_in="required") as api:
        account = await an_account(api, Role.SYSTEM_ADMINISTRATOR)
        measure, both = [
            {"Authorization": f"Bearer {await a_token(api, account, scopes)}"}
            for scopes in ({Right.MEASURE}, {Right.MEASURE, Right.OPERATE})
        ]
        unseen = {"Authorization": f"Bearer {await a_token(api, account, {Right.MEASURE})}"}
        for known in (measure, both):
            assert (await api.get("/metrics", **known)).status == 200

        async def away(*_: object) -> None:
            raise StorageUnavailable("ConnectionRefusedError: no")

        with monkeypatch.context() as patched:
            patched.setattr(type(api.node.web.door.accounts), "token", away)
            patched.setattr(type(api.node.views), "form", away)
            answer = await api.get("/metrics", **measure)
            assert (answer.status, 'transfer_check_ok{check="database"} 0.0' in answer.text) == (200, True)
            assert [(await api.get("/metrics", **one)).status for one in (both, unseen)] == [503, 503]
        await api.node.web.roll.set_disabled(account, disabled=True, by="test")
        assert (await api.get("/metrics", **measure)).status == 401
        monkeypatch.setattr(type(api.node.web.door.accounts), "token", away)
        assert (await api.get("/metrics", **measure)).status == 503


def test_a_network_gets_no_measures_where_nobody_is_asked_who_they_are() -> None:
    own = {"region": ZHONGSHAN, "amqp_url": NO_BROKER, **shared().settings(ZHONGSHAN), "metrics_host": EVERYWHERE}
    assert Settings.load(**own | {"sign_in": "required"}).metrics_host == EVERYWHERE
    with pytest.raises(SettingsInvalid, match="metrics_host other than"):
        Settings.load(**own | {"sign_in": "off"})
