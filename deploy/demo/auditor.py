"""The demo's auditor: takes a case from the ledgers of two regions, and checks the files with nothing else at hand."""

import json
import os
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
_LOGIN = "zhao.min"


@dataclass(frozen=True, slots=True, kw_only=True)
class Auditor:
    """One who has an account and a token at each node, and knows the key of whoever signs the directory."""

    folder: Path
    verifier: str

    @classmethod
    def admitted(cls, folder: Path, *, verifier: str) -> Self:
        """With a desk of their own."""
        made = cls(folder=folder, verifier=verifier)
        made.desk.mkdir(parents=True)
        return made

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
        place = ("--node", node.api.url, "--token-file", str(self._token(node)))
        node.command("audit", "export", str(case), "--out", str(file), *place)
        return file.name

    def _token(self, node: NodeProcess) -> Path:
        """The file with the token for that node, which is given an account of the auditor the first time."""
        token = self.folder / f"auditor-{node.region}.token"
        if not token.exists():
            node.command("user", "add", _LOGIN, "--name", _NAME, "--institution", node.region, "--role", "auditor")
            node.command("token", "add", _LOGIN, "--name", "audit", "--scope", "audit", "--out", str(token))
        return token
