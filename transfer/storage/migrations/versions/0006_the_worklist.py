"""Words by which cases are found, and what is open of them."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from pydantic_core import from_json

from transfer.storage.searching import words_of

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_AT_ONCE = 1000


def upgrade() -> None:
    words = op.create_table(
        "case_words",
        sa.Column("word", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_words_case_id")),
        sa.PrimaryKeyConstraint("word", "case_id", name=op.f("pk_case_words")),
    )
    op.create_index("ix_case_words_case_id", "case_words", ["case_id"], unique=False)
    for table in ("transfers", "evidence_requests"):
        op.create_index(f"ix_{table}_open", table, ["is_open", "side", "state", "case_id"], unique=False)
    op.drop_index("ix_applicants_name", table_name="applicants")
    _fill(words)


def downgrade() -> None:
    op.create_index("ix_applicants_name", "applicants", ["name"], unique=False)
    for table in ("evidence_requests", "transfers"):
        op.drop_index(f"ix_{table}_open", table_name=table)
    op.drop_table("case_words")


def _fill(words: sa.Table) -> None:
    """Of the cases that are there, by their ids."""
    cases = sa.table("cases", sa.column("id", sa.Uuid()), sa.column("basics", sa.Text()))
    applicants = sa.table("applicants", sa.column("case_id", sa.Uuid()), sa.column("name", sa.Text()))
    connection = op.get_bind()
    wanted = sa.select(cases.c.id, cases.c.basics).order_by(cases.c.id).limit(_AT_ONCE)
    found = connection.execute(wanted).all()
    while found:
        names: dict[Any, list[str]] = {row.id: _numbers_and_opponents(row.basics) for row in found}
        last = found[-1].id
        between = (applicants.c.case_id >= found[0].id, applicants.c.case_id <= last)
        for person in connection.execute(sa.select(applicants.c.case_id, applicants.c.name).where(*between)):
            names[person.case_id].append(person.name)
        rows = [{"word": word, "case_id": case} for case, some in names.items() for word in words_of(case, some)]
        connection.execute(words.insert(), rows)
        found = connection.execute(wanted.where(cases.c.id > last)).all()


def _numbers_and_opponents(basics: str) -> list[str]:
    told = from_json(basics)
    opponents = (one["name"] for one in told.get("opponents", ()))
    return [*opponents, *(one["number"] for one in told.get("numbers", ()))]
