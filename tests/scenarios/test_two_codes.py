"""Two codes in one picture: each is served, one after the other."""

from pathlib import Path

import numpy as np
import pytest

from kiosk.composition.environment import OpenScanner
from kiosk.model import Phase
from kiosk.scanner.symbol.grey import Grey
from kiosk.simulator.inline_scanner import inline_opener
from tests.booth import HEALTHY_C, Booth, settings
from tests.scanner.drawing import code

WIFI = b"AAA:WIFI"


class Still:
    """A camera that shows `picture`."""

    def __init__(self) -> None:
        self.picture: Grey = np.full((720, 1280), 128, np.uint8)

    def start(self) -> None:
        pass

    def frame(self, _wait_s: float) -> Grey:
        return self.picture

    def expose(self, _stops: float) -> None:
        pass

    def close(self) -> None:
        pass

    def show(self, *payloads: bytes) -> None:
        """The codes side by side."""
        picture = np.full((720, 1280), 128, np.uint8)
        for number, payload in enumerate(payloads):
            drawn = code(payload, module_px=5)
            high, wide = drawn.shape
            picture[100 : 100 + high, 40 + 620 * number : 40 + 620 * number + wide] = drawn
        self.picture = picture


def opener(camera: Still) -> OpenScanner:
    return inline_opener(lambda _setup, _clock: camera)


@pytest.mark.parametrize("wifi_first", [True, False])
def test_a_pass_next_to_another_code_admits_its_holder(folder: Path, wifi_first: bool) -> None:
    camera = Still()
    booth = Booth(folder, settings(), opener(camera)).start()
    booth.advance(2.0)  # the scanner starts
    booth.walk_to_camera()
    camera.show(*((WIFI, booth.good_pass) if wifi_first else (booth.good_pass, WIFI)))
    booth.advance(2.0)
    assert (booth.phase, booth.door_energised) == (Phase.ADMITTING, True)
    booth.close()


def test_two_people_with_two_phones_are_served_one_after_the_other(folder: Path) -> None:
    camera = Still()
    wanted = settings(sequence=["temperature", "credential"], scanner={"scan_s": 20.0, "same_code_s": 60.0})
    booth = Booth(folder, wanted, opener(camera)).start()
    booth.advance(2.0)  # the scanner starts
    camera.show(booth.good_pass, booth.other_pass)
    booth.set("presence", active=True)
    booth.face(HEALTHY_C)
    for _ in range(2):
        booth.advance(4.0)
        assert (booth.phase, booth.door_energised) == (Phase.ADMITTING, True)
        booth.press("passage")
    booth.advance(10.0)
    assert (booth.phase, booth.door_energised) == (Phase.SCANNING, False), "each of them is admitted once"
    booth.close()
