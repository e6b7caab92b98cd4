import pytest

from kiosk.flow.events import DeviceFailed, DeviceRecovered, PresenceSeen, health_event
from kiosk.flow.handlers import idle
from kiosk.flow.machine import on, table
from kiosk.flow.state import SPRAYER_ON, Situation
from kiosk.model import Phase


def test_two_handlers_for_the_same_situation_and_event_are_refused() -> None:
    rows = on(PresenceSeen, idle.begin, {Situation.IDLE})
    assert table(rows) == rows
    with pytest.raises(ValueError, match="two handlers for the same situation"):
        table(rows, on(PresenceSeen, idle.begin, {Situation.IDLE, Situation.TREATING}))


def test_each_phase_has_a_situation_and_only_three_phases_have_several() -> None:
    several = {situation.phase for situation in Situation if situation.label != situation.phase.value}
    assert {situation.phase for situation in Situation} == set(Phase)
    assert several == {Phase.DISINFECTING, Phase.MEASURING, Phase.REFERRING}
    assert {situation.phase for situation in SPRAYER_ON} == {Phase.DISINFECTING}


def test_the_health_of_a_device_is_reported_as_a_fault_or_as_a_recovery() -> None:
    assert health_event(1.0, "camera", "camera_silent") == DeviceFailed(1.0, "camera", "camera_silent")
    assert health_event(1.0, "camera", "") == DeviceRecovered(1.0, "camera")
