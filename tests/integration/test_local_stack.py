"""The local stack's private RabbitMQ node: its life, its faults and what it leaves behind."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from deploy.local.broker import Broker
from deploy.local.errors import (
    FolderInUse,
    ManagementRefused,
    NotAvailable,
    NotInstalled,
    NotOurs,
    NotRunning,
    UnusableUrl,
)
from deploy.local.external import ExternalBroker, broker_for
from deploy.local.handshake import answers
from deploy.local.ports import LOOPBACK, is_free
from deploy.local.waiting import wait_until

pytestmark = pytest.mark.broker

CHECKOUT = Path(__file__).parents[2]
CALLER = """
import time
from deploy.local.broker import Broker
broker = Broker()
broker.start()
print(broker.data, flush=True)
time.sleep(600)
"""


@pytest.fixture(scope="module")
def broker() -> Iterator[Broker]:
    """A node that stays healthy."""
    yield from opened(Broker())


@pytest.fixture(scope="module")
def ill_treated() -> Iterator[Broker]:
    yield from opened(Broker())


@pytest.fixture
def chaos(ill_treated: Broker) -> Broker:
    """A node to do harm to, running whatever the test before did to it."""
    if not ill_treated.running:
        ill_treated.start()
    return ill_treated


def opened(node: Broker) -> Iterator[Broker]:
    try:
        node.start()
    except (NotInstalled, NotAvailable) as missing:
        node.close()
        pytest.skip(str(missing))
    try:
        yield node
    finally:
        node.close()


def serves(node: Broker, *, timeout: float = 5.0) -> bool:
    return answers(LOOPBACK, node.ports.amqp, node.username, node.password, timeout=timeout)


def family(process: int) -> list[psutil.Process]:
    return psutil.Process(process).children(recursive=True)


def processes(node: Broker) -> list[psutil.Process]:
    """The node, its epmd, what they started, and the supervisor that holds them."""
    assert node._crew is not None
    supervisor = psutil.Process(node._crew._process.pid)
    return [supervisor, *supervisor.children(recursive=True)]


def all_ports(node: Broker) -> set[int]:
    return {node.ports.amqp, node.ports.management, node.ports.distribution, node.ports.epmd}


def a_queue(name: str) -> dict[str, object]:
    return {"queues": [{"name": name, "durable": True, "auto_delete": False, "arguments": {}}]}


def queues(node: Broker) -> set[str]:
    return {queue["name"] for queue in node.manage("GET", "queues")}


def test_a_node_lets_its_administrator_in_and_nobody_else(broker: Broker) -> None:
    assert serves(broker)
    assert not answers(LOOPBACK, broker.ports.amqp, "guest", "guest")
    assert broker.amqp_url == f"amqp://admin:{broker.password}@127.0.0.1:{broker.ports.amqp}/"
    assert broker.version[0] in "34"


def test_two_nodes_run_beside_each_other_and_listen_on_the_loopback_address_only(broker: Broker, chaos: Broker) -> None:
    assert serves(broker)
    assert serves(chaos)
    ports = all_ports(broker) | all_ports(chaos)
    assert len(ports) == 8
    listening = {
        connection.laddr
        for process in processes(broker) + processes(chaos)
        for connection in process.net_connections()
        if connection.status == psutil.CONN_LISTEN
    }
    assert {address.port for address in listening} == ports
    assert {address.ip for address in listening} <= {LOOPBACK, "::1"}


def test_definitions_are_loaded_into_one_vhost_and_a_queue_is_deleted(broker: Broker) -> None:
    url = broker.add_vhost("region a/b")
    assert url.endswith("/region%20a%2Fb")
    broker.load_definitions(a_queue("offers"), vhost="region a/b")
    assert queues(broker) == {"offers"}
    broker.delete_queue("region a/b", "offers")
    broker.delete_queue("region a/b", "offers")
    assert queues(broker) == set()
    broker.delete_vhost("region a/b")
    broker.delete_vhost("region a/b")
    assert [vhost["name"] for vhost in broker.manage("GET", "vhosts")] == ["/"]


def test_the_memory_alarm_goes_on_and_off(broker: Broker) -> None:
    broker.set_memory_alarm(True)
    with pytest.raises(ManagementRefused, match="503"):
        broker.manage("GET", "health/checks/local-alarms")
    broker.set_memory_alarm(False)
    assert broker.manage("GET", "health/checks/local-alarms") == {"status": "ok"}


def test_a_data_folder_belongs_to_one_node_at_a_time(broker: Broker) -> None:
    with pytest.raises(FolderInUse, match=str(broker.data)):
        Broker(broker.data).start()


def test_a_broker_named_by_the_environment_is_managed_and_not_touched(broker: Broker) -> None:
    named = {"AMQP_URL": broker.amqp_url, "RABBITMQ_MANAGEMENT_URL": broker.management_url}
    with broker_for(named) as external:
        assert isinstance(external, ExternalBroker)
        assert (external.amqp_url, external.version) == (broker.amqp_url, broker.version)
        external.add_vhost("theirs")
        external.delete_vhost("theirs")
        with pytest.raises(NotOurs, match="kill"):
            external.kill()
    assert serves(broker)


def test_a_named_broker_that_does_not_let_us_in_is_not_available(broker: Broker) -> None:
    address = f"amqp://admin:wrong@127.0.0.1:{broker.ports.amqp}/"
    with pytest.raises(NotAvailable, match="AMQP_URL"):
        ExternalBroker(address, broker.management_url).start()
    with pytest.raises(NotAvailable, match="not 2"):
        ExternalBroker(broker.amqp_url, broker.management_url, major=2).start()
    with pytest.raises(UnusableUrl):
        ExternalBroker("rabbit.example")


def test_a_frozen_node_keeps_its_port_and_answers_after_the_thaw(chaos: Broker) -> None:
    chaos.freeze()
    assert not is_free(chaos.ports.amqp)
    assert not serves(chaos, timeout=0.5)
    chaos.thaw()
    wait_until(lambda: serves(chaos), seconds=60, what="the thawed node answers")


def test_a_killed_node_comes_back_on_its_ports_with_its_queues(chaos: Broker) -> None:
    ports, address = chaos.ports, chaos.amqp_url
    chaos.load_definitions(a_queue("kept"), vhost="/")
    chaos.kill()
    assert not chaos.running
    assert is_free(ports.amqp)
    with pytest.raises(NotRunning):
        chaos.freeze()
    chaos.start()
    assert (chaos.ports, chaos.amqp_url) == (ports, address)
    assert "kept" in queues(chaos)


def test_a_stopped_node_leaves_no_process_and_a_wiped_one_knows_only_its_administrator(chaos: Broker) -> None:
    chaos.load_definitions(a_queue("forgotten"), vhost="/")
    ended = processes(chaos)
    assert {"epmd", "beam.smp"} <= {process.name() for process in ended}
    chaos.stop()
    assert not any(process.is_running() for process in ended)
    assert all(is_free(port) for port in all_ports(chaos))
    chaos.wipe()
    chaos.start()
    assert serves(chaos)
    assert queues(chaos) == set()


def test_what_the_node_leaves_behind_while_it_runs_is_buried(broker: Broker) -> None:
    supervisor, *_ = processes(broker)
    # As RabbitMQ does every minute when it looks for its epmd: a program whose parent ends before it.
    broker.control("eval", 'os:cmd("sleep 0.2 >/dev/null 2>&1 & echo").')
    wait_until(
        lambda: {child.name() for child in supervisor.children()} == {"epmd", "beam.smp"},
        seconds=10,
        what="the supervisor has no children but its own",
    )


def test_a_caller_that_is_killed_leaves_no_process_and_no_data(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", CALLER],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        stdout=subprocess.PIPE,
        text=True,
    ) as caller:
        assert caller.stdout is not None
        data = Path(caller.stdout.readline().strip())
        servers = family(caller.pid)
        assert {"epmd", "beam.smp"} <= {process.name() for process in servers}
        caller.kill()
        caller.wait()
        _, alive = psutil.wait_procs(servers, timeout=20)
    assert alive == []
    assert not data.exists()


def test_version_4_runs_unpacked_and_stops_as_well() -> None:
    for node in opened(Broker(major=4)):
        assert node.version.startswith("4.")
        assert serves(node)
        ended = processes(node)
        node.kill()
        node.start()
        node.set_memory_alarm(True)
        data = node.data
        node.close()
        assert not any(process.is_running() for process in ended)
        assert not data.exists()
