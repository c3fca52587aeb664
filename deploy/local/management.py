"""RabbitMQ's management interface, and what every broker does through it, its own or another's."""

import base64
import http.client
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from deploy.local.errors import ManagementRefused

_TIMEOUT = 30.0
# Straight to the broker: a proxy of the environment would not know this machine's loopback address.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def quoted(name: str) -> str:
    """A name as one segment of a path, the default vhost's slash included."""
    return urllib.parse.quote(name, safe="")


class ManagedBroker:
    """A RabbitMQ broker with its management interface; a subclass says where it is."""

    @property
    def amqp_url(self) -> str:
        """With the administrator's name and password, for the default vhost."""
        raise NotImplementedError

    @property
    def management_url(self) -> str:
        """Without name and password and without a slash at its end."""
        raise NotImplementedError

    @property
    def username(self) -> str:
        raise NotImplementedError

    @property
    def password(self) -> str:
        raise NotImplementedError

    @property
    def version(self) -> str:
        """RabbitMQ's version as it tells it."""
        return str(self.manage("GET", "overview")["rabbitmq_version"])

    def vhost_url(self, name: str) -> str:
        """The AMQP address of a vhost, with the administrator's name and password."""
        return self.amqp_url.rstrip("/") + "/" + quoted(name)

    def add_vhost(self, name: str) -> str:
        """The AMQP address of the vhost, in which the administrator may do everything; it may exist already."""
        self.manage("PUT", f"vhosts/{quoted(name)}")
        everything = {"configure": ".*", "write": ".*", "read": ".*"}
        self.manage("PUT", f"permissions/{quoted(name)}/{quoted(self.username)}", everything)
        return self.vhost_url(name)

    def delete_vhost(self, name: str) -> None:
        """Nothing happens when there is none."""
        self._delete(f"vhosts/{quoted(name)}")

    def delete_queue(self, vhost: str, name: str) -> None:
        """Deletes the queue with its messages; nothing happens when there is none."""
        self._delete(f"queues/{quoted(vhost)}/{quoted(name)}")

    def load_definitions(self, definitions: Mapping[str, Any], vhost: str | None = None) -> None:
        """Adds what a definitions export holds, to one vhost or to the whole broker."""
        self.manage("POST", "definitions" if vhost is None else f"definitions/{quoted(vhost)}", definitions)

    def manage(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:  # noqa: ANN401 - whatever JSON can say
        """One request to the HTTP API, the path without /api/; gives the decoded answer, None when empty.

        Raises ManagementRefused, also when there is no answer.
        """
        url = f"{self.management_url}/api/{path}"
        login = base64.b64encode(f"{self.username}:{self.password}".encode()).decode()
        request = urllib.request.Request(  # noqa: S310 - the address is the broker's own
            url,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Basic {login}", "Content-Type": "application/json"},
        )
        try:
            with _OPENER.open(request, timeout=_TIMEOUT) as answer:
                content = answer.read()
        except urllib.error.HTTPError as error:
            with error:
                reason = error.read().decode(errors="replace").strip()
            raise ManagementRefused(f"{method} {url}: {error.code} {reason}", status=error.code) from error
        except (OSError, http.client.HTTPException) as error:
            raise ManagementRefused(f"{method} {url}: {error}") from error
        return json.loads(content) if content else None

    def _delete(self, path: str) -> None:
        try:
            self.manage("DELETE", path)
        except ManagementRefused as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise
