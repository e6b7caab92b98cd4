"""The premises: bodies move through doors, and every sensor shows what it can see.

The premises act on pins and on the thermometer's bus only. The building door opens from the chamber only while the
relay's pin releases its lock; from inside the building it opens at any time, as the wiring page demands. A street door
with a lock opens from the street only while its lock is released, and from the chamber by its handle or exit button.
"""

from collections.abc import Callable

from kiosk.model import Clock
from kiosk.settings.schema.settings import Settings
from kiosk.simulator.watched_bus import WatchedBus, WatchedImagerBus
from kiosk.simulator.worlds.bodies import Body, Leaf, LeafLock, Spot, Witness
from kiosk.simulator.worlds.devices import WorldHeader
from kiosk.simulator.worlds.stay import SLACK_S
from kiosk.simulator.worlds.story import ROOM_C
from kiosk.simulator.worlds.wires import Wires

PULL_S = 0.2
"""From the hand on the handle to the open leaf."""

CROSS_S = 0.5
"""From the open leaf to the body on the other side."""

CLOSER_S = 1.2
"""The closer shuts a leaf this long after the last body went through."""

BEAM_S = 0.3
"""The time for which a body interrupts the beam of the passage sensor."""

PRESS_S = 0.25

BUILDING, STREET = "building", "street"


class Premises:
    """The booth, its doors and its sensors. `put_up` must be called before the kiosk opens its pins."""

    def __init__(self, settings: Settings, clock: Clock, bus: WatchedBus | WatchedImagerBus, witness: Witness) -> None:
        self._settings = settings
        self._clock = clock
        self._bus = bus
        self._witness = witness
        self._header: WorldHeader | None = None
        self._wires = Wires(settings.inputs, witness.wire_moved)
        self._buttons: set[str] = set()
        self.room_c = ROOM_C
        self._beam_until_s, self._emptied_s, self._went_in = 0.0, 0.0, False
        self._pump, self._lock = False, LeafLock(settings.door)
        self._street_lock = LeafLock(settings.street_door) if settings.street_door else None
        self.same_spot = settings.thermometer is not None and settings.thermometer.same_spot
        self.bodies: dict[str, Body] = {}
        self.building, self.street = Leaf(BUILDING), Leaf(STREET)
        self.has_street_leaf = settings.inputs.street_contact is not None

    # --- the kiosk's side -------------------------------------------------------------------------------------------

    def put_up(self, header: WorldHeader) -> None:
        """Connect the wires to a (new) header."""
        self._header = header
        header.on_output = self._output_moved
        self._wires.connect(header)
        self._output_moved(-1)

    def sense(self) -> None:
        """Put every wire to the level that follows from bodies, leaves, buttons and faults."""
        now_s = self._clock.now_s()
        truth = {
            "presence": any(body.spot is Spot.CHAMBER for body in self.bodies.values()),
            "passage": now_s < self._beam_until_s - 1e-9,
            "door_contact": self.building.open,
            "street_contact": self.street.open,
        }
        for name in type(self._settings.inputs).model_fields:
            truth["street_bolt"] = not self.street_unlocked  # what the kiosk was just told may have moved it
            self._wires.put(name, truth.get(name, name in self._buttons))
        faces = self.face_at_thermometer()
        self._bus.look_at(faces.skin_c if faces else self.room_c, self.room_c)

    def face_at_thermometer(self) -> Body | None:
        """Return the body whose forehead is in front of the thermometer, or None."""
        return next((body for body in self.bodies.values() if body.spot is Spot.CHAMBER and body.faces), None)

    def is_taken(self, by_others_than: Body) -> bool:
        """Return True while somebody else is in the chamber or in a doorway."""
        return any(
            body is not by_others_than and (body.spot is Spot.CHAMBER or body.moving) for body in self.bodies.values()
        )

    @property
    def is_deserted(self) -> bool:
        """True while nobody is in the chamber or in a doorway, the doors are shut and locked, and the pump is off."""
        if self.unlocked or self._pump or self.building.open or self.street.open or self._buttons:
            return False
        is_taken = any(body.spot is Spot.CHAMBER or body.moving for body in self.bodies.values())
        return self._wires.are_in_order and not is_taken

    @property
    def hides_a_change(self) -> bool:
        """True if no wire shows that somebody who pulls at the street door now is another person than the last one."""
        inputs, gap_s = self._settings.inputs, self._clock.now_s() + CROSS_S - self._emptied_s
        is_seen = self.has_street_leaf or (self._went_in and bool(inputs.passage or inputs.door_contact))
        return not is_seen and inputs.presence is not None and gap_s <= inputs.presence.linger_s + SLACK_S

    @property
    def unlocked(self) -> bool:
        """True while the lock lets the building door open."""
        return self._lock.unlocked

    @property
    def relay_unlocks(self) -> bool:
        """True while the relay tells the lock to let the door open, whether the lock follows or not."""
        return self._lock.by_relay

    @property
    def street_unlocked(self) -> bool:
        """True while the lock lets the street door open from the street; always True without a lock."""
        return self._street_lock is None or self._street_lock.unlocked

    @property
    def _lets_out(self) -> bool:
        """True while the street door opens from the chamber: by its handle, its exit button, or because it is free."""
        street_door = self._settings.street_door
        has_handle = street_door is not None and street_door.handle_inside
        return has_handle or "street_exit" in self._buttons or self.street_unlocked

    # --- bodies -----------------------------------------------------------------------------------------------------

    def steps_in(self, body: Body) -> bool:
        """Walk from the street into the chamber. Return False when the street door does not open."""
        if body.spot is not Spot.STREET or body.moving or not (self.street.open or self.street_unlocked):
            return False
        exists, may_open = self.has_street_leaf, lambda: self.street_unlocked
        self._through(body, self.street, Spot.CHAMBER, exists=exists, may_open=may_open)
        return True

    def steps_out(self, body: Body) -> None:
        """Walk from the chamber back to the street, by the handle or exit button of a street door with a lock."""
        if body.spot is not Spot.CHAMBER or body.moving:
            return
        if self._settings.street_door and not self.street.open:
            self.press("street_exit", body.name)

        def may_open() -> bool:
            if not self._lets_out:
                self._witness.cannot_leave(body)
            return self._lets_out

        self._through(body, self.street, Spot.STREET, exists=self.has_street_leaf, may_open=may_open, from_inside=True)

    def goes_in(self, body: Body) -> bool:
        """Pull the building door and walk in. Return False when the door does not open."""
        if body.spot is not Spot.CHAMBER or body.moving:
            return False
        if not (self.building.open or self.unlocked):
            return False
        self._through(body, self.building, Spot.BUILDING, exists=True, may_open=lambda: self.unlocked)
        return True

    def comes_out(self, body: Body) -> None:
        """Leave the building through the chamber; the handle inside reports itself where `inputs.exit` is wired."""
        if body.spot is Spot.BUILDING and not body.moving:
            self.press("exit", body.name)
            self._through(body, self.building, Spot.CHAMBER, exists=True, from_inside=True)

    def faces(self, body: Body, close: bool) -> None:
        """Stand with the forehead in front of the thermometer, or turn away."""
        if body.faces is not close:
            body.faces = close
            self.sense()

    def holds(self, body: Body, leaf: Leaf) -> None:
        """Hold an open leaf so that it does not close."""
        if leaf.open:
            leaf.held_by.add(body.name)

    def lets_go(self, body: Body, leaf: Leaf) -> None:
        """Let the leaf close again."""
        leaf.held_by.discard(body.name)
        self._later(CLOSER_S, lambda: self._may_close(leaf))

    def press(self, button: str, body: str = "", for_s: float = PRESS_S) -> None:
        """Press a button for a moment."""
        if getattr(self._settings.inputs, button) is None:
            return
        self._buttons.add(button)
        self._witness.pressed(button, body)
        self.sense()
        self._later(for_s, lambda: self.release(button))

    def switch_on(self, button: str) -> None:
        """Turn a key, or raise the emergency input, until `release`."""
        self._buttons.add(button)
        self._witness.pressed(button, "")
        self.sense()

    def release(self, button: str) -> None:
        """Let go of a button, key or emergency input."""
        self._buttons.discard(button)
        self.sense()

    def force(self, leaf: Leaf, is_open: bool) -> None:
        """Break a leaf open, or shut it."""
        leaf.forced = is_open
        self._move(leaf, is_open)

    # --- faults -----------------------------------------------------------------------------------------------------

    def override(self, name: str, active: bool | None) -> None:
        """Make the sensor `name` read `active` whatever is there; None ends this."""
        self._wires.override(name, active)
        self.sense()

    def cut(self, name: str) -> None:
        """Cut the wire of an input: the level is then what the pull makes of it."""
        self._wires.cut(name)
        self.sense()

    def stick_lock(self, unlocked: bool | None) -> None:
        """Make the lock stay as it is, or released, whatever its relay does; None ends this."""
        self._lock.stuck = unlocked

    def stick_street_lock(self, unlocked: bool | None) -> None:
        """Make the lock of the street door stay locked or released, whatever its relay does; None ends this."""
        if self._street_lock:
            self._street_lock.stuck = unlocked
            self.sense()

    # --- inside -----------------------------------------------------------------------------------------------------

    def _through(
        self,
        body: Body,
        leaf: Leaf,
        to: Spot,
        *,
        exists: bool,
        may_open: Callable[[], bool] = lambda: True,
        from_inside: bool = False,
    ) -> None:
        body.moving = True
        if not exists:
            self._later(CROSS_S, lambda: self._arrive(body, to))
            return

        def pulled() -> None:
            if not leaf.open and not may_open():
                body.moving = False
                return
            if not leaf.open:
                leaf.from_inside = from_inside
            leaf.busy_until_s = self._clock.now_s() + CROSS_S + CLOSER_S
            self._move(leaf, True)
            if leaf is self.building:
                self._later(CROSS_S - BEAM_S / 2, self._break_beam)
            self._later(CROSS_S, lambda: self._arrive(body, to))
            self._later(CROSS_S + CLOSER_S, lambda: self._may_close(leaf))

        self._later(0.0 if leaf.open else PULL_S, pulled)

    def _arrive(self, body: Body, to: Spot) -> None:
        left, body.spot, body.since_s, body.moving = body.spot, to, self._clock.now_s(), False
        body.faces, body.shows = False, ()
        if left is Spot.CHAMBER:
            self._emptied_s = self._clock.now_s()
            self._went_in = to is Spot.BUILDING
        self._witness.moved(body, left)
        self.sense()

    def _break_beam(self) -> None:
        self._beam_until_s = self._clock.now_s() + BEAM_S
        self.sense()
        self._later(BEAM_S, self.sense)

    def _may_close(self, leaf: Leaf) -> None:
        if leaf.open and not leaf.held_by and not leaf.forced and self._clock.now_s() >= leaf.busy_until_s - 1e-9:
            self._move(leaf, False)

    def _move(self, leaf: Leaf, is_open: bool) -> None:
        if leaf.open is not is_open:
            leaf.open = is_open
            self._witness.leaf_moved(leaf)
            self.sense()

    def _later(self, for_s: float, action: Callable[[], None]) -> None:
        self._clock.call_at(self._clock.now_s() + for_s, action)

    def _output_moved(self, _pin: int) -> None:
        assert self._header
        sprayer = self._settings.sprayer
        if self._lock.follow(self._header.level):
            self._witness.lock_moved(self._lock.by_relay)
        if self._street_lock and self._street_lock.follow(self._header.level):
            self._witness.street_lock_moved(self._street_lock.by_relay)
            if self._settings.inputs.street_bolt:
                self.sense()
        pump = sprayer is not None and self._header.level(sprayer.relay_pin) is sprayer.active_high
        if pump is not self._pump:
            self._pump = pump
            self._witness.pump_moved(pump)
