"""``transfer config check`` looks at the broker with the region's own eyes, and says what to do."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from click.testing import CliRunner

from tests.integration.hub import ZHONGSHAN, Hub
from tests.trust import environment_of
from transfer.cli.exits import FAULT
from transfer.cli.main import main

pytestmark = pytest.mark.broker


@pytest.fixture(autouse=True)
def _no_logs(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The commands would direct this process's logs to a stream that ends with the command."""
    monkeypatch.setattr("transfer.cli.config.set_up_logs", lambda **_: None)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.reset_defaults()


def checked(hub: Hub, folder: Path, *, password: str | None = None, vhost: str | None = None) -> dict[str, str]:
    """What is found for the broker and its queues, with verdict and cure in one line each."""
    address = hub.address(ZHONGSHAN)
    url = f"amqp://{ZHONGSHAN}:{password or address.password}@{address}/{vhost or hub.vhost}"
    environment = {
        "TRANSFER_REGION": ZHONGSHAN,
        **environment_of(ZHONGSHAN),
        "TRANSFER_DATABASE_URL": f"sqlite:///{folder}/node.db",
        "TRANSFER_AMQP_URL": url,
    }
    assert CliRunner().invoke(main, ["migrate"], env=environment).exit_code == 0
    ended = CliRunner().invoke(main, ["config", "check", "--json"], env=environment)
    said = json.loads(ended.stdout)
    assert ended.exit_code == (0 if said["ok"] else FAULT)
    return {one["name"]: f"{one['verdict']}: {one['found']}; {one['cure']}" for one in said["checks"]}


def test_a_broker_with_everything_is_well(hub: Hub, tmp_path: Path) -> None:
    found = checked(hub, tmp_path)
    assert found["broker"].startswith("ok")
    assert f"inbox.{ZHONGSHAN} holds 0" in found["queues"]


def test_a_wrong_password_is_told_from_a_wrong_virtual_host(hub: Hub, tmp_path: Path) -> None:
    refused = checked(hub, tmp_path, password="wrong")
    assert "refuses the login" in refused["broker"]
    assert refused["queues"].startswith("skipped")
    assert "no such virtual host" in checked(hub, tmp_path, vhost="absent")["broker"]


def test_a_missing_queue_is_named(hub: Hub, tmp_path: Path) -> None:
    hub.broker.delete_queue(hub.vhost, f"dead.{ZHONGSHAN}")
    found = checked(hub, tmp_path)
    assert found["queues"].startswith(f"fault: not on the broker: dead.{ZHONGSHAN}")
    assert "transfer topology" in found["queues"]
