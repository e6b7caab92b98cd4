"""The venue's check-in desk, as docs/site/check_in.md describes it, without a network: codes, phones, results, faults.

`check_in_server` puts it behind HTTP for the demo; the worlds ask it on the virtual clock.
"""

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

PENDING, SCANNED, EXPIRED = "pending", "scanned", "expired"
MAX_CODES = 256
AGREE_S = 300.0
"""A visitor who opened a code has this long to decide."""


class DeskFault(Enum):
    """A fault of the desk's answers about results.

    REPEATED: the newest result is told again for every code, with its own id and binding. SWAPPED: the answer is the
    one about the newest other code, and names the newest result. OTHER_KIOSK, OTHER_VISIT: the answer
    names another kiosk or another visit. UNBOUND: the answer repeats nothing.
    """

    NONE = "none"
    REPEATED = "repeated"
    SWAPPED = "swapped"
    OTHER_KIOSK = "other_kiosk"
    OTHER_VISIT = "other_visit"
    UNBOUND = "unbound"


@dataclass(slots=True)
class DeskCode:
    """One code. `word`: how far its check-in is. `binding`: the members that the kiosk sent."""

    id: str
    text: str = field(repr=False)
    binding: dict[str, Any] = field(repr=False)
    ends_at_s: float
    word: str = PENDING
    withdrawn: bool = False


class VenueDesk:
    """The desk; safe from any thread.

    now_s: returns the time. prefix: the beginning of each code's text. valid_s: how long a code is valid.
    fault: the current fault, which can be changed at any time.
    """

    def __init__(self, now_s: Callable[[], float], prefix: str, valid_s: float = 60.0) -> None:
        self.fault = DeskFault.NONE
        self.valid_s = valid_s
        self.changed = threading.Condition(threading.RLock())
        self._now_s = now_s
        self._prefix = prefix
        self._codes: dict[str, DeskCode] = {}

    def issue(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Return the answer with a new code."""
        with self.changed:
            now_s = self._now_s()
            token = secrets.token_urlsafe(16)
            made = DeskCode(secrets.token_urlsafe(16), self._prefix + token, binding_of(asked), now_s + self.valid_s)
            self._codes[made.id] = made
            while len(self._codes) > MAX_CODES:
                del self._codes[next(iter(self._codes))]
            return {**made.binding, "id": made.id, "code": made.text, "valid_s": self.valid_s}

    def result(self, asked: dict[str, Any]) -> dict[str, Any] | None:
        """Return the answer about a code; None if the desk does not know it, or if another binding asks for it."""
        with self.changed:
            code = self._codes.get(str(asked.get("id")))
            if code is None or code.binding != binding_of(asked):
                return None
            return self._with_fault(code, {**code.binding, "id": code.id, "status": self._word(code)})

    def withdraw(self, asked: dict[str, Any]) -> None:
        """Let a code not be used any more."""
        with self.changed:
            code = self._codes.get(str(asked.get("id")))
            if code and code.binding == binding_of(asked):
                code.withdrawn = True
                self.changed.notify_all()

    def open_code(self, text: str) -> bool:
        """A phone opens a code; return False if it is not valid, or was opened already."""
        with self.changed:
            code = self._find(text)
            if code is None or self._word(code) != PENDING:
                return False
            code.word, code.ends_at_s = SCANNED, self._now_s() + AGREE_S
            self.changed.notify_all()
            return True

    def decide(self, text: str, word: str) -> bool:
        """The visitor decides on the phone that opened the code; return False if it is too late."""
        with self.changed:
            code = self._find(text)
            if code is None or self._word(code) != SCANNED:
                return False
            code.word = word
            self.changed.notify_all()
            return True

    def _find(self, text: str) -> DeskCode | None:
        return next((code for code in self._codes.values() if code.text == text), None)

    def _word(self, code: DeskCode) -> str:
        over = code.withdrawn or self._now_s() >= code.ends_at_s
        return EXPIRED if over and code.word in (PENDING, SCANNED) else code.word

    def _with_fault(self, code: DeskCode, answer: dict[str, Any]) -> dict[str, Any]:
        others = [other for other in self._codes.values() if other is not code]
        told = next((other for other in reversed(others) if other.word not in (PENDING, SCANNED)), None)
        match self.fault:
            case DeskFault.REPEATED if told:
                return {**told.binding, "id": told.id, "status": told.word}
            case DeskFault.SWAPPED if others:
                return {**others[-1].binding, "id": others[-1].id, "status": told.word if told else answer["status"]}
            case DeskFault.OTHER_KIOSK:
                return {**answer, "kiosk": "another-kiosk"}
            case DeskFault.OTHER_VISIT:
                return {**answer, "visit": secrets.token_urlsafe(16)}
            case DeskFault.UNBOUND:
                return {"status": answer["status"]}
            case _:
                return answer


def binding_of(asked: dict[str, Any]) -> dict[str, Any]:
    """Return the members that bind an answer to its request."""
    return {name: asked.get(name) for name in ("kiosk", "visit", "nonce")}
