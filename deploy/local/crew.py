"""The programs of this process, held by a supervisor that outlives it just long enough to stop them."""

import contextlib
import json
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.local.errors import DidNotStart, NotRunning, SupervisorLost


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What to run, where its output goes, as whom, and how it is asked to stop (patience in seconds)."""

    command: Sequence[str]
    environment: Mapping[str, str]
    folder: Path
    output: Path
    user: int | None = None
    group: int | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    patience: float = 20.0


class Crew:
    """Starts and stops programs by name; when this process dies, however it dies, they are stopped too."""

    def __init__(self, *, hold: int | None = None) -> None:
        """Keeps the file descriptor `hold` open as long as a program may run."""
        self._speaking = threading.Lock()
        self._process = subprocess.Popen(
            # Isolated and without site-packages: it needs the standard library and starts at once.
            [sys.executable, "-I", "-S", str(Path(__file__).with_name("supervisor.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd="/",
            start_new_session=True,
            pass_fds=() if hold is None else (hold,),
        )

    def start(self, name: str, program: Program) -> int:
        """The process number of the started program."""
        reply = self._ask(
            "start",
            name=name,
            command=list(program.command),
            environment=dict(program.environment),
            folder=str(program.folder),
            output=str(program.output),
            user=program.user,
            group=program.group,
            stop_signal=int(program.stop_signal),
            patience=program.patience,
        )
        if "error" in reply:
            raise DidNotStart(f"{program.command[0]}: {reply['error']}")
        return int(reply["pid"])

    def runs(self, name: str) -> bool:
        state = self._ask("state", name=name)
        return bool(state["known"]) and state["code"] is None

    def exit_code(self, name: str) -> int | None:
        """The code of an ended program (negative: ended by that signal); None while it runs."""
        code = self._ask("state", name=name)["code"]
        return None if code is None else int(code)

    def signal(self, name: str, number: signal.Signals) -> None:
        if not self.runs(name):
            raise NotRunning(name)
        self._ask("signal", name=name, number=int(number))

    def stop(self, name: str) -> None:
        """Asks the program to end, and ends it by force when its patience is over."""
        self._ask("stop", name=name)

    def kill(self, name: str) -> None:
        """Ends the program and all that it started by SIGKILL; returns when it is gone."""
        self._ask("kill", name=name)

    def remove_at_end(self, folder: Path) -> None:
        """The folder goes when this process dies, or at dismiss(remove=True)."""
        self._ask("remove_at_end", folder=str(folder))

    def dismiss(self, *, remove: bool = False) -> None:
        """Stops all programs, the last started first, and ends the supervisor."""
        with contextlib.suppress(SupervisorLost):
            self._ask("end", remove=remove)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()
        self._process.wait()

    def _ask(self, request: str, **details: Any) -> dict[str, Any]:  # noqa: ANN401 - whatever JSON can say
        asked, answered = self._process.stdin, self._process.stdout
        if asked is None or answered is None or asked.closed:
            raise SupervisorLost(request)
        with self._speaking:
            try:
                print(json.dumps({"do": request, **details}), file=asked, flush=True)
                line = answered.readline()
            except BrokenPipeError:
                line = ""
        if not line:
            raise SupervisorLost(request)
        reply: dict[str, Any] = json.loads(line)
        return reply
