"""No honest visitor hears the same instruction three times, and nobody waits long without being told why.

Worlds without faults and tricks, and the people of the demo, are played on the virtual clock. Every screen that a
visitor saw in the chamber counts.
"""

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from kiosk.display.screens import Screen
from kiosk.display.server import DisplayServer
from kiosk.settings.schema.policy import DisplaySettings
from kiosk.simulator.clock import VirtualClock
from kiosk.simulator.demo import Demo
from kiosk.simulator.demo_command import OWN_SETTINGS, load_settings
from kiosk.simulator.people.personas import Persona, VisitorCodes, one_of_each
from kiosk.simulator.people.visitor import Ending
from kiosk.simulator.worlds.bodies import Spot
from kiosk.simulator.worlds.play import PlayedWorld
from kiosk.simulator.worlds.seeds import draw_story
from tests.display.scenes import REFERRALS, texts

INVITATIONS = {"idle.chamber", "idle.closer", "idle.code"}
"""Instructions that tell a visitor who stands in the chamber nothing."""

EVERY = 1 if os.environ.get("KIOSK_PEOPLE") == "whole" else 6
"""The ordinary suite takes every sixth of the demo's people; .ci/run takes all."""

LONGEST_UNTOLD_S = 10.0
MOST_HEARD = 2


@dataclass
class Told:
    """What each visitor heard in each stay in the chamber, and the longest time in which nothing was told to them."""

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


class WatchedWorld(PlayedWorld):
    """A world that notes what its visitors are told."""

    def __init__(self, seed: int, folder: Path) -> None:
        super().__init__(replace(draw_story(seed, people=3), title=f"seed {seed}"), folder)
        self.noted = Told()

    def show(self, screen: Screen, now_s: float) -> None:
        bodies = self.premises.bodies.items()
        inside = {name: body.since_s for name, body in bodies if body.spot is Spot.CHAMBER}
        self.noted.note(screen, self.clock.now_s(), inside)
        super().show(screen, now_s)


class WatchedPage(DisplayServer):
    """The page of a demo, which nobody opens, and what its visitors are told. `came_at_s`: when the last one came."""

    def __init__(self) -> None:
        super().__init__(texts(), REFERRALS, DisplaySettings(), "demo", simulated=True)
        self.told = Told()
        self.visitor, self.came_at_s = "", 0.0

    def show(self, screen: Screen, now_s: float) -> None:
        self.told.note(screen, now_s, {self.visitor: self.came_at_s} if self.visitor else {})
        super().show(screen, now_s)


@pytest.mark.parametrize("seed", range(1, 13))
def test_nobody_hears_an_instruction_three_times_or_waits_untold(seed: int, tmp_path: Path) -> None:
    world = WatchedWorld(seed, tmp_path)
    try:
        report = world.run()
    finally:
        world.close()
    assert report.broken == []
    world.noted.check()


def test_none_of_the_demos_people_hears_an_instruction_three_times_or_waits_untold(tmp_path: Path) -> None:
    page, clock, endings = WatchedPage(), VirtualClock(), list[Ending]()

    def people(codes: VisitorCodes) -> Iterator[Persona]:
        for persona in one_of_each(codes)[::EVERY]:
            page.visitor, page.came_at_s = persona.name, clock.now_s()
            yield persona

    demo = Demo(load_settings(OWN_SETTINGS), tmp_path, people, clock, endings.append, page)
    count = len(one_of_each(demo.codes)[::EVERY])
    demo.start()
    try:
        while len(endings) < count:
            demo.advance()
    finally:
        demo.close()
    assert len(page.told.heard) == count, "everybody heard something"
    page.told.check()
