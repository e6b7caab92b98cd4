"""A story is told so that its writer sees what happened, what came to nothing, and which line never happened."""

import contextlib
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
import yaml

from kiosk.errors import KioskError
from kiosk.simulator.worlds.__main__ import main
from kiosk.simulator.worlds.booth import BOOTH, settings_of
from kiosk.simulator.worlds.play import PlayedWorld, play
from kiosk.simulator.worlds.report import WorldReport, narrative
from kiosk.simulator.worlds.stories.story_file import read_story

AIRLOCK_OF_THE_WIRING_PAGE = """
site:
  street_door: {relay_pin: 7, active_high: false}
  inputs: {street_exit: {pin: 4}, street_bolt: {pin: 10}, tamper: {pin: 24}}
people: {A: {}}
"""
"""It has pins that the default booth uses for other parts."""


def played(folder: Path, text: str) -> WorldReport:
    file = folder / "story.yaml"
    file.write_text(dedent(text), encoding="utf-8")
    return play(read_story(file))


def said(report: WorldReport) -> str:
    assert report.broken == []
    return narrative(report)


def test_a_line_that_comes_to_nothing_is_told_with_its_reason(tmp_path: Path) -> None:
    told = said(
        played(
            tmp_path,
            """
            site: {inputs: {skip: null}}
            people: {A: {behaves: scripted}}
            lines:
              - {at: 0.5, body: A, shows: pass}
              - {at: 0.6, body: A, does: faces}
              - {at: 1, body: A, does: goes_in}
              - {at: 2, body: A, does: steps_in}
              - {at: 2.3, body: A, does: steps_in}
              - {at: 5, body: A, does: goes_in}
              - {at: 6, body: A, presses: skip}
              - {at: 6.5, body: A, holds: building, for: 2}
              - {at: 7, sensor: skip, reads: active, for: 1}
              - {at: 8, street_lock: stuck_locked, for: 1}
              - {at: 9, body: A, does: steps_out}
            lasts: 20
            """,
        )
    )
    for reason in (
        "A shows 'pass of A': without effect, A is in the street",
        "A faces the thermometer: without effect, A is in the street",
        "A goes in: not possible, A is in the street",
        "A steps in: not possible, A is in a doorway",
        "A goes in: not possible, the building door is locked",
        "'skip' is not wired",
        "A cannot hold the building door open, because it is shut",
        "the street door has no lock",
    ):
        assert f"(nothing happens: {reason})" in told


def test_lines_that_did_not_happen_are_named(tmp_path: Path) -> None:
    told = said(
        played(
            tmp_path,
            """
            people: {A: {arrives: 30}}
            lines:
              - {when: admitting, after: 1.0, body: A, does: faces}
              - {at: 30, clock: {steps_s: 60}}
              - {when: idle, officer: stops}
            lasts: 8
            """,
        )
    )
    assert told.endswith(
        "-- lines that did not happen\n"
        "{when: admitting, after: 1.0, body: A, does: faces}: the screen did not show 'admitting'\n"
        "{at: 30.0, clock: {steps_s: 60.0}}: the story lasts 8 s\n"
        "-- referee\nevery promise was kept\n"
    )


def test_the_reason_of_a_referral_and_the_alarms_of_the_journal_are_told_in_the_order_of_time(tmp_path: Path) -> None:
    report = played(
        tmp_path,
        """
        site: {sequence: [credential]}
        people: {A: {carries: [expired], arrives: 6}}
        lines: [{at: 2, door: building, is: forced_open, for: 2}]
        """,
    )
    told = said(report)
    assert "the screen shows referring (expired)" in told
    assert "   2.03 s  the journal says fault_raised door_forced" in told
    assert report.told == sorted(report.told, key=lambda line: float(line.split()[0]))


def test_a_sentence_that_is_repeated_at_once_stands_there_once(tmp_path: Path) -> None:
    told = said(played(tmp_path, "site: {sequence: [credential]}\npeople: {A: {carries: [sheet]}}"))
    assert "the camera sees the code 'sheet' (60 times)" in told


def test_faces_codes_and_presses_end_after_their_time(tmp_path: Path) -> None:
    """A press that lasts is one press; a face and a code are gone afterwards; a newer code stays."""
    told = said(
        played(
            tmp_path,
            """
            site: {sequence: [temperature, credential]}
            people: {A: {behaves: scripted}}
            lines:
              - {at: 1, body: A, does: steps_in}
              - {at: 3.5, body: A, does: faces, for: 0.2}
              - {at: 10, body: A, does: faces}
              - {when: scanning, after: 1, body: A, shows: wifi, for: 1.5}
              - {when: scanning, after: 2, body: A, shows: expired, for: 9}
              - {at: 40, officer: presses, for: 65}
            lasts: 120
            """,
        )
    )
    scanning_s = next(float(line.split()[0]) for line in told.splitlines() if "shows scanning" in line)
    assert scanning_s > 10.0, "the face was gone at 3.7 s"
    assert "the screen shows referring (expired)" in told
    assert "the journal says fault_raised button_stuck" in told


def test_a_flicker_without_an_end_goes_on(tmp_path: Path) -> None:
    story = "people: {A: {}}\nlines: [{at: 1, sensor: tamper, flickers_s: 2}]\nlasts: 30"
    assert said(played(tmp_path, story)).count("fault_raised enclosure_opened") >= 7


def test_nobody_is_measured_in_a_room_as_warm_as_skin(tmp_path: Path) -> None:
    """Neither the wall passes for a forehead nor is a forehead told from the wall; nobody is promised to be served."""
    story = "room_c: {room}\nsite: {{sequence: [temperature]}}\npeople: {{A: {{behaves: {behaves}}}}}"
    for room_c, behaves, word in (
        (34.2, "never_moves", "chamber"),
        (34.2, "honest", "street"),
        (33.2, "honest", "building"),
    ):
        report = played(tmp_path, story.format(room=room_c, behaves=behaves))
        assert report.broken == []
        assert word in report.fates["A"]


@pytest.mark.parametrize(
    ("text", "fate"),
    [
        ("people: {A: {carries: [phone]}}", "is in the building"),
        ("people: {A: {carries: [refused phone]}}", "is in the street (told to go elsewhere)"),
        ("site: {sequence: [questions]}\npeople: {A: {}}", "is in the building"),
        ("site: {chamber: {when: empty}}\npeople: {A: {}}", "is in the building"),
        ("site: {street_door: {}}\npeople: {A: {}}", "is in the building"),
        (AIRLOCK_OF_THE_WIRING_PAGE, "is in the building"),
    ],
)
def test_the_booth_has_what_a_story_needs(tmp_path: Path, text: str, fate: str) -> None:
    report = played(tmp_path, text)
    assert (report.broken, report.fates) == ([], {"A": fate})


def test_errors_of_the_site_are_told_by_the_names_of_the_settings_and_without_warnings(tmp_path: Path) -> None:
    with pytest.raises(KioskError) as caught:
        settings_of({"inputs": {"emergency": {"active_low": True}}, "door": {"active_high": True}}, tmp_path)
    assert str(caught.value).startswith("site: inputs.emergency.active_low: a cut wire is not noticed;")
    assert "\n" not in str(caught.value)


def test_the_page_shows_the_default_booth() -> None:
    page = (Path(__file__).parents[3] / "docs/worlds.md").read_text(encoding="utf-8")
    shown = yaml.safe_load(page[page.index("### The booth") :].split("```")[1].removeprefix("yaml"))
    assert shown == {key: value for key, value in BOOTH.items() if key not in ("name", "site", "journal")}


def test_somebody_who_starts_in_the_building_comes_out(tmp_path: Path) -> None:
    story = """
        people: {A: {behaves: scripted, starts: building}}
        lines:
          - {at: 1, body: A, does: comes_out}
          - {at: 4, body: A, does: steps_out}
        """
    report = played(tmp_path, story)
    assert (report.broken, report.fates) == ([], {"A": "is in the street"})


@pytest.mark.parametrize(
    ("site", "name"),
    [
        ({"journal": {"path": "../journal.db"}}, "journal.path"),
        ({"speaker": {}}, "speaker"),
    ],
)
def test_a_world_reaches_nothing_outside_itself(tmp_path: Path, site: dict[str, Any], name: str) -> None:
    with pytest.raises(KioskError, match=f"site: {name}: a world has .*; leave it out"):
        settings_of(site, tmp_path)


def test_a_tailgater_follows_through_a_street_door_without_a_contact(tmp_path: Path) -> None:
    report = played(tmp_path, "site: {inputs: {street_contact: null}}\npeople: {A: {}, B: {behaves: follows A}}")
    assert (report.broken, report.fates) == ([], {"A": "is in the building", "B": "is in the building"})
    assert "went_through passage_unadmitted" in narrative(report)


def test_a_site_without_the_step_disinfect_needs_no_contacts_of_doors(tmp_path: Path) -> None:
    site = {"sequence": ["credential"], "inputs": {"door_contact": None, "street_contact": None}}
    assert settings_of(site, tmp_path).sprayer is None
    assert settings_of({**site, "inputs": {}, "sprayer": {"relay_pin": 9}}, tmp_path).sprayer is not None


def test_a_wrong_story_does_not_keep_others_from_being_played(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [tmp_path / name for name in ("wrong.yaml", "kept.yaml", "site.yaml")]
    for file, text in zip(files, ("people: {}", "people: {A: {}}", "people: {A: {}}\nsite: {door: null}"), strict=True):
        file.write_text(text, encoding="utf-8")
    assert main(["--story", *map(str, files)]) == 2
    out, err = capsys.readouterr()
    assert out.startswith("== kept")
    assert [line.split(":")[0] for line in err.splitlines()] == [str(files[0]), str(files[2])]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--seeds", "0"], "argument --seeds: is 0; give at least 1"),
        (["--jobs", "-1"], "argument --jobs: is -1; give at least 1"),
        (["--people", "0"], "argument --people: is 0; give at least 1"),
        (["--seeds", "1", "--save", "/dev/null/folder"], "--save /dev/null/folder: cannot be written"),
    ],
)
def test_options_that_make_no_sense_are_refused(
    capsys: pytest.CaptureFixture[str], options: list[str], said: str
) -> None:
    with contextlib.suppress(SystemExit):
        assert main(options) == 2
    assert said in capsys.readouterr().err


def test_ctrl_c_ends_the_command_without_a_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(PlayedWorld, "_turn", interrupted)
    assert main(["--seeds", "1", "--jobs", "1"]) == 130
