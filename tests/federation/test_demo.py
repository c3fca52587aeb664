"""The demo as a person or a pipeline runs it: it ends well, and whatever ends it, it leaves nothing behind."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, ProxyHandler, build_opener
from uuid import uuid4

import psutil
import pytest

from deploy.local.broker import Broker
from tests.pki import Pki
from transfer.cli.exits import CONFIGURATION, UNAVAILABLE

DIRECTORY: Final = Path("deploy/local/directory.json").resolve()
TRANSFER: Final = (sys.executable, "-m", "transfer")
DEMO: Final = (sys.executable, "-m", "deploy.demo")

pytestmark = [pytest.mark.broker, pytest.mark.federation]


class Stage:
    """A virtual host with the topology, and a folder for the nodes."""

    def __init__(self, broker: Broker, pki: Pki, folder: Path) -> None:
        self.broker = broker
        self.folder = folder
        self.vhost = f"demo-{uuid4().hex[:8]}"
        self.ca = pki.folder
        words = ("--directory", str(DIRECTORY), "--vhost", self.vhost)
        printed = subprocess.run([*TRANSFER, "topology", *words], check=True, capture_output=True)
        broker.load_definitions(json.loads(printed.stdout))

    @contextmanager
    def playing(self, *words: str) -> Iterator[subprocess.Popen[str]]:
        """``python -m deploy.demo`` as a process in a session of its own."""
        known = ("--vhost", self.vhost, "--ca", str(self.ca), "--directory", str(DIRECTORY))
        process = subprocess.Popen(
            [*DEMO, *known, "--data", str(self.folder / "data"), *words],
            env={**os.environ, "AMQPS_URL": self.broker.amqps_url, "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            process.kill()
            process.communicate()

    def nodes(self) -> list[psutil.Process]:
        """The processes whose log lies in the folder: the nodes that this demo has started and that live."""
        return [process for process in psutil.process_iter() if self._is_node(process)]

    def _is_node(self, process: psutil.Process) -> bool:
        try:
            return str(self.folder) in process.environ().get("TRANSFER_DATABASE_URL", "")
        except psutil.Error:
            return False


@pytest.fixture
def stage(calm_broker: Broker, pki: Pki, tmp_path: Path) -> Iterator[Stage]:
    made = Stage(calm_broker, pki, tmp_path)
    yield made
    calm_broker.delete_vhost(made.vhost)


def until_none_is_left(stage: Stage, *, seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while left := stage.nodes():
        assert time.monotonic() < deadline, f"nodes still run: {left}"
        time.sleep(0.1)


def told(process: subprocess.Popen[str], part: str) -> str:
    """The first line with that part in it."""
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        said.append(line)
        if part in line:
            return line
    raise AssertionError("".join(said))


@pytest.mark.timeout(300)
def test_the_story_ends_well_and_shows_what_it_promises(stage: Stage) -> None:
    with stage.playing("--once") as process:
        said, _ = process.communicate(timeout=280)
    assert process.returncode == 0, said
    for part in (
        "transfer.competence_disputed",
        "transfer.released",
        "got the receipt again",
        "messages wait at the broker for Luxian",
        "each exactly once",
        "transfer.accepted",
        "concluded 已办结",
        "all three regions agree",
        "legalaid/510521 cosigned it at",
        "442000 and 510521 tell case",
        "442000 and 510521 agree",
        "442000 and 510000 agree",
        "Due on Tue 2026-03-03",
        "evidence.clarification_asked",
        "All 5 files are in Fushun unchanged",
        "Five items obtained, one does not exist",
        "does_not_exist 不存在",
        "HANDED_ON 移交",
        "print the same letter",
        "/papers/letter",
        "security-administrator",
        "password of all",
        "/apply",
    ):
        assert part in said, f"{part}\n{said}"
    assert stage.nodes() == []


@pytest.mark.timeout(300)
def test_it_stays_up_to_be_explored_until_it_is_interrupted(stage: Stage) -> None:
    with stage.playing() as process:
        node = told(process, "510521 泸县 http").split()[-1]
        password = told(process, "password of all").split()[-1]
        told(process, "Ctrl-C ends it all")
        browser = build_opener(ProxyHandler({}), HTTPCookieProcessor())
        door = browser.open(f"{node}/sign-in?back=/cases").read().decode()
        fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', door))
        fields |= {"login": "supervisor", "password": password, "back": "/cases"}
        worklist = browser.open(f"{node}/sign-in", urlencode(fields).encode()).read().decode()
        assert "data-rows" in worklist, worklist
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
    assert stage.nodes() == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=lambda number: number.name)
def test_whatever_ends_it_amid_the_story_its_nodes_end_too(stage: Stage, number: signal.Signals) -> None:
    with stage.playing("--once") as process:
        told(process, "disputes its competence")
        assert len(stage.nodes()) == 3
        process.send_signal(number)
        assert process.wait(60) != 0
    until_none_is_left(stage)


def test_without_a_broker_it_says_how_to_get_one(pki: Pki) -> None:
    ended = subprocess.run(
        [*DEMO, "--once", "--ca", str(pki.folder), "--directory", str(DIRECTORY)],
        env={name: value for name, value in os.environ.items() if name != "AMQPS_URL"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == CONFIGURATION
    assert "make demo" in ended.stderr
    assert "databases and logs" not in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_node_that_cannot_log_in_fails_the_demo_with_a_clear_word(stage: Stage) -> None:
    stage.broker.manage("DELETE", "users/510521")
    with stage.playing("--once") as process:
        said, _ = process.communicate(timeout=150)
    assert process.returncode == UNAVAILABLE
    assert "510521" in said
    assert "ACCESS_REFUSED" in said
    assert "Traceback" not in said
    assert stage.nodes() == []


def test_a_broker_that_another_authority_vouches_for_fails_the_demo_with_a_clear_word(
    stage: Stage, tmp_path: Path
) -> None:
    stage.ca = Pki(tmp_path / "other").folder
    with stage.playing("--once") as process:
        said, _ = process.communicate(timeout=150)
    assert process.returncode == UNAVAILABLE
    assert "not from an authority in TRANSFER_TLS_CA" in said
    assert "Traceback" not in said
    assert stage.nodes() == []
