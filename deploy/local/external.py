"""A broker that somebody else runs, named by the environment, in place of a private node."""

import urllib.parse
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Never, Self

from deploy.local.broker import Broker
from deploy.local.errors import ManagementRefused, NotAvailable, NotOurs, UnusableUrl
from deploy.local.handshake import answers
from deploy.local.management import ManagedBroker
from deploy.local.node import ServerTls

AMQP_URL = "AMQP_URL"
AMQPS_URL = "AMQPS_URL"
MANAGEMENT_URL = "RABBITMQ_MANAGEMENT_URL"
_PORTS = {"amqp": 5672, "amqps": 5671}
_MANAGEMENT_PORT = 15672


class ExternalBroker(ManagedBroker):
    """Its vhosts and queues can be managed; its life and its data are not ours to touch."""

    def __init__(self, amqp_url: str, management_url: str | None = None, *, major: int | None = None) -> None:
        """The user of the address must be an administrator; management is sought on the same host by default.

        start() raises NotAvailable when `major` is given and the broker is of another major version.
        """
        self._url = urllib.parse.urlsplit(amqp_url)
        if self._url.scheme not in _PORTS or not self._url.hostname:
            # The address may hold a password: it is not repeated.
            raise UnusableUrl(f"{AMQP_URL} must look like amqp://user:password@host:5672/")
        try:
            self._port = self._url.port or _PORTS[self._url.scheme]
        except ValueError as error:
            raise UnusableUrl(f"{AMQP_URL}: {error}") from error
        host = f"[{self._url.hostname}]" if ":" in self._url.hostname else self._url.hostname
        self._management_url = (management_url or f"http://{host}:{_MANAGEMENT_PORT}").rstrip("/")
        if not self._management_url.startswith(("http://", "https://")):
            raise UnusableUrl(f"{MANAGEMENT_URL} must begin with http:// or https://")
        self._major = major

    @property
    def username(self) -> str:
        return urllib.parse.unquote(self._url.username or "guest")

    @property
    def password(self) -> str:
        return urllib.parse.unquote(self._url.password or "guest")

    @property
    def amqp_url(self) -> str:
        return self._url._replace(path="/", query="", fragment="").geturl()

    @property
    def management_url(self) -> str:
        return self._management_url

    def start(self) -> None:
        """Only makes sure that it serves; raises NotAvailable."""
        host = self._url.hostname or ""
        if self._url.scheme == "amqp" and not answers(host, self._port, self.username, self.password):
            raise NotAvailable(f"no RabbitMQ at {host}:{self._port} ({AMQP_URL}) that knows the user {self.username}")
        try:
            version = self.version
        except ManagementRefused as error:
            raise NotAvailable(f"{error}; set {MANAGEMENT_URL} if it is elsewhere") from error
        if self._major is not None and not version.startswith(f"{self._major}."):
            raise NotAvailable(f"{AMQP_URL} names RabbitMQ {version}, not {self._major}")

    def stop(self) -> None:
        """Nothing: it runs on."""

    def close(self) -> None:
        """Nothing: it runs on."""

    def kill(self) -> Never:
        raise NotOurs("kill")

    def freeze(self) -> Never:
        raise NotOurs("freeze")

    def thaw(self) -> Never:
        raise NotOurs("thaw")

    def wipe(self) -> Never:
        raise NotOurs("wipe")

    def set_memory_alarm(self, on: bool) -> Never:  # noqa: FBT001 - as on a private node
        del on
        raise NotOurs("set_memory_alarm")

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def broker_for(
    environment: Mapping[str, str],
    *,
    data: Path | None = None,
    major: int | None = None,
    keep: bool = False,
    tls: ServerTls | None = None,
) -> Broker | ExternalBroker:
    """The broker that the environment names by AMQP_URL, else a private node; neither is started.

    Raises UnusableUrl when a TLS listener is wanted of a broker whose own is not named by AMQPS_URL.
    """
    named = environment.get(AMQP_URL)
    if named:
        if tls and not environment.get(AMQPS_URL):
            raise UnusableUrl(f"{AMQPS_URL} must name the TLS listener of the broker that {AMQP_URL} names")
        return ExternalBroker(named, environment.get(MANAGEMENT_URL), major=major)
    return Broker(data, major=major, keep=keep, tls=tls)
