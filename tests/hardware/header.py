"""A Raspberry Pi's header for tests: gpiozero's mock pins with the pulls of a reset, which remember when they moved."""

from typing import Any

from gpiozero.pins.mock import MockFactory, MockPin

from kiosk.hardware.board import Board
from kiosk.simulator.clock import VirtualClock


class PinAfterReset(MockPin):  # type: ignore[misc] # gpiozero has no types
    """A pin as the chip's reset leaves it: pulled up on GPIO0 to 8, down on the others."""

    def __init__(self, factory: Any, info: Any) -> None:
        super().__init__(factory, info)
        self._state = int(info.name[4:]) <= 8
        self.clear_states()
        self.moves: list[tuple[float, bool]] = []

    def _change_state(self, value: bool) -> bool:
        changed = bool(super()._change_state(value))
        if changed:
            self.moves.append((self.factory.clock.now_s(), value))
        return changed

    def move_unseen(self, level: bool) -> None:
        """The level changes and no edge is reported."""
        self._change_state(level)

    def glitch(self, level: bool) -> None:
        """gpiozero reports an edge to `level`, which is over before anybody reads it."""
        super(MockPin, self)._call_when_changed(self.factory.ticks(), level)

    def move(self, level: bool) -> None:
        """The level changes, and gpiozero reports the edge."""
        if level:
            self.drive_high()
        else:
            self.drive_low()


class Header(Board):
    """A board on such pins, with a look at their levels."""

    def __init__(self, clock: VirtualClock) -> None:
        factory = MockFactory(pin_class=PinAfterReset)
        factory.clock = clock
        super().__init__(factory)

    def pin(self, number: int) -> Any:
        """The mock pin itself."""
        return self.factory.pin(number)

    def high(self, number: int) -> bool:
        """Its level now."""
        return bool(self.pin(number).state)

    def levels(self, number: int) -> list[bool]:
        """Every level that it had since the reset."""
        return [bool(state.state) for state in self.pin(number).states]
