"""Frames of a scene, drawn before the measurement so that no figure includes drawing; and the time of decoding."""

from collections import Counter
from pathlib import Path

import numpy as np

from bench.figures import Row
from kiosk.scanner.cascade.decode import Decoder
from kiosk.scanner.symbol.grey import Grey
from kiosk.settings.schema.policy import ScannerSettings
from kiosk.simulator.people.phone import CodeCarrier, DrawnView, Scene

SIZE_PX = (1280, 720)
MOMENTS = 4
"""Number of frames of a scene, a tenth of a second apart; hand and noise differ."""

PHONES = 25


def drawn(scene: Scene) -> list[Grey]:
    """Return `MOMENTS` frames of a scene."""
    view = DrawnView(scene, *SIZE_PX)
    return [view.picture(0.1 * moment) for moment in range(MOMENTS)]


def put_before_camera(path: Path, pictures: list[Grey]) -> None:
    """Write `pictures` to the file of the recorded camera. The file is replaced as a whole."""
    beside = path.with_suffix(".new")
    with beside.open("wb") as file:
        np.save(file, np.stack(pictures))
    beside.replace(path)


def rows(code: bytes) -> list[Row]:
    """Measure the decoding of `code` on a phone, in this process."""
    decoder, stages, samples_ms = Decoder(ScannerSettings().budget_ms), Counter[str](), []
    for seed in range(PHONES):
        for picture in drawn(Scene(CodeCarrier.PHONE, code, seed)):
            found = decoder.decode(picture).codes
            stages[found[0].stage if found else "unread"] += 1
            samples_ms += [reading.ms for reading in found]
    read_by = ", ".join(f"{stage} {count}" for stage, count in stages.most_common())
    what = f"decoding a phone, {SIZE_PX[0]}x{SIZE_PX[1]} (stages: {read_by})"
    return [Row(what, samples_ms, "ms", tail=0.95)]
