"""Settings of health credentials: the site's rules, each with its first day, and the trusted keys."""

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
    """The choice between referring and accepting a credential whose key list is older than `max_age_days`."""

    REFER = "refer"
    ACCEPT = "accept"


class ExpiredKeys(Enum):
    """The choice between referring and accepting a credential whose key has expired but is still listed."""

    REFER = "refer"
    ACCEPT = "accept"


class UnsignedHolder(Enum):
    """The choice between referring and accepting a DIVOC credential whose signature does not cover the holder.

    Indonesia issued such credentials in 2021.
    """

    REFER = "refer"
    ACCEPT = "accept"


Vaccines = Annotated[tuple[str, ...], Field(max_length=50)]
"""Names (coronavac) or codes of vaccines."""


class VaccineRule(Section):
    """Other numbers for a series of doses whose last dose is of certain vaccines."""

    vaccines: Vaccines = Field(min_length=1, description="the vaccines, by name (jcovden) or code")
    least: int | None = Field(
        default=None, ge=1, le=9, description="least number of doses; leave out for the number of the whole rule"
    )
    since_days: int | None = Field(
        default=None, ge=0, le=365, description="as `since_days` of the whole rule; leave out for its number"
    )
    lapse_days: int | None = Field(
        default=None, ge=1, le=3650, description="as `lapse_days` of the whole rule; leave out for its number"
    )


class BoosterRule(Section):
    """The numbers of days for a booster: a dose beyond its series (2 of 1), or the third dose or a later one."""

    since_days: int = Field(default=0, ge=0, le=365, description="least number of days from the booster to the visit")
    lapse_days: int | None = Field(
        default=None,
        ge=1,
        le=3650,
        description="greatest number of days from the booster to the visit; leave out for no limit",
    )


class DosesRule(Section):
    """The conditions under which a vaccination counts: number and age of the doses, and the vaccines."""

    least: int = Field(default=1, ge=1, le=9, description="least number of doses")
    most: int | None = Field(
        default=None, ge=1, le=99, description="greatest number of doses: with `least: 1, most: 1` exactly one"
    )
    complete: bool = Field(
        default=False, description="all doses of the series are required, if the credential states their number"
    )
    since_days: int = Field(
        default=0, ge=0, le=365, description="least number of days from the dose that `least` demands to the visit"
    )
    lapse_days: int | None = Field(
        default=None,
        ge=1,
        le=3650,
        description="greatest number of days from the last dose to the visit; leave out for no limit",
    )
    vaccines: Vaccines = Field(
        default=(), description="vaccines that count, by name (coronavac) or code; empty: any vaccine"
    )
    by_vaccine: tuple[VaccineRule, ...] = Field(
        default=(),
        max_length=20,
        description="vaccines for which other numbers hold; the first entry that fits is used",
    )
    booster: BoosterRule | None = Field(
        default=None, description="the days for a booster; leave out if a booster is judged like other doses"
    )


class Disease(Enum):
    """A disease against which the digital yellow card may certify a vaccination; COVID-19 belongs to `doses`."""

    YELLOW_FEVER = "yellow_fever"
    POLIO = "polio"
    MENINGOCOCCAL = "meningococcal"
    CHOLERA = "cholera"
    DENGUE = "dengue"
    DIPHTHERIA = "diphtheria"
    HEPATITIS_A = "hepatitis_a"
    HEPATITIS_B = "hepatitis_b"
    INFLUENZA = "influenza"
    JAPANESE_ENCEPHALITIS = "japanese_encephalitis"
    MEASLES = "measles"
    MUMPS = "mumps"
    PERTUSSIS = "pertussis"
    RABIES = "rabies"
    RUBELLA = "rubella"
    TETANUS = "tetanus"
    TICK_BORNE_ENCEPHALITIS = "tick_borne_encephalitis"
    TYPHOID = "typhoid"
    VARICELLA = "varicella"


class YellowCardRule(Section):
    """The conditions of a vaccination on the digital yellow card: disease, vaccine and days."""

    disease: Disease = Field(default=Disease.YELLOW_FEVER, description="the disease of the vaccination")
    vaccines: tuple[str, ...] = Field(
        default=(),
        max_length=200,
        description="vaccines that count, by the WHO's product id or code on the card; empty: any",
    )
    since_days: int = Field(
        default=10,
        ge=0,
        le=365,
        description="least number of days from the vaccination to the visit; 10 is the WHO's number for yellow fever",
    )
    lapse_days: int | None = Field(
        default=None,
        ge=1,
        le=36500,
        description="greatest number of days from the vaccination to the visit; leave out for no limit",
    )


class TestRule(Section):
    """The conditions under which a negative test counts: the age that each kind of test may have."""

    __test__ = False

    naat_hours: int | None = Field(
        default=None,
        ge=1,
        le=720,
        description="hours for which a negative laboratory test (PCR) counts; left out: it does not count",
    )
    rapid_hours: int | None = Field(
        default=None,
        ge=1,
        le=720,
        description="hours for which a negative rapid test counts; left out: it does not count",
    )
    rapid_devices: tuple[str, ...] = Field(
        default=(),
        max_length=3000,
        description="rapid tests that count, by their number in the EU's list of devices or by name; empty: any",
    )


class RecoveryRule(Section):
    """The period after the first positive test in which a recovery from the disease counts."""

    from_days: int = Field(
        default=11, ge=0, le=365, description="a recovery counts from this many days after the positive test"
    )
    until_days: int = Field(
        default=180, ge=1, le=3650, description="a recovery counts until this many days after the positive test"
    )


class Dated(Section):
    """An entry of a list that holds from its first day until the first day of a newer entry of the same list."""

    holds_from: Day = Field(default="2020-01-01", description="first day on which this entry holds, YYYY-MM-DD")

    @property
    def first_day(self) -> date:
        """Return `holds_from` as a date."""
        return date.fromisoformat(self.holds_from)


class HealthRule(Dated):
    """The conditions for a health credential from `holds_from` on; one of them is enough."""

    doses: DosesRule | None = Field(
        default=None, description="conditions of a vaccination; leave out if vaccinations do not count"
    )
    test: TestRule | None = Field(
        default=None, description="conditions of a negative test; leave out if tests do not count"
    )
    recovery: RecoveryRule | None = Field(
        default=None, description="conditions of a recovery; leave out if recoveries do not count"
    )
    yellow_card: tuple[YellowCardRule, ...] = Field(
        default=(),
        max_length=20,
        description="conditions of a vaccination on the digital yellow card, one entry for each disease that counts",
    )
    infectious_days: int = Field(
        default=10, ge=0, le=60, description="number of days after a positive test in which the visitor is referred"
    )
    issuers: tuple[str, ...] = Field(
        default=(),
        max_length=300,
        description="accepted issuers (ID, https://...); empty: every trusted issuer",
    )
    from_age: int | None = Field(
        default=None, ge=1, le=150, description="the rule is for this age in years and above; leave out for no limit"
    )
    until_age: int | None = Field(
        default=None, ge=0, le=150, description="the rule is for this age in years and below; leave out for no limit"
    )

    @property
    def has_ages(self) -> bool:
        """Return True if the rule is for certain ages."""
        return self.from_age is not None or self.until_age is not None

    def is_for(self, age: int) -> bool:
        """Return True if the rule is for a holder of `age` years."""
        return (self.from_age or 0) <= age and (self.until_age is None or age <= self.until_age)


class AcceptedScheme(Section):
    """The empty section of a scheme without settings; the scheme is accepted because its section is in the file."""


class DivocSettings(Section):
    """Settings of DIVOC certificates (Indonesia, India, Sri Lanka, the Philippines)."""

    unsigned_holder: UnsignedHolder = Field(
        default=UnsignedHolder.REFER,
        description="if the signature does not cover the holder: refer the visitor, or accept and ignore the holder",
    )


class TrustSettings(Section):
    """The folder of the imported key lists, which 'sudo kiosk trust import' fills, and their greatest age."""

    folder: str = Field(
        default="/etc/kiosk/trust",
        description="folder of the imported key lists; only root and the user kiosk-trust may write it",
    )
    max_age_days: int = Field(
        default=30, ge=1, le=3650, description="greatest age of a key list, counted from its import"
    )
    alarm_age_days: int = Field(
        default=21,
        ge=1,
        le=3650,
        description="age of a key list at which the fault `key_list_old` is reported, at the latest at `max_age_days`",
    )
    too_old: TooOld = Field(
        default=TooOld.REFER,
        description="if the key list is older than `max_age_days`: refer the visitor, or accept the credential",
    )
    expired_keys: ExpiredKeys = Field(
        default=ExpiredKeys.REFER,
        description="if the key has expired but its issuer still lists it: refer the visitor, or accept the credential",
    )
