"""What the two processes use of a core while nobody is there, and while somebody is scanned."""

import time
from itertools import pairwise
from pathlib import Path

from bench.booth import Booth
from bench.figures import Row
from bench.machine import Usage, usage
from bench.site import Equipment, Site
from kiosk.model import Phase
from kiosk.simulator.phone import CodeCarrier, Scene

WINDOW_S = 10.0
WINDOWS = 3
SETTLE_S = 2.0
SKIN_C = 34.7
UNREADABLE_PX = 9.0
"""So far out of focus that every stage of the decoder is tried in vain, at every picture."""

AIM = "≤ 2 %"


def rows(folder: Path) -> list[Row]:
    """A booth with a presence sensor: nobody there; a person without a code; a phone that cannot be read."""
    with Booth(Site(folder)) as booth:
        found = _shares(booth, "nobody there (scanner off)", AIM)
        booth.set("face", SKIN_C)
        booth.set("presence", 1)
        booth.wait_for(Phase.SCANNING)
        booth.show(Scene(CodeCarrier.PERSON))
        found += _shares(booth, "scanning, no code shown")
        booth.show(Scene(CodeCarrier.PHONE, booth.site.new_pass(), blur_px=UNREADABLE_PX))
        return found + _shares(booth, "scanning, a phone out of focus (worst case)")


def without_presence_sensor(folder: Path) -> list[Row]:
    """A booth without one: the scanner glances while nobody is served."""
    with Booth(Site(folder, Equipment.NO_PRESENCE)) as booth:
        return _shares(booth, "nobody there, no presence sensor (scanner glances)", AIM)


def _shares(booth: Booth, when: str, aim: str = "") -> list[Row]:
    """Percent of one core, and how often a thread woke up, which it does as often on a slower machine."""
    time.sleep(SETTLE_S)
    looks = [_look(booth)]
    for _ in range(WINDOWS):
        time.sleep(WINDOW_S)
        looks.append(_look(booth))
    found = []
    for number, who in enumerate(("controller", "scanner")):
        windows = [(was[number], now[number]) for was, now in pairwise(looks)]
        busy = [100 * (now.busy_s - was.busy_s) / (now.at_s - was.at_s) for was, now in windows]
        wakes = [(now.sleeps - was.sleeps) / (now.at_s - was.at_s) for was, now in windows]
        found += [Row(f"{who}: {when}", busy, "% of a core", aim), Row("– threads woken", wakes, "times a second")]
    return found


def _look(booth: Booth) -> tuple[Usage, Usage]:
    return usage(booth.controller), usage(booth.scanner)
