"""What a form does with what was typed: the same command and the same handler as the API, or the form again."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from pydantic import BaseModel, ValidationError
from pydantic_core import to_json

from transfer.web.answers import Reply
from transfer.web.conditions import key_in
from transfer.web.faults import Fault
from transfer.web.pages.filled import Tree
from transfer.web.pages.languages import Language
from transfer.web.pages.refusals import names_in, refusal_text
from transfer.web.pages.rendering import UNPROCESSABLE, language
from transfer.web.pages.wrong import faults
from transfer.web.problems import PROBLEMS
from transfer.web.route import Ask, Handler

KEY: Final = "form-key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """Why the form is shown again: by field, in all, and with which status."""

    fields: Mapping[str, str] = field(default_factory=dict)
    whole: str = ""
    status: int = UNPROCESSABLE
    error: Exception | None = None


NOTHING_WRONG: Final = Wrong(status=200)


def with_person(tree: Tree, ask: Ask) -> Tree:
    """Whoever is signed in acts under the own name, for the own institution; else both are typed."""
    if ask.who.unbound:
        return tree
    return tree | {"by": ask.who.name, "institution": ask.who.institution}


def understood(command: type[BaseModel], tree: Tree, chosen: Language) -> BaseModel | Wrong:
    """The command, as the API would read it."""
    try:
        return command.model_validate_json(to_json(tree), extra="forbid")
    except ValidationError as error:
        return Wrong(fields=faults(error, tree, chosen))


async def sent(ask: Ask, handler: Handler, command: BaseModel, *, version: int | None, key: str) -> Reply | Wrong:
    """What the handler of the API answers, or what the table of problems says of its refusal."""
    digest = hashlib.sha256(f"{ask.path}\n".encode() + to_json(command)).hexdigest()
    try:
        asked = replace(ask, body=command, key=key_in(key), version=version, digest=f"sha256:{digest}")
        return await handler(asked)
    except Exception as error:
        if type(error) not in PROBLEMS:
            raise
        known = await ask.parts.views.case(ask.id("case")) if "case" in ask.named else None
        names = {} if known is None else names_in(known.case)
        return refused(error, refusal_text(error, language(ask), ask.parts.directory, names))


def refused(error: Exception, text: str) -> Wrong:
    """A problem of the table, said beside the form."""
    kind = PROBLEMS[type(error)]
    places = error.members.get("errors") if isinstance(error, Fault) else None
    return Wrong(fields=_named(places, text), whole=text, status=kind.status, error=error)


def _named(places: Any, text: str) -> dict[str, str]:  # noqa: ANN401 - members of a problem
    """Places in the body, by the names of their fields."""
    if not isinstance(places, list):
        return {}
    return {one["pointer"].strip("/").replace("/", "."): text for one in places if "pointer" in one}
