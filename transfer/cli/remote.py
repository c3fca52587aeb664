"""Speaks to the API of a node, this one or another region's: JSON over HTTP, nothing kept between requests.

Who asks shows a token out of a file: an argument is read by whoever lists the processes of the machine.
"""

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit
from uuid import uuid4

import click

from transfer.cli.exits import CommandFailed, NotThere, Unreachable, WrongUsage
from transfer.cli.opening import load_settings
from transfer.cli.paths import FILE_THERE
from transfer.settings import LOOPBACK

_Run = TypeVar("_Run", bound=Callable[..., Any])
_SECONDS: Final = 10.0
_BLOCK: Final = 256 * 1024
# Straight to the node: a proxy of the environment does not know this machine's loopback address.
_OPENER: Final = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Refused(CommandFailed):
    """The node refused the request."""

    def __init__(self, status: int, problem: Mapping[str, Any], where: str) -> None:
        self.status = status
        self.problem = problem
        said = problem.get("detail") or problem.get("title") or "no reason given"
        super().__init__(f"{where}: {status} {said}{self._cure}")

    @property
    def _cure(self) -> str:
        """How to come with a token that opens this, where one would."""
        right = self.problem.get("right")
        if right is None and self.status != HTTPStatus.UNAUTHORIZED:
            return ""
        return (
            f"\nGive a token with the scope {right or 'that you need'} by --token-file; where that node runs,"
            f"\n`transfer token add LOGIN --name PURPOSE --scope {right or 'RIGHT'} --out FILE` makes one, for an"
            " account whose roles give that right (docs/rights.md)."
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """What a node answered."""

    body: Any
    etag: str | None


@dataclass(frozen=True, slots=True)
class Api:
    """The API of one node, by its address without a path."""

    url: str
    token: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        if urlsplit(self.url).scheme not in {"http", "https"}:
            raise WrongUsage(f"{self.url} is no address of a node; one looks like http://127.0.0.1:8080")

    def get(self, path: str) -> Answer:
        """Raises NotThere for 404, Refused, Unreachable."""
        return self._ask("GET", path, {}, None)

    def post(self, path: str, body: Mapping[str, Any], *, etag: str | None = None, key: str | None = None) -> Answer:
        """With an idempotency key of its own unless one is given; raises as ``get``."""
        headers = {"Content-Type": "application/json", "Idempotency-Key": key or str(uuid4())}
        if etag is not None:
            headers["If-Match"] = etag
        return self._ask("POST", path, headers, json.dumps(body, ensure_ascii=False).encode())

    def upload(self, path: str, content: bytes, media_type: str) -> Answer:
        """A file; raises as ``get``."""
        return self._ask("POST", path, {"Content-Type": media_type}, content)

    def text(self, path: str) -> str:
        """An answer that is no JSON, as text."""
        return self.content(path).decode(errors="replace")

    def content(self, path: str) -> bytes:
        """An answer as it came."""
        return self._send("GET", path, {}, None)[0]

    def save(self, path: str, out: Path) -> int:
        """An answer as it comes, into a new file that is there only when all of it came; gives its bytes. Raises as
        ``get``, and WrongUsage."""
        try:
            part = out.open("xb")
        except OSError as error:
            raise WrongUsage(f"{out}: {error.strerror}") from None
        try:
            with part, self._opened("GET", path, {}, None) as answer:
                while block := answer.read(_BLOCK):
                    part.write(block)
                return part.tell()
        except BaseException:
            out.unlink()
            raise

    def _ask(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        content, etag = self._send(method, path, headers, body)
        try:
            return Answer(body=json.loads(content) if content else None, etag=etag)
        except ValueError:
            raise Unreachable(f"{self.url}{path} does not answer as a node does") from None

    def _send(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> tuple[bytes, str | None]:
        with self._opened(method, path, headers, body) as answer:
            return answer.read(), answer.headers.get("ETag")

    @contextmanager
    def _opened(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None
    ) -> Iterator[http.client.HTTPResponse]:
        where = f"{self.url.rstrip('/')}{path}"
        shown = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        request = urllib.request.Request(where, method=method, data=body, headers={**headers, **shown})  # noqa: S310 - http alone, see above
        try:
            with _OPENER.open(request, timeout=_SECONDS) as answer:
                yield answer
        except urllib.error.HTTPError as error:
            with error:
                problem = _problem(error.read())
            if error.code == HTTPStatus.NOT_FOUND:
                raise NotThere(f"{where}: {problem.get('detail') or 'not found'}") from error
            raise Refused(error.code, problem, where) from error
        except (OSError, http.client.HTTPException) as error:
            reason = error.reason if isinstance(error, urllib.error.URLError) else error
            raise Unreachable(f"no node answers at {self.url}: {reason}; start it with `transfer serve`") from error


def token_option(run: _Run) -> _Run:
    """Adds --token-file to a command that asks a node."""
    return click.option(
        "--token-file",
        type=FILE_THERE,
        envvar="TRANSFER_TOKEN_FILE",
        show_envvar=True,
        help="File with your token, which `transfer token add` makes.",
    )(run)


def here_options(run: _Run) -> _Run:
    """Adds --node, by default that of the settings, and --token-file."""
    option = click.option("--node", metavar="URL", help="The node's API. [default: that of the settings]")
    return option(token_option(run))


def api_of(node: str, token_file: Path | None) -> Api:
    """The API at an address, for whoever has the token in the file; raises WrongUsage."""
    return Api(node, token=token_file.read_text(encoding="utf-8").strip() if token_file else "")


def api_here(node: str | None, token_file: Path | None, env_file: Path | None) -> Api:
    """The same, without an address that of this machine's node; raises SettingsInvalid, WrongUsage."""
    if node is None:
        own = load_settings(env_file)
        # One for all interfaces is none to call, and without its public name a node answers on loopback alone.
        host = own.host if own.host in LOOPBACK else "127.0.0.1"
        node = f"http://{f'[{host}]' if ':' in host else host}:{own.port}"
    return api_of(node, token_file)


def _problem(content: bytes) -> Mapping[str, Any]:
    try:
        said = json.loads(content)
    except ValueError:
        return {"detail": content.decode(errors="replace")[:200]}
    return said if isinstance(said, dict) else {"detail": str(said)}
