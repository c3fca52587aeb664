"""The people of the demo do not exist, and what they send is what the API takes."""

import json
from datetime import date
from itertools import pairwise
from uuid import UUID

import pytest

from deploy.demo import people
from transfer.actions import commands
from transfer.actions.commands import Command
from transfer.domain.lifecycle import STAGES
from transfer.messages.codes import Stage
from transfer.messages.numbers import resident_id_fault

TODAY = date(2026, 3, 2)
SOMEONE = UUID(int=7)


@pytest.mark.parametrize("number", range(1, 101))
def test_every_identity_number_is_well_formed_and_nobodys(number: int) -> None:
    for person in people.further_application(number)["applicants"]:
        identity = person["identity"]["number"]
        assert identity.startswith("990000")
        assert resident_id_fault(identity) is None


@pytest.mark.parametrize(
    ("model", "body"),
    [
        (commands.OpenCase, people.application(TODAY)),
        (commands.OpenCase, people.further_application(1)),
        (commands.Offer, people.offer(people.STATION, 1, "理由")),
        (commands.SignFor, people.signature(people.CLERK_STATION, people.STATION)),
        (commands.Dispute, people.dispute()),
        (commands.Recall, people.recall()),
        (commands.RequireSupplement, people.notice(SOMEONE, TODAY)),
        (commands.Supplement, people.supplement(SOMEONE)),
        (commands.Accept, people.acceptance(TODAY)),
        *((commands.PublishStage, people.stage(name, TODAY)) for name in people.STAGES),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else "",
)
def test_every_body_is_a_command(model: type[Command], body: dict[str, object]) -> None:
    model.model_validate_json(json.dumps(body), extra="forbid")


def test_the_stages_of_the_story_follow_one_another() -> None:
    allowed = {(row.stage, row.to) for row in STAGES}
    walked = [Stage.RECEIVED, *(Stage(name) for name in people.STAGES)]
    assert set(pairwise(walked)) <= allowed
