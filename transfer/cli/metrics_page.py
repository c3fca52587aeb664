"""The page docs/metrics.md, made from the measures."""

from collections.abc import Sequence
from typing import Final

from prometheus_client import Metric

from transfer.telemetry.metrics import ALARM_KINDS, measures

_HEAD: Final = """\
# Metrics

<!-- Made by `transfer schemas --write` from transfer/telemetry/metrics.py; a test compares them. -->

`GET /metrics` gives them in the form of Prometheus. None holds the name of a person or what a case is about. Each
process of a node has its own; those that are read from the database are the same in all. What to do about them is in
[runbook.md](runbook.md), which the alert rules in `deploy/prometheus/alerts.yml` point to.
"""
_ALARMS: Final = """
## Kinds of alarm

Labels `kind` of `transfer_alarms_total`. Each stands in the log, too, at level `error`, with the ids that belong to it.

| kind | what it means |
|---|---|
"""


def metrics_page() -> str:
    """The text of docs/metrics.md."""
    rows = "".join(sorted(_row(one, labels) for one, labels in measures()))
    alarms = "".join(f"| `{kind}` | {meaning} |\n" for kind, meaning in sorted(ALARM_KINDS.items()))
    return f"{_HEAD}\n| metric | type | labels | meaning |\n|---|---|---|---|\n{rows}{_ALARMS}{alarms}"


def _row(one: Metric, labels: Sequence[str]) -> str:
    name = f"{one.name}_total" if one.type == "counter" else one.name
    named = ", ".join(f"`{label}`" for label in labels)
    return f"| `{name}` | {one.type} | {named} | {one.documentation} |\n"
