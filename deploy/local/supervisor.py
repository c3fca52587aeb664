"""The process that holds a caller's servers: starts them on request, stops them all when the caller ends.

Run by path, in a session of its own. One JSON request per line on standard input, one JSON reply per line
on standard output. End of input without the request "end" means that the caller died.
"""

import contextlib
import ctypes
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
LIBC = ctypes.CDLL(None)
POLL = 0.02
CHUNK = 65536
# Seconds for a program whose data is thrown away anyway: enough to say goodbye to its clients. RabbitMQ 3
# with its management takes five more, in which it waits for itself.
HURRY = 2.0


class Member:
    """One running program, its stop signal and the seconds it is given to obey."""

    def __init__(self, request: dict[str, Any]) -> None:
        self.stop_signal: int = request["stop_signal"]
        self.patience: float = request["patience"]
        with Path(request["output"]).open("ab") as output:
            self.process = subprocess.Popen(
                request["command"],
                env=request["environment"],
                cwd=request["folder"],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                user=request["user"],
                group=request["group"],
                extra_groups=None if request["user"] is None else [],
                start_new_session=True,
                # Should this process be killed, its programs are told to stop by the kernel.
                preexec_fn=lambda: prctl(PR_SET_PDEATHSIG, self.stop_signal),  # noqa: PLW1509 - one thread
            )

    def stop(self, *, hurry: bool = False) -> int:
        if self.process.poll() is None:
            self.process.send_signal(self.stop_signal)
            # A frozen program obeys only after it is thawed.
            self.process.send_signal(signal.SIGCONT)
            try:
                return self.process.wait(min(self.patience, HURRY) if hurry else self.patience)
            except subprocess.TimeoutExpired:
                return self.kill()
        return self.process.returncode

    def kill(self) -> int:
        """Ends the program and everything it started at once, as a power cut does."""
        if self.process.poll() is None:
            # Stopped first, so that it starts nothing new while its children are counted.
            self.process.send_signal(signal.SIGSTOP)
            victims = descendants(self.process.pid)
            self.process.kill()
            for pid in victims:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        return self.process.wait()


class Supervisor:
    """Answers requests; every method takes the request and returns the reply."""

    def __init__(self) -> None:
        self.members: dict[str, Member] = {}
        self.remove: list[str] = []

    def start(self, request: dict[str, Any]) -> dict[str, Any]:
        try:
            member = Member(request)
        except (OSError, subprocess.SubprocessError) as error:
            return {"error": str(error)}
        self.members[request["name"]] = member
        return {"pid": member.process.pid}

    def state(self, request: dict[str, Any]) -> dict[str, Any]:
        member = self.members.get(request["name"])
        return {"known": member is not None, "code": member.process.poll() if member else None}

    def signal(self, request: dict[str, Any]) -> dict[str, Any]:
        member = self.members[request["name"]]
        # The process is not yet waited for, so its number cannot belong to another program.
        if member.process.poll() is None:
            member.process.send_signal(request["number"])
        return {}

    def stop(self, request: dict[str, Any]) -> dict[str, Any]:
        member = self.members.pop(request["name"], None)
        return {"code": member.stop() if member else None}

    def kill(self, request: dict[str, Any]) -> dict[str, Any]:
        member = self.members.pop(request["name"], None)
        code = member.kill() if member else None
        # What the program had started comes here now, killed as well.
        self.end_orphans()
        return {"code": code}

    def remove_at_end(self, request: dict[str, Any]) -> dict[str, Any]:
        self.remove.append(request["folder"])
        return {}

    def end(self, request: dict[str, Any]) -> dict[str, Any]:
        if not request["remove"]:
            self.remove.clear()
        self.finish()
        return {}

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        answers = {
            "start": self.start,
            "state": self.state,
            "signal": self.signal,
            "stop": self.stop,
            "kill": self.kill,
            "remove_at_end": self.remove_at_end,
            "end": self.end,
        }
        return answers[request["do"]](request)

    def finish(self) -> None:
        """Stops all programs, the last started first, then whatever they left, then removes the folders."""
        while self.members:
            _, member = self.members.popitem()
            member.stop(hurry=bool(self.remove))
        self.end_orphans()
        for folder in self.remove:
            shutil.rmtree(folder, ignore_errors=True)
        self.remove.clear()

    def end_orphans(self) -> None:
        """Kills what ended programs have left running."""
        while orphans := self.bury_orphans():
            for pid in orphans:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(POLL)

    def bury_orphans(self) -> list[int]:
        """Waits for ended grandchildren, which come here once their parent is gone; gives those that live."""
        known = {member.process.pid for member in self.members.values()}
        living = []
        for pid in children_of().get(os.getpid(), []):
            if pid not in known:
                with contextlib.suppress(ChildProcessError):
                    if os.waitpid(pid, os.WNOHANG) == (0, 0):
                        living.append(pid)
        return living


def children_of() -> dict[int, list[int]]:
    """Each process on the machine with its children."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                stat = (entry / "stat").read_text(errors="replace")
                # The program's name stands in brackets and may hold spaces and brackets.
                parent = int(stat.rpartition(")")[2].split()[1])
                children.setdefault(parent, []).append(int(entry.name))
    return children


def descendants(pid: int) -> list[int]:
    children = children_of()
    found: list[int] = []
    ahead = [pid]
    while ahead:
        below = children.get(ahead.pop(), [])
        found += below
        ahead += below
    return found


def prctl(option: int, value: int) -> None:
    LIBC.prctl(option, value, 0, 0, 0)


def requests(supervisor: Supervisor) -> Iterator[bytes]:
    """The lines of standard input until its end; while it waits, orphans are buried as they come."""
    awake, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    begun = b""
    while True:
        ready, _, _ = select.select([0, awake], [], [])
        if awake in ready:
            os.read(awake, CHUNK)
            supervisor.bury_orphans()
        if 0 in ready:
            read = os.read(0, CHUNK)
            if not read:
                return
            *lines, begun = (begun + read).split(b"\n")
            yield from lines


def leave(*_: object) -> NoReturn:
    raise SystemExit


def main() -> None:
    # Orphans of the servers come to this process instead of init: none is lost, none is left.
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    # Handlers and not SIG_IGN, which the servers would inherit.
    signal.signal(signal.SIGINT, lambda *_: None)
    signal.signal(signal.SIGHUP, lambda *_: None)
    signal.signal(signal.SIGTERM, leave)
    supervisor = Supervisor()
    try:
        for line in requests(supervisor):
            print(json.dumps(supervisor.answer(json.loads(line))), flush=True)
    except BrokenPipeError:
        # The caller died while it waited for the reply; the interpreter must not try to write it again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    finally:
        signal.signal(signal.SIGTERM, lambda *_: None)
        supervisor.finish()


if __name__ == "__main__":
    main()
