"""The pages of intake, steps, groups and uploads."""

from typing import Final

from transfer.web.route import Route

FORM_PAGES: Final[tuple[Route, ...]] = ()
