"""The life of a private server: started on free ports, stopped, killed, frozen, started again on the same."""

import contextlib
import signal
from pathlib import Path
from types import TracebackType
from typing import Self

from deploy.local.crew import Crew
from deploy.local.errors import DidNotStart, NotInTime, NotRunning, PortTaken, StillRunning, SupervisorLost
from deploy.local.folders import DataFolder
from deploy.local.ports import free_ports, is_free

_PORT_TRIES = 3


class Server:
    """What RabbitMQ and PostgreSQL have in common; a subclass says how they are prepared and launched."""

    kind: str
    port_count: int

    def __init__(self, data: Path | None, *, keep: bool) -> None:
        self._given = data
        self._keep = keep
        self._folder: DataFolder | None = None
        self._crew: Crew | None = None
        self._ports: tuple[int, ...] | None = None

    def _open_folder(self) -> DataFolder:
        raise NotImplementedError

    def _prepare(self, crew: Crew, folder: Path) -> None:
        """Makes the folder ready for the first launch; called before every start."""
        raise NotImplementedError

    def _launch(self, crew: Crew, folder: Path) -> None:
        """Starts the program named `kind` and waits until it serves; _check tells when it has ended."""
        raise NotImplementedError

    @property
    def data(self) -> Path:
        """The data folder, once the server has been started."""
        if self._folder is None:
            raise NotRunning(self.kind)
        return self._folder.path

    @property
    def running(self) -> bool:
        """Whether the server's process lives; it may be frozen."""
        if self._crew is None:
            return False
        try:
            return self._crew.runs(self.kind)
        except SupervisorLost:
            self._end(remove=False)
            return False

    def start(self) -> None:
        """Returns when the server serves: the first time on ports that are free, later on the same ones.

        Raises DidNotStart, PortTaken or NotInTime; the data folder with the log then stays.
        """
        if self.running:
            raise StillRunning(self.kind)
        if self._folder is None:
            self._folder = self._open_folder()
        try:
            self._start_once() if self._ports else self._start_somewhere()
        except (DidNotStart, NotInTime):
            # Its log is what the caller needs now.
            self._keep = True
            raise

    def stop(self) -> None:
        """Stops the server in order and keeps its data; no process stays."""
        self._end(remove=False)

    def kill(self) -> None:
        """Ends the server at once, as a power cut does; start() continues from what is on disk."""
        self._running_crew().kill(self.kind)

    def freeze(self) -> None:
        """Stops the server in its tracks: connections stay open and nothing answers."""
        self._running_crew().signal(self.kind, signal.SIGSTOP)

    def thaw(self) -> None:
        self._running_crew().signal(self.kind, signal.SIGCONT)

    def close(self) -> None:
        """Stops the server and removes its data folder if it was made here and is not to be kept."""
        throw_away = self._folder is not None and self._folder.fresh and not self._keep
        self._end(remove=throw_away)
        if self._folder is not None:
            self._folder.close(remove=throw_away)
            self._folder = None
            self._ports = None

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _end(self, *, remove: bool) -> None:
        if self._crew is not None:
            self._crew.dismiss(remove=remove)
            self._crew = None

    def _running_crew(self) -> Crew:
        if self._crew is None or not self._crew.runs(self.kind):
            raise NotRunning(self.kind)
        return self._crew

    def _start_somewhere(self) -> None:
        for left in reversed(range(_PORT_TRIES)):
            self._ports = tuple(free_ports(self.port_count))
            try:
                self._start_once()
            except BaseException as error:
                self._ports = None
                if not left or not isinstance(error, PortTaken):
                    raise
            else:
                return

    def _start_once(self) -> None:
        folder = self._folder
        if folder is None:
            raise NotRunning(self.kind)
        if self._crew is None:
            self._crew = Crew(hold=folder.lock)
            if folder.fresh and not self._keep:
                self._crew.remove_at_end(folder.path)
        try:
            self._prepare(self._crew, folder.path)
            self._launch(self._crew, folder.path)
        except BaseException:
            with contextlib.suppress(Exception):
                self.stop()
            raise

    def _check(self, crew: Crew, program: str, ports: tuple[int, ...], log: Path) -> None:
        """Raises when the program has ended: PortTaken if another has one of its ports, else DidNotStart."""
        if crew.runs(program):
            return
        code = crew.exit_code(program)
        taken = [port for port in ports if not is_free(port)]
        if taken:
            raise PortTaken(f"{program}, port {taken[0]}, log {log}")
        raise DidNotStart(f"{program} ended with code {code}; its log is {log}")
