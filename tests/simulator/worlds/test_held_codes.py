"""Codes that stay before the camera: one is checked again after an unknown status, and a wrong one counts once."""

from pathlib import Path
from textwrap import dedent

from kiosk.simulator.worlds.play import play
from kiosk.simulator.worlds.stories.story_file import read_story

STORIES = Path(__file__).parent / "stories"


def test_a_code_that_is_held_up_is_checked_again_after_a_check_that_came_too_late() -> None:
    report = play(read_story(STORIES / "code-held-up-until-the-check-answers-in-time.yaml"))
    assert (report.broken, report.entered) == ([], 1)


def test_a_wrong_code_that_begins_the_visit_and_stays_in_view_counts_once(tmp_path: Path) -> None:
    file = tmp_path / "story.yaml"
    file.write_text(
        dedent("""
            title: the visitor holds up a Wi-Fi code, and then the pass
            people: {A: {behaves: scripted}}
            site: {sequence: [credential], inputs: {presence: null}, scanner: {wrong_codes: 2}}
            lines:
              - {at: 1.0, body: A, does: steps_in}
              - {at: 4.0, body: A, shows: wifi, for: 6}
              - {at: 11.0, body: A, shows: pass}
              - {when: admitting, after: 1.0, body: A, does: goes_in}
            lasts: 20
        """),
        encoding="utf-8",
    )
    report = play(read_story(file))
    assert (report.broken, report.entered) == ([], 1)
