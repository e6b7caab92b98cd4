"""Settings of the hardware: every pin, active level, bus and camera, with default, unit, limits and help text.

Rule 1: a pin is given by its GPIO number (BCM), not by its position on the header.
Rule 2: a device that the file does not name does not exist; no device is guessed.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from kiosk.model import CameraKind


def wanted(words: str) -> dict[str, JsonValue]:
    """Return an extra entry for the JSON Schema that describes a pattern in words.

    YAML language servers show the text of `patternErrorMessage` when a value does not match the pattern.
    """
    return {"patternErrorMessage": words}


ShortName = Annotated[
    str,
    Field(
        pattern=r"^[a-z0-9\-]{1,32}$",
        json_schema_extra=wanted("1 to 32 lowercase letters, digits and '-'"),
    ),
]
Pin = Annotated[int, Field(ge=0, le=27, description="GPIO number (BCM), 0 to 27")]


@dataclass(frozen=True, slots=True)
class Hex:
    """A mark on a setting: its whole number may be written in hexadecimal (0x5A), as in data sheets of I2C devices."""


class Section(BaseModel):
    """A section of the settings. Unknown keys are mistakes; the values cannot change after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, use_enum_values=False)


class SprayerSettings(Section):
    """Settings of the pump or valve that sprays disinfectant."""

    relay_pin: Pin = Field(description="pin of the relay that switches the pump")
    active_high: bool = Field(default=True, description="true: a high level starts the pump; false: a low level does")
    max_spray_s: float = Field(
        default=10.0, ge=0.5, le=60.0, description="hard limit of one spray, enforced by the relay's driver"
    )


class LightsSettings(Section):
    """Settings of the status light: either a single lamp, or one lamp with red, green and blue."""

    single_pin: Pin | None = Field(
        default=None, description="pin of a single lamp, which shows the state of the kiosk only by its rhythm"
    )
    red_pin: Pin | None = Field(default=None, description="pin of the red part of an RGB lamp")
    green_pin: Pin | None = Field(default=None, description="pin of the green part of an RGB lamp")
    blue_pin: Pin | None = Field(default=None, description="pin of the blue part of an RGB lamp")
    active_high: bool = Field(default=True, description="true: a high level lights the lamp; false: a low level does")


class BuzzerSettings(Section):
    """Settings of the buzzer, which must be an active one: it sounds while it has power."""

    pin: Pin = Field(description="pin of the buzzer")
    active_high: bool = Field(default=True, description="true: a high level sounds the buzzer; false: a low level does")


class Pull(Enum):
    """The Pi's internal pull resistor on an input."""

    UP = "up"
    DOWN = "down"
    NONE = "none"


class InputSettings(Section):
    """The pin of one button, switch, sensor or contact, and how its level is read."""

    pin: Pin = Field(description="pin of the input")
    pull: Pull = Field(
        default=Pull.UP, description="the Pi's internal resistor: up, down, or none (with an external resistor)"
    )
    active_low: bool = Field(
        default=True, description="true: a low level (contact to ground) means active; false: a high level does"
    )
    debounce_ms: int = Field(
        default=30, ge=0, le=500, description="time for which a level must be stable before it counts, in milliseconds"
    )


class PresenceSettings(InputSettings):
    """Settings of the sensor that detects a person at the kiosk."""

    linger_s: float = Field(
        default=1.5, ge=0.0, le=10.0, description="a person counts as gone after this time without presence"
    )
    stuck_s: float = Field(
        default=900.0,
        ge=60.0,
        le=86400.0,
        description="presence for this long, while no door moves and no code is shown, is reported as a stuck sensor",
    )


class ContactSettings(InputSettings):
    """Settings of a door contact, which is active while the door is open.

    The usual magnetic contact is closed while the door is closed.
    """

    active_low: bool = Field(
        default=False,
        description="false: the pin is high while the door is open (contact to ground, pull up)",
    )


class EmergencySettings(InputSettings):
    """Settings of the emergency input (fire panel, emergency button); a cut wire must read as an emergency."""

    active_low: bool = Field(
        default=False,
        description="false: a contact to ground that opens in an emergency; a cut wire then reads as an emergency",
    )


class TamperSettings(InputSettings):
    """The switch that the closed enclosure holds closed; a cut wire must read as an opened enclosure."""

    active_low: bool = Field(
        default=False,
        description="false: contact to ground that opens with the enclosure, so a cut wire reads as an opened one too",
    )


class InputsSettings(Section):
    """Settings of buttons, sensors and contacts; an input that the booth does not have is left out."""

    presence: PresenceSettings | None = Field(default=None, description="sensor that detects a person at the kiosk")
    passage: InputSettings | None = Field(
        default=None, description="sensor that detects a person who walks through the building door"
    )
    door_contact: ContactSettings | None = Field(default=None, description="contact of the building door")
    street_contact: ContactSettings | None = Field(default=None, description="contact of the street door")
    exit: InputSettings | None = Field(
        default=None, description="the handle or button with which people leave through the building door"
    )
    street_exit: InputSettings | None = Field(
        default=None,
        description="with 'street_door': the handle or button with which people leave the chamber to the street",
    )
    street_bolt: InputSettings | None = Field(
        default=None, description="with 'street_door': the contact of its lock, active while the bolt locks the door"
    )
    officer: InputSettings | None = Field(
        default=None, description="the officer's key or button: admits a visitor; restarts after a stop or emergency"
    )
    stop: InputSettings | None = Field(default=None, description="the officer's stop button")
    skip: InputSettings | None = Field(default=None, description="the button with which a visitor declines the spray")
    yes: InputSettings | None = Field(default=None, description="the touch-free switch for the answer yes")
    no: InputSettings | None = Field(default=None, description="the touch-free switch for the answer no")
    service: InputSettings | None = Field(default=None, description="the technician's key switch")
    emergency: EmergencySettings | None = Field(default=None, description="the fire panel or emergency button")
    tamper: TamperSettings | None = Field(
        default=None, description="the switch that tells that the enclosure of the Pi and the relays was opened"
    )


class CameraSettings(Section):
    """Settings of the camera that reads the codes."""

    kind: CameraKind = Field(default=CameraKind.PICAMERA2, description="picamera2 (ribbon cable) or v4l2 (USB)")
    device: int = Field(default=0, ge=0, le=63, description="number of the camera, or N of /dev/videoN")
    width_px: int = Field(default=1280, ge=320, le=4096, multiple_of=16, description="picture width")
    height_px: int = Field(default=720, ge=240, le=3072, multiple_of=16, description="picture height")
    frame_hz: float = Field(default=30.0, ge=2.0, le=60.0, description="pictures per second while a person is present")
    silent_s: float = Field(
        default=5.0, ge=3.0, le=60.0, description="the scanner is restarted after this time without a picture"
    )
    mains_hz: int = Field(
        default=50, ge=50, le=60, multiple_of=10, description="mains frequency, against flicker: 50 in Indonesia, or 60"
    )
    exposure_value: float = Field(
        default=-0.5,
        ge=-4.0,
        le=4.0,
        description="exposure correction in stops; a value below 0 makes pictures darker, for bright phone screens",
    )
    adapt_exposure: bool = Field(
        default=True, description="expose up to 4 stops less or 2 stops more while a visible code cannot be read"
    )
    lens_position: float | None = Field(
        default=None,
        ge=0.0,
        le=15.0,
        description="fixed focus in dioptres (1 / metres); leave out for autofocus",
    )
