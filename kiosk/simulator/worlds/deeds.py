"""Carrying out the lines of a story."""

from collections.abc import Callable
from typing import Protocol

from kiosk.simulator.clock import VirtualClock
from kiosk.simulator.mlx90614 import BusFault
from kiosk.simulator.watched_bus import WatchedBus, WatchedImagerBus
from kiosk.simulator.worlds.bodies import Body
from kiosk.simulator.worlds.card import Card
from kiosk.simulator.worlds.premises import PRESS_S, Premises
from kiosk.simulator.worlds.story import StoryLine
from kiosk.simulator.worlds.venue import WorldVenue

POWER_S = 5.0
RESTART_S = 2.0
"""The time for which the kiosk is down after a power cut, and after its process was killed; a line may differ."""

STALL_S = 2.0

WORDS = {"somebody": True, "nobody": False, "open": True, "closed": False, "active": True, "inactive": False}
"""The words for the readings of a sensor; true if its input is then active."""

BUS_FAULTS = {"silent": BusFault.SILENT, "garbled": BusFault.WRONG_CHECKSUM, "error_flag": BusFault.ERROR_FLAG}


class Changeable(Protocol):
    """The parts of a world that the lines of a story change.

    late_s: how long the jobs of a worker are held up, by its name. wall_step_s: how far the time of day has jumped.
    venue: the check-in. card: the memory card.
    """

    clock: VirtualClock
    premises: Premises
    bus: WatchedBus | WatchedImagerBus
    camera_is_silent: bool
    late_s: dict[str, float]
    wall_step_s: float
    venue: WorldVenue
    card: Card

    def end_life(self, for_s: float) -> None:
        """Switch the kiosk off without any clean-up, and on again after `for_s`."""


class Deeds:
    """Carries out lines in `world`."""

    def __init__(self, world: Changeable) -> None:
        self._world = world

    def carry_out(self, line: StoryLine) -> None:
        """Let happen what `line` says."""
        if line.subject == "body":
            self._body(self._world.premises.bodies[line.name], line)
        else:
            getattr(self, f"_{line.subject}")(line)

    def _body(self, body: Body, line: StoryLine) -> None:
        premises, leaves = (
            self._world.premises,
            {"building": self._world.premises.building, "street": self._world.premises.street},
        )
        match line.verb, str(line.word):
            case "does", "faces":
                premises.faces(body, True)
            case "does", "turns_away":
                premises.faces(body, False)
            case "does", "hides_code":
                body.shows = ()
            case "does", deed:
                getattr(premises, deed)(body)
            case "shows", code:
                body.shows = (code,)
                self._undo(line, lambda: setattr(body, "shows", ()))
            case "presses", button:
                premises.press(button, body.name, line.for_s or PRESS_S)
            case "holds", door:
                premises.holds(body, leaves[door])
                self._undo(line, lambda: premises.lets_go(body, leaves[door]))
            case "lets_go", door:
                premises.lets_go(body, leaves[door])

    def _door(self, line: StoryLine) -> None:
        leaf = self._world.premises.building if line.name == "building" else self._world.premises.street
        self._world.premises.force(leaf, line.word == "forced_open")
        self._undo(line, lambda: self._world.premises.force(leaf, False))

    def _sensor(self, line: StoryLine) -> None:
        if line.verb == "reads":
            self._world.premises.override(line.name, WORDS[str(line.word)])
        else:
            self._flicker(line.name, float(line.word), self._world.clock.now_s() + (line.for_s or 1.0), True)
        self._undo(line, lambda: self._world.premises.override(line.name, None))

    def _flicker(self, name: str, every_s: float, until_s: float, active: bool) -> None:
        now_s = self._world.clock.now_s()
        if now_s < until_s:
            self._world.premises.override(name, active)
            self._world.clock.call_at(
                now_s + max(every_s, 0.01), lambda: self._flicker(name, every_s, until_s, not active)
            )

    def _wire(self, line: StoryLine) -> None:
        self._world.premises.cut(line.name)
        self._undo(line, lambda: self._world.premises.override(line.name, None))

    def _officer(self, line: StoryLine) -> None:
        self._world.premises.press("stop" if line.word == "stops" else "officer")
        if line.word == "presses_twice":
            self._world.clock.call_at(
                self._world.clock.now_s() + 2 * PRESS_S, lambda: self._world.premises.press("officer")
            )

    def _emergency(self, line: StoryLine) -> None:
        if line.word == "raised":
            self._world.premises.switch_on("emergency")
            self._undo(line, lambda: self._world.premises.release("emergency"))
        else:
            self._world.premises.release("emergency")

    def _service_key(self, line: StoryLine) -> None:
        if line.word == "turned_on":
            self._world.premises.switch_on("service")
            self._undo(line, lambda: self._world.premises.release("service"))
        else:
            self._world.premises.release("service")

    def _thermometer(self, line: StoryLine) -> None:
        if line.word == "lit":
            self._light(True)
            self._undo(line, lambda: self._light(False))
            return
        self._world.bus.fault = BUS_FAULTS[str(line.word)]
        self._undo(line, lambda: setattr(self._world.bus, "fault", None))

    def _light(self, is_lit: bool) -> None:
        self._world.bus.is_lit = is_lit
        self._world.premises.sense()

    def _camera(self, line: StoryLine) -> None:
        self._world.camera_is_silent = True
        self._undo(line, lambda: setattr(self._world, "camera_is_silent", False))

    def _credentials(self, line: StoryLine) -> None:
        self._world.late_s["credentials"] = float(line.word)
        self._undo(line, lambda: self._world.late_s.pop("credentials", None))

    def _venue(self, line: StoryLine) -> None:
        self._world.venue.change(line.verb, line.word)
        self._undo(line, lambda: self._world.venue.change(line.verb, None))

    def _card(self, line: StoryLine) -> None:
        self._world.late_s["journal"] = line.for_s or STALL_S
        self._undo(line, lambda: self._world.late_s.pop("journal", None))

    def _power(self, line: StoryLine) -> None:
        for_s = line.for_s or POWER_S
        if line.word == "cut_in_a_row":
            self._world.card.cut_in_next_row(for_s)
        else:
            self._world.end_life(for_s)

    def _process(self, line: StoryLine) -> None:
        self._world.end_life(line.for_s or RESTART_S)

    def _clock(self, line: StoryLine) -> None:
        self._world.wall_step_s += float(line.word)

    def _lock(self, line: StoryLine) -> None:
        self._world.premises.stick_lock(line.word == "stuck_unlocked")
        self._undo(line, lambda: self._world.premises.stick_lock(None))

    def _street_lock(self, line: StoryLine) -> None:
        self._world.premises.stick_street_lock(line.word == "stuck_unlocked")
        self._undo(line, lambda: self._world.premises.stick_street_lock(None))

    def _undo(self, line: StoryLine, action: Callable[[], object]) -> None:
        def undo() -> None:
            action()

        if line.for_s is not None:
            self._world.clock.call_at(self._world.clock.now_s() + line.for_s, undo)
