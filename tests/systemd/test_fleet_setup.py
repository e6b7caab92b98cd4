"""script/fleet in a dry run and into a folder, and what it lays. Its effect on a whole Debian is not tested here.

Rule: each call has `--dry-run` or `--root`, because the tests may run as root.
"""

import re
import subprocess
from pathlib import Path

import pytest

from kiosk.cli import parser

ROOT = Path(__file__).resolve().parents[2]
LAID = {
    "etc/systemd/system/kiosk-collector@.service",
    "etc/systemd/system/kiosk-fleet-page.service",
    "etc/kiosk-fleet/acl",
    "etc/mosquitto/conf.d/kiosk-fleet.conf",
    "etc/prometheus/prometheus.yml",
    "etc/prometheus/rules/fleet-alerts.yml",
    "usr/lib/sysusers.d/kiosk-fleet.conf",
}


def fleet(*arguments: str, code: int = 0) -> str:
    assert {"--dry-run", "--root"} & set(arguments), "it would set up this machine"
    done = subprocess.run(
        [ROOT / "script/fleet", *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stderr
    return done.stdout + done.stderr


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_a_dry_run_reports_each_action_and_changes_nothing(tmp_path: Path) -> None:
    output = fleet("--server", "fleet.example.org", "--root", str(tmp_path), "--dry-run")
    assert "  would install /etc/mosquitto/conf.d/kiosk-fleet.conf\n" in output
    assert "7 changes would be made" in output
    assert files(tmp_path) == set()


@pytest.mark.skipif(Path("/opt/kiosk-fleet").exists(), reason="NOT CHECKED: the fleet is set up on this machine")
def test_a_dry_run_on_any_machine_reports_what_the_office_gets() -> None:
    output = fleet("--server", "fleet.example.org", "--dry-run")
    for words in (
        "make the environment /opt/kiosk-fleet/venv",
        "make the user kiosk-collector",
        "make the fleet's authority and the certificates for fleet.example.org",
        "make the database 'fleet' of the user kiosk-collector",
        "enable and start kiosk-collector@collector_1",
        "enable and start kiosk-fleet-page",
    ):
        assert f"  would {words}\n" in output


def test_the_files_are_laid_once(tmp_path: Path) -> None:
    fleet("--server", "fleet.example.org", "--root", str(tmp_path))
    assert files(tmp_path) == LAID
    assert "nothing to change" in fleet("--server", "fleet.example.org", "--root", str(tmp_path))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--dry-run",), "--server is missing: the name or address by which the kiosks reach this machine"),
        (("--dry-run", "--sever", "x"), "unknown option '--sever'"),
        (("--dry-run", "--server"), "--server needs a value"),
        (("--dry-run", "--server", "--server"), "--server needs a value"),
        (("--dry-run", "--root", "--server"), "--root needs a value"),
        (("--dry-run", "--server", ""), "--server needs a value"),
    ],
)
def test_a_wrong_option_is_explained(arguments: tuple[str, ...], words: str) -> None:
    assert words in fleet(*arguments, code=1)


def test_the_broker_grants_each_collector_of_the_script_the_same_and_names_no_kiosk() -> None:
    rules = (ROOT / "fleet/mosquitto.acl").read_text()
    collectors = re.search(r"collectors=\((.*)\)", (ROOT / "script/fleet").read_text())
    assert collectors
    granted = {}
    for block in rules.split("\nuser ")[1:]:
        name, *lines = block.split("\n\n")[0].splitlines()
        granted[name] = lines
    assert granted.keys() == {*collectors[1].split(), "home_assistant"}
    assert len({tuple(granted[name]) for name in collectors[1].split()}) == 1
    assert all("_" in name for name in granted), "a kiosk's name has no '_'"
    assert not any("write" in line for line in granted["home_assistant"])


def test_each_unit_can_be_enabled_and_calls_a_command_that_exists() -> None:
    commands = parser()
    for unit in (ROOT / "fleet").glob("*.service"):
        text = unit.read_text()
        assert "\n[Install]\nWantedBy=multi-user.target\n" in text
        line = re.search(r"^ExecStart=/opt/kiosk-fleet/venv/bin/kiosk (.*) \$OPTIONS$", text, re.MULTILINE)
        assert line
        commands.parse_args(line[1].replace("%i", "collector_1").split())


def test_the_broker_takes_the_name_of_the_certificate_as_user_and_as_client_id() -> None:
    lines = (ROOT / "fleet/mosquitto.conf").read_text().splitlines()
    for line in (
        "require_certificate true",
        "use_identity_as_username true",
        "use_username_as_clientid true",
        "allow_anonymous false",
        "acl_file /etc/kiosk-fleet/acl",
        "crlfile /etc/kiosk-fleet/revoked.pem",
    ):
        assert line in lines
