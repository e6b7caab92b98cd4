"""Settings of the site's policy: steps, limits, credentials, referrals, texts and the journal."""

from enum import Enum
from typing import Annotated, Literal

from pydantic import Field

from kiosk.model import ChamberWhen, Reason, SkipRule, Step
from kiosk.settings.schema.health import AcceptedScheme, DivocSettings, HealthRule, TrustSettings
from kiosk.settings.schema.screen import ScreenSettings
from kiosk.settings.schema.services import CheckInSettings, FileName, OnlineStatusSettings
from kiosk.settings.schema.wiring import Section, ShortName, wanted


class ChamberSettings(Section):
    """Rules of the disinfectant chamber: when it is sprayed, for how long, and after which warning."""

    when: ChamberWhen = Field(
        default=ChamberWhen.EMPTY,
        description="empty: spray between visitors; occupied: spray on the visitor, which the WHO advises against",
    )
    warn_s: float = Field(
        default=8.0,
        ge=1.0,
        le=30.0,
        description="time of the warning in which a visitor can decline; with `when: occupied` at least 8",
    )
    spray_s: float = Field(default=5.0, ge=0.5, le=30.0, description="duration of one spray")
    again_s: float = Field(
        default=30.0,
        ge=0.0,
        le=600.0,
        description="with `when: occupied`: least time from one spray to the next, unless the visitor has walked in",
    )
    wait_s: float = Field(
        default=20.0, ge=5.0, le=120.0, description="longest time that the spray waits until an open door is closed"
    )
    skip: SkipRule = Field(
        default=SkipRule.REFER,
        description="if a visitor declines, or a spray ended less than `again_s` ago: do the next step, or refer",
    )


class FeverRule(Enum):
    """The rule by which a reading is judged: against `high_c`, or against the door's last people."""

    FIXED = "fixed"
    RELATIVE = "relative"


class RelativeSettings(Section):
    """The relative rule: a reading is high if it lies a distance above the median of the door's last people."""

    distance_c: float = Field(
        default=0.58,
        ge=0.2,
        le=2.0,
        description="distance from the median to the limit; less finds more fevers and refers more healthy visitors",
    )
    people: int = Field(default=40, ge=20, le=200, description="number of last people whose readings make the median")
    ambient_factor: float = Field(
        default=0.1,
        ge=0.0,
        le=0.3,
        description="rise of the skin temperature for each degree of the room; not used with 'heat_balance'",
    )
    below_c: float = Field(default=2.0, ge=0.0, le=3.0, description="the limit is never further below `high_c`")
    above_c: float = Field(default=1.0, ge=0.0, le=3.0, description="the limit is never further above `high_c`")


class TemperatureSettings(Section):
    """Limits of the body temperature, after the thermometer's correction. They are for screening, not for diagnosis."""

    rule: FeverRule = Field(
        default=FeverRule.RELATIVE,
        description="relative: compare with the door's last people; the first 20 are judged like fixed: with high_c",
    )
    high_c: float = Field(
        default=37.5,
        ge=36.0,
        le=40.0,
        description="a reading of this or more is high; it is repeated before the visitor is referred",
    )
    relative: RelativeSettings = Field(default=RelativeSettings(), description="parameters of `rule: relative`")
    low_c: float = Field(default=34.0, ge=30.0, le=36.0, description="a reading below this is not reliable")
    remember_s: float = Field(
        default=0.0,
        ge=0.0,
        le=14400.0,
        description="a credential shown in a visit that ended with a fever is referred for this time; 0: never",
    )
    measure_s: float = Field(default=12.0, ge=3.0, le=60.0, description="time limit of one measurement")
    retest_pause_s: float = Field(default=30.0, ge=1.0, le=300.0, description="pause before a high reading is repeated")
    unreliable_attempts: int = Field(
        default=2, ge=1, le=5, description="number of unreliable readings after which the visitor is referred"
    )


Language = Annotated[
    str,
    Field(
        pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})?$",  # RFC 5646 section 2.1, as far as a kiosk needs it
        json_schema_extra=wanted("a language code, such as id or en"),
    ),
]


class SitePassSettings(Section):
    """Settings of the site pass for staff and invited visitors, which is verified offline."""

    site: ShortName = Field(description="short name of the site; a pass is valid for one site")
    public_keys: tuple[FileName, ...] = Field(
        min_length=1, description="files of the trusted Ed25519 public keys (PEM)"
    )
    area: str = Field(
        default="",
        pattern=r"^([a-z0-9\-]{1,16})?$",
        json_schema_extra=wanted("at most 16 lowercase letters, digits and '-'"),
        description="name of the area behind this door; a pass with areas opens it only if it names this area",
    )
    revoked: FileName | None = Field(default=None, description="file with the ids of revoked passes")


class CredentialsSettings(Section):
    """The credentials that are accepted, and how they are checked."""

    timeout_s: float = Field(default=6.0, ge=0.5, le=15.0, description="time limit of the check of a credential")
    again_s: float = Field(
        default=60.0,
        ge=0.0,
        le=3600.0,
        description="a credential with which somebody went in is not accepted again for this time, so that a code that "
        "is left before the camera admits nobody else; 0: no such time",
    )
    keep_s: float = Field(
        default=120.0,
        ge=10.0,
        le=600.0,
        description="a code that was shown before its step counts for this time; then it is read again",
    )
    clock_unsure: Literal["refer"] = Field(
        default="refer", description="always refer: while the time of day is not sure, dates cannot be checked"
    )
    site_pass: SitePassSettings | None = Field(default=None, description="the site pass")
    online_status: OnlineStatusSettings | None = Field(default=None, description="a health app's status service")
    check_in: CheckInSettings | None = Field(
        default=None, description="one-time codes of the venue's server, which visitors scan from the screen"
    )
    eu_dcc: AcceptedScheme | None = Field(default=None, description="EU DCC and WHO DDCC (HC1:)")
    smart_health_card: AcceptedScheme | None = Field(default=None, description="SMART Health Cards (shc:/)")
    divoc: DivocSettings | None = Field(default=None, description="DIVOC certificates (Indonesia, India and others)")
    vds_nc: AcceptedScheme | None = Field(default=None, description="ICAO visible digital seals (VDS-NC)")
    yellow_card: AcceptedScheme | None = Field(
        default=None, description="the WHO's digital yellow card (HC1:); the rules say which vaccination counts"
    )
    health_link: AcceptedScheme | None = Field(
        default=None,
        description="SMART Health Links and the pilgrims' health card: the visitor is asked for the certificate itself",
    )
    trust: TrustSettings = Field(default=TrustSettings(), description="trusted keys of the issuers")
    rules: tuple[HealthRule, ...] = Field(
        default=(),
        max_length=50,
        description="rules for health credentials, each from its first day on; without rules: one dose of any vaccine",
    )


KINDS = tuple(name for name, field in CredentialsSettings.model_fields.items() if field.default is None)
"""The names of those sections of `credentials` each of which accepts one kind of credential."""

SCHEMES = tuple(name for name in KINDS if name != "check_in")
"""The kinds of codes that the camera reads, as in the table of schemes."""

RESERVED_PREFIXES = ("KP1:", "HC1:", "shc:/", "shlink:/", "vhlink:/")
"""Prefixes of site passes, EU DCC (eu-dcc-hcert-spec), SMART Health Cards and Links; the app's must differ."""


class ScannerSettings(Section):
    """Times, rates and limits of the search for codes."""

    scan_s: float = Field(default=45.0, ge=5.0, le=300.0, description="time in which the visitor can show a code")
    wrong_codes: int = Field(
        default=5, ge=1, le=20, description="codes that are no credential, in one visit, before the visitor is referred"
    )
    budget_ms: int = Field(
        default=40,
        ge=5,
        le=500,
        description="processing time for one picture; a slow machine measures itself and takes up to five times this",
    )
    glance_hz: float = Field(default=4.0, ge=0.5, le=30.0, description="pictures per second while nobody is present")
    same_code_s: float = Field(
        default=3.0,
        ge=0.5,
        le=60.0,
        description="a code that was already read is read again after it was out of sight for this long; one whose "
        "status was unknown also after it stayed in sight for this long",
    )
    preview_hz: float = Field(
        default=8.0, ge=0.0, le=15.0, description="live pictures per second on the screen; 0 for none"
    )


class Arrow(Enum):
    """The way from the screen to a place: straight ahead, to a side, back, or by the stairs."""

    AHEAD = "ahead"
    LEFT = "left"
    RIGHT = "right"
    BACK = "back"
    UP = "up"
    DOWN = "down"


Link = Annotated[
    str,
    Field(
        pattern=r"^(https://\S+)?$",
        max_length=208,
        json_schema_extra=wanted("an address that begins with https://"),
    ),
]


class ReferralSettings(Section):
    """One place to which visitors are referred, as the screen shows it."""

    title: str = Field(min_length=1, max_length=80, description="name of the place")
    address: str = Field(default="", max_length=160, description="street and number, or directions inside the building")
    hours: str = Field(default="", max_length=80, description="opening hours")
    arrow: Arrow | None = Field(
        default=None, description="the way from the screen: ahead, left, right, back, up or down (the stairs)"
    )
    distance: str = Field(default="", max_length=24, description="how far it is, such as '30 m' or 'lantai 2'")
    link: Link = Field(default="", description="map or web page, shown as a QR code for the visitor's phone")


class ReferralsSettings(Section):
    """The place to which visitors are referred for each reason; `officer` is used for a reason without a place."""

    show_s: float = Field(default=20.0, ge=5.0, le=120.0, description="how long the referral stays on the screen")
    longest_s: float = Field(
        default=120.0,
        ge=5.0,
        le=900.0,
        description="it stays up to this time while the presence sensor sees the visitor, who may fetch a phone",
    )
    officer: ReferralSettings = Field(
        default=ReferralSettings(title="Petugas / officer"), description="the officer's desk"
    )
    places: dict[Reason, ReferralSettings] = Field(default_factory=dict, description="place for each reason")


class AppSettings(Section):
    """The app from which visitors get their code, with the pages from which a phone downloads it."""

    name: str = Field(min_length=1, max_length=40, description="name of the app")
    android: Link = Field(default="", description="its page for Android phones, shown as a QR code")
    ios: Link = Field(default="", description="its page for iPhones, shown as a QR code")


class DisplaySettings(Section):
    """Settings of the visitor's page."""

    port: int = Field(default=8080, ge=1024, le=65535, description="port of the page, on loopback only")
    languages: tuple[Language, ...] = Field(
        default=("id", "en"),
        min_length=1,
        max_length=3,
        description="languages of the page, each a file in config/texts; the first is shown largest",
    )
    venue_code: str = Field(
        default="", max_length=500, description="the app's code for this site, shown while the kiosk is idle"
    )
    screen: ScreenSettings = Field(default=ScreenSettings(), description="the browser on this machine's own screen")
    app: AppSettings | None = Field(default=None, description="the app that visitors need, offered for download")
    telephone: str = Field(
        default="",
        pattern=r"^([+0-9][0-9 ()\-]{2,23})?$",
        json_schema_extra=wanted("a telephone number of digits, spaces, '-', '(' and ')'"),
        description="the technician's telephone number, shown beside the code of a fault",
    )


class JournalSettings(Section):
    """The file of the journal, and its limits in age and size."""

    path: FileName = Field(default="/var/lib/kiosk/journal.db", description="file of the journal")
    keep_days: int = Field(default=90, ge=1, le=3650, description="rows older than this are deleted")
    max_mb: int = Field(default=256, ge=8, le=65536, description="largest size of the journal")


Sequence = Annotated[tuple[Step, ...], Field(min_length=1, max_length=len(Step))]
