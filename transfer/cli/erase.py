"""``transfer erase``: holds, and the destruction of personal data."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import click

from transfer.cli.known import case_here
from transfer.cli.opening import env_file_option, json_option, load_settings, opened, run
from transfer.cli.output import console, print_json, table
from transfer.cli.remote import api_here, here_options
from transfer.domain.handling import Handling
from transfer.messages.codes_erasure import ErasureBasis
from transfer.messages.codes_handling import HoldReason
from transfer.settings import Settings
from transfer.storage.erasing_again import erase_again
from transfer.telemetry.clock import now
from transfer.web.route import Shows

_ANY: Final = "*"
_Run = Callable[..., None]


def _acting(command: _Run) -> _Run:
    """Adds who acts, and through which node."""
    for option in (
        env_file_option,
        here_options,
        click.option("--institution", metavar="CODE", required=True, help="For which institution."),
        click.option("--by", metavar="NAME", required=True, help="Who takes the step."),
    ):
        command = option(command)
    return command


@click.group()
def erase() -> None:
    """Destroy personal data of cases that need not be kept any more (删除), or hold them (保全).

    One person proposes and another carries out, after the case was exported and archived; whoever has a copy is told
    to do the same.
    """


@erase.command()
@click.argument("case", type=click.UUID)
@click.option("--applicant", type=click.UUID, help="One applicant alone.")
@click.option("--basis", type=click.Choice([one.value for one in ErasureBasis]), required=True, help="The ground.")
@_acting
def propose(*, case: UUID, applicant: UUID | None, basis: str, **acting: Any) -> None:  # noqa: ANN401 - of _acting
    """Propose to erase CASE; nothing is destroyed yet."""
    whose = {"applicant": str(applicant)} if applicant else {}
    _post(f"/v1/cases/{case}/erase/proposal", {"basis": basis, **whose}, acting)
    click.echo("proposed: export the case, then another person carries it out")


@erase.command("case")
@click.argument("case", type=click.UUID)
@_acting
def case_(*, case: UUID, **acting: Any) -> None:  # noqa: ANN401 - of _acting
    """Destroy what is held of CASE, as another person proposed."""
    _told(_post(f"/v1/cases/{case}/erase", {}, acting), None)


@erase.command()
@click.argument("case", type=click.UUID)
@click.argument("applicant", type=click.UUID)
@_acting
def applicant(*, case: UUID, applicant: UUID, **acting: Any) -> None:  # noqa: ANN401 - of _acting
    """Destroy what is held of one APPLICANT of CASE, as another person proposed."""
    _told(_post(f"/v1/cases/{case}/erase", {"applicant": str(applicant)}, acting), applicant)


@erase.command()
@click.argument("case", type=click.UUID)
@click.option("--reason", type=click.Choice([one.value for one in HoldReason]), required=True, help="Why.")
@click.option("--note", metavar="TEXT", help="More on it; stays with the case.")
@_acting
def hold(*, case: UUID, reason: str, note: str | None, **acting: Any) -> None:  # noqa: ANN401 - of _acting
    """Keep CASE whatever its age."""
    _post(f"/v1/cases/{case}/hold", {"reason": reason} | ({"note": note} if note else {}), acting)
    click.echo("on hold: nothing of it is erased")


@erase.command("lift-hold")
@click.argument("case", type=click.UUID)
@_acting
def lift_hold(*, case: UUID, **acting: Any) -> None:  # noqa: ANN401 - of _acting
    """Keep CASE no longer than others; what its holder ordered meanwhile is erased at once."""
    _post(f"/v1/cases/{case}/hold/lift", {}, acting)
    click.echo("the hold is lifted")


@erase.command()
@click.argument("case", type=click.UUID)
@json_option
@env_file_option
def show(*, case: UUID, as_json: bool, env_file: Path | None) -> None:
    """Show whether CASE is on hold, what was erased of it, and which regions have done so."""
    handling = run(_handling(load_settings(env_file), case))
    if as_json:
        print_json(handling.model_dump(mode="json", include={"hold", "erasures"}))
        return
    if handling.hold is not None:
        click.echo(f"on hold: {handling.hold.reason.value} ({handling.hold.reason.zh})")
    rows = [(region, of, said) for of, region, said in _lines(handling)]
    if rows:
        console().print(table(None, ("region", "of", ""), rows))
    elif handling.hold is None:
        click.echo("nothing was erased or proposed, and no hold stands")


@erase.command()
@json_option
@env_file_option
def again(*, as_json: bool, env_file: Path | None) -> None:
    """Erase again what the ledger says was erased; after every restore from a backup."""
    done = run(_again(load_settings(env_file)))
    if as_json:
        print_json([str(case) for case in done])
        return
    for case in done:
        click.echo(f"{case} was back, and is erased again")
    click.echo(f"{len(done)} cases had to be erased again")


def _post(path: str, body: Mapping[str, str], acting: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
    api = api_here(acting["node"], acting["token_file"], acting["env_file"])
    who = {name: acting[name] for name in ("by", "institution")}
    return api.post(path, {**who, **body}, etag=_ANY).body


def _told(case: Any, whose: UUID | None) -> None:  # noqa: ANN401 - JSON
    handling = Handling.model_validate(case["handling"], strict=False)
    done = handling.erasure(whose)
    click.echo(f"erased; {len(done.told) if done else 0} other regions are told")
    if done is not None:
        click.echo(f"receipt {done.receipt}")


def _lines(handling: Handling) -> list[tuple[str, str, str]]:
    """Of what, which region, and what it has done."""
    found = []
    for one in handling.erasures:
        of = str(one.applicant or "the case")
        here = "erased" if one.receipt else "ordered, and on hold" if one.order else f"proposed by {one.proposed_by}"
        found.append((of, "here", here))
        words = {word.region: "erased" if word.receipt else "on hold there" for word in one.words}
        found += [(of, region, words.get(region, "has not answered")) for region in one.told if one.receipt]
    return found


async def _handling(settings: Settings, case: UUID) -> Handling:
    async with opened(settings) as node:
        return (await case_here(node, case, Shows.NOTHING)).case.handling


async def _again(settings: Settings) -> list[UUID]:
    async with opened(settings) as node:
        return await erase_again(node.store, now=now())
