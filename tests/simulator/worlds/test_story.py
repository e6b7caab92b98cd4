"""Stories are read from YAML and written to it; every mistake names its place and what is allowed."""

from pathlib import Path

import pytest

from kiosk.errors import KioskError
from kiosk.simulator.worlds.seeds import draw_story
from kiosk.simulator.worlds.story_file import read_story


def written(folder: Path, text: str) -> Path:
    file = folder / "story.yaml"
    file.write_text(text, encoding="utf-8")
    return file


@pytest.mark.parametrize("seed", [*range(1, 40), 1_000_871])
def test_a_drawn_story_is_the_same_after_it_was_written_and_read(tmp_path: Path, seed: int) -> None:
    story = draw_story(seed)
    assert read_story(written(tmp_path, story.as_yaml())) == story


def test_the_same_seed_draws_the_same_story() -> None:
    assert draw_story(7) == draw_story(7)
    assert draw_story(7) != draw_story(8)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[1, 2]", "the story: must hold names with values, not list"),
        ("people: {}", "people: is empty; name at least one person"),
        (
            "persons: {A: {}}",
            "the story: has the unknown name 'persons'; allowed: title, seed, pictures, lasts, site, people, lines",
        ),
        ("people: {A: {behaves: evil}}", "people.A.behaves: is 'evil'; allowed: honest, hurried, slow"),
        ("people: {A: {behaves: follows B}}", "people.A.behaves: names 'B', who is not in people"),
        ("people: {A: {carries: [gold]}}", "people.A.carries: has 'gold'; allowed: pass, "),
        ("people: {A: {skin_c: warm}}", "people.A.skin_c: must be a number from -1000000 to 1000000, not 'warm'"),
        ("people: {A: {}}\nseed: 1.5", "seed: must be a whole number, not '1.5'"),
        ("people: {A: {}}\nlines: [{at: 1}]", "line 1: has no subject; allowed: body, door, sensor"),
        ("people: {A: {}}\nlines: [{body: A, does: faces}]", "line 1: needs 'at: SECONDS', or 'when: PHASE'"),
        ("people: {A: {}}\nlines: [{at: 1, body: B, does: faces}]", "line 1: body: is 'B', who is not in people"),
        ("people: {A: {}}\nlines: [{at: 1, body: A, does: flies}]", "line 1: does: is 'flies'; allowed: steps_in"),
        ("people: {A: {}}\nlines: [{when: noon, body: A, does: faces}]", "line 1: when: is 'noon'; allowed: starting"),
        ("people: {A: {}}\nlines: [{at: 1, sensor: presence, reads: ghosts}]", "line 1: sensor: is 'ghosts'; allowed"),
        ("people: {A: {}}\nlines: [{at: 1, power: off_and_on}]", "line 1: power: is 'off_and_on'; allowed: cut"),
        ("people: {A: {}}\nlines: [{at: 1, clock: {steps_s: far}}]", "line 1: steps_s: must be a number from -1000000"),
        ("people: {A: {}}\nlines: [{at: 1, sensor: eye, reads: active}]", "line 1: sensor: is 'eye'; allowed: "),
        ("people: {A: {}}\nlines: [{at: 1, wire: camera, is: cut}]", "line 1: wire: is 'camera'; allowed: "),
        ("people: {A: {}}\nlines: [{at: 1, door: window, is: shut}]", "line 1: door: is 'window'; allowed: building"),
        ("people: {A: {}}\nlines: [{at: -1, officer: stops}]", "line 1: at: must be a number from 0 to 1000000"),
        ("people: {A: {}}\nlines: [{at: 1, power: cut, for: -2}]", "line 1: for: must be a number from 0 to 1000000"),
        ("people: {A: [", "story.yaml:1:14: is not YAML"),
    ],
)
def test_a_mistake_is_reported_with_its_place_and_what_is_allowed(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(KioskError) as caught:
        read_story(written(tmp_path, text))
    assert said in str(caught.value)


def test_a_missing_file_is_reported(tmp_path: Path) -> None:
    with pytest.raises(KioskError, match="cannot be read"):
        read_story(tmp_path / "none.yaml")


def test_an_answer_is_read_with_and_without_quotes(tmp_path: Path) -> None:
    text = "people: {A: {}}\nlines: [{at: 1, body: A, presses: %s}]"
    words = [read_story(written(tmp_path, text % word)).lines[0].word for word in ("yes", "no", "'no'")]
    assert words == ["yes", "no", "no"]
