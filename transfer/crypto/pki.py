"""A small certificate authority for demos, tests and trials."""

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Self, TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from transfer.crypto.files import PRIVATE, PUBLIC, put
from transfer.crypto.tls import TlsFilesInvalid, certificates, common_name, moment

CA: Final = "ca"
SERVER: Final = "server"
CA_DAYS: Final = 3650
LEAF_DAYS: Final = 397

_Kind = TypeVar("_Kind", bound=x509.ExtensionType)

# Clocks of regions differ a little.
_EARLIER: Final = timedelta(minutes=10)


class PkiRefused(ValueError):
    """What was asked of the authority cannot be had."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """A certificate and its private key, both PEM."""

    certificate: bytes
    key: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """Signs certificates with a key of its own. All keys are on P-256: every broker and client takes it in TLS 1.3."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @classmethod
    def new(cls, name: str, *, now: datetime, days: int = CA_DAYS) -> Self:
        """A new authority of that name."""
        key = _new_key()
        subject = _name(name)
        made = (
            _builder(subject, subject, key.public_key(), now, days)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs_certificates=True), critical=True)
            .sign(key, SHA256())
        )
        return cls(certificate=made, key=key)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The authority whose files ``save`` wrote there; raises TlsFilesInvalid."""
        [certificate, *_] = certificates(folder / f"{CA}.pem")
        file = folder / f"{CA}.key"
        try:
            key = load_pem_private_key(file.read_bytes(), None)
        except OSError as error:
            raise TlsFilesInvalid(f"{file}: {error.strerror}") from error
        except (ValueError, TypeError) as error:
            raise TlsFilesInvalid(f"{file}: holds no private key in PEM form") from error
        if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
            raise TlsFilesInvalid(f"{file}: is not the key of the authority beside it")
        return cls(certificate=certificate, key=key)

    @property
    def issued(self) -> Issued:
        """The authority's own certificate and key."""
        return Issued(certificate=self.certificate.public_bytes(Encoding.PEM), key=_pem(self.key, NoEncryption()))

    def server(self, hosts: Sequence[str], *, now: datetime, days: int = LEAF_DAYS) -> Issued:
        """For a server that is called by these host names and IP addresses; raises PkiRefused."""
        names = x509.SubjectAlternativeName([_host(host) for host in hosts])
        return self._issue(hosts[0], ExtendedKeyUsageOID.SERVER_AUTH, names, now=now, days=days)

    def region(self, code: str, *, now: datetime, days: int = LEAF_DAYS, passphrase: bytes | None = None) -> Issued:
        """For a region's node as a client of the hub, where its code is the user, or for the operator of the directory,
        whose user is ``directory``; raises PkiRefused."""
        if not re.fullmatch(r"[1-9][0-9]{5}|directory", code):
            raise PkiRefused(f"{code}: a region has a GB/T 2260 code of six digits")
        guard = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
        return self._issue(code, ExtendedKeyUsageOID.CLIENT_AUTH, None, now=now, days=days, guard=guard)

    def _issue(  # noqa: PLR0913 - what a certificate says
        self,
        name: str,
        purpose: x509.ObjectIdentifier,
        hosts: x509.SubjectAlternativeName | None,
        *,
        now: datetime,
        days: int,
        guard: KeySerializationEncryption | None = None,
    ) -> Issued:
        end = self.certificate.not_valid_after_utc
        if now + timedelta(days=days) > end:
            raise PkiRefused(f"{days} days are longer than the authority lasts, which is until {moment(end)}")
        key = _new_key()
        authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        builder = (
            _builder(_name(name), self.certificate.subject, key.public_key(), now, days)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
            .add_extension(authority, critical=False)
        )
        if hosts is not None:
            builder = builder.add_extension(hosts, critical=False)
        made = builder.sign(self.key, SHA256())
        return Issued(certificate=made.public_bytes(Encoding.PEM), key=_pem(key, guard or NoEncryption()))


def save(issued: Issued, folder: Path, stem: str, *, replace: bool = False) -> tuple[Path, Path]:
    """Writes STEM.pem and STEM.key, the key for its owner alone; gives both. Each is there in full or not at all.

    Raises PkiRefused when one is there already and ``replace`` is not given; OSError.
    """
    certificate, key = folder / f"{stem}.pem", folder / f"{stem}.key"
    folder.mkdir(parents=True, exist_ok=True)
    if not replace and (there := [str(file) for file in (certificate, key) if file.exists()]):
        raise PkiRefused(f"{', '.join(there)}: there already; --replace writes a new one")
    # A node that reads between the two sees a key that does not fit, and tries again.
    put(key, issued.key, mode=PRIVATE)
    put(certificate, issued.certificate, mode=PUBLIC)
    return certificate, key


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What people want to know of a certificate; ``days_left`` is below 0 when it has expired."""

    subject: str
    issuer: str
    use: str
    hosts: tuple[str, ...]
    valid_from: datetime
    valid_until: datetime
    days_left: int


def shown(file: Path, *, now: datetime) -> Sequence[Shown]:
    """Every certificate in a PEM file; raises TlsFilesInvalid."""
    return [
        Shown(
            subject=common_name(one.subject),
            issuer=common_name(one.issuer),
            use=_use(one),
            hosts=tuple(str(host.value) for host in _extension(one, x509.SubjectAlternativeName) or ()),
            valid_from=one.not_valid_before_utc,
            valid_until=one.not_valid_after_utc,
            days_left=(one.not_valid_after_utc - now) // timedelta(days=1),
        )
        for one in certificates(file)
    ]


def _use(one: x509.Certificate) -> str:
    constraints = _extension(one, x509.BasicConstraints)
    if constraints is not None and constraints.ca:
        return "authority"
    names = {ExtendedKeyUsageOID.SERVER_AUTH: "server", ExtendedKeyUsageOID.CLIENT_AUTH: "client"}
    said = [names.get(purpose, purpose.dotted_string) for purpose in _extension(one, x509.ExtendedKeyUsage) or ()]
    return ", ".join(said) or "any"


def _extension(one: x509.Certificate, kind: type[_Kind]) -> _Kind | None:
    try:
        return one.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, days: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _EARLIER)
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _name(common: str) -> x509.Name:
    try:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])
    except ValueError as error:
        raise PkiRefused(f"{common}: a name has 1 to 64 characters") from error


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        pass
    try:
        return x509.DNSName(host)
    except ValueError as error:
        raise PkiRefused(f"{host}: neither a host name nor an IP address") from error


def _new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def _pem(key: ec.EllipticCurvePrivateKey, guard: KeySerializationEncryption) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, guard)
