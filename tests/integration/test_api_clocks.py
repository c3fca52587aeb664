"""The clocks of a case over the API."""

from tests.integration.api_node import ZHONGSHAN, Api, today


async def test_the_clocks_of_a_case_are_explained_day_by_day(here: Api) -> None:
    case = await here.opened()
    answer = await here.get(f"/v1/cases/{case['id']}/clocks")
    assert (answer.status, answer.body["today"]) == (200, today())
    [review] = answer.body["items"]
    assert (review["clock"]["rule"], review["clock"]["region"], review["state"]) == ("REVIEW", ZHONGSHAN, "running")
    assert [day["day"] for day in review["days"]] == [today(days=number) for number in range(8)]
    assert [day["number"] for day in review["days"]] == [None, 1, 2, 3, 4, 5, 6, 7]
    assert review["clock"]["due_strict"] == today(days=7)


async def test_a_decision_ends_one_clock_and_begins_another(here: Api) -> None:
    case = await here.opened()
    for by, stage in (("王芳", "under_review"), ("王主任", "granted")):
        said = {"by": by, "institution": ZHONGSHAN, "stage": stage, "occurred_on": today()}
        assert (await here.post(f"/v1/cases/{case['id']}/stages", said)).status == 200
    items = (await here.get(f"/v1/cases/{case['id']}/clocks")).body["items"]
    assert [(one["clock"]["rule"], one["state"]) for one in items] == [("REVIEW", "met"), ("ASSIGN", "running")]


async def test_the_worklist_finds_what_falls_due(here: Api) -> None:
    case = await here.opened()
    assert [one["id"] for one in await here.items(f"/v1/cases?due_before={today(days=8)}")] == [case["id"]]
    assert await here.items(f"/v1/cases?due_before={today(days=7)}") == []


async def test_a_case_that_is_not_known_has_no_clocks(here: Api) -> None:
    answer = await here.get("/v1/cases/01975a3e-6c02-7f43-9e24-55f1b2c3d406/clocks")
    assert (answer.status, answer.kind) == (404, "unknown-case")
