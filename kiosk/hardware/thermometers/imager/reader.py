"""From the imager's pictures to samples: what the thermometer's worker needs to know of each picture."""

from kiosk.flow.temperature import Sample
from kiosk.hardware.thermometers.imager.camera import Mlx90640
from kiosk.hardware.thermometers.imager.face import FaceReading, read_face
from kiosk.hardware.thermometers.imager.messages import ImagerOrders
from kiosk.hardware.thermometers.imager.registers import I2cBus


class FaceThermometer:
    """A thermometer that reads the hottest region of the face before the imager; the room where there is no face."""

    def __init__(self, bus: I2cBus, orders: ImagerOrders) -> None:
        self._camera = Mlx90640(bus, orders.address)
        self._orders = orders
        self._seen: FaceReading | None = None

    def sample(self) -> Sample | None:
        """Return the sample of a new picture, or None if there is none yet. Raises `DeviceError` like the driver."""
        picture = self._camera.picture()
        if picture is None:
            return None
        orders = self._orders
        seen = read_face(picture.object_c, orders.skin_min_c, orders.skin_max_c, orders.contrast_c, self._seen)
        self._seen = seen
        if seen.face_c is None:
            return Sample(seen.room_c, picture.ambient_c, may_be_skin=False)
        return Sample(seen.face_c, picture.ambient_c)

    def unit(self) -> str:
        """Return the number of the sensor that gave the newest picture; "" if it has none."""
        return self._camera.unit

    def close(self) -> None:
        """Close the bus. Safe to call twice."""
        self._camera.close()
