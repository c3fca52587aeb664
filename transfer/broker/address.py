"""Where the broker is, and as whom a node calls."""

from dataclasses import dataclass, field
from typing import Final, Self
from urllib.parse import SplitResult, unquote, urlsplit

from transfer.crypto.tls import ClientTls

_PORTS: Final = {"amqp": 5672, "amqps": 5671}
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_SHAPE: Final = "must look like amqps://442000@host:5671/vhost, with the region as user"
_NEEDS_FILES: Final = "begins with amqps, so TRANSFER_TLS_CA, TRANSFER_TLS_CERT and TRANSFER_TLS_KEY are needed too"
_NO_PASSWORD: Final = "begins with amqps, where the certificate says who calls: leave the password out"  # noqa: S105 - none
_OTHER_REGION: Final = "calls as another region than the certificate is for"
_IN_THE_CLEAR: Final = "begins with amqp, which is not encrypted, so its host can only be this machine; use amqps"


class AddressInvalid(ValueError):
    """The address of the broker cannot be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where the broker is and who calls. With TLS files the connection is encrypted, and the client's certificate
    says who it is (SASL EXTERNAL); without them a password does."""

    host: str
    port: int
    vhost: str = "/"
    username: str
    password: str | None = field(default=None, repr=False)
    tls: ClientTls | None = None

    @classmethod
    def parse(cls, url: str, *, tls: ClientTls | None = None) -> Self:
        """The address in an AMQP URL; ``amqps`` needs TLS files, ``amqp`` is for brokers on the same machine.

        Raises AddressInvalid, which does not repeat the URL, since it may hold a password.
        """
        try:
            parts = urlsplit(url)
            port = parts.port or _PORTS[parts.scheme]
        except (ValueError, KeyError):
            raise AddressInvalid(_SHAPE) from None
        if not parts.hostname or not parts.username:
            raise AddressInvalid(_SHAPE)
        if parts.scheme == "amqp":
            tls = None
        if fault := _fault(parts, tls):
            raise AddressInvalid(fault)
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


def _fault(parts: SplitResult, tls: ClientTls | None) -> str | None:
    """Why host, user and files do not fit together."""
    if parts.scheme == "amqp":
        return None if parts.hostname in _LOOPBACK else _IN_THE_CLEAR
    if tls is None:
        return _NEEDS_FILES
    if parts.password is not None:
        return _NO_PASSWORD
    return None if unquote(parts.username or "") == tls.region else _OTHER_REGION
