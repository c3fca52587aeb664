"""The nodes of the demo: each its own process with its own database, killed and started again at will."""

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from deploy.demo import dated
from transfer.broker.dialling import refusal
from transfer.cli.exits import Unreachable
from transfer.cli.remote import Api, Refused
from transfer.domain.rights import Role
from transfer.settings import PREFIX

_START_SECONDS: Final = 30.0
_STOP_SECONDS: Final = 12.0
_LISTENING: Final = "listening on "


class NodeEnded(Unreachable):
    """A node of the demo did not start, or ended by itself."""


class NodeProcess:
    """One region's node. It ends when this process ends, however that happens: it watches the pipe to it."""

    def __init__(self, region: str, *, settings: Mapping[str, str], folder: Path, clock: Path | None = None) -> None:
        """With a ``clock`` it stands at the date that this file says; see ``dated``."""
        self.region = region
        self.folder = folder
        self._program = "transfer" if clock is None else dated.PROGRAM
        self._own = {} if clock is None else {dated.CLOCK: str(clock)}
        self.settings = {"region": region, "port": "0", "database_url": f"sqlite:///{folder}/{region}.db", **settings}
        self.tokens: dict[str, str] = {}
        """What the programs of its people show, by their names and by their logins."""
        self._process: subprocess.Popen[bytes] | None = None
        self._api: Api | None = None

    @property
    def log(self) -> Path:
        return self.folder / f"{self.region}.log"

    @property
    def database(self) -> Path:
        return self.folder / f"{self.region}.db"

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def api(self) -> Api:
        """As its supervisor sees it once there are accounts; known after the first start, and the same from then on."""
        if self._api is None:
            raise NodeEnded(f"the node of {self.region} has not been started")
        return Api(self._api.url, token=self.tokens.get(Role.SUPERVISOR, ""))

    def api_of(self, who: str) -> Api:
        """The same for somebody who works there, by name or login."""
        return Api(self.api.url, token=self.tokens[who])

    @property
    def environment(self) -> dict[str, str]:
        """The node's settings as environment variables, this process's own left out."""
        others = {name: value for name, value in os.environ.items() if not name.upper().startswith(PREFIX)}
        return others | {f"{PREFIX}{name.upper()}": value for name, value in self.settings.items()} | self._own

    def command(self, *words: str) -> str:
        """What `transfer` says to these words beside the node; raises NodeEnded with its complaint."""
        done = subprocess.run(
            [sys.executable, "-m", self._program, *words],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise NodeEnded(f"transfer {' '.join(words)}: {done.stderr.strip()}")
        return done.stdout

    def launch(self) -> None:
        """Start the process; ``ready`` waits until it serves."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", self._program, "serve", "--migrate", "--until-stdin-closes"],
                env=self.environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                # Ctrl-C in the terminal is for the demo alone, which then stops its nodes in order.
                start_new_session=True,
            )

    def ready(self) -> None:
        """Returns when the node serves and has its broker; raises NodeEnded with the end of its log."""
        deadline = time.monotonic() + _START_SECONDS
        self._api = Api(self._address(deadline))
        # After a restart it is found under the same address.
        self.settings["port"] = self._api.url.rpartition(":")[2]
        while not self._has_its_broker(self._api):
            self._check(deadline)
            time.sleep(0.05)

    def _has_its_broker(self, api: Api) -> bool:
        try:
            api.text("/readyz")
        except Refused as error:
            if refusal(str(error)):
                raise NodeEnded(f"the broker does not let the node of {self.region} in: {error}") from error
            return False
        except Unreachable:
            return False
        return True

    def _address(self, deadline: float) -> str:
        process = self._process
        if process is None or process.stdout is None:
            raise NodeEnded(f"the node of {self.region} has not been started")
        said = b""
        while True:
            if select.select([process.stdout], [], [], 0.2)[0]:
                said += os.read(process.stdout.fileno(), 4096)
                *lines, _ = said.decode().split("\n")
                if found := next((line for line in lines if line.startswith(_LISTENING)), None):
                    return found.removeprefix(_LISTENING).strip()
            self._check(deadline)

    def _check(self, deadline: float) -> None:
        if not self.running or time.monotonic() > deadline:
            last = self.log.read_text(errors="replace").splitlines()[-3:]
            raise NodeEnded(f"the node of {self.region} did not start; {self.log} ends with: {' '.join(last)}")

    def kill(self) -> None:
        """End it at once, as a power cut does."""
        if self._process is not None:
            self._process.kill()
            self._wait()

    def ask_to_stop(self) -> None:
        """Returns at once; ``stop`` waits."""
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)

    def stop(self) -> None:
        """End it in order."""
        self.ask_to_stop()
        self._wait()

    def _wait(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()


@contextmanager
def started(nodes: Mapping[str, NodeProcess]) -> Iterator[None]:
    """All nodes, started side by side, stopped at the end of the block whatever happened."""
    try:
        for node in nodes.values():
            node.launch()
        for node in nodes.values():
            node.ready()
        yield
    finally:
        for node in nodes.values():
            node.ask_to_stop()
        for node in nodes.values():
            node.stop()
