"""Settings of health credentials: the site's rules with their first days, and the trusted keys."""

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
"""A day as YYYY-MM-DD. The pattern leaves out 29 February, so that every text that it accepts is a real day."""


class TooOld(Enum):
    """Treatment of credentials while the list of trusted keys is older than `max_age_days`."""

    REFER = "refer"
    ACCEPT = "accept"


class UnsignedHolder(Enum):
    """Treatment of a DIVOC credential whose signature does not cover the holder, as in Indonesia in 2021."""

    REFER = "refer"
    ACCEPT = "accept"


class DosesRule(Section):
    """Vaccination."""

    least: int = Field(default=1, ge=1, le=9, description="least number of doses")
    complete: bool = Field(
        default=False, description="the series must be complete, if the credential states the number of its doses"
    )
    since_days: int = Field(default=0, ge=0, le=365, description="least number of days between the dose and the visit")
    lapse_days: int | None = Field(
        default=None, ge=1, le=3650, description="days after which the last dose no longer counts"
    )
    vaccines: tuple[str, ...] = Field(
        default=(), max_length=50, description="vaccines that count, by name (coronavac) or code; empty: any vaccine"
    )


class TestRule(Section):
    """Negative test."""

    __test__ = False

    naat_hours: int | None = Field(
        default=None, ge=1, le=720, description="hours for which a negative laboratory test (PCR) counts"
    )
    rapid_hours: int | None = Field(
        default=None, ge=1, le=720, description="hours for which a negative rapid test counts"
    )


class RecoveryRule(Section):
    """Recovery from the disease."""

    from_days: int = Field(
        default=11, ge=0, le=365, description="a recovery counts from this many days after the positive test"
    )
    until_days: int = Field(
        default=180, ge=1, le=3650, description="a recovery counts until this many days after the positive test"
    )


class Dated(Section):
    """An entry that holds from a day on, until the next entry of its kind holds."""

    holds_from: Day = Field(default="2020-01-01", description="first day on which this entry holds, YYYY-MM-DD")

    @property
    def first_day(self) -> date:
        """Return `holds_from` as a date."""
        return date.fromisoformat(self.holds_from)


class HealthRule(Dated):
    """The rules for health credentials from one day on."""

    doses: DosesRule | None = Field(default=None, description="vaccination; leave out if it does not count")
    test: TestRule | None = Field(default=None, description="negative test; leave out if it does not count")
    recovery: RecoveryRule | None = Field(default=None, description="recovery; leave out if it does not count")
    infectious_days: int = Field(
        default=10, ge=0, le=60, description="days for which a visitor is referred after a positive test"
    )
    issuers: tuple[str, ...] = Field(
        default=(),
        max_length=300,
        description="accepted issuers (ID, https://...); empty: every trusted issuer",
    )


class AcceptedScheme(Section):
    """A scheme that is accepted and has no settings of its own."""


class DivocSettings(Section):
    """DIVOC certificates (Indonesia, India, Sri Lanka, the Philippines)."""

    unsigned_holder: UnsignedHolder = Field(
        default=UnsignedHolder.REFER,
        description="if the signature does not cover the holder: refer, or accept and ignore the holder",
    )


class TrustSettings(Section):
    """Trusted keys; 'sudo kiosk trust import' fills the folder."""

    folder: str = Field(
        default="/etc/kiosk/trust", description="folder of the imported key lists; only root may write it"
    )
    max_age_days: int = Field(default=30, ge=1, le=3650, description="a trust list that is older than this is too old")
    too_old: TooOld = Field(
        default=TooOld.REFER, description="credentials whose trust list is too old: refer, or accept"
    )
