"""A booth that starts with the last settings that served, or in safe mode: light, page, status and journal tell."""

from pathlib import Path

from kiosk.composition.site_rules import SAFE_MODE
from kiosk.composition.starting.bundles import StartSettings
from kiosk.composition.starting.start_choice import REFUSED, safe_mode
from kiosk.model import Phase
from tests.booth import DOOR_PIN, PUMP_PIN, Booth, settings, wires
from tests.scenarios.test_faults_needing_attention import BLUE, GREEN, RED, colours, on_the_page, raised, reported

LIGHTS = {"red_pin": RED, "green_pin": GREEN, "blue_pin": BLUE}


def test_a_booth_with_the_last_good_settings_serves_and_reports_the_refused_file(folder: Path) -> None:
    wanted = settings(lights=LIGHTS)
    booth = Booth(folder, wanted, start=StartSettings(wanted, fault=REFUSED)).start()
    booth.advance(2.0)
    assert booth.phase is Phase.IDLE
    assert (on_the_page(booth), colours(booth)) == (REFUSED, {"red", ""})
    assert raised(booth) == [REFUSED]
    assert f"faults: {REFUSED}" in reported(booth)
    booth.close()


def test_in_safe_mode_the_officer_and_the_emergency_open_the_door_and_nothing_else_does(folder: Path) -> None:
    wanted = safe_mode(settings(lights=LIGHTS, inputs=wires()))
    booth = Booth(folder, wanted, start=StartSettings(wanted, fault=SAFE_MODE)).start()
    booth.advance(2.0)
    assert booth.kiosk.ready
    assert (booth.phase, on_the_page(booth), colours(booth)) == (Phase.OUT_OF_SERVICE, SAFE_MODE, {"red", ""})
    assert f"faults: {SAFE_MODE}" in reported(booth)
    assert raised(booth) == [SAFE_MODE]
    assert booth.scanner is None, "no scanner is started"
    booth.set("presence", active=True)
    booth.advance(60.0)
    assert (booth.phase, booth.door_energised, booth.level(PUMP_PIN)) == (Phase.OUT_OF_SERVICE, False, False)
    booth.press("officer")
    booth.settle()
    assert booth.door_energised
    assert ("visit", "admitted_by_officer", "") in booth.rows()
    booth.advance(15.0)
    assert (booth.phase, booth.level(DOOR_PIN)) == (Phase.OUT_OF_SERVICE, False)
    booth.press("emergency")
    assert (booth.phase, booth.door_energised) == (Phase.EMERGENCY, True)
    booth.set("emergency", active=False)
    booth.settle()
    booth.press("officer")
    assert (booth.phase, booth.door_energised) == (Phase.OUT_OF_SERVICE, False)
    booth.close()
