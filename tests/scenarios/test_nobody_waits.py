"""No honest visitor hears the same instruction three times, and nobody waits long without being told why.

Worlds without faults and tricks are played on the virtual clock; every screen that a visitor saw in the chamber counts.
"""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from kiosk.display.screens import Screen
from kiosk.simulator.worlds.bodies import Spot
from kiosk.simulator.worlds.play import PlayedWorld
from kiosk.simulator.worlds.seeds import draw_story

INVITATIONS = {"idle.chamber", "idle.closer", "idle.code"}
"""Instructions that tell a visitor who stands in the chamber nothing."""

LONGEST_UNTOLD_S = 10.0
MOST_HEARD = 2


class WatchedWorld(PlayedWorld):
    """A world that notes what each visitor hears in the chamber, and how long nothing is told to them."""

    def __init__(self, seed: int, folder: Path) -> None:
        super().__init__(replace(draw_story(seed, people=3), title=f"seed {seed}"), folder)
        self.heard: dict[str, Counter[tuple[str, ...]]] = {}
        self.untold_s: dict[str, float] = {}
        self._last: tuple[Screen, float] | None = None
        self._last_voice: tuple[str, ...] = ()

    def show(self, screen: Screen, now_s: float) -> None:
        inside = [name for name, body in self.premises.bodies.items() if body.spot is Spot.CHAMBER]
        if self._last and self._last[0].instruction in INVITATIONS and not self._last[0].notice:
            for name in inside:
                since_s = max(self._last[1], self.premises.bodies[name].since_s)
                self.untold_s[name] = max(self.untold_s.get(name, 0.0), self.clock.now_s() - since_s)
        if screen.voice and screen.voice != self._last_voice:
            for name in inside:
                self.heard.setdefault(name, Counter())[screen.voice] += 1
        self._last, self._last_voice = (screen, self.clock.now_s()), screen.voice
        super().show(screen, now_s)


@pytest.mark.parametrize("seed", range(1, 13))
def test_nobody_hears_an_instruction_three_times_or_waits_untold(seed: int, tmp_path: Path) -> None:
    world = WatchedWorld(seed, tmp_path)
    try:
        report = world.run()
    finally:
        world.close()
    assert report.broken == []
    assert world.heard, "somebody heard something"
    for name, heard in world.heard.items():
        often = {voice: count for voice, count in heard.items() if count > MOST_HEARD}
        assert not often, f"{name} heard {often}"
    assert all(waited_s <= LONGEST_UNTOLD_S for waited_s in world.untold_s.values()), world.untold_s
