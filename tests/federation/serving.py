"""`transfer serve` as its operator starts it, with all that it writes kept, and requests to it as bytes."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from tests.pki import HOST
from transfer.crypto.tls import calling

PROGRAM: Final = "transfer"
FAULTY: Final = "tests.federation.faulty"
_PAGES: Final = ("/v1/cases", "/v1/files")
"""Of caseworkers."""
_LISTENING: Final = "listening on "
_ROOT: Final = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, as it came."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.content)


@dataclass(slots=True, kw_only=True)
class Served:
    """One node, in a folder of its own that is also its folder for temporary files."""

    name: str
    folder: Path
    settings: Mapping[str, str]
    program: str = PROGRAM
    environment: Mapping[str, str] = field(default_factory=dict)
    heard: dict[str, bytes] = field(default_factory=dict)
    """What it answered that is neither a record for a caseworker nor a file for a region that may have it: refusals,
    pages for those who watch it, and the heads of its answers to other regions."""
    _process: subprocess.Popen[bytes] | None = None
    _address: str = ""

    def start(self) -> "Served":
        self.folder.mkdir(parents=True, exist_ok=True)
        own = {name: value for name, value in os.environ.items() if not name.startswith("TRANSFER_")}
        # A file, as the address of a database may hold a password and the environment of a process can be shown.
        settings = self.folder.with_suffix(".env")
        settings.touch(mode=0o600)
        settings.write_text("".join(f"TRANSFER_{name.upper()}={value}\n" for name, value in self.settings.items()))
        with (self.folder / "stdout").open("ab") as out, (self.folder / "stderr").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", self.program, "serve", "--migrate", "--env-file", str(settings)],
                cwd=self.folder,
                env={**own, "PYTHONPATH": str(_ROOT), "TMPDIR": str(self.folder), **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=log,
            )
        return self

    def ready(self, seconds: float = 40.0) -> "Served":
        """Returns when it serves and has its broker."""
        deadline = time.monotonic() + seconds
        while not self._is_ready():
            assert self.process.poll() is None, self.said()[-2000:]
            assert time.monotonic() < deadline, f"{self.name} is not ready: {self.said()[-2000:]!r}"
            time.sleep(0.1)
        return self

    def _is_ready(self) -> bool:
        lines = (self.folder / "stdout").read_text().splitlines()
        found = [line for line in lines if line.startswith(_LISTENING)]
        self._address = found[-1].removeprefix(_LISTENING + "http://") if found else ""
        try:
            return bool(found) and self.ask("GET", "/readyz").status == 200
        except OSError:
            return False

    @property
    def url(self) -> str:
        """Where its pages are."""
        return f"http://{self._address}"

    @property
    def process(self) -> subprocess.Popen[bytes]:
        assert self._process is not None
        return self._process

    def said(self) -> bytes:
        return (self.folder / "stdout").read_bytes() + (self.folder / "stderr").read_bytes()

    def end(self, number: signal.Signals = signal.SIGKILL) -> None:
        """However it stands."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)
            self._process.wait(20)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """A request; a body that is not bytes is sent as JSON."""
        content = body if isinstance(body, bytes | None) else json.dumps(body, ensure_ascii=False).encode()
        given = {} if method == "GET" else {"Content-Type": "application/json", "Idempotency-Key": str(uuid4())}
        connection = http.client.HTTPConnection(self._address, timeout=20)
        answer = _answer(connection, method, path, content, given | headers)
        if answer.status >= 400 or not path.startswith(_PAGES):
            self._hear(f"{self.name}, {answer.status} to {method}", answer.headers, answer.content)
        return answer

    def ask_site(self, method: str, path: str, **headers: str) -> Answer:
        """A request to its site for other regions."""
        tls = calling(Path(self.settings["tls_ca"]))
        connection = http.client.HTTPSConnection(HOST, int(self.settings["files_port"]), timeout=20, context=tls)
        answer = _answer(connection, method, path, None, headers)
        content = answer.content if answer.status >= 400 else b""
        self._hear(f"the site of {self.name}, {answer.status} to {method}", answer.headers, content)
        return answer

    def connection(self) -> socket.socket:
        """To its API, for what is no request."""
        host, _, port = self._address.partition(":")
        return socket.create_connection((host, int(port)), timeout=10)

    def _hear(self, where: str, headers: Mapping[str, str], content: bytes) -> None:
        self.heard[f"answer {len(self.heard)} of {where}"] = b"\n".join([repr(headers).encode(), content])

    def do(self, path: str, body: Any, *, etag: str = "*") -> Any:
        """A change that is carried out; gives the case."""
        answer = self.ask("POST", path, body, If_Match=etag)
        assert answer.status < 300, answer.content[:2000]
        return answer.body

    def case(self, case: str) -> Any:
        """The case as known there, or None."""
        answer = self.ask("GET", f"/v1/cases/{case}")
        return answer.body if answer.status == 200 else None

    def left(self) -> dict[str, bytes]:
        """All that it wrote and answered, and what the system shows of its processes to others."""
        found = files_below(self.folder, self.name)
        if self.process.poll() is None:
            for name in ("cmdline", "environ"):
                found[f"{self.name}: /proc/{name}"] = Path(f"/proc/{self.process.pid}/{name}").read_bytes()
        return found | self.heard


def _answer(
    connection: http.client.HTTPConnection, method: str, path: str, content: bytes | None, headers: Mapping[str, str]
) -> Answer:
    try:
        # As bytes, since a header may hold what no header should.
        named = {name.replace("_", "-"): value.encode() for name, value in headers.items()}
        connection.request(method, path, content, named)
        response = connection.getresponse()
        return Answer(response.status, dict(response.headers), response.read())
    finally:
        connection.close()


def files_below(folder: Path, by: str) -> dict[str, bytes]:
    """The files below a folder, and how they are called."""
    files = {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}
    names = {f"{by}: names of files": "\n".join(files).encode()}
    return names | {f"{by}: {name}": path.read_bytes() for name, path in files.items()}
