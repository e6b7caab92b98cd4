"""What a verified health credential says, and the ordered checks that it went through.

Rule 1: pure words; nothing here reads bytes, keys or clocks.
Rule 2: what names a person stands in `Holder` only, never prints itself, and decides nothing.
Rule 3: the first check that fails decides: nothing after it is read.
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
    """One vaccination: dose `number` of `total` with `product` on a day.

    `number` is None where the credential numbers nothing and lists every dose instead (SMART Health Cards).
    `latest` differs from `on` where the signature leaves the day open (DIVOC signs a set of days); rules then take
    the day that is worse for the visitor.
    """

    number: int | None
    total: int | None
    on: date
    product: str
    latest: date | None = None


@dataclass(frozen=True, slots=True)
class TestResult:
    """One test: `detected` is the pathogen, `naat` a laboratory (PCR) test rather than a rapid one."""

    __test__ = False

    detected: bool
    naat: bool
    sampled_at: datetime


@dataclass(frozen=True, slots=True)
class Recovery:
    """One infection that was overcome: the first positive test, and the issuer's own validity where it gives one."""

    first_positive: date
    valid_from: date | None = None
    valid_until: date | None = None


@dataclass(frozen=True, slots=True)
class Holder:
    """Whom the credential names, for a technician who asked to see it; empty where the signature covers no name."""

    name: str = field(default="", repr=False)
    birth_date: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Credential:
    """What one credential says, after its signature was found good."""

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
    """One step of an examination: its name, how it came out, and what a technician should know."""

    name: str
    passed: bool
    detail: str = ""


class CheckRefused(Exception):  # noqa: N818 - not an error: it carries a verdict
    """A check failed in a way that the visitor can be told; `verdict` says why."""

    def __init__(self, verdict: Refer) -> None:
        super().__init__(verdict.rule)
        self.verdict = verdict


class Examination:
    """The ordered checks of one credential, kept for `kiosk verify`; the verdict needs only the exceptions."""

    def __init__(self, scheme: str) -> None:
        self.scheme = scheme
        self.checks: list[Check] = []
        self.credential: Credential | None = None

    @contextmanager
    def reading(self, name: str) -> Iterator[None]:
        """Note that a step of decoding went well; BadCredential is noted and goes on its way."""
        try:
            yield
        except BadCredential as bad:
            self.checks.append(Check(name, passed=False, detail=str(bad)))
            raise
        self.checks.append(Check(name, passed=True))

    def demand(self, name: str, passed: bool, reason: Reason, detail: str = "") -> None:
        """Note a check; raises Refused with `reason` and the rule `<scheme>.<name>` when it failed."""
        self.checks.append(Check(name, passed, detail))
        if not passed:
            raise CheckRefused(Refer(reason, f"{self.scheme}.{name}"))

    def note(self, name: str, detail: str) -> None:
        """Note something that a technician should know and that decides nothing."""
        self.checks.append(Check(name, passed=True, detail=detail))


class Verifier(Protocol):
    """One scheme's first stage: from bytes to what was signed by whom."""

    name: str
    max_bytes: int

    def claims(self, data: bytes) -> bool:
        """Tell whether `data` presents itself as this scheme's; cheap, and no promise that it is good."""
        ...

    def verify(self, data: bytes, when: WallTime, examination: Examination) -> Credential:
        """Return what the credential says; raises BadCredential or Refused."""
        ...
