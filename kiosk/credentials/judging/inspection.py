"""The report of `kiosk verify`: the scheme of a credential, each check with its result, and the site's verdict.

Rule 1: the holder's data are masked unless the technician asks to see them, and shown only if they are signed.
Rule 2: the exit code tells the verdict: 0 pass, 1 refer, 4 not a credential. (2 stands for a wrong command line.)
"""

from collections.abc import Iterator, Sequence

from kiosk.credentials.content.credential import Credential, Examination
from kiosk.credentials.content.vaccines import vaccine_name
from kiosk.credentials.judging.offline import OfflineScheme
from kiosk.credentials.schemes.entry import Scheme
from kiosk.errors import BadCredential, printable
from kiosk.model import Pass, Reason, WallTime

PASS, REFER, NOT_A_CREDENTIAL = 0, 1, 4


Line = tuple[str, str]
"""One line of the report: a word, such as 'issuer', 'ok' or 'verdict', and its text."""


def inspect(data: bytes, schemes: Sequence[Scheme], when: WallTime, show_holder: bool) -> tuple[str, int]:
    """Return the report about the code `data` as text, and the exit code."""
    lines, code = inspect_lines(data, schemes, when, show_holder)
    return "\n".join(f"{word:<8}  {text}" for word, text in lines), code


def inspect_lines(data: bytes, schemes: Sequence[Scheme], when: WallTime, show_holder: bool) -> tuple[list[Line], int]:
    """Return the lines of the report about the code `data`, and the exit code."""
    scheme = next((one for one in schemes if len(data) <= one.max_bytes and one.claims(data)), None)
    if scheme is None:
        kinds = ", ".join(one.name for one in schemes) or "none"
        text = f"not a credential of a kind that this site accepts ({kinds}); {len(data)} bytes"
        return [("verdict", text)], NOT_A_CREDENTIAL
    examination = Examination(scheme.name)
    facts: list[Line] = []
    try:
        if isinstance(scheme, OfflineScheme):
            verdict = scheme.examine(data, when, examination)
        else:
            verdict = scheme.judge(data, when)
    except BadCredential as bad:
        conclusion, code = f"not a credential: {bad}", NOT_A_CREDENTIAL
    else:
        facts = list(_facts(examination.credential)) if examination.credential else []
        rule = f"(rule: {verdict.rule or '-'})"
        if isinstance(verdict, Pass):
            conclusion, code = f"pass {rule}", PASS
        else:
            conclusion = f"refer: {verdict.reason.value} {rule}"
            code = NOT_A_CREDENTIAL if verdict.reason is Reason.NOT_A_CREDENTIAL else REFER
    lines = list(_heading(scheme, examination, show_holder))
    for check in examination.checks:
        detail = f"  {_printable(check.detail)}" if check.detail else ""
        lines.append(("ok" if check.passed else "FAILED", f"{check.name}{detail}"))
    return [*lines, *facts, ("verdict", conclusion)], code


def _heading(scheme: Scheme, examination: Examination, show_holder: bool) -> Iterator[Line]:
    yield "scheme", scheme.name
    credential = examination.credential
    if credential is None:
        return
    yield "issuer", _printable(credential.issuer)
    yield "key", _printable(credential.key_id)
    named = bool(credential.holder.name or credential.holder.birth_date)
    if named and show_holder:
        yield "holder", f"{_printable(credential.holder.name)}, born {_printable(credential.holder.birth_date) or '?'}"
    else:
        yield "holder", "masked; see --show-holder" if named else "none that the signature covers"


def _facts(credential: Credential) -> Iterator[Line]:
    for dose in credential.doses:
        number = f"{dose.number or '?'} of {dose.total or '?'}"
        latest = f" (or until {dose.latest})" if dose.latest and dose.latest != dose.on else ""
        names = dict.fromkeys(map(vaccine_name, (dose.product, *dose.other_products)))
        yield "dose", f"{number}, {dose.on}{latest}, {_printable(' or '.join(names)) or 'vaccine not named'}"
    for test in credential.tests:
        kind, result = "laboratory" if test.naat else "rapid", "positive" if test.detected else "negative"
        yield "test", f"{result}, {kind}, {test.sampled_at:%Y-%m-%d %H:%M} UTC"
    for vaccination in credential.vaccinations:
        yield "vaccine", f"{vaccination.disease.value}, {vaccination.on}, {_printable(vaccination.product)}"
    for recovery in credential.recoveries:
        yield "recovery", f"first positive {recovery.first_positive}"


def _printable(text: str) -> str:
    """Return the first 200 characters of a foreign text, without characters that could control a terminal."""
    return printable(text[:200])
