"""The pages of auditors."""

from typing import Final

from transfer.web.route import Route

AUDIT_PAGES: Final[tuple[Route, ...]] = ()
