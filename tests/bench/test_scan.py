"""What the scanner's bench counts, and what its seconds are made of."""

import base64
import json
import math
from pathlib import Path

import cv2
import numpy as np
import pytest

from bench import scenes
from bench.scan import second, stills
from bench.scan_pictures import Job, Picture, empties, generator, photographs
from bench.scan_readers import same
from bench.scan_tables import by_factor, first, new, read, table, total, wrong
from bench.streams import smear

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
        ({}, None),
    ],
)
def test_a_manifest_may_leave_out_what_is_not_known(
    tmp_path: Path, payloads: dict[str, object], truth: set[bytes] | None
) -> None:
    cv2.imwrite(str(tmp_path / "one.png"), BLANK)
    (tmp_path / "manifest.json").write_text(json.dumps([{"file": "one.png", **payloads}]))
    (found,) = photographs(tmp_path)
    assert (found.factor, found.level, found.truth) == (tmp_path.name, "", truth)


def test_a_folder_without_codes_is_looked_at_with_all_below_it(tmp_path: Path) -> None:
    (tmp_path / "wall").mkdir()
    cv2.imwrite(str(tmp_path / "wall" / "one.png"), BLANK)
    (tmp_path / "wall" / "one.txt").write_text("no picture")
    assert [(found.level, found.truth) for found in empties(tmp_path)] == [("wall", frozenset())]


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
def test_what_is_read_is_right_or_wrong(
    found: set[bytes], truth: frozenset[bytes] | None, right: int, wrongs: int
) -> None:
    score = stills(iter([picture(truth)]), {"reader": lambda grey, at_s: found})["a", "b"]["reader"]
    assert (score.shown, score.read, score.wrong, len(score.ms)) == (1, right, wrongs, 1)


def test_the_same_text_in_another_character_set_is_right() -> None:
    assert same("ｶﾅ".encode("shift_jis"), frozenset(["ｶﾅ".encode()]))


def test_a_reader_is_done_with_its_first_right_reading() -> None:
    scores = new()
    readings = iter([set(), {b"other"}, {b"one"}])
    second(iter([BLANK] * 30), b"one", {"reader": lambda: lambda grey, at_s: next(readings)}, scores, "row")
    score = scores["row", ""]["reader"]
    assert (score.shown, score.read, score.wrong, len(score.ms)) == (1, 1, 1, 3)
    assert score.first_ms[0] >= 1000.0 * 2 / 30


def test_the_tables_tell_counts_shares_and_spreads() -> None:
    scores = new()
    for level, readings in (("1", 1), ("2", 3)):
        score = scores["tilt", level]["reader"]
        score.shown, score.read, score.wrong, score.first_ms = 4, readings, 1, [10.0] * readings
    assert table("read", scores, read).splitlines()[2:] == [
        "| pictures | n | reader |",
        "|---|---|---|",
        "| tilt 1 | 4 | 1 (25 %) |",
        "| tilt 2 | 4 | 3 (75 %) |",
        "| **all** | 8 | 4 (50 %) |",
    ]
    assert table("wrong", by_factor(scores), wrong).splitlines()[-1] == "| tilt | 8 | 2 |"
    assert first(total(scores)["reader"]) == "10.0 / 10"


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
@pytest.mark.parametrize("kind", sorted(scenes.KINDS))
def test_a_second_is_thirty_other_frames_of_one_payload(kind: str) -> None:
    frames, payload = scenes.KINDS[kind](generator(GENERATOR), Job("mix", "", "url", DRAW, 5))
    one, two = next(frames), next(frames)
    assert payload.startswith(b"https://")
    assert one.shape == two.shape == (960, 1280)
    assert not np.array_equal(one, two)


def test_the_hand_smears_by_the_motion_of_the_draw_on_average_and_less_where_it_turns() -> None:
    _, steps = scenes._tremor(np.random.default_rng(3), 6.0)
    lengths = np.hypot(*steps.T)
    assert len(lengths) == 30
    assert float(lengths.mean()) == pytest.approx(6.0)
    assert lengths.min() < 4.0 < 8.0 < lengths.max()


def test_noise_is_new_in_every_frame() -> None:
    rng, light = np.random.default_rng(1), np.full((40, 40), 0.3, np.float32)
    one, two = (scenes._seen(light, 0.8, 6.0, rng) for _ in range(2))
    assert 3.0 < float(one.std()) < 6.0
    assert not np.array_equal(one, two)
