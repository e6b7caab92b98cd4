"""The record of the texts that visitors are told while they wait, and its limits."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from kiosk.display.screens import Screen

INVITATIONS = {"idle.chamber", "idle.closer", "idle.code"}
"""Instructions that tell a visitor who stands in the chamber nothing."""

LONGEST_UNTOLD_S = 10.0
MOST_HEARD = 2


@dataclass
class Told:
    """The texts that each visitor heard in each stay in the chamber, and the longest time without one."""

    heard: dict[tuple[str, float], Counter[tuple[str, ...]]] = field(default_factory=dict)
    untold_s: dict[str, float] = field(default_factory=dict)
    _last: tuple[Screen, float] | None = None
    _last_voice: tuple[str, ...] = ()

    def note(self, screen: Screen, now_s: float, inside: Mapping[str, float]) -> None:
        """Note a new screen. inside: who is in the chamber, and since when."""
        if self._last and self._last[0].instruction in INVITATIONS and not self._last[0].notice:
            for name, came_at_s in inside.items():
                waited_s = now_s - max(self._last[1], came_at_s)
                self.untold_s[name] = max(self.untold_s.get(name, 0.0), waited_s)
        if screen.voice and screen.voice != self._last_voice:
            for name, came_at_s in inside.items():  # somebody who comes back later hears it again
                self.heard.setdefault((name, came_at_s), Counter())[screen.voice] += 1
        self._last, self._last_voice = (screen, now_s), screen.voice

    def check(self) -> None:
        """Fail if somebody heard something too often, or was told nothing for too long."""
        assert self.heard, "somebody heard something"
        for (name, _), heard in self.heard.items():
            often = {voice: count for voice, count in heard.items() if count > MOST_HEARD}
            assert not often, f"{name} heard {often}"
        assert all(waited_s <= LONGEST_UNTOLD_S for waited_s in self.untold_s.values()), self.untold_s
