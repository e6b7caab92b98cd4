"""A kiosk whose settings name a calibration."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from kiosk.errors import KioskError
from kiosk.hardware.thermometers.calibration import SiteCalibration, write
from kiosk.model import Phase
from kiosk.settings.schema.thermometer import ThermometerKind
from tests.booth import HEALTHY_C, Booth, settings

WANTED = settings(thermometer={"calibration": "calibration.json"})


def calibration(ends: date) -> SiteCalibration:
    return SiteCalibration(ThermometerKind.MLX90614, 2.75, 1.0, 34.5, 20, 0.2, ends)


def test_the_calibration_corrects_the_readings_and_tells_when_it_is_over(tmp_path: Path) -> None:
    write(tmp_path / "calibration.json", calibration(date(2000, 1, 1)))
    booth = Booth(tmp_path, WANTED)
    booth.start()
    assert ("calibration", "calibration_expired") in booth.kiosk.loop.state.faults
    booth.set("presence", active=True)
    booth.bus.look_at(HEALTHY_C, 26.0)
    booth.advance(12.0)
    read = booth.kiosk.readout.of(1)
    assert read is not None
    assert read.body_c == pytest.approx(HEALTHY_C + 2.75, abs=0.1)
    booth.close()


def test_the_calibration_of_another_sensor_is_a_fault_and_the_offset_of_the_settings_holds(tmp_path: Path) -> None:
    write(tmp_path / "calibration.json", replace(calibration(date(2100, 1, 1)), unit="00000000000000FF"))
    booth = Booth(tmp_path, WANTED)
    booth.start()
    assert ("calibration", "calibration_foreign") in booth.kiosk.loop.state.faults
    assert booth.phase is Phase.IDLE
    booth.set("presence", active=True)
    booth.bus.look_at(HEALTHY_C, 26.0)
    booth.advance(12.0)
    read = booth.kiosk.readout.of(1)
    assert read is not None
    assert read.body_c == pytest.approx(HEALTHY_C + 2.0, abs=0.1)
    booth.close()


def test_a_kiosk_does_not_start_with_a_calibration_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "calibration.json").write_text("{}")
    with pytest.raises(KioskError, match="run 'kiosk calibrate' again"):
        Booth(tmp_path, WANTED)
