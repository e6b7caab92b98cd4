"""The loop of the scanner process, step by step, on a virtual clock."""

import os
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from kiosk.errors import DeviceError
from kiosk.model import Payload, Watch
from kiosk.scanner.cascade.stages import STAGES
from kiosk.scanner.cascade.stream import StreamDecoder
from kiosk.scanner.child.dedupe import Sightings
from kiosk.scanner.child.pipes import Outbox
from kiosk.scanner.child.process import ScannerLoop
from kiosk.scanner.child.tracker import Tracker
from kiosk.scanner.symbol.grey import Grey
from kiosk.scanner.wire.messages import Beat, CodeRead, Hint, Look, Message, MessageReader, ScannerFigures
from kiosk.scanner.wire.orders import Orders
from kiosk.settings.schema.policy import ScannerSettings
from kiosk.settings.schema.wiring import CameraSettings
from kiosk.simulator.clock import VirtualClock
from tests.scanner.drawing import code, frame_with, unread

EMPTY = np.full((720, 1280), 90, np.uint8)
SHOWN = frame_with(code(b"KIOSK1:pass", module_px=8), 400, 200)
ORDERS = Orders(
    camera=CameraSettings(silent_s=4.0), scanner=ScannerSettings(glance_hz=4.0, preview_hz=5.0, same_code_s=3.0)
)


class ScriptedCamera:
    """A camera that returns `picture` ten times a second, or no frame while `picture` is None.

    Without `waits` it returns at once.
    """

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self.picture: Grey | None = EMPTY
        self.calls: list[str] = []
        self.taken = 0
        self.missing = False
        self.waits = True

    def start(self) -> None:
        self.calls.append("start")
        if self.missing:
            raise DeviceError("camera", "not there", "camera_missing")

    def frame(self, wait_s: float) -> Grey | None:
        self.taken += 1
        if self.waits:
            self.clock.advance(wait_s if self.picture is None else 0.1)
        return self.picture

    def expose(self, stops: float) -> None:
        self.calls.append(f"expose {stops}")

    def close(self) -> None:
        self.calls.append("close")


class FakeControls:
    """Controls on a virtual clock: waiting advances it. `later` is a time and the look that is set then."""

    def __init__(self, clock: VirtualClock, watch: Watch, visit: int = 1) -> None:
        self.clock = clock
        self.look = Look(watch, visit)
        self.was_off: Look | None = None
        self.later: tuple[float, Look] | None = None

    def wait(self, for_s: float) -> None:
        if self.later and self.later[0] <= self.clock.now_s() + for_s:
            at_s, self.look = self.later
            self.later = None
            self.clock.advance_to(at_s)
        else:
            self.clock.advance(for_s)


class Rig:
    """The loop with a real pipe, a scripted camera and fake controls."""

    def __init__(self, watch: Watch, orders: Orders = ORDERS) -> None:
        self.clock = VirtualClock(0.0)
        self.camera = ScriptedCamera(self.clock)
        self.controls = FakeControls(self.clock, watch)
        self.read_end, self.write_end = os.pipe()
        os.set_blocking(self.read_end, False)
        stream = StreamDecoder(1000.0, lambda: 0.0, STAGES[:1])
        tracker = Tracker(stream, Sightings(orders.scanner.same_code_s, bytes(32)))
        outbox = Outbox(self.write_end)
        self.loop = ScannerLoop(self.camera, tracker, outbox, self.controls, orders, self.clock.now_s)
        self.reader = MessageReader()

    def run(self, until_s: float) -> list[Message]:
        while self.clock.now_s() < until_s - 1e-9:
            self.loop.step()
        return self.received()

    def received(self) -> list[Message]:
        messages = []
        while True:
            try:
                messages += self.reader.feed(os.read(self.read_end, 65536))
            except BlockingIOError:
                return messages


@pytest.fixture
def rig() -> Iterator[Callable[..., Rig]]:
    rigs: list[Rig] = []

    def make(watch: Watch, orders: Orders = ORDERS) -> Rig:
        rigs.append(Rig(watch, orders))
        return rigs[-1]

    yield make
    for made in rigs:
        os.close(made.read_end)
        os.close(made.write_end)


MakeRig = Callable[..., Rig]


def kinds(messages: list[Message]) -> list[str]:
    return [type(message).__name__ for message in messages]


def test_the_first_frame_sends_a_heartbeat_at_once(rig: MakeRig) -> None:
    made = rig(Watch.OFF)
    made.loop.step()
    assert made.received() == [Beat(1, 0.0)]


def test_while_off_a_frame_is_taken_each_second_and_not_decoded(rig: MakeRig) -> None:
    made = rig(Watch.OFF)
    made.camera.picture = SHOWN
    messages = made.run(until_s=10.0)
    assert set(kinds(messages)) == {"Beat", "ScannerFigures"}
    assert {message.decodes for message in messages if isinstance(message, ScannerFigures)} == {0}
    assert 10 <= made.camera.taken <= 11


def test_a_heartbeat_is_sent_each_second(rig: MakeRig) -> None:
    for watch in Watch:
        made = rig(watch)
        beats = [message for message in made.run(until_s=10.0) if isinstance(message, Beat)]
        assert 9 <= len(beats) <= 12


def test_the_figures_of_each_second_tell_the_frames_the_decodes_and_the_light(rig: MakeRig) -> None:
    made = rig(Watch.FULL)
    first, *_, last = [message for message in made.run(until_s=4.0) if isinstance(message, ScannerFigures)]
    assert first.frames_hz == pytest.approx(10.0, rel=0.2)
    assert 0 < first.decodes <= last.decodes
    assert last.level == pytest.approx(90.0)
    assert last.median_ms == last.p95_ms == 0.0, "the virtual clock stands while a frame is decoded"


def test_a_glance_decodes_frames_at_its_own_rate_without_live_pictures(rig: MakeRig) -> None:
    made = rig(Watch.GLANCE)
    made.camera.picture = SHOWN
    messages = made.run(until_s=10.0)
    assert messages.count(CodeRead(Payload(b"KIOSK1:pass"), 1)) == 1
    assert 38 <= made.camera.taken <= 41
    assert "Preview" not in kinds(messages)


def test_full_watch_takes_every_frame_and_sends_live_pictures_at_their_rate(rig: MakeRig) -> None:
    made = rig(Watch.FULL)
    messages = made.run(until_s=2.0)
    assert made.camera.taken == 20
    assert kinds(messages).count("Preview") == 10


def test_no_live_picture_is_sent_at_a_rate_of_zero(rig: MakeRig) -> None:
    orders = Orders(camera=ORDERS.camera, scanner=ScannerSettings(preview_hz=0.0))
    assert set(kinds(rig(Watch.FULL, orders).run(until_s=2.0))) == {"Beat", "ScannerFigures"}


def test_a_code_is_sent_before_the_live_picture_of_its_frame(rig: MakeRig) -> None:
    made = rig(Watch.FULL)
    made.camera.picture = SHOWN
    messages = made.run(until_s=1.0)
    assert kinds(messages)[:3] == ["Beat", "CodeRead", "Preview"]
    assert messages.count(CodeRead(Payload(b"KIOSK1:pass"), 1)) == 1


def test_a_code_that_cannot_be_read_sends_a_hint(rig: MakeRig) -> None:
    made = rig(Watch.FULL)
    made.camera.picture = unread(14)
    assert made.run(until_s=2.0).count(Hint("code_hold_still", 1)) == 1


def test_a_new_control_line_ends_the_wait(rig: MakeRig) -> None:
    made = rig(Watch.OFF)
    made.camera.picture = SHOWN
    made.run(until_s=5.0)
    began_s = made.clock.now_s()
    made.controls.later = (began_s + 0.3, Look(Watch.FULL, 1))
    while not any(isinstance(message, CodeRead) for message in made.received()):
        made.loop.step()
    assert made.clock.now_s() - began_s < 0.55


def test_a_silent_camera_is_opened_again_once_and_then_given_up(rig: MakeRig) -> None:
    made = rig(Watch.FULL)
    made.run(until_s=1.0)
    made.camera.picture = None
    with pytest.raises(DeviceError, match=r"no picture for 4.[0-9] s; at most 4.0 s are allowed") as caught:
        made.run(until_s=60.0)
    assert caught.value.fault == "camera_silent"
    assert made.camera.calls == ["close", "start"]
    assert made.clock.now_s() < 6.0
    ages = [message.frame_age_s for message in made.received() if isinstance(message, Beat)]
    assert ages == sorted(ages)


def test_a_camera_that_was_opened_again_and_delivers_is_kept(rig: MakeRig) -> None:
    made = rig(Watch.FULL)
    made.run(until_s=1.0)
    made.camera.picture = None
    made.run(until_s=3.8)
    made.camera.picture = SHOWN
    assert any(isinstance(message, CodeRead) for message in made.run(until_s=20.0))
    assert made.camera.calls == ["close", "start"]


def test_a_camera_that_is_gone_when_opened_again_is_missing(rig: MakeRig) -> None:
    made = rig(Watch.FULL)
    made.run(until_s=1.0)
    made.camera.picture, made.camera.missing = None, True
    with pytest.raises(DeviceError) as caught:
        made.run(until_s=60.0)
    assert caught.value.fault == "camera_missing"


def test_a_camera_that_returns_no_frame_at_once_is_not_asked_all_the_time(rig: MakeRig) -> None:
    made = rig(Watch.FULL)
    made.camera.picture, made.camera.waits = None, False
    with pytest.raises(DeviceError):
        made.run(until_s=60.0)
    assert made.camera.taken < 120


def test_a_colour_picture_ends_the_loop(rig: MakeRig) -> None:
    made = rig(Watch.FULL)
    made.camera.picture = np.zeros((720, 1280, 3), np.uint8)
    with pytest.raises(DeviceError, match="grey pictures of bytes are allowed"):
        made.loop.step()


def test_after_a_pause_between_two_steps_the_second_code_is_sent_again(rig: MakeRig) -> None:
    made = rig(Watch.FULL)
    other = code(b"WIFI:T:WPA;;", module_px=8)
    both = SHOWN.copy()
    both[200 : 200 + other.shape[0], 800 : 800 + other.shape[1]] = other
    made.camera.picture = both
    payloads = [message.payload.data for message in made.run(until_s=1.0) if isinstance(message, CodeRead)]
    assert payloads == [b"KIOSK1:pass", b"WIFI:T:WPA;;"]
    made.controls.was_off = Look(Watch.OFF, 1)
    payloads = [message.payload.data for message in made.run(until_s=2.0) if isinstance(message, CodeRead)]
    assert payloads == [b"WIFI:T:WPA;;"]


def codes(messages: list[Message]) -> list[tuple[bytes, int]]:
    return [(message.payload.data, message.visit) for message in messages if isinstance(message, CodeRead)]


def test_a_code_of_the_last_picture_of_a_visit_is_not_reported_for_the_next_visit(rig: MakeRig) -> None:
    made = rig(Watch.FULL)
    made.run(until_s=1.0)
    made.camera.picture = SHOWN
    made.controls.look = Look(Watch.FULL, 2)
    made.loop.step()  # the camera had completed this picture before the order came
    made.camera.picture = EMPTY
    assert codes(made.run(until_s=5.0)) == []


def test_a_code_that_stays_in_view_is_reported_for_the_next_visit_too(rig: MakeRig) -> None:
    made = rig(Watch.FULL)
    made.camera.picture = SHOWN
    assert codes(made.run(until_s=2.0)) == [(b"KIOSK1:pass", 1)]
    made.controls.look = Look(Watch.FULL, 2)
    assert codes(made.run(until_s=4.0)) == [(b"KIOSK1:pass", 2)]
    made.controls.look = Look(Watch.GLANCE, -3)
    assert codes(made.run(until_s=8.0)) == []


def test_a_code_that_began_the_visit_is_not_reported_again_also_if_the_loop_missed_the_pause(rig: MakeRig) -> None:
    made = rig(Watch.GLANCE)
    made.controls.look = Look(Watch.GLANCE, -7)
    made.camera.picture = SHOWN
    assert codes(made.run(until_s=1.0)) == [(b"KIOSK1:pass", -7)]
    made.controls.was_off, made.controls.look = Look(Watch.OFF, 7), Look(Watch.FULL, 7)
    assert codes(made.run(until_s=5.0)) == []


def test_an_order_that_arrives_while_a_picture_is_taken_does_not_renumber_it(rig: MakeRig) -> None:
    made = rig(Watch.FULL)
    made.run(until_s=1.0)
    made.camera.picture = SHOWN
    take = made.camera.frame

    def frame(wait_s: float) -> Grey | None:
        made.controls.look = Look(Watch.FULL, 2)
        return take(wait_s)

    made.camera.frame = frame  # type: ignore[method-assign]
    made.loop.step()
    assert codes(made.received()) == [(b"KIOSK1:pass", 1)]


def test_a_hint_names_its_visit(rig: MakeRig) -> None:
    made = rig(Watch.FULL)
    made.camera.picture = unread(14)
    made.controls.look = Look(Watch.FULL, 5)
    assert made.run(until_s=2.0).count(Hint("code_hold_still", 5)) == 1
