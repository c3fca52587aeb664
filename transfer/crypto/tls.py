"""The TLS files of a region, and the client's context that is made of them."""

import ssl
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.oid import NameOID

RENEWAL: Final = timedelta(days=14)
"""A certificate that ends sooner should be renewed now."""


class TlsFilesInvalid(ValueError):
    """A TLS file cannot be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientTls:
    """Where the files of a client lie, all PEM, and the region that its certificate must name.

    ``ca`` holds the authorities that the server's certificate is trusted by; ``cert`` the client's certificate, then
    any between it and its authority.
    """

    region: str
    ca: Path
    cert: Path
    key: Path
    passphrase_file: Path | None = None

    def context(self, now: datetime) -> ssl.SSLContext:
        """A client's context: TLS 1.3, the server and its host name verified, the certificate shown.

        The files are read on each call, so that a renewed certificate is used by the next connection. Raises
        TlsFilesInvalid, which names the file and what is wrong with it.
        """
        passphrase = self._check(now)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        try:
            context.load_verify_locations(self.ca)
            # Without a passphrase of our own the library would ask for one on the terminal.
            context.load_cert_chain(self.cert, self.key, password=passphrase or b"")
        except (OSError, ValueError) as error:
            raise TlsFilesInvalid(f"{self.cert}, {self.key}: {error}") from error
        return context

    def _check(self, now: datetime) -> bytes | None:
        """Gives the passphrase of the key; raises TlsFilesInvalid."""
        if not any(authority.not_valid_after_utc > now for authority in certificates(self.ca)):
            raise TlsFilesInvalid(f"{self.ca}: holds no authority that is still valid; get the new one from the hub")
        own = certificates(self.cert)[0]
        if (named := common_name(own.subject)) != self.region:
            raise TlsFilesInvalid(f"{self.cert}: is the certificate of {named}, not of region {self.region}")
        _check_time(self.cert, own, now)
        passphrase = None if self.passphrase_file is None else _read(self.passphrase_file).rstrip(b"\r\n")
        content = _read(self.key)
        try:
            key = load_pem_private_key(content, passphrase)
        except TypeError as error:
            # The one complaint of the library about a passphrase that is missing or that nobody needs.
            needs = "is encrypted; name the file with its passphrase" if passphrase is None else "needs no passphrase"
            raise TlsFilesInvalid(f"{self.key}: {needs}") from error
        except ValueError as error:
            doubt = " of this passphrase" if passphrase else ""
            raise TlsFilesInvalid(f"{self.key}: holds no private key{doubt} in PEM form") from error
        if key.public_key() != own.public_key():
            raise TlsFilesInvalid(f"{self.key}: is not the key of the certificate in {self.cert}")
        return passphrase


def serving(cert: Path, key: Path) -> ssl.SSLContext:
    """The context of a server that shows this certificate, TLS 1.3. Loading the files into it again lets new
    connections see a renewed one. Raises TlsFilesInvalid."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    show(context, cert, key)
    return context


def show(context: ssl.SSLContext, cert: Path, key: Path) -> None:
    """The certificate that the server shows from now on; raises TlsFilesInvalid, and then it is the one before."""
    own = certificates(cert)[0]
    try:
        if load_pem_private_key(_read(key), None).public_key() != own.public_key():
            raise TlsFilesInvalid(f"{key}: is not the key of the certificate in {cert}")
        context.load_cert_chain(cert, key, password=b"")
    except (OSError, ValueError, TypeError) as error:
        if isinstance(error, TlsFilesInvalid):
            raise
        raise TlsFilesInvalid(f"{cert}, {key}: cannot be used by a server ({type(error).__name__})") from error


def shown_until(cert: Path, key: Path, now: datetime) -> datetime:
    """Until when a server can show this certificate; raises TlsFilesInvalid when it cannot now."""
    serving(cert, key)
    own = certificates(cert)[0]
    _check_time(cert, own, now)
    return own.not_valid_after_utc


def calling(ca: Path | None) -> ssl.SSLContext:
    """The context of a client that trusts these authorities, or those of the machine; TLS 1.3, the server and its host
    name verified. Raises TlsFilesInvalid."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    try:
        if ca is None:
            context.load_default_certs()
        else:
            context.load_verify_locations(ca)
    except (OSError, ValueError) as error:
        raise TlsFilesInvalid(f"{ca}: {error}") from error
    return context


def certificates(file: Path) -> list[x509.Certificate]:
    """All in a PEM file, at least one, in its order; raises TlsFilesInvalid."""
    content = _read(file)
    try:
        return x509.load_pem_x509_certificates(content)
    except ValueError as error:
        raise TlsFilesInvalid(f"{file}: holds no certificate in PEM form") from error


def _check_time(file: Path, own: x509.Certificate, now: datetime) -> None:
    if own.not_valid_after_utc <= now:
        said = f"expired on {moment(own.not_valid_after_utc)}; put a renewed certificate in its place"
        raise TlsFilesInvalid(f"{file}: {said}")
    if own.not_valid_before_utc > now:
        raise TlsFilesInvalid(f"{file}: is valid only from {moment(own.not_valid_before_utc)}; check the clock")


def common_name(name: x509.Name) -> str:
    """The CN of a name, empty when it has none; the broker takes it for the user."""
    return next((str(part.value) for part in name.get_attributes_for_oid(NameOID.COMMON_NAME)), "")


def moment(time: datetime) -> str:
    """A moment as certificates say it."""
    return f"{time:%Y-%m-%d %H:%M} UTC"


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise TlsFilesInvalid(f"{file}: {error.strerror}") from error
