"""The outputs go to their rest level before anything else is closed, at the end of the kiosk."""

from pathlib import Path

import pytest

from kiosk.settings.schema.doors import LockKind
from tests.booth import DOOR_PIN, Booth, FakeScanner, settings


class Witness(FakeScanner):
    """Takes the place of the camera and records the levels of the pins when it is closed."""

    booth: Booth
    saw: tuple[bool, bool] | None = None

    def close(self) -> None:
        self.saw = self.booth.door_energised, self.booth.pump_on


@pytest.mark.parametrize("doing", ["admitted", "sprayed", "emergency", "idle, a magnet"])
def test_door_and_pump_are_at_rest_before_any_worker_ends(folder: Path, doing: str) -> None:
    witnesses: list[Witness] = []

    def open_scanner(_camera, _scanner, clock, post, _preview):  # type: ignore[no-untyped-def]
        witnesses.append(Witness(clock, post))
        return witnesses[0]

    kind = LockKind.FAIL_SAFE if doing == "idle, a magnet" else LockKind.FAIL_SECURE
    booth = Booth(folder, settings(door={"relay_pin": DOOR_PIN, "lock": kind}), open_scanner).start()
    witnesses[0].booth = booth
    match doing:
        case "admitted":
            booth.press("officer")
        case "emergency":
            booth.press("emergency")
        case "sprayed":
            booth.set("presence", active=True)
            booth.advance(2.0)
    assert booth.pump_on if doing == "sprayed" else booth.door_energised
    booth.close()
    assert witnesses[0].saw == (False, False)
