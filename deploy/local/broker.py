"""A private RabbitMQ node with its own epmd, for one test run or one demonstration."""

import secrets
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from pathlib import Path

from deploy.local.crew import Crew, Program
from deploy.local.errors import ControlRefused, ManagementRefused, NotRunning, StillRunning
from deploy.local.folders import DataFolder, open_folder
from deploy.local.handshake import answers, epmd_answers
from deploy.local.management import ManagedBroker
from deploy.local.node import MEMORY_LIMIT, NODE_NAME, Administrator, NodePorts, ServerTls, environment, write_files
from deploy.local.ports import LOOPBACK
from deploy.local.programs import RabbitMqPrograms
from deploy.local.rabbitmq4 import rabbitmq_programs
from deploy.local.server import Server
from deploy.local.waiting import wait_until

_EPMD = "epmd"
_SERVER = "/usr/lib/rabbitmq/bin/rabbitmq-server"
_CONTROL = "/usr/lib/rabbitmq/bin/rabbitmqctl"
_EPMD_SECONDS = 20.0
_START_SECONDS = 120.0
_CONTROL_SECONDS = 60.0


class Broker(Server, ManagedBroker):
    """A RabbitMQ node run by the current user on free ports of the loopback address, management included.

    Its life is that of Server; what it holds is managed as ManagedBroker says.
    """

    kind = "rabbitmq"
    port_count = 5

    def __init__(  # noqa: PLR0913 - one argument for each thing that may differ
        self,
        data: Path | None = None,
        *,
        major: int | None = None,
        keep: bool = False,
        settings: Mapping[str, str] | None = None,
        tls: ServerTls | None = None,
        name: str = NODE_NAME,
        beside: "Broker | None" = None,
    ) -> None:
        """Without `major` the installed version runs; 4 is unpacked when another is installed.

        With `tls` it also listens for clients with a certificate. Settings are added to rabbitmq.conf. A node
        `beside` another that runs or starts shares its epmd and its secret, so that settings can make them one cluster.
        Without `data` a fresh folder is made, and removed by close() unless `keep`.
        """
        super().__init__(data, keep=keep)
        self._major = major
        self._settings = dict(settings or {})
        self._tls = tls
        self._name = name
        self._beside = beside
        self._cookie: str = beside._cookie if beside else secrets.token_hex(16)  # noqa: SLF001 - of its own kind
        self._administrator: Administrator = (
            beside._administrator if beside else Administrator(username="admin", password=secrets.token_urlsafe(18))  # noqa: SLF001 - of its own kind
        )
        self._programs: RabbitMqPrograms | None = None
        self._version: str | None = None

    @property
    def username(self) -> str:
        return self._administrator.username

    @property
    def password(self) -> str:
        return self._administrator.password

    @property
    def amqp_url(self) -> str:
        return f"amqp://{self.username}:{self.password}@{LOOPBACK}:{self.ports.amqp}/"

    @property
    def amqps_url(self) -> str:
        """Where clients with a certificate call, without a user; of use when the node was given TLS files."""
        return f"amqps://{LOOPBACK}:{self.ports.amqps}/"

    @property
    def management_url(self) -> str:
        return f"http://{LOOPBACK}:{self.ports.management}"

    @property
    def version(self) -> str:
        if self._version is None:
            raise NotRunning(self.kind)
        return self._version

    @property
    def ports(self) -> NodePorts:
        """Known after the first start, and the same until close()."""
        if self._ports is None:
            raise NotRunning(self.kind)
        amqp, amqps, management, distribution, own = self._ports
        epmd = self._beside.ports.epmd if self._beside else own
        return NodePorts(amqp=amqp, amqps=amqps, management=management, distribution=distribution, epmd=epmd)

    def start(self) -> None:
        self._programs = rabbitmq_programs(self._major)
        beside = self._beside
        # It may be starting at this moment: each of a new cluster waits for the others.
        wait_until(
            lambda: beside is None or beside._ports is not None,  # noqa: SLF001 - of its own kind
            seconds=_EPMD_SECONDS,
            what="the ports of the node beside it are known",
        )
        super().start()

    def wipe(self) -> None:
        """Deletes all that the stopped node stored, users included; start() brings the administrator back."""
        if self.running:
            raise StillRunning(self.kind)
        shutil.rmtree(self.data / "mnesia", ignore_errors=True)

    def set_memory_alarm(self, on: bool) -> None:  # noqa: FBT001 - reads aloud: set_memory_alarm(True)
        """While the alarm is on, the broker blocks every connection that publishes; returns when it is so."""
        limit = ["0.00001"] if on else ["absolute", MEMORY_LIMIT]
        self.control("set_vm_memory_high_watermark", *limit)
        wait_until(
            lambda: self._has_alarm() == on,
            seconds=20,
            what=f"the memory alarm goes {'on' if on else 'off'}",
        )

    def control(self, *words: str) -> str:
        """Runs rabbitmqctl with these arguments; gives what it says."""
        return self.run([_CONTROL, "--quiet", "-n", self._name, *words])

    def run(self, words: Sequence[str], *, seconds: float = _CONTROL_SECONDS) -> str:
        """Runs a command in the environment and the file system of the node; gives what it says."""
        self._running_crew()
        programs, seen = self._run_by()
        done = subprocess.run(
            programs.command(words, data=self.data),
            env=environment(self.data, seen, self.ports, self._name),
            cwd=self.data,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        if done.returncode:
            raise ControlRefused(f"{' '.join(words)}: {(done.stderr or done.stdout).strip()}")
        return done.stdout

    def _has_alarm(self) -> bool:
        try:
            self.manage("GET", "health/checks/local-alarms")
        except ManagementRefused as error:
            if error.status == HTTPStatus.SERVICE_UNAVAILABLE:
                return True
            raise
        return False

    def _open_folder(self) -> DataFolder:
        return open_folder(self._given, kind=self.kind)

    def _prepare(self, crew: Crew, folder: Path) -> None:
        del crew
        folder.chmod(0o700)

    def _launch(self, crew: Crew, folder: Path) -> None:
        programs, seen = self._run_by()
        ports = self.ports
        write_files(
            folder, seen, ports, self._administrator, settings=self._settings, tls=self._tls, cookie=self._cookie
        )
        listens = (ports.amqp, ports.management, ports.distribution, *((ports.amqps,) if self._tls else ()))
        log = folder / "log" / "console.log"

        def program(word: str) -> Program:
            return Program(
                command=programs.command([word], data=folder),
                environment=environment(folder, seen, ports, self._name),
                folder=folder,
                output=log,
            )

        def epmd_listens() -> bool:
            listens = epmd_answers(LOOPBACK, ports.epmd)
            # Looked at after the answer: an epmd that lost its port to another has ended by then.
            if self._beside is None:
                self._check(crew, _EPMD, (ports.epmd,), log)
            return listens

        def serves() -> bool:
            self._check(crew, self.kind, listens, log)
            return answers(LOOPBACK, ports.amqp, self.username, self.password) and self._is_managed()

        if self._beside is None and not crew.runs(_EPMD):
            crew.start(_EPMD, program("epmd"))
        wait_until(epmd_listens, seconds=_EPMD_SECONDS, what=f"epmd listens; its log is {log}", every=0.02)
        crew.start(self.kind, program(_SERVER))
        wait_until(serves, seconds=_START_SECONDS, what=f"RabbitMQ serves; its log is {log}")
        self._version = super().version

    def _is_managed(self) -> bool:
        try:
            self.manage("GET", "overview")
        except ManagementRefused:
            return False
        return True

    def _run_by(self) -> tuple[RabbitMqPrograms, Path]:
        if self._programs is None:
            raise NotRunning(self.kind)
        return self._programs, self._programs.seen(self.data)
