"""The demo's auditor: takes a case from the ledgers of two regions, and checks the files with nothing else at hand."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from deploy.demo.nodes import NodeProcess
from transfer.domain.rights import Role
from transfer.settings import PREFIX


@dataclass(frozen=True, slots=True, kw_only=True)
class Auditor:
    """One who has an account and a token at each node, and knows the key of whoever signs the directory."""

    folder: Path
    verifier: str

    @property
    def desk(self) -> Path:
        """An empty folder, in which the files are checked."""
        return self.folder / "auditor"

    def compared(self, case: UUID, nodes: Mapping[str, NodeProcess]) -> Sequence[str]:
        """What the files of these regions show together, in words; nothing while anything does not hold yet."""
        self.desk.mkdir(exist_ok=True)
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
        said = [one["en"] for one in found if one["says"] in {"alike", "cosigned"}]
        # Each has cosigned what the other shows.
        return said if all(any(f"/{region} cosigned" in one for one in said) for region in nodes) else ()

    def _exported(self, case: UUID, node: NodeProcess) -> str:
        """The name of the file on the desk."""
        file = self.desk / f"{node.region}.jsonl"
        file.unlink(missing_ok=True)
        token = self.folder / f"auditor-{node.region}.token"
        token.write_text(node.tokens[Role.AUDITOR], encoding="utf-8")
        place = ("--node", node.api.url, "--token-file", str(token))
        node.command("audit", "export", str(case), "--out", str(file), *place)
        return file.name
