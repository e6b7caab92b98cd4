"""The content of a verified health credential, and the examination that it went through.

Rule 1: these are plain data types; nothing here reads bytes, keys or clocks.
Rule 2: only `Holder` contains personal data. `repr` never shows it. Only a rule for certain ages uses the birth date.
Rule 3: the first check that fails decides; the later parts of the credential are then not read.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple, NoReturn, Protocol

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


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthContent:
    """The content that the schemes have in common."""

    doses: tuple[Dose, ...] = ()
    tests: tuple[TestResult, ...] = ()
    recoveries: tuple[Recovery, ...] = ()
    vaccinations: tuple[Vaccination, ...] = ()
    holder: Holder = field(default=Holder(), repr=False)


@dataclass(frozen=True, slots=True)
class Credential(HealthContent):
    """One credential whose signature is good.

    expires_at: the expiry that the issuer states, or None. identity: the signed bytes, by which the credential is known
    again however its code is encoded; empty if it cannot be known again.
    """

    scheme: str
    issuer: str
    key_id: str
    expires_at: datetime | None = None
    identity: bytes = field(default=b"", repr=False, compare=False)


class Check(NamedTuple):
    """One check of an examination: its name, True if it passed, and a detail for the technician.

    template, values: the detail, with "{}" for each value. It is put together only when it is read, as in `logging`:
    at the door nobody reads it.
    """

    name: str
    passed: bool
    template: str = ""
    values: tuple[object, ...] = ()

    @property
    def detail(self) -> str:
        """Return the text of `template` with its values."""
        return self.template.format(*map(_shown, self.values)) if self.values else self.template


def _shown(value: object) -> str:
    """Return a value of a detail as text; a limit that is not stated is None."""
    match value:
        case None:
            return "open"
        case datetime():
            return f"{value:%Y-%m-%d %H:%M} UTC"
        case _:
            return str(value)


class CheckRefused(Exception):  # noqa: N818 - not an error: it carries a verdict
    """A check failed, so the visitor is referred; `verdict` has the reason for the visitor and the rule."""

    def __init__(self, verdict: Refer) -> None:
        super().__init__(verdict.rule)
        self.verdict = verdict


class Examination:
    """Records the checks of one credential in order, for `kiosk verify`. A check that fails raises an exception.

    kept: False if nobody will read the checks; they are then not recorded.
    """

    __slots__ = ("_kept", "_prefix", "checks", "credential", "scheme")

    def __init__(self, scheme: str, *, kept: bool = True) -> None:
        self.scheme = scheme
        self.checks: list[Check] = []
        self.credential: Credential | None = None
        self._kept = kept
        self._prefix = ""

    def part(self, name: str) -> "Examination":
        """Return an examination by the site's rules, whose checks are recorded here and are called `<name>.<check>`."""
        part = Examination(name, kept=self._kept)
        part.checks, part._prefix = self.checks, f"{name}."
        return part

    def reading(self, name: str) -> "Reading":
        """Record the block as a check that passed, or as one that failed if it raises `BadCredential`."""
        return Reading(self, name, signed=False)

    def reading_signed(self, name: str) -> "Reading":
        """Record the block, which reads what a good signature covers, as a check that passed or failed.

        Raises:
            CheckRefused: the block raised `BadCredential`. The credential is genuine, but a detail that decides is
                missing or has a wrong form; the reason is `INCOMPLETE` and the rule `<scheme>.<name>`.
        """
        return Reading(self, name, signed=True)

    def demand(self, name: str, passed: bool, reason: Reason, detail: str = "", *values: object) -> None:
        """Record a check; if `passed` is False, raises `CheckRefused` with `reason` and the rule `<scheme>.<name>`.

        detail, values: the detail of the check, as in `Check`.
        """
        if not passed:
            self.refuse(name, reason, detail, *values)
        if self._kept:
            self.checks.append(Check(self._prefix + name, True, detail, values))

    def refuse(self, name: str, reason: Reason, detail: str = "", *values: object) -> NoReturn:
        """Record a check that failed, and raise `CheckRefused` with `reason` and the rule `<scheme>.<name>`."""
        if self._kept:
            self.checks.append(Check(self._prefix + name, False, detail, values))
        raise CheckRefused(Refer(reason, f"{self.scheme}.{name}"))

    def note(self, name: str, detail: str, *values: object) -> None:
        """Record a detail for the technician that has no influence on the verdict."""
        if self._kept:
            self.checks.append(Check(self._prefix + name, True, detail, values))


class Reading:
    """A block of an examination that reads foreign bytes; see `Examination.reading` and `reading_signed`.

    The end of a signed block raises `CheckRefused` if the block raised `BadCredential`.
    """

    __slots__ = ("_examination", "_name", "_signed")

    def __init__(self, examination: Examination, name: str, *, signed: bool) -> None:
        self._examination, self._name, self._signed = examination, name, signed

    def __enter__(self) -> None:
        pass

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if error is None:
            self._examination.note(self._name, "")
        elif isinstance(error, BadCredential):
            try:
                self._examination.refuse(self._name, Reason.INCOMPLETE, "{}", error)
            except CheckRefused as refused:
                if self._signed:
                    raise refused from error


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
