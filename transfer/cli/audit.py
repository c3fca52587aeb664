"""``transfer audit``: the ledger, for those who do not take anybody's word."""

import click

from transfer.cli.audit_checkpoints import accept, checkpoints


@click.group()
def audit() -> None:
    """Look at the ledger, where all that happens is written down for good."""


for _command in (checkpoints, accept):
    audit.add_command(_command)
