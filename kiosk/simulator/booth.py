"""The simulated booth, seen from outside the kiosk: its pins, its doors, and the objects in front of its sensors.

Rule 1: it acts on pins, buses and frames only. It calls no object of the kiosk.
Rule 2: only a visitor opens a door: the building door only while `unlocked` is True, and a street door with a lock from
        the street only while `street_is_free` is True, from the chamber at any time.
"""

from collections.abc import Callable, Sequence

from gpiozero.pins.mock import MockFactory

from kiosk.display.server import DoorView, MachineView, VisitView
from kiosk.settings.schema.doors import DoorSettings, LockKind, StreetDoorSettings
from kiosk.settings.schema.settings import Settings
from kiosk.settings.schema.wiring import InputSettings
from kiosk.simulator.mlx90614 import Mlx90614Bus
from kiosk.simulator.mlx90640 import Mlx90640Bus
from kiosk.simulator.people.phone import CodeCarrier, Scene

AMBIENT_C = 27.0


class SimulatedBooth:
    """The surroundings of the kiosk.

    Args:
        settings: the wiring of the site.
        factory: the mock pins.
        bus: the bus with the thermometer.
        point_camera: is called with the scene in front of the camera whenever it changes.
    """

    def __init__(
        self,
        settings: Settings,
        factory: MockFactory,
        bus: Mlx90614Bus | Mlx90640Bus,
        point_camera: Callable[[Scene], None],
    ) -> None:
        self._settings = settings
        self._factory = factory
        self._bus = bus
        self._point_camera = point_camera
        self._scene: Scene | None = None
        self._forehead_c: float | None = None
        self._active: dict[str, bool] = {}

    @property
    def same_spot(self) -> bool:
        """True if a visitor's forehead is before the thermometer wherever they stand."""
        return self._settings.thermometer is not None and self._settings.thermometer.same_spot

    def settle(self) -> None:
        """Set all inputs to rest and remove everything from the sensors. Called before the kiosk starts."""
        for name in self.wired():
            self.set(name, active=False)
        self.face(None)
        self.show(Scene())

    def wired(self) -> Sequence[str]:
        """Return the names of the inputs that the settings wire."""
        return [name for name in type(self._settings.inputs).model_fields if self._wire(name)]

    def set(self, name: str, *, active: bool) -> None:
        """Drive the pin of an input to its active or its rest level. An input without a wire is ignored."""
        wire = self._wire(name)
        if wire is None or self._active.get(name) is active:
            return
        self._active[name] = active
        pin = self._factory.pin(wire.pin)
        if active is wire.active_low:
            pin.drive_low()
        else:
            pin.drive_high()

    def face(self, skin_c: float | None) -> None:
        """Put a forehead of `skin_c` degrees Celsius in front of the thermometer, or remove it (None)."""
        if skin_c != self._forehead_c or skin_c is None:
            self._forehead_c = skin_c
            self._bus.look_at(AMBIENT_C if skin_c is None else skin_c, AMBIENT_C)

    def show(self, scene: Scene) -> None:
        """Put a scene in front of the camera."""
        if scene != self._scene:
            self._scene = scene
            self._point_camera(scene)

    @property
    def unlocked(self) -> bool:
        """True if the building door can be opened, by the level of the relay pin."""
        return self._unlocks(self._settings.door)

    @property
    def has_airlock(self) -> bool:
        """True if the street door has a lock."""
        return self._settings.street_door is not None

    @property
    def street_is_free(self) -> bool:
        """True if the street door can be opened from the street; always without a lock."""
        return self._settings.street_door is None or self._unlocks(self._settings.street_door)

    @property
    def spraying(self) -> bool:
        """True if the pump runs, by the level of the relay pin."""
        sprayer = self._settings.sprayer
        return sprayer is not None and self._level(sprayer.relay_pin) is sprayer.active_high

    def machine(self, phase: str, persona: str, visits: list[VisitView]) -> MachineView:
        """Return the state of the booth for the demo's page.

        `phase`: the phase of the kiosk. `persona`: the name of the present visitor, or "". `visits`: the last visits.
        """
        lights, buzzer = self._settings.lights, self._settings.buzzer
        street = DoorView(open=self._active.get("street_contact", False))
        if self.has_airlock:
            street = DoorView(locked=not self.street_is_free, **street)
        lamp: dict[str, bool] = {}
        if lights:
            pins = {name: getattr(lights, f"{name}_pin") for name in ("single", "red", "green", "blue")}
            lamp = {name: self._level(pin) is lights.active_high for name, pin in pins.items() if pin is not None}
        return MachineView(
            phase=phase,
            doors={
                "building": DoorView(locked=not self.unlocked, open=self._active.get("door_contact", False)),
                "street": street,
            },
            sprayer=self.spraying,
            lamp=lamp,
            buzzer=buzzer is not None and self._level(buzzer.pin) is buzzer.active_high,
            inputs=dict(self._active),
            thermometer={"object_c": self._forehead_c or AMBIENT_C, "ambient_c": AMBIENT_C},
            person=persona,
            visits=visits,
        )

    def _unlocks(self, door: DoorSettings | StreetDoorSettings) -> bool:
        energised = self._level(door.relay_pin) is door.active_high
        return energised is (door.lock is LockKind.FAIL_SECURE)

    def _level(self, pin: int) -> bool:
        return bool(self._factory.pin(pin).state)

    def _wire(self, name: str) -> InputSettings | None:
        wire: InputSettings | None = getattr(self._settings.inputs, name)
        return wire


def scene_of(kind: CodeCarrier, payload: bytes, seed: int) -> Scene:
    """Return the scene of a person who shows `payload` on a phone or card; with an empty payload, nothing is held."""
    return Scene(kind=kind, payload=payload, seed=seed) if payload else Scene(kind=CodeCarrier.PERSON, seed=seed)
