"""Every route with every role and with none: open and closed exactly as the table of rights says."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest
import pytest_asyncio

from tests.integration.api_node import Api, serving
from tests.staff import PLACE, Signed, a_token, an_account, signed_in
from transfer.domain.accounts import RolesExclude, check_roles
from transfer.domain.rights import ADMINISTRATORS, ROLES_OF, Admits, Anyone, Right, Role
from transfer.web.route import Route, Shows
from transfer.web.served import SERVED

pytestmark = pytest.mark.asyncio(loop_scope="module")
SILENT = (Shows.NOTHING, Shows.AUDITED, None)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Api]:
    folder: Path = tmp_path_factory.mktemp("rights")
    async with serving(folder, sign_in="required") as made:
        yield made


def opens(admits: Admits, role: Role | None) -> bool:
    """What the table says, read without the code that the gate reads it with."""
    match admits:
        case Anyone.EVERYBODY:
            return True
        case Anyone.ACCOUNT | Anyone.SIGNED_IN:
            return role is not None
        case Right():
            return role in ROLES_OF[admits]


def is_closed(route: Route, status: int, where: str, text: str) -> bool:
    """Whether the answer is that this person may not, and no other."""
    if route.is_page and route.method == "GET" and status == 303:
        return where.startswith(("/sign-in?", "/sign-in/next?"))
    if route.is_page:
        return status == 401 or (status == 403 and "您的角色无权" in text)
    return status == 401 or (status == 403 and "/docs#not-allowed" in text)


async def asked(api: Api, route: Route, headers: dict[str, str]) -> tuple[int, str, str]:
    """What a route answers that is sent nothing it could act upon."""
    path = route.path.format_map({name: str(uuid4()) for name in route.names})
    body = None if route.method == "GET" else b"-"
    given = headers | {"Content-Type": "text/plain", "Accept-Language": "zh"}
    async with api.session.request(route.method, path, data=body, headers=given, allow_redirects=False) as answer:
        text = (await answer.content.read(4000)).decode(errors="replace")
        return answer.status, answer.headers.get("Location", ""), text


@pytest.mark.parametrize("role", [*Role, None], ids=lambda role: role.value if role else "nobody")
async def test_every_route_is_open_to_exactly_those_whom_the_table_names(api: Api, role: Role | None) -> None:
    who = await signed_in(api, role) if role else None
    for route in SERVED:
        status, where, text = await asked(api, route, who.headers if who else {})
        closed = is_closed(route, status, where, text)
        assert closed is not opens(route.right, role), f"{route.method} {route.path}: {status} {where} {text[:300]}"
        assert status < 500 or status == 503, f"{route.method} {route.path}: {text[:300]}"


async def test_no_administrator_gets_in_where_persons_are_shown() -> None:
    for route in SERVED:
        if route.shows not in SILENT:
            assert not any(opens(route.right, role) for role in ADMINISTRATORS), route.path
    assert not any(ADMINISTRATORS & ROLES_OF[right] for right in (Right.READ_CASES, Right.AUDIT, Right.READ_QUARANTINE))


@pytest.mark.parametrize("other", sorted(set(Role)))
async def test_an_administrator_holds_no_other_role(other: Role) -> None:
    for role in ADMINISTRATORS - {other}:
        with pytest.raises(RolesExclude):
            check_roles({role, other})


async def test_a_token_opens_its_scopes_and_no_more_than_the_roles_of_its_account(api: Api) -> None:
    account = await an_account(api, Role.SUPERVISOR)
    token = await a_token(api, account, {Right.REPORT})
    shown = {"Authorization": f"Bearer {token}"}
    assert (await api.get("/v1/reports/pairs?since=2026-01-01", **shown)).status == 200
    assert (await api.get("/v1/cases", **shown)).status == 403
    roll = api.node.web.roll
    await roll.set_roles(account, {Role.INTAKE}, by="test")
    assert (await api.get("/v1/reports/pairs?since=2026-01-01", **shown)).status == 403


async def test_a_token_opens_nothing_while_its_account_owes_a_second_factor(api: Api) -> None:
    account = await an_account(api, Role.SUPERVISOR)
    shown = {"Authorization": f"Bearer {await a_token(api, account)}"}
    roll = api.node.web.roll
    for roles, second_factor, status in (
        ({Role.SUPERVISOR}, False, 200),
        ({Role.SUPERVISOR}, True, 200),
        ({Role.APPROVER}, True, 401),
    ):
        await roll.reset(account, by="test", second_factor=second_factor)
        await roll.set_roles(account, roles, by="test")
        assert (await api.get("/v1/cases", **shown)).status == status
    assert "second factor" in (await api.get("/v1/cases", **shown)).body["detail"]
    assert (await api.get("/healthz", **shown)).status == 200
    await roll.link(account, "https://id.example", "7", by="test")
    assert (await api.get("/v1/cases", **shown)).status == 401
    api.node.web.door.factor_elsewhere = True
    assert (await api.get("/v1/cases", **shown)).status == 200
    api.node.web.door.factor_elsewhere = False


async def test_whoever_has_still_to_show_a_code_gets_in_nowhere_else(api: Api) -> None:
    account = await an_account(api, Role.APPROVER)
    begun = await api.node.web.door.admit(account, PLACE)
    half = Signed(api=api, account=account, secret=begun.secret)
    for route in SERVED:
        status, where, text = await asked(api, route, half.headers)
        open_to_all = route.right in (Anyone.EVERYBODY, Anyone.ACCOUNT)
        assert is_closed(route, status, where, text) is not open_to_all or route.path == "/sign-in/next", route.path
