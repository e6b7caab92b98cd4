"""Deduplication: a code that stays in view is one scan.

A camera sees a code that is held up in many frames. Only its first sighting is a new scan. The code counts as new
again after it was out of view for `same_code_s`. Each sighting prolongs the time, so a code that is held up for a
minute is still one scan.

The entrance handles one code at a time, and a glance (`Watch.GLANCE`) only wakes it. Reports that it could not use
must not count, or the visitor would have to hide the code first:

* Of several codes in one period of watching, the entrance takes the first. After the pause that it makes to handle
  that code, the others count as new again (`resume`).
* When a scan begins, codes that were reported during a glance count as new again.
* When the scan of another visit begins, every code counts as new again (`forget_all`), because a report of an earlier
  visit does not count for this one.

Rule 1: this module is pure; times are arguments.
Rule 2: no payload is stored, only a digest under a key that is known in this process only.
"""

import hashlib

MAX_REMEMBERED = 64
"""If more codes than this are in view, the one that was unseen for longest is forgotten and counts as new again."""


class Sightings:
    """The time at which each code was last seen.

    Args:
        same_code_s: how long a code must be out of view before it counts as new again, in seconds.
        key: random bytes of this process, at most 64; without them a digest cannot be compared with a known payload.
    """

    def __init__(self, same_code_s: float, key: bytes) -> None:
        self._same_code_s = same_code_s
        self._key = key
        self._last_seen_s: dict[bytes, float] = {}
        self._seen_in_glance: set[bytes] = set()
        self._after_first: set[bytes] = set()
        self._first_reported = False

    def is_new(self, data: bytes, at_s: float, *, glance: bool = False) -> bool:
        """Record that the code `data` is in view at `at_s` (monotonic seconds). Return True if this is a new scan.

        `glance`: the code was seen in a glance, so it counts as new again when a scan begins.
        """
        digest = hashlib.blake2b(data, digest_size=16, key=self._key).digest()
        last_s = self._last_seen_s.pop(digest, None)
        self._last_seen_s[digest] = at_s
        if len(self._last_seen_s) > MAX_REMEMBERED:
            self._forget(next(iter(self._last_seen_s)))
        if last_s is not None and at_s - last_s < self._same_code_s:
            return False
        if glance:
            self._seen_in_glance.add(digest)
        if self._first_reported:
            self._after_first.add(digest)
        self._first_reported = True
        return True

    def resume(self, *, scan: bool) -> None:
        """Begin a new period of watching after a pause: codes that the entrance could not use count as new again.

        These are all codes after the first one of the last period; and, if `scan`, the codes that were seen in glances.
        """
        for digest in self._after_first | (self._seen_in_glance if scan else set()):
            self._forget(digest)
        self._first_reported = False

    def forget_all(self) -> None:
        """Begin the scan of another visit: every code counts as new again."""
        for digest in list(self._last_seen_s):
            self._forget(digest)
        self._first_reported = False

    def _forget(self, digest: bytes) -> None:
        self._last_seen_s.pop(digest, None)
        self._seen_in_glance.discard(digest)
        self._after_first.discard(digest)
