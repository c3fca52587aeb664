"""A case as a node knows it, read from its own database or from the API of any node."""

import getpass
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from pydantic import ValidationError

from transfer.actions.notebook import Notebook, was_read
from transfer.cli.exits import NotThere, Unreachable
from transfer.cli.facts import Facts
from transfer.cli.remote import Api
from transfer.node import Node
from transfer.records import HistoryLine, KnownCase, MessageFilter, MessageLine, TimeKey
from transfer.telemetry.clock import now
from transfer.web.route import Shows

_PAGE: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """All that one region knows of what happened to a case."""

    region: str
    facts: Facts
    history: Sequence[HistoryLine]
    messages: Sequence[MessageLine]


async def case_here(node: Node, case: UUID, shows: Shows) -> KnownCase:
    """The case in this node's database, once the ledger says who reads it; raises NotThere, StorageUnavailable."""
    found = await node.views.case(case)
    if found is None:
        raise NotThere(f"no case {case} is known here; `transfer case list` shows those that are")
    if shows is not Shows.NOTHING:
        await noted(node, shows, str(case), case=case)
    return found


async def noted(
    node: Node, shows: Shows, about: str | None = None, *, case: UUID | None = None, count: int | None = None
) -> None:
    """That the user of the operating system whose command this is reads it; raises StorageUnavailable."""
    reading = was_read(shows.value, about, by=operator(), at=now(), case=case, count=count)
    await Notebook(room=node.store).note(reading)


def operator() -> str:
    """The user of the operating system, as the ledger names one."""
    try:
        return f"os:{getpass.getuser()}"
    except (KeyError, OSError):  # one without a name
        return f"os:{os.getuid()}"


async def trace_here(node: Node, case: UUID) -> Trace:
    """From this node's database; raises NotThere."""
    views = node.views
    known = await case_here(node, case, Shows.HISTORY)
    history: list[HistoryLine] = []
    while page := await views.history(case, after=history[-1].number if history else None, limit=_PAGE):
        history += page
    messages: list[MessageLine] = []
    after: TimeKey | None = None
    chosen = MessageFilter(case=case)
    while lines := await views.messages(chosen, after=after, limit=_PAGE, newest_first=False):
        messages += lines
        after = TimeKey(at=lines[-1].at, id=lines[-1].id)
    return Trace(region=node.settings.region, facts=Facts.of(known), history=history, messages=messages)


def trace_there(api: Api, case: UUID) -> Trace:
    """From another node; raises NotThere, Refused, Unreachable."""
    facts = facts_there(api, case)
    return Trace(
        region=next(str(one["code"]) for one in api.get("/v1/regions").body["items"] if one["here"]),
        facts=facts,
        history=history_there(api, case),
        messages=messages_there(api, case),
    )


def facts_there(api: Api, case: UUID) -> Facts:
    """What that node knows of the case now; raises NotThere, Unreachable."""
    body = api.get(f"/v1/cases/{case}").body
    try:
        return Facts.read(body)
    except (LookupError, TypeError, ValueError) as error:
        raise Unreachable(f"{api.url} answers in a form that is not known here ({error})") from error


def history_there(api: Api, case: UUID) -> list[HistoryLine]:
    """What happened to the case there, oldest first."""
    return [_read(HistoryLine, line, api) for line in _pages(api, f"/v1/cases/{case}/history")]


def messages_there(api: Api, case: UUID) -> list[MessageLine]:
    """The messages on the case that it sent and received, oldest first."""
    lines = [_read(MessageLine, line, api) for line in _pages(api, f"/v1/cases/{case}/messages")]
    return sorted(lines, key=lambda line: (line.at, line.id))


def _pages(api: Api, path: str) -> Iterator[dict[str, Any]]:
    ahead: str | None = f"{path}?limit={_PAGE}"
    while ahead is not None:
        page = api.get(ahead).body
        yield from page["items"]
        ahead = page["next"]


def _read(model: type[Any], line: dict[str, Any], api: Api) -> Any:  # noqa: ANN401 - an instance of the model
    try:
        # A node of a newer version may say more.
        return model.model_validate(line, extra="ignore")
    except ValidationError as error:
        raise Unreachable(
            f"{api.url} answers in a form that is not known here ({error.error_count()} faults)"
        ) from error
