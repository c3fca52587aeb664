"""The pages of caseworkers: worklist, case, evidence requests."""

from typing import Final

from transfer.web.route import Route

WORK_PAGES: Final[tuple[Route, ...]] = ()
