"""A relay: at rest from its first moment, energised for a limited time, at rest when it is closed."""

from kiosk.hardware.board import Board
from kiosk.hardware.timed import TimedSwitch
from kiosk.model import Clock


class Relay(TimedSwitch):
    """The relay of the device `name`, whose pin stands under `relay_pin` in the settings.

    `pulse(for_s)` energises it for a time that ends by itself and never exceeds `max_s`; `hold()` has no limit;
    `rest()` de-energises it. Raises `DeviceError` (pin_taken, gpio_missing) when the pin cannot be had.
    """

    def __init__(self, board: Board, name: str, pin: int, active_high: bool, clock: Clock, max_s: float) -> None:
        self._output = board.output(name, f"{name}.relay_pin", pin, active_high=active_high)
        super().__init__(name, self._write, clock, max_s)

    @property
    def energised(self) -> bool:
        """Whether current flows through the coil."""
        return self.on

    def close(self) -> None:
        """De-energise, then let the pin go; safe to call twice."""
        with self._lock:
            if self._output.closed:
                return
            try:
                self.rest()
            finally:
                self._output.close()

    def _write(self, energised: bool) -> None:
        self._output.value = energised
