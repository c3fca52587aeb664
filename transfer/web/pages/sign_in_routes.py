"""The pages of signing in and accounts."""

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from transfer.actions.door import SignInPaused
from transfer.actions.roll import TokenTooWide, UnknownAccount, UnknownToken
from transfer.domain.rights import Anyone, Right
from transfer.web.pages import account, accounts, sign_in
from transfer.web.pages.page_route import page_route
from transfer.web.route import Route, Shows

_shown = partial(page_route, "GET", shows=Shows.NOTHING)
_taken = partial(page_route, "POST")
_BACK: Final[Mapping[str, Any]] = {"query": sign_in.Back}
_OWN: Final[Mapping[str, Any]] = {"right": Anyone.SIGNED_IN}
_DUE: Final[Mapping[str, Any]] = {"right": Anyone.ACCOUNT}
_ADMIN: Final[Mapping[str, Any]] = {"right": Right.ADMIT, "problems": (UnknownAccount, UnknownToken, TokenTooWide)}

SIGN_IN_PAGES: Final[tuple[Route, ...]] = (
    _shown(path="/sign-in", right=Anyone.EVERYBODY, handler=sign_in.ask_password, zh="登录", en="The sign-in", **_BACK),
    _taken(
        path="/sign-in",
        right=Anyone.EVERYBODY,
        handler=sign_in.take_password,
        zh="登录",
        en="Sign in",
        problems=(SignInPaused,),
    ),
    _shown(path="/sign-in/next", handler=sign_in.what_is_due, zh="登录的下一步", en="What is due", **_DUE, **_BACK),
    _shown(path="/sign-in/code", handler=sign_in.ask_code, zh="动态口令", en="The code", **_DUE, **_BACK),
    _taken(path="/sign-in/code", handler=sign_in.take_code, zh="核对动态口令", en="Show the code", **_DUE),
    _taken(path="/sign-out", handler=sign_in.sign_out, zh="退出登录", en="Sign out", **_DUE),
    _shown(path="/account", handler=account.show_account, zh="我的账号", en="My account", **_OWN),
    _shown(path="/account/password", handler=account.ask_new_password, zh="口令", en="Password", **_DUE, **_BACK),
    _taken(path="/account/password", handler=account.take_new_password, zh="更改口令", en="Change it", **_DUE),
    _shown(
        path="/account/second-factor",
        handler=account.ask_second_factor,
        zh="设置动态口令",
        en="The second factor",
        **_DUE,
        **_BACK,
    ),
    _taken(
        path="/account/second-factor",
        handler=account.take_second_factor,
        zh="启用动态口令",
        en="Use a second factor",
        **_DUE,
    ),
    _taken(path="/account/tokens", handler=account.add_token, zh="新增令牌", en="Another token", **_OWN),
    _taken(path="/account/tokens/{token}/revoke", handler=account.revoke_token, zh="撤销令牌", en="Revoke it", **_OWN),
    _shown(path="/accounts", handler=accounts.list_accounts, zh="账号", en="Accounts", **_ADMIN),
    _taken(path="/accounts", handler=accounts.add_account, zh="新增账号", en="Another account", **_ADMIN),
    _shown(path="/accounts/{account}", handler=accounts.show_one, zh="一个账号", en="One account", **_ADMIN),
    _taken(path="/accounts/{account}", handler=accounts.change_one, zh="更改账号", en="Change it", **_ADMIN),
    _taken(path="/accounts/{account}/tokens", handler=accounts.add_token, zh="新增令牌", en="Give a token", **_ADMIN),
    _taken(
        path="/accounts/{account}/tokens/{token}/revoke",
        handler=accounts.revoke_token,
        zh="撤销令牌",
        en="Revoke its token",
        **_ADMIN,
    ),
)
