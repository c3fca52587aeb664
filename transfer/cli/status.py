"""``transfer status``: how this node stands, from its database."""

from pathlib import Path
from typing import Any

import click

from transfer.cli.opening import env_file_option, json_option, load_settings, opened, run
from transfer.cli.output import console, local, print_json, table
from transfer.records import Traffic
from transfer.settings import Settings


@click.command(short_help="Show how the exchange of messages stands.")
@json_option
@env_file_option
def status(*, as_json: bool, env_file: Path | None) -> None:
    """Show what waits, what is parked, and how the roads to the other regions are.

    Reads the database, so the node need not run. Whether a running node has its broker, GET /readyz tells.
    """
    settings = load_settings(env_file)
    name, version, traffic = run(_look(settings))
    if as_json:
        found: dict[str, Any] = {"region": settings.region, "name": name, "database_version": version}
        print_json(found | traffic.model_dump(mode="json"))
        return
    out = console()
    out.print(f"node {settings.region} {name}, database version {version}")
    sent = ", ".join(f"{count} {state}" for state, count in traffic.outbox.items())
    out.print(f"sent        {sent}")
    if traffic.oldest_waiting is not None:
        oldest = traffic.oldest_waiting
        out.print(f"            oldest without final receipt: {oldest.id} to {oldest.peer}, {local(oldest.created_at)}")
    out.print(f"received    {traffic.parked} parked, waiting for earlier ones")
    said = "" if traffic.quarantined == 0 else "; `transfer quarantine list` shows them"
    out.print(f"quarantine  {traffic.quarantined} not applied{said}")
    if traffic.destinations:
        roads = [
            (road.region, local(road.heard_at), str(road.failures), local(road.retry_at), road.last_error or "")
            for road in traffic.destinations
        ]
        out.print(table(None, ("region", "last heard", "failures", "next try", "last error"), roads))


async def _look(settings: Settings) -> tuple[str, str, Traffic]:
    async with opened(settings) as node:
        name = node.book.latest.by_code[settings.region].name_zh
        return name, (await node.views.form()).found, await node.views.traffic()
