"""Deduplication: a code that stays in view is one scan.

A camera sees a code that is held up in many frames. Only its first sighting is a new scan. The code counts as new
again after it was out of view for `same_code_s`. Each sighting prolongs the time, so a code that is held up for a
minute is still one scan. The pause in which a code of the visit is checked does not count, because nobody looks then.

The entrance handles one code at a time, and a glance (`Watch.GLANCE`) only wakes it. Reports that it could not use
must not count, or the visitor would have to hide the code first:

* Of several codes in one period of watching, the entrance takes the first. After the pause that it makes to handle
  that code, the others count as new again.
* When a scan begins, codes that were reported during a glance count as new again.
* When the scan of another visit begins, every code counts as new again, because a report of an earlier visit does not
  count for this one. The code that began the visit does not: the entrance has taken it. A visit that a code began is
  known by its first setting, which is `Watch.OFF`: the code is being checked.
* After an answer that may be another one soon, the entrance asks for the same code again (`Watch.AGAIN`). A code that
  stays in view then counts as new again after `same_code_s`.

Rule 1: this module is pure; times are arguments.
Rule 2: no payload is stored, only a digest under a key that is known in this process only.
"""

import hashlib

from kiosk.model import Watch

MAX_REMEMBERED = 64
"""If more codes than this are in view, the one that was unseen for longest is forgotten and counts as new again."""


LONGEST_CHECK_S = 16.0
"""No check of a code lasts longer: `credentials.timeout_s` is at most 15 s. A longer pause has another reason."""


class Sightings:
    """The time at which each code was last seen. Until `look` is called, every frame is read.

    Args:
        same_code_s: how long a code must be out of view before it counts as new again, in seconds.
        key: random bytes of this process, at most 64; without them a digest cannot be compared with a known payload.
    """

    def __init__(self, same_code_s: float, key: bytes) -> None:
        self._same_code_s = same_code_s
        self._key = key
        self._watch, self._visit = Watch.FULL, 0
        self._begun_visit = 0
        self._last_seen_s: dict[bytes, float] = {}
        self._held_since_s: dict[bytes, float] = {}
        self._seen_in_glance: set[bytes] = set()
        self._after_first: set[bytes] = set()
        self._first: bytes | None = None
        self._frame_s = self._paused_s = 0.0
        self._pause_ends = False

    def frame(self, at_s: float) -> None:
        """Record that a frame was taken at `at_s` (monotonic seconds); call this before `is_new`."""
        if self._pause_ends and at_s - self._frame_s <= LONGEST_CHECK_S:
            self._paused_s += at_s - self._frame_s
        self._pause_ends = False
        self._frame_s = at_s

    def is_new(self, data: bytes, at_s: float) -> bool:
        """Record that the code `data` is in view at `at_s` (monotonic seconds). Return True if this is a new scan."""
        at_s -= self._paused_s
        digest = hashlib.blake2b(data, digest_size=16, key=self._key).digest()
        last_s = self._last_seen_s.pop(digest, None)
        self._last_seen_s[digest] = at_s
        if len(self._last_seen_s) > MAX_REMEMBERED:
            self._forget(next(iter(self._last_seen_s)))
        if last_s is not None and at_s - last_s < self._same_code_s:
            held_since_s = self._held_since_s.setdefault(digest, at_s)
            if self._watch is not Watch.AGAIN or at_s - held_since_s < self._same_code_s:
                return False
        self._held_since_s[digest] = at_s
        if self._watch is Watch.GLANCE:
            self._seen_in_glance.add(digest)
        if self._first is None:
            self._first = digest
        elif digest != self._first:
            self._after_first.add(digest)
        return True

    def look(self, watch: Watch, visit: int) -> None:
        """Begin a new period of watching: with another effort, or for another visit (`State.watched_visit`)."""
        if (watch, visit) == (self._watch, self._visit):
            return
        began_with_a_code = watch is Watch.OFF and self._watch is Watch.GLANCE and visit == -self._visit
        if began_with_a_code:
            self._begin(visit, taken=self._first)
        elif watch.scans and visit != self._begun_visit:
            self._begin(visit, taken=None)
        elif watch is not Watch.OFF:
            for digest in self._after_first | (self._seen_in_glance if watch.scans else set()):
                self._forget(digest)
        self._pause_ends = self._watch is Watch.OFF and visit == self._visit > 0
        self._watch, self._visit = watch, visit
        self._held_since_s.clear()
        if watch is not Watch.OFF:
            self._first = None

    def _begin(self, visit: int, *, taken: bytes | None) -> None:
        """Begin a visit: every code counts as new again but `taken`, which the entrance has."""
        self._begun_visit = visit
        for digest in self._last_seen_s.keys() - {taken}:
            self._forget(digest)
        self._seen_in_glance.clear()

    def _forget(self, digest: bytes) -> None:
        self._last_seen_s.pop(digest, None)
        self._held_since_s.pop(digest, None)
        self._seen_in_glance.discard(digest)
        self._after_first.discard(digest)
