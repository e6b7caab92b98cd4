"""The metrics: what Prometheus reads, over which way, and the alerts that follow from them."""

import base64
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from kiosk.support.web import login
from kiosk.technician.metrics import metrics_text
from kiosk.technician.server import METRICS

from .pages import PASSWORD, ask, certified, page

FLEET = Path(__file__).parents[2] / "fleet"
RULES = FLEET / "prometheus" / "kiosk-alerts.yml"
needs_promtool = pytest.mark.skipif(
    shutil.which("promtool") is None, reason="THE ALERTS ARE NOT CHECKED: sudo apt-get install prometheus"
)
MACHINE: dict[str, Any] = {
    "disk": {"free_mb": 1000, "total_mb": 2000},
    "cpu_c": 51.5,
    "key_lists": [{"scheme": "eu_dcc", "name": "who", "keys": 3, "days": 4}, {"trouble": "damaged"}],
}
SNAPSHOT: dict[str, Any] = {
    "kiosk": {"name": 'ki"osk\n1', "site": "Kantor", "version": "0.2.0", "up_s": 60, "bundle": 7},
    "clock": {"utc": "2026-11-28T00:00:00", "sure": True, "fault": ""},
    "phase": "idle",
    "faults": [{"device": "camera", "code": "camera_silent", "cause": "", "remedy": ""}],
    "workers": {"journal": 0.5},
    "outputs": {"door": "locked"},
}


def values(text: bytes) -> dict[str, float]:
    """Return each sample by its name and labels."""
    return {
        f"{sample.name}{json.dumps(sample.labels, sort_keys=True) if sample.labels else ''}": sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }


def test_the_metrics_of_a_kiosk() -> None:
    found = values(metrics_text(SNAPSHOT, {("admitted", ""): 5, ("referred", "fever"): 2}, MACHINE))
    assert found["kiosk_up"] == 1.0
    assert found['kiosk_visits_total{"outcome": "referred", "reason": "fever"}'] == 2.0
    assert found['kiosk_fault{"code": "camera_silent", "device": "camera"}'] == 1.0
    assert found['kiosk_phase{"phase": "idle"}'] == 1.0
    assert (found["kiosk_door_locked"], found["kiosk_clock_sure"], found["kiosk_bundle_version"]) == (1.0, 1.0, 7.0)
    assert found["kiosk_disk_free_bytes"] == 1000 << 20
    assert found['kiosk_key_list_age_seconds{"list": "who", "scheme": "eu_dcc"}'] == 4.0 * 86400


def test_of_a_controller_that_does_not_answer_only_kiosk_up_is_there() -> None:
    found = values(metrics_text(None, {}, {}))
    assert found == {"kiosk_up": 0.0}


@needs_promtool
def test_promtool_accepts_the_metrics() -> None:
    text = metrics_text(SNAPSHOT, {("admitted", ""): 5}, MACHINE)
    done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


def test_the_metrics_are_served_without_a_password_on_this_computer_only(tmp_path: Path) -> None:
    with page(tmp_path) as server:
        answer = ask(server, METRICS)
        assert (answer.status, values(answer.body)["kiosk_up"]) == (200, 0.0)
        assert answer.headers["content-type"].startswith("text/plain; version=")
        server.live(SNAPSHOT)
        assert values(ask(server, METRICS).body)["kiosk_up"] == 1.0


def basic(password: str) -> str:
    return "Basic " + base64.b64encode(f"prometheus:{password}".encode()).decode()


def test_beyond_this_computer_the_metrics_need_the_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checks: list[str] = []
    real = login.is_right

    def counted(password: str, hashed: str) -> bool:
        checks.append(password)
        return real(password, hashed)

    monkeypatch.setattr(login, "is_right", counted)
    with page(tmp_path, certified(tmp_path)) as server:
        answer = ask(server, METRICS, tls=True)
        assert (answer.status, answer.headers["www-authenticate"]) == (401, 'Basic realm="kiosk"')
        for sent in ("Basic", "Basic !!!", "Basic " + base64.b64encode(b"\xff\xff").decode(), f"Bearer {PASSWORD}"):
            assert ask(server, METRICS, tls=True, Authorization=sent).status == 401, sent
        assert checks == []
        assert ask(server, METRICS, tls=True, Authorization=basic("wrong password 1")).status == 403
        for _ in range(3):
            assert ask(server, METRICS, tls=True, Authorization=basic(PASSWORD)).status == 200
        assert checks == ["wrong password 1", PASSWORD]
        assert ask(server, "/technician/counts", tls=True, Authorization=basic(PASSWORD)).status == 401


def test_wrong_passwords_of_a_scraper_are_limited_too(tmp_path: Path) -> None:
    with page(tmp_path, certified(tmp_path)) as server:
        sent = [ask(server, METRICS, tls=True, Authorization=basic(f"wrong {n} password")).status for n in range(8)]
        assert sent == [403] * login.FREE_TRIES + [429] * (8 - login.FREE_TRIES)


@needs_promtool
def test_the_alert_rules_are_valid() -> None:
    done = subprocess.run(["promtool", "check", "rules", str(RULES)], capture_output=True, check=False)
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()


@needs_promtool
def test_a_silent_kiosk_alerts_within_a_minute(tmp_path: Path) -> None:
    """Scraped every 15 s; the alert may fire at the first evaluation after 45 s, and must at 60 s."""
    tests = {
        "rule_files": [str(RULES)],
        "evaluation_interval": "15s",
        "tests": [
            {
                "interval": "15s",
                "input_series": [
                    {"series": 'up{job="kiosk",instance="a"}', "values": "1 1 0 0 0 0 0 0"},
                    {"series": 'up{job="kiosk",instance="b"}', "values": "1 1 1 0 1 1 1 1"},
                    {"series": 'kiosk_up{instance="c"}', "values": "1 1 0 0 0 0 0 0"},
                ],
                "alert_rule_test": [
                    {"eval_time": "60s", "alertname": "KioskUnreachable", "exp_alerts": []},
                    expected("KioskUnreachable", "a"),
                    expected("KioskDown", "c"),
                ],
            }
        ],
    }
    (tmp_path / "tests.yml").write_text(yaml.safe_dump(tests))
    done = subprocess.run(["promtool", "test", "rules", str(tmp_path / "tests.yml")], capture_output=True, check=False)
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()


def rules() -> list[dict[str, Any]]:
    """Return every alert rule."""
    return [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]


def expected(name: str, instance: str) -> dict[str, Any]:
    """Return the expectation that this alert fires, and no other of its name."""
    (rule,) = [rule for rule in rules() if rule["alert"] == name]
    labels = {"severity": "page", "instance": instance}
    if name == "KioskUnreachable":
        labels["job"] = "kiosk"
    notes = {key: text.replace("{{ $labels.instance }}", instance) for key, text in rule["annotations"].items()}
    alerts = [{"exp_labels": labels, "exp_annotations": notes}]
    return {"eval_time": "90s", "alertname": name, "exp_alerts": alerts}


def test_alerts_and_dashboard_use_only_metrics_that_there_are() -> None:
    known = set(
        re.findall(r"^([a-z_]+)", metrics_text(SNAPSHOT, {("admitted", ""): 1}, MACHINE).decode(), re.MULTILINE)
    )
    dashboard = json.loads((FLEET / "grafana" / "kiosks.json").read_text())
    expressions = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    expressions += [rule["expr"] for rule in rules()]
    used = set(re.findall(r"\bkiosk_[a-z_]+", " ".join(expressions)))
    assert used
    assert used <= known
