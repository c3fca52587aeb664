"""The rule sets that a node keeps, so that everything it ever counted by can be read again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from transfer.law.book import RulesInvalid, read_rules
from transfer.law.overlay import check_fits, laid_over
from transfer.law.rules import RuleSet
from transfer.messages.envelope import digest_of
from transfer.messages.values import Digest


class Origin(StrEnum):
    """Where a rule set came from: with a release, or by an administrator."""

    BUILT_IN = "built_in"
    LOADED = "loaded"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptRules:
    """A rule set as its file was, who brought it, and when."""

    origin: Origin
    version: str
    digest: Digest
    content: bytes
    by: str
    at: datetime


class AlreadyLoaded(ValueError):
    """The same file was loaded before."""


class NoSuchVersion(LookupError):
    """No rule set of that version was ever in force here."""


def loaded(kept: Sequence[KeptRules]) -> list[RuleSet]:
    """Those that an administrator loaded, in their order; raises RulesInvalid for one that this release cannot read."""
    return [_read(one) for one in kept if one.origin is Origin.LOADED]


def with_another(kept: Sequence[KeptRules], content: bytes, base: RuleSet) -> RuleSet:
    """The rules as they will be with this file laid over them; raises AlreadyLoaded, RulesInvalid."""
    fresh = read_rules(content)
    same = next((one for one in kept if one.origin is Origin.LOADED and one.version == fresh.version), None)
    if same is not None and same.digest == digest_of(content):
        raise AlreadyLoaded(f"{fresh.version} was loaded by {same.by} already")
    if same is not None:
        raise RulesInvalid(
            f"version: {fresh.version} was loaded by {same.by} with other content; give the next version"
        )
    over = loaded(kept)
    check_fits(fresh, base, over)
    return laid_over(base, [*over, fresh])


def named(kept: Sequence[KeptRules], version: str) -> tuple[RuleSet, KeptRules]:
    """The rules that a clock names by their version, and the set that came last among them; raises NoSuchVersion,
    RulesInvalid."""
    base, plus, last = version.partition("+")
    files = {(one.origin, one.version): one for one in kept}
    try:
        found = files[Origin.BUILT_IN, base]
        newest = files[Origin.LOADED, last] if plus else found
    except KeyError:
        raise NoSuchVersion(version) from None
    over = loaded(kept[: kept.index(newest) + 1]) if plus else []
    return laid_over(_read(found), over), newest


def _read(kept: KeptRules) -> RuleSet:
    try:
        return read_rules(kept.content)
    except RulesInvalid as error:
        raise RulesInvalid(f"{kept.version}, kept in the database: {error}") from error
