"""Decoding of single pictures: exact payloads, `DeviceError` for anything but grey pictures, and the budget."""

import logging
import secrets
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bench.scanner.pictures import load_generator
from kiosk.errors import DeviceError
from kiosk.scanner.cascade.decode import Decoder, DecodeResult, checked, try_stages
from kiosk.scanner.cascade.prepare import same
from kiosk.scanner.cascade.readers import DECODER_ERRORS, Code, Found, zbar, zxing
from kiosk.scanner.cascade.stages import STAGES, Stage
from kiosk.scanner.cascade.views import FrameViews, Scope
from kiosk.scanner.symbol.budget import UNLIMITED, Budget
from kiosk.scanner.symbol.grey import Grey
from kiosk.scanner.wire.messages import MAX_CODES_PER_PICTURE
from kiosk.simulator.people.phone import CodeCarrier, DrawnView, Scene
from tests.samples import every, examples
from tests.scanner.drawing import code, frame_with

SYNTH = Path(__file__).parents[4] / "shared" / "qr" / "synth.py"
PASS = b"HC1:6BFOXN*TS0BI$ZD4N9:9S6RCVN5+O30K3/XIV0W23NTDEMWK4MI6UO"


def unlimited() -> Decoder:
    """Return a decoder whose clock stands still, so that every stage fits the budget."""
    return Decoder(10_000, now_s=lambda: 0.0)


def picture_of(scene: Scene) -> Grey:
    return DrawnView(scene, 1280, 720).picture(0.5)


@pytest.mark.parametrize(
    "scene",
    [
        Scene(CodeCarrier.PHONE, PASS, seed=1),
        Scene(CodeCarrier.PAPER, PASS, seed=2),
        Scene(CodeCarrier.PHONE, PASS, seed=3, tilt_deg=40.0),
        Scene(CodeCarrier.PHONE, PASS, seed=4, roll_deg=180.0),
        Scene(CodeCarrier.PHONE, PASS, seed=5, roll_deg=-60.0),
        Scene(CodeCarrier.PHONE, PASS, seed=6, distance_mm=400.0),
        Scene(CodeCarrier.PHONE, PASS, seed=7, light=0.15),
        Scene(CodeCarrier.PHONE, PASS, seed=8, blur_px=2.5),
        Scene(CodeCarrier.PAPER, PASS, seed=9, noise=25.0),
        Scene(CodeCarrier.PHONE, b"HC1:" + b"A0B1C2D3" * 74, seed=10, distance_mm=130.0),
    ],
    ids=lambda scene: f"{scene.kind.value}-{scene.seed}",
)
def test_a_code_held_by_a_person_is_read(scene: Scene) -> None:
    assert [decoded.data for decoded in unlimited().decode(picture_of(scene)).codes] == [scene.payload]


@pytest.mark.parametrize("kind", [CodeCarrier.NOTHING, CodeCarrier.PERSON])
def test_nothing_is_read_from_a_picture_without_a_code(kind: CodeCarrier) -> None:
    result = unlimited().decode(picture_of(Scene(kind, seed=11)))
    assert (result.codes, result.unread) == ((), ())


def test_a_code_of_2900_random_bytes_comes_back_byte_for_byte() -> None:
    payload = secrets.token_bytes(2900)
    assert [decoded.data for decoded in unlimited().decode(code(payload)).codes] == [payload]


def test_a_held_code_of_2900_random_bytes_comes_back_byte_for_byte_or_not_at_all() -> None:
    payload = np.random.default_rng(12).bytes(2900)
    picture = picture_of(Scene(CodeCarrier.PHONE, payload, seed=12, distance_mm=115.0, tilt_deg=5.0, roll_deg=1.0))
    for stage in every(3, STAGES):
        result = Decoder(10_000, stages=[stage]).decode(picture)
        assert {decoded.data for decoded in result.codes} <= {payload}


@settings(max_examples=examples(40), deadline=None)
@given(st.binary(min_size=1, max_size=120))
@example(b"\xef\xbb\xbfa")
def test_every_reader_returns_the_exact_bytes_or_nothing(payload: bytes) -> None:
    picture = code(payload)
    assert [found.data for found in zxing()(picture).codes] == [payload]
    assert {found.data for found in zbar(picture).codes} <= {payload, payload.removeprefix(b"\xef\xbb\xbf")}


def test_zbar_returns_text_and_drops_bytes_that_it_would_transcode() -> None:
    assert [found.data for found in zbar(code(b"KIOSK1:abc")).codes] == [b"KIOSK1:abc"]
    assert zbar(code(b"\x00\xff\x80abc")) == Found()


@settings(max_examples=examples(40), deadline=None)
@given(st.integers(21, 120), st.integers(21, 120), st.integers(0, 2**32 - 1))
def test_noise_gives_no_code_and_no_exception(width_px: int, height_px: int, seed: int) -> None:
    noise = np.random.default_rng(seed).integers(0, 256, (height_px, width_px)).astype(np.uint8)
    assert unlimited().decode(noise).codes == ()


@pytest.mark.parametrize(
    ("frame", "error"),
    [
        (np.zeros((720, 1280, 3), np.uint8), r"frame is 'ndarray uint8\(720, 1280, 3\)'; grey pictures of bytes"),
        (np.zeros((720, 1280), np.float32), r"frame is 'ndarray float32\(720, 1280\)'; grey pictures of bytes"),
        (b"no array", "frame is 'bytes '; grey pictures of bytes are allowed"),
    ],
    ids=["colour", "float", "bytes"],
)
def test_an_argument_that_is_not_a_grey_picture_is_a_device_error(frame: Grey, error: str) -> None:
    with pytest.raises(DeviceError, match=error) as caught:
        unlimited().decode(frame)
    assert caught.value.fault == "camera_silent"


@pytest.mark.parametrize(
    ("shape", "size"), [((1, 1), "1x1"), ((720, 0), "0x720"), ((30, 4097), "4097x30")], ids=["1x1", "empty", "huge"]
)
def test_a_frame_of_a_size_that_cannot_be_set_is_a_device_error(shape: tuple[int, int], size: str) -> None:
    error = f"frame is {size} px; 21 to 4096 px a side are allowed; see 'camera.width_px'"
    with pytest.raises(DeviceError, match=error) as caught:
        checked(np.zeros(shape, np.uint8))
    assert caught.value.fault == "camera_silent"


@pytest.mark.parametrize("shape", [(1, 1), (720, 0), (1, 8000), (8000, 1), (20, 20), (21, 21), (30, 9000)])
def test_a_picture_too_small_for_a_code_gives_an_empty_result(shape: tuple[int, int]) -> None:
    assert unlimited().decode(np.zeros(shape, np.uint8)) == DecodeResult()


def test_the_corners_of_a_code_are_in_pixels_of_a_huge_picture() -> None:
    picture = frame_with(code(PASS, module_px=40), 4000, 1000, size=(8000, 6000))
    (decoded,) = Decoder(40.0, now_s=lambda: 0.0).decode(picture).codes
    assert decoded.data == PASS
    assert np.abs(np.array(decoded.corners).min(0) - (4160, 1160)).max() < 40


def test_the_budget_limits_the_pixels_of_a_huge_picture_that_are_read() -> None:
    seen: list[tuple[int, ...]] = []

    def read(grey: Grey, _: Budget = UNLIMITED) -> Found:
        seen.append(grey.shape)
        return Found()

    for budget_ms in (5.0, 40.0, 480.0):
        Decoder(budget_ms, stages=[Stage("sees", same, read, 1.0)], slowness=1.0).decode(
            np.zeros((6000, 8000), np.uint8)
        )
    assert seen == [(1200, 1600), (1500, 2000), (6000, 8000)]


def test_a_part_of_a_wider_buffer_is_read() -> None:
    wide = frame_with(code(PASS), 0, 0, size=(1344, 720))
    assert [decoded.data for decoded in unlimited().decode(wide[:, :1280]).codes] == [PASS]


class Steps:
    """A clock that advances by the time that each stage takes, and stages that record that they ran."""

    def __init__(self, takes_ms: float) -> None:
        self.now_s = 50.0
        self.takes_ms = takes_ms
        self.ran: list[str] = []

    def stage(self, name: str, cost_ms: float) -> Stage:
        def read(*_: object) -> Found:
            self.ran.append(name)
            self.now_s += self.takes_ms / 1000.0
            return Found()

        return Stage(name, same, read, cost_ms)

    def decoder(self, budget_ms: float, *costs_ms: float) -> Decoder:
        stages = [self.stage(f"{number}", cost_ms) for number, cost_ms in enumerate(costs_ms)]
        return Decoder(budget_ms, lambda: self.now_s, stages)


BLANK = np.full((720, 1280), 128, np.uint8)
"""A picture of the size for which stages state their cost."""


def test_a_stage_that_does_not_fit_the_budget_is_skipped() -> None:
    steps = Steps(takes_ms=4.0)
    steps.decoder(20.0, 4.0, 4.0, 30.0, 4.0, 4.0, 4.0, 4.0).decode(BLANK)
    assert steps.ran == ["0", "1", "3", "4", "5"]


def test_a_stage_costs_less_on_a_smaller_picture_and_more_on_a_larger_one() -> None:
    for shape, ran in (((480, 640), ["0", "1"]), ((720, 1280), ["0"]), ((240, 320), ["0", "1", "2"])):
        steps = Steps(takes_ms=4.0)
        steps.decoder(10.0, 4.0, 15.0, 24.0).decode(np.full(shape, 128, np.uint8))
        assert steps.ran == ran


def test_a_preparation_is_done_once_for_each_picture() -> None:
    made = []

    def prepare(grey: Grey) -> Grey:
        made.append(grey.shape)
        return grey

    stages = [Stage(name, prepare, lambda *_: Found(), 1.0) for name in ("one", "other")]
    decoder = Decoder(1000.0, stages=stages)
    decoder.decode(BLANK)
    assert len(made) == 1
    decoder.decode(BLANK)
    assert len(made) == 2


def test_stages_that_take_longer_than_stated_leave_time_for_fewer() -> None:
    steps = Steps(takes_ms=15.0)
    steps.decoder(20.0, 4.0, 4.0, 4.0, 4.0).decode(BLANK)
    assert steps.ran == ["0", "1"]


def test_the_first_stage_always_runs() -> None:
    steps = Steps(takes_ms=1.0)
    steps.decoder(5.0, 10.0, 10.0).decode(BLANK)
    assert steps.ran == ["0"]


def test_the_cascade_ends_when_nothing_is_left_beside_the_code() -> None:
    steps = Steps(takes_ms=1.0)
    reads = Stage("reads", same, lambda *_: Found((Code(b"x", ((0.0, 0.0),) * 4),)), 1.0)
    stages = [steps.stage("0", 1.0), reads, steps.stage("2", 1.0)]
    (decoded,) = Decoder(1000.0, lambda: steps.now_s, stages).decode(BLANK).codes
    assert (decoded.stage, round(decoded.ms, 6), steps.ran) == ("reads", 1.0, ["0"])


@pytest.mark.skipif(not SYNTH.exists(), reason=f"no generator at {SYNTH}")
@pytest.mark.parametrize("number", every(3, range(3)))
def test_an_easy_code_hides_no_hard_one(number: int) -> None:
    """The hard code is one that the first stage does not read."""
    synth = load_generator(SYNTH)
    level = {"quiet": 0} if number == 0 else {"band": 0.9} if number == 1 else {"expo": 16, "defocus": 1.5}
    grey, _, hard, _ = synth.scene(np.random.default_rng(number), "dcc", side=420, **level)
    assert not zxing()(grey).codes
    poster = code(b"https://example.org/poster", module_px=6)
    grey[20 : 20 + poster.shape[0], 20 : 20 + poster.shape[1]] = poster
    assert [decoded.data for decoded in unlimited().decode(grey).codes] == [b"https://example.org/poster", hard]


def test_two_codes_that_only_one_stage_reads_are_both_read() -> None:
    frame = frame_with(code(b"KIOSK1:left", 6), 100, 200)
    right = code(b"KIOSK1:right", 6)
    frame[200 : 200 + right.shape[0], 800 : 800 + right.shape[1]] = right
    own = next(stage for stage in STAGES if stage.name == "contours")
    blind = Stage("blind", same, lambda *_: Found(), 1.0)
    result = Decoder(10_000, lambda: 0.0, [blind, own]).decode(frame)
    assert sorted(decoded.data for decoded in result.codes) == [b"KIOSK1:left", b"KIOSK1:right"]


def test_the_same_code_is_not_read_twice() -> None:
    frame = frame_with(code(PASS, 8), 100, 200)
    frame[100:300, 900:1100] = 255 * (np.random.default_rng(1).random((200, 200)) > 0.5)
    assert [decoded.data for decoded in unlimited().decode(frame).codes] == [PASS]


def test_not_more_codes_are_searched_than_are_reported() -> None:
    sheet = np.full((960, 1280), 255, np.uint8)
    for number in range(6):
        part = code(b"KIOSK1:%d" % number, 5)
        sheet[10 : 10 + part.shape[0], 10 + 200 * number : 10 + 200 * number + part.shape[1]] = part
    own = next(stage for stage in STAGES if stage.name == "contours")
    blind = Stage("blind", same, lambda *_: Found(), 1.0)
    assert len(Decoder(10_000, lambda: 0.0, [blind, own]).decode(sheet).codes) == MAX_CODES_PER_PICTURE
    assert len(Decoder(10_000, lambda: 0.0, [blind, own]).decode(sheet, most=1).codes) == 1


@pytest.mark.parametrize("error", [*DECODER_ERRORS, UnicodeDecodeError], ids=lambda error: error.__name__)
def test_a_decoder_that_raises_is_skipped(error: type[Exception], caplog: pytest.LogCaptureFixture) -> None:
    def fail(*_: object) -> Found:
        raise (
            UnicodeDecodeError("utf-8", b"secret", 0, 1, "secret") if error is UnicodeDecodeError else error("secret")
        )

    caplog.set_level(logging.DEBUG)
    stages = [Stage("failing", same, fail, 1.0), STAGES[0]]
    assert [decoded.data for decoded in Decoder(1000.0, stages=stages).decode(code(PASS)).codes] == [PASS]
    assert "stage 'failing' failed" in caplog.text
    assert "secret" not in caplog.text


def test_a_preparation_that_raises_is_skipped() -> None:
    stages = [Stage("failing", lambda grey: cv2.medianBlur(grey, 2), zxing(), 1.0), STAGES[0]]
    assert len(Decoder(1000.0, stages=stages).decode(code(PASS)).codes) == 1


class Ticking:
    """A clock that advances each time it is read, so that code that never reads it runs for ever."""

    TICK_S = 1e-4

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        self.now_s += self.TICK_S
        return self.now_s


RING = np.pad(np.zeros((4, 4), np.uint8), 2, constant_values=255)
HOSTILE: dict[str, Grey] = {
    "black": np.zeros((720, 1280), np.uint8),
    "white": np.full((720, 1280), 255, np.uint8),
    "noise": np.random.default_rng(1).integers(0, 256, (720, 1280), np.uint8),
    "line": np.zeros((1, 8000), np.uint8),
    "huge": np.zeros((6000, 8000), np.uint8),
    "stripes": np.tile((np.arange(1280) // 3 % 2 * 255).astype(np.uint8), (720, 1)),
    "checks": (np.indices((720, 1280)).sum(0) // 4 % 2 * 255).astype(np.uint8),
    "dots": np.tile(np.pad(np.zeros((2, 2), np.uint8), 1, constant_values=255), (180, 320)),
    "rings": np.tile(np.pad(RING, 2), (60, 107)),
    "codes": np.tile(code(b"KIOSK1:many", 3), (7, 12)),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_the_budget_is_asked_often_and_kept_on_a_hostile_picture(name: str) -> None:
    clock = Ticking()
    budget = Budget(40.0, clock, 0.0)
    try_stages(STAGES, FrameViews(HOSTILE[name], 4e6), budget)
    views_of_each_stage = 3
    assert clock.now_s * 1000.0 <= 40.0 + len(STAGES) * (views_of_each_stage + 5) * clock.TICK_S * 1000.0


def test_our_own_reading_stops_halfway_when_the_budget_is_spent() -> None:
    frame = frame_with(code(PASS * 3, 6), 400, 100)
    own = next(stage for stage in STAGES if stage.name == "contours")
    asked = Ticking()
    assert try_stages([own], FrameViews(frame), Budget(1e6, asked, 0.0)).codes
    for share in (0.0, 0.3, 0.6, 0.9):
        clock = Ticking()
        result = try_stages([own], FrameViews(frame), Budget(share * 1000.0 * asked.now_s, clock, 0.0))
        assert result.codes == ()
        assert clock.now_s <= share * asked.now_s + 10 * clock.TICK_S


FRAMES_AND_WINDOWS = [stage for stage in STAGES if stage.scope is not Scope.CLOSE_UP]
CLOSE_UPS = [stage for stage in STAGES if stage.scope is Scope.CLOSE_UP]


@pytest.mark.parametrize("stage", FRAMES_AND_WINDOWS, ids=lambda stage: stage.name)
def test_every_stage_on_frames_and_windows_reads_a_plain_code_with_its_corners(stage: Stage) -> None:
    module_px = {"template middle": 5, "template small": 2, "half levelled": 5}.get(stage.name, 10)
    frame = frame_with(code(b"KIOSK1:plain", module_px), 400, 200)
    (decoded,) = (
        Decoder(1000.0, stages=[stage]).decode(255 - frame if stage.name == "contours inverted" else frame).codes
    )
    assert decoded.data == b"KIOSK1:plain"
    box = np.array(decoded.corners)
    assert np.abs(box.min(0) - (400 + 4 * module_px, 200 + 4 * module_px)).max() < 12
    assert np.abs(box.max(0) - (400 + 25 * module_px, 200 + 25 * module_px)).max() < 12


@pytest.mark.parametrize("stage", CLOSE_UPS, ids=lambda stage: stage.name)
def test_every_stage_on_close_ups_reads_a_plain_code_with_its_corners(stage: Stage) -> None:
    picture = code(PASS * 5, module_px=4)
    side = picture.shape[0] - 32.0
    corners = ((416.0, 216.0), (416.0 + side, 216.0), (416.0 + side, 216.0 + side), (416.0, 216.0 + side))
    locates = Stage("locates", same, lambda *_: Found(unread=(corners,)), 1.0)
    (decoded,) = Decoder(1000.0, stages=[locates, stage]).decode(frame_with(picture, 400, 200)).codes
    assert (decoded.data, decoded.stage) == (PASS * 5, stage.name)
    assert np.abs(np.array(decoded.corners) - np.array(corners)).max() < 6


def test_no_close_up_is_made_without_a_located_symbol() -> None:
    assert Decoder(1000.0, stages=[STAGES[0], *CLOSE_UPS]).decode(BLANK).unread == ()


def test_the_corners_of_an_unread_code_are_returned() -> None:
    picture = code(PASS, module_px=8)
    middle = picture.shape[0] // 2
    picture[middle - 70 : middle + 70, middle - 70 : middle + 70] = 255
    result = unlimited().decode(frame_with(picture, 300, 100))
    assert result.codes == ()
    centre = np.array(result.unread[0]).mean(0)
    assert np.abs(centre - (300 + middle, 100 + middle)).max() < 20


@pytest.mark.parametrize("box", [(-50.0, 900.0), (1279.0, 1281.0), (100.0, 100.0)], ids=["beyond", "edge", "point"])
def test_corners_outside_of_the_picture_or_without_area_are_skipped(box: tuple[float, float]) -> None:
    low, high = box
    corners = ((low, low), (high, low), (high, high), (low, high))
    locates = Stage("locates", same, lambda *_: Found(unread=(corners,) * 300), 1.0)
    assert Decoder(1000.0, stages=[locates, *CLOSE_UPS]).decode(BLANK).codes == ()


def test_a_payload_is_not_in_the_repr_of_a_result() -> None:
    (decoded,) = unlimited().decode(code(b"secret")).codes
    assert "secret" not in repr(decoded)
    assert "secret" not in repr(zxing()(code(b"secret")))
