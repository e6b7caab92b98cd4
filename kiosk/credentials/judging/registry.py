"""Which kind of credential a code is, and the judgement on it: the one way in and the one exit for bad input.

Rule 1: size first. A scheme never sees a code longer than its own `max_bytes`.
Rule 2: the first scheme that claims a code judges it; no second scheme is asked.
Rule 3: whatever goes wrong inside, the outcome is `Refer(NOT_A_CREDENTIAL)`; nobody is let in by an exception.
Rule 4: nothing here prints, logs or keeps what was shown.
"""

import logging
import traceback
from collections.abc import Sequence
from dataclasses import dataclass

from kiosk.credentials.schemes.entry import Scheme
from kiosk.errors import BadCredential
from kiosk.model import Payload, Reason, Refer, Verdict, WallTime

logger = logging.getLogger(__name__)

SCHEME_FAILED = "scheme_failed"
"""Rule of the verdict when a scheme failed by a mistake of ours; the log tells where."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict, and the name of the scheme that gave it; "" when none claimed the code."""

    verdict: Verdict
    scheme: str


class Registry:
    """The schemes that the site accepts, in the order in which they are asked."""

    def __init__(self, schemes: Sequence[Scheme]) -> None:
        self._schemes = tuple(schemes)

    def judge(self, payload: Payload, when: WallTime) -> Judgement:
        """Judge what was shown; always returns, whatever the bytes are."""
        for scheme in self._schemes:
            verdict = _ask(scheme, payload.data, when)
            if verdict is not None:
                return Judgement(verdict, scheme.name)
        return Judgement(Refer(Reason.NOT_A_CREDENTIAL), "")


def _ask(scheme: Scheme, data: bytes, when: WallTime) -> Verdict | None:
    try:
        if len(data) > scheme.max_bytes or not scheme.claims(data):
            return None
        return scheme.judge(data, when)
    except BadCredential:
        return Refer(Reason.NOT_A_CREDENTIAL)
    except (KeyboardInterrupt, SystemExit):
        raise
    # A mistake of ours (or a panic of a Rust library, which is no `Exception`) met by one hostile code must neither
    # open the door nor end the service for everybody behind: it is told in the log, and the visitor may try again.
    except BaseException as mistake:  # noqa: BLE001 - one exit for bad input
        logger.error("%s failed: %s", scheme.name, _where(mistake))  # noqa: TRY400 - the message may quote the code
        return Refer(Reason.NOT_A_CREDENTIAL, SCHEME_FAILED)


def _where(mistake: BaseException) -> str:
    """The kind of mistake and the lines that led to it, without its message, which may quote what was shown."""
    frames = traceback.extract_tb(mistake.__traceback__, limit=-5)
    return " < ".join([type(mistake).__name__, *(f"{frame.name}:{frame.lineno}" for frame in reversed(frames))])
