"""gpiozero's lgpio pin with its three traps taken out: no blip at start, no lost pull, no floating line at the end.

Rule 1: imported only on a Raspberry Pi, by `board.open_board`: it needs python3-lgpio.
Rule 2: the first call to the kernel for an output claims it at its rest level; there is no input before it and no
        write after it (gpiozero 2.0.1 claims input, then output low, then writes: an active-low relay clicks).
Rule 3: closing frees the line and leaves its pull alone (gpiozero claims it as an input without one, issue 1146).
        The kernel's regime then decides: see the table of safe states in docs/wiring.md.
"""

from typing import Any

import lgpio
from gpiozero.pins.lgpio import LGPIOPin
from gpiozero.pins.local import LocalPiPin


class SteadyPin(LGPIOPin):  # type: ignore[misc] # gpiozero has no types
    """A GPIO line that moves only when it is told to."""

    def __init__(self, factory: Any, info: Any) -> None:
        # LGPIOPin's own constructor claims the line as a floating input, so the one above it is called instead.
        LocalPiPin.__init__(self, factory, info)
        self._pwm = None
        self._bounce = None
        self._callback = None
        self._edges = lgpio.BOTH_EDGES
        self._claimed = False

    def output_with_state(self, state: bool) -> None:
        """Claim the line as an output at `state`, its rest level, with the Pi's own pull towards it.

        The pull (about 50 kilo-ohm) does nothing while the line is driven, and backs the external resistor from
        the moment the kernel takes the line away from a dead process.
        """
        pull = lgpio.SET_PULL_UP if state else lgpio.SET_PULL_DOWN
        lgpio.gpio_claim_output(self.factory._handle, self._number, int(state), pull)
        self._claimed = True

    def close(self) -> None:
        """Free the line; safe to call twice, gpiozero does."""
        self.when_changed = None
        if self._claimed and self.factory._handle is not None:
            lgpio.gpio_free(self.factory._handle, self._number)
            self._claimed = False

    def _set_function(self, value: str) -> None:
        if value == "input" and not self._claimed:
            lgpio.gpio_claim_input(self.factory._handle, self._number, lgpio.SET_PULL_NONE)
            self._claimed = True
        else:
            super()._set_function(value)
