"""The tracker: which frames are decoded, and which codes, hints and corrections are reported."""

import cv2
import numpy as np
import pytest

from kiosk.errors import DeviceError
from kiosk.model import Payload, Watch
from kiosk.scanner.cascade.allowance import Allowance
from kiosk.scanner.cascade.hints import HOLD_STILL, OUT_OF_FOCUS, TOO_BRIGHT, TOO_SMALL
from kiosk.scanner.cascade.readers import Found
from kiosk.scanner.cascade.stages import STAGES, Stage
from kiosk.scanner.cascade.stream import StreamDecoder
from kiosk.scanner.child.dedupe import Sightings
from kiosk.scanner.child.exposure import Exposure
from kiosk.scanner.child.tracker import FrameReport, Tracker, _HintVotes
from kiosk.scanner.symbol.grey import Grey
from kiosk.scanner.wire.messages import MAX_CODES_PER_PICTURE, MAX_CODES_PER_S, Look
from kiosk.simulator.people.phone import CodeCarrier, DrawnView, Scene
from tests.scanner.drawing import code, frame_with, sheet_of, unread

EMPTY = np.full((720, 1280), 90, np.uint8)
PASS = b"KIOSK1:pass"
SHOWN = frame_with(code(PASS, module_px=8), 400, 200)
PAGE = frame_with(code(PASS * 6, module_px=7, border=12), 340, 60)
"""A code on a bright page."""

OTHER = frame_with(code(b"WIFI:T:WPA;;", module_px=8), 300, 200)


class Counting:
    """A tracker whose decoder counts its runs: `plain` of the first stage, `hard` of the second."""

    def __init__(self, watch: Watch, same_code_s: float = 3.0, exposure: Exposure | None = None) -> None:
        self.plain = self.hard = 0
        stages = [Stage("plain", self._plain, STAGES[0].read, 1.0), Stage("hard", self._hard, lambda *_: Found(), 1.0)]
        stream = StreamDecoder(1000.0, now_s=lambda: 0.0, stages=stages)
        self.tracker = Tracker(stream, Sightings(same_code_s, bytes(32)), exposure)
        self.tracker.watch(Look(watch, 1))

    def _plain(self, grey: Grey) -> Grey:
        self.plain += 1
        return grey

    def _hard(self, grey: Grey) -> Grey:
        self.hard += 1
        return grey

    def see(self, grey: Grey, at_s: float) -> FrameReport:
        return self.tracker.see(grey, at_s)


def noisy(frame: Grey, seed: int, sigma: float = 5.0) -> Grey:
    noise = np.random.default_rng(seed).normal(0.0, sigma, frame.shape)
    return np.clip(frame + noise, 0, 255).astype(np.uint8)


def test_a_code_is_reported_once_while_it_stays_in_view() -> None:
    counting = Counting(Watch.FULL)
    reports = [counting.see(noisy(SHOWN, number), 10.0 + number / 2) for number in range(12)]
    assert [(report.codes, report.hint, report.stops) for report in reports] == [
        ((Payload(PASS),), "", None),
        *[((), "", None)] * 11,
    ]
    assert reports[0].decoded
    assert not all(report.decoded for report in reports), "a frame without motion is not decoded again"


def test_a_code_that_was_out_of_view_for_long_is_reported_again() -> None:
    counting = Counting(Watch.FULL)
    assert counting.see(SHOWN, 10.0).codes
    assert not counting.see(EMPTY, 10.5).codes
    assert not counting.see(SHOWN, 12.0).codes
    assert not counting.see(EMPTY, 12.5).codes
    assert counting.see(SHOWN, 15.1).codes


def test_two_codes_in_one_frame_are_both_reported() -> None:
    both = SHOWN.copy()
    both[200:480, 700:980] = OTHER[200:480, 300:580]
    assert Counting(Watch.FULL).see(both, 10.0).codes == (Payload(PASS), Payload(b"WIFI:T:WPA;;"))


def test_of_a_sheet_of_sixty_codes_only_a_few_are_reported() -> None:
    counting = Counting(Watch.FULL)
    sheet = sheet_of([b"KIOSK1:%02d" % number for number in range(60)])
    reports = [counting.see(noisy(sheet, number, 2.0), 10.0 + number / 30) for number in range(10)]
    assert len(reports[0].codes) == MAX_CODES_PER_PICTURE
    assert sum(len(report.codes) for report in reports) <= 3 * MAX_CODES_PER_PICTURE


def test_a_code_held_beside_a_sheet_of_codes_is_reported() -> None:
    frame = sheet_of([b"KIOSK1:%02d" % number for number in range(30)])
    held = code(PASS, module_px=8)
    frame[420 : 420 + held.shape[0], 900 : 900 + held.shape[1]] = held
    assert Payload(PASS) in Counting(Watch.FULL).see(frame, 10.0).codes


def test_the_codes_nearest_to_the_centre_are_reported_of_codes_of_equal_size() -> None:
    payloads = [b"KIOSK1:%02d" % number for number in range(60)]
    codes = Counting(Watch.FULL).see(sheet_of(payloads), 10.0).codes
    assert codes == tuple(Payload(payloads[number]) for number in (24, 25, 34, 35))


def test_codes_that_change_with_each_picture_stay_within_the_limit_of_a_second() -> None:
    counting = Counting(Watch.FULL)
    times_s: list[float] = []
    for picture in range(60):
        at_s = 10.0 + picture / 20
        sheet = sheet_of([b"KIOSK1:%02d.%02d" % (picture, number) for number in range(10)])
        times_s += [at_s for _ in counting.see(sheet, at_s).codes]
    assert len(times_s) >= 2 * MAX_CODES_PER_S
    assert all(later - first > 1.0 for first, later in zip(times_s, times_s[MAX_CODES_PER_S:], strict=False))


def test_a_code_beyond_the_limit_of_a_second_is_reported_later() -> None:
    counting = Counting(Watch.FULL)
    for picture in range(MAX_CODES_PER_S // MAX_CODES_PER_PICTURE):
        assert counting.see(sheet_of([b"KIOSK1:%d%d" % (picture, number) for number in range(4)]), 10.0).codes
    assert not counting.see(SHOWN, 10.5).codes
    assert counting.see(SHOWN, 11.1).codes == (Payload(PASS),)


def test_a_frame_without_motion_is_not_decoded() -> None:
    counting = Counting(Watch.FULL)
    for number in range(10):
        counting.see(noisy(EMPTY, number), 10.0 + number / 20)
    assert (counting.plain, counting.hard) == (1, 1)


def test_a_frame_without_motion_is_decoded_once_a_second() -> None:
    counting = Counting(Watch.FULL)
    for number in range(41):
        counting.see(EMPTY, 10.0 + number / 10)
    assert counting.plain == 5


def test_noise_of_twenty_grey_levels_is_no_motion() -> None:
    counting = Counting(Watch.FULL)
    for number in range(5):
        counting.see(noisy(EMPTY, number, 20.0), 10.0)
    assert counting.plain == 1


def test_a_small_code_that_comes_into_view_is_motion() -> None:
    counting = Counting(Watch.FULL)
    counting.see(EMPTY, 10.0)
    assert counting.see(frame_with(code(PASS, module_px=2), 900, 500, ground=90), 10.1).codes == (Payload(PASS),)


def test_a_code_stays_in_view_while_nothing_moves() -> None:
    counting = Counting(Watch.FULL, same_code_s=0.5)
    assert counting.see(SHOWN, 10.0).codes
    assert not any(counting.see(SHOWN, 10.0 + number / 10).codes for number in range(1, 60))


def test_a_glance_uses_the_first_stage_only() -> None:
    counting = Counting(Watch.GLANCE)
    counting.see(EMPTY, 10.0)
    assert (counting.plain, counting.hard) == (1, 0)


def test_while_off_no_frame_is_decoded() -> None:
    counting = Counting(Watch.OFF)
    assert counting.see(SHOWN, 10.0) == FrameReport()
    assert counting.plain == 0


def test_a_code_reported_in_a_glance_is_reported_again_in_the_scan() -> None:
    counting = Counting(Watch.GLANCE)
    assert counting.see(SHOWN, 10.0).codes
    counting.tracker.watch(Look(Watch.OFF, 1))
    counting.tracker.watch(Look(Watch.FULL, 1))
    assert counting.see(SHOWN, 10.2).codes


def test_a_code_reported_in_a_scan_is_not_reported_again_after_a_short_pause() -> None:
    counting = Counting(Watch.FULL)
    assert counting.see(SHOWN, 10.0).codes
    counting.tracker.watch(Look(Watch.OFF, 1))
    counting.tracker.watch(Look(Watch.FULL, 1))
    assert not counting.see(SHOWN, 10.5).codes


def test_a_near_code_that_stays_unread_gives_the_hint_to_hold_still() -> None:
    counting = Counting(Watch.FULL)
    hints = [counting.see(unread(14), 10.0 + number / 8).hint for number in range(24)]
    assert hints == [""] * 6 + [HOLD_STILL] + [""] * 15 + [HOLD_STILL] + [""]


def test_a_far_code_that_stays_unread_gives_the_hint_too_small() -> None:
    counting = Counting(Watch.FULL)
    hints = {counting.see(unread(3), 10.0 + number / 10).hint for number in range(10)}
    assert hints == {"", TOO_SMALL}


def first_hint(counting: Counting, frame: Grey, for_s: float = 1.0) -> tuple[str, float]:
    frames = [noisy(frame, number, 2.0) for number in range(2)]
    reports = ((counting.see(frames[number % 2], number / 10), number / 10) for number in range(int(for_s * 10)))
    return next(((report.hint, at_s) for report, at_s in reports if report.hint), ("", for_s))


def test_a_code_that_is_not_located_gives_a_hint_within_a_second() -> None:
    blurred = np.asarray(cv2.GaussianBlur(PAGE, (0, 0), 6.0), np.uint8)
    hint, at_s = first_hint(Counting(Watch.FULL), blurred)
    assert hint == OUT_OF_FOCUS
    assert at_s <= 1.0


def test_a_code_that_is_in_view_for_a_moment_and_not_located_gives_no_hint() -> None:
    counting = Counting(Watch.FULL)
    frames = [*[np.asarray(cv2.GaussianBlur(PAGE, (0, 0), 6.0), np.uint8)] * 5, *[EMPTY] * 15] * 3
    assert {counting.see(frame, 10.0 + number / 10).hint for number, frame in enumerate(frames)} == {""}


def test_the_hint_too_bright_waits_until_the_exposure_is_at_its_lowest() -> None:
    burnt_out = np.clip(unread(10) + 225.0, 0, 255).astype(np.uint8)
    assert first_hint(Counting(Watch.FULL), burnt_out)[0] == TOO_BRIGHT
    hint, at_s = first_hint(Counting(Watch.FULL, exposure=Exposure(0.0)), burnt_out, for_s=6.0)
    assert hint == TOO_BRIGHT
    assert at_s >= 1.5


def test_while_a_symbol_is_unread_every_frame_is_decoded() -> None:
    counting = Counting(Watch.FULL)
    for number in range(5):
        counting.see(unread(14), 10.0 + number / 30)
    assert counting.hard == 5


def test_a_code_that_was_unread_for_a_moment_gives_no_hint() -> None:
    counting = Counting(Watch.FULL)
    frames = [unread(14), unread(14), *[EMPTY] * 7] * 3
    assert {counting.see(frame, 10.0 + number / 10).hint for number, frame in enumerate(frames)} == {""}


def test_a_glance_gives_no_hint() -> None:
    counting = Counting(Watch.GLANCE)
    assert {counting.see(unread(14), 10.0 + number / 10).hint for number in range(12)} == {""}


def test_a_code_in_a_trembling_hand_is_reported_once() -> None:
    counting = Counting(Watch.FULL)
    view = DrawnView(Scene(CodeCarrier.PHONE, PASS, seed=21), 1280, 720)
    codes = [counting.see(view.picture(number / 10), number / 10).codes for number in range(10)]
    assert codes == [(Payload(PASS),)] + [()] * 9


def test_a_picture_that_cannot_be_used_is_a_device_error() -> None:
    with pytest.raises(DeviceError):
        Counting(Watch.FULL).see(np.zeros((4, 4), np.uint8), 10.0)


def test_a_code_in_view_does_not_hide_the_hint_for_an_unread_one_beside_it() -> None:
    both = unread(14)
    poster = code(b"KIOSK1:poster", module_px=5)
    both[30 : 30 + poster.shape[0], 1010 : 1010 + poster.shape[1]] = poster
    counting = Counting(Watch.FULL)
    reports = [counting.see(both, 10.0 + number / 8) for number in range(10)]
    assert [report.codes for report in reports if report.codes] == [(Payload(b"KIOSK1:poster"),)]
    assert {report.hint for report in reports} == {"", HOLD_STILL}


def test_diagnoses_that_take_long_are_less_frequent() -> None:
    votes = _HintVotes()
    assert votes.due(10.0)
    votes.add("", 10.0, took_ms=20.0)
    assert [votes.due(at_s) for at_s in (10.2, 10.31)] == [False, True]
    votes.add("", 10.31, took_ms=270.0)
    assert [votes.due(at_s) for at_s in (11.6, 11.7)] == [False, True]


def test_hints_and_the_measurement_of_the_light_are_charged(monkeypatch: pytest.MonkeyPatch) -> None:
    now_s, charged_ms = 0.0, []

    def take(_: object, *__: object) -> str:
        nonlocal now_s
        now_s += 0.025
        return ""

    monkeypatch.setattr("kiosk.scanner.child.tracker.hints.diagnose", take)
    stream = StreamDecoder(1000.0, now_s=lambda: now_s, stages=STAGES[:1], slowness=1.0)
    tracker = Tracker(stream, Sightings(3.0, bytes(32)))
    tracker.watch(Look(Watch.FULL, 1))
    monkeypatch.setattr(Allowance, "charge", lambda self, ms: charged_ms.append(round(ms)))
    for number in range(10):
        tracker.see(noisy(EMPTY, number, sigma=60.0), number / 10)
    assert charged_ms.count(25) == 4  # every 0.3 s
