"""The content of a verified health credential, and the examination that it went through.

Rule 1: these are plain data types; nothing here reads bytes, keys or clocks.
Rule 2: only `Holder` contains personal data. `repr` never shows it. Only a rule for certain ages uses the birth date.
Rule 3: the first check that fails decides; the later parts of the credential are then not read.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NoReturn, Protocol

from kiosk.errors import BadCredential
from kiosk.model import Reason, Refer, WallTime
from kiosk.settings.schema.health import Disease


@dataclass(frozen=True, slots=True)
class Dose:
    """One vaccination.

    number, total: dose `number` of a series of `total`. `number` is None if the credential lists every dose instead of
    numbering them (SMART Health Cards); `total` is None if the credential does not state it.
    on: the day of the vaccination. product: code or name of the vaccine. latest: the last possible day, if the
    signature does not fix the day (DIVOC signs a set of days; `on` is then the first of them). Each rule uses the day
    that is less favourable for the visitor. other_products: further names, if the signature does not fix which of them
    is the vaccine (DIVOC signs a set of names); a rule about vaccines must accept every one of them.
    """

    number: int | None
    total: int | None
    on: date
    product: str
    latest: date | None = None
    other_products: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TestResult:
    """One test. detected: True if the result is positive. naat: True for a laboratory (PCR) test, else a rapid test.

    device: number or name of the rapid test; "" if the credential does not state it.
    """

    __test__ = False

    detected: bool
    naat: bool
    sampled_at: datetime
    device: str = ""


@dataclass(frozen=True, slots=True)
class Recovery:
    """One recovery from the disease: the day of the first positive test, and the issuer's validity or None."""

    first_positive: date
    valid_from: date | None = None
    valid_until: date | None = None


@dataclass(frozen=True, slots=True)
class Vaccination:
    """One vaccination against another disease than COVID-19, as the digital yellow card certifies it."""

    disease: Disease
    product: str
    on: date


@dataclass(frozen=True, slots=True)
class Holder:
    """The person whom the credential names, for `kiosk verify --show-holder`; empty if the signature covers no name."""

    name: str = field(default="", repr=False)
    birth_date: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Credential:
    """The content of one credential whose signature is good.

    expires_at: the expiry that the issuer states, or None. identity: the signed bytes, by which the credential is known
    again however its code is encoded; empty if it cannot be known again.
    """

    scheme: str
    issuer: str
    key_id: str
    doses: tuple[Dose, ...] = ()
    tests: tuple[TestResult, ...] = ()
    recoveries: tuple[Recovery, ...] = ()
    vaccinations: tuple[Vaccination, ...] = ()
    expires_at: datetime | None = None
    holder: Holder = field(default=Holder(), repr=False)
    identity: bytes = field(default=b"", repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Check:
    """One check of an examination: its name, True if it passed, and a detail for the technician."""

    name: str
    passed: bool
    detail: str = ""


class CheckRefused(Exception):  # noqa: N818 - not an error: it carries a verdict
    """A check failed, so the visitor is referred; `verdict` has the reason for the visitor and the rule."""

    def __init__(self, verdict: Refer) -> None:
        super().__init__(verdict.rule)
        self.verdict = verdict


class Examination:
    """Records the checks of one credential in order, for `kiosk verify`. A check that fails raises an exception."""

    def __init__(self, scheme: str, checks: list[Check] | None = None, prefix: str = "") -> None:
        self.scheme = scheme
        self.checks = [] if checks is None else checks
        self.credential: Credential | None = None
        self._prefix = prefix

    def part(self, name: str) -> "Examination":
        """Return an examination by the site's rules, whose checks are recorded here and are called `<name>.<check>`."""
        return Examination(name, self.checks, f"{name}.")

    @contextmanager
    def reading(self, name: str) -> Iterator[None]:
        """Record the block as a check that passed, or as one that failed if it raises `BadCredential`."""
        try:
            yield
        except BadCredential as bad:
            self.checks.append(Check(name, passed=False, detail=str(bad)))
            raise
        self.checks.append(Check(name, passed=True))

    @contextmanager
    def reading_signed(self, name: str) -> Iterator[None]:
        """Record the block, which reads what a good signature covers, as a check that passed or failed.

        Raises:
            CheckRefused: the block raised `BadCredential`. The credential is genuine, but a detail that decides is
                missing or has a wrong form; the reason is `INCOMPLETE` and the rule `<scheme>.<name>`.
        """
        try:
            yield
        except BadCredential as bad:
            self.checks.append(Check(name, passed=False, detail=str(bad)))
            raise CheckRefused(Refer(Reason.INCOMPLETE, f"{self.scheme}.{name}")) from bad
        self.checks.append(Check(name, passed=True))

    def demand(self, name: str, passed: bool, reason: Reason, detail: str = "") -> None:
        """Record a check; if `passed` is False, raises `CheckRefused` with `reason` and the rule `<scheme>.<name>`."""
        if not passed:
            self.refuse(name, reason, detail)
        self.note(name, detail)

    def refuse(self, name: str, reason: Reason, detail: str = "") -> NoReturn:
        """Record a check that failed, and raise `CheckRefused` with `reason` and the rule `<scheme>.<name>`."""
        self.checks.append(Check(f"{self._prefix}{name}", passed=False, detail=detail))
        raise CheckRefused(Refer(reason, f"{self.scheme}.{name}"))

    def note(self, name: str, detail: str) -> None:
        """Record a detail for the technician that has no influence on the verdict."""
        self.checks.append(Check(f"{self._prefix}{name}", passed=True, detail=detail))


class Verifier(Protocol):
    """The part of a health scheme that checks the signature and reads the content."""

    name: str
    max_bytes: int

    def claims(self, data: bytes) -> bool:
        """Return True if `data` begins like a code of this scheme. This is fast and verifies nothing."""
        ...

    def verify(self, data: bytes, when: WallTime, examination: Examination) -> Credential:
        """Return the content of the credential, and record every check in `examination`.

        Raises:
            BadCredential: `data` is not a credential of this scheme.
            CheckRefused: a check failed; the exception carries the verdict.
        """
        ...
