"""A Raspberry Pi's header for worlds: mock pins that report each change that the kiosk makes."""

from collections.abc import Callable
from typing import Any

from gpiozero.pins.mock import MockFactory, MockPin

from kiosk.hardware.board import Board


class WorldPin(MockPin):  # type: ignore[misc] # gpiozero has no types
    """A pin as the chip's reset leaves it (pulled up on GPIO0 to 8, down on the others), without a history.

    gpiozero's mock pin remembers every state. A world of many visits would fill the memory with them.
    """

    def __init__(self, factory: Any, info: Any) -> None:
        super().__init__(factory, info)
        self._number = int(info.name[4:])
        self._state = self._number <= 8
        self._last_change = 0.0
        self.driven: bool | None = None

    def _change_state(self, value: bool) -> bool:
        if self._state == value:
            return False
        self._state = value
        if self.driven is None:
            self.factory.on_output(self._number)
        return True

    def _set_pull(self, value: str) -> None:
        """Set the pull; a level that the world drives is stronger."""
        super()._set_pull(value)
        if self.driven is not None:
            self._change_state(self.driven)


class WorldHeader(Board):
    """A board on such pins. `on_output` is called with the number of a pin that the kiosk changed."""

    def __init__(self) -> None:
        factory = MockFactory(pin_class=WorldPin)
        super().__init__(factory)
        self.on_output = lambda _number: None

    @property
    def on_output(self) -> Callable[[int], None]:
        """The function that is called with the number of a pin that changed."""
        call: Callable[[int], None] = self.factory.on_output
        return call

    @on_output.setter
    def on_output(self, call: Callable[[int], None]) -> None:
        self.factory.on_output = call

    def level(self, number: int) -> bool:
        """Return True while the pin is high."""
        return bool(self.factory.pin(number).state)

    def drive(self, number: int, *, high: bool) -> None:
        """Drive an input pin from outside; gpiozero reports the edge."""
        pin = self.factory.pin(number)
        pin.driven = high
        if high:
            pin.drive_high()
        else:
            pin.drive_low()
