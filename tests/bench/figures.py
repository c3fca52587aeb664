"""Medians and ratios of the rounds, as a table to read and as JSON to keep."""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Final

from rich.table import Table

Figures = Mapping[str, float]
Rounds = Mapping[str, Sequence[Figures]]

# The product is held against both baselines, and the baselines against each other.
PAIRS: Final = (
    ("product", "bare"),
    ("product", "faststream"),
    ("faststream", "bare"),
    ("product", "unnoted"),
    ("fetch", "curl"),
    ("fetch", "curl-site"),
    ("fetch-cut", "curl-cut"),
    ("group", "rows"),
    ("ledger", "hashlib"),
    ("ledger-sqlite", "hashlib"),
    ("trace", "primary-key"),
    ("worklist-sqlite", "statements-sqlite"),
    ("worklist-postgresql", "statements-postgresql"),
)
_COMPARED: Final = (
    "throughput_per_second",
    "all_cpu_seconds_per_1000",
    "applied_p50_ms",
    "applied_p99_ms",
    "receipted_p50_ms",
    "megabytes_per_second",
    "node_seconds",
    "verify_seconds",
    "verify_cpu_seconds",
    "read_ms",
    "ours_ms",
    "all_ms",
    "seven_ms",
    "waiting_ms",
    "search_ms",
)

_MEBIBYTE: Final = 1 << 20
# What is shown, the name of the figure, divisor, decimals.
_LINES: Final = (
    ("throughput, messages/s", "throughput_per_second", 1, 0),
    ("commit to applied, p50 ms", "applied_p50_ms", 1, 1),
    ("commit to applied, p99 ms", "applied_p99_ms", 1, 1),
    ("commit to receipted, p50 ms", "receipted_p50_ms", 1, 1),
    ("commit to receipted, p99 ms", "receipted_p99_ms", 1, 1),
    ("CPU s per 1,000 messages: sender", "sender_cpu_seconds_per_1000", 1, 2),
    ("  receiver", "receiver_cpu_seconds_per_1000", 1, 2),
    ("  RabbitMQ", "rabbitmq_cpu_seconds_per_1000", 1, 2),
    ("  PostgreSQL", "postgresql_cpu_seconds_per_1000", 1, 2),
    ("  all together", "all_cpu_seconds_per_1000", 1, 2),
    ("peak memory, MiB: sender", "sender_peak_memory_bytes", _MEBIBYTE, 0),
    ("  receiver", "receiver_peak_memory_bytes", _MEBIBYTE, 0),
    ("a file of 200 MB, MB/s", "megabytes_per_second", 1, 0),
    ("peak memory, MiB: source", "source_peak_memory_bytes", _MEBIBYTE, 0),
    ("  target", "target_peak_memory_bytes", _MEBIBYTE, 0),
    ("500 persons, s of node time", "node_seconds", 1, 3),
    ("  import", "import_seconds", 1, 3),
    ("  offer", "offer_seconds", 1, 3),
    ("  acceptance", "acceptance_seconds", 1, 3),
    ("the ledger: put in order, entries/s", "sequenced_per_second", 1, 0),
    ("  a look for more, ms", "look_ms", 1, 1),
    ("  verified, s", "verify_seconds", 1, 2),
    ("  CPU of the node for that, s", "verify_cpu_seconds", 1, 2),
    ("  memory for that, MiB", "verify_memory_bytes", _MEBIBYTE, 0),
    ("a read of the ledger, ms", "read_ms", 1, 2),
    ("worklist, ms: what needs us", "ours_ms", 1, 2),
    ("  all", "all_ms", 1, 2),
    ("  due in seven days", "seven_ms", 1, 2),
    ("  waits for another region", "waiting_ms", 1, 2),
    ("  a search", "search_ms", 1, 2),
)


def medians(rounds: Sequence[Figures]) -> dict[str, float]:
    """The median of each figure that all rounds have."""
    names = [name for name in rounds[0] if all(name in figures for figures in rounds)]
    return {name: median(figures[name] for figures in rounds) for name in names}


def ratios(rounds: Rounds) -> dict[str, dict[str, dict[str, float]]]:
    """By pair and figure: the median, the least and the greatest ratio within one round.

    A ratio is taken within a round, since what else the machine does changes from one round to the next.
    """
    found: dict[str, dict[str, dict[str, float]]] = {}
    for one, other in PAIRS:
        if one not in rounds or other not in rounds:
            continue
        together = list(zip(rounds[one], rounds[other], strict=True))
        compared = [name for name in _COMPARED if all(name in a and name in b for a, b in together)]
        found[f"{one}/{other}"] = {name: _spread([a[name] / b[name] for a, b in together]) for name in compared}
    return found


def _spread(values: Sequence[float]) -> dict[str, float]:
    return {"median": median(values), "least": min(values), "greatest": max(values)}


def table(rounds: Rounds) -> Table:
    """One column per contender, the median of its rounds."""
    shown = Table(title="Median of the rounds")
    shown.add_column("")
    for contender in rounds:
        shown.add_column(contender, justify="right")
    columns = [medians(played) for played in rounds.values()]
    for words, name, divisor, decimals in _LINES:
        if any(name in figures for figures in columns):
            shown.add_row(
                words,
                *(f"{figures[name] / divisor:,.{decimals}f}" if name in figures else "–" for figures in columns),
            )
    return shown


def ratio_lines(rounds: Rounds) -> list[str]:
    """The ratios in words."""
    return [
        "{} {}: {median:.3g} (rounds {least:.3g} to {greatest:.3g})".format(pair, name, **spread)
        for pair, compared in ratios(rounds).items()
        for name, spread in compared.items()
    ]
