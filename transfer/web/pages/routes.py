"""All pages, area by area."""

from typing import Final

from transfer.domain.rights import Anyone
from transfer.web.pages import assets, shell
from transfer.web.pages.audit_routes import AUDIT_PAGES
from transfer.web.pages.forms_routes import FORM_PAGES
from transfer.web.pages.oidc_routes import OIDC_PAGES
from transfer.web.pages.operator_routes import OPERATOR_PAGES
from transfer.web.pages.page_route import page_route
from transfer.web.pages.sign_in_routes import SIGN_IN_PAGES
from transfer.web.pages.work_routes import WORK_PAGES
from transfer.web.pages.worker_routes import WORKER_PAGES
from transfer.web.route import Route, Shows

PAGES: Final[tuple[Route, ...]] = (
    page_route(
        method="GET",
        path="/",
        right=Anyone.EVERYBODY,
        handler=shell.home,
        zh="首页",
        en="The first page",
        shows=Shows.NOTHING,
    ),
    page_route(
        method="POST",
        path="/language",
        right=Anyone.EVERYBODY,
        handler=shell.choose_language,
        zh="切换语言",
        en="Switch the language",
    ),
    page_route(
        method="GET",
        path="/static/{digest}/{name}",
        right=Anyone.EVERYBODY,
        handler=assets.asset,
        zh="样式和脚本",
        en="Styles and scripts",
        shows=Shows.NOTHING,
        media_type="text/css",
    ),
    *SIGN_IN_PAGES,
    *OIDC_PAGES,
    *WORK_PAGES,
    *FORM_PAGES,
    *WORKER_PAGES,
    *AUDIT_PAGES,
    *OPERATOR_PAGES,
)
"""Not part of the API: they are no contract, and the OpenAPI document does not list them."""
