"""Settings of the site's policy: steps, limits, credentials, referrals, texts and the journal."""

from enum import Enum
from typing import Annotated, Literal

from pydantic import Field

from kiosk.model import ChamberWhen, Reason, SkipRule, Step
from kiosk.settings.schema.health import AcceptedScheme, Dated, DivocSettings, HealthRule, TrustSettings
from kiosk.settings.schema.screen import ScreenSettings
from kiosk.settings.schema.wiring import Section, ShortName, wanted


class ChamberSettings(Section):
    """Rules of the disinfectant chamber: when it is sprayed, for how long, and after which warning."""

    when: ChamberWhen = Field(
        default=ChamberWhen.EMPTY,
        description="empty: spray between visitors; occupied: spray on the visitor, which the WHO advises against",
    )
    warn_s: float = Field(
        default=3.0, ge=1.0, le=30.0, description="with `when: occupied`: time of the warning before the spray"
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


class TemperatureSettings(Section):
    """Limits of the body temperature, after the thermometer's correction. They are for screening, not for diagnosis."""

    high_c: float = Field(
        default=37.5,
        ge=36.0,
        le=40.0,
        description="a reading of this or more is high; it is repeated before the visitor is referred",
    )
    low_c: float = Field(default=34.0, ge=30.0, le=36.0, description="a reading below this is not reliable")
    measure_s: float = Field(default=12.0, ge=3.0, le=60.0, description="time limit of one measurement")
    retest_pause_s: float = Field(default=30.0, ge=1.0, le=300.0, description="pause before a high reading is repeated")
    unreliable_attempts: int = Field(
        default=2, ge=1, le=5, description="number of unreliable readings after which the visitor is referred"
    )


class StatusMeaning(Enum):
    """The meanings that a status of the service can have: `PASS`, or the reason why the visitor is referred."""

    PASS = "pass"  # noqa: S105 - a verdict
    BELOW_MINIMUM_DOSES = "below_minimum_doses"
    STATUS_DENIED = "status_denied"
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    STATUS_UNKNOWN = "status_unknown"
    NOT_A_CREDENTIAL = "not_a_credential"
    ALREADY_USED = "already_used"


class Unreachable(Enum):
    """The choice of the verdict while no connection to the status service can be made."""

    REFER = "refer"
    PASS = "pass"  # noqa: S105 - a verdict


Header = Annotated[
    str,
    Field(
        pattern=r"^[!-~]([ -~]*[!-~])?$",
        max_length=2048,
        json_schema_extra=wanted("plain ASCII text without a space at either end"),
    ),
]
HeaderName = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~\-]{1,64}$",  # token, RFC 9110 section 5.6.2
        json_schema_extra=wanted("1 to 64 letters, digits and '-'"),
    ),
]
FieldPath = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9_\-]+(\.[A-Za-z0-9_\-]+){0,7}$",
        json_schema_extra=wanted("names of letters, digits, '_' and '-', with dots between them"),
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
    """The meanings of the service's answers from `holds_from` on."""

    status: dict[str, StatusMeaning] = Field(
        min_length=1, description="meaning of each answer; any other answer means status_unknown"
    )


class OnlineStatusSettings(Section):
    """Settings of a health app's status service, which the kiosk asks over HTTPS."""

    address: str = Field(
        pattern=r"^https?://[^\s/?#]+(/[^\s?#]*)?$",
        json_schema_extra=wanted("an address like https://host/path, without '?' and '#'"),
        description="address of the service; https, or http on loopback",
    )
    method: Literal["POST"] = Field(
        default="POST", description="always POST, because a code in an address would be logged"
    )
    prefixes: tuple[Prefix, ...] = Field(
        min_length=1, description="a code that begins with one of these belongs to the app"
    )
    max_code_bytes: int = Field(default=512, ge=16, le=4296, description="a longer code does not belong to the app")
    headers: dict[HeaderName, Header] = Field(
        default_factory=dict, description="HTTP headers that are sent with each request"
    )
    secret_headers: dict[HeaderName, FileName] = Field(
        default_factory=dict,
        description="HTTP headers with a secret value, such as a token; give the name of the file with the value",
    )
    code_field: FieldPath = Field(default="code", description="field of the request that contains the code")
    extra_fields: dict[str, str] = Field(
        default_factory=dict, description="further fields that are sent with each request, such as the venue"
    )
    status_field: FieldPath = Field(
        default="status", description="field of the answer that contains the status; 'data.status' if nested"
    )
    status: dict[StatusWord, StatusMeaning] = Field(
        min_length=1, description="meaning of each answer; any other answer means status_unknown"
    )
    ca_file: FileName | None = Field(
        default=None, description="file of the certificate authority of the service, if it is not a public one"
    )
    request_timeout_s: float = Field(default=2.5, ge=0.2, le=10.0, description="time limit of one request")
    retries: int = Field(default=1, ge=0, le=3, description="how many times a request that failed is sent again")
    max_answer_bytes: int = Field(default=65536, ge=256, le=1048576, description="a longer answer is not read")
    dated_status: tuple[DatedStatus, ...] = Field(
        default=(),
        max_length=50,
        description="meanings that replace those of `status` from a day on; the newest entry that holds is used",
    )
    unreachable: Unreachable = Field(
        default=Unreachable.REFER,
        description="while no connection to the service can be made: refer the visitor (status_unknown), or pass",
    )


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
    utc_offset_h: int = Field(
        default=7, ge=-12, le=14, description="the site's time zone in hours from UTC, for passes with weekdays"
    )
    revoked: FileName | None = Field(default=None, description="file with the ids of revoked passes")


class CredentialsSettings(Section):
    """The credentials that are accepted, and how they are checked."""

    timeout_s: float = Field(default=6.0, ge=0.5, le=15.0, description="time limit of the check of a credential")
    clock_unsure: Literal["refer"] = Field(
        default="refer", description="always refer: while the time of day is not sure, dates cannot be checked"
    )
    site_pass: SitePassSettings | None = Field(default=None, description="the site pass")
    online_status: OnlineStatusSettings | None = Field(default=None, description="a health app's status service")
    eu_dcc: AcceptedScheme | None = Field(default=None, description="EU DCC and WHO DDCC (HC1:)")
    smart_health_card: AcceptedScheme | None = Field(default=None, description="SMART Health Cards (shc:/)")
    divoc: DivocSettings | None = Field(default=None, description="DIVOC certificates (Indonesia, India and others)")
    vds_nc: AcceptedScheme | None = Field(default=None, description="ICAO visible digital seals (VDS-NC)")
    trust: TrustSettings = Field(default=TrustSettings(), description="trusted keys of the issuers")
    rules: tuple[HealthRule, ...] = Field(
        default=(),
        max_length=50,
        description="rules for health credentials, each from its first day on; without rules: one dose of any vaccine",
    )


SCHEMES = tuple(name for name, field in CredentialsSettings.model_fields.items() if field.default is None)
"""The names of those sections of `credentials` that belong to a scheme, as in the table of schemes."""

RESERVED_PREFIXES = ("KP1:", "HC1:", "shc:/")
"""Prefixes of site passes, EU DCC (eu-dcc-hcert-spec) and SMART Health Cards (index.md); the app's must differ."""


class ScannerSettings(Section):
    """Times, rates and limits of the search for codes."""

    scan_s: float = Field(default=45.0, ge=5.0, le=300.0, description="time in which the visitor can show a code")
    wrong_codes: int = Field(
        default=5, ge=1, le=20, description="codes that are no credential, in one visit, before the visitor is referred"
    )
    budget_ms: int = Field(default=40, ge=5, le=500, description="processing time for one picture")
    glance_hz: float = Field(default=4.0, ge=0.5, le=30.0, description="pictures per second while nobody is present")
    same_code_s: float = Field(
        default=3.0,
        ge=0.5,
        le=60.0,
        description="a code that was already read is read again after it was out of sight for this long",
    )
    preview_hz: float = Field(
        default=8.0, ge=0.0, le=15.0, description="live pictures per second on the screen; 0 for none"
    )


class ReferralSettings(Section):
    """One place to which visitors are referred, as the screen shows it."""

    title: str = Field(min_length=1, max_length=80, description="name of the place")
    address: str = Field(default="", max_length=160, description="street and number, or directions inside the building")
    hours: str = Field(default="", max_length=80, description="opening hours")
    link: str = Field(
        default="",
        pattern=r"^(https://\S+)?$",
        max_length=208,
        json_schema_extra=wanted("an address that begins with https://"),
        description="map or web page, shown as a QR code for the visitor's phone",
    )


class ReferralsSettings(Section):
    """The place to which visitors are referred for each reason; `officer` is used for a reason without a place."""

    show_s: float = Field(default=20.0, ge=5.0, le=120.0, description="how long the referral stays on the screen")
    officer: ReferralSettings = Field(
        default=ReferralSettings(title="Petugas / officer"), description="the officer's desk"
    )
    places: dict[Reason, ReferralSettings] = Field(default_factory=dict, description="place for each reason")


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


class JournalSettings(Section):
    """The file of the journal, and its limits in age and size."""

    path: FileName = Field(default="/var/lib/kiosk/journal.db", description="file of the journal")
    keep_days: int = Field(default=90, ge=1, le=3650, description="rows older than this are deleted")
    max_mb: int = Field(default=256, ge=8, le=65536, description="largest size of the journal")


Sequence = Annotated[tuple[Step, ...], Field(min_length=1, max_length=3)]
