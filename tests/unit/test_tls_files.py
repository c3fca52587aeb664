"""The TLS files of a region: what is wrong with one is said of that one, and what fits makes a strict context."""

import ssl
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.pki import Pki
from transfer.broker.address import Address, AddressInvalid
from transfer.crypto.tls import ClientTls, TlsFilesInvalid

NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)
ZHONGSHAN, LUXIAN = "442000", "510521"


@pytest.fixture
def files(pki: Pki, tmp_path: Path) -> ClientTls:
    """A good set, in a folder of its own."""
    own = Pki(tmp_path, pki.authority)
    own.renew(ZHONGSHAN, now=NOW)
    return own.files(ZHONGSHAN)


def test_files_that_fit_make_a_context_that_trusts_and_shows_only_what_they_hold(files: ClientTls) -> None:
    context = files.context(NOW)
    assert context.minimum_version is ssl.TLSVersion.TLSv1_3
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.cert_store_stats()["x509_ca"] == 1


def cert_gone(files: ClientTls, pki: Pki) -> None:
    files.cert.unlink()


def key_for_cert(files: ClientTls, pki: Pki) -> None:
    files.cert.write_bytes(files.key.read_bytes())


def ca_is_empty(files: ClientTls, pki: Pki) -> None:
    files.ca.write_bytes(b"")


def other_key(files: ClientTls, pki: Pki) -> None:
    files.key.write_bytes(pki.authority.region(ZHONGSHAN, now=NOW).key)


def cert_for_key(files: ClientTls, pki: Pki) -> None:
    files.key.write_bytes(files.cert.read_bytes())


def key_encrypted(files: ClientTls, pki: Pki) -> None:
    issued = pki.authority.region(ZHONGSHAN, now=NOW, passphrase=b"word")
    files.cert.write_bytes(issued.certificate)
    files.key.write_bytes(issued.key)


def another_region(files: ClientTls, pki: Pki) -> None:
    files.cert.write_bytes(pki.authority.region(LUXIAN, now=NOW).certificate)


def expired(files: ClientTls, pki: Pki) -> None:
    files.cert.write_bytes(pki.authority.region(ZHONGSHAN, now=NOW - timedelta(days=5), days=4).certificate)


def too_early(files: ClientTls, pki: Pki) -> None:
    files.cert.write_bytes(pki.authority.region(ZHONGSHAN, now=NOW + timedelta(days=1)).certificate)


@pytest.mark.parametrize(
    ("harm", "file", "said"),
    [
        (cert_gone, "cert", "No such file"),
        (key_for_cert, "cert", "holds no certificate in PEM form"),
        (ca_is_empty, "ca", "holds no certificate in PEM form"),
        (other_key, "key", "is not the key of the certificate in"),
        (cert_for_key, "key", "holds no private key in PEM form"),
        (key_encrypted, "key", "is encrypted; name the file with its passphrase"),
        (another_region, "cert", "is the certificate of 510521, not of region 442000"),
        (expired, "cert", "expired on 2026-05-31 08:00 UTC; put a renewed certificate in its place"),
        (too_early, "cert", "is valid only from 2026-06-02"),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_what_is_wrong_with_a_file_is_said_of_that_file(
    files: ClientTls, pki: Pki, harm: Callable[[ClientTls, Pki], None], file: str, said: str
) -> None:
    harm(files, pki)
    with pytest.raises(TlsFilesInvalid) as caught:
        files.context(NOW)
    assert str(caught.value).startswith(f"{getattr(files, file)}: {said}")


def test_an_authority_that_has_ended_is_named(files: ClientTls) -> None:
    with pytest.raises(TlsFilesInvalid, match=r"ca\.pem: holds no authority that is still valid"):
        files.context(NOW + timedelta(days=4000))


def test_an_encrypted_key_is_opened_by_the_passphrase_in_its_file(files: ClientTls, pki: Pki, tmp_path: Path) -> None:
    key_encrypted(files, pki)
    secret = tmp_path / "secret"
    with_secret = replace(files, passphrase_file=secret)
    with pytest.raises(TlsFilesInvalid, match=r"secret: No such file"):
        with_secret.context(NOW)
    secret.write_text("wrong\n")
    with pytest.raises(TlsFilesInvalid, match=r"442000\.key: holds no private key of this passphrase"):
        with_secret.context(NOW)
    secret.write_text("word\n")
    assert with_secret.context(NOW).check_hostname


def test_a_passphrase_that_nobody_needs_is_named(files: ClientTls, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("word")
    with pytest.raises(TlsFilesInvalid, match=r"442000\.key: needs no passphrase"):
        replace(files, passphrase_file=secret).context(NOW)


def test_certificate_and_key_may_lie_in_one_file(files: ClientTls) -> None:
    files.cert.write_bytes(files.cert.read_bytes() + files.key.read_bytes())
    assert replace(files, key=files.cert).context(NOW).check_hostname


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("amqps://442000@hub.example:x/e", "must look like amqps://442000@host"),
        ("https://442000@hub.example/e", "must look like amqps://442000@host"),
        ("amqps://hub.example/e", "must look like amqps://442000@host"),
        ("amqps://442000:secret@hub.example/e", "leave the password out"),
        ("amqps://510521@hub.example/e", "calls as another region"),
        ("amqp://442000:secret@hub.example/e", "use amqps"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused_without_being_repeated(
    files: ClientTls, url: str, said: str
) -> None:
    with pytest.raises(AddressInvalid) as caught:
        Address.parse(url, tls=files)
    assert said in str(caught.value)
    assert "secret" not in str(caught.value)


def test_an_encrypted_address_needs_the_files() -> None:
    with pytest.raises(AddressInvalid, match="TRANSFER_TLS_CERT"):
        Address.parse("amqps://442000@hub.example/e")


def test_an_address_says_where_the_hub_is(files: ClientTls) -> None:
    address = Address.parse("amqps://442000@hub.example/legal%2Faid", tls=files)
    assert (address.host, address.port, address.vhost) == ("hub.example", 5671, "legal/aid")
    plain = Address.parse("amqp://442000:secret@127.0.0.1", tls=files)
    assert (plain.port, plain.vhost, plain.password, plain.tls) == (5672, "/", "secret", None)
