"""The scores of the scanner's bench, and its drawn streams."""

import base64
import json
import math
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from bench.scan import main, score_stills
from bench.scanner import approach, scenes
from bench.scanner.pictures import Job, Picture, load_generator, photographs, pictures_without_code
from bench.scanner.readers import OTHERS, Reader, is_right, reader_factories, timed, tolerant
from bench.scanner.scenes import in_time
from bench.scanner.stream_scores import KINDS, score_stream
from bench.scanner.streams import smear
from bench.scanner.tables import (
    Row,
    by_factor,
    empty_scores,
    first_cell,
    json_lines,
    read_cell,
    table,
    total,
    wrong_cell,
)
from kiosk.scanner.cascade.readers import zxing
from kiosk.scanner.symbol.grey import Grey

GENERATOR = Path(__file__).parents[3] / "shared" / "qr" / "synth.py"
BLANK = np.full((48, 64), 200, np.uint8)
DRAW = {"side": 300.0, "tilt": 10.0, "motion": 6.0, "glare": 0.2, "band": 0.6, "expo": 0.6}
needs_generator = pytest.mark.skipif(not GENERATOR.exists(), reason=f"{GENERATOR} is not there")


def picture(truth: frozenset[bytes] | None) -> Picture:
    return Picture("a", "b", BLANK, truth)


@pytest.mark.parametrize(
    ("payloads", "truth"),
    [
        ({"payloads_base64": [base64.b64encode(b"one").decode()]}, {b"one"}),
        ({"payloads_base64": []}, set()),
        ({"payloads_base64": None}, None),
        ({"payloads_base64": [None]}, None),
        ({"payloads_base64": [None, "AAAA"]}, None),
        ({}, None),
    ],
)
def test_a_manifest_may_leave_out_unknown_payloads(
    tmp_path: Path, payloads: dict[str, object], truth: set[bytes] | None
) -> None:
    cv2.imwrite(str(tmp_path / "one.png"), BLANK)
    (tmp_path / "manifest.json").write_text(json.dumps([{"file": "one.png", **payloads}]))
    (found,) = photographs(tmp_path)
    assert (found.factor, found.level, found.truth) == (tmp_path.name, "", truth)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "manifest.json' cannot be read: No such file or directory; name a folder with a manifest.json"),
        ("[{", "manifest.json' is not JSON: "),
        ("{}", "manifest.json' is not a list; "),
        ('[{"file": "one.png"}, {"category": "x"}]', "entry 2 of 2 has no 'file'; add it"),
        ("[1]", "entry 1 of 1 has no 'file'; add it"),
        ('[{"file": "none.png"}]', "none.png' is not a picture that OpenCV reads; "),
        ('[{"file": "one.png", "payloads_base64": ["A"]}]', "one.png': its payloads_base64 are not a list of base64: "),
        ('[{"file": "one.png", "payloads_base64": 5}]', "one.png': its payloads_base64 are not a list of base64: "),
    ],
)
def test_a_manifest_that_cannot_be_used_is_reported_with_its_path(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str | None, message: str
) -> None:
    cv2.imwrite(str(tmp_path / "one.png"), BLANK)
    if content is not None:
        (tmp_path / "manifest.json").write_text(content)
    assert exit_code("--readers", "OpenCV", "--corpus", str(tmp_path)) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "nothing to read; give --corpus DIR, --empty DIR or --synth FILE"),
        (["--corpus", "x", "--memory"], "--memory and --streams need drawn screens; give --synth FILE too"),
        (["--corpus", "x", "--streams", "3"], "--memory and --streams need drawn screens; give --synth FILE too"),
        (["--corpus", "x", "--readers", "foo", "--budgets", "5"], "there are pyzbar, OpenCV, zxing-cpp, kiosk 5 ms"),
        (["--corpus", "x", "--slow", "0"], "--slow: a machine is more than 0 times slower; give numbers above 0"),
        (["--empty", "/nope"], "'/nope' contains no picture; name a folder of PNG or JPEG files"),
        (["--synth", "/nope.py"], "'/nope.py' is not a Python file; name the generator of drawn screens"),
    ],
)
def test_arguments_that_cannot_be_run_end_with_a_message(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code(*arguments) == 2
    assert message in capsys.readouterr().err


def exit_code(*arguments: str) -> int | str | None:
    with pytest.raises(SystemExit) as end:
        main(arguments)
    return end.value.code


def test_a_folder_without_codes_is_searched_with_its_subfolders(tmp_path: Path) -> None:
    (tmp_path / "wall").mkdir()
    cv2.imwrite(str(tmp_path / "wall" / "one.png"), BLANK)
    (tmp_path / "wall" / "one.txt").write_text("no picture")
    assert [(found.level, found.truth) for found in pictures_without_code(tmp_path)] == [("wall", frozenset())]


@pytest.mark.parametrize(
    ("found", "truth", "right", "wrongs"),
    [
        ({b"one"}, frozenset([b"one"]), 1, 0),
        ({b"two"}, frozenset([b"one"]), 0, 1),
        ({b"one", b"two"}, frozenset([b"one"]), 1, 1),
        ({b"two"}, frozenset[bytes](), 0, 1),
        ({b"two"}, None, 1, 0),
        (set[bytes](), None, 0, 0),
    ],
)
def test_each_payload_counts_as_right_or_wrong(
    found: set[bytes], truth: frozenset[bytes] | None, right: int, wrongs: int
) -> None:
    score = score_stills(iter([picture(truth)]), {"reader": lambda grey, at_s: found})[Row("a", "b")]["reader"]
    assert (score.shown, score.read, score.wrong, len(score.ms)) == (1, right, wrongs, 1)


def test_the_same_text_in_another_character_set_is_right() -> None:
    assert is_right("ｶﾅ".encode("shift_jis"), frozenset(["ｶﾅ".encode()]))


@pytest.mark.parametrize("read", [b"abc\xff", b"\xffabc", b"ab\xffc", b"\x81"])
def test_bytes_that_are_not_a_text_of_the_truth_are_wrong(read: bytes) -> None:
    assert not is_right(read, frozenset([b"abc", b""]))


def test_only_exceptions_of_public_decoders_count_as_nothing_read() -> None:
    def failing(grey: Grey, at_s: float) -> set[bytes]:
        raise ValueError("broken")

    assert timed(tolerant(lambda: failing), BLANK)[0] == set()
    with pytest.raises(ValueError, match="broken"):
        timed(failing, BLANK)
    made = reader_factories([5.0], streams=False)
    assert [name for name, make in made.items() if getattr(make, "func", None) is tolerant] == list(OTHERS)


def test_a_reader_stops_at_its_first_right_payload() -> None:
    scores = empty_scores()
    readings = iter([set(), {b"other"}, {b"one"}])
    readers = {1.0: {"reader": lambda: lambda grey, at_s: next(readings)}}
    score_stream(in_time([BLANK] * 30), b"one", readers, scores, "row")
    score = scores[Row("row")]["reader"]
    assert (score.shown, score.read, score.wrong, len(score.ms)) == (1, 1, 1, 3)
    assert score.first_ms[0] >= 1000.0 * 2 / 30


def test_pictures_that_come_while_a_reader_is_busy_are_dropped_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = 0.0
    monkeypatch.setattr("bench.scanner.readers.time.process_time", lambda: now_s)
    seen: dict[str, list[float]] = {"quick": [], "slow": []}

    def reader(name: str, takes_s: float) -> Callable[[], Reader]:
        def read(_: Grey, at_s: float) -> set[bytes]:
            nonlocal now_s
            now_s += takes_s
            seen[name].append(round(30 * at_s))
            return set()

        return lambda: read

    scores = empty_scores()
    readers = {1.0: {"quick": reader("quick", 0.030)}, 4.0: {"slow": reader("slow", 0.030)}}
    score_stream(in_time([BLANK] * 9), b"one", readers, scores, "row")
    assert seen == {"quick": [0, 1, 2, 3, 4, 5, 6, 7, 8], "slow": [0, 4, 8]}
    assert scores[Row("row", "", 4.0)]["slow"].ms == pytest.approx([120.0] * 3)


def test_the_tables_show_counts_percentages_and_percentiles() -> None:
    scores = empty_scores()
    for level, readings in (("1", 1), ("2", 3)):
        score = scores[Row("tilt", level)]["reader"]
        score.shown, score.read, score.wrong, score.first_ms = 4, readings, 1, [10.0] * readings
    assert table("read", scores, read_cell).splitlines()[2:] == [
        "| pictures | n | reader |",
        "|---|---|---|",
        "| tilt 1 | 4 | 1 (25 %) |",
        "| tilt 2 | 4 | 3 (75 %) |",
        "| **all** | 8 | 4 (50 %) |",
    ]
    assert table("wrong", by_factor(scores), wrong_cell).splitlines()[-1] == "| tilt | 8 | 2 |"
    assert first_cell(total(scores)["reader"]) == "10.0 / 10"


def test_each_row_and_reader_is_one_json_object_a_line() -> None:
    scores = empty_scores()
    score = scores[Row("walked mix", "", 3.0)]["reader"]
    score.shown, score.read, score.ms, score.first_ms = 4, 1, [1.0, 3.0], [10.0]
    (line,) = json_lines(scores).splitlines()
    assert json.loads(line) == {
        "pictures": "walked mix",
        "slow": 3.0,
        "reader": "reader",
        "shown": 4,
        "read": 1,
        "wrong": 0,
        "ms": [2.0, 2.9],
        "first_ms": [10.0, 10.0],
    }


@pytest.mark.parametrize("step", [(6.0, 0.0), (0.0, -5.0), (3.0, 4.0)])
def test_motion_smears_a_point_along_its_step_and_loses_no_light(step: tuple[float, float]) -> None:
    point = np.zeros((41, 41), np.float32)
    point[20, 20] = 1.0
    seen = smear(point, np.array(step))
    y, x = np.nonzero(seen)
    spread = [float(np.sqrt((seen[y, x] * (axis - 20.0) ** 2).sum())) for axis in (x, y)]
    assert math.isclose(float(seen.sum()), 1.0, rel_tol=1e-5)
    assert spread == pytest.approx([abs(part) / math.sqrt(12) for part in step], abs=0.35)


@needs_generator
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_stream_has_different_frames_of_one_payload(kind: str) -> None:
    shots, payload = KINDS[kind](load_generator(GENERATOR), Job("mix", "", "url", DRAW, 5))
    one, two = next(shots), next(shots)
    assert payload.startswith(b"https://")
    assert one.at_s < two.at_s
    assert one.grey.shape == two.grey.shape == (960, 1280)
    assert not np.array_equal(one.grey, two.grey)


@needs_generator
def test_a_phone_that_approaches_is_large_sharp_and_well_exposed_at_the_end_only() -> None:
    shots, payload = KINDS["approach"](load_generator(GENERATOR), Job("mix", "", "url", {"side": 300.0}, 5))
    pictures = list(shots)
    first, last = pictures[0], pictures[-1]
    assert 0.8 * 2 * 30 < len(pictures) < 2 * 30  # some frames are lost
    assert first.grey.mean() > 1.2 * last.grey.mean()
    assert not zxing()(first.grey).codes
    assert [code.data for code in zxing()(last.grey).codes] == [payload]


def test_the_phone_comes_from_aside_and_afar_and_arrives() -> None:
    hand = approach._Hand(np.random.default_rng(4), 3.0)
    poses = np.array([hand.pose(at_s) for at_s in np.arange(0, 2, 1 / 30)])
    assert np.hypot(*poses[0, :2]) > 200 > 20 > np.hypot(*poses[30:, :2].T).max()
    assert poses[0, 3] < 0.75 < 0.95 < poses[30:, 3].min()


def test_the_hand_smears_by_the_motion_of_the_draw_on_average_and_less_where_it_turns() -> None:
    _, steps = scenes._tremor(np.random.default_rng(3), 6.0)
    lengths = np.hypot(*steps.T)
    assert len(lengths) == 30
    assert float(lengths.mean()) == pytest.approx(6.0)
    assert lengths.min() < 4.0 < 8.0 < lengths.max()


def test_noise_is_new_in_every_frame() -> None:
    rng, light = np.random.default_rng(1), np.full((40, 40), 0.3, np.float32)
    one, two = (scenes.expose(light, 0.8, 6.0, rng) for _ in range(2))
    assert 3.0 < float(one.std()) < 6.0
    assert not np.array_equal(one, two)
