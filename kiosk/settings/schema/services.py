"""Settings of the network services that the kiosk asks: a health app's status service, and the venue's check-in."""

from enum import Enum
from typing import Annotated, Literal

from pydantic import Field

from kiosk.settings.schema.health import Dated
from kiosk.settings.schema.wiring import Section, wanted


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


class DatedStatus(Dated):
    """The meanings of the service's answers from `holds_from` on."""

    status: dict[str, StatusMeaning] = Field(
        min_length=1, description="meaning of each answer; any other answer means status_unknown"
    )


ServiceAddress = Annotated[
    str,
    Field(
        pattern=r"^https?://[^\s/?#]+(/[^\s?#]*)?$",
        json_schema_extra=wanted("an address like https://host/path, without '?' and '#'"),
    ),
]


class OnlineStatusSettings(Section):
    """Settings of a health app's status service, which the kiosk asks over HTTPS."""

    address: ServiceAddress = Field(description="address of the service; https, or http on loopback")
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


CheckInWord = Annotated[
    str,
    Field(
        pattern=r"^[a-z][a-z0-9_]{0,31}$",
        json_schema_extra=wanted("1 to 32 lowercase letters, digits and '_', beginning with a letter"),
    ),
]


PROTOCOL_WORDS = ("pending", "scanned", "expired")
"""Words by which the check-in server says that there is no result yet; see docs/site/check_in.md."""


class CheckInSettings(Section):
    """The venue's check-in server, whose one-time codes visitors scan with a phone (docs/site/check_in.md)."""

    address: ServiceAddress = Field(
        description="address of the server, to which /codes, /results and /withdrawals are added; https, or http on "
        "loopback"
    )
    headers: dict[HeaderName, Header] = Field(
        default_factory=dict, description="HTTP headers that are sent with each request"
    )
    secret_headers: dict[HeaderName, FileName] = Field(
        default_factory=dict,
        description="HTTP headers with a secret value, such as the kiosk's token; give the name of the file with the "
        "value",
    )
    ca_file: FileName | None = Field(
        default=None, description="file of the certificate authority of the server, if it is not a public one"
    )
    status: dict[CheckInWord, StatusMeaning] = Field(
        min_length=1, description="meaning of each result; any other result means status_unknown"
    )
    request_timeout_s: float = Field(default=2.5, ge=0.2, le=10.0, description="time limit of one request")
    wait_s: int = Field(
        default=4,
        ge=0,
        le=10,
        description="how long the server may hold a request for the result; 0: it answers at once, and is asked each "
        "second",
    )
    renew_s: float = Field(
        default=10.0, ge=1.0, le=60.0, description="time before the end of a code when the next one is asked for"
    )
    agree_s: float = Field(
        default=60.0, ge=5.0, le=300.0, description="time in which the visitor decides on the phone after scanning"
    )
    max_answer_bytes: int = Field(default=8192, ge=256, le=65536, description="a longer answer is not read")
