"""What the site decided: steps, limits, credentials, referrals, words and what is stored."""

from enum import Enum
from typing import Annotated, Literal

from pydantic import Field

from kiosk.model import ChamberWhen, Reason, SkipRule, Step
from kiosk.settings.schema.health import AcceptedScheme, Dated, DivocSettings, HealthRule, TrustSettings
from kiosk.settings.schema.wiring import Section, ShortName, wanted


class ChamberSettings(Section):
    """The disinfectant chamber."""

    when: ChamberWhen = Field(
        default=ChamberWhen.EMPTY,
        description="empty: sprayed between visitors, as the WHO advises; occupied: on the visitor",
    )
    warn_s: float = Field(
        default=3.0, ge=1.0, le=30.0, description="occupied: how long it says that it will spray, before it does"
    )
    spray_s: float = Field(default=5.0, ge=0.5, le=30.0, description="how long one spray lasts")
    again_s: float = Field(
        default=30.0,
        ge=0.0,
        le=600.0,
        description="occupied: time after a spray before the next, unless the visitor went in",
    )
    wait_s: float = Field(default=20.0, ge=5.0, le=120.0, description="how long to wait for an open door to be closed")
    skip: SkipRule = Field(
        default=SkipRule.REFER,
        description="who asks not to be sprayed, or was sprayed and stayed: continue with the next step, or refer",
    )


class TemperatureSettings(Section):
    """Judging the temperature; body temperature after the thermometer's correction. Screening, not diagnosis."""

    high_c: float = Field(default=37.5, ge=36.0, le=40.0, description="from this on it is high; measured again first")
    low_c: float = Field(default=34.0, ge=30.0, le=36.0, description="below this the reading is not reliable")
    measure_s: float = Field(default=12.0, ge=3.0, le=60.0, description="how long one measurement may take")
    retest_pause_s: float = Field(default=30.0, ge=1.0, le=300.0, description="pause before a high reading is repeated")
    unreliable_attempts: int = Field(
        default=2, ge=1, le=5, description="unreliable readings before the visitor is referred"
    )


class StatusMeaning(Enum):
    """What an answer of the status service means: enter, or the reason of the referral."""

    PASS = "pass"  # noqa: S105 - a verdict
    BELOW_MINIMUM_DOSES = "below_minimum_doses"
    STATUS_DENIED = "status_denied"
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    STATUS_UNKNOWN = "status_unknown"
    NOT_A_CREDENTIAL = "not_a_credential"
    ALREADY_USED = "already_used"


class Unreachable(Enum):
    """What to do while the status service does not answer."""

    REFER = "refer"
    PASS = "pass"  # noqa: S105 - a verdict


Header = Annotated[
    str,
    Field(
        pattern=r"^[!-~]([ -~]*[!-~])?$",
        max_length=2048,
        json_schema_extra=wanted("plain ASCII without a blank at either end"),
    ),
]
HeaderName = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~\-]{1,64}$",  # token, RFC 9110 section 5.6.2
        json_schema_extra=wanted("letters, digits and '-', 1 to 64 of them"),
    ),
]
FieldPath = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9_\-]+(\.[A-Za-z0-9_\-]+){0,7}$",
        json_schema_extra=wanted("names of letters, digits, '_' and '-', joined by points"),
    ),
]
FileName = Annotated[str, Field(min_length=1, max_length=255)]
Prefix = Annotated[str, Field(min_length=1, max_length=128)]
StatusWord = Annotated[str, Field(min_length=1, max_length=128)]
Language = Annotated[
    str,
    Field(
        pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})?$",  # RFC 5646 section 2.1, as far as a kiosk needs it
        json_schema_extra=wanted("a language code, such as id or en"),
    ),
]


class DatedStatus(Dated):
    """What the answers mean from one day on."""

    status: dict[str, StatusMeaning] = Field(
        min_length=1, description="what each answer means; any other is status_unknown"
    )


class OnlineStatusSettings(Section):
    """A health app's status service, asked over HTTPS."""

    address: str = Field(
        pattern=r"^https?://[^\s/?#]+(/[^\s?#]*)?$",
        json_schema_extra=wanted("an address like https://host/path, without '?' and '#'"),
        description="where to ask; https, or http on loopback",
    )
    method: Literal["POST"] = Field(default="POST", description="always POST: a code in an address ends up in logs")
    prefixes: tuple[Prefix, ...] = Field(
        min_length=1, description="a code that begins with one of these belongs to the app"
    )
    max_code_bytes: int = Field(default=512, ge=16, le=4296, description="longer codes are not this app's")
    headers: dict[HeaderName, Header] = Field(default_factory=dict, description="headers sent with each question")
    secret_headers: dict[HeaderName, FileName] = Field(
        default_factory=dict, description="headers whose value is read from the named file, such as a token"
    )
    code_field: FieldPath = Field(default="code", description="field of the question that carries the code")
    extra_fields: dict[str, str] = Field(
        default_factory=dict, description="fields sent with each question, such as the venue"
    )
    status_field: FieldPath = Field(default="status", description="field of the answer, 'data.status' for a nested one")
    status: dict[StatusWord, StatusMeaning] = Field(
        min_length=1, description="what each answer means; any other is status_unknown"
    )
    ca_file: FileName | None = Field(
        default=None, description="certificate authority of the service, if not a public one"
    )
    request_timeout_s: float = Field(default=2.5, ge=0.2, le=10.0, description="time limit of one question")
    retries: int = Field(default=1, ge=0, le=3, description="further questions after one that failed")
    max_answer_bytes: int = Field(default=65536, ge=256, le=1048576, description="a longer answer is not read")
    dated_status: tuple[DatedStatus, ...] = Field(
        default=(), max_length=50, description="other meanings, each table from its day on; the newest holds"
    )
    unreachable: Unreachable = Field(
        default=Unreachable.REFER, description="while it does not answer: refer (status_unknown), or let pass"
    )


class SitePassSettings(Section):
    """The site's own pass for staff and invited visitors, verified offline."""

    site: ShortName = Field(description="short name of the site; a pass is for one site")
    public_keys: tuple[FileName, ...] = Field(
        min_length=1, description="files of the Ed25519 public keys that are trusted (PEM)"
    )
    area: str = Field(
        default="",
        pattern=r"^([a-z0-9\-]{1,16})?$",
        json_schema_extra=wanted("small letters, digits and '-', at most 16 of them"),
        description="area behind this door; a pass that names areas must name it",
    )
    utc_offset_h: int = Field(default=7, ge=-12, le=14, description="the site's time zone, for passes with weekdays")
    revoked: FileName | None = Field(default=None, description="file of the ids of passes that were taken back")


class CredentialsSettings(Section):
    """Which credentials are accepted."""

    timeout_s: float = Field(default=6.0, ge=0.5, le=15.0, description="no visitor waits longer for a judgement")
    clock_unsure: Literal["refer"] = Field(
        default="refer", description="dates cannot be judged while the clock is unsure: refer"
    )
    site_pass: SitePassSettings | None = Field(default=None, description="the site's own pass")
    online_status: OnlineStatusSettings | None = Field(default=None, description="a health app's status service")
    eu_dcc: AcceptedScheme | None = Field(default=None, description="EU DCC and WHO DDCC (HC1:)")
    smart_health_card: AcceptedScheme | None = Field(default=None, description="SMART Health Cards (shc:/)")
    divoc: DivocSettings | None = Field(default=None, description="DIVOC certificates (Indonesia, India and others)")
    vds_nc: AcceptedScheme | None = Field(default=None, description="ICAO visible digital seals (VDS-NC)")
    trust: TrustSettings = Field(default=TrustSettings(), description="whose signatures are trusted")
    rules: tuple[HealthRule, ...] = Field(
        default=(),
        max_length=50,
        description="what a health credential must show, each from its day on; none: at least one dose, of any vaccine",
    )


SCHEMES = tuple(name for name, field in CredentialsSettings.model_fields.items() if field.default is None)
"""The sections of `credentials` that each name a scheme; the table of schemes has the same names."""

RESERVED_PREFIXES = ("KP1:", "HC1:", "shc:/")
"""The beginnings of codes of the site pass, the EU DCC (eu-dcc-hcert-spec) and SMART Health Cards (index.md)."""


class ScannerSettings(Section):
    """Reading codes."""

    scan_s: float = Field(default=45.0, ge=5.0, le=300.0, description="how long a visitor has to show a code")
    budget_ms: int = Field(default=40, ge=5, le=500, description="time for one picture before the next is taken")
    glance_hz: float = Field(default=4.0, ge=0.5, le=30.0, description="pictures per second while nobody is there")
    same_code_s: float = Field(
        default=3.0, ge=0.5, le=60.0, description="the same code counts again after being away this long"
    )
    preview_hz: float = Field(
        default=8.0, ge=0.0, le=15.0, description="live pictures per second on the screen; 0 for none"
    )


class ReferralSettings(Section):
    """Where a visitor is sent for one reason, in the site's own words."""

    title: str = Field(min_length=1, max_length=80, description="name of the place")
    address: str = Field(default="", max_length=160, description="street and number, or the way inside the building")
    hours: str = Field(default="", max_length=80, description="when it is open")
    link: str = Field(
        default="",
        pattern=r"^(https://\S+)?$",
        max_length=208,
        json_schema_extra=wanted("an address that begins with https://"),
        description="map or page, shown as a QR code to take along",
    )


class ReferralsSettings(Section):
    """Places to go, by reason; reasons without a place of their own use `officer`."""

    show_s: float = Field(default=20.0, ge=5.0, le=120.0, description="how long the referral stays on the screen")
    officer: ReferralSettings = Field(
        default=ReferralSettings(title="Petugas / officer"), description="the officer's desk"
    )
    places: dict[Reason, ReferralSettings] = Field(default_factory=dict, description="place for each reason")


class DisplaySettings(Section):
    """The visitor's page."""

    port: int = Field(default=8080, ge=1024, le=65535, description="port of the page, on loopback only")
    languages: tuple[Language, ...] = Field(
        default=("id", "en"),
        min_length=1,
        max_length=3,
        description="files in config/texts, first one largest",
    )
    voice: bool = Field(default=True, description="read each sentence aloud where the browser can")
    venue_code: str = Field(default="", max_length=500, description="the app's own code of this site, shown while idle")


class JournalSettings(Section):
    """What is written down."""

    path: FileName = Field(default="/var/lib/kiosk/journal.db", description="file of the journal")
    keep_days: int = Field(default=90, ge=1, le=3650, description="rows older than this are deleted")
    max_mb: int = Field(default=256, ge=8, le=65536, description="the journal never grows beyond this")


Sequence = Annotated[tuple[Step, ...], Field(min_length=1, max_length=3)]
