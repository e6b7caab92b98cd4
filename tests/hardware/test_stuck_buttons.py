"""A button that stays active for a minute is a fault until it is released."""

import pytest

from kiosk.flow.events import DeviceFailed, DeviceRecovered, Event
from kiosk.hardware.inputs import Inputs
from kiosk.hardware.stuck_buttons import LOOK_S, STUCK_S, StuckButtons
from kiosk.settings.schema.wiring import InputsSettings
from kiosk.simulator.clock import VirtualClock

from .header import Header

PINS = {"officer": 16, "street_exit": 22, "stop": 19, "service": 21}


class Panel:
    def __init__(self, header: Header, clock: VirtualClock) -> None:
        self.clock, self.accepts, self.events = clock, True, list[Event]()
        settings = InputsSettings.model_validate({name: {"pin": pin} for name, pin in PINS.items()})
        self._header = header
        self.inputs = Inputs(header, settings, clock, lambda _event: True, lambda: None)
        self.watch = StuckButtons(self.inputs, clock, self._post)

    def _post(self, event: Event) -> bool:
        if self.accepts:
            self.events.append(event)
        return self.accepts

    def press(self, name: str, active: bool) -> None:
        self._header.pin(PINS[name]).move(not active)

    def heard(self) -> list[tuple[str, str]]:
        """Return the devices and faults that were reported; the fault of a device that works again is empty."""
        assert all(isinstance(event, DeviceFailed | DeviceRecovered) for event in self.events)
        found = [(getattr(event, "device", ""), getattr(event, "fault", "")) for event in self.events]
        self.events.clear()
        return found


@pytest.fixture
def panel(header: Header, clock: VirtualClock) -> Panel:
    return Panel(header, clock)


@pytest.mark.parametrize("name", ["officer", "street_exit"])
def test_a_button_that_stays_pressed_is_reported_once_until_it_is_released(panel: Panel, name: str) -> None:
    panel.press(name, True)
    panel.clock.advance(STUCK_S - LOOK_S)
    assert panel.heard() == []
    panel.clock.advance(3 * LOOK_S)
    assert panel.heard() == [(f"button_{name}", "button_stuck")]
    panel.press(name, False)
    panel.clock.advance(3 * LOOK_S)
    assert panel.heard() == [(f"button_{name}", "")]


def test_a_report_that_the_inbox_refuses_is_made_again(panel: Panel) -> None:
    panel.accepts = False
    panel.press("officer", True)
    panel.clock.advance(2 * STUCK_S)
    panel.accepts = True
    panel.clock.advance(LOOK_S)
    assert panel.heard() == [("button_officer", "button_stuck")]


def test_presses_and_inputs_that_may_stay_active_are_not_reported(panel: Panel) -> None:
    panel.press("stop", True)
    panel.press("service", True)
    for _ in range(30):
        panel.press("officer", True)
        panel.clock.advance(LOOK_S + 0.5)
        panel.press("officer", False)
        panel.clock.advance(LOOK_S)
    assert panel.heard() == []


def test_nothing_is_looked_at_after_the_end(panel: Panel) -> None:
    panel.press("officer", True)
    panel.watch.close()
    panel.inputs.close()
    panel.clock.advance(2 * STUCK_S)
    assert panel.heard() == []
