"""The rule sets of a node; see ports.RuleSets."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Final

from sqlalchemy import func, select

from transfer.law.kept import KeptRules, Origin
from transfer.ledger.entry import Kind
from transfer.ports.ledger import Happened
from transfer.storage.engine import looking
from transfer.storage.statements import inserting
from transfer.storage.store import Store
from transfer.storage.tables import rule_sets

_NAMES: Final = tuple(field.name for field in fields(KeptRules))
_COUNT: Final = select(func.count()).select_from(rule_sets)
_ALL: Final = select(*(rule_sets.c[name] for name in _NAMES)).order_by(rule_sets.c.number)


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlRuleSets:
    """One row for each, numbered from 1 on: of two that come at once, one finds its number taken."""

    store: Store

    async def count(self) -> int:
        async with looking(self.store.engine) as connection:
            return int(await connection.scalar(_COUNT) or 0)

    async def all(self) -> Sequence[KeptRules]:
        async with looking(self.store.engine) as connection:
            rows = (await connection.execute(_ALL)).mappings().all()
        return [KeptRules(**{**row, "origin": Origin(row["origin"])}) for row in rows]

    async def keep(self, rules: KeptRules, *, after: int) -> None:
        row = {name: getattr(rules, name) for name in _NAMES} | {"number": after + 1}
        facts = {"origin": rules.origin.value, "version": rules.version, "digest": rules.digest}
        texts = {"by": rules.by} if rules.origin is Origin.LOADED else {}
        async with self.store.writing() as connection:
            await connection.execute(inserting(rule_sets), row)
            await self.store.note(connection, Happened(kind=Kind.RULES, at=rules.at, facts=facts, texts=texts))
