"""The settings of one kiosk. Defaults, units, limits and help texts are defined in this schema and nowhere else."""

from typing import Annotated

from pydantic import Field

from kiosk.model import Step
from kiosk.settings.schema.bundles import BundlesSettings
from kiosk.settings.schema.doors import DoorSettings, StreetDoorSettings
from kiosk.settings.schema.fleet import FleetSettings
from kiosk.settings.schema.policy import (
    ChamberSettings,
    CredentialsSettings,
    DisplaySettings,
    JournalSettings,
    ReferralsSettings,
    ScannerSettings,
    Sequence,
    TemperatureSettings,
)
from kiosk.settings.schema.questions import QuestionsSettings
from kiosk.settings.schema.speaker import SpeakerSettings
from kiosk.settings.schema.technician import TechnicianSettings
from kiosk.settings.schema.thermometer import ThermometerSettings
from kiosk.settings.schema.wiring import (
    BuzzerSettings,
    CameraSettings,
    InputsSettings,
    LightsSettings,
    Section,
    ShortName,
    SprayerSettings,
    wanted,
)

TimeZoneName = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9_+\-]{1,30}(/[A-Za-z0-9_+\-]{1,30}){0,2}$",
        json_schema_extra=wanted("the name of a time zone, such as Asia/Jakarta"),
    ),
]


class Settings(Section):
    """All settings of one kiosk, as in its settings file."""

    name: ShortName = Field(default="kiosk", description="short name of this kiosk, for the journal")
    site: str = Field(default="", max_length=80, description="name of the building, shown to visitors")
    time_zone: TimeZoneName = Field(
        default="Asia/Jakarta",
        description="time zone of the site, in which its days begin and end, such as Asia/Makassar or Asia/Jayapura",
    )
    sequence: Sequence = Field(
        default=(Step.DISINFECT, Step.TEMPERATURE, Step.CREDENTIAL),
        description="steps of a visit in order; leave out steps that the site does not demand",
    )
    door: DoorSettings = Field(description="the building door, which the kiosk unlocks")
    street_door: StreetDoorSettings | None = Field(
        default=None, description="the lock of the street door, if it has one; the two doors are then an airlock"
    )
    sprayer: SprayerSettings | None = Field(default=None, description="the pump or valve of the disinfectant")
    chamber: ChamberSettings = Field(default=ChamberSettings(), description="the disinfectant chamber")
    lights: LightsSettings | None = Field(default=None, description="the status light")
    buzzer: BuzzerSettings | None = Field(default=None, description="the buzzer")
    speaker: SpeakerSettings | None = Field(default=None, description="the loudspeaker")
    inputs: InputsSettings = Field(default=InputsSettings(), description="buttons, sensors and contacts")
    thermometer: ThermometerSettings | None = Field(default=None, description="the infrared thermometer")
    temperature: TemperatureSettings = Field(
        default=TemperatureSettings(), description="limits of the body temperature"
    )
    questions: QuestionsSettings = Field(default=QuestionsSettings(), description="what visitors are asked")
    camera: CameraSettings | None = Field(default=None, description="the camera")
    scanner: ScannerSettings = Field(default=ScannerSettings(), description="reading codes")
    credentials: CredentialsSettings = Field(default=CredentialsSettings(), description="accepted credentials")
    referrals: ReferralsSettings = Field(
        default=ReferralsSettings(), description="places to which visitors are referred"
    )
    display: DisplaySettings = Field(default=DisplaySettings(), description="the visitor's page")
    journal: JournalSettings = Field(default=JournalSettings(), description="the journal")
    technician: TechnicianSettings = Field(default=TechnicianSettings(), description="the technician's page")
    fleet: FleetSettings | None = Field(
        default=None, description="the office's server, to which the rows of the journal are sent; off by default"
    )
    bundles: BundlesSettings | None = Field(
        default=None, description="signed bundles, by which the office changes settings, texts and key lists"
    )
