"""Settings of the infrared thermometer: the sensor, the samples that make a reading, and the correction."""

from enum import Enum
from typing import Annotated

from pydantic import Field

from kiosk.settings.schema.wiring import Hex, Section


class ThermometerKind(Enum):
    """Thermometers for which the kiosk has a driver: a spot sensor, and an imager that finds the face."""

    MLX90614 = "mlx90614"
    MLX90640 = "mlx90640"


FACTORY_ADDRESS = {ThermometerKind.MLX90614: 0x5A, ThermometerKind.MLX90640: 0x33}
"""The I2C address with which each sensor is sold (datasheets 3901090614 and 3901090640)."""


class Correction(Enum):
    """Methods that estimate the body temperature from skin and ambient temperature (docs/wiring.md)."""

    NONE = "none"
    OFFSET = "offset"
    HEAT_BALANCE = "heat_balance"


class ThermometerSettings(Section):
    """Settings of the infrared thermometer on the I2C bus."""

    kind: ThermometerKind = Field(default=ThermometerKind.MLX90614, description="type of the sensor")
    bus: int = Field(default=1, ge=0, le=22, description="number of the I2C bus; 1 is on pins GPIO2 and GPIO3")
    address: Annotated[int | None, Hex()] = Field(
        default=None,
        ge=0x03,
        le=0x77,
        description="I2C address; left out: the factory's, 0x5A for mlx90614, 0x33 for mlx90640",
    )
    sample_s: float = Field(default=0.15, ge=0.05, le=2.0, description="time between two samples")
    same_spot: bool = Field(
        default=False,
        description="true: wherever a visitor stands in the booth, the forehead and nothing else is before the sensor",
    )
    settle_samples: int = Field(
        default=5, ge=3, le=50, description="number of consecutive steady samples that make a reading"
    )
    settle_spread_c: float = Field(
        default=0.3,
        ge=0.05,
        le=2.0,
        description="samples are steady if the highest and the lowest differ by no more than this",
    )
    looks: int = Field(
        default=3,
        ge=1,
        le=20,
        description="number of steady readings of which the hottest counts; each further one takes one more sample",
    )
    skin_min_c: float = Field(
        default=30.0, ge=10.0, le=36.0, description="a sample below this is not a forehead at close range"
    )
    skin_max_c: float = Field(default=43.0, ge=38.0, le=60.0, description="a sample above this is not a person")
    skin_contrast_c: float = Field(
        default=1.0,
        ge=0.3,
        le=5.0,
        description="a reading is not used if it differs less than this from the empty spot: it may be the wall",
    )
    drift_c_per_min: float = Field(
        default=0.2,
        ge=0.0,
        le=2.0,
        description="added to 'skin_contrast_c' for each minute since the spot was empty; raise it for a sunny wall",
    )
    ambient_min_c: float = Field(
        default=16.0, ge=-20.0, le=30.0, description="in a colder room, readings are not reliable"
    )
    ambient_max_c: float = Field(
        default=40.0, ge=20.0, le=60.0, description="in a warmer room, readings are not reliable"
    )
    correction: Correction = Field(
        default=Correction.OFFSET,
        description="none: skin temperature; offset: skin + offset_c; heat_balance: skin + factor x (skin - ambient)",
    )
    offset_c: float = Field(
        default=2.0, ge=-2.0, le=5.0, description="added to the skin temperature with 'correction: offset'"
    )
    calibration: str | None = Field(
        default=None,
        min_length=1,
        max_length=255,
        description="file that 'kiosk calibrate' wrote; with 'correction: offset' it replaces 'offset_c'",
    )
    heat_balance: float = Field(
        default=0.13,
        ge=0.0,
        le=0.5,
        description="the factor of 'correction: heat_balance' (US 6,056,435: about 0.09 to 0.13)",
    )

    @property
    def i2c_address(self) -> int:
        """The address at which the sensor answers."""
        return FACTORY_ADDRESS[self.kind] if self.address is None else self.address
