"""The thermometers of a world, on a bus that tells the referee whose forehead was read.

A lamp may stand where nobody's forehead is. Before the imager, people stand at different places and distances, and some
wear a cap.
"""

import random
from collections.abc import Callable

from smbus2 import i2c_msg

from kiosk.composition.thermometers import orders_of
from kiosk.hardware.thermometers.imager.reader import FaceThermometer
from kiosk.hardware.thermometers.imager.registers import RAM
from kiosk.hardware.thermometers.thermometer import Thermometer
from kiosk.model import Clock
from kiosk.settings.schema.settings import Settings
from kiosk.settings.schema.thermometer import ThermometerKind, ThermometerSettings
from kiosk.simulator.mlx90614 import Mlx90614Bus
from kiosk.simulator.mlx90640 import Mlx90640Bus, face_in_room

LAMP_C = 40.0
"""As warm as skin can be, and warmer than all people of the worlds."""


class WatchedBus(Mlx90614Bus):
    """The bus of a spot sensor, in a room of `room_c` degrees Celsius at first.

    read: is called when the object's temperature is read. is_lit: a lamp is on.
    """

    def __init__(self, clock: Clock, seed: int, room_c: float, read: Callable[[], None]) -> None:
        super().__init__(clock, seed, object_c=room_c, ambient_c=room_c)
        self._read = read
        self.is_lit = False

    def look_at(self, object_c: float, ambient_c: float) -> None:
        """Put a forehead before the sensor; with the temperature of the room: nobody, or the lamp."""
        super().look_at(LAMP_C if self.is_lit and object_c == ambient_c else object_c, ambient_c)

    def i2c_rdwr(self, *i2c_msgs: i2c_msg) -> None:
        """Read a word, as the base class does; raises `OSError` while the bus is faulty."""
        super().i2c_rdwr(*i2c_msgs)
        if bytes(i2c_msgs[0]) == b"\x07":
            self._read()


class WatchedImagerBus(Mlx90640Bus):
    """The bus of an imager. read: is called when a picture is read. is_lit: a lamp is on."""

    def __init__(self, clock: Clock, seed: int, read: Callable[[], None]) -> None:
        super().__init__(clock, seed)
        self._read = read
        self._seed = seed
        self._seen_c: tuple[float, float] | None = None
        self.is_lit = False

    def look_at(self, object_c: float, ambient_c: float) -> None:
        """Put a face before the sensor; with the temperature of the room: nobody, or the lamp."""
        object_c = LAMP_C if self.is_lit and object_c == ambient_c else object_c
        if (object_c, ambient_c) == self._seen_c:
            return
        self._seen_c = object_c, ambient_c
        if object_c in (ambient_c, LAMP_C):
            super().look_at(object_c, ambient_c)
            return
        chance = random.Random(f"{self._seed} {object_c}")  # noqa: S311 - a simulation, no secret
        height, centre = chance.uniform(11.0, 17.0), (chance.uniform(9.5, 13.5), chance.uniform(11.0, 20.0))
        scene = face_in_room(object_c, ambient_c, centre=centre, height=height)
        if chance.random() < 0.2:
            scene[: int(centre[0] - 0.3 * height)] = ambient_c + 1.0  # a cap
        self.show(scene, ambient_c)

    def i2c_rdwr(self, *i2c_msgs: i2c_msg) -> None:
        """Read or write registers, as the base class does; raises `OSError` while the bus is faulty."""
        super().i2c_rdwr(*i2c_msgs)
        if bytes(i2c_msgs[0]) == RAM.to_bytes(2, "big"):
            self._read()


def watched_bus(
    settings: Settings, clock: Clock, seed: int, room_c: float, read: Callable[[], None]
) -> WatchedBus | WatchedImagerBus:
    """Return the bus with the thermometer of the settings. room_c: the temperature of the room, in degrees Celsius."""
    imager = settings.thermometer is not None and settings.thermometer.kind is ThermometerKind.MLX90640
    return WatchedImagerBus(clock, seed, read) if imager else WatchedBus(clock, seed, room_c, read)


def imager_on(bus: WatchedBus | WatchedImagerBus) -> Callable[[ThermometerSettings, Clock], Thermometer]:
    """Return a function that opens the imager on `bus`, down to its registers, without a process of its own."""
    return lambda settings, _clock: FaceThermometer(bus, orders_of(settings))
