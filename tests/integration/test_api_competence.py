"""Who is competent for a case, over the API."""

from tests.integration.api_node import LUXIAN, OFFER, ZHONGSHAN, Api

PLACES = {"place_of_performance": LUXIAN, "place_of_employer": ZHONGSHAN}


async def test_competence_is_shown_when_a_case_is_opened_and_at_its_own_address(here: Api) -> None:
    case = await here.opened(**PLACES)
    assert [one["region"] for one in case["competence"]["competent"]] == [LUXIAN, ZHONGSHAN]
    assert case["competence"]["accepts"] == ZHONGSHAN, "of several the first that received"
    answer = await here.get(f"/v1/cases/{case['id']}/competence")
    assert (answer.status, answer.body) == (200, case["competence"])


async def test_places_that_become_known_change_it(here: Api) -> None:
    case = await here.opened()
    named = {"by": "王芳", "institution": ZHONGSHAN, "place_of_dispute_organ": LUXIAN}
    case = (await here.post(f"/v1/cases/{case['id']}/places", named)).body
    assert [one["reached_by"] for one in case["competence"]["competent"]] == [LUXIAN]
    answer = await here.post(f"/v1/cases/{case['id']}/places", {"by": "王芳", "institution": ZHONGSHAN})
    assert answer.status == 422


async def test_an_offer_without_a_connecting_point_is_refused_until_it_says_why(here: Api) -> None:
    case = await here.opened(place_of_cause=ZHONGSHAN)
    answer = await here.post(f"/v1/cases/{case['id']}/transfers", OFFER)
    assert (answer.status, answer.kind) == (422, "no-connecting-point")
    answer = await here.post(f"/v1/cases/{case['id']}/transfers", OFFER | {"despite": "劳动合同履行地待核实"})
    assert answer.status == 201
    assert answer.body["transfers"][0]["despite"] == "劳动合同履行地待核实"


async def test_a_case_that_is_not_known_has_no_competent_region(here: Api) -> None:
    answer = await here.get("/v1/cases/01975a3e-6c02-7f43-9e24-55f1b2c3d406/competence")
    assert (answer.status, answer.kind) == (404, "unknown-case")
