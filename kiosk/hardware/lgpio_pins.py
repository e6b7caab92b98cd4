"""gpiozero's lgpio pin without its three defects: a pulse at start, a lost pull, a floating line at the end.

Rule 1: only `board.open_board` imports this module, because it needs python3-lgpio, on a Raspberry Pi.
Rule 2: the first kernel call for an output claims it at its rest level. The line is never an input before, and
        nothing is written after. (gpiozero 2.0.1 claims an input, then an output at low level, then writes: an
        active-low relay clicks. See gpiozero pull request 1177.)
Rule 3: closing frees the line and keeps its pull. (gpiozero claims it as an input without a pull, issue 1146.)
        The level then depends on the kernel: see the table of safe states in docs/wiring.md.
"""

from typing import Any

import lgpio
from gpiozero.pins.lgpio import LGPIOPin
from gpiozero.pins.local import LocalPiPin


class SteadyPin(LGPIOPin):  # type: ignore[misc] # gpiozero has no types
    """A GPIO line that changes its level only on request."""

    def __init__(self, factory: Any, info: Any) -> None:
        # LGPIOPin's own constructor claims the line as a floating input; therefore its parent's is called.
        LocalPiPin.__init__(self, factory, info)
        self._pwm = None
        self._bounce = None
        self._callback = None
        self._edges = lgpio.BOTH_EDGES
        self._claimed = False

    def output_with_state(self, state: bool) -> None:
        """Claim the line as an output at `state`, its rest level, with the Pi's own pull to the same level.

        The pull (about 50 kilo-ohm) has no effect while the line is driven. It supports the external resistor as
        soon as the kernel frees the line of a dead process. Raises `lgpio.error` if the line cannot be claimed.
        """
        pull = lgpio.SET_PULL_UP if state else lgpio.SET_PULL_DOWN
        lgpio.gpio_claim_output(self.factory._handle, self._number, int(state), pull)
        self._claimed = True

    def close(self) -> None:
        """Free the line. Safe to call twice, which gpiozero does."""
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
