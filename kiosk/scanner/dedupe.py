"""The same code seen again is one scan: it counts again only after it has been away from the view for a while.

Rule 1: pure; times are handed in.
Rule 2: what a visitor showed is not kept, only a digest under a key that nobody outside this process knows.
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

    def is_new(self, data: bytes, at_s: float) -> bool:
        """Note that the code is in view at `at_s` (monotonic); True when this is a new scan of it."""
        digest = hashlib.blake2b(data, digest_size=16, key=self._key).digest()
        last_s = self._last_seen_s.pop(digest, None)
        self._last_seen_s[digest] = at_s
        if len(self._last_seen_s) > MAX_REMEMBERED:
            del self._last_seen_s[next(iter(self._last_seen_s))]
        return last_s is None or at_s - last_s >= self._same_code_s

    def forget(self) -> None:
        """Count every code anew."""
        self._last_seen_s.clear()
