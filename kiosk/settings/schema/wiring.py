"""What is wired to the kiosk: every pin, polarity, bus and camera, with default, unit, limit and help.

Rule 1: pins are BCM numbers. Rule 2: a device that is not named is not there; nothing is guessed.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, JsonValue


def wanted(words: str) -> dict[str, JsonValue]:
    """What a pattern allows, in words; `patternErrorMessage` is the name that editors show it by."""
    return {"patternErrorMessage": words}


ShortName = Annotated[
    str,
    Field(
        pattern=r"^[a-z0-9\-]{1,32}$",
        json_schema_extra=wanted("small letters, digits and '-', 1 to 32 of them"),
    ),
]
Pin = Annotated[int, Field(ge=0, le=27, description="GPIO number (BCM), 0 to 27")]


@dataclass(frozen=True, slots=True)
class Hex:
    """Marks a whole number that may be written in hexadecimal (0x5A), as data sheets write I2C addresses."""


class Section(BaseModel):
    """A section of the settings: unknown keys are mistakes, and nothing changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, use_enum_values=False)


class LockKind(Enum):
    """What the lock does without power: a fail-safe lock (magnet) opens, a fail-secure one (strike) stays shut."""

    FAIL_SAFE = "fail_safe"
    FAIL_SECURE = "fail_secure"


class DoorSettings(Section):
    """The door into the building."""

    relay_pin: Pin = Field(description="pin of the relay that switches the lock")
    active_high: bool = Field(
        default=True,
        description="true: a high pin energises the relay; false: a low pin does (most cheap boards)",
    )
    lock: LockKind = Field(
        default=LockKind.FAIL_SECURE,
        description="fail_secure: power unlocks (strike); fail_safe: power locks (magnet), losing it unlocks",
    )
    hold_s: float = Field(default=5.0, ge=0.5, le=30.0, description="how long the door stays unlocked")
    max_hold_s: float = Field(
        default=10.0, ge=0.5, le=60.0, description="hard limit of one unlocking, kept by the relay itself"
    )
    open_alarm_s: float = Field(
        default=20.0, ge=5.0, le=300.0, description="a door open longer than this is reported as held open"
    )
    report_forced: bool = Field(
        default=True,
        description="report a door that opens though nobody was let through; false where people leave by its handle "
        "and 'inputs.exit' is not wired",
    )


class SprayerSettings(Section):
    """The pump or valve of the disinfectant."""

    relay_pin: Pin = Field(description="pin of the relay that switches the pump")
    active_high: bool = Field(default=True, description="true: a high pin starts the pump; false: a low pin does")
    max_spray_s: float = Field(
        default=10.0, ge=0.5, le=60.0, description="hard limit of one spray, kept by the relay itself"
    )


class LightsSettings(Section):
    """The status light: one lamp, or red, green and blue; choose one of the two."""

    single_pin: Pin | None = Field(default=None, description="pin of a single lamp, which tells by rhythm alone")
    red_pin: Pin | None = Field(default=None, description="pin of the red part of an RGB lamp")
    green_pin: Pin | None = Field(default=None, description="pin of the green part of an RGB lamp")
    blue_pin: Pin | None = Field(default=None, description="pin of the blue part of an RGB lamp")
    active_high: bool = Field(default=True, description="true: a high pin lights the lamp; false: a low pin does")


class BuzzerSettings(Section):
    """The buzzer (a self-sounding one)."""

    pin: Pin = Field(description="pin of the buzzer")
    active_high: bool = Field(default=True, description="true: a high pin sounds; false: a low pin does")


class Pull(Enum):
    """The Pi's own pull resistor on an input."""

    UP = "up"
    DOWN = "down"
    NONE = "none"


class InputSettings(Section):
    """A button, switch or contact."""

    pin: Pin = Field(description="pin of the input")
    pull: Pull = Field(default=Pull.UP, description="the Pi's own resistor: up, down, or none (one of your own)")
    active_low: bool = Field(
        default=True, description="true: a contact to ground means 'active'; false: a high level does"
    )
    debounce_ms: int = Field(
        default=30, ge=0, le=500, description="how long a level must last before it counts, in milliseconds"
    )


class PresenceSettings(InputSettings):
    """The sensor that sees a person at the kiosk."""

    linger_s: float = Field(
        default=1.5, ge=0.0, le=10.0, description="somebody counts as gone after not being seen for this long"
    )
    stuck_s: float = Field(
        default=900.0,
        ge=60.0,
        le=86400.0,
        description="somebody seen for this long, while no door moves and no code is shown, is a stuck sensor",
    )


class ContactSettings(InputSettings):
    """A door contact; the usual magnet contact is closed when the door is, and active then means 'door open'."""

    active_low: bool = Field(
        default=False,
        description="false: the pin is high while the door is open (contact to ground, pull up)",
    )


class EmergencySettings(InputSettings):
    """The emergency input (fire panel, break-glass); a broken wire must read as an emergency."""

    active_low: bool = Field(
        default=False, description="false: normally closed to ground, so a cut wire reads as an emergency"
    )


class InputsSettings(Section):
    """Buttons, sensors and contacts; leave out what the booth does not have."""

    presence: PresenceSettings | None = Field(default=None, description="sees a person at the kiosk")
    passage: InputSettings | None = Field(default=None, description="sees a person go through the building's door")
    door_contact: ContactSettings | None = Field(default=None, description="contact of the door into the building")
    street_contact: ContactSettings | None = Field(default=None, description="contact of the chamber's street door")
    exit: InputSettings | None = Field(
        default=None, description="the handle or button by which people leave through the building's door"
    )
    officer: InputSettings | None = Field(default=None, description="the officer's key or button: let in, start again")
    stop: InputSettings | None = Field(default=None, description="the officer's stop button")
    skip: InputSettings | None = Field(default=None, description="the visitor's button: do not spray me")
    service: InputSettings | None = Field(default=None, description="the technician's key switch")
    emergency: EmergencySettings | None = Field(default=None, description="the emergency input")


class ThermometerKind(Enum):
    """Thermometers that the kiosk has a driver for."""

    MLX90614 = "mlx90614"


class Correction(Enum):
    """How body temperature is estimated from skin and ambient; all are estimates, see docs/wiring.md."""

    NONE = "none"
    OFFSET = "offset"
    HEAT_BALANCE = "heat_balance"


class ThermometerSettings(Section):
    """The infrared thermometer on the I2C bus."""

    kind: ThermometerKind = Field(default=ThermometerKind.MLX90614, description="the sensor")
    bus: int = Field(default=1, ge=0, le=22, description="number of the I2C bus; 1 is on pins GPIO2 and GPIO3")
    address: Annotated[int, Hex()] = Field(
        default=0x5A, ge=0x03, le=0x77, description="I2C address; an MLX90614 leaves the factory at 0x5A (90)"
    )
    sample_s: float = Field(default=0.15, ge=0.05, le=2.0, description="time between two samples")
    settle_samples: int = Field(default=5, ge=3, le=50, description="steady samples that make a reading")
    settle_spread_c: float = Field(default=0.3, ge=0.05, le=2.0, description="samples this close count as steady")
    skin_min_c: float = Field(default=30.0, ge=10.0, le=36.0, description="below this it is not a forehead nearby")
    skin_max_c: float = Field(default=43.0, ge=38.0, le=60.0, description="above this it is not a person")
    ambient_min_c: float = Field(default=16.0, ge=-20.0, le=30.0, description="colder rooms give no reliable reading")
    ambient_max_c: float = Field(default=40.0, ge=20.0, le=60.0, description="warmer rooms give no reliable reading")
    correction: Correction = Field(
        default=Correction.OFFSET,
        description="none: skin as it is; offset: skin + offset_c; heat_balance: skin + factor x (skin - ambient)",
    )
    offset_c: float = Field(default=2.0, ge=-2.0, le=5.0, description="added to the skin temperature by 'offset'")
    heat_balance: float = Field(
        default=0.13,
        ge=0.0,
        le=0.5,
        description="factor of 'heat_balance' (US 6,056,435: about 0.09 to 0.13)",
    )


class CameraKind(Enum):
    """Cameras that the kiosk has a driver for."""

    PICAMERA2 = "picamera2"
    V4L2 = "v4l2"


class CameraSettings(Section):
    """The camera that reads the codes."""

    kind: CameraKind = Field(default=CameraKind.PICAMERA2, description="picamera2 (ribbon cable) or v4l2 (USB)")
    device: int = Field(default=0, ge=0, le=63, description="number of the camera, or N of /dev/videoN")
    width_px: int = Field(default=1280, ge=320, le=4096, multiple_of=16, description="picture width")
    height_px: int = Field(default=720, ge=240, le=3072, multiple_of=16, description="picture height")
    frame_hz: float = Field(default=30.0, ge=2.0, le=60.0, description="pictures per second while somebody is there")
    silent_s: float = Field(default=5.0, ge=3.0, le=60.0, description="no picture for this long: restart the scanner")
    mains_hz: int = Field(
        default=50, ge=50, le=60, multiple_of=10, description="mains frequency, against flicker: 50 in Indonesia, or 60"
    )
    exposure_value: float = Field(
        default=-0.5,
        ge=-4.0,
        le=4.0,
        description="exposure correction in stops; below 0 suits bright screens",
    )
    adapt_exposure: bool = Field(
        default=True, description="go up to 4 stops darker or 2 brighter while a code that is shown cannot be read"
    )
    lens_position: float | None = Field(
        default=None,
        ge=0.0,
        le=15.0,
        description="fixed focus in dioptres (1 / metres); leave out for autofocus",
    )
