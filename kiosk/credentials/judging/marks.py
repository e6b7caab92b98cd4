"""Credentials that are known again: used a short while ago, used up, or shown by a visitor with a fever.

Theory: the flow must not know what a visitor showed, and nothing that identifies a person may be kept. So a credential
becomes a `Mark`: a digest of the bytes that its signature covers, under a random key that ends with the process. The
same credential in another QR code has the same mark, and nobody can compute the mark of a known credential.

Rule 1: a credential is used up when the flow says so, never when it is shown.
Rule 2: what is remembered for some time stands in memory only, and is forgotten with the process.
"""

import secrets
import threading
from datetime import UTC, datetime, timedelta
from hashlib import blake2b

from kiosk.credentials.judging.used_passes import UsedPasses
from kiosk.model import Clock, Mark, PassUse, Proof, Reason, Refer, WallTime

MAX_REMEMBERED = 10_000
"""Credentials that are remembered for a time; the one that was noted first is forgotten first."""

DIGEST_BYTES = 16


class Marks:
    """Knows credentials again. Its methods may be called from the loop and from the checker's thread.

    again_s: a credential is not accepted again for so long after its use; 0 for no limit. fever_s: for so long after a
    referral for fever, the credential that was shown is referred. used: the passes that may be used only so often.
    """

    def __init__(self, clock: Clock, again_s: float, fever_s: float, used: UsedPasses | None = None) -> None:
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._lock = threading.Lock()
        self._again_s, self._fever_s = again_s, fever_s
        self._used_until_s: dict[bytes, float] = {}
        self._fever_until_s: dict[bytes, float] = {}
        self._used = used

    def mark_of(self, scheme: str, proof: Proof, when: WallTime) -> Mark:
        """Return the mark of a credential that was checked at `when`."""
        name = scheme.encode() + b"\0" + proof.identity
        digest = blake2b(name, digest_size=DIGEST_BYTES, key=self._key).digest()
        if self._used is None or proof.use is PassUse.UNLIMITED:
            return Mark(digest)
        last_day = datetime.fromtimestamp(proof.ends_utc_s, UTC).date()
        durable = self._used.digest(proof.identity, proof.use, when.day)
        return Mark(digest, proof.use, durable, last_day + timedelta(days=last_day.year < 9999))

    def refusal(self, mark: Mark) -> Refer | None:
        """Return why the good credential of `mark` is not accepted now; None if it is."""
        now_s = self._clock.now_s()
        with self._lock:
            if now_s < self._fever_until_s.get(mark.digest, now_s):
                return Refer(Reason.FEVER_BEFORE, "temperature.remember_s")
            if now_s < self._used_until_s.get(mark.digest, now_s):
                return Refer(Reason.ALREADY_USED, "credentials.again_s")
        if self._used is None or not mark.durable:
            return None
        if self._used.is_used(mark):
            return Refer(Reason.ALREADY_USED, mark.use.value)
        return Refer(Reason.STATUS_UNKNOWN, "used_passes_damaged") if self._used.is_damaged else None

    def use_up(self, mark: Mark) -> None:
        """Note that somebody went in with the credential of `mark`."""
        with self._lock:
            self._note(self._used_until_s, mark, self._again_s)
        if self._used and mark.durable:
            self._used.use_up(mark)

    def remember_fever(self, mark: Mark) -> None:
        """Note that the visitor who showed the credential of `mark` was referred for fever."""
        with self._lock:
            self._note(self._fever_until_s, mark, self._fever_s)

    def write(self) -> None:
        """Make the uses of passes with a limit durable; called in the checker's thread."""
        if self._used:
            self._used.write(self._clock.now_s())

    def _note(self, noted: dict[bytes, float], mark: Mark, for_s: float) -> None:
        now_s = self._clock.now_s()
        for digest in [digest for digest, until_s in noted.items() if until_s <= now_s]:
            del noted[digest]
        if for_s > 0.0:
            noted.pop(mark.digest, None)
            noted[mark.digest] = now_s + for_s
        if len(noted) > MAX_REMEMBERED:
            del noted[next(iter(noted))]
