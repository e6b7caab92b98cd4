"""The exposure that adapts: by its rules, and before a drawn phone that is far too bright."""

import os

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
from kiosk.scanner.wire.messages import CodeRead, Message, MessageReader
from kiosk.scanner.wire.orders import Orders
from kiosk.settings.schema.policy import ScannerSettings
from kiosk.settings.schema.wiring import CameraSettings
from kiosk.simulator.camera import BoothCamera, SimulatedView
from kiosk.simulator.clock import VirtualClock
from kiosk.simulator.phone import CodeCarrier, DrawnView, Scene
from tests.scanner.child.test_process import Told

BRIGHT, DARK, GOOD = SceneLight(254.0, 0.9), SceneLight(20.0, 0.0), SceneLight(120.0, 0.1)
LIGHTS = st.none() | st.builds(SceneLight, st.floats(0, 255), st.floats(0, 1))


def test_too_bright_goes_down_a_stop_every_half_second_to_four_below() -> None:
    exposure = Exposure(-0.5)
    told = [exposure.after(BRIGHT, at_s / 4) for at_s in range(7)]
    assert told == [-1.5, None, -2.5, None, -3.5, None, -4.5]
    assert exposure.is_lowest
    assert exposure.after(BRIGHT, 9.0) is None


def test_too_dark_goes_up_to_two_above() -> None:
    exposure = Exposure(-0.5)
    assert [exposure.after(DARK, at_s) for at_s in (0.0, 1.0, 2.0)] == [0.5, 1.5, None]
    assert not exposure.is_lowest


def test_a_good_light_changes_nothing() -> None:
    assert Exposure(-0.5).after(GOOD, 0.0) is None


def test_when_nobody_was_there_for_a_while_the_settings_value_is_back() -> None:
    exposure = Exposure(-0.5)
    assert exposure.after(BRIGHT, 0.0) == -1.5
    exposure.hold(1.0)
    assert exposure.after(None, 2.4) is None
    assert exposure.after(None, 3.0) == -0.5
    assert exposure.after(None, 9.0) is None


@given(usual=st.floats(-4, 4), seen=st.lists(st.tuples(LIGHTS, st.floats(0, 3)), max_size=60))
def test_it_stays_within_its_limits_and_keeps_its_pace(
    usual: float, seen: list[tuple[SceneLight | None, float]]
) -> None:
    exposure, at_s, changes = Exposure(usual), 0.0, [-10.0]
    for light, pause_s in seen:
        at_s += pause_s
        stops = exposure.after(light, at_s)
        if stops is not None:
            assert usual - 4 <= stops <= usual + 2
            assert at_s - changes[-1] >= 0.5
            changes.append(at_s)


@given(levels=st.lists(st.floats(0, 4000), min_size=1, max_size=50))
def test_before_any_still_scene_it_settles(levels: list[float]) -> None:
    exposure, stops, changes = Exposure(0.0), 0.0, []
    for at_s in range(30):
        part = np.minimum(np.array(levels) * 2**stops, 255)
        told = exposure.after(SceneLight(float(part.mean()), float((part >= 250).mean())), float(at_s))
        if told is not None:
            changes.append(np.sign(told - stops))
            stops = told
    assert len(changes) <= 4
    assert len(set(changes)) <= 1


def test_the_light_is_measured_on_the_symbol_and_else_on_what_shines_like_a_phone() -> None:
    frame = np.full((720, 1280), 40, np.uint8)
    assert light_on(frame, None) is None
    frame[160:560, 400:640] = 255
    assert light_on(frame, None) == SceneLight(255.0, 1.0)
    assert light_on(frame, ((0, 0), (100, 0), (100, 100), (0, 100))) == SceneLight(40.0, 0.0)
    assert light_on(frame, ((-90, -90), (-50, -90), (-50, -50), (-90, -50))) is None


def test_a_bright_wall_or_window_is_no_phone() -> None:
    window = np.full((720, 1280), 60, np.uint8)
    window[:, 300:] = 240
    assert light_on(window, None) is None


def test_a_picture_that_is_burnt_out_all_over_is_too_bright() -> None:
    assert light_on(np.full((720, 1280), 255, np.uint8), None) == SceneLight(255.0, 1.0)


def test_in_a_dark_picture_a_phone_is_what_is_lighter_than_the_rest() -> None:
    frame = np.full((720, 1280), 2, np.uint8)
    frame[160:560, 400:640] = 20
    assert light_on(frame, None) == SceneLight(20.0, 0.0)


def watched(light: float, *, adapt: bool, for_s: float = 4.0) -> list[Message]:
    """What the scanner's loop tells of a phone as bright as `light`, 1 being well exposed."""
    clock = VirtualClock(0.0)
    scene = Scene(CodeCarrier.PHONE, b"KP1:pass", seed=3, light=light)
    camera = BoothCamera((1280, 720), 5.0, lambda: SimulatedView(scene), clock.now_s, clock.advance)
    orders = Orders(camera=CameraSettings(), scanner=ScannerSettings(preview_hz=0.0))
    read_end, write_end = os.pipe()
    os.set_blocking(read_end, False)
    exposure = Exposure(orders.camera.exposure_value) if adapt else None
    lookout = Tracker(StreamDecoder(1000.0, stages=STAGES[:1]), Sightings(3.0, bytes(32)), exposure)
    loop = ScannerLoop(camera, lookout, Outbox(write_end), Told(clock, Watch.FULL), orders, clock.now_s)
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
def test_a_phone_that_is_far_too_bright_or_dark_cannot_be_read_by_itself(light: float) -> None:
    assert not any(isinstance(message, CodeRead) for message in watched(light, adapt=False))


def test_a_phone_that_is_far_too_bright_is_read_after_the_exposure_went_down() -> None:
    assert CodeRead(Payload(b"KP1:pass")) in watched(30.0, adapt=True)


def lit(times: float, stops: float) -> Grey:
    """A phone in a lobby in `times` the usual light, as a camera at `stops` from its usual exposure sees it."""
    frame = DrawnView(Scene(CodeCarrier.PHONE, b"KP1:pass", seed=3, noise=0.0), 1280, 720).picture(0.0)
    light = ((frame / 255.0) ** 2.2 + 0.002) * times * 2**stops  # and what the lens scatters
    noise = np.random.default_rng(7).normal(0.0, 2.0, frame.shape)
    return np.clip(255 * np.clip(light, 0, 1) ** (1 / 2.2) + noise, 0, 255).astype(np.uint8)


def seconds_to_read(times: float, exposure: Exposure | None) -> tuple[float, float] | None:
    """After which time the code was read, and at which stops; None when it was not within four seconds."""
    lookout = Tracker(StreamDecoder(1000.0, now_s=lambda: 0.0, stages=STAGES[:2]), Sightings(3.0, bytes(32)), exposure)
    lookout.watch(Watch.FULL)
    stops, frame = 0.0, lit(times, 0.0)
    for number in range(40):
        sight = lookout.see(frame, number / 10)
        if sight.codes:
            return number / 10, stops
        if sight.stops is not None:
            stops = sight.stops
            frame = lit(times, stops)
    return None


@pytest.mark.parametrize(("times", "way"), [(2.0**11, -1), (2.0**-9, 1)])
def test_from_far_too_bright_or_dark_the_exposure_goes_until_the_code_is_read(times: float, way: int) -> None:
    assert seconds_to_read(times, None) is None
    read = seconds_to_read(times, Exposure(0.0))
    assert read is not None
    after_s, stops = read
    assert after_s <= 2.5
    assert stops * way > 0
