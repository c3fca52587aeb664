"""The topology as data: names, rights, passwords, and what a queue promises."""

import json
from pathlib import Path

import pytest

from transfer.broker.topology import (
    DIRECTORY,
    Topology,
    TopologyInvalid,
    all_pairs,
    definitions,
    password_hash,
    topology_of,
    vhost_definitions,
)
from transfer.crypto.directory import Draft, Institution, Region
from transfer.crypto.keys import SuiteName

LUXIAN, ZHONGSHAN, SICHUAN = "510521", "442000", "510000"
ONE_WAY = Topology(regions=(LUXIAN, ZHONGSHAN), allowed=frozenset({(LUXIAN, ZHONGSHAN)}), inbox_limit=7)


def test_the_password_hash_is_the_one_of_the_manual() -> None:
    # The worked example of RabbitMQ's page on passwords.
    assert password_hash("test12", bytes.fromhex("908DC60A")) == "kI3GCqW5JLMJa4iX1lo7X4D6XbYqlLgxIs30+P6tENUV2POR"


def test_the_same_salts_give_the_same_definitions() -> None:
    def render() -> str:
        return json.dumps(
            definitions(
                ONE_WAY, vhost="exchange", passwords={LUXIAN: "secret"}, salt=lambda region: region[:4].encode()
            )
        )

    assert render() == render()
    assert "secret" not in render()


def test_salts_differ_when_none_are_given() -> None:
    users = definitions(ONE_WAY, vhost="exchange", passwords={LUXIAN: "same", ZHONGSHAN: "same"})["users"]
    assert users[0]["password_hash"] != users[1]["password_hash"]


def test_a_region_without_a_password_can_only_show_a_certificate() -> None:
    users = definitions(ONE_WAY, vhost="exchange", passwords={LUXIAN: "secret"})["users"]
    found = {user["name"]: user["password_hash"] == "" for user in users}
    assert found == {LUXIAN: False, ZHONGSHAN: True, DIRECTORY: True}


def test_a_region_has_limits_that_leave_room_for_all_its_processes() -> None:
    users = definitions(ONE_WAY, vhost="exchange")["users"]
    assert [user["limits"] for user in users] == [{"max-connections": 32, "max-channels": 128}] * 3


def test_a_region_configures_nothing_writes_one_exchange_and_reads_its_own_queues() -> None:
    assert definitions(ONE_WAY, vhost="exchange")["permissions"][0] == {
        "vhost": "exchange",
        "user": LUXIAN,
        "configure": "^$",
        "write": r"^out\.510521$",
        "read": r"^(inbox|dead)\.510521$",
    }


def test_only_an_allowed_pair_is_bound() -> None:
    bound = [
        (binding["source"], binding["destination"], binding["routing_key"])
        for binding in vhost_definitions(ONE_WAY)["bindings"]
        if str(binding["source"]).startswith("out.")
    ]
    assert bound == [("out.510521", "inbox.442000", ZHONGSHAN)]


def test_an_inbox_refuses_when_full_and_lets_nothing_fall() -> None:
    queues = {queue["name"]: queue["arguments"] for queue in vhost_definitions(ONE_WAY)["queues"]}
    assert queues["inbox.510521"] == {
        "x-queue-type": "quorum",
        "x-single-active-consumer": True,
        "x-delivery-limit": 10,
        "x-max-length": 7,
        "x-overflow": "reject-publish",
        "x-dead-letter-exchange": "dlx",
        "x-dead-letter-routing-key": LUXIAN,
        "x-dead-letter-strategy": "at-least-once",
    }
    assert set(queues) == {f"{kind}.{region}" for kind in ("inbox", "dead") for region in ONE_WAY.regions}


def test_the_definitions_of_a_vhost_name_no_vhost_and_no_user() -> None:
    rendered = vhost_definitions(ONE_WAY)
    assert set(rendered) == {"exchanges", "queues", "bindings"}
    assert all("vhost" not in entry for entries in rendered.values() for entry in entries)
    assert definitions(ONE_WAY, vhost="exchange")["queues"] == [
        {"vhost": "exchange", **queue} for queue in rendered["queues"]
    ]


def test_all_pairs_are_all_pairs() -> None:
    assert len(all_pairs((LUXIAN, ZHONGSHAN, SICHUAN))) == 9


def test_a_directory_has_a_topology() -> None:
    directory = Draft(
        regions=tuple(
            Region(
                code=code,
                name_zh=code,
                name_en=code,
                institutions=(Institution(code=code, name_zh=code, name_en=code),),
                suites=(SuiteName.JOSE,),
            )
            for code in (LUXIAN, ZHONGSHAN)
        )
    )
    topology = topology_of(directory)
    assert topology.regions == (LUXIAN, ZHONGSHAN)
    assert (ZHONGSHAN, LUXIAN) in topology.allowed


def test_a_pair_with_a_stranger_is_no_topology() -> None:
    with pytest.raises(TopologyInvalid, match=ZHONGSHAN):
        Topology(regions=(LUXIAN,), allowed=frozenset({(LUXIAN, ZHONGSHAN)}))


def test_a_password_for_a_stranger_is_refused() -> None:
    with pytest.raises(TopologyInvalid, match=SICHUAN):
        definitions(ONE_WAY, vhost="exchange", passwords={SICHUAN: "secret"})


def test_the_broker_room_alone_imports_the_broker_library() -> None:
    room = Path(__file__).parents[2] / "transfer"
    users = {
        path.relative_to(room).parts[0]
        for path in room.rglob("*.py")
        if any(
            line.startswith(("import aio_pika", "from aio_pika", "from aiormq"))
            for line in path.read_text().splitlines()
        )
    }
    assert users == {"broker"}
