"""The pages of intake, steps, groups and uploads."""

from collections.abc import Iterator
from functools import partial
from typing import Final

from transfer.web.pages.steps import Chosen, show_step, take_step
from transfer.web.route import Change, Route, Shows, Tag
from transfer.web.routes import ROUTES
from transfer.web.steps import DRAFT_REQUEST, PUBLISH_STAGE

_CASE: Final = "/v1/cases/{case}/"
_NAMED: Final = {"transfers": "offer", "requests": DRAFT_REQUEST, "stages": PUBLISH_STAGE}
"""Steps whose place in the API is the list that they add to."""


def page_of_step(api: Route) -> str:
    """The path of the page of a step, by its route of the API."""
    place = api.path.removeprefix(_CASE)
    subject, brace, step = place.partition("}/")
    if brace:
        return f"/cases/{{case}}/{subject}}}/steps/{step}"
    return f"/cases/{{case}}/steps/{_NAMED.get(place, place.replace('/', '-'))}"


def _steps() -> Iterator[Route]:
    for api in ROUTES:
        if api.change is Change.CASE:
            same = {
                "path": page_of_step(api),
                "right": api.right,
                "zh": api.zh,
                "en": api.en,
                "tag": Tag.PAGES,
                "gives": None,
                "media_type": "text/html",
            }
            yield Route(method="GET", handler=partial(show_step, api), shows=Shows.CASE, query=Chosen, **same)  # type: ignore[arg-type]
            yield Route(method="POST", handler=partial(take_step, api), takes_form=True, **same)  # type: ignore[arg-type]


FORM_PAGES: Final[tuple[Route, ...]] = (*_steps(),)
