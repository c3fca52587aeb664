"""``transfer directory``: for the operator of the exchange, who lists and signs the regions."""

import json
import os
from collections.abc import Iterator
from datetime import timedelta
from difflib import unified_diff
from pathlib import Path
from typing import Any, Final

import click
from pydantic import TypeAdapter, ValidationError

from transfer.broker.address import Address, AddressInvalid
from transfer.broker.announce import NotAnnounced, announce
from transfer.broker.topology import DIRECTORY
from transfer.cli.exits import Misconfigured, Unreachable, WrongUsage
from transfer.cli.opening import json_option, run
from transfer.cli.output import local, print_json
from transfer.cli.paths import FILE, FOLDER
from transfer.crypto.book import read_directory
from transfer.crypto.directory import Directory, Draft
from transfer.crypto.files import PUBLIC, put
from transfer.crypto.keys import PublicKey, SuiteName
from transfer.crypto.notes import Verifier, sign
from transfer.crypto.operator import OperatorKey
from transfer.crypto.passphrase import find_passphrase
from transfer.crypto.tls import ClientTls
from transfer.messages.envelope import explain
from transfer.telemetry.clock import now
from transfer.telemetry.logs import set_up_logs

_KEYS: Final[TypeAdapter[list[PublicKey]]] = TypeAdapter(list[PublicKey])
_PARTS: Final = 3
_TLS: Final = "Folder with ca.pem, and directory.pem and directory.key, the operator's certificate for the hub."
_TLS_FILES: Final = (("ca", "ca", "pem"), ("cert", DIRECTORY, "pem"), ("key", DIRECTORY, "key"))


@click.group()
def directory() -> None:
    """List the regions of the exchange, sign the list, and publish it to their nodes.

    The list is drafted in a JSON file; the nodes take only what is signed with a key that they trust.
    """


@directory.command()
@click.argument("draft", type=FILE)
@click.option("--key", type=FILE, required=True, help="File for the new key that will sign the directory.")
@click.option("--name", required=True, help="Name of that key, for instance legalaid.example/directory.")
@click.option("--passphrase-file", type=FILE, help="File with the passphrase of the key.")
def init(*, draft: Path, key: Path, name: str, passphrase_file: Path | None) -> None:
    """Begin a directory: an empty DRAFT, and the operator's key. Prints what nodes set as TRANSFER_DIRECTORY_KEYS."""
    made = OperatorKey.new(name, find_passphrase(passphrase_file, os.environ))
    if not draft.exists():
        _write(draft, Draft())
    made.write(key)
    click.echo(made.verifier)


@directory.command(name="add-region")
@click.argument("draft", type=FILE)
@click.argument("code")
@click.option("--name-zh", help="Name in Chinese.")
@click.option("--name-en", help="Name in English.")
@click.option("--institution", "institutions", multiple=True, metavar="CODE/ZH/EN", help="An institution; repeat it.")
@click.option("--workstation", "stations", multiple=True, metavar="CODE/ZH/EN", help="A workstation; repeat it.")
@click.option("--suite", "suites", multiple=True, type=click.Choice([s.value for s in SuiteName]), help="Best first.")
@click.option("--keys", type=FILE, help="Its public keys, as the region's `transfer keys list --json` printed them.")
@click.option("--attachments", help="https:// address where others fetch its files.")
@click.option("--reads", multiple=True, type=click.IntRange(1), help="A major version of messages it reads; repeat it.")
@click.option("--maintenance", help="Why it takes no messages for now; an empty text ends it.")
def add_region(*, draft: Path, code: str, keys: Path | None, **given: Any) -> None:  # noqa: ANN401 - options of many kinds
    """Add region CODE to DRAFT, or change what is given of it. One that has left comes back with the keys that it had,
    ended when it left, beside those that are given.

    Look at the keys' ids with the region by another road, the telephone for instance, before they are signed.
    """
    content = _dumped(Draft.load(draft))
    regions = {region["code"]: region for region in content["regions"]}
    former = {region["code"]: region for region in content["former"]}
    done = "changed" if code in regions else "back" if code in former else "added"
    back = former.pop(code, {"code": code})
    back.pop("left_at", None)
    region = regions.get(code, back) | dict(_changes(code, given))
    if keys is not None:
        fresh = _KEYS.dump_python(_read_keys(keys), mode="json", exclude_none=True)
        named = {key["kid"] for key in fresh}
        region["keys"] = fresh + [key for key in back.get("keys", []) if key["kid"] not in named]
    region.setdefault("suites", [SuiteName.JOSE.value])
    listed = {"regions": [*(regions | {code: region}).values()], "former": [*former.values()]}
    _write(draft, _checked(content | listed))
    click.echo(f"{code}: {done}")


def _changes(code: str, given: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name in ("name_zh", "name_en", "attachments"):
        if given[name]:
            yield name, given[name]
    if given["suites"]:
        yield "suites", list(given["suites"])
    if given["reads"]:
        yield "versions", sorted(set(given["reads"]))
    if given["maintenance"] is not None:
        yield "maintenance", given["maintenance"] or None
    houses = [_house(text) for text in given["institutions"]]
    stations = [_house(text) | {"kind": "workstation", "parent": code} for text in given["stations"]]
    if houses or stations:
        yield "institutions", houses + stations


def _house(text: str) -> dict[str, str]:
    parts = text.split("/")
    if len(parts) != _PARTS:
        raise WrongUsage(f"{text}: give code, Chinese name and English name, with a slash between them")
    return dict(zip(("code", "name_zh", "name_en"), parts, strict=True))


@directory.command()
@click.argument("draft", type=FILE)
@click.argument("one")
@click.argument("other")
@click.option("--days", type=click.IntRange(1, 60), default=10, show_default=True, help="Working days to answer.")
@click.option("--mutual/--no-mutual", default=False, help="Each takes the other's finding on hardship.")
@click.option("--since", required=True, help="First day, for instance 2026-03-01.")
@click.option("--until", help="Last day; default none.")
def agree(  # noqa: PLR0913 - one argument per option
    *, draft: Path, one: str, other: str, days: int, mutual: bool, since: str, until: str | None
) -> None:
    """Note in DRAFT what regions ONE and OTHER have agreed; it takes the place of an earlier agreement."""
    content = _dumped(Draft.load(draft))
    kept = [made for made in content["agreements"] if set(made["between"]) != {one, other}]
    fresh = {"between": [one, other], "answer_working_days": days, "mutual_recognition": mutual, "since": since}
    if until:
        fresh["until"] = until
    _write(draft, _checked(content | {"agreements": [*kept, fresh]}))
    click.echo(f"{one} and {other}: noted")


@directory.command()
@click.argument("draft", type=FILE)
@click.argument("code")
def leave(*, draft: Path, code: str) -> None:
    """Note in DRAFT that region CODE leaves now.

    Nothing goes to it any more and nothing of it is taken; its public keys stay, to verify what it signed until now.
    """
    listed, at = Draft.load(draft), now().replace(microsecond=0)
    if (gone := listed.by_code.get(code)) is None:
        raise WrongUsage(f"{draft} lists no region {code}")
    content = _dumped(listed)
    ended = [key.model_copy(update={"not_after": min(key.not_after, at)}) for key in gone.keys if key.not_before < at]
    kept = gone.model_copy(update={"keys": tuple(ended), "maintenance": None})
    content["regions"] = [one for one in content["regions"] if one["code"] != code]
    content["agreements"] = [one for one in content["agreements"] if code not in one["between"]]
    content["former"] = [
        *content["former"],
        kept.model_dump(mode="json", exclude_none=True) | {"left_at": at.isoformat()},
    ]
    _write(draft, _checked(content))
    click.echo(f"{code}: left at {local(at)}")


@directory.command()
@click.argument("draft", type=FILE)
@click.argument("version", type=click.IntRange(1))
def require(*, draft: Path, version: int) -> None:
    """Note in DRAFT that every region must read that major VERSION of messages.

    What others send to a region that does not read it waits until it does; its own node says so at /readyz.
    """
    made = _checked(_dumped(Draft.load(draft)) | {"least": version})
    _write(draft, made)
    behind = [why for region in made.regions if (why := made.behind(region))]
    click.echo("\n".join([f"version {version}: noted", *behind]))


@directory.command(name="sign")
@click.argument("draft", type=FILE)
@click.option("--key", type=FILE, required=True, help="The operator's key.")
@click.option("--out", type=FILE, required=True, help="File of the signed directory; the version in it is raised.")
@click.option("--days", type=click.IntRange(1, 3660), default=90, show_default=True, help="How long it is valid.")
@click.option("--passphrase-file", type=FILE, help="File with the passphrase of the key.")
def sign_(*, draft: Path, key: Path, out: Path, days: int, passphrase_file: Path | None) -> None:
    """Sign DRAFT as the next version of the directory in --out, and put it there."""
    held = OperatorKey.read(key)
    before = _read_note(out, (held.verifier,)) if out.exists() else None
    at = now().replace(microsecond=0)
    listed = Draft.load(draft)
    if not listed.regions:
        raise WrongUsage(f"{draft} lists no regions; `transfer directory add-region` adds one")
    signed = Directory(
        **dict(listed),
        version=before.version + 1 if before else 1,
        issued_at=at,
        expires_at=at + timedelta(days=days),
    )
    signer = held.unlocked(find_passphrase(passphrase_file, os.environ))
    _put(out, sign(signed.text, signer))
    click.echo(f"version {signed.version}, {len(signed.regions)} regions, until {local(signed.expires_at)}")


@directory.command()
@click.argument("note", type=FILE)
@click.option("--trust", "keys", multiple=True, envvar="TRANSFER_DIRECTORY_KEYS", required=True, help="Verifier key.")
@json_option
def verify(*, note: Path, keys: tuple[str, ...], as_json: bool) -> None:
    """Say what the signed NOTE lists, if a trusted key signed it."""
    found = _read_note(note, keys)
    if as_json:
        print_json(_dumped(found))
        return
    over = "  EXPIRED" if found.expired(now()) else ""
    click.echo(f"version {found.version}, issued {local(found.issued_at)}, until {local(found.expires_at)}{over}")
    for region in found.regions:
        click.echo(f"{region.code}  {region.name_zh}  {region.name_en}  suites {', '.join(region.suites)}")
        if why := found.behind(region):
            click.echo(f"        gets no messages: {why}")
        if region.maintenance:
            click.echo(f"        takes no messages now: {region.maintenance}")
        for key in region.keys:
            state = f"revoked {local(key.revoked_at)}" if key.revoked_at else f"until {local(key.not_after)}"
            click.echo(f"        {key.kid}  {key.suite}  {state}")
    for gone in found.former:
        click.echo(f"{gone.code}  {gone.name_zh}  {gone.name_en}  left {local(gone.left_at)}")
    for one in found.agreements:
        click.echo(f"{' and '.join(one.between)}: {one.answer_working_days} working days, since {one.since}")


@directory.command()
@click.argument("old", type=FILE)
@click.argument("new", type=FILE)
@click.option("--trust", "keys", multiple=True, envvar="TRANSFER_DIRECTORY_KEYS", required=True, help="Verifier key.")
@click.pass_context
def diff(ctx: click.Context, *, old: Path, new: Path, keys: tuple[str, ...]) -> None:
    """Show what NEW changes of OLD, both signed; exit with 1 when they differ."""
    texts = [_read_note(file, keys).text.splitlines() for file in (old, new)]
    lines = list(unified_diff(texts[0], texts[1], fromfile=str(old), tofile=str(new), lineterm="", n=2))
    for line in lines:
        click.echo(line)
    ctx.exit(1 if lines else 0)


@directory.command()
@click.argument("note", type=FILE)
@click.option("--trust", "keys", multiple=True, envvar="TRANSFER_DIRECTORY_KEYS", required=True, help="Verifier key.")
@click.option("--amqp-url", required=True, help="amqps://directory@HOST:PORT/VHOST of the hub.")
@click.option("--tls", "folder", type=FOLDER, required=True, help=_TLS)
def publish(*, note: Path, keys: tuple[str, ...], amqp_url: str, folder: Path) -> None:
    """Send the signed NOTE to the inbox of every region. Nodes take it while they run, when it is newer than theirs."""
    found = _read_note(note, keys)
    if found.expired(now()):
        raise WrongUsage(f"version {found.version} has expired; sign it anew")
    files = {name: folder / f"{stem}.{end}" for name, stem, end in _TLS_FILES}
    tls = ClientTls(region=DIRECTORY, **files)
    tls.context(now())
    set_up_logs(level="error", style="text")
    try:
        address = Address.parse(amqp_url, tls=tls)
    except AddressInvalid as error:
        raise WrongUsage(f"--amqp-url {error}") from error
    try:
        run(announce(address, note.read_bytes()))
    except NotAnnounced as error:
        raise Unreachable(f"{address}: {error}; what was handed over counts, publishing again does no harm") from error
    click.echo(f"version {found.version} is in the inbox of every region")


def _read_note(file: Path, keys: tuple[str, ...]) -> Directory:
    return read_directory(file, [Verifier.parse(key) for one in keys for key in one.replace(",", " ").split()])


def _read_keys(file: Path) -> list[PublicKey]:
    try:
        return _KEYS.validate_json(file.read_bytes())
    except OSError as error:
        raise WrongUsage(f"{file}: {error.strerror}") from error
    except ValidationError as error:
        raise WrongUsage(f"{file}: {explain(error)}") from error


def _checked(content: dict[str, Any]) -> Draft:
    try:
        return Draft.model_validate_json(json.dumps(content), extra="forbid")
    except ValidationError as error:
        raise WrongUsage(explain(error)) from error


def _dumped(draft: Draft) -> dict[str, Any]:
    return draft.model_dump(mode="json", exclude_none=True)


def _write(file: Path, draft: Draft) -> None:
    _put(file, draft.text)


def _put(file: Path, text: str) -> None:
    """In one step, so that a node that looks at it never sees half of it."""
    try:
        put(file, text.encode(), mode=PUBLIC)
    except OSError as error:
        raise Misconfigured(f"{file} cannot be written: {error.strerror}") from error
