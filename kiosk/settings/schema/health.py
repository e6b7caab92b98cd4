"""What the site demands of a health credential, from which day on, and whose signatures it trusts."""

from datetime import date
from enum import Enum
from typing import Annotated

from pydantic import Field

from kiosk.settings.schema.wiring import Section, wanted

_LONG, _SHORT, _FEBRUARY = (
    "(0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])",
    "(0[469]|11)-(0[1-9]|[12][0-9]|30)",
    "02-(0[1-9]|1[0-9]|2[0-8])",
)
Day = Annotated[
    str,
    Field(
        pattern=f"^20[0-9]{{2}}-({_LONG}|{_SHORT}|{_FEBRUARY})$",
        json_schema_extra=wanted("a day as YYYY-MM-DD, and not 29 February"),
    ),
]
"""A day as YYYY-MM-DD. 29 February is left out: no rule needs to begin on it, and so every text is a day."""


class TooOld(Enum):
    """What to do with credentials while the list of trusted keys is older than `max_age_days`."""

    REFER = "refer"
    ACCEPT = "accept"


class UnsignedHolder(Enum):
    """What to do with a DIVOC credential whose holder stands outside the signature, as Indonesia's of 2021 do."""

    REFER = "refer"
    ACCEPT = "accept"


class DosesRule(Section):
    """Vaccination."""

    least: int = Field(default=1, ge=1, le=9, description="least number of doses")
    complete: bool = Field(
        default=False, description="the series must be complete where the credential states its total"
    )
    since_days: int = Field(default=0, ge=0, le=365, description="days that must lie between the dose and the visit")
    lapse_days: int | None = Field(
        default=None, ge=1, le=3650, description="days after which the last dose no longer counts"
    )
    vaccines: tuple[str, ...] = Field(
        default=(), max_length=50, description="vaccines that count, by name (coronavac) or code; empty for any"
    )


class TestRule(Section):
    """Negative test."""

    __test__ = False

    naat_hours: int | None = Field(default=None, ge=1, le=720, description="a laboratory (PCR) test counts this long")
    rapid_hours: int | None = Field(default=None, ge=1, le=720, description="a rapid test counts this long")


class RecoveryRule(Section):
    """Recovery from the disease."""

    from_days: int = Field(default=11, ge=0, le=365, description="counts from this many days after the positive test")
    until_days: int = Field(
        default=180, ge=1, le=3650, description="counts until this many days after the positive test"
    )


class Dated(Section):
    """What holds from one day on, until the next of its kind does."""

    holds_from: Day = Field(default="2020-01-01", description="first day on which this holds, YYYY-MM-DD")

    @property
    def first_day(self) -> date:
        """`holds_from` as a date."""
        return date.fromisoformat(self.holds_from)


class HealthRule(Dated):
    """The rules that hold from one day on, until those of a later day."""

    doses: DosesRule | None = Field(default=None, description="vaccination; absent when it does not count")
    test: TestRule | None = Field(default=None, description="negative test; absent when it does not count")
    recovery: RecoveryRule | None = Field(default=None, description="recovery; absent when it does not count")
    infectious_days: int = Field(default=10, ge=0, le=60, description="a positive test refers for this many days")
    issuers: tuple[str, ...] = Field(
        default=(),
        max_length=300,
        description="issuers that are accepted (ID, https://...); empty for every trusted one",
    )


class AcceptedScheme(Section):
    """A kind of credential that is accepted; it has no settings of its own."""


class DivocSettings(Section):
    """DIVOC certificates (Indonesia, India, Sri Lanka, the Philippines)."""

    unsigned_holder: UnsignedHolder = Field(
        default=UnsignedHolder.REFER,
        description="holder outside the signature: refer to the officer, or accept and use nothing of the holder",
    )


class TrustSettings(Section):
    """Whose signatures are trusted; 'kiosk trust import' fills the folder."""

    folder: str = Field(default="/var/lib/kiosk/trust", description="folder of the imported key lists")
    max_age_days: int = Field(default=30, ge=1, le=3650, description="a list older than this is too old")
    too_old: TooOld = Field(default=TooOld.REFER, description="while a list is too old: refer its visitors, or accept")
