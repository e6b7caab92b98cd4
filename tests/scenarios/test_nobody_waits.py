"""No honest visitor hears the same instruction three times, and nobody waits long without being told why.

Worlds without faults and tricks are played on the virtual clock; `test_people_of_the_demo` tells the same of the demo.
Every screen that a visitor saw in the chamber counts.
"""

from dataclasses import replace
from pathlib import Path

import pytest

from kiosk.display.screens import Screen
from kiosk.simulator.worlds.bodies import Spot
from kiosk.simulator.worlds.play import PlayedWorld
from kiosk.simulator.worlds.seeds import draw_story
from tests.scenarios.told import Told


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


@pytest.mark.parametrize("seed", range(1, 13))
def test_no_visitor_hears_an_instruction_three_times_or_waits_without_being_told(seed: int, tmp_path: Path) -> None:
    world = WatchedWorld(seed, tmp_path)
    try:
        report = world.run()
    finally:
        world.close()
    assert report.broken == []
    world.noted.check()
