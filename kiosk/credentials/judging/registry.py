"""The registry of accepted schemes: it finds the scheme of a code and returns the judgement.

Every code that a visitor shows is judged here, and every kind of bad input ends in the same verdict.

Rule 1: the size is checked first. A scheme never gets a code that is longer than its own `max_bytes`.
Rule 2: the first scheme that claims a code judges it; no second scheme is asked.
Rule 3: any error inside ends in `Refer(NOT_A_CREDENTIAL)`; an exception never lets anybody in.
Rule 4: nothing here prints, logs or keeps the code.
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
"""The rule in the verdict if a scheme failed because of a programming error; the log names the place of the error."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict, and the name of the scheme that gave it; "" if no scheme claimed the code."""

    verdict: Verdict
    scheme: str


class Registry:
    """The schemes that the site accepts, in the order in which they are asked."""

    def __init__(self, schemes: Sequence[Scheme]) -> None:
        self._schemes = tuple(schemes)

    def judge(self, payload: Payload, when: WallTime) -> Judgement:
        """Return the judgement of a code, for any bytes; raises only `KeyboardInterrupt` and `SystemExit`."""
        for scheme in self._schemes:
            verdict = _ask(scheme, payload.data, when)
            if verdict is not None:
                return Judgement(verdict, scheme.name)
        return Judgement(Refer(Reason.NOT_A_CREDENTIAL), "")


def _ask(scheme: Scheme, data: bytes, when: WallTime) -> Verdict | None:
    """Return the verdict of `scheme`, or None if it does not claim the code."""
    try:
        if len(data) > scheme.max_bytes or not scheme.claims(data):
            return None
        return scheme.judge(data, when)
    except BadCredential:
        return Refer(Reason.NOT_A_CREDENTIAL)
    except (KeyboardInterrupt, SystemExit):
        raise
    # A programming error (or a panic of a Rust library, which is not an `Exception`) that one hostile code provokes
    # must neither open the door nor end the service for the next visitors. It is logged, and the visitor may try again.
    except BaseException as error:  # noqa: BLE001 - one exit for bad input
        # The log gets the type of the error and the lines that led to it, without its message: that may quote the code.
        frames = reversed(traceback.extract_tb(error.__traceback__, limit=-5))
        place = " < ".join([type(error).__name__, *(f"{frame.name}:{frame.lineno}" for frame in frames)])
        logger.error("%s failed: %s", scheme.name, place)  # noqa: TRY400 - the message may quote the code
        return Refer(Reason.NOT_A_CREDENTIAL, SCHEME_FAILED)
