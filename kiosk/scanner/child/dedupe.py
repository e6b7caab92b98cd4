"""The same code seen again is one scan: it counts again only after it has been away from the view for a while.

Rule 1: pure; times are handed in.
Rule 2: the entrance serves one code at a time, and a glance only wakes it: what it had no time for is not scanned.
Rule 3: what a visitor showed is not kept, only a digest under a key that nobody outside this process knows.
"""

import hashlib

MAX_REMEMBERED = 64
"""A wall of more codes than this makes the longest unseen one count anew; memory stays bounded."""


class Sightings:
    """When each code was last seen.

    same_code_s: how long a code must be out of view before it counts again, in seconds.
    key: random bytes (up to 64) of this process, so that a digest tells nothing to anyone else.
    """

    def __init__(self, same_code_s: float, key: bytes) -> None:
        self._same_code_s = same_code_s
        self._key = key
        self._last_seen_s: dict[bytes, float] = {}
        self._glanced: set[bytes] = set()
        self._second: set[bytes] = set()
        self._told = False

    def is_new(self, data: bytes, at_s: float, *, glance: bool = False) -> bool:
        """Note that the code is in view at `at_s` (monotonic); True when this is a new scan of it."""
        digest = hashlib.blake2b(data, digest_size=16, key=self._key).digest()
        last_s = self._last_seen_s.pop(digest, None)
        self._last_seen_s[digest] = at_s
        if len(self._last_seen_s) > MAX_REMEMBERED:
            self._forget(next(iter(self._last_seen_s)))
        if last_s is not None and at_s - last_s < self._same_code_s:
            return False
        if glance:
            self._glanced.add(digest)
        if self._told:
            self._second.add(digest)
        self._told = True
        return True

    def resume(self, *, scan: bool) -> None:
        """After a pause: what came second before it counts anew; where a scan begins, what a glance saw does too."""
        for digest in self._second | (self._glanced if scan else set()):
            self._forget(digest)
        self._told = False

    def _forget(self, digest: bytes) -> None:
        self._last_seen_s.pop(digest, None)
        self._glanced.discard(digest)
        self._second.discard(digest)
