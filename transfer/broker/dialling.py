"""How a connection to the hub is dialled over TLS, and what its faults mean."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Final

from aiormq import TransportFactory
from aiormq.exceptions import AMQPConnectionError
from yarl import URL

from transfer.crypto.tls import ClientTls, TlsFilesInvalid

# A hub that is gone does not answer a farewell either.
_FAREWELL_SECONDS: Final = 2.0
_VERDICT_SECONDS: Final = 0.5

_OF_NO_USE: Final = "the hub does not take a certificate of this kind; TRANSFER_TLS_CERT must be one for clients"
_NO_TLS_1_3: Final = "the hub and this node have no version of TLS in common; both must speak TLS 1.3"
_OTHER_HOST: Final = "the hub's certificate is for another host; TRANSFER_AMQP_URL must name the hub as it does"

# The first that fits counts. An alert is what the hub said of this node; the others are what this node says of it.
_REFUSALS: Final = (
    ("ACCESS_REFUSED", "the hub has no such user; its operator loads the output of `transfer topology`"),
    ("AuthenticationError", "the hub takes no certificates for a login; its operator must switch EXTERNAL on"),
    ("ALERT_UNKNOWN_CA", "the hub does not trust the authority of TRANSFER_TLS_CERT; get a certificate from its own"),
    ("ALERT_CERTIFICATE_REQUIRED", "the hub asks for a certificate and was shown none; set TRANSFER_TLS_CERT"),
    ("ALERT_CERTIFICATE_EXPIRED", "to the hub TRANSFER_TLS_CERT has expired; renew it, or compare the clocks"),
    ("ALERT_CERTIFICATE_REVOKED", "TRANSFER_TLS_CERT has been revoked; get a new one"),
    ("ALERT_UNSUPPORTED_CERTIFICATE", _OF_NO_USE),
    ("ALERT_BAD_CERTIFICATE", _OF_NO_USE),
    ("ALERT_HANDSHAKE_FAILURE", _OF_NO_USE),
    ("ALERT_PROTOCOL_VERSION", _NO_TLS_1_3),
    ("UNSUPPORTED_PROTOCOL", _NO_TLS_1_3),
    ("WRONG_VERSION_NUMBER", "there is no TLS at this port; TRANSFER_AMQP_URL must name the hub's port for it"),
    ("Hostname mismatch", _OTHER_HOST),
    ("IP address mismatch", _OTHER_HOST),
    ("certificate has expired", "the hub's certificate has expired; its operator must renew it"),
    ("CERTIFICATE_VERIFY_FAILED", "the hub's certificate is not from an authority in TRANSFER_TLS_CA; is it the hub?"),
)


class FilesUnusable(AMQPConnectionError):
    """The TLS files of this region cannot be used."""


class TlsDialling(TransportFactory):
    """Reads the files of the region anew for each attempt: a renewed certificate is used by the next connection.

    In TLS 1.3 the hub judges a certificate only after the client's handshake, and what it says is often lost when the
    client speaks at once. So after an attempt that led to nothing, which ``in_doubt`` tells, the next listens first.
    """

    def __init__(self, tls: ClientTls, *, clock: Callable[[], datetime]) -> None:
        self.in_doubt = False
        self._tls = tls
        self._clock = clock

    async def create(self, url: URL, **_: object) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Raises FilesUnusable, or AMQPConnectionError for what lies between here and the hub."""
        try:
            context = await asyncio.to_thread(self._tls.context, self._clock())
            reader, writer = await asyncio.open_connection(
                url.host, url.port, ssl=context, ssl_shutdown_timeout=_FAREWELL_SECONDS
            )
            if self.in_doubt:
                await _listen(reader, writer)
        except TlsFilesInvalid as error:
            raise FilesUnusable(str(error)) from error
        except OSError as error:
            raise AMQPConnectionError(*error.args) from error
        self.in_doubt = True
        return reader, writer


async def _listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Raises what the hub says against the certificate. It says nothing else, since in AMQP the client begins."""
    try:
        async with asyncio.timeout(_VERDICT_SECONDS):
            await reader.read(1)
    except TimeoutError:
        pass
    except BaseException:
        writer.transport.abort()
        raise


def refusal(said: str) -> str | None:
    """What it means, and whom it is up to, when the library says that one side refused the other; else None."""
    return next((meaning for mark, meaning in _REFUSALS if mark in said), None)
