"""Decoding of a stream: the stages' turns, the budget, and tracking."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from kiosk.scanner.cascade.allowance import MAX_SAVED_BUDGETS
from kiosk.scanner.cascade.prepare import same
from kiosk.scanner.cascade.readers import Code, Found, SymbolReader, zxing
from kiosk.scanner.cascade.stages import SEEKERS, STAGES, Stage
from kiosk.scanner.cascade.stream import ACCUMULATED, StreamDecoder, order_of_turns
from kiosk.scanner.symbol.grey import Grey
from kiosk.scanner.wire.messages import MAX_CODES_PER_PICTURE
from tests.scanner.drawing import code, frame_with
from tests.scanner.symbol.drawing import STRAIGHT, seen_at, symbol, with_glare

EMPTY = np.full((720, 1280), 90, np.uint8)


class Stages:
    """A first stage without cost, and others that take exactly the time they state, on a clock of their own."""

    def __init__(self, *costs_ms: float) -> None:
        self.now_s = 0.0
        self.began: list[str] = []
        others = [Stage(f"{cost:g}", same, self._take(cost), cost) for cost in costs_ms]
        self.stages = [Stage("first", same, self._take(0.0), 0.0), *others]

    def _take(self, cost_ms: float) -> SymbolReader:
        def read(*_: object) -> Found:
            self.began.append(f"{cost_ms:g}")
            self.now_s += cost_ms / 1000.0
            return Found()

        return read

    def pictures(self, count: int, budget_ms: float, slowness: float = 1.0) -> list[list[str]]:
        """Return the stages of each of `count` pictures without savings, which come when the decoder is free."""
        stream = StreamDecoder(budget_ms, lambda: self.now_s, self.stages, slowness)
        with stream.charged():
            self.now_s += 10.0
        stream.decode(EMPTY, self.now_s)  # pays the debt
        turns = []
        for _ in range(count):
            self.began.clear()
            stream.decode(EMPTY, self.now_s)
            turns.append(self.began[1:])
        return turns


def test_the_stages_take_turns_within_the_budget() -> None:
    assert Stages(6.0, 7.0, 8.0).pictures(4, 10.0) == [["6"], ["7"], ["8", "6"], ["7"]]


def test_an_expensive_stage_has_its_turn_every_nth_picture() -> None:
    turns = Stages(40.0).pictures(12, 10.0)
    assert [len(turn) for turn in turns] == [0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1]


def test_a_stage_that_costs_more_than_can_be_saved_has_its_turn_when_all_is_saved() -> None:
    turns = Stages(100.0, 5.0).pictures(20, 10.0)
    assert turns.count(["100"]) >= 2
    assert sum("5" in turn for turn in turns) >= 2


def test_savings_are_spent_on_the_first_picture() -> None:
    stages = Stages(12.0, 14.0, 20.0)
    stream = StreamDecoder(10.0, lambda: stages.now_s, stages.stages, slowness=1.0)
    stream.decode(EMPTY, 0.0)
    assert stages.began == ["0", "12", "14"]


def test_a_slow_machine_runs_the_same_stages_in_as_many_times_the_budget() -> None:
    quick, slow = Stages(6.0, 7.0, 8.0), Stages(18.0, 21.0, 24.0)
    slow.stages = [replace(stage, cost_ms=stage.cost_ms / 3) for stage in slow.stages]
    turns = slow.pictures(6, 10.0, slowness=3.0)
    assert [[f"{float(ms) / 3:g}" for ms in turn] for turn in turns] == quick.pictures(6, 10.0)


def test_other_work_on_the_pictures_is_charged() -> None:
    stages = Stages(10.0)
    stream = StreamDecoder(10.0, lambda: stages.now_s, stages.stages, slowness=1.0)
    for _ in range(12):
        stream.decode(EMPTY, stages.now_s)
        with stream.charged() as budget:
            stages.now_s += 0.005
            assert budget.spent_ms() == pytest.approx(5.0)
    # without that work there are a turn in each picture, and those of the savings
    assert stages.began.count("10") <= 4 + 12 / 2


def test_no_picture_spends_more_than_two_budgets() -> None:
    stages = Stages(70.0, 30.0, 80.0, 10.0, 50.0)
    stream = StreamDecoder(40.0, lambda: stages.now_s, stages.stages, slowness=1.0)
    spent_ms = []
    for _ in range(60):
        began_s = stages.now_s
        stream.decode(EMPTY, stages.now_s)
        spent_ms.append((stages.now_s - began_s) * 1000.0)
    assert max(spent_ms) <= MAX_SAVED_BUDGETS * 40.0 + 1e-6
    assert sum(spent_ms) <= 60 * 40.0 + MAX_SAVED_BUDGETS * 40.0


def test_decode_first_stage_runs_the_first_stage_only() -> None:
    stages = Stages(1.0, 1.0)
    StreamDecoder(1000.0, lambda: stages.now_s, stages.stages).decode_first_stage(EMPTY)
    assert stages.began == ["0"]


def test_each_reader_and_each_seeker_has_its_turn() -> None:
    turns = order_of_turns(STAGES[1:], SEEKERS)
    assert set(STAGES[1:]) | set(SEEKERS) == set(turns)
    numbers = [number for number, stage in enumerate(turns) if stage in SEEKERS]
    assert max(later - sooner for sooner, later in pairwise(numbers)) <= 4


def test_a_symbol_that_a_seeker_locates_is_tracked_in_the_next_pictures() -> None:
    grey, pose = seen_at(symbol(b"KIOSK1:" + b"p" * 55, 5, "m"), STRAIGHT)

    def seek(_: object, *__: object) -> Found:
        return Found(poses=(pose,))

    def find_nothing(_: object, *__: object) -> Found:
        return Found()

    stream = StreamDecoder(
        40.0, lambda: 0.0, [Stage("first", same, find_nothing, 0.0), Stage("seeker", same, seek, 30.0)]
    )
    codes = [stream.decode(picture, k / 30).codes for k, picture in enumerate([grey] * 2)]
    assert [decoded.stage for found in codes for decoded in found][:1] == [ACCUMULATED]


def test_all_stages_tried_after_each_stage_had_its_turn_in_the_scene() -> None:
    stages = Stages(30.0, 30.0)
    stream = StreamDecoder(10.0, lambda: stages.now_s, stages.stages, slowness=1.0)
    assert [stream.decode(EMPTY, stages.now_s).all_stages_tried for _ in range(5)] == [False, False, True, True, True]
    stream.scene_changed()
    assert not stream.decode(EMPTY, stages.now_s).all_stages_tried


POSTER = code(b"KIOSK1:poster", 6)
BESIDE = frame_with(POSTER, 900, 60)
"""A poster's code, and beside it a code that only a stage on the whole frame can read which comes later."""

HARD = Code(b"KIOSK1:hard", ((100.0, 100.0), (400.0, 100.0), (400.0, 400.0), (100.0, 400.0)))


def reads_hard_code(seen: list[Grey]) -> Stage:
    def read(grey: Grey, *_: object) -> Found:
        seen.append(grey)
        return Found((HARD,))

    return Stage("hard", same, read, 5.0)


def test_a_code_that_stays_in_view_hides_no_other_one() -> None:
    seen: list[Grey] = []
    stream = StreamDecoder(40.0, lambda: 0.0, [STAGES[0], reads_hard_code(seen)])
    results = [[code.data for code in stream.decode(BESIDE, k / 30).codes] for k in range(3)]
    assert results == [[b"KIOSK1:poster"], [b"KIOSK1:poster", HARD.data], [b"KIOSK1:poster", HARD.data]]
    assert not zxing()(seen[0]).codes


def test_a_code_that_comes_into_view_is_reported_without_delay() -> None:
    seen: list[Grey] = []
    stream = StreamDecoder(40.0, lambda: 0.0, [STAGES[0], reads_hard_code(seen)])
    for at_s in (0.0, 2.0, 4.0):
        assert [code.data for code in stream.decode(BESIDE, at_s).codes] == [b"KIOSK1:poster"]
    assert not seen


def test_with_as_many_codes_as_are_reported_the_search_ends() -> None:
    seen: list[Grey] = []
    sheet = np.full((720, 1280), 255, np.uint8)
    for number in range(MAX_CODES_PER_PICTURE):
        part = code(b"KIOSK1:%d" % number, 5)
        sheet[20 : 20 + part.shape[0], 20 + 300 * number : 20 + 300 * number + part.shape[1]] = part
    stream = StreamDecoder(40.0, lambda: 0.0, [STAGES[0], reads_hard_code(seen)])
    for k in range(3):
        assert len(stream.decode(sheet, k / 30).codes) == MAX_CODES_PER_PICTURE
    assert not seen


def test_a_plain_code_is_read_by_the_first_stage() -> None:
    frame = frame_with(code(b"KIOSK1:plain"), 100, 100, (640, 480))
    (decoded,) = StreamDecoder(10.0, lambda: 0.0).decode(frame, 0.0).codes
    assert (decoded.data, decoded.stage) == (b"KIOSK1:plain", "plain")


def test_the_budget_limits_the_pixels_of_a_large_picture_that_are_read() -> None:
    frame = frame_with(code(b"KIOSK1:plain", module_px=40), 1000, 800, (4000, 3000))
    (decoded,) = StreamDecoder(10.0, lambda: 0.0).decode(frame, 0.0).codes
    assert np.abs(np.array(decoded.corners).min(0) - (1160, 960)).max() < 40
    seen: list[tuple[int, ...]] = []

    def read(grey: Grey, *_: object) -> Found:
        seen.append(grey.shape)
        return Found()

    stream = StreamDecoder(10.0, lambda: 0.0, [Stage("sees", same, read, 1.0)])
    stream.decode(frame, 0.0)
    stream.decode_first_stage(frame)
    assert seen == [(1000, 1333), (1000, 1333)]


def test_a_symbol_is_tracked_in_a_large_picture() -> None:
    part, _ = seen_at(symbol(b"KIOSK1:" + b"p" * 55, 5, "m"), STRAIGHT)
    large = np.full((3000, 4000), 90, np.uint8)
    results = []
    stream = StreamDecoder(40.0, lambda: 0.0, STAGES[:1])
    for k, centre in enumerate([(400.0, 180.0), (345.0, 250.0), (300.0, 330.0), (250.0, 300.0), (200.0, 250.0)]):
        grey = with_glare(part, centre, 90.0)
        large[900 : 900 + 2 * grey.shape[0], 700 : 700 + 2 * grey.shape[1]] = grey.repeat(2, 0).repeat(2, 1)
        results.append(stream.decode(large, k / 10))
    decoded = next(result.codes[0] for result in results if result.codes)
    assert (decoded.data, decoded.stage) == (b"KIOSK1:" + b"p" * 55, ACCUMULATED)


def test_a_symbol_under_moving_glare_is_read_from_several_pictures() -> None:
    grey, _ = seen_at(symbol(b"KIOSK1:" + b"p" * 55, 5, "m"), STRAIGHT)
    stream = StreamDecoder(40.0, lambda: 0.0, STAGES[:1])
    moving = [(400.0, 180.0), (345.0, 250.0), (300.0, 330.0), (250.0, 300.0), (200.0, 250.0)]
    results = [stream.decode(with_glare(grey, centre, 90.0), k / 10) for k, centre in enumerate(moving)]
    assert [len(result.codes) for result in results[:2]] == [0, 0]
    decoded = next(result.codes[0] for result in results if result.codes)
    assert (decoded.data, decoded.stage) == (b"KIOSK1:" + b"p" * 55, ACCUMULATED)


@pytest.mark.parametrize("level", [0, 255])
def test_nothing_is_found_in_a_picture_of_one_grey_level(level: int) -> None:
    result = StreamDecoder(1000.0, lambda: 0.0).decode(np.full((480, 640), level, np.uint8), 0.0)
    assert (result.codes, result.unread) == ((), ())
