"""Speaks to the API of a node, this one or another region's: JSON over HTTP, nothing kept between requests."""

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import uuid4

from transfer.cli.exits import CommandFailed, NotThere, Unreachable, WrongUsage

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
        super().__init__(f"{where}: {status} {said}")


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


def _problem(content: bytes) -> Mapping[str, Any]:
    try:
        said = json.loads(content)
    except ValueError:
        return {"detail": content.decode(errors="replace")[:200]}
    return said if isinstance(said, dict) else {"detail": str(said)}
