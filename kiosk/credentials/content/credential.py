"""The content of a verified health credential, and the examination that it went through.

Rule 1: these are plain data types; nothing here reads bytes, keys or clocks.
Rule 2: personal data stands in `Holder` alone. It is never shown by `repr` and never used for a decision.
Rule 3: the first check that fails decides; nothing after it is read.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from kiosk.errors import BadCredential
from kiosk.model import Reason, Refer, WallTime


@dataclass(frozen=True, slots=True)
class Dose:
    """One vaccination.

    number, total: dose `number` of a series of `total`. `number` is None if the credential lists every dose instead of
    numbering them (SMART Health Cards); `total` is None if the credential does not state it.
    on: the day. product: code or name of the vaccine. latest: another possible day, if the signature leaves the day
    open (DIVOC signs a set of days); the rules then use the day that is less favourable for the visitor.
    """

    number: int | None
    total: int | None
    on: date
    product: str
    latest: date | None = None


@dataclass(frozen=True, slots=True)
class TestResult:
    """One test. detected: the result is positive. naat: a laboratory (PCR) test; False for a rapid test."""

    __test__ = False

    detected: bool
    naat: bool
    sampled_at: datetime


@dataclass(frozen=True, slots=True)
class Recovery:
    """One recovery from the disease: the first positive test, and the issuer's own validity or None."""

    first_positive: date
    valid_from: date | None = None
    valid_until: date | None = None


@dataclass(frozen=True, slots=True)
class Holder:
    """The person whom the credential names, for `kiosk verify --show-holder`; empty if no name is signed."""

    name: str = field(default="", repr=False)
    birth_date: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Credential:
    """The content of one credential whose signature is good. expires_at: the issuer's expiry, or None."""

    scheme: str
    issuer: str
    key_id: str
    doses: tuple[Dose, ...] = ()
    tests: tuple[TestResult, ...] = ()
    recoveries: tuple[Recovery, ...] = ()
    expires_at: datetime | None = None
    holder: Holder = field(default=Holder(), repr=False)


@dataclass(frozen=True, slots=True)
class Check:
    """One step of an examination: its name, its result, and a detail for the technician."""

    name: str
    passed: bool
    detail: str = ""


class CheckRefused(Exception):  # noqa: N818 - not an error: it carries a verdict
    """A check failed for a reason that the visitor is told; `verdict` has the reason and the rule."""

    def __init__(self, verdict: Refer) -> None:
        super().__init__(verdict.rule)
        self.verdict = verdict


class Examination:
    """The checks of one credential in order. `kiosk verify` prints them; the verdict needs only the exceptions."""

    def __init__(self, scheme: str) -> None:
        self.scheme = scheme
        self.checks: list[Check] = []
        self.credential: Credential | None = None

    @contextmanager
    def reading(self, name: str) -> Iterator[None]:
        """Record a decoding step: as passed, or as failed if it raises `BadCredential`, which is raised again."""
        try:
            yield
        except BadCredential as bad:
            self.checks.append(Check(name, passed=False, detail=str(bad)))
            raise
        self.checks.append(Check(name, passed=True))

    def demand(self, name: str, passed: bool, reason: Reason, detail: str = "") -> None:
        """Record a check; raises `CheckRefused` with `reason` and the rule `<scheme>.<name>` if it failed."""
        self.checks.append(Check(name, passed, detail))
        if not passed:
            raise CheckRefused(Refer(reason, f"{self.scheme}.{name}"))

    def note(self, name: str, detail: str) -> None:
        """Record a detail for the technician that decides nothing."""
        self.checks.append(Check(name, passed=True, detail=detail))


class Verifier(Protocol):
    """The part of a health scheme that checks the signature and reads the content."""

    name: str
    max_bytes: int

    def claims(self, data: bytes) -> bool:
        """Return True if `data` begins as a code of this scheme does. This is cheap and verifies nothing."""
        ...

    def verify(self, data: bytes, when: WallTime, examination: Examination) -> Credential:
        """Return the content of the credential, and record every check in `examination`.

        Raises:
            BadCredential: `data` is not a credential of this scheme.
            CheckRefused: a check failed; the exception carries the verdict.
        """
        ...
