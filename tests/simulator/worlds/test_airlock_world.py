"""The referee judges the two doors of an airlock, and accuses a kiosk whose airlock is broken on purpose."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kiosk.flow.handlers import airlock as flow_airlock
from kiosk.hardware.airlock import Airlock
from kiosk.hardware.inputs import Inputs
from kiosk.hardware.lock import DoorLock
from kiosk.simulator.worlds.play import play
from kiosk.simulator.worlds.report import WorldReport
from kiosk.simulator.worlds.stories.story_file import read_story
from kiosk.simulator.worlds.story import Story, StoryLine, StoryPerson

A = StoryPerson("A", carries=("pass of A",), arrives_s=1.0)
B = StoryPerson("B", behaves="scripted")
SITE: dict[str, Any] = {
    "sequence": ["temperature", "credential"],
    "street_door": {"relay_pin": 8, "active_high": False},
    "inputs": {"street_exit": {"pin": 22}},
}
PULLS = tuple(
    StoryLine("body", "B", "does", "steps_in", at_s, phase)
    for phase, at_s in (("scanning", 0.5), ("admitting", 0.3), ("admitting", 1.0), ("admitting", 1.4))
)
FIRE = (StoryLine("emergency", "", "is", "raised", 3.0),)
PRESSES = (StoryLine("body", "A", "presses", "street_exit", 0.3, "scanning"),)
LEAVES = (StoryLine("body", "A", "does", "steps_out", 0.3, "scanning"),)


def promises(report: WorldReport) -> set[str]:
    return {broken.promise for broken in report.broken}


def never_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The interlock forgets the street door."""
    monkeypatch.setattr(Airlock, "_lock_street", lambda _airlock: None)


def always_free(monkeypatch: pytest.MonkeyPatch) -> None:
    """The flow never locks the entry."""
    monkeypatch.setattr(flow_airlock, "street_is_free", lambda _state: True)


def deaf_exit(monkeypatch: pytest.MonkeyPatch) -> None:
    """The exit button reaches nobody."""
    monkeypatch.setattr(Inputs, "street_exit", property(lambda _inputs: False))


def frees_one_door(monkeypatch: pytest.MonkeyPatch) -> None:
    """An emergency frees the building door only."""
    monkeypatch.setattr(Airlock, "release", lambda airlock: airlock._building.release())


def never_free(monkeypatch: pytest.MonkeyPatch) -> None:
    """The street door never opens for anybody who comes."""
    release = DoorLock.release
    monkeypatch.setattr(DoorLock, "release", lambda lock: release(lock) if lock._relay._name == "door" else None)


PLANTED = (
    (never_locks, PULLS[-2:], {"the two doors are never both unlocked", "the two doors are never both open"}),
    (always_free, PULLS, {"nobody comes in while a visit runs"}),
    (deaf_exit, PRESSES, {"nobody is locked in"}),
    (frees_one_door, FIRE, {"an emergency frees the door"}),
    (never_free, (), {"every honest person is served"}),
)


@pytest.mark.parametrize(("plant", "lines", "promised"), PLANTED, ids=lambda value: getattr(value, "__name__", ""))
def test_a_planted_bug_is_found(
    monkeypatch: pytest.MonkeyPatch,
    plant: Callable[[pytest.MonkeyPatch], None],
    lines: tuple[StoryLine, ...],
    promised: set[str],
) -> None:
    people = (A, B) if any(line.name == "B" for line in lines) else (A,)
    story = Story("test", SITE, people, lines, 60.0 if lines else 600.0)
    assert play(story).broken == []
    plant(monkeypatch)
    assert promises(play(story)) & promised == promised


@pytest.mark.parametrize(("pressed_s", "accused"), [(7.0, {"nobody is locked in"}), (6.6, set())])
def test_an_exit_that_is_in_use_as_the_kiosk_starts_frees_the_street_door(
    monkeypatch: pytest.MonkeyPatch, pressed_s: float, accused: set[str]
) -> None:
    """A press of 0.25 s that ended before the start is not known to the kiosk."""
    power = StoryLine("power", "", "is", "cut", 2.0, "", 5.1)
    presses = StoryLine("body", "B", "presses", "street_exit", pressed_s)
    story = Story("test", SITE, (B,), (StoryLine("body", "B", "does", "steps_in", 0.7), power, presses), 9.0)
    monkeypatch.setattr(flow_airlock, "street_is_free", lambda _state: False)
    assert promises(play(story)) == set()
    deaf_exit(monkeypatch)
    assert promises(play(story)) == accused


def test_a_lock_that_sticks_locks_nobody_in_who_has_a_handle() -> None:
    street = {"relay_pin": 8, "active_high": False, "lock": "fail_secure", "handle_inside": True}
    lines = (StoryLine("street_lock", "", "is", "stuck_locked", 4.0), *LEAVES)
    report = play(Story("test", SITE | {"street_door": street}, (A,), lines, 60.0))
    assert report.broken == []
    assert report.fates == {"A": "is in the street"}


@pytest.mark.parametrize("name", ["somebody-pulls-at-the-door-during-a-visit", "a-lock-that-does-not-lock"])
def test_nobody_enters_an_airlock_by_force(name: str) -> None:
    report = play(read_story(Path(__file__).parent / "stories" / f"airlock-{name}.yaml"))
    assert report.broken == []
    assert "building" not in report.fates["B"]
