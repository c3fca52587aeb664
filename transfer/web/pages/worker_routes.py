"""The pages of workers, and the box of what they send."""

from typing import Final

from transfer.web.route import Route

WORKER_PAGES: Final[tuple[Route, ...]] = ()
