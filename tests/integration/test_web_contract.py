"""What the description of the API says, tried by generated requests with a session of each role and with none."""

import asyncio
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from http import HTTPStatus
from typing import Any, Final
from uuid import uuid4

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.core.result import Ok
from schemathesis.specs.openapi import checks as described

from tests.integration.api_node import DOCUMENT, ZHONGSHAN, serving
from tests.staff import signed_in
from tests.trust import shared
from transfer.domain.rights import NOBODY, Person, Role
from transfer.web.routes import ROUTES

EXAMPLES: Final = 1
"""Of each operation, so many that fit the description and so many that do not; each is sent by everybody."""
SHOWN: Final = frozenset(("authorization", "cookie", "x-csrf-token"))
SCHEMA: Final = schemathesis.openapi.from_dict(DOCUMENT)
OPERATIONS: Final = {
    f"{found.ok().method.upper()} {found.ok().path}": found.ok()
    for found in SCHEMA.get_all_operations()
    if isinstance(found, Ok)
}
RIGHTS: Final = {f"{route.method} {route.path}": route.right for route in ROUTES}
SLOW: Final = (HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large)
Shown = Mapping[Role | None, Mapping[str, str]]
"""By role, the headers of a session."""
CHECKS: Final = [
    described.status_code_conformance,
    described.content_type_conformance,
    described.response_schema_conformance,
    described.response_headers_conformance,
]

pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::UserWarning", "ignore:Do not use the `random` module"
)


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Shown]]:
    """The address of a node that runs beside the test, and what each role shows there."""
    folder = tmp_path_factory.mktemp("described")
    shared().file_key(ZHONGSHAN)
    ready: Future[tuple[str, Shown]] = Future()
    over = threading.Event()

    async def run() -> None:
        try:
            async with serving(folder, sign_in="required", files=str(folder / "files")) as api:
                sessions: dict[Role | None, Mapping[str, str]] = {None: {}}
                for role in Role:
                    sessions[role] = (await signed_in(api, role)).headers
                ready.set_result((api.address, sessions))
                await asyncio.to_thread(over.wait)
        except BaseException as error:
            if not ready.done():
                ready.set_exception(error)
            raise

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    try:
        yield ready.result(60)
    finally:
        over.set()
        thread.join()


@pytest.mark.parametrize("name", OPERATIONS)
def test_no_request_of_anybody_gets_what_the_description_does_not_say(node: tuple[str, Shown], name: str) -> None:
    address, sessions = node
    operation, right = OPERATIONS[name], RIGHTS[name]

    def hold(case: schemathesis.Case[Any]) -> None:
        # What somebody shows is that of the role, and nothing that was made up.
        for made_up in SHOWN & {one.lower() for one in case.headers}:
            del case.headers[made_up]
        case.cookies = {}
        for role, headers in sessions.items():
            with requests.Session() as session:
                session.trust_env = False
                answer = case.call(address, session, headers=dict(headers), allow_redirects=False, timeout=20)
            where = f"{name} as {role}: {answer.status_code} {answer.content[:400]!r}"
            assert answer.status_code < 500 or answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE, where
            person = Person(name="x", account=uuid4(), roles=frozenset({role})) if role else NOBODY
            # Whoever may enter stages may not enter each of them.
            refused = {one for one in (b"/docs#not-signed-in", b"/docs#not-allowed") if one in answer.content}
            assert not refused & {b"/docs#not-signed-in"} if person.may(right) else refused, where
            case.validate_response(answer, checks=CHECKS)

    for mode in GenerationMode:
        strategy = operation.as_strategy(generation_mode=mode)
        limited = settings(
            max_examples=EXAMPLES,
            derandomize=True,
            database=None,
            deadline=None,
            phases=(Phase.generate,),
            suppress_health_check=SLOW,
        )
        try:
            limited(given(case=strategy)(hold))()
        except Exception as error:
            if type(error).__name__ not in {"Unsatisfiable", "SkipTest"}:
                raise
