"""Stories are read from YAML and written to it; every mistake names its place and what is allowed."""

from pathlib import Path

import pytest

from kiosk.errors import KioskError
from kiosk.simulator.worlds.seeds import draw_story
from kiosk.simulator.worlds.stories.story_file import MAX_BYTES, read_story


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


LINES = "people: {A: {}}\nlines: [%s]"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[1, 2]", "the story: must hold names with values, such as 'title, people, lines'; found: '[1, 2]'"),
        ("people: {}", "people: is empty; name at least one person"),
        (
            "persons: {A: {}}",
            "has the unknown name 'persons'; allowed: title, seed, pictures, lasts, room_c, site, people, lines",
        ),
        ("people: {A: {behaves: evil}}", "people.A.behaves: is 'evil'; allowed: honest, hurried, slow"),
        ("people: {A: {behaves: follows B}}", "people.A.behaves: names 'B', who is not another person of people"),
        ("people: {A: {carries: [gold]}}", "people.A.carries: is 'gold'; allowed: pass, "),
        ("people: {A: {skin_c: warm}}", "people.A.skin_c: must be a number from 0 to 60, not 'warm'"),
        ("people: {A: {}}\nseed: 1.5", "seed: must be a whole number, not '1.5'"),
        (LINES % "{at: 1}", "story.yaml:2: entry 1 of lines: has no subject; allowed: body, door, sensor"),
        (LINES % "{body: A, does: faces}", "entry 1 of lines: needs 'at: SECONDS', or 'when: PHASE'"),
        (LINES % "{at: 1, body: B, does: faces}", "body: is 'B'; allowed: A"),
        (LINES % "{at: 1, body: A, does: flies}", "does: is 'flies'; allowed: steps_in"),
        (LINES % "{at: 1, body: A, does: step_in}", "; did you mean 'steps_in'?"),
        (
            LINES % "{at: 1, body: A, does: faces, shows: pass}",
            "needs one verb of: does, shows, presses",
        ),
        (LINES % "{at: 1, body: A, shows: pass of C}", "shows: has 'pass of C', but 'C' is not in people"),
        (LINES % "{at: 1, body: A, does: steps_in, for: 3}", "'for' has no meaning after 'does: steps_in'"),
        (LINES % "{at: 1, clock: {steps_s: 60}, for: 3}", "'for' has no meaning after 'steps_s: 60.0'"),
        (LINES % "{when: noon, body: A, does: faces}", "when: is 'noon'; allowed: starting"),
        (
            LINES % "{when: idle, after: -1, body: A, does: faces}",
            "after: must be a number from 0 to 1000000",
        ),
        (LINES % "{at: 1, sensor: presence, reads: ghosts}", "reads: is 'ghosts'; allowed: active"),
        (LINES % "{at: 1, sensor: presence, flickers_s: 0}", "flickers_s: must be a number from 0.01 to 60, not '0'"),
        (LINES % "{at: 1, power: off_and_on}", "is: is 'off_and_on'; allowed: cut"),
        (LINES % "{at: 1, power: cut, process: killed}", "has the subjects power, process; write a line for each"),
        (LINES % "{at: 1, power: cut, is: cut}", "has unknown words: is"),
        (LINES % "{at: 1, card: {late_s: 3}}", "card: is 'late_s'; allowed: is"),
        (LINES % "{at: 1, clock: {steps_s: far}}", "steps_s: must be a number from -1000000"),
        ("people: {A: {}}\nroom_c: 200", "room_c: must be a number from 0 to 60, not '200'"),
        (LINES % "{at: 1, sensor: eye, reads: active}", "sensor: is 'eye'; allowed: "),
        (LINES % "{at: 1, wire: camera, is: cut}", "wire: is 'camera'; allowed: "),
        (LINES % "{at: 1, door: window, is: shut}", "door: is 'window'; allowed: building"),
        (LINES % "{at: -1, officer: stops}", "at: must be a number from 0 to 1000000"),
        (LINES % "{at: 1, power: cut, for: -2}", "for: must be a number from 0 to 1000000"),
        ("people: {A: {declines: often}}", "people.A.declines: must be true or false, not 'often'"),
        ("people: {A: {}}\npictures: 1", "pictures: must be true or false, not '1'"),
        ("people: {A: {arrives: -3}}", "people.A.arrives: must be a number from 0 to 1000000, not '-3'"),
        ("people: {A: {behaves: follows A}}", "names 'A', who is not another person of people"),
        ("people: {A: {behaves: follows}}", "is 'follows'; allowed: honest, hurried, slow, scripted, follows NAME"),
        ("people: {A: {}, A: {}}", "story.yaml:1:17: 'A' stands here a second time; write it once"),
        ("people: &all {A: {}}\nsite: *all", "story.yaml:2:7: an alias (*name) is not allowed"),
        ("people: {[A]: {}}", "story.yaml:1:10: a name must be a word"),
        ("people: [A]", "people: must hold names with values, such as 'A: {behaves: honest}'; found: '['A']'"),
        ("people: {A: {}}\n--- 2", "this is not YAML; compare with an example in docs/worlds.md"),
        ("people: {A: {}}\ntitle: \0", "character U+0000 is not allowed"),
        ("[" * 1000, "is not a story; compare with an example"),
        ("people: {A: [", "story.yaml:1:14: a value is missing here; compare with"),
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


@pytest.mark.parametrize(
    ("data", "said"), [(b"title: \xff", "byte 7 is not UTF-8 text"), (b"#" * (MAX_BYTES + 1), "is larger than 256 KiB")]
)
def test_a_file_that_is_no_text_or_too_large_is_refused(tmp_path: Path, data: bytes, said: str) -> None:
    file = tmp_path / "story.yaml"
    file.write_bytes(data)
    with pytest.raises(KioskError, match=said):
        read_story(file)


def test_the_names_yes_and_no_of_inputs_are_no_truth_values(tmp_path: Path) -> None:
    story = read_story(written(tmp_path, "people: {A: {}}\nsite: {inputs: {yes: {pin: 27}, no: null}}"))
    assert story.site == {"inputs": {"yes": {"pin": 27}, "no": None}}


@pytest.mark.parametrize("text", ["people: {A: {carries: [phone]}}", LINES % "{at: 1, venue: silent}"])
def test_a_story_with_a_phone_or_a_venue_has_a_check_in(tmp_path: Path, text: str) -> None:
    assert read_story(written(tmp_path, text)).site == {"credentials": {"check_in": {}}}
    own = read_story(written(tmp_path, text + "\nsite: {credentials: {again_s: 5, check_in: {renew_s: 9}}}"))
    assert own.site == {"credentials": {"again_s": 5, "check_in": {"renew_s": 9}}}
    assert read_story(written(tmp_path, text + "\nsite: {credentials: null}")).site == {"credentials": None}


def test_a_story_that_does_not_say_so_lasts_until_its_lines_happened_and_everybody_was_served(tmp_path: Path) -> None:
    lines = "lines: [{at: 500, power: cut, for: 20}]"
    assert read_story(written(tmp_path, "people: {A: {}}")).lasts_s == 180.0
    assert read_story(written(tmp_path, "people: {A: {arrives: 30, returns: 60}, B: {}}")).lasts_s == 330.0
    assert read_story(written(tmp_path, "people: {A: {}}\n" + lines)).lasts_s == 700.0
    assert read_story(written(tmp_path, "people: {A: {}}\nlasts: 5\n" + lines)).lasts_s == 5.0
