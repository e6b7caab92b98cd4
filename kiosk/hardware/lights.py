"""The status light and the buzzer; what they show and sound for each signal stands in `signals`."""

import threading

from kiosk.hardware.board import Board
from kiosk.hardware.rhythm import Player
from kiosk.hardware.signals import DARK, LIGHTS, SOUNDS, Colour
from kiosk.model import Clock, Signal
from kiosk.settings.schema.wiring import BuzzerSettings, LightsSettings


class Lights:
    """Dark from construction on; raises `DeviceError` when a pin cannot be had."""

    def __init__(self, board: Board, settings: LightsSettings, clock: Clock) -> None:
        self._lamps = {
            part: board.output("lights", f"lights.{part}_pin", pin, active_high=settings.active_high)
            for part in ("single", *Colour._fields)
            if (pin := getattr(settings, f"{part}_pin")) is not None
        }
        self._player: Player[Colour] = Player(clock, self._light)
        self._lock = threading.RLock()
        self._shown: Signal | None = None

    def show(self, signal: Signal) -> None:
        """Show `signal` until the next; a signal that is already shown keeps its rhythm."""
        with self._lock:
            if signal is not self._shown:
                self._shown = signal
                self._player.play(LIGHTS[signal])

    def close(self) -> None:
        """Dark, and the pins let go; safe to call twice."""
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
            # a lamp that lacks the colour is lit in what it has: the rhythm still tells
            parts = parts & self._lamps.keys() or set(self._lamps)
        for part, lamp in self._lamps.items():
            lamp.value = part in parts


class Buzzer:
    """Silent from construction on; raises `DeviceError` when its pin cannot be had."""

    def __init__(self, board: Board, settings: BuzzerSettings, clock: Clock) -> None:
        self._output = board.output("buzzer", "buzzer.pin", settings.pin, active_high=settings.active_high)
        self._player: Player[bool] = Player(clock, self._sound)
        self._lock = threading.RLock()
        self._shown: Signal | None = None

    def show(self, signal: Signal) -> None:
        """Sound `signal` once; one that was sounded last is not sounded again."""
        with self._lock:
            if signal is not self._shown:
                self._shown = signal
                self._player.play(SOUNDS[signal])

    def close(self) -> None:
        """Silent, and the pin let go; safe to call twice."""
        with self._lock:
            self._player.stop()
            if not self._output.closed:
                self._output.off()
                self._output.close()

    def _sound(self, on: bool) -> None:
        self._output.value = on
