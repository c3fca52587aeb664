"""The pages of signing in and accounts."""

from typing import Final

from transfer.web.route import Route

SIGN_IN_PAGES: Final[tuple[Route, ...]] = ()
