"""Commands that ask a node which wants to know who asks: with the token of an account, or an answer that says how."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final
from uuid import UUID, uuid4

import pytest

from tests.builders import ZHONGSHAN
from tests.integration.test_cli_node import Place, open_case, serving, told
from transfer.cli.exits import FAULT, USAGE
from transfer.cli.remote import Api
from transfer.domain.rights import Right, Role

EVERYWHERE: Final = "0.0.0.0"  # noqa: S104 - as in a container


class Asked(Place):
    """A node with sign-in, and its accounts."""

    @property
    def environment(self) -> dict[str, str]:
        return {**super().environment, "TRANSFER_SIGN_IN": "required"}

    def account(self, login: str, role: str) -> None:
        ended = self.run("user", "add", login, "--name", login, "--institution", ZHONGSHAN, "--role", role, "--system")
        assert ended.exit_code == 0, ended.output

    def token(self, login: str, *scopes: str) -> Path:
        file = self.folder / f"{login} {' '.join(scopes)}"
        chosen = [word for scope in scopes for word in ("--scope", scope)]
        ended = self.run("token", "add", login, "--name", "a test", *chosen, "--out", str(file))
        assert ended.exit_code == 0, ended.output
        assert file.stat().st_mode & 0o777 == 0o600
        return file


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Asked:
    made = Asked(tmp_path_factory.mktemp("tokens"))
    assert made.run("migrate").exit_code == 0
    for role in ("intake", "approver", "liaison"):
        made.account(role, role)
    return made


@pytest.fixture(scope="module")
def node(place: Asked) -> Iterator[str]:
    with serving(place) as process:
        yield told(process, "listening on ")


@pytest.fixture(scope="module")
def case(place: Asked, node: str) -> UUID:
    return open_case(Api(node, token=place.token("intake", "take-in", "read-cases").read_text().strip()))


def test_a_trace_is_held_against_that_of_a_node_that_asks_for_a_token(place: Asked, node: str, case: UUID) -> None:
    words = ("trace", str(case), "--with", node)
    token = place.token("liaison", "read-cases")
    assert place.json(*words, "--token-file", str(token))["agree"] is True
    assert place.run(*words, TRANSFER_TOKEN_FILE=str(token)).exit_code == 0


def test_without_a_token_the_answer_says_which_right_is_due_and_how_to_come_by_it(
    place: Asked, node: str, case: UUID
) -> None:
    who = ("--by", "王主任", "--institution", ZHONGSHAN, "--node", node)
    empty = place.folder / "empty.json"
    empty.write_text("{}")
    for right, words in {
        "read-cases": ("trace", str(case), "--with", node),
        "take-in": ("group", "open", str(empty), str(empty), "--node", node),
        "keep": ("erase", "hold", str(case), "--reason", "COMPLAINT", *who),
    }.items():
        ended = place.run(*words)
        assert ended.exit_code == FAULT
        assert ": 401 " in ended.stderr
        for said in (f"scope {right} by --token-file", f"`transfer token add LOGIN --name PURPOSE --scope {right} "):
            assert said in ended.stderr, ended.stderr


def test_a_token_that_leaves_the_right_out_is_told_from_one_of_nobody(place: Asked, node: str, case: UUID) -> None:
    nobodys = place.folder / "nobodys"
    nobodys.write_text("x" * 43)
    for file, said in (
        (place.token("liaison", "report"), ": 403 The scopes of your token leave out the right `read-cases`."),
        (nobodys, ": 401 Nobody has this token"),
    ):
        ended = place.run("trace", str(case), "--with", node, "--token-file", str(file))
        assert ended.exit_code == FAULT
        assert said in ended.stderr
        assert "--scope read-cases" in ended.stderr
        assert file.read_text().strip() not in ended.output


def test_a_hold_is_set_by_whoever_has_the_right_to_keep(place: Asked, node: str, case: UUID) -> None:
    words = ("erase", "hold", str(case), "--reason", "COMPLAINT", "--by", "王主任", "--institution", ZHONGSHAN)
    file = place.token("approver", "keep", "read-cases")
    ended = place.run(*words, "--node", node, "--token-file", str(file))
    assert ended.exit_code == 0, ended.output
    assert "on hold: COMPLAINT" in place.run("erase", "show", str(case)).stdout


def test_the_node_of_the_settings_is_asked_where_none_is_named(place: Asked, node: str, case: UUID) -> None:
    port = node.rpartition(":")[2]
    words = ("erase", "lift-hold", str(case), "--by", "王主任", "--institution", ZHONGSHAN)
    ended = place.run(*words, TRANSFER_PORT=port, TRANSFER_HOST=EVERYWHERE, TRANSFER_PUBLIC_URL="https://aid.example")
    assert (ended.exit_code, f"http://127.0.0.1:{port}/v1/" in ended.stderr) == (FAULT, True), ended.output


def test_what_is_wrong_with_an_account_or_a_token_is_said_with_what_to_do(place: Asked) -> None:
    new = ("user", "add", "chen", "--institution", ZHONGSHAN)
    for words, code, said in (
        ((*new, "--name", "intake", "--role", "intake"), FAULT, "has this login, or this name"),
        ((*new, "--name", "陈安", "--role", "auditor", "--role", "system-administrator"), USAGE, "hold no role that"),
        ((*new, "--name", "陈安", "--role", "cook"), USAGE, "security-administrator"),
        (("user", "reset", "intake"), USAGE, "comes with a token"),
        (("user", "unlock", "nobody"), FAULT, "No account has this name"),
        (("token", "add", "intake", "--name", "x", "--scope", "audit"), USAGE, "docs/rights.md"),
        (("token", "add", "intake", "--name", "", "--scope", "take-in"), USAGE, "name:"),
        (("token", "revoke", str(uuid4())), FAULT, "No token has this id"),
    ):
        ended = place.run(*words)
        assert (ended.exit_code, said in ended.stderr) == (code, True), (words, ended.output)


def test_a_token_that_cannot_be_written_is_not_made(place: Asked) -> None:
    before, there = place.json("token", "list"), place.folder / "there"
    there.write_text("before")
    for out in (there, place.folder / "nowhere" / "token"):
        ended = place.run("token", "add", "intake", "--name", "x", "--scope", "take-in", "--out", str(out))
        assert (ended.exit_code, str(out) in ended.stderr) == (USAGE, True), ended.output
    assert (
        place.run("token", "add", "nobody", "--name", "x", "--scope", "take-in", "--out", f"{there}2").exit_code
        == FAULT
    )
    assert not Path(f"{there}2").exists()
    assert (there.read_text(), place.json("token", "list")) == ("before", before)


def test_the_help_of_a_first_day_explains_every_role_and_right(place: Asked) -> None:
    for words, codes in ((("user", "add"), Role), (("user", "roles"), Role), (("token", "add"), Right)):
        said = place.run(*words, "--help").stdout
        for one in codes:
            assert f"  {one.value} " in said
            assert one.zh in said
