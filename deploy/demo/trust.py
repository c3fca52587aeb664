"""The demo's operator of the directory, and the keys of its regions: made anew each time, in its own folder."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Self

from pydantic import SecretStr

from transfer.crypto.directory import Directory, Draft
from transfer.crypto.filekey import new_file_key
from transfer.crypto.keyfiles import write_private
from transfer.crypto.keys import KeyUse, SuiteName
from transfer.crypto.keystore import Keystore, add_key
from transfer.crypto.notes import Signer, sign
from transfer.crypto.wire import Wire
from transfer.telemetry import clock

_OPERATOR: Final = "demo.example/directory"
SINCE: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""Before any date of the stories."""
_VALID: Final = timedelta(days=30)
"""From today on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoTrust:
    """A signed directory in a file, and what its regions need to sign, seal and open."""

    folder: Path
    verifier: str
    directory: Directory
    stores: Mapping[str, Keystore]

    @classmethod
    def lay_out(cls, folder: Path, draft: Draft) -> Self:
        """Takes about half a second for each region."""
        operator, passphrase, ends = Signer.new(_OPERATOR), secrets.token_urlsafe(18), clock.now() + _VALID
        write_private(folder / "passphrase", passphrase, new=True)
        secret = SecretStr(passphrase)
        stores = {}
        for region in draft.by_code:
            keys = folder / f"keys-{region}"
            for use in KeyUse:
                add_key(
                    keys,
                    secret,
                    region=region,
                    name=SuiteName.JOSE,
                    use=use,
                    not_before=SINCE,
                    validity=ends - SINCE,
                )
            new_file_key(keys, secret)
            stores[region] = Keystore.load(keys, secret)
        regions = tuple(one.model_copy(update={"keys": stores[one.code].public}) for one in draft.regions)
        directory = Directory(version=1, issued_at=SINCE, expires_at=ends, regions=regions)
        (folder / "directory.note").write_text(sign(directory.text, operator), encoding="utf-8")
        return cls(folder=folder, verifier=operator.verifier.text, directory=directory, stores=stores)

    def settings(self, region: str) -> dict[str, str]:
        """What the region's node is told."""
        return {
            "directory": str(self.folder / "directory.note"),
            "directory_keys": self.verifier,
            "keys": str(self.folder / f"keys-{region}"),
            "passphrase_file": str(self.folder / "passphrase"),
            "state": str(self.folder / f"state-{region}"),
        }

    def wire(self, region: str) -> Wire:
        """Signs and seals as that region."""
        store = self.stores[region]
        return Wire(region=region, directory=lambda: self.directory, keys=lambda: store, clock=clock.now)
