"""The heart-beat of the screen, as requests of `kiosk screen`."""

import asyncio
import json

import pytest
from starlette.requests import Request

from kiosk.display.screen_beats import DARK_S, FIRST_START_S, ScreenBeats
from kiosk.model import Phase


class Rig:
    """The route with a clock and a phase that a test sets."""

    def __init__(self, *, expected: bool) -> None:
        self.now_s, self.phase = 100.0, Phase.IDLE
        self.beats = ScreenBeats(lambda: self.phase, lambda: self.now_s, expected=expected)

    def ask(self, header: tuple[bytes, bytes]) -> tuple[int, bytes]:
        answer = asyncio.run(self.beats.answer(Request({"type": "http", "headers": [header]})))
        return answer.status_code, bytes(answer.body)

    def beat(self, state: str) -> object:
        status, body = self.ask((b"kiosk-screen", state.encode()))
        assert status == 200
        return json.loads(body)


@pytest.fixture
def rig() -> Rig:
    return Rig(expected=False)


def test_a_screen_that_was_never_heard_is_not_missed(rig: Rig) -> None:
    rig.now_s += 100 * FIRST_START_S
    assert rig.beats.fault == ""


def test_a_screen_of_the_settings_is_missed_from_the_start() -> None:
    rig = Rig(expected=True)
    rig.now_s += FIRST_START_S - 0.1
    assert rig.beats.fault == ""
    rig.now_s += 0.1
    assert rig.beats.fault == "screen_dark"
    rig.beat("painting")
    assert rig.beats.fault == ""


@pytest.mark.parametrize("last", ["dark", "nothing"])
def test_a_screen_that_stops_painting_is_dark_and_recovers(rig: Rig, last: str) -> None:
    rig.beat("painting")
    rig.now_s += DARK_S - 0.1
    if last == "dark":
        rig.beat("dark")
    assert rig.beats.fault == ""
    rig.now_s += 0.1
    assert rig.beats.fault == "screen_dark"
    rig.beat("painting")
    assert rig.beats.fault == ""


def test_a_browser_that_is_dark_at_first_has_time_to_start(rig: Rig) -> None:
    rig.beat("dark")
    rig.now_s += DARK_S - 0.1
    rig.beat("dark")
    assert rig.beats.fault == ""
    rig.now_s += 0.1
    assert rig.beats.fault == "screen_dark"


@pytest.mark.parametrize("before", ["painting", "dark"])
def test_a_screen_that_somebody_stopped_is_not_missed_until_it_is_heard_again(rig: Rig, before: str) -> None:
    rig.beat(before)
    rig.now_s += DARK_S
    rig.beat("stopped")
    rig.now_s += 100 * DARK_S
    assert rig.beats.fault == ""
    rig.beat("dark")
    rig.now_s += DARK_S
    assert rig.beats.fault == "screen_dark"


def test_a_screen_of_the_settings_is_missed_while_it_is_stopped() -> None:
    rig = Rig(expected=True)
    rig.beat("painting")
    rig.beat("stopped")
    rig.now_s += DARK_S
    assert rig.beats.fault == "screen_dark"


@pytest.mark.parametrize("phase", list(Phase))
def test_the_answer_says_whether_a_visitor_is_served(rig: Rig, phase: Phase) -> None:
    rig.phase = phase
    resting = {Phase.STARTING, Phase.IDLE, Phase.OUT_OF_SERVICE, Phase.MAINTENANCE}
    assert rig.beat("painting") == {"serving": phase not in resting}


@pytest.mark.parametrize("header", [(b"accept", b"*/*"), (b"kiosk-screen", b"bright")])
def test_a_request_of_somebody_else_is_no_heart_beat(rig: Rig, header: tuple[bytes, bytes]) -> None:
    rig.beat("painting")
    rig.now_s += DARK_S
    assert rig.ask(header)[0] == 400
    assert rig.beats.fault == "screen_dark"
