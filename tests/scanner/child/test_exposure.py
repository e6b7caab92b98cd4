"""Exposure control: its rules, and its effect on drawn phones that are far too bright or too dark."""

import os

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.model import Payload, Watch
from kiosk.scanner.cascade.stages import STAGES
from kiosk.scanner.cascade.stream import StreamDecoder
from kiosk.scanner.child.dedupe import Sightings
from kiosk.scanner.child.exposure import Exposure, SceneLight
from kiosk.scanner.child.metering import light_on
from kiosk.scanner.child.pipes import Outbox
from kiosk.scanner.child.process import ScannerLoop
from kiosk.scanner.child.tracker import Tracker
from kiosk.scanner.symbol.grey import Grey
from kiosk.scanner.wire.messages import CodeRead, Look, Message, MessageReader
from kiosk.scanner.wire.orders import Orders
from kiosk.settings.schema.policy import ScannerSettings
from kiosk.settings.schema.wiring import CameraSettings
from kiosk.simulator.camera import BoothCamera, SimulatedView
from kiosk.simulator.clock import VirtualClock
from kiosk.simulator.people.phone import CodeCarrier, DrawnView, Scene
from tests.scanner.child.test_process import FakeControls

BRIGHT, DARK, GOOD = SceneLight(254.0, 0.9), SceneLight(20.0, 0.0), SceneLight(120.0, 0.1)
LIGHTS = st.none() | st.builds(SceneLight, st.floats(0, 255), st.floats(0, 1))


def test_a_bright_place_lowers_the_exposure_a_stop_each_half_second_by_at_most_four() -> None:
    exposure = Exposure(-0.5)
    corrections = [exposure.adapt(BRIGHT, at_s / 4) for at_s in range(7)]
    assert corrections == [-1.5, None, -2.5, None, -3.5, None, -4.5]
    assert exposure.is_lowest
    assert exposure.adapt(BRIGHT, 9.0) is None


def test_a_dark_place_raises_the_exposure_by_at_most_two_stops() -> None:
    exposure = Exposure(-0.5)
    assert [exposure.adapt(DARK, at_s) for at_s in (0.0, 1.0, 2.0)] == [0.5, 1.5, None]
    assert not exposure.is_lowest


def test_a_good_light_leaves_the_exposure() -> None:
    assert Exposure(-0.5).adapt(GOOD, 0.0) is None


def test_the_exposure_returns_to_the_settings_value_when_no_code_was_seen_for_a_while() -> None:
    exposure = Exposure(-0.5)
    assert exposure.adapt(BRIGHT, 0.0) == -1.5
    exposure.hold(1.0)
    assert exposure.adapt(None, 2.4) is None
    assert exposure.adapt(None, 3.0) == -0.5
    assert exposure.adapt(None, 9.0) is None


@given(usual=st.floats(-4, 4), lights=st.lists(st.tuples(LIGHTS, st.floats(0, 3)), max_size=60))
def test_corrections_keep_the_limits_and_the_interval(
    usual: float, lights: list[tuple[SceneLight | None, float]]
) -> None:
    exposure, at_s, changes = Exposure(usual), 0.0, [-10.0]
    for light, pause_s in lights:
        at_s += pause_s
        stops = exposure.adapt(light, at_s)
        if stops is not None:
            assert usual - 4 <= stops <= usual + 2
            assert at_s - changes[-1] >= 0.5
            changes.append(at_s)


@given(levels=st.lists(st.floats(0, 4000), min_size=1, max_size=50))
def test_the_exposure_settles_before_any_still_scene(levels: list[float]) -> None:
    exposure, stops, changes = Exposure(0.0), 0.0, []
    for at_s in range(30):
        part = np.minimum(np.array(levels) * 2**stops, 255)
        corrected = exposure.adapt(SceneLight(float(part.mean()), float((part >= 250).mean())), float(at_s))
        if corrected is not None:
            changes.append(np.sign(corrected - stops))
            stops = corrected
    assert len(changes) <= 4
    assert len(set(changes)) <= 1


def test_the_light_is_measured_on_the_symbol_or_else_on_a_bright_object_of_a_phones_size() -> None:
    frame = np.full((720, 1280), 40, np.uint8)
    assert light_on(frame, None) is None
    frame[160:560, 400:640] = 255
    assert light_on(frame, None) == SceneLight(255.0, 1.0)
    assert light_on(frame, ((0, 0), (100, 0), (100, 100), (0, 100))) == SceneLight(40.0, 0.0)
    assert light_on(frame, ((-90, -90), (-50, -90), (-50, -50), (-90, -50))) is None


def test_the_light_is_measured_on_a_phone_that_is_held_askew() -> None:
    frame = np.full((720, 1280), 40, np.uint8)
    corners = cv2.boxPoints(((640.0, 360.0), (240.0, 480.0), 30.0))
    cv2.fillConvexPoly(frame, corners.astype(np.int32), 255)
    light = light_on(frame, None)
    assert light
    assert light.white_share > 0.9


def test_a_clipped_screen_is_told_from_a_bright_hand_and_face_beside_it() -> None:
    frame = np.full((720, 1280), 40, np.uint8)
    frame[160:560, 400:640] = 255
    frame[560:720, 300:740] = 170
    frame[80:300, 640:900] = 190
    assert light_on(frame, None) == SceneLight(255.0, 1.0)


def test_a_bright_wall_or_window_is_not_measured() -> None:
    window = np.full((720, 1280), 60, np.uint8)
    window[:, 300:] = 240
    assert light_on(window, None) is None


def test_a_frame_that_is_clipped_all_over_is_measured_as_a_whole() -> None:
    assert light_on(np.full((720, 1280), 255, np.uint8), None) == SceneLight(255.0, 1.0)


def test_in_a_dark_frame_the_object_lighter_than_the_background_is_measured() -> None:
    frame = np.full((720, 1280), 2, np.uint8)
    frame[160:560, 400:640] = 20
    assert light_on(frame, None) == SceneLight(20.0, 0.0)


def messages_of_loop(light: float, *, adapt: bool, for_s: float = 4.0) -> list[Message]:
    """Return the messages of the scanner's loop before a phone; `light` 1 is well exposed."""
    clock = VirtualClock(0.0)
    scene = Scene(CodeCarrier.PHONE, b"KP1:pass", seed=3, light=light)
    camera = BoothCamera((1280, 720), 5.0, lambda: SimulatedView(scene), clock.now_s, clock.advance)
    orders = Orders(camera=CameraSettings(), scanner=ScannerSettings(preview_hz=0.0))
    read_end, write_end = os.pipe()
    os.set_blocking(read_end, False)
    exposure = Exposure(orders.camera.exposure_value) if adapt else None
    tracker = Tracker(StreamDecoder(1000.0, lambda: 0.0, STAGES[:1]), Sightings(3.0, bytes(32)), exposure)
    loop = ScannerLoop(camera, tracker, Outbox(write_end), FakeControls(clock, Watch.FULL), orders, clock.now_s)
    camera.start()
    try:
        while clock.now_s() < for_s:
            loop.step()
        return MessageReader().feed(os.read(read_end, 65536))
    finally:
        camera.close()
        os.close(read_end)
        os.close(write_end)


@pytest.mark.parametrize("light", [30.0, 0.03])
def test_a_phone_that_is_far_too_bright_or_dark_is_not_read_without_adaptation(light: float) -> None:
    assert not any(isinstance(message, CodeRead) for message in messages_of_loop(light, adapt=False))


def test_a_phone_that_is_far_too_bright_is_read_with_adaptation() -> None:
    assert CodeRead(Payload(b"KP1:pass"), 1) in messages_of_loop(30.0, adapt=True)


def exposed(times: float, stops: float) -> Grey:
    """Return the frame of a phone in `times` the usual light, taken `stops` from the usual exposure."""
    frame = DrawnView(Scene(CodeCarrier.PHONE, b"KP1:pass", seed=3, noise=0.0), 1280, 720).picture(0.0)
    light = ((frame / 255.0) ** 2.2 + 0.002) * times * 2**stops  # 0.002: light that the lens scatters
    noise = np.random.default_rng(7).normal(0.0, 2.0, frame.shape)
    return np.clip(255 * np.clip(light, 0, 1) ** (1 / 2.2) + noise, 0, 255).astype(np.uint8)


def seconds_to_read(times: float, exposure: Exposure | None) -> tuple[float, float] | None:
    """Return the time at which the code was read and the exposure in stops; None if it was not read in four seconds."""
    tracker = Tracker(StreamDecoder(1000.0, now_s=lambda: 0.0, stages=STAGES[:2]), Sightings(3.0, bytes(32)), exposure)
    tracker.watch(Look(Watch.FULL, 1))
    stops, frame = 0.0, exposed(times, 0.0)
    for number in range(40):
        report = tracker.see(frame, number / 10)
        if report.codes:
            return number / 10, stops
        if report.stops is not None:
            stops = report.stops
            frame = exposed(times, stops)
    return None


@pytest.mark.parametrize(("times", "direction"), [(2.0**11, -1), (2.0**-9, 1)])
def test_the_exposure_is_corrected_until_a_far_too_bright_or_dark_code_is_read(times: float, direction: int) -> None:
    assert seconds_to_read(times, None) is None
    read = seconds_to_read(times, Exposure(0.0))
    assert read is not None
    after_s, stops = read
    assert after_s <= 2.5
    assert stops * direction > 0
