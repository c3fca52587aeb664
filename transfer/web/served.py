"""All that the site of a node serves: the API and the pages."""

from typing import Final

from transfer.web.pages.routes import PAGES
from transfer.web.route import Route
from transfer.web.routes import ROUTES

SERVED: Final[tuple[Route, ...]] = (*ROUTES, *PAGES)
