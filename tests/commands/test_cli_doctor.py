"""`kiosk doctor`: its summary, JSON, colours, and an archive that tells no secret."""

import io
import json
import re
import tarfile
from datetime import date
from pathlib import Path

import pytest

from kiosk.commands.doctor import lines_of, probe_journal, probe_thermometer
from kiosk.commands.terminal import wants_colours
from kiosk.errors import JournalError, KioskError
from kiosk.hardware.thermometers import calibration
from kiosk.health.bundle import MASK
from kiosk.health.doctor import ask
from kiosk.health.findings import Condition, fail, ok, warn
from kiosk.settings.schema.thermometer import ThermometerKind
from kiosk.simulator.clock import VirtualClock
from kiosk.simulator.mlx90614 import Mlx90614Bus
from tests.booth import settings
from tests.commands.test_cli import ROOT, kiosk

SECRETS = (
    "Balai Rahasia",
    "Ibu Sari",
    "+62 812 3456 7890",
    "status.rahasia.go.id",
    "venue-rahasia",
    "X-Secret-Value",
    "rahasia-token",
    "app-rahasia:",
    "https://maps.rahasia.id/x",
    "kunci-rahasia.pub.pem",
    "KODE-RAHASIA",
    "Pak Rahmat",
    "sandi-rahasia",
    "pusat.rahasia",
    "otoritas",
    "pintu-1",
    "segel",
    "teknisi.rahasia",
    "laman",
    "t/sandi",
)
SITE = """
name: pintu-1
site: Balai Rahasia
door: {relay_pin: 17}
sequence: [credential]
camera: {}
credentials:
  site_pass: {site: pintu, public_keys: [kunci-rahasia.pub.pem]}
  online_status:
    address: https://status.rahasia.go.id/check
    prefixes: ["app-rahasia:"]
    headers: {X-Key: X-Secret-Value}
    secret_headers: {Authorization: rahasia-token}
    extra_fields: {venue: venue-rahasia}
    status: {green: pass}
# Wi-Fi of Pak Rahmat: sandi-rahasia
referrals: {officer: {title: Ibu Sari, link: "https://maps.rahasia.id/x"}}
fleet: {server: pusat.rahasia.local, ca: f/otoritas.pem, certificate: f/pintu-1.pem, key: f/pintu-1.key, seal: f/segel}
technician:
  lan: {names: [teknisi.rahasia.local], certificate: t/laman.pem, key: t/laman.key, password: t/sandi}
display: {telephone: "+62 812 3456 7890", venue_code: KODE-RAHASIA}
journal: {path: journal.db}
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "texts").symlink_to(ROOT / "config" / "texts")
    (tmp_path / "kiosk.yaml").write_text(SITE, "utf-8")
    return tmp_path / "kiosk.yaml"


def contents(path: Path) -> dict[str, str]:
    with tarfile.open(fileobj=io.BytesIO(path.read_bytes())) as tar:
        found = {entry.name: tar.extractfile(entry) for entry in tar.getmembers()}
        return {name: file.read().decode() for name, file in found.items() if file}


def test_the_archive_has_findings_settings_and_log_and_tells_no_secret(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert kiosk("doctor", "--config", config, "--bundle", tmp_path / "b.tar.gz") == 1
    assert "look into it before you send it" in capsys.readouterr().out
    assert (tmp_path / "b.tar.gz").stat().st_mode & 0o777 == 0o600
    files = contents(tmp_path / "b.tar.gz")
    assert {name.partition("/")[2] for name in files} == {
        "version.txt",
        "findings.txt",
        "mistakes.txt",
        "settings.yaml",
        "log.txt",
        "config.txt",
    }
    everything = "\n".join(files.values())
    assert [secret for secret in SECRETS if secret in everything] == []
    assert "relay_pin: 17" in files["kiosk-doctor/settings.yaml"]
    assert MASK in files["kiosk-doctor/settings.yaml"]


def test_the_archive_of_a_refused_file_tells_nothing_of_its_values(config: Path, tmp_path: Path) -> None:
    wrong = SITE.replace("relay_pin: 17", "relay_pin: Ibu Sari").replace("camera: {}", "camera: {Pak Rahmat: 1}")
    for text in (wrong, f"{SITE}\nbuzzer: [Pak Rahmat, {{\n", f"site: [Balai Rahasia, KODE-RAHASIA]\n{SITE}"):
        config.write_text(text)
        assert kiosk("doctor", "--config", config, "--bundle", tmp_path / "b.tar.gz") == 1
        files = contents(tmp_path / "b.tar.gz")
        everything = "\n".join(files.values())
        assert [secret for secret in SECRETS if secret in everything] == []
        assert re.search(r"^line \d+: ", files["kiosk-doctor/mistakes.txt"], re.MULTILINE)


def test_a_refused_file_is_a_finding_and_the_machine_is_examined(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config.write_text("door: {relay_pin: 17, hold_S: 1}\n")
    assert kiosk("doctor", "--config", config) == 1
    out = capsys.readouterr().out
    assert "6 mistakes; the first: " in out
    assert "python" in out
    assert out.splitlines()[-1].endswith("the kiosk cannot work until the lines with 'fail' are mended")
    assert "\x1b[" not in out, "no colours in a pipe"
    assert kiosk("doctor", "--json", "--config", config.parent / "none.yaml") == 1
    findings = json.loads(capsys.readouterr().out)
    assert findings[0]["name"] == "settings"
    assert findings[0]["state"] == "fail"


def test_the_last_line_counts_and_colours_are_for_terminals(monkeypatch: pytest.MonkeyPatch) -> None:
    findings = [ok("a", "x"), warn("b", "y", "z")]
    assert list(lines_of(findings, colours=False))[-1] == (
        "1 ok, 1 warning, 0 failures: the kiosk works; the lines with 'warn' should be mended"
    )
    assert next(iter(lines_of([fail("a", "x", "y")], colours=True))).startswith("\x1b[31mfail")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert wants_colours()
    monkeypatch.setenv("NO_COLOR", "1")
    assert not wants_colours()


def test_the_archive_of_a_refused_file_has_what_can_be_read_of_it(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config.write_text(SITE.replace("relay_pin: 17", "relay_pin: 17, hold_S: 5"))
    assert kiosk("doctor", "--config", config, "--bundle", tmp_path / "b.tar.gz") == 1
    assert "mistakes.txt" in capsys.readouterr().out
    files = contents(tmp_path / "b.tar.gz")
    assert "unknown setting" in files["kiosk-doctor/mistakes.txt"]
    assert "relay_pin: 17" in files["kiosk-doctor/settings.yaml"]
    assert [secret for secret in SECRETS if secret in "\n".join(files.values())] == []


def test_a_journal_is_missed_only_after_the_first_run(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    assert probe_journal(path).startswith("none yet")
    (tmp_path / "time-floor").touch()
    with pytest.raises(JournalError, match="there is none yet"):
        probe_journal(path)
    with pytest.raises(JournalError, match="there is none yet"):
        probe_journal(tmp_path / "no-folder" / "journal.db")


@pytest.mark.parametrize(
    ("unit", "condition"),
    [("1A2B3C4D5E6F0003", Condition.OK), ("1A2B3C4D5E6F0004", Condition.WARN), ("", Condition.OK)],
)
def test_the_calibration_of_another_sensor_is_a_warning_with_both_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unit: str, condition: Condition
) -> None:
    clock, ends = VirtualClock(), date(2027, 5, 27)
    made = calibration.SiteCalibration(ThermometerKind.MLX90614, 2.1, 1.0, 34.5, 20, 0.2, ends, unit)
    calibration.write(tmp_path / "calibration.json", made)
    site = settings(thermometer={"calibration": "calibration.json"})
    monkeypatch.setattr("kiosk.hardware.buses.open_i2c", lambda _number: Mlx90614Bus(clock, seed=3))
    found = ask("thermometer", lambda: probe_thermometer(site, tmp_path, clock.advance))
    assert found.state is condition
    assert "1A2B3C4D5E6F0003" in found.found
    assert unit in found.found
    assert ("kiosk calibrate" in found.remedy) is (condition is Condition.WARN)


def test_a_calibration_that_cannot_be_read_is_a_finding(tmp_path: Path) -> None:
    with pytest.raises(KioskError, match="cannot be read"):
        probe_thermometer(settings(thermometer={"calibration": "calibration.json"}), tmp_path)
