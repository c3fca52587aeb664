"""The pages of operators and figures."""

from typing import Final

from transfer.web.route import Route

OPERATOR_PAGES: Final[tuple[Route, ...]] = ()
