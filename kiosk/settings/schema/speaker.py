"""Settings of the loudspeaker: the sound device, the languages, the volume, and the hours of quiet."""

from enum import Enum
from typing import Annotated

from pydantic import Field

from kiosk.settings.schema.wiring import Section, wanted


class SpokenLanguages(Enum):
    """The languages in which a sentence is spoken: all languages of the page in turn, or the first one only."""

    ALL = "all"
    FIRST = "first"


TimeOfDay = Annotated[
    str,
    Field(
        pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$",
        json_schema_extra=wanted("a time of day in quotes, from '00:00' to '23:59'"),
    ),
]


class QuietSettings(Section):
    """The hours in which the kiosk does not speak; an emergency is spoken at any hour."""

    starts: TimeOfDay = Field(description="time in the site's time zone at which the quiet hours begin, in quotes")
    ends: TimeOfDay = Field(description="time at which they end, in quotes; it may be earlier than `starts`")


class SpeakerSettings(Section):
    """Settings of the loudspeaker, through which the kiosk speaks and sounds."""

    device: str = Field(
        default="default",
        pattern=r"^[A-Za-z0-9_:=,.\-]{1,80}$",
        json_schema_extra=wanted("the name of an ALSA device, such as default or plughw:CARD=Headphones"),
        description="sound device, as 'aplay -L' lists it",
    )
    clips: str = Field(
        default="/var/lib/kiosk-voice",
        min_length=1,
        max_length=255,
        description="folder of the spoken sentences; 'sudo kiosk voice render' fills it",
    )
    languages: SpokenLanguages = Field(
        default=SpokenLanguages.ALL, description="all: all languages of the page in turn; first: only the first one"
    )
    volume: int = Field(
        default=100,
        ge=1,
        le=100,
        description="loudness in per cent of the clip's; the mixer of the card comes on top; an emergency has 100",
    )
    sounds: bool = Field(
        default=True, description="play a short sound before the speech: one for pass, one for refer, one for wait"
    )
    quiet: QuietSettings | None = Field(default=None, description="hours in which only an emergency is spoken")
