"""Every alert fires when it should and not before, speaks of measures that there are, and leads to its line."""

import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from deploy.local.programs import prometheus_tool
from transfer.telemetry.metrics import measures

ROOT: Final = Path(__file__).parent.parent.parent
RULES: Final = ROOT / "deploy" / "prometheus" / "alerts.yml"
RUNBOOK: Final = ROOT / "docs" / "runbook.md"
DASHBOARD: Final = ROOT / "deploy" / "grafana" / "transfer.json"
DAY: Final = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """Series that make an alert fire after so many minutes, and others that do not, one value a minute."""

    series: str
    fires: tuple[str, ...]
    quiet: tuple[str, ...]
    minutes: int


def _of_node(name: str, fires: str, quiet: str, minutes: int, **labels: str) -> Alert:
    return _alert(name, fires, quiet, minutes, region="442000", **labels)


def _of_hub(name: str, fires: str, quiet: str, minutes: int, **labels: str) -> Alert:
    return _alert(name, fires, quiet, minutes, instance="hub1", **labels)


def _alert(name: str, fires: str, quiet: str, minutes: int, **labels: str) -> Alert:
    written = ", ".join(f'{key}="{value}"' for key, value in labels.items())
    return Alert(series=f"{name}{{{written}}}", fires=(fires,), quiet=(quiet,), minutes=minutes)


_BUCKET: Final = 'transfer_request_seconds_bucket{{route="/v1/cases", status="200", le="{le}", region="442000"}}'

ALERTS: Final = {
    "NodeDown": _of_node("up", "0x40", "1x40", 3, job="transfer"),
    "NodeNotReady": _of_node("transfer_check_ok", "0x40", "1x40", 6, check="database"),
    "BrokerLost": _of_node("transfer_broker_connected", "0x40", "0x3 1x40", 6, role="relay"),
    "DutyFails": _of_node("transfer_duty_failures", "3x40", "2x40", 6, duty="relay"),
    "MessagesWait": _of_node("transfer_oldest_waiting_seconds", "3601+60x40", "3000x40", 11),
    "NotSent": _of_node("transfer_messages_not_sent_total", "0+2x60", "0+0.2x60", 35, reason="Unroutable"),
    "MessagesParked": _of_node("transfer_parked_messages", "1x80", "0x80", 61),
    "Quarantined": _of_node("transfer_quarantined_messages", "1x40", "0x40", 11),
    "Alarm": _of_node("transfer_alarms_total", "0x5 1x40", "0x45", 7, kind="not_opened"),
    "CheckAdvises": _of_node("transfer_check_advises", "1x80", "0x80", 61, check="ledger"),
    "KeyExpires": _of_node(
        "transfer_key_expires_timestamp_seconds", f"{29 * DAY}x80", f"{40 * DAY}x80", 61, suite="jose", use="sign"
    ),
    "CertificateExpires": _of_node("transfer_tls_certificate_valid_seconds", f"{20 * DAY}x80", f"{30 * DAY}x80", 61),
    "DirectoryExpires": _of_node(
        "transfer_directory_expires_timestamp_seconds", f"{13 * DAY}x80", f"{30 * DAY}x80", 61
    ),
    "CalendarMissing": _of_node("transfer_calendar_days", "29x80", "30x80", 61),
    "FilesNotFetched": _of_node("transfer_fetches_total", "0+1x200", "0+0.1x200", 130, end="put_off"),
    "ServerErrors": _of_node(
        "transfer_request_seconds_count", "0+60x40", "0+1x40", 16, route="/v1/cases", status="500"
    ),
    "SlowAnswers": Alert(series=_BUCKET, fires=("1.0", "2.5"), quiet=("0.1", "0.5"), minutes=30),
    "HubNodeDown": _of_hub("up", "0x40", "1x40", 3, job="rabbitmq"),
    "HubBlocks": _of_hub("rabbitmq_alarms_memory_used_watermark", "1x40", "0x40", 2),
    "InboxFills": _of_hub("rabbitmq_queue_messages_ready", "5001x40", "4000x40", 16, queue="inbox.442000"),
    "DeadLetters": _of_hub("rabbitmq_queue_messages_ready", "1x40", "0x40", 16, queue="dead.442000"),
}


def rules() -> dict[str, dict[str, Any]]:
    """The rules by the names of their alerts."""
    [group] = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    return {str(rule["alert"]): rule for rule in group["rules"]}


def _series(alert: Alert, values: tuple[str, ...]) -> list[dict[str, str]]:
    if alert.series is not _BUCKET:
        return [{"series": alert.series, "values": values[0]}]
    empty, full = values
    bounds = {empty: "0x60", full: "0+60x60", "+Inf": "0+60x60"}
    return [{"series": _BUCKET.format(le=le), "values": counted} for le, counted in bounds.items()]


@pytest.fixture(scope="module")
def promtool() -> str:
    return str(prometheus_tool())


def _says(promtool: str, folder: Path, alert: str, values: tuple[str, ...]) -> str:
    """What promtool says when this alert is expected to be quiet with these values: of an alert that fires, that."""
    test = {
        "rule_files": [str(RULES)],
        "evaluation_interval": "1m",
        "tests": [
            {
                "interval": "1m",
                "input_series": _series(ALERTS[alert], values),
                "alert_rule_test": [{"eval_time": f"{ALERTS[alert].minutes}m", "alertname": alert, "exp_alerts": []}],
            }
        ],
    }
    file = folder / "test.yml"
    file.write_text(yaml.safe_dump(test), encoding="utf-8")
    done = subprocess.run([promtool, "test", "rules", file], capture_output=True, text=True, check=False, timeout=60)
    return done.stdout + done.stderr


def test_promtool_finds_nothing_wrong_with_the_configuration(promtool: str) -> None:
    compose = ROOT / "deploy" / "compose" / "prometheus.yml"
    configurations = [RULES.parent / "prometheus.yml", RULES.parent / "kubernetes.yml", compose]
    for command in (["rules", str(RULES)], *(["config", "--syntax-only", str(one)] for one in configurations)):
        done = subprocess.run([promtool, "check", *command], capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_has_series_that_make_it_fire() -> None:
    assert set(rules()) == set(ALERTS)


@pytest.mark.parametrize("alert", ALERTS)
def test_the_alert_fires_when_it_should(promtool: str, tmp_path: Path, alert: str) -> None:
    said = _says(promtool, tmp_path, alert, ALERTS[alert].fires)
    assert f'alertname="{alert}"' in said, said
    # What a person reads must have its values filled in.
    assert "{{" not in said, said
    assert "<no value>" not in said, said


@pytest.mark.parametrize("alert", ALERTS)
def test_the_alert_is_quiet_while_all_is_well(promtool: str, tmp_path: Path, alert: str) -> None:
    said = _says(promtool, tmp_path, alert, ALERTS[alert].quiet)
    assert "SUCCESS" in said, said


def _known() -> dict[str, set[str]]:
    """The labels of each of the product's series by its name."""
    known = {}
    for one, labels in measures():
        for suffix in {"counter": ["_total"], "histogram": ["_bucket", "_count", "_sum"]}.get(one.type, [""]):
            known[one.name + suffix] = {*labels, *({"le"} if suffix == "_bucket" else ())}
    return known


def _asked(expression: str) -> Iterator[tuple[str, set[str]]]:
    for name, chosen in re.findall(r"\b(transfer_\w+)(\{[^}]*\})?", expression):
        yield name, set(re.findall(r"(\w+)\s*(?:=|!)", chosen))


def _queries() -> Iterator[tuple[str, str]]:
    for name, rule in rules().items():
        yield name, rule["expr"]
    for panel in json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]:
        for target in panel.get("targets", ()):
            yield panel["title"], target["expr"]


def test_alerts_and_dashboards_speak_of_measures_that_there_are() -> None:
    known = _known()
    for where, expression in _queries():
        for name, labels in _asked(expression):
            assert name in known, f"{where}: {name}"
            assert labels - {"region", "instance", "job"} <= known[name], f"{where}: {name} {labels}"


def test_every_query_of_the_dashboard_is_understood_by_prometheus(promtool: str, tmp_path: Path) -> None:
    found = [(title, query.replace("$region", "442000")) for title, query in _queries()]
    records = [{"record": f"q{number}", "expr": query} for number, (_, query) in enumerate(found)]
    file = tmp_path / "queries.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "queries", "rules": records}]}), encoding="utf-8")
    done = subprocess.run([promtool, "check", "rules", file], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_leads_to_its_line_in_the_runbook() -> None:
    sections = re.findall(r"^### (\w+)$", RUNBOOK.read_text(encoding="utf-8"), re.MULTILINE)
    assert sections == list(rules())
    for name, rule in rules().items():
        assert rule["annotations"]["runbook"] == f"docs/runbook.md#{name.lower()}"
        assert rule["annotations"]["summary_zh"]
        assert rule["labels"]["severity"] in {"page", "ticket"}
