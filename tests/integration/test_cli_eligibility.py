"""`transfer eligibility show`: what was found of each applicant of a case, from this node's database."""

from uuid import uuid4

from tests.builders import LUXIAN, ZHONGSHAN, a_body, a_message
from tests.integration import test_cli_node
from tests.integration.test_cli_node import Place
from transfer.cli.exits import FAULT
from transfer.messages.examples import FULL
from transfer.messages.transfer import Offered

place = test_cli_node.place


def test_each_applicant_is_shown_with_what_was_found_and_what_is_open(place: Place) -> None:
    offer = a_message(Offered, FULL)
    place.take_in(a_body(offer, source=LUXIAN, recipient=ZHONGSHAN, sequence=1))
    found = place.json("eligibility", "show", str(offer.case))
    assert (found["region"], found["standard"]) == (LUXIAN, None), "the sender holds it still"
    first, second = found["items"]
    assert (first["finding"]["ground"], first["holds"]) == ("COMMITMENT", True)
    assert (second["finding"]["ground"], second["holds"], second["why_not"]) == (
        "HOME_FINDING_RECOGNISED",
        False,
        "NO_HOME_FINDING",
    )
    said = place.run("eligibility", "show", str(offer.case)).stdout
    for part in (str(offer.file.applicants[0].id), "COMMITMENT", "yes", "ART42_3", "is not loaded"):
        assert part in said, said
    assert "李大山" not in said


def test_a_case_that_is_not_known_is_not_shown(place: Place) -> None:
    assert place.run("eligibility", "show", str(uuid4())).exit_code == FAULT
