"""What stands before the camera, drawn beforehand, so that drawing is in no figure; and how long decoding takes."""

from collections import Counter
from pathlib import Path

import numpy as np

from bench.figures import Row
from kiosk.scanner.cascade.decode import Decoder
from kiosk.scanner.symbol.grey import Grey
from kiosk.settings.schema.policy import ScannerSettings
from kiosk.simulator.phone import CodeCarrier, DrawnView, Scene

SIZE_PX = (1280, 720)
MOMENTS = 4
"""Pictures of one scene, a tenth of a second apart: the hand trembles, the noise is another."""

PHONES = 25


def drawn(scene: Scene) -> list[Grey]:
    """The pictures of a scene."""
    view = DrawnView(scene, *SIZE_PX)
    return [view.picture(0.1 * moment) for moment in range(MOMENTS)]


def put_before_camera(path: Path, pictures: list[Grey]) -> None:
    """Let the bench's camera see `pictures` from now on; it never sees half of them."""
    beside = path.with_suffix(".new")
    with beside.open("wb") as file:
        np.save(file, np.stack(pictures))
    beside.replace(path)


def rows(code: bytes) -> list[Row]:
    """Decoding a phone that shows `code`, in this process, from the picture in hand to the bytes."""
    decoder, stages, samples_ms = Decoder(ScannerSettings().budget_ms), Counter[str](), []
    for seed in range(PHONES):
        for picture in drawn(Scene(CodeCarrier.PHONE, code, seed)):
            found = decoder.decode(picture).codes
            stages[found[0].stage if found else "unread"] += 1
            samples_ms += [reading.ms for reading in found]
    read_by = ", ".join(f"{stage} {count}" for stage, count in stages.most_common())
    what = f"decoding a phone, {SIZE_PX[0]}x{SIZE_PX[1]} (stages: {read_by})"
    return [Row(what, samples_ms, "ms", tail=0.95)]
