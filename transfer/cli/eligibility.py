"""``transfer eligibility``: the hardship condition of applicants, and attestations read without a node."""

from collections.abc import Iterator
from pathlib import Path
from typing import TextIO
from uuid import UUID

import click
from pydantic import ValidationError

from transfer.cli.clock import COUNTRY, here_option, rules_asked
from transfer.cli.exits import CommandFailed, WrongUsage
from transfer.cli.known import case_here
from transfer.cli.opening import env_file_option, json_option, load_settings, opened, run
from transfer.cli.output import console, print_json, table
from transfer.cli.paths import FILE
from transfer.crypto.book import read_directory
from transfer.crypto.directory import Directory
from transfer.crypto.errors import CryptoError
from transfer.crypto.notes import Verifier
from transfer.crypto.statements import read_statement
from transfer.domain.clocks import legal_day
from transfer.messages.eligibility import Attestation, Attestations, Revocation
from transfer.messages.envelope import explain
from transfer.messages.values import region_of
from transfer.settings import Settings
from transfer.telemetry.clock import now
from transfer.web.eligibility import Eligibility, PersonShown, eligibility_of
from transfer.web.route import Shows


class NotGood(CommandFailed):
    """An attestation is not what it claims to be, or counts no longer."""


@click.group()
def eligibility() -> None:
    """Look at the hardship condition (经济困难条件): rules, findings, attestations."""


@eligibility.command("list")
@click.option("--region", default=COUNTRY, help="Rules as they hold in this region, by its code.")
@here_option
@json_option
@env_file_option
def list_(*, region: str, here: bool, as_json: bool, env_file: Path | None) -> None:
    """List the grounds that hold today."""
    grounds = rules_asked(env_file, here=here).grounds(region, legal_day(now()))
    if as_json:
        print_json([one.model_dump(mode="json", exclude_defaults=True) for one in grounds])
        return
    rows = [(one.ground.value, one.zh, one.proof.zh, one.source.printed) for one in grounds]
    console().print(table(None, ("ground", "for whom", "proved by", "source"), rows))


@eligibility.command()
@click.argument("case", type=click.UUID)
@json_option
@env_file_option
def show(*, case: UUID, as_json: bool, env_file: Path | None) -> None:
    """Show of each applicant what was found, whether it holds, and which grounds are open."""
    found = run(_show(load_settings(env_file), case))
    if as_json:
        print_json(found.model_dump(mode="json"))
        return
    standard = f"{found.standard.zh} {found.standard.value}" if found.standard else "is not loaded"
    out = console()
    out.print(f"judged by the rules of {found.region} on {found.day}; the standard of its province {standard}")
    out.print(table(None, ("applicant", "found", "holds", "open"), [_row(one) for one in found.items]))


async def _show(settings: Settings, case: UUID) -> Eligibility:
    async with opened(settings) as node:
        return eligibility_of((await case_here(node, case, Shows.ELIGIBILITY)).case, node.context())


def _row(one: PersonShown) -> tuple[str, ...]:
    ground = "" if one.finding is None else one.finding.ground or "not in hardship"
    again = f"; look again ({one.look_again.zh})" if one.look_again else ""
    holds = "yes" if one.holds else f"no: {one.why_not_en}{again}"
    return str(one.applicant), ground, holds, ", ".join(ground.ground for ground in one.grounds if ground.open)


@eligibility.command()
@click.argument("file", type=click.File(encoding="utf-8"))
@click.option("--directory", "note", type=FILE, required=True, help="The signed directory.")
@click.option("--trust", "keys", multiple=True, envvar="TRANSFER_DIRECTORY_KEYS", required=True, help="Verifier key.")
def verify(*, file: TextIO, note: Path, keys: tuple[str, ...]) -> None:
    """Verify the attestations of a case without a node.

    FILE has `attestations` as the API shows them; - reads them from standard input. Exits with 1 when one of them does
    not count.
    """
    directory = read_directory(note, [Verifier.parse(key) for one in keys for key in one.replace(",", " ").split()])
    try:
        held = Attestations.model_validate_json(file.read())
    except ValidationError as error:
        raise WrongUsage(f"{file.name}: {explain(error)}") from error
    faults = 0
    for line, good in _verified(held, directory):
        faults += not good
        click.echo(line)
    if faults:
        raise NotGood(f"{faults} of {len(held.issued)} do not count")


def _verified(held: Attestations, directory: Directory) -> Iterator[tuple[str, bool]]:
    """A line on each attestation, and whether it counts today."""
    revoked = list(_revocations(held, directory))
    for attested in held.issued:
        try:
            said = read_statement(attested.token, Attestation, directory, now())
        except CryptoError as error:
            yield f"applicant {attested.applicant}: {error}", False
            continue
        taken_back = (said.id, region_of(said.by)) in revoked
        good = not taken_back and legal_day(now()) <= said.until and attested.applicant == said.applicant
        state = "revoked" if taken_back else "counts" if good else "does not count"
        what = "in economic hardship" if said.in_hardship else "not in economic hardship"
        found = f"applicant {said.applicant}: {what}, found by {said.by} on {said.found_on}, {said.basis}"
        yield f"{found}\n    attestation {said.id}, until {said.until}: {state}; person {said.person}", good


def _revocations(held: Attestations, directory: Directory) -> Iterator[tuple[UUID, str]]:
    for token in held.revoked:
        try:
            said = read_statement(token, Revocation, directory, now())
        except CryptoError as error:
            click.echo(f"a revocation is passed over: {error}", err=True)
        else:
            yield said.attestation, region_of(said.by)
