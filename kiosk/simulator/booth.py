"""The booth as a thing in a room: its pins from outside, its doors, and what stands before its sensors.

Rule 1: it acts on pins, buses and pictures only; no object of the kiosk is told anything.
Rule 2: the door moves only while its lock lets it.
"""

from collections.abc import Callable, Sequence

from gpiozero.pins.mock import MockFactory

from kiosk.display.server import DoorView, MachineView, VisitView
from kiosk.settings.schema.settings import Settings
from kiosk.settings.schema.wiring import InputSettings, LightsSettings, LockKind
from kiosk.simulator.mlx90614 import Mlx90614Bus
from kiosk.simulator.phone import CodeCarrier, Scene

AMBIENT_C = 27.0


class SimulatedBooth:
    """What surrounds the kiosk; `point_camera` is told the scene before the camera."""

    def __init__(
        self, settings: Settings, factory: MockFactory, bus: Mlx90614Bus, point_camera: Callable[[Scene], None]
    ) -> None:
        self._settings = settings
        self._factory = factory
        self._bus = bus
        self._point_camera = point_camera
        self._scene: Scene | None = None
        self._forehead_c: float | None = None
        self._active: dict[str, bool] = {}

    def settle(self) -> None:
        """Everything at rest; after the kiosk opened its pins, before it starts."""
        for name in self.wired():
            self.set(name, active=False)
        self.face(None)
        self.show(Scene())

    def wired(self) -> Sequence[str]:
        """Names of the inputs that this booth has."""
        return [name for name in type(self._settings.inputs).model_fields if self._wire(name)]

    def set(self, name: str, *, active: bool) -> None:
        """Put the wire of an input to the level that means active, or not."""
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
        """A forehead close to the thermometer, or nobody's."""
        if skin_c != self._forehead_c or skin_c is None:
            self._forehead_c = skin_c
            self._bus.look_at(AMBIENT_C if skin_c is None else skin_c, AMBIENT_C)

    def show(self, scene: Scene) -> None:
        """What stands before the camera from now on."""
        if scene != self._scene:
            self._scene = scene
            self._point_camera(scene)

    @property
    def unlocked(self) -> bool:
        """Whether the lock of the building's door lets it move, by the level on its relay's pin."""
        door = self._settings.door
        energised = self._level(door.relay_pin) is door.active_high
        return energised is (door.lock is LockKind.FAIL_SECURE)

    @property
    def spraying(self) -> bool:
        """Whether the pump runs, by the level on its relay's pin."""
        sprayer = self._settings.sprayer
        return sprayer is not None and self._level(sprayer.relay_pin) is sprayer.active_high

    def machine(self, phase: str, person: str, visits: list[VisitView]) -> MachineView:
        """What the page shows beside what the visitor sees."""
        return MachineView(
            phase=phase,
            doors=self._doors(),
            sprayer=self.spraying,
            lamp=self._lamp(),
            buzzer=self._buzzer(),
            inputs=dict(self._active),
            thermometer={"object_c": self._forehead_c or AMBIENT_C, "ambient_c": AMBIENT_C},
            person=person,
            visits=visits,
        )

    def _doors(self) -> dict[str, DoorView]:
        return {
            "building": DoorView(locked=not self.unlocked, open=self._active.get("door_contact", False)),
            "street": DoorView(open=self._active.get("street_contact", False)),
        }

    def _lamp(self) -> dict[str, bool]:
        lights = self._settings.lights
        if lights is None:
            return {}
        pins = {name: getattr(lights, f"{name}_pin") for name in ("single", "red", "green", "blue")}
        return {name: self._lit(lights, pin) for name, pin in pins.items() if pin is not None}

    def _lit(self, lights: LightsSettings, pin: int) -> bool:
        return self._level(pin) is lights.active_high

    def _buzzer(self) -> bool:
        buzzer = self._settings.buzzer
        return buzzer is not None and self._level(buzzer.pin) is buzzer.active_high

    def _level(self, pin: int) -> bool:
        return bool(self._factory.pin(pin).state)

    def _wire(self, name: str) -> InputSettings | None:
        wire: InputSettings | None = getattr(self._settings.inputs, name)
        return wire


def scene_of(kind: CodeCarrier, payload: bytes, seed: int) -> Scene:
    """A person with a code on a phone or card, or with empty hands."""
    return Scene(kind=kind, payload=payload, seed=seed) if payload else Scene(kind=CodeCarrier.PERSON, seed=seed)
