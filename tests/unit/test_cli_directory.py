"""``transfer directory``: from an empty folder to a signed list of two regions, and every change of it."""

import json
import shutil
from pathlib import Path
from typing import Any, Final

import pytest
from click.testing import CliRunner, Result
from pydantic import SecretStr

from tests.pki import Pki
from transfer.broker import announce as announcing
from transfer.broker.topology import DIRECTORY
from transfer.cli.exits import CONFIGURATION, FAULT, UNAVAILABLE, USAGE
from transfer.cli.main import main
from transfer.crypto.operator import OperatorKey

SECRET: Final = "correct horse battery staple"
OTHERS: Final = "a passphrase of somebody else"
ZHONGSHAN: Final = "442000"
LUXIAN: Final = "510521"
NAMES: Final = {ZHONGSHAN: ("中山市", "Zhongshan"), LUXIAN: ("泸县", "Luxian")}


class Office:
    """The folder of the operator, and what regions hand in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.draft = folder / "draft.json"
        self.key = folder / "operator.json"
        self.note = folder / "directory.note"
        self.verifier = ""
        self.said = ""

    def run(self, *words: str | Path, secret: str = SECRET) -> Result:
        environment = {"TRANSFER_PASSPHRASE": secret, "TRANSFER_DIRECTORY_KEYS": self.verifier or None}
        ended = CliRunner(env=environment).invoke(main, ["directory", *map(str, words)])
        self.said += ended.output
        return ended

    def does(self, *words: str | Path) -> str:
        ended = self.run(*words)
        assert ended.exit_code == 0, ended.output
        return ended.stdout

    def begin(self) -> None:
        self.verifier = self.does("init", self.draft, "--key", self.key, "--name", "test.example/directory").strip()

    def add(self, region: str, *more: str | Path) -> str:
        zh, en = NAMES[region]
        names = ("--name-zh", zh, "--name-en", en, "--institution", f"{region}/{zh}/{en}")
        return self.does("add-region", self.draft, region, *names, "--keys", self.keys(region), *more)

    def keys(self, region: str) -> Path:
        """What the region's own tool exports."""
        folder, exported = self.folder / region, self.folder / f"{region}.keys.json"
        runner = CliRunner(env={"TRANSFER_PASSPHRASE": f"the passphrase of {region}", "TRANSFER_KEYS": str(folder)})
        if not folder.exists():
            made = runner.invoke(main, ["keys", "new", "--region", region])
            assert made.exit_code == 0, made.output
        exported.write_text(runner.invoke(main, ["keys", "list", "--json"]).stdout)
        return exported

    def sign(self, *more: str | Path) -> str:
        return self.does("sign", self.draft, "--key", self.key, "--out", self.note, *more)

    def listed(self) -> Any:
        return json.loads(self.does("verify", self.note, "--json"))

    def region(self, code: str) -> Any:
        return next(one for one in json.loads(self.draft.read_text())["regions"] if one["code"] == code)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """Made once, since deriving keys from passphrases takes a second in all."""
    made = Office(tmp_path_factory.mktemp("office"))
    made.begin()
    made.add(ZHONGSHAN)
    made.add(LUXIAN, "--workstation", "510521-ZS/泸县驻中山工作站/Luxian Workstation")
    return made


@pytest.fixture
def office(template: Office, tmp_path: Path) -> Office:
    """With a key and a draft of two regions."""
    copy = Office(tmp_path / "office")
    shutil.copytree(template.folder, copy.folder)
    copy.verifier, copy.said = template.verifier, template.said
    return copy


def test_from_an_empty_folder_to_a_signed_directory_of_two_regions(office: Office) -> None:
    agreed = (office.draft, ZHONGSHAN, LUXIAN, "--days", "7", "--mutual", "--since", "2026-03-01")
    assert office.does("agree", *agreed) == "442000 and 510521: noted\n"
    assert office.sign().startswith("version 1, 2 regions, until ")
    listed = office.listed()
    assert [one["code"] for one in listed["regions"]] == [ZHONGSHAN, LUXIAN]
    for one in listed["regions"]:
        key = office.keys(one["code"]).read_text()
        assert one["keys"] == json.loads(key), "as the region handed them in"
        assert {key["use"] for key in one["keys"]} == {"sign", "seal"}
    station = listed["regions"][1]["institutions"][1]
    assert (station["code"], station["kind"], station["parent"]) == ("510521-ZS", "workstation", LUXIAN)
    [agreement] = listed["agreements"]
    assert (agreement["answer_working_days"], agreement["mutual_recognition"]) == (7, True)
    told = office.does("verify", office.note)
    assert told.startswith("version 1, issued ")
    assert all(key["kid"] in told for one in listed["regions"] for key in one["keys"])
    assert "442000 and 510521: 7 working days, since 2026-03-01" in told


def test_nothing_secret_is_printed_or_signed_and_the_key_is_for_its_owner_alone(office: Office) -> None:
    office.sign()
    office.listed()
    signer = OperatorKey.read(office.key).unlocked(SecretStr(SECRET))
    public = office.said + office.note.read_text() + office.draft.read_text()
    # The key itself may hold a plus sign too, so it is what stands after the fourth.
    for secret in (SECRET, signer.text, signer.text.split("+", 4)[4]):
        assert secret not in public + office.key.read_text()
    assert not any('"d"' in text for text in (public, office.key.read_text()))
    assert office.key.stat().st_mode & 0o077 == 0


def test_a_change_of_a_region_leaves_all_else_as_it_was(office: Office) -> None:
    before = json.loads(office.draft.read_text())
    assert office.does("add-region", office.draft, ZHONGSHAN, "--name-en", "Zhongshan City") == "442000: changed\n"
    after = json.loads(office.draft.read_text())
    expected = before["regions"][0] | {"name_en": "Zhongshan City"}
    assert after == before | {"regions": [expected, before["regions"][1]]}, "in its place"
    office.does("add-region", office.draft, ZHONGSHAN, "--suite", "sm", "--suite", "jose")
    office.does("add-region", office.draft, ZHONGSHAN, "--attachments", "https://zs.example/files")
    assert office.region(ZHONGSHAN)["suites"] == ["sm", "jose"]
    assert office.region(ZHONGSHAN)["attachments"] == "https://zs.example/files"


def test_maintenance_is_put_on_and_taken_off(office: Office) -> None:
    office.does("add-region", office.draft, LUXIAN, "--maintenance", "moves to another machine")
    office.sign()
    assert "takes no messages now: moves to another machine" in office.does("verify", office.note)
    office.does("add-region", office.draft, LUXIAN, "--maintenance", "")
    office.sign()
    assert "takes no messages" not in office.does("verify", office.note)


def test_a_region_that_leaves_keeps_its_ended_keys_and_loses_its_agreements(office: Office) -> None:
    for region in (ZHONGSHAN, LUXIAN):
        office.add(region)
    office.does("agree", office.draft, ZHONGSHAN, LUXIAN, "--since", "2026-03-01")
    before = json.loads(office.draft.read_text())
    for key in before["regions"][1]["keys"]:
        key["not_before"] = "2026-01-01T00:00:00Z"
    office.draft.write_text(json.dumps(before))
    assert office.run("leave", office.draft, "440000").exit_code == USAGE
    kids = [key["kid"] for one in json.loads(office.draft.read_text())["regions"][1:] for key in one["keys"]]
    assert "left at" in office.does("leave", office.draft, LUXIAN)
    made = json.loads(office.draft.read_text())
    assert ([one["code"] for one in made["regions"]], made["agreements"]) == ([ZHONGSHAN], [])
    [gone] = made["former"]
    assert [key["kid"] for key in gone["keys"]] == kids
    assert {key["not_after"] for key in gone["keys"]} == {gone["left_at"]}
    office.does("sign", office.draft, "--key", office.key, "--out", office.note)
    assert f"{LUXIAN}  泸县  Luxian  left" in office.does("verify", office.note)

    (office.folder / LUXIAN).rename(office.folder / "lost keys")
    assert office.add(LUXIAN) == f"{LUXIAN}: back\n"
    made = json.loads(office.draft.read_text())
    assert made["former"] == []
    [*fresh, old, older] = made["regions"][1]["keys"]
    assert ([old["kid"], older["kid"]], {old["not_after"], older["not_after"]}) == (kids, {gone["left_at"]})
    assert not {key["kid"] for key in fresh} & set(kids)
    office.does("sign", office.draft, "--key", office.key, "--out", office.note)
    assert "left" not in office.does("verify", office.note)


def test_what_every_region_must_read_is_required_and_who_does_not_is_named(office: Office) -> None:
    office.does("add-region", office.draft, ZHONGSHAN, "--reads", "2", "--reads", "1")
    assert office.region(ZHONGSHAN)["versions"] == [1, 2]
    behind = f"region {LUXIAN} understands version 1 of messages, the exchange asks for 2"
    assert office.does("require", office.draft, "2") == f"version 2: noted\n{behind}\n"
    office.sign()
    assert f"gets no messages: {behind}" in office.does("verify", office.note)
    assert office.listed()["least"] == 2
    office.does("add-region", office.draft, LUXIAN, "--reads", "1", "--reads", "2")
    office.sign()
    assert "gets no messages" not in office.does("verify", office.note)


def test_new_keys_of_a_region_take_the_place_of_those_listed(office: Office) -> None:
    kid = next(key["kid"] for key in office.region(LUXIAN)["keys"] if key["use"] == "sign")
    environment = {"TRANSFER_KEYS": str(office.folder / LUXIAN)}
    CliRunner(env=environment).invoke(main, ["keys", "revoke", kid, "--reason", "laptop stolen"])
    office.does("add-region", office.draft, LUXIAN, "--keys", office.keys(LUXIAN))
    [revoked] = [key for key in office.region(LUXIAN)["keys"] if key["kid"] == kid]
    assert "revoked_at" in revoked
    assert "laptop" not in office.draft.read_text(), "the reason is the region's own"
    office.sign()
    assert f"{kid}  jose  revoked " in office.does("verify", office.note)


def test_a_newer_agreement_takes_the_place_of_the_one_before(office: Office) -> None:
    office.does("agree", office.draft, ZHONGSHAN, LUXIAN, "--since", "2026-03-01")
    office.does("agree", office.draft, LUXIAN, ZHONGSHAN, "--since", "2026-05-01", "--until", "2026-12-31")
    [agreement] = json.loads(office.draft.read_text())["agreements"]
    assert agreement == {
        "between": [LUXIAN, ZHONGSHAN],
        "answer_working_days": 10,
        "mutual_recognition": False,
        "since": "2026-05-01",
        "until": "2026-12-31",
    }


def test_each_signing_raises_the_version(office: Office) -> None:
    assert [office.sign().partition(",")[0] for _ in range(3)] == ["version 1", "version 2", "version 3"]
    assert office.listed()["version"] == 3


def test_signing_does_not_go_on_from_what_another_has_signed(office: Office) -> None:
    office.sign()
    before, other = office.note.read_bytes(), office.folder / "other.json"
    office.does("init", office.draft, "--key", other, "--name", "test.example/directory")
    ended = office.run("sign", office.draft, "--key", other, "--out", office.note)
    assert ended.exit_code == CONFIGURATION
    assert f"{office.note}: NoteUnverified: No known key has signed the note." in ended.stderr
    assert office.note.read_bytes() == before


def test_init_keeps_a_draft_that_is_there_and_never_writes_over_a_key(office: Office) -> None:
    before, key = office.draft.read_text(), office.key.read_bytes()
    office.does("init", office.draft, "--key", office.folder / "second.json", "--name", "other.example/directory")
    assert office.draft.read_text() == before
    ended = office.run("init", office.draft, "--key", office.key, "--name", "test.example/directory")
    assert ended.exit_code == FAULT
    assert office.key.read_bytes() == key


def test_diff_shows_what_changes_and_says_by_its_exit_code_whether_anything_does(office: Office) -> None:
    office.sign()
    old = office.folder / "old.note"
    old.write_bytes(office.note.read_bytes())
    assert office.does("diff", old, office.note) == ""
    office.does("add-region", office.draft, LUXIAN, "--maintenance", "moves")
    office.sign()
    ended = office.run("diff", old, office.note)
    assert ended.exit_code == FAULT
    added = [line for line in ended.stdout.splitlines() if line.startswith("+ ")]
    assert '+      "maintenance": "moves"' in added
    old.write_text("nothing signed\n")
    assert office.run("diff", old, office.note).exit_code == CONFIGURATION


def test_verify_takes_several_keys_and_one_of_them_is_enough(office: Office) -> None:
    office.sign()
    other = office.does("init", office.draft, "--key", office.folder / "2.json", "--name", "other.example/d").strip()
    own, office.verifier = office.verifier, ""
    for trusted in (("--trust", f"{other},{own}"), ("--trust", f"{other}, {own}"), ("--trust", other, "--trust", own)):
        assert office.does("verify", office.note, *trusted).startswith("version 1")
    assert office.run("verify", office.note, "--trust", other).exit_code == CONFIGURATION
    assert office.run("verify", office.note).exit_code == USAGE


FAULTS: Final[dict[str, tuple[list[str], int, str]]] = {
    "no draft": (["add-region", "{absent}", "442000"], CONFIGURATION, "No such file"),
    "no folder": (["init", "{absent}/draft.json", "--key", "{new}", "--name", "x.example/d"], CONFIGURATION, "written"),
    "no name for a key": (["init", "{draft}", "--key", "{new}", "--name", "two words"], FAULT, "no spaces"),
    "no region code": (["add-region", "{draft}", "Zhongshan"], USAGE, "code"),
    "no names": (["add-region", "{draft}", "510000"], USAGE, "name_zh"),
    "half an institution": (["add-region", "{draft}", "442000", "--institution", "442000/中山"], USAGE, "a slash"),
    "an institution of another region": (
        ["add-region", "{draft}", "442000", "--institution", "510000/四川/Sichuan"],
        USAGE,
        "510000 does not belong to region 442000",
    ),
    "keys of another region": (["add-region", "{draft}", "442000", "--keys", "{keys}"], USAGE, "not of region 442000"),
    "no file of keys": (["add-region", "{draft}", "442000", "--keys", "{absent}"], USAGE, "No such file"),
    "no keys in it": (["add-region", "{draft}", "442000", "--keys", "{draft}"], USAGE, "draft.json"),
    "no suite": (["add-region", "{draft}", "442000", "--suite", "rot13"], USAGE, "rot13"),
    "files over plain HTTP": (["add-region", "{draft}", "442000", "--attachments", "http://a"], USAGE, "attachments"),
    "an agreement with a stranger": (
        ["agree", "{draft}", "442000", "440000", "--since", "2026-01-01"],
        USAGE,
        "listed",
    ),
    "no day": (["agree", "{draft}", "442000", "510521", "--since", "tomorrow"], USAGE, "since"),
    "no key": (["sign", "{draft}", "--key", "{absent}", "--out", "{new}"], CONFIGURATION, "No such file"),
    "another file for a key": (["sign", "{draft}", "--key", "{draft}", "--out", "{new}"], CONFIGURATION, "draft.json"),
    "nothing signed": (["verify", "{draft}"], CONFIGURATION, "NoteMalformed"),
    "nothing there": (["verify", "{absent}"], CONFIGURATION, "No such file"),
    "no verifier key": (["verify", "{draft}", "--trust", "rot13"], FAULT, "key"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_what_is_wrong_is_named_and_changes_nothing(office: Office, name: str) -> None:
    words, code, said = FAULTS[name]
    places = {"absent": office.folder / "absent", "draft": office.draft, "new": office.folder / "new.json"}
    filled = [word.format(**places, keys=office.keys(LUXIAN)) for word in words]
    before = office.draft.read_bytes()
    ended = office.run(*filled)
    assert ended.exit_code == code, ended.output
    assert said in ended.stderr
    assert office.draft.read_bytes() == before
    assert not places["new"].exists()


def test_signing_needs_the_passphrase_and_a_region(office: Office) -> None:
    ended = office.run("sign", office.draft, "--key", office.key, "--out", office.note, secret=OTHERS)
    assert ended.exit_code == CONFIGURATION
    assert "passphrase" in ended.stderr
    bare = office.folder / "bare.json"
    bare.write_text("{}")
    ended = office.run("sign", bare, "--key", office.key, "--out", office.note)
    assert ended.exit_code == USAGE
    assert "add-region" in ended.stderr
    assert not office.note.exists()


def test_publish_says_what_is_missing(office: Office, pki: Pki, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(announcing, "_SECONDS", 0.5)
    office.sign()
    url = ("--amqp-url", "amqps://directory@127.0.0.1:1/exchange")
    ended = office.run("publish", office.note, *url, "--tls", office.folder)
    assert ended.exit_code == CONFIGURATION
    assert f"{office.folder / 'ca.pem'}: No such file" in ended.stderr
    pki.region(DIRECTORY)
    ended = office.run("publish", office.note, *url, "--tls", pki.folder)
    assert ended.exit_code == UNAVAILABLE, ended.output
    assert "127.0.0.1:1: " in ended.stderr
    ended = office.run("publish", office.note, "--amqp-url", "amqps://442000@127.0.0.1:1/x", "--tls", pki.folder)
    assert ended.exit_code == USAGE
    assert "--amqp-url" in ended.stderr
    office.note.write_text("nothing signed\n")
    assert office.run("publish", office.note, *url, "--tls", pki.folder).exit_code == CONFIGURATION
