"""Where the broker is, and as whom a node calls."""

from dataclasses import dataclass, field
from ssl import SSLContext
from typing import Final, Self
from urllib.parse import unquote, urlsplit

_PORTS: Final = {"amqp": 5672, "amqps": 5671}
_SHAPE: Final = (
    "must look like amqp://user:password@host:5672/vhost, or amqps://user@host:5671/vhost with a TLS context"
)


class AddressInvalid(ValueError):
    """The address of the broker cannot be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where the broker is and who calls. With a TLS context the connection is encrypted; without a password
    the client's certificate says who it is (SASL EXTERNAL)."""

    host: str
    port: int
    vhost: str = "/"
    username: str
    password: str | None = field(default=None, repr=False)
    tls: SSLContext | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, url: str, *, tls: SSLContext | None = None) -> Self:
        """The address in an AMQP URL; ``amqps`` needs a TLS context. Raises AddressInvalid, which does not
        repeat the URL, since it may hold a password."""
        try:
            parts = urlsplit(url)
            port = parts.port or _PORTS[parts.scheme]
        except (ValueError, KeyError):
            raise AddressInvalid(_SHAPE) from None
        if not parts.hostname or not parts.username or (parts.scheme == "amqps") != (tls is not None):
            raise AddressInvalid(_SHAPE)
        return cls(
            host=parts.hostname,
            port=port,
            vhost=unquote(parts.path[1:]) or "/",
            username=unquote(parts.username),
            password=None if parts.password is None else unquote(parts.password),
            tls=tls,
        )

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"
