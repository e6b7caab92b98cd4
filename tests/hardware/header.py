"""A Raspberry Pi's header for tests: gpiozero's mock pins with the pulls after a reset, which record their changes."""

from typing import Any

from gpiozero.pins.mock import MockFactory, MockPin

from kiosk.hardware.board import Board
from kiosk.simulator.clock import VirtualClock


class PinAfterReset(MockPin):  # type: ignore[misc] # gpiozero has no types
    """A pin in the state after the chip's reset: pulled up on GPIO0 to 8, down on the others.

    `moves` records each change of the level: its time in seconds and the new level.
    """

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
        """Change the level without reporting an edge."""
        self._change_state(level)

    def glitch(self, level: bool) -> None:
        """Report an edge to `level`, but leave the level as it is: a pulse that is over before it is read."""
        super(MockPin, self)._call_when_changed(self.factory.ticks(), level)

    def move(self, level: bool) -> None:
        """Change the level and report the edge, as gpiozero does."""
        if level:
            self.drive_high()
        else:
            self.drive_low()


class Header(Board):
    """A board on these pins, with access to their levels."""

    def __init__(self, clock: VirtualClock) -> None:
        factory = MockFactory(pin_class=PinAfterReset)
        factory.clock = clock
        super().__init__(factory)

    def pin(self, number: int) -> Any:
        """Return the mock pin."""
        return self.factory.pin(number)

    def high(self, number: int) -> bool:
        """Return True if the pin's level is high."""
        return bool(self.pin(number).state)

    def levels(self, number: int) -> list[bool]:
        """Return every level that the pin has had since the reset."""
        return [bool(state.state) for state in self.pin(number).states]
