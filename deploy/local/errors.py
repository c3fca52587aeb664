"""What can go wrong with the local stack; a docstring is the message, the arguments are its details."""

import inspect


class StackError(Exception):
    """The local stack failed."""

    def __str__(self) -> str:
        said = inspect.cleandoc(type(self).__doc__ or "")
        return " ".join([said, *map(str, self.args)])


class NotInstalled(StackError):
    """Not installed:"""


class NotAvailable(StackError):
    """Not available on this machine:"""


class InstallFailed(StackError):
    """The packages could not be installed:"""


class DidNotStart(StackError):
    """The server did not start:"""


class PortTaken(DidNotStart):
    """A port was taken by another program before the server had it:"""


class NotInTime(StackError):
    """Waited in vain:"""


class FolderInUse(StackError):
    """Another stack uses this data folder; give another one or stop that stack:"""


class FolderRefused(StackError):
    """The data folder cannot be used:"""


class NotRunning(StackError):
    """The server does not run; call start() first:"""


class StillRunning(StackError):
    """The server runs; call stop() or kill() first:"""


class NotOurs(StackError):
    """The broker was not started here (AMQP_URL is set), so this is up to those who run it:"""


class ManagementRefused(StackError):
    """RabbitMQ's management interface refused:"""

    def __init__(self, detail: str, *, status: int | None = None) -> None:
        """The HTTP status is absent when there was no answer at all."""
        super().__init__(detail)
        self.status = status


class ControlRefused(StackError):
    """rabbitmqctl refused:"""


class StatementRefused(StackError):
    """PostgreSQL refused:"""


class SupervisorLost(StackError):
    """The process that holds the servers ended unexpectedly; they end with it:"""


class UnusableUrl(StackError):
    """The address cannot be used:"""


class UnusableTls(StackError):
    """The TLS files cannot be read:"""


class UnusableDefinitions(StackError):
    """The definitions cannot be read:"""
