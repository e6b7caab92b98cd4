"""Contents of good EU certificates, and helpers to change a document and to verify a code."""

from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

from kiosk.credentials.content.credential import CheckRefused, Credential, Examination, Verifier
from kiosk.errors import BadCredential
from kiosk.model import Reason, WallTime

NOW = datetime(2021, 10, 1, 9, 0, tzinfo=UTC)
WHEN = WallTime(NOW, sure=True)

VACCINATION: dict[str, Any] = {
    "ver": "1.3.0",
    "nam": {"fn": "Contoh", "fnt": "CONTOH", "gn": "Siti", "gnt": "SITI"},
    "dob": "1980-02-29",
    "v": [
        {
            "tg": "840539006",
            "vp": "J07BX03",
            "mp": "CoronaVac",
            "ma": "Sinovac-Biotech",
            "dn": 1,
            "sd": 2,
            "dt": "2021-08-01",
            "co": "ID",
            "is": "Demo Ministry of Health",
            "ci": "URN:UVCI:01:ID:DEMO#1",
        }
    ],
}
TEST: dict[str, Any] = {
    "ver": "1.3.0",
    "nam": VACCINATION["nam"],
    "dob": "1980",
    "t": [
        {
            "tg": "840539006",
            "tt": "LP6464-4",
            "sc": "2021-09-30T21:00:00Z",
            "tr": "260415000",
            "tc": "Demo laboratory",
            "co": "ID",
            "is": "Demo Ministry of Health",
            "ci": "URN:UVCI:01:ID:DEMO#2",
        }
    ],
}
RECOVERY: dict[str, Any] = {
    "ver": "1.3.0",
    "nam": VACCINATION["nam"],
    "dob": "",
    "r": [
        {
            "tg": "840539006",
            "fr": "2021-06-01",
            "df": "2021-06-12",
            "du": "2021-11-28",
            "co": "ID",
            "is": "Demo Ministry of Health",
            "ci": "URN:UVCI:01:ID:DEMO#3",
        }
    ],
}


def changed(document: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    """Return a copy of `document` with the member at the dotted `path` set to `value`; Ellipsis removes it."""
    copy = deepcopy(document)
    *parents, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    place: Any = copy
    for step in parents:
        place = place[step]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return copy


def verify(verifier: Verifier, data: bytes, when: WallTime = WHEN) -> Credential:
    """Return the content that the verifier reads in `data`."""
    return verifier.verify(data, when, Examination(verifier.name))


def outcome(verifier: Verifier, data: bytes, when: WallTime = WHEN) -> str:
    """Return "good", the rule that refused, "incomplete: <message>", or "bad: <message>"."""
    try:
        verify(verifier, data, when)
    except CheckRefused as refused:
        incomplete = refused.verdict.reason is Reason.INCOMPLETE
        return f"incomplete: {refused.__cause__}" if incomplete else refused.verdict.rule
    except BadCredential as bad:
        return f"bad: {bad}"
    return "good"
