"""Carrying out the lines of a story."""

from collections.abc import Callable
from math import inf
from typing import Protocol

from kiosk.settings.schema.settings import Settings
from kiosk.simulator.clock import VirtualClock
from kiosk.simulator.mlx90614 import BusFault
from kiosk.simulator.watched_bus import WatchedBus, WatchedImagerBus
from kiosk.simulator.worlds.bodies import Body, Leaf, Spot
from kiosk.simulator.worlds.card import Card
from kiosk.simulator.worlds.premises import PRESS_S, Premises
from kiosk.simulator.worlds.services.status import WorldStatus
from kiosk.simulator.worlds.services.venue import WorldVenue
from kiosk.simulator.worlds.story import StoryLine

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
    venue: the check-in. status: the status service. card: the memory card.
    """

    settings: Settings
    clock: VirtualClock
    premises: Premises
    bus: WatchedBus | WatchedImagerBus
    camera_is_silent: bool
    late_s: dict[str, float]
    wall_step_s: float
    venue: WorldVenue
    status: WorldStatus
    card: Card

    def end_life(self, for_s: float) -> None:
        """Switch the kiosk off without any clean-up, and on again after `for_s`."""

    def tell(self, what: str) -> None:
        """Add a sentence to the story as it is told."""


class Deeds:
    """Carries out lines in `world`."""

    def __init__(self, world: Changeable) -> None:
        self._world = world

    def carry_out(self, line: StoryLine) -> None:
        """Let happen what `line` says, and tell if it comes to nothing."""
        if line.subject == "body":
            self._body(self._world.premises.bodies[line.name], line)
        else:
            getattr(self, f"_{line.subject}")(line)

    def _body(self, body: Body, line: StoryLine) -> None:
        match line.verb, str(line.word):
            case "does", "faces" | "turns_away":
                self._face(body, line)
            case "does", "hides_code":
                body.shows = ()
            case "does", deed:
                self._walk(body, deed)
            case "shows", code:
                self._show(body, code, line)
            case "presses", button:
                if self._is_wired(button):
                    self._world.premises.press(button, body.name, line.for_s or PRESS_S)
            case "holds", door:
                self._hold(body, door, line)
            case "lets_go", door:
                self._world.premises.lets_go(body, self._leaf(door))

    def _face(self, body: Body, line: StoryLine) -> None:
        close = line.word == "faces"
        self._needs_chamber(body, "faces the thermometer" if close else "turns away")
        self._world.premises.faces(body, close)
        self._undo(line, lambda: self._world.premises.faces(body, not close))

    def _hold(self, body: Body, door: str, line: StoryLine) -> None:
        leaf = self._leaf(door)
        if not leaf.open:
            self._in_vain(f"{body.name} cannot hold the {door} door open, because it is shut")
            return
        self._world.premises.holds(body, leaf)
        self._undo(line, lambda: self._world.premises.lets_go(body, leaf))

    def _show(self, body: Body, code: str, line: StoryLine) -> None:
        self._needs_chamber(body, f"shows '{code}'")
        body.shows = (code,)

        def hide() -> None:
            if body.shows == (code,):
                body.shows = ()

        self._undo(line, hide)

    def _walk(self, body: Body, deed: str) -> None:
        """Let a body walk, and tell if it cannot."""
        premises = self._world.premises
        begins = {"steps_in": Spot.STREET, "comes_out": Spot.BUILDING}.get(deed, Spot.CHAMBER)
        doing, door = f"{body.name} {deed.replace('_', ' ')}", "street" if deed == "steps_in" else "building"
        if body.moving or body.spot is not begins:
            self._in_vain(f"{doing}: not possible, {body.name} is {self._where(body)}")
        elif getattr(premises, deed)(body) is False:
            self._in_vain(f"{doing}: not possible, the {door} door is locked")

    def _needs_chamber(self, body: Body, doing: str) -> None:
        if body.spot is not Spot.CHAMBER:
            self._in_vain(f"{body.name} {doing}: without effect, {body.name} is {self._where(body)}")

    @staticmethod
    def _where(body: Body) -> str:
        return "in a doorway" if body.moving else f"in the {body.spot.value}"

    def _is_wired(self, name: str) -> bool:
        wired = getattr(self._world.settings.inputs, name) is not None
        if not wired:
            self._in_vain(f"'{name}' is not wired")
        return wired

    def _in_vain(self, why: str) -> None:
        self._world.tell(f"(nothing happens: {why})")

    def _leaf(self, door: str) -> Leaf:
        return self._world.premises.building if door == "building" else self._world.premises.street

    def _door(self, line: StoryLine) -> None:
        leaf = self._leaf(line.name)
        self._world.premises.force(leaf, line.word == "forced_open")
        self._undo(line, lambda: self._world.premises.force(leaf, False))

    def _sensor(self, line: StoryLine) -> None:
        self._is_wired(line.name)
        if line.verb == "reads":
            self._world.premises.override(line.name, WORDS[str(line.word)])
        else:
            until_s = inf if line.for_s is None else self._world.clock.now_s() + line.for_s
            self._flicker(line.name, float(line.word), until_s, True)
        self._undo(line, lambda: self._world.premises.override(line.name, None))

    def _flicker(self, name: str, every_s: float, until_s: float, active: bool) -> None:
        now_s = self._world.clock.now_s()
        if now_s < until_s:
            self._world.premises.override(name, active)
            self._world.clock.call_at(now_s + every_s, lambda: self._flicker(name, every_s, until_s, not active))

    def _wire(self, line: StoryLine) -> None:
        self._is_wired(line.name)
        self._world.premises.cut(line.name)
        self._undo(line, lambda: self._world.premises.override(line.name, None))

    def _officer(self, line: StoryLine) -> None:
        button = "stop" if line.word == "stops" else "officer"
        if not self._is_wired(button):
            return
        self._world.premises.press(button, for_s=line.for_s or PRESS_S)
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

    def _status_service(self, line: StoryLine) -> None:
        self._world.status.begin(line.verb, line.word)
        self._undo(line, lambda: self._world.status.end(line.verb, line.word))

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
        if self._world.settings.street_door is None:
            self._in_vain("the street door has no lock")
        self._world.premises.stick_street_lock(line.word == "stuck_unlocked")
        self._undo(line, lambda: self._world.premises.stick_street_lock(None))

    def _undo(self, line: StoryLine, action: Callable[[], object]) -> None:
        def undo() -> None:
            action()

        if line.for_s is not None:
            self._world.clock.call_at(self._world.clock.now_s() + line.for_s, undo)
