"""The published description of the API, the table of problems, and the page that is made from them."""

import inspect
import json
import pkgutil
import re
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

import transfer
from transfer.actions import (
    commands,
    competence_commands,
    eligibility_commands,
    erasing_commands,
    evidence_commands,
    group_commands,
    handling_commands,
    urgency_commands,
)
from transfer.actions.buttons import BUTTONS, EVIDENCE_BUTTONS
from transfer.actions.door import SignInPaused
from transfer.domain.errors import TransferError, slug
from transfer.web import faults
from transfer.web.examples import EXAMPLES
from transfer.web.openapi import FILE, document, problems_of, render
from transfer.web.page import render as render_page
from transfer.web.problems import PROBLEMS, problem_of, title
from transfer.web.route import Change
from transfer.web.routes import ROUTES
from transfer.web.sms_routes import SmsReply
from transfer.web.wording import WORDING, kebab

DOCUMENT = document(ROUTES)


def every(base: type[Exception]) -> set[type[Exception]]:
    return {one for sub in base.__subclasses__() for one in ({sub} | every(sub))}


def test_the_committed_description_is_the_one_that_is_made() -> None:
    assert Path(FILE).read_text() == render(ROUTES), f"write it anew: transfer.web.openapi.render to {FILE}"


def test_the_description_is_openapi() -> None:
    validate(DOCUMENT)


def test_every_error_of_the_rules_has_its_place_in_the_table_of_problems() -> None:
    for module in pkgutil.walk_packages(transfer.__path__, "transfer."):
        if "migrations" not in module.name and "__main__" not in module.name:
            import_module(module.name)
    ours = {one for one in every(TransferError) if one.__module__.startswith("transfer.")}
    assert ours - PROBLEMS.keys() == set()
    assert every(faults.Fault) - PROBLEMS.keys() == set()


def test_problems_have_a_title_in_both_languages_and_a_name_of_their_own() -> None:
    assert len({slug(one) for one in PROBLEMS}) == len(PROBLEMS)
    for error, kind in PROBLEMS.items():
        assert title(error) != error.__name__
        assert re.search("[一-鿿]", kind.zh)
        assert 400 <= kind.status < 600


@pytest.mark.parametrize("error", list(PROBLEMS), ids=slug)
def test_every_error_becomes_a_problem_document(error: type[Exception]) -> None:
    detail: dict[str, Any] = {"read": 1, "current": 2} if slug(error) == "stale-version" else {}
    detail |= {"until": datetime(2026, 6, 15, tzinfo=UTC)} if error is SignInPaused else {}
    takes_errors = error in (faults.InvalidBody, faults.InvalidQuery)
    made = faults.InvalidBody([]) if error is faults.InvalidBody else None
    made = made or (faults.InvalidQuery([]) if takes_errors else None)  # type: ignore[assignment]
    problem, _ = problem_of(made or error(**detail), "/v1/cases")
    assert problem.status == PROBLEMS[error].status
    assert problem.type == f"/docs#{slug(error)}"
    assert problem.detail


def test_every_button_has_its_route() -> None:
    steps = {route.path.rpartition("/")[2]: route for route in ROUTES if "{transfer}" in route.path}
    assert steps.keys() == {kebab(step) for step in BUTTONS}
    for step, button in BUTTONS.items():
        assert steps[kebab(step)].takes is button.command
        assert steps[kebab(step)].en == WORDING[step].en
    asked = {route.path.rpartition("/")[2]: route for route in ROUTES if "{request}" in route.path and route.takes}
    assert {name: route.takes for name, route in asked.items()} == {
        kebab(step): button.command for step, button in EVIDENCE_BUTTONS.items()
    }


def test_every_route_is_named_once_and_posts_carry_their_headers() -> None:
    assert len({route.key for route in ROUTES}) == len(ROUTES)
    for route in ROUTES:
        operation = DOCUMENT["paths"][route.path][route.method.lower()]
        headers = {p["name"] for p in operation.get("parameters", []) if p["in"] == "header" and p["required"]}
        # The content of a file is its own key, a preview keeps nothing, and to stop twice is to stop.
        keyless = route.takes_file or route.takes in {group_commands.PreviewGroup, SmsReply}
        wanted = {"Idempotency-Key"} if route.method == "POST" and not keyless else set()
        assert headers == (wanted | {"If-Match"} if route.change is Change.CASE else wanted)
        assert {str(PROBLEMS[one].status) for one in problems_of(route)} <= operation["responses"].keys()


def test_every_command_has_an_example_that_holds() -> None:
    rooms = (
        commands,
        competence_commands,
        eligibility_commands,
        erasing_commands,
        evidence_commands,
        group_commands,
        handling_commands,
        urgency_commands,
    )
    members = [one for room in rooms for _, one in inspect.getmembers(room, inspect.isclass)]
    known = {one for one in members if issubclass(one, commands.Command)}
    assert EXAMPLES.keys() == known - {commands.Command, commands.Application} | {group_commands.PreviewGroup, SmsReply}
    for command, example in EXAMPLES.items():
        whole = {"$ref": f"#/components/schemas/{command.__name__}", "components": DOCUMENT["components"]}
        Draft202012Validator(whole).validate(example)
        command.model_validate_json(json.dumps(example), extra="forbid")
        assert list(Draft202012Validator(whole).iter_errors(example | {"unknown": 1}))


def test_nothing_in_the_description_is_referred_to_that_is_not_there() -> None:
    text = render(ROUTES)
    for kind, name in set(re.findall(r'"#/components/(schemas|responses)/([^"]+)"', text)):
        assert name in DOCUMENT["components"][kind]


def test_the_page_escapes_what_it_shows() -> None:
    page = render_page(DOCUMENT)
    assert "<script" not in page
    assert page.count("<table>") == page.count("</table>")
    assert page.count("<details") == page.count("</details>")
    for anchor in set(re.findall(r'href="#([^"]+)"', page)):
        assert f'id="{anchor}"' in page, anchor
