"""`kiosk verify`: what a credential is, each check in order with its outcome, and the verdict under this site's rules.

Rule 1: the holder is masked unless the technician asked for it, and then only where the signature covers it.
Rule 2: the exit code is the verdict: 0 pass, 1 refer, 4 not a credential (2 is a command line that was not understood).
"""

from collections.abc import Iterator, Sequence

from kiosk.credentials.content.credential import Credential, Examination
from kiosk.credentials.content.vaccines import vaccine_name
from kiosk.credentials.judging.offline import OfflineScheme
from kiosk.credentials.schemes.entry import Scheme
from kiosk.errors import BadCredential
from kiosk.model import Pass, Reason, Verdict, WallTime

PASS, REFER, NOT_A_CREDENTIAL = 0, 1, 4


def inspect(data: bytes, schemes: Sequence[Scheme], when: WallTime, show_holder: bool) -> tuple[str, int]:
    """The report on `data`, and the exit code."""
    scheme = next((one for one in schemes if len(data) <= one.max_bytes and one.claims(data)), None)
    if scheme is None:
        kinds = ", ".join(one.name for one in schemes) or "none"
        return f"not a credential of a kind that this site accepts ({kinds}); {len(data)} bytes", NOT_A_CREDENTIAL
    examination = Examination(scheme.name)
    try:
        verdict = _judge(scheme, data, when, examination)
    except BadCredential as bad:
        lines = [
            *_heading(scheme, examination, show_holder),
            *_checks(examination),
            f"verdict   not a credential: {bad}",
        ]
        return "\n".join(lines), NOT_A_CREDENTIAL
    lines = [*_heading(scheme, examination, show_holder), *_checks(examination), *_facts(examination.credential)]
    return "\n".join([*lines, _said(verdict)]), _code(verdict)


def _judge(scheme: Scheme, data: bytes, when: WallTime, examination: Examination) -> Verdict:
    if isinstance(scheme, OfflineScheme):
        return scheme.examine(data, when, examination)
    return scheme.judge(data, when)


def _heading(scheme: Scheme, examination: Examination, show_holder: bool) -> Iterator[str]:
    yield f"scheme    {scheme.name}"
    credential = examination.credential
    if credential is None:
        return
    yield f"issuer    {credential.issuer}"
    yield f"key       {credential.key_id}"
    named = bool(credential.holder.name or credential.holder.birth_date)
    if named and show_holder:
        yield f"holder    {_printable(credential.holder.name)}, born {_printable(credential.holder.birth_date) or '?'}"
    else:
        yield f"holder    {'masked; see --show-holder' if named else 'none that the signature covers'}"


def _checks(examination: Examination) -> Iterator[str]:
    for check in examination.checks:
        detail = f"  {_printable(check.detail)}" if check.detail else ""
        yield f"{'ok' if check.passed else 'FAILED':<8}  {check.name}{detail}"


def _facts(credential: Credential | None) -> Iterator[str]:
    if credential is None:
        return
    for dose in credential.doses:
        number = f"{dose.number or '?'} of {dose.total or '?'}"
        latest = f" (or until {dose.latest})" if dose.latest and dose.latest != dose.on else ""
        yield f"dose      {number}, {dose.on}{latest}, {_printable(vaccine_name(dose.product)) or 'vaccine not named'}"
    for test in credential.tests:
        kind, result = "laboratory" if test.naat else "rapid", "positive" if test.detected else "negative"
        yield f"test      {result}, {kind}, {test.sampled_at:%Y-%m-%d %H:%M} UTC"
    for recovery in credential.recoveries:
        yield f"recovery  first positive {recovery.first_positive}"


def _said(verdict: Verdict) -> str:
    if isinstance(verdict, Pass):
        return f"verdict   pass (rule: {verdict.rule or '-'})"
    return f"verdict   refer: {verdict.reason.value} (rule: {verdict.rule or '-'})"


def _code(verdict: Verdict) -> int:
    if isinstance(verdict, Pass):
        return PASS
    return NOT_A_CREDENTIAL if verdict.reason is Reason.NOT_A_CREDENTIAL else REFER


def _printable(text: str) -> str:
    """`text` without what could move a terminal's cursor; a credential's texts are a stranger's."""
    return "".join(sign if sign.isprintable() else "?" for sign in text[:200])
