"""A relay: at rest from its construction on, energised for a limited time, at rest after it is closed."""

from kiosk.hardware.board import Board
from kiosk.hardware.timed import TimedSwitch
from kiosk.model import Clock


class Relay(TimedSwitch):
    """The relay of the device `name`; its pin is the setting `{name}.relay_pin`.

    `pulse(for_s)` energises it for a limited time, at most `max_s` seconds; `hold()` energises it without a limit;
    `rest()` de-energises it. Raises `DeviceError` (pin_taken, gpio_missing) if the pin cannot be opened.
    """

    def __init__(self, board: Board, name: str, pin: int, active_high: bool, clock: Clock, max_s: float) -> None:
        self._output = board.output(name, f"{name}.relay_pin", pin, active_high=active_high)
        super().__init__(name, self._write, clock, max_s)

    @property
    def energised(self) -> bool:
        """True while current flows through the coil."""
        return self.on

    def close(self) -> None:
        """De-energise, then free the pin. Safe to call twice."""
        with self._lock:
            if self._output.closed:
                return
            try:
                self.rest()
            finally:
                self._output.close()

    def _write(self, energised: bool) -> None:
        self._output.value = energised
