"""``transfer pki`` makes certificates that others accept, keeps keys to their owner, and overwrites nothing unasked."""

import json
import stat
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from transfer.cli.exits import CONFIGURATION, FAULT, USAGE
from transfer.cli.main import main
from transfer.crypto.pki import Authority, save
from transfer.crypto.tls import ClientTls, certificates
from transfer.telemetry import clock


def pki(*words: str) -> Result:
    return CliRunner().invoke(main, ["pki", *words])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With an authority, a server that has two names, and a region."""
    made = tmp_path / "pki"
    for words in (["new"], ["server", "--host", "hub.example", "--host", "10.0.0.7"], ["region", "442000"]):
        ended = pki(*words, "--out", str(made))
        assert ended.exit_code == 0, ended.output
    return made


def extension(file: Path, kind: type[x509.ExtensionType]) -> Any:
    return certificates(file)[0].extensions.get_extension_for_class(kind)


def test_what_it_issues_passes_the_strictest_check_of_openssl(folder: Path) -> None:
    strict = ["openssl", "verify", "-x509_strict", "-CAfile", str(folder / "ca.pem")]
    for purpose, file in (("sslserver", "server.pem"), ("sslclient", "442000.pem")):
        subprocess.run([*strict, "-purpose", purpose, str(folder / file)], check=True, capture_output=True)
    crossed = subprocess.run([*strict, "-purpose", "sslserver", str(folder / "442000.pem")], check=False)
    assert crossed.returncode != 0


def test_certificates_say_what_they_are_for(folder: Path) -> None:
    assert extension(folder / "ca.pem", x509.BasicConstraints).value == x509.BasicConstraints(ca=True, path_length=0)
    assert extension(folder / "ca.pem", x509.KeyUsage).value.key_cert_sign
    for name, purpose in (
        ("server", ExtendedKeyUsageOID.SERVER_AUTH),
        ("442000", ExtendedKeyUsageOID.CLIENT_AUTH),
    ):
        file = folder / f"{name}.pem"
        assert extension(file, x509.BasicConstraints).critical
        assert not extension(file, x509.BasicConstraints).value.ca
        assert extension(file, x509.KeyUsage).value.digital_signature
        assert not extension(file, x509.KeyUsage).value.key_cert_sign
        assert list(extension(file, x509.ExtendedKeyUsage).value) == [purpose]
        key_of_authority = extension(folder / "ca.pem", x509.SubjectKeyIdentifier).value.digest
        assert extension(file, x509.AuthorityKeyIdentifier).value.key_identifier == key_of_authority
    hosts = extension(folder / "server.pem", x509.SubjectAlternativeName).value
    assert [str(host.value) for host in hosts] == ["hub.example", "10.0.0.7"]


def test_keys_are_for_their_owner_alone_and_no_other_file_is_left(folder: Path) -> None:
    assert {file.name for file in folder.iterdir()} == {
        f"{name}.{end}" for name in ("ca", "server", "442000") for end in ("pem", "key")
    }
    for file in folder.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == (0o600 if file.suffix == ".key" else 0o644)


@pytest.mark.parametrize("words", [["new"], ["server", "--host", "hub.example"], ["region", "442000"]])
def test_nothing_is_overwritten_unless_that_is_wanted(folder: Path, words: list[str]) -> None:
    before = {file: file.read_bytes() for file in folder.iterdir()}
    refused = pki(*words, "--out", str(folder))
    assert refused.exit_code == FAULT
    assert "--replace" in refused.stderr
    assert {file: file.read_bytes() for file in folder.iterdir()} == before
    assert pki(*words, "--out", str(folder), "--replace").exit_code == 0
    assert {file: file.read_bytes() for file in folder.iterdir()} != before


def test_a_region_can_have_its_key_encrypted(folder: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("word\n")
    assert pki("region", "510521", "--out", str(folder), "--passphrase-file", str(secret)).exit_code == 0
    files = ClientTls(
        region="510521",
        ca=folder / "ca.pem",
        cert=folder / "510521.pem",
        key=folder / "510521.key",
        passphrase_file=secret,
    )
    assert "ENCRYPTED" in files.key.read_text()
    assert files.context(clock.now()).check_hostname


def test_a_certificate_is_shown_with_its_use_and_the_days_left(folder: Path) -> None:
    [shown] = json.loads(pki("show", str(folder / "server.pem"), "--json").stdout)
    assert (shown["use"], shown["hosts"], shown["days_left"]) == ("server", ["hub.example", "10.0.0.7"], 396)
    said = pki("show", str(folder / "442000.pem"))
    assert said.exit_code == 0
    assert "subject  442000, issued by legalaid-transfer test CA" in said.stdout
    assert "use      client" in said.stdout
    assert "left     396 days" in said.stdout
    assert "use      authority" in pki("show", str(folder / "ca.pem")).stdout


def test_an_expired_certificate_is_shown_as_a_fault(folder: Path) -> None:
    authority = Authority.load(folder)
    file, _ = save(authority.region("510521", now=clock.now() - timedelta(days=3), days=2), folder, "510521")
    ended = pki("show", str(file))
    assert ended.exit_code == FAULT
    assert "left     expired" in ended.stdout


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["region", "44200"], FAULT, "a region has a GB/T 2260 code"),
        (["region", "510521", "--days", "5000"], FAULT, "longer than the authority lasts"),
        (["server", "--host", "泸县"], FAULT, "neither a host name nor an IP address"),
        (["server", "--host", "a" * 65], FAULT, "1 to 64 characters"),
        (["server"], USAGE, "--host"),
        (["region", "510521", "--out", "absent"], CONFIGURATION, "absent/ca.pem: No such file"),
    ],
    ids=lambda value: " ".join(value)[:30] if isinstance(value, list) else "",
)
def test_what_cannot_be_had_is_named(folder: Path, words: list[str], code: int, said: str) -> None:
    ended = pki(*(words if "--out" in words else [*words, "--out", str(folder)]))
    assert ended.exit_code == code
    assert said in ended.stderr


def test_an_authority_without_its_key_issues_nothing(folder: Path) -> None:
    (folder / "ca.key").write_bytes((folder / "server.key").read_bytes())
    ended = pki("region", "510521", "--out", str(folder))
    assert ended.exit_code == CONFIGURATION
    assert "is not the key of the authority" in ended.stderr
