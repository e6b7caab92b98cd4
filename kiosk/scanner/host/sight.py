"""The work of the scanner, for the technician: when it read a code and of which kind, and when it gave a hint.

Rule: the code itself is not kept, only its length and the public beginning by which its kind is known.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kiosk.flow.events import CodeHinted, CodeSeen, Event


@dataclass(frozen=True, slots=True)
class Sight:
    """The newest code or hint, at `at_s` monotonic seconds.

    prefix: the beginning of a code of a known kind, such as "HC1:", otherwise "". length: of the code in bytes; 0 for a
    hint. hint: a key of the visitors' texts, or "".
    """

    at_s: float
    prefix: str = ""
    length: int = 0
    hint: str = ""


class SightReadout:
    """Stands between the scanner and the inbox, and keeps the newest sight. Safe from any thread.

    post: offers an event to the inbox; returns True if it was accepted. prefixes: of the known kinds of codes.
    """

    def __init__(self, post: Callable[[Event], bool], prefixes: Sequence[str]) -> None:
        self._post = post
        self._prefixes = prefixes
        self.newest: Sight | None = None

    def post(self, event: Event) -> bool:
        """Offer the event to the inbox, and note it if it is a code or a hint."""
        match event:
            case CodeSeen():
                data = event.payload.data
                prefix = next((prefix for prefix in self._prefixes if data.startswith(prefix.encode())), "")
                self.newest = Sight(event.at_s, prefix, len(data))
            case CodeHinted():
                self.newest = Sight(event.at_s, hint=event.hint)
        return self._post(event)
