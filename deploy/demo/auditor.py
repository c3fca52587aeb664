"""The demo's auditor: takes a case from the ledgers of two regions, and checks the files with nothing else at hand."""

import hashlib
import json
import os
import secrets
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from uuid import UUID

from deploy.demo.nodes import NodeProcess
from transfer.settings import PREFIX

_NAME = "审计员赵敏"


@dataclass(frozen=True, slots=True, kw_only=True)
class Auditor:
    """One who is let in by a token, and who knows the key of whoever signs the directory."""

    folder: Path
    verifier: str

    @classmethod
    def admitted(cls, folder: Path, *, verifier: str) -> Self:
        """With a token that the nodes know which are told of ``tokens``."""
        made = cls(folder=folder, verifier=verifier)
        made.desk.mkdir(parents=True)
        token = secrets.token_hex(24)
        made._token.write_text(token, encoding="utf-8")
        made.tokens.write_text(f"{hashlib.sha256(token.encode()).hexdigest()}  {_NAME}\n", encoding="utf-8")
        return made

    @property
    def tokens(self) -> Path:
        """The file of those whom a node lets in."""
        return self.folder / "auditors"

    @property
    def _token(self) -> Path:
        return self.folder / "auditor.token"

    @property
    def desk(self) -> Path:
        """An empty folder, in which the files are checked."""
        return self.folder / "auditor"

    def compared(self, case: UUID, nodes: Mapping[str, NodeProcess]) -> Sequence[str]:
        """What the files of these regions show together, in words; nothing while anything does not hold yet."""
        files = [self._exported(case, node) for node in nodes.values()]
        checked = subprocess.run(
            [sys.executable, "-m", "transfer", "audit", "check", *files, "--verifier", self.verifier, "--json"],
            cwd=self.desk,
            env={name: value for name, value in os.environ.items() if not name.upper().startswith(PREFIX)},
            capture_output=True,
            check=False,
        )
        if checked.returncode:
            return ()
        found = [one for file in json.loads(checked.stdout) for one in file["findings"]]
        return [one["en"] for one in found if one["says"] in {"alike", "cosigned"}]

    def _exported(self, case: UUID, node: NodeProcess) -> str:
        """The name of the file on the desk."""
        file = self.desk / f"{node.region}.jsonl"
        file.unlink(missing_ok=True)
        place = ("--node", node.api.url, "--token-file", str(self._token))
        node.command("audit", "export", str(case), "--out", str(file), *place)
        return file.name
