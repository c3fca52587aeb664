"""``transfer config check`` looks at the broker with the region's own eyes, and says what to do."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.integration.hub import LUXIAN, ZHONGSHAN, Hub, now
from tests.trust import environment_of
from transfer.cli.exits import FAULT
from transfer.cli.main import main

pytestmark = pytest.mark.broker


def checked(hub: Hub, folder: Path, url: str | None = None, **files: Path) -> dict[str, str]:
    """What is found for the broker and its queues, with verdict and cure in one line each."""
    environment = {
        **{f"TRANSFER_{name.upper()}": str(file) for name, file in {**hub.pki.settings(ZHONGSHAN), **files}.items()},
        "TRANSFER_REGION": ZHONGSHAN,
        **environment_of(ZHONGSHAN),
        "TRANSFER_DATABASE_URL": f"sqlite:///{folder}/node.db",
        "TRANSFER_AMQP_URL": url or hub_url(hub, hub.vhost),
    }
    assert CliRunner().invoke(main, ["migrate"], env=environment).exit_code == 0
    ended = CliRunner().invoke(main, ["config", "check", "--json"], env=environment)
    said = json.loads(ended.stdout)
    assert ended.exit_code == (0 if said["ok"] else FAULT)
    return {one["name"]: f"{one['verdict']}: {one['found']}; {one['cure']}" for one in said["checks"]}


def hub_url(hub: Hub, vhost: str) -> str:
    return f"amqps://{ZHONGSHAN}@{hub.address(ZHONGSHAN)}/{vhost}"


def test_a_broker_with_everything_is_well(hub: Hub, tmp_path: Path) -> None:
    found = checked(hub, tmp_path)
    assert found["broker"].startswith("ok")
    assert "certificate valid until 20" in found["broker"]
    assert f"inbox.{ZHONGSHAN} holds 0" in found["queues"]


def test_a_wrong_password_is_told_from_a_wrong_virtual_host(hub: Hub, tmp_path: Path) -> None:
    refused = checked(hub, tmp_path, f"amqp://{ZHONGSHAN}:wrong@127.0.0.1:{hub.broker.ports.amqp}/{hub.vhost}")
    assert "refuses the login" in refused["broker"]
    assert refused["queues"].startswith("skipped")
    assert "no such virtual host" in checked(hub, tmp_path, hub_url(hub, "absent"))["broker"]


def test_a_missing_queue_is_named(hub: Hub, tmp_path: Path) -> None:
    hub.broker.delete_queue(hub.vhost, f"dead.{ZHONGSHAN}")
    found = checked(hub, tmp_path)
    assert found["queues"].startswith(f"fault: not on the broker: dead.{ZHONGSHAN}")
    assert "transfer topology" in found["queues"]


def test_a_certificate_that_has_expired_or_does_not_fit_is_named(hub: Hub, tmp_path: Path) -> None:
    hub.pki.renew(ZHONGSHAN, stem="expired", now=now() - timedelta(days=9), days=8)
    expired = hub.pki.files(ZHONGSHAN, stem="expired")
    found = checked(hub, tmp_path, tls_cert=expired.cert, tls_key=expired.key)
    assert f"{expired.cert}: expired on" in found["broker"]
    assert "docs/pki.md" in found["broker"]
    assert found["queues"].startswith("skipped")
    assert "is not the key of the certificate" in checked(hub, tmp_path, tls_key=expired.key)["broker"]


def test_an_address_that_does_not_fit_the_files_is_named(hub: Hub, tmp_path: Path) -> None:
    luxian = hub_url(hub, hub.vhost).replace(ZHONGSHAN, LUXIAN)
    assert "calls as another region" in checked(hub, tmp_path, luxian)["broker"]
    far = "amqp://442000:secret@hub.example/exchange"
    assert "use amqps" in checked(hub, tmp_path, far)["broker"]
