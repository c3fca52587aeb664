"""The certificates of a test session: an authority, the hub's, and one for each region that is asked for."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deploy.local.node import ServerTls
from transfer.crypto.pki import CA, SERVER, Authority, save
from transfer.crypto.tls import ClientTls
from transfer.telemetry import clock

HOST = "127.0.0.1"


@dataclass(slots=True)
class Pki:
    """An authority and what it has issued, in a folder."""

    folder: Path
    authority: Authority = field(default_factory=lambda: Authority.new("test CA", now=clock.now()))

    def __post_init__(self) -> None:
        save(self.authority.issued, self.folder, CA)
        save(self.authority.server([HOST], now=clock.now()), self.folder, SERVER)

    @property
    def server(self) -> ServerTls:
        return ServerTls.in_folder(self.folder)

    def region(self, code: str) -> ClientTls:
        """The region's files, made when they are first asked for."""
        if not (self.folder / f"{code}.pem").exists():
            self.renew(code)
        return self.files(code)

    def renew(self, code: str, *, stem: str | None = None, **changes: Any) -> None:
        """A new certificate in place of the old one; ``changes`` are arguments of ``Authority.region``."""
        save(self.authority.region(code, **{"now": clock.now(), **changes}), self.folder, stem or code, replace=True)

    def files(self, code: str, *, stem: str | None = None) -> ClientTls:
        name = stem or code
        return ClientTls(
            region=code,
            ca=self.folder / "ca.pem",
            cert=self.folder / f"{name}.pem",
            key=self.folder / f"{name}.key",
        )

    def settings(self, code: str) -> dict[str, Any]:
        """The files as settings of a node."""
        files = self.region(code)
        return {"tls_ca": files.ca, "tls_cert": files.cert, "tls_key": files.key}
