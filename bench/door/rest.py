"""The processor load of the two processes without a visitor and during scanning."""

import time
from itertools import pairwise
from pathlib import Path

from bench.door.booth import Booth
from bench.door.site import Equipment, Site
from bench.figures import Row
from bench.machine import Usage, usage
from kiosk.model import Phase
from kiosk.simulator.people.phone import CodeCarrier, Scene

WINDOW_S = 10.0
WINDOWS = 3
SETTLE_S = 2.0
SKIN_C = 34.7
UNREADABLE_PX = 9.0
"""A defocus blur with which each stage of the decoder is tried without success."""

AIM = "≤ 2 %"


def rows(folder: Path) -> list[Row]:
    """Measure a booth with a presence sensor: no visitor, a person without a code, and a code that cannot be read."""
    with Booth(Site(folder)) as booth:
        result = _shares(booth, "no visitor (scanner off)", AIM)
        booth.set("face", SKIN_C)
        booth.set("presence", 1)
        booth.wait_for(Phase.SCANNING)
        booth.show(Scene(CodeCarrier.PERSON))
        result += _shares(booth, "scanning, no code shown")
        booth.show(Scene(CodeCarrier.PHONE, booth.site.new_pass(), blur_px=UNREADABLE_PX))
        return result + _shares(booth, "scanning, a phone out of focus (worst case)")


def without_presence_sensor(folder: Path) -> list[Row]:
    """Measure a booth without a presence sensor, whose scanner glances while no visitor is served."""
    with Booth(Site(folder, Equipment.NO_PRESENCE)) as booth:
        return _shares(booth, "no visitor, no presence sensor (scanner glances)", AIM)


def _shares(booth: Booth, when: str, aim: str = "") -> list[Row]:
    """Return the load in percent of one core, and how often threads wake up, which does not depend on the machine."""
    time.sleep(SETTLE_S)
    samples = [_usages(booth)]
    for _ in range(WINDOWS):
        time.sleep(WINDOW_S)
        samples.append(_usages(booth))
    result = []
    for number, process in enumerate(("controller", "scanner")):
        windows = [(before[number], after[number]) for before, after in pairwise(samples)]
        busy = [100 * (after.busy_s - before.busy_s) / (after.at_s - before.at_s) for before, after in windows]
        wakes = [(after.sleeps - before.sleeps) / (after.at_s - before.at_s) for before, after in windows]
        result += [Row(f"{process}: {when}", busy, "% of a core", aim), Row("– threads woken", wakes, "times a second")]
    return result


def _usages(booth: Booth) -> tuple[Usage, Usage]:
    return usage(booth.controller), usage(booth.scanner)
