"""The status light and the buzzer. The module `signals` defines the light and the sound of each signal."""

import threading

from kiosk.hardware.board import Board
from kiosk.hardware.rhythm import RhythmPlayer
from kiosk.hardware.signals import DARK, LIGHTS, SOUNDS, Colour
from kiosk.model import Clock, Signal
from kiosk.settings.schema.wiring import BuzzerSettings, LightsSettings


class Lights:
    """The status light, an RGB lamp or a single lamp; dark until `show`.

    Raises `DeviceError` if a pin cannot be opened.
    """

    def __init__(self, board: Board, settings: LightsSettings, clock: Clock) -> None:
        self._lamps = {
            part: board.output("lights", f"lights.{part}_pin", pin, active_high=settings.active_high)
            for part in ("single", *Colour._fields)
            if (pin := getattr(settings, f"{part}_pin")) is not None
        }
        self._player: RhythmPlayer[Colour] = RhythmPlayer(clock, self._light)
        self._lock = threading.RLock()
        self._shown: Signal | None = None

    @property
    def lit(self) -> dict[str, bool]:
        """Each lamp of the settings (single, red, green, blue), True while it is lit."""
        with self._lock:
            return {part: not lamp.closed and bool(lamp.value) for part, lamp in self._lamps.items()}

    def show(self, signal: Signal) -> None:
        """Show `signal` until the next one. The rhythm of a signal that is already shown continues."""
        with self._lock:
            if signal is not self._shown:
                self._shown = signal
                self._player.play(LIGHTS[signal])

    def close(self) -> None:
        """Turn all lamps off and free the pins. Safe to call twice."""
        with self._lock:
            self._player.stop()
            for lamp in self._lamps.values():
                if not lamp.closed:
                    lamp.off()
                    lamp.close()

    def _light(self, colour: Colour) -> None:
        parts = {part for part, lit in colour._asdict().items() if lit}
        if colour != DARK:
            parts.add("single")
            # without a lamp of this colour, all lamps are lit, so that the rhythm is still visible
            parts = parts & self._lamps.keys() or set(self._lamps)
        for part, lamp in self._lamps.items():
            lamp.value = part in parts


class Buzzer:
    """A buzzer that sounds on a steady voltage; silent until `show`.

    Raises `DeviceError` if its pin cannot be opened.
    """

    def __init__(self, board: Board, settings: BuzzerSettings, clock: Clock) -> None:
        self._output = board.output("buzzer", "buzzer.pin", settings.pin, active_high=settings.active_high)
        self._player: RhythmPlayer[bool] = RhythmPlayer(clock, self._sound)
        self._lock = threading.RLock()
        self._shown: Signal | None = None

    def show(self, signal: Signal) -> None:
        """Sound `signal` once. The signal that was sounded last is not repeated."""
        with self._lock:
            if signal is not self._shown:
                self._shown = signal
                self._player.play(SOUNDS[signal])

    def close(self) -> None:
        """Silence the buzzer and free the pin. Safe to call twice."""
        with self._lock:
            self._player.stop()
            if not self._output.closed:
                self._output.off()
                self._output.close()

    def _sound(self, on: bool) -> None:
        self._output.value = on
