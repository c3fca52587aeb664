"""The command line against a node's database, and ``transfer serve`` as a process; no broker is needed."""

import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

import pytest
from click.testing import CliRunner, Result

from deploy.demo import people
from tests.builders import LUXIAN, ZHONGSHAN, a_body, an_offer, example_body
from tests.noted import Noted, noted
from tests.pki import Pki
from tests.trust import as_sent, environment_of, shared
from transfer.cli.exits import CONFIGURATION, FAULT, UNAVAILABLE, USAGE
from transfer.cli.main import main
from transfer.cli.remote import Api
from transfer.domain.clocks import legal_day
from transfer.handlers.opening import open_delivery
from transfer.handlers.receive import receive, set_aside
from transfer.ledger.entry import Kind
from transfer.messages.examples import EXAMPLES, FULL
from transfer.node import build
from transfer.ports.work import Delivery
from transfer.settings import Settings
from transfer.telemetry import clock

NO_BROKER: Final = "amqp://nobody:secret-word@127.0.0.1:1/none"


@dataclass(frozen=True)
class Place:
    """A node's settings, and the commands run with them."""

    folder: Path
    region: str = ZHONGSHAN

    @property
    def environment(self) -> dict[str, str]:
        return {
            "TRANSFER_REGION": self.region,
            "TRANSFER_DATABASE_URL": f"sqlite:///{self.folder}/{self.region}.db",
            "TRANSFER_AMQP_URL": NO_BROKER,
            **environment_of(self.region),
            "TRANSFER_TEST_IDENTITIES": "true",
            "TRANSFER_PORT": "0",
            "LOGNAME": "a-clerk",
        }

    def run(self, *words: str, **more: str) -> Result:
        return CliRunner().invoke(main, words, env={**self.environment, **more})

    def json(self, *words: str) -> Any:
        ended = self.run(*words, "--json")
        assert ended.exit_code == 0, ended.output
        return json.loads(ended.stdout)

    def entries(self, kind: Kind) -> list[Noted]:
        """The entries of this kind in its ledger, in their order."""

        async def read() -> list[Noted]:
            node = build(self.settings())
            found = await noted(node.store.engine, kind)
            await node.store.engine.dispose()
            return found

        return asyncio.run(read())

    def readings(self) -> list[tuple[str, str | None, str]]:
        """What was read here, of what, and by whom, in the order of the ledger."""
        return [(one.facts["what"], one.facts["id"], (one.texts or {})["by"]) for one in self.entries(Kind.READ)]

    def settings(self) -> Settings:
        return Settings(
            region=self.region,
            database_url=self.environment["TRANSFER_DATABASE_URL"],
            amqp_url=NO_BROKER,
            **shared().settings(self.region),
        )

    def take_in(self, body: bytes, *, source: str = LUXIAN, broken: bool = False) -> None:
        """As if the broker had delivered it; ``broken``: a fault of this node keeps it from being applied."""

        async def deliver() -> None:
            node = build(self.settings())
            delivery = Delivery(body=as_sent(body), exchange=f"out.{source}", user_id=source)
            await node.ready()
            context = node.context()
            one = open_delivery(delivery, context, node.wire)
            async with node.store.work() as work:
                if broken:
                    await set_aside(work, one, context, "a fault")
                else:
                    await receive(work, [one], context)
            await node.store.engine.dispose()

        asyncio.run(deliver())


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = Place(tmp_path)
    assert made.run("migrate").exit_code == 0
    return made


@contextmanager
def serving(place: Place, *words: str, **popen: Any) -> Iterator[subprocess.Popen[str]]:
    """``transfer serve`` as a process, which ends with the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", "transfer", "serve", *words],
        env={**os.environ, **place.environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        **popen,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def told(process: subprocess.Popen[str], start: str) -> str:
    """The first line that begins so, less its beginning."""
    assert process.stdout is not None
    line = next(line for line in process.stdout if line.startswith(start))
    return line.removeprefix(start).strip()


def open_case(api: Api) -> UUID:
    return UUID(api.post("/v1/cases", people.application(legal_day(clock.now()))).body["id"])


# migrate --------------------------------------------------------------------------------------------------------


def test_migrate_goes_up_and_down_and_shows_where_it_is(tmp_path: Path) -> None:
    place = Place(tmp_path)
    assert place.run("migrate", "--show").exit_code == CONFIGURATION
    up = place.json("migrate")
    assert up["before"] == "base"
    assert up["version"] == up["needed"] == up["versions"][-1]
    assert place.run("migrate", "--show").exit_code == 0
    assert place.json("migrate", "--to", "base")["version"] == "base"
    assert place.run("migrate", "--to", "9999").exit_code == USAGE


@pytest.mark.parametrize("words", [("status",), ("case", "list"), ("quarantine", "list"), ("serve",)], ids=" ".join)
def test_a_database_that_is_not_migrated_is_refused_with_the_cure(tmp_path: Path, words: tuple[str, ...]) -> None:
    ended = Place(tmp_path).run(*words)
    assert ended.exit_code == CONFIGURATION
    assert "transfer migrate" in ended.stderr


def test_a_database_that_cannot_be_opened_is_unavailable(tmp_path: Path) -> None:
    ended = Place(tmp_path).run("status", TRANSFER_DATABASE_URL="sqlite:////nowhere/at/all.db")
    assert ended.exit_code == UNAVAILABLE
    assert "config check" in ended.stderr


def test_settings_come_from_a_file_and_the_environment_goes_first(tmp_path: Path) -> None:
    place = Place(tmp_path)
    file = tmp_path / "node.env"
    file.write_text("".join(f"{name}={value}\n" for name, value in place.environment.items()))
    bare = dict.fromkeys(place.environment)
    ended = CliRunner().invoke(main, ["migrate", "--env-file", str(file)], env=bare)
    assert ended.exit_code == 0, ended.output
    ended = CliRunner().invoke(main, ["status", "--env-file", str(file)], env={**bare, "TRANSFER_REGION": "110000"})
    assert ended.exit_code == CONFIGURATION
    assert "110000" in ended.stderr


def test_a_missing_setting_is_named(tmp_path: Path) -> None:
    del tmp_path
    ended = CliRunner().invoke(main, ["status"], env=dict.fromkeys(Place(Path()).environment))
    assert ended.exit_code == CONFIGURATION
    assert "TRANSFER_REGION" in ended.stderr
    assert "Traceback" not in ended.output


# config check ---------------------------------------------------------------------------------------------------


def test_config_check_names_each_fault_and_its_cure(place: Place) -> None:
    ended = place.run("config", "check", "--json", TRANSFER_POTR="1")
    assert ended.exit_code == FAULT
    found = {check["name"]: check for check in json.loads(ended.stdout)["checks"]}
    verdicts = {name: check["verdict"] for name, check in found.items()}
    assert verdicts == {
        "settings": "ok",
        "spelling": "fault",
        "directory": "ok",
        "keys": "ok",
        "database": "ok",
        "broker": "fault",
        "queues": "skipped",
    }
    assert "TRANSFER_POTR" in found["spelling"]["found"]
    assert all(check["cure"] for check in found.values() if check["verdict"] == "fault")
    assert "secret-word" not in ended.output


def test_config_check_tries_the_place_for_files_and_says_what_is_wrong(place: Place, pki: Pki) -> None:
    shared().file_key(place.region)
    folder = place.folder / "files"
    site = {"FILES_PORT": "0", "FILES_CERT": str(pki.server.cert), "FILES_KEY": str(pki.server.key)}
    well = {f"TRANSFER_{name}": value for name, value in {"FILES": str(folder), **site}.items()}

    def checked(**changes: str) -> dict[str, Any]:
        ended = place.run("config", "check", "--json", **(well | changes))
        return {one["name"]: one for one in json.loads(ended.stdout)["checks"] if one["name"].startswith("files")}

    assert {name: one["verdict"] for name, one in checked().items()} == dict.fromkeys(
        ("files", "files key", "files site"), "ok"
    )
    assert [one for one in folder.rglob("*") if one.is_file()] == []
    (place.folder / "taken").touch()
    keyless = place.folder / "keys"
    keyless.mkdir(mode=0o700)
    wrong = {"FILES": str(place.folder / "taken"), "KEYS": str(keyless), "FILES_KEY": str(pki.server.cert)}
    found = checked(**{f"TRANSFER_{name}": value for name, value in wrong.items()})
    assert {one["verdict"] for one in found.values()} == {"fault"}
    assert all(one["cure"] for one in found.values())


def test_config_check_finds_a_wrong_directory_and_an_empty_database(tmp_path: Path) -> None:
    ended = Place(tmp_path, region="110000").run("config", "check")
    assert ended.exit_code == FAULT
    assert "does not list region 110000" in ended.stdout
    assert "`transfer migrate`" in ended.stdout


# reading --------------------------------------------------------------------------------------------------------


def test_an_empty_node_shows_that_it_is_empty(place: Place) -> None:
    assert place.json("status")["outbox"]["waiting"] == 0
    assert place.json("case", "list") == []
    assert place.json("quarantine", "list") == []
    assert place.run("case", "show", str(uuid4())).exit_code == FAULT
    assert place.run("trace", str(uuid4())).exit_code == FAULT
    assert place.run("quarantine", "replay", "--all").exit_code == 0


def test_a_case_is_shown_as_the_api_shows_it_and_traced_beside_it(place: Place) -> None:
    with serving(place) as process:
        api = Api(told(process, "listening on "))
        case = open_case(api)
        shown = place.json("case", "show", str(case))
        assert shown == api.get(f"/v1/cases/{case}").body
        assert [line["id"] for line in place.json("case", "list", "--held", "--find", "李志")] == [str(case)]
        assert place.json("case", "list", "--followed") == []
        assert place.json("group", "report", str(case)) == api.get(f"/v1/cases/{case}/group").body
        beside = place.json("trace", str(case), "--with", api.url)
        assert beside["agree"] is True
        assert beside["here"] == beside["there"]
        for words in (
            ("case", "list"),
            ("group", "report", str(case)),
            ("case", "show", str(case)),
            ("status",),
            ("trace", str(case)),
        ):
            ended = place.run(*words)
            assert ended.exit_code == 0, ended.output
        assert "李志远" in place.run("case", "list").stdout


def test_competence_is_shown_as_the_api_shows_it_with_the_source_of_each_ground(place: Place) -> None:
    with serving(place) as process:
        api = Api(told(process, "listening on "))
        case = open_case(api)
        assert place.json("case", "competence", str(case)) == api.get(f"/v1/cases/{case}/competence").body
    shown = place.run("case", "competence", str(case)).stdout
    for part in ("510521", "事由发生地", "中华人民共和国法律援助法第三十八条", "用人单位所在地", f"accepts: {LUXIAN}"):
        assert part in shown
    assert place.run("case", "competence", str(uuid4())).exit_code == FAULT


def test_evidence_requests_are_listed_and_shown_with_the_chain_of_each_piece(place: Place) -> None:
    place.take_in(example_body("legalaid.evidence.requested.v1", FULL))
    [line] = place.json("evidence", "list", "--side", "requested", "--open")
    assert (line["peer"], line["state"], line["lawyer"]) == (LUXIAN, "requested", "周律师")
    assert place.json("evidence", "list", "--closed") == []
    assert place.json("evidence", "list", "--due-before", "2026-01-01") == []
    path = f"/v1/cases/{line['case']}/requests/{line['id']}"
    who = {"by": "陈静", "institution": ZHONGSHAN}
    with serving(place) as process:
        api = Api(told(process, "listening on "))
        api.post(f"{path}/sign-for", who, etag="*")
        api.post(f"{path}/undertake", who | {"collector": "陈静"}, etag="*")
        answers = deepcopy(EXAMPLES["legalaid.evidence.supplied.v1"][FULL]["data"]["answers"])
        for answer in answers:
            for piece in answer.get("pieces", ()):
                del piece["file"]  # this node keeps none; paper goes by post
        api.post(f"{path}/record", who | {"answers": answers}, etag="*")
        api.post(f"{path}/supply", who | {"by": "梁主任"}, etag="*")
    said = place.run("evidence", "show", line["case"]).stdout
    for part in (
        "泸县援协字〔2026〕第3号",
        "partly 部分取得",
        "not_before",
        "COLLECTED 收集",
        "复制",
        "SENT 发出",
        "梁主任",
    ):
        assert part in said, said
    [shown] = place.json("evidence", "show", line["case"])
    assert [hop["act"] for hop in shown["answers"][0]["pieces"][0]["custody"]] == ["COLLECTED", "SENT", "SENT"]
    assert "周律师" in place.run("evidence", "list").stdout


def test_a_case_without_requests_says_so(place: Place) -> None:
    place.take_in(a_body(an_offer(), source=LUXIAN, recipient=ZHONGSHAN, sequence=1))
    case = place.json("case", "list")[0]["id"]
    ended = place.run("evidence", "show", case)
    assert (ended.exit_code, "no evidence was asked" in ended.output) == (FAULT, True)


def test_what_was_entered_with_a_stage_is_shown_with_its_remedy(place: Place) -> None:
    with serving(place) as process:
        api = Api(told(process, "listening on "))
        case = open_case(api)
        today = legal_day(clock.now()).isoformat()
        reasons = {"reason": "NOT_IN_HARDSHIP", "explanation": "收入高于标准。"}
        for by, stage, more in (
            ("王芳", "under_review", {}),
            ("王主任", "refused", {"basis": "LAL_43_1", "part": {"kind": "decision", "refusals": [reasons]}}),
        ):
            said = {"by": by, "institution": ZHONGSHAN, "stage": stage, "occurred_on": today, **more}
            api.post(f"/v1/cases/{case}/stages", said, etag="*")
        recusal = {"person": "刘敏", "reason": "INTEREST", "since": today}
        api.post(f"/v1/cases/{case}/recusals", {"by": "王芳", "institution": ZHONGSHAN, **recusal}, etag="*")
    shown = place.run("case", "show", str(case)).stdout
    for wanted in ("entered here", "refused", "王主任", "decision", "司法行政部门", "recusals", "刘敏"):
        assert wanted in shown, wanted


def test_regions_that_do_not_agree_are_told_apart(place: Place, tmp_path: Path) -> None:
    with serving(place) as process:
        api = Api(told(process, "listening on "))
        case = open_case(api)
        copy = Place(tmp_path / "copy")
        copy.folder.mkdir()
        with sqlite3.connect(tmp_path / f"{ZHONGSHAN}.db") as original:
            original.execute(f"VACUUM INTO '{copy.folder}/{ZHONGSHAN}.db'")
        stage = {"by": "王芳", "institution": ZHONGSHAN, "stage": "under_review"}
        stage["occurred_on"] = legal_day(clock.now()).isoformat()
        api.post(f"/v1/cases/{case}/stages", stage, etag="*")
        ended = copy.run("trace", str(case), "--with", api.url)
        assert ended.exit_code == FAULT
        assert "differ in: stage" in ended.stdout


def test_a_node_that_does_not_answer_is_unreachable(place: Place) -> None:
    with serving(place) as process:
        case = open_case(Api(told(process, "listening on ")))
    ended = place.run("trace", str(case), "--with", "http://127.0.0.1:1")
    assert ended.exit_code == UNAVAILABLE
    assert "transfer serve" in ended.stderr
    assert place.run("trace", str(case), "--with", "127.0.0.1").exit_code == USAGE


def test_each_command_that_shows_personal_data_is_noted_with_its_user_before_it_answers(place: Place) -> None:
    place.take_in(a_body(an_offer(), source=LUXIAN, recipient=ZHONGSHAN, sequence=1))
    place.take_in(b"no message at all")
    case, entry = place.json("case", "list")[0]["id"], place.json("quarantine", "list")[0]["id"]
    shown = {
        ("case", "show", case): ("case", case),
        ("case", "competence", case): ("competence", case),
        ("case", "list"): ("cases", None),
        ("clock", "explain", case): ("clocks", case),
        ("eligibility", "show", case): ("eligibility", case),
        ("evidence", "list"): ("requests", None),
        ("evidence", "show", case): ("case", case),
        ("trace", case): ("history", case),
        ("quarantine", "list"): ("quarantine", None),
        ("quarantine", "show", entry): ("quarantine", entry),
    }
    before = len(place.readings())
    for words in shown:
        place.run(*words)
    assert place.readings()[before:] == [(what, about, "os:a-clerk") for what, about in shown.values()]
    place.run("group", "report", case)
    assert len(place.readings()) == before + len(shown)


# quarantine -----------------------------------------------------------------------------------------------------


def test_what_was_refused_is_shown_and_stays_when_it_is_refused_again(place: Place) -> None:
    place.take_in(b"no message at all")
    [entry] = place.json("quarantine", "list")
    assert entry["refusal"]["code"] == "UNREADABLE"
    assert "body" not in place.json("quarantine", "show", entry["id"])
    assert place.json("quarantine", "show", entry["id"], "--body")["body"] == "no message at all"
    ended = place.run("quarantine", "replay", entry["id"])
    assert ended.exit_code == FAULT
    assert "refused: UNREADABLE" in ended.stdout
    assert len(place.json("quarantine", "list")) == 1


def test_what_failed_by_a_fault_of_the_node_is_applied_by_a_replay(tmp_path: Path) -> None:
    offer = an_offer()
    place = Place(tmp_path, region=offer.receiver[:6])
    place.run("migrate")
    source = offer.sender[:6]
    body = a_body(offer, source=source, recipient=place.region)
    place.take_in(body, source=source, broken=True)
    [done] = place.json("quarantine", "replay", "--all")
    assert done["verdict"] == "applied"
    assert place.json("quarantine", "list") == []
    assert len(place.json("quarantine", "list", "--all")) == 1
    assert [line["id"] for line in place.json("case", "list")] == [str(offer.case)]


def test_a_message_is_put_away_and_the_ledger_says_who_did_what(place: Place) -> None:
    place.take_in(b"no message at all")
    [entry] = place.json("quarantine", "list")
    place.run("quarantine", "replay", entry["id"])
    ended = place.run("quarantine", "dismiss", entry["id"], "--reason", "NO_MESSAGE", "--remark", "扫描程序")
    assert (ended.exit_code, ended.stdout) == (0, f"{entry['id']} put away: It is no message; there is nothing to do\n")
    assert place.json("quarantine", "list") == []
    assert place.json("quarantine", "list", "--all")[0]["dismissal"] == "NO_MESSAGE"
    assert place.run("quarantine", "dismiss", entry["id"], "--reason", "FORGED").exit_code == FAULT
    assert place.run("quarantine", "dismiss", entry["id"], "--reason", "WHIM").exit_code == USAGE
    told = [(one.facts["verdict"], one.texts) for one in place.entries(Kind.REPLAYED)]
    assert told == [("refused", {"by": "os:a-clerk"}), ("dismissed", {"by": "os:a-clerk", "remark": "扫描程序"})]


def test_replay_needs_to_know_which(place: Place) -> None:
    assert place.run("quarantine", "replay").exit_code == USAGE
    assert place.run("quarantine", "replay", str(uuid4())).exit_code == FAULT
    assert place.run("quarantine", "show", str(uuid4())).exit_code == FAULT


# serve ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
def test_serve_says_where_it_listens_and_stops_in_order(place: Place, number: signal.Signals) -> None:
    with serving(place) as process:
        api = Api(told(process, "listening on "))
        assert "may do everything" in told(process, "sign-in is off")
        open_case(api)
        asked = time.monotonic()
        process.send_signal(number)
        assert process.wait(15) == 0
        assert time.monotonic() - asked < 10


def test_serve_migrates_first_when_asked(tmp_path: Path) -> None:
    with serving(Place(tmp_path), "--migrate") as process:
        assert Api(told(process, "listening on ")).get("/healthz").body == {"alive": True}


def test_serve_ends_when_whoever_holds_its_input_dies(place: Place) -> None:
    with serving(place, "--until-stdin-closes", stdin=subprocess.PIPE) as process:
        told(process, "listening on ")
        assert process.stdin is not None
        process.stdin.close()
        process.stdin = None
        assert process.wait(15) == 0


def test_several_processes_share_one_database_by_roles(place: Place) -> None:
    with serving(place, "--roles", "api") as one, serving(place, "--roles", "relay,inbound") as other:
        assert told(one, f"node {ZHONGSHAN} runs: ") == "api"
        assert told(other, f"node {ZHONGSHAN} runs: ") == "inbound, relay"
        open_case(Api(told(one, "listening on ")))
        other.send_signal(signal.SIGTERM)
        assert other.wait(15) == 0
    assert len(place.json("case", "list")) == 1


def test_a_taken_port_and_an_unknown_role_are_named(place: Place) -> None:
    with serving(place) as process:
        port = told(process, "listening on ").rpartition(":")[2]
        ended = place.run("serve", "--port", port)
    assert ended.exit_code == CONFIGURATION
    assert f"('127.0.0.1', {port})" in ended.stderr
    assert "TRANSFER_PORT" in ended.stderr
    ended = place.run("serve", "--roles", "api,cook")
    assert ended.exit_code == CONFIGURATION
    assert "TRANSFER_ROLES" in ended.stderr
