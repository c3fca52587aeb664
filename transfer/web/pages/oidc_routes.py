"""The addresses between this node, a browser and a provider of OpenID Connect."""

from typing import Final

from transfer.domain.rights import Anyone
from transfer.web.answers import JSON
from transfer.web.pages import oidc
from transfer.web.pages.page_route import page_route
from transfer.web.route import Route, Shows

OIDC_PAGES: Final[tuple[Route, ...]] = (
    page_route(
        method="GET",
        path="/sign-in/oidc",
        right=Anyone.EVERYBODY,
        handler=oidc.begin,
        zh="经统一身份认证登录，或者关联本人账户",
        en="Sign in by a provider of OpenID Connect, or link one's account to it",
        query=oidc.Wanted,
        shows=Shows.NOTHING,
    ),
    page_route(
        method="GET",
        path=oidc.BACK,
        right=Anyone.EVERYBODY,
        handler=oidc.finish,
        zh="从统一身份认证返回",
        en="Come back from the provider",
        query=oidc.Returned,
        shows=Shows.NOTHING,
    ),
    page_route(
        method="POST",
        path="/sign-in/oidc/sign-out",
        right=Anyone.EVERYBODY,
        handler=oidc.sign_out,
        zh="统一身份认证通知退出登录",
        en="The provider says that somebody signed out there",
        media_type=JSON,
        takes_form=False,
        takes_file=True,
    ),
)
