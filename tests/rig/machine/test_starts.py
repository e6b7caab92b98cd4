"""The start of the kiosk under systemd after crashes and after mistakes in the settings.

docs/technician/commissioning.md has the table, "What the kiosk starts with".
"""

import pytest

from tests.rig.machine.booth import ACTIVE, DOOR, KIOSK, PRESENCE, PUMP, Booth
from tests.rig.machine.conftest import Start

pytestmark = pytest.mark.rig

SETTINGS = "/etc/kiosk/kiosk.yaml"
KEPT = "/var/lib/kiosk/last-good.yaml"


@pytest.fixture
def booth(start: Start) -> Booth:
    booth = start()
    booth.until(f"[ -e {KEPT} ]")
    return booth


def test_after_three_crashes_only_the_officer_is_served_and_each_crash_of_safe_mode_is_followed_by_a_longer_pause(
    booth: Booth,
) -> None:
    for crashes in (1, 2):
        booth.kill()
        assert booth.show("StatusText") == "ready for visitors"
        assert booth.show("NRestarts") == str(crashes)
    booth.kill()
    assert booth.show("StatusText").startswith("ready, not for visitors; faults: safe_mode")
    booth.wire(PRESENCE, 0)
    booth.press_officer()
    booth.until(f"{KIOSK} journal list | grep -q admitted_by_officer")
    assert {entry.what for entry in booth.trace(PUMP)} == {"1", "out"}
    kinds = [row["kind"] for row in booth.rows()]
    assert kinds[: kinds.index("visit")] == ["started", "in_service"] * 3 + [
        "started",
        "fault_raised",
        "out_of_service",
    ]

    booth.kill()
    # the pause: systemd has its READY, and no pin is driven
    assert booth.show("StatusText").startswith("safe_mode: ")
    relays = len(booth.trace(DOOR))
    booth.until("systemctl show --property=StatusText kiosk | grep -q 'not for visitors; faults: safe_mode'")
    assert len(booth.trace(DOOR)) > relays
    assert booth.show("NRestarts") == "4"

    booth.run("systemctl restart kiosk")
    assert booth.show("StatusText") == "ready for visitors"


def test_systemd_starts_a_program_that_ends_at_once_again_without_a_limit(booth: Booth) -> None:
    booth.drop_in("kiosk.service", "ExecStart=\nExecStart=/bin/false\nExecStopPost=\nRestartSec=0")
    booth.run("systemctl restart --no-block kiosk")
    # systemd's own limit is five starts in ten seconds
    booth.until("[ $(systemctl show --value --property=NRestarts kiosk) -ge 20 ]")
    booth.run("rm -r /run/systemd/system/kiosk.service.d; systemctl daemon-reload")
    booth.until(ACTIVE)
    assert booth.show("StatusText") == "ready for visitors"


def test_a_mistake_in_the_settings_starts_the_kiosk_with_those_that_served(booth: Booth) -> None:
    booth.run(f"sed -i 's/hold_s: .*/hold_s: fifty/' {SETTINGS}; systemctl restart kiosk")
    assert booth.show("StatusText").startswith("ready for visitors; faults: settings_refused; /etc/kiosk/kiosk.yaml:")
    booth.press_officer()
    assert "kiosk.yaml:10" in booth.log()


def test_a_mistake_in_a_wire_drives_no_pin_until_the_file_is_corrected(booth: Booth) -> None:
    booth.run(
        f"cp {SETTINGS} /run/good; sed -i 's/relay_pin: 5/relay_pin: 7/; s/hold_s: .*/hold_s: fifty/' {SETTINGS};"
        "systemctl restart kiosk"
    )
    assert booth.show("StatusText").startswith("settings_unusable: ")
    relays = len(booth.trace(DOOR))
    assert [booth.level(pin) for pin in (DOOR, PUMP)] == [1, 1]
    booth.run(f"cp /run/good {SETTINGS}")
    booth.until("systemctl show --property=StatusText kiosk | grep -q 'ready for visitors'")
    assert len(booth.trace(DOOR)) > relays
    assert booth.show("NRestarts") == "0"
