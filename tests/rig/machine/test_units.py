"""The other units beside the controller and the scanner: they start, and each can reach only what it needs."""

import logging

import pytest

from tests.rig.machine.booth import KIOSK, MAIN_PID, Booth
from tests.rig.machine.conftest import Start

pytestmark = pytest.mark.rig
logger = logging.getLogger(__name__)

LIMIT = 1.5
SERVICES = ("kiosk", "kiosk-scanner@1", "kiosk-imager@1", "kiosk-technician", "kiosk-bundles", "kiosk-trust@list")

PROBES = {
    "signal the controller": "kill -0 {pid}",
    "see the controller": "[ -e /proc/{pid} ]",
    "read a token": "cat /etc/kiosk/secrets/token",
    "read the journal": "head -c 1 /var/lib/kiosk/journal.db",
    "write the journal": "exec 3>>/var/lib/kiosk/journal.db",
    "write a bundle": "echo >/var/lib/kiosk-bundles/probe",
    "write trusted keys": "echo >/etc/kiosk/trust/probe",
    "write the settings": "echo >>/etc/kiosk/kiosk.yaml",
    "reach the scanner": "python3 -c \"import socket as s; s.socket(s.AF_UNIX).connect('/run/kiosk-scanner.socket')\"",
    "use the pins": ": </dev/gpiochip0",
    "use the bus": ": </dev/i2c-1",
    "read the disk": "head -c 1 /dev/ubda",
    "make code": "python3 -c 'import mmap; mmap.mmap(-1, 4096, prot=7)'",
    "open a raw socket": "python3 -c 'import socket; socket.socket(socket.AF_PACKET)'",
    "make a namespace": "unshare --user true",
    "become root": "setpriv --reuid 0 true",
}

CONNECT_TO_IMAGER = """python3 -c 'import socket as s; s.socket(s.AF_UNIX).connect("/run/kiosk-imager.socket")'"""
OFFER = "http://127.0.0.1:8090/technician"


@pytest.fixture
def booth(start: Start) -> Booth:
    return start()


def test_systemd_reports_little_exposure_for_each_service(booth: Booth) -> None:
    for service in SERVICES:
        report = booth.run(f"systemd-analyze security --no-pager {service}.service").splitlines()[-1]
        logger.info("%s", report)
        assert float(report.split(": ")[1].split()[0]) <= LIMIT


@pytest.mark.parametrize(
    ("service", "allowed"),
    [
        ("kiosk-technician", {"read the journal"}),
        ("kiosk-bundles", {"write a bundle"}),
        ("kiosk-trust@list", {"write trusted keys"}),
        ("kiosk-imager@1", {"use the bus"}),
    ],
)
def test_a_service_can_reach_only_what_it_needs(booth: Booth, service: str, allowed: set[str]) -> None:
    pid = booth.run(MAIN_PID)
    probes = "\n".join(
        f"({command.format(pid=pid)}) &>/dev/null && echo can {name}" for name, command in PROBES.items()
    )
    booth.run(
        "chmod 666 /dev/ubda /dev/gpiochip0 /dev/i2c-1; mkdir -p /etc/kiosk/sources;"
        "cd /etc/kiosk; touch sources/list.conf; echo x >secrets/token; chown root:kiosk secrets/token;"
        f"chmod 640 secrets/token; cat >/run/probes <<'END'\n{probes}\necho tried; cat /proc/self/status\nEND"
    )
    booth.drop_in(
        f"{service}.service",
        "Type=oneshot\nRestart=no\nStandardInput=null\nStandardOutput=journal\n"
        "ExecStart=\nExecStart=/bin/bash /run/probes",
    )
    booth.run(f"systemctl start {service}.service")
    log = booth.run(f"journalctl --no-pager --output=cat --unit={service}.service").splitlines()
    assert {line.removeprefix("can ") for line in log if line.startswith("can ")} == allowed
    assert {"tried", "NoNewPrivs:\t1", "Seccomp:\t2", "CapEff:\t0000000000000000"} <= set(log)


def test_the_technicians_page_is_served_while_the_kiosk_runs_and_after_it_ended(booth: Booth) -> None:
    booth.run("systemctl start kiosk-technician")
    asks = f"python3 -c 'from urllib.request import urlopen; assert urlopen(\"{OFFER}\").status == 200'"
    booth.until(f"{asks} 2>/dev/null")
    booth.run(f"systemctl stop kiosk; {asks}")
    assert booth.run("systemctl show --value --property=NRestarts kiosk-technician") == "0"


def test_the_imagers_unit_reads_the_bus_and_reports_the_missing_sensor(start: Start) -> None:
    booth = start(kind="mlx90640")
    booth.until(f"{KIOSK} journal list | grep -q thermometer_silent")
    faults = {row["reason"] for row in booth.rows() if row["kind"] == "fault_raised"}
    assert faults == {"thermometer_silent"}
    booth.until("systemctl list-units --plain --no-legend --state=active 'kiosk-imager@*' | grep -q imager")
    for user in ("kiosk-imager", "nobody"):
        booth.run(f"! setpriv --reuid {user} --regid nogroup --clear-groups {CONNECT_TO_IMAGER} 2>/dev/null")
    booth.run(f"setpriv --reuid kiosk --regid kiosk --clear-groups {CONNECT_TO_IMAGER}")


def test_the_timers_start_their_services(booth: Booth) -> None:
    for timer in ("kiosk-bundles", "kiosk-trust@list"):
        booth.run(f"systemctl enable --now {timer}.timer")
        shown = booth.run(f"systemctl show --property=Triggers --property=NextElapseUSecRealtime {timer}.timer")
        triggers, due = (line.partition("=")[2] for line in sorted(shown.splitlines(), reverse=True))
        assert triggers == f"{timer}.service"
        assert due
    # a site that enables the timer and names no office is told so
    booth.run("systemctl start kiosk-bundles.service || true")
    assert "has no section 'bundles'" in booth.run("journalctl --no-pager --output=cat --unit=kiosk-bundles")
