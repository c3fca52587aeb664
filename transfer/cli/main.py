"""Puts the commands together."""

from types import MappingProxyType
from typing import Final

import click

from transfer.cli.exits import MEANINGS
from transfer.cli.explained import Commands

_EPILOG: Final = "\b\nExit codes:\n" + "\n".join(f"  {code:>2}  {meaning}" for code, meaning in MEANINGS.items())
_ALONE: Final = (
    *("audit", "backup", "case", "clock", "config", "directory", "doctor", "eligibility", "erase", "evidence"),
    *("files", "group", "keys", "migrate", "pki", "quarantine", "reconcile", "report", "rules", "schemas"),
    *("serve", "status", "token", "topology", "trace", "user"),
)
_MODULES: Final = MappingProxyType({name: name for name in _ALONE} | {"restore": "backup"})


@click.group(cls=Commands, modules=_MODULES, epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="legalaid-transfer", prog_name="transfer")
def main() -> None:
    """Cross-region transfer of legal aid cases: runs the node of a region and looks after it.

    A node is set up by environment variables that begin with TRANSFER_ (docs/settings.md), which the option
    --env-file of most commands reads from a file.
    """
