"""Worlds are played by the real kiosk, and the referee accuses it when, and only when, a promise was broken."""

from dataclasses import replace
from math import inf
from pathlib import Path
from typing import Any

import pytest

from kiosk.errors import KioskError
from kiosk.flow import observations, transitions
from kiosk.flow.events import Event
from kiosk.flow.machine import step
from kiosk.flow.rules import Rules
from kiosk.flow.state import Situation, State
from kiosk.flow.transitions import Transition
from kiosk.hardware.lock import DoorLock
from kiosk.hardware.sprayer import Sprayer
from kiosk.journal.records import Record
from kiosk.journal.store import Journal
from kiosk.model import WallTime
from kiosk.simulator.worlds.judges.service_judge import FIRST_S, RECOVERY_S, fair_from_s
from kiosk.simulator.worlds.play import PlayedWorld, play
from kiosk.simulator.worlds.report import WorldReport
from kiosk.simulator.worlds.seeds import draw_story
from kiosk.simulator.worlds.shrink import shrink
from kiosk.simulator.worlds.stories.story_file import read_story
from kiosk.simulator.worlds.story import Story, StoryLine, StoryPerson
from tests.samples import every

RUNS_ON = "the pump stops when it may not run"


def story(*people: StoryPerson, lines: tuple[StoryLine, ...] = (), lasts_s: float = 90.0, **site: Any) -> Story:
    return Story("test", site, people, lines, lasts_s)


def promises(report: WorldReport) -> set[str]:
    return {broken.promise for broken in report.broken}


A = StoryPerson("A", carries=("pass of A",), arrives_s=1.0)
SCRIPTED = StoryPerson("A", behaves="scripted")


def does(at_s: float, word: str, name: str = "A", verb: str = "does") -> StoryLine:
    return StoryLine("body", name, verb, word, at_s)


def test_an_honest_visitor_enters() -> None:
    report = play(story(A))
    assert report.broken == []
    assert report.fates == {"A": "is in the building"}
    assert (report.visits, report.admissions, report.entered) == (1, 1, 1)


@pytest.mark.parametrize(
    "persona",
    [
        replace(A, skin_c=37.4),
        replace(A, carries=("forged",)),
        replace(A, carries=("expired",)),
        replace(A, carries=("foreign",)),
        replace(A, carries=("sheet",)),
        replace(A, declines=True),
    ],
    ids=["fever", "forged", "expired", "foreign", "sheet", "declines"],
)
def test_a_visitor_who_must_not_enter_is_told_to_go_elsewhere(persona: StoryPerson) -> None:
    report = play(story(persona, lasts_s=150.0))
    assert report.broken == []
    assert report.fates == {"A": "is in the street (told to go elsewhere)"}


def test_the_same_story_gives_the_same_run() -> None:
    assert play(draw_story(17)).told == play(draw_story(17)).told


def test_an_idle_kiosk_handles_no_events(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    handled: list[float] = []

    def counted(state: State, event: Event, rules: Rules) -> Transition:
        handled.append(event.at_s)
        return step(state, event, rules)

    monkeypatch.setattr("kiosk.runtime.loop.step", counted)
    world = PlayedWorld(story(replace(A, arrives_s=250.0), lasts_s=240.0), tmp_path)
    world.run()
    assert [at_s for at_s in handled if at_s > world.start_s + 10.0] == []
    world.close()


def test_a_world_ends_when_nothing_more_can_happen() -> None:
    lines = (StoryLine("clock", "", "steps_s", 3600.0, 1.0),)
    with_a_line = play(story(A, lines=lines, lasts_s=900.0))
    assert 40.0 < with_a_line.ended_s < 120.0
    assert play(story(A, lines=lines, lasts_s=9.0)).ended_s == 9.0
    stays = play(story(SCRIPTED, lines=(does(2.0, "steps_in"),), lasts_s=200.0))
    assert stays.ended_s == 200.0, "somebody is in the chamber"


def test_settings_that_do_not_fit_together_are_reported() -> None:
    with pytest.raises(KioskError, match=r"door\.hold_s"):
        play(story(A, door={"hold_s": 1e9}))


# --- the referee accuses a kiosk that is broken on purpose ---


def test_a_door_that_unlocks_by_itself_is_accused(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = (does(1.0, "steps_in"), does(4.0, "goes_in"))
    assert not play(story(SCRIPTED, lines=lines)).broken
    monkeypatch.setattr(DoorLock, "lock", lambda lock: lock.unlock(5.0))
    assert "unlocked only after every step" in promises(play(story(SCRIPTED, lines=lines)))


def test_a_journal_that_forgets_is_accused(monkeypatch: pytest.MonkeyPatch) -> None:
    append = Journal.append

    def forget(journal: Journal, record: Record, at: WallTime | None = None) -> int:
        return 0 if record.admits else append(journal, record, at)

    monkeypatch.setattr(Journal, "append", forget)
    assert promises(play(story(A))) == {"a durable row before the door is unlocked"}


def test_a_sprayer_that_does_not_stop_is_accused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Sprayer, "stop", lambda _sprayer: None)
    lines = (does(1.0, "steps_in"), does(12.0, "skip", verb="presses"))
    report = play(story(SCRIPTED, lines=lines, lasts_s=24.0))
    assert "skip stops the pump" in promises(report)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (StoryLine("door", "building", "is", "forced_open", 12.0), "a door is open"),
        (StoryLine("emergency", "", "is", "raised", 12.0), "there is an emergency"),
        (StoryLine("sensor", "presence", "reads", "nobody", 12.0), "the chamber is not occupied"),
    ],
)
def test_a_pump_that_runs_on_when_it_may_not_is_accused(
    monkeypatch: pytest.MonkeyPatch, line: StoryLine, why: str
) -> None:
    lines = (does(1.0, "steps_in"), line)
    assert not play(story(SCRIPTED, lines=lines, lasts_s=24.0)).broken
    for name in ("stop", "check"):
        monkeypatch.setattr(Sprayer, name, lambda _sprayer: None)
    report = play(story(SCRIPTED, lines=lines, lasts_s=24.0))
    assert [one.seen for one in report.broken if one.promise == RUNS_ON] == [f"it runs on, and {why}"]


def test_a_kiosk_that_ignores_the_emergency_is_accused(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = (StoryLine("emergency", "", "is", "raised", 3.0),)
    assert not play(story(SCRIPTED, lines=lines, lasts_s=10.0)).broken
    monkeypatch.setattr(DoorLock, "release", lambda _lock: None)
    assert promises(play(story(SCRIPTED, lines=lines, lasts_s=10.0))) == {"an emergency frees the door"}


def test_a_kiosk_that_serves_nobody_is_accused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DoorLock, "unlock", lambda _lock, _hold_s: True)
    report = play(story(A, lasts_s=300.0, sequence=["temperature"]))
    assert promises(report) == {"every honest person is served"}


def test_a_kiosk_that_is_never_ready_is_accused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transitions, "resting_situation", lambda _state, _rules: Situation.STARTING)
    report = play(story(A, lasts_s=300.0, sequence=["temperature"]))
    assert promises(report) == {"every honest person is served"}
    assert "A waited at the street door" in report.broken[0].seen


def test_a_kiosk_that_does_not_recover_from_a_fault_is_accused(monkeypatch: pytest.MonkeyPatch) -> None:
    late = replace(A, arrives_s=70.0)
    lines = (StoryLine("camera", "", "is", "silent", 1.0, "", 8.0),)
    assert not play(story(late, lines=lines, lasts_s=400.0)).broken
    monkeypatch.setattr(observations, "without_fault", lambda state, _device: state)
    report = play(story(late, lines=lines, lasts_s=400.0))
    assert promises(report) == {"every honest person is served"}


@pytest.mark.parametrize(
    ("line", "fair_s"),
    [
        (StoryLine("camera", "", "is", "silent", 10.0, "", 8.0), 18.0 + RECOVERY_S),
        (StoryLine("power", "", "is", "cut", 10.0), 20.0 + RECOVERY_S),
        (StoryLine("power", "", "is", "cut_in_a_row", 10.0), inf),
        (StoryLine("street_lock", "", "is", "stuck_unlocked", 10.0, "", 2.0), 12.0 + RECOVERY_S),
        (StoryLine("clock", "", "steps_s", 60.0, 10.0), 10.0 + RECOVERY_S),
        (StoryLine("clock", "", "steps_s", -60.0, 10.0), inf),
        (StoryLine("camera", "", "is", "silent", 10.0), inf),
        (StoryLine("camera", "", "is", "silent", 10.0, "idle", 8.0), inf),
        (does(1.0, "steps_out"), inf),
    ],
)
def test_a_world_is_fair_again_some_time_after_its_last_fault(line: StoryLine, fair_s: float) -> None:
    assert fair_from_s(story(A, lines=(line,))) == fair_s
    assert fair_from_s(story(A)) == FIRST_S
    assert fair_from_s(story(replace(A, behaves="never_moves"))) == inf


# --- the wiring bounds what can be promised ---


def test_a_swap_that_no_sensor_can_see_is_not_accused() -> None:
    b = StoryPerson("B", skin_c=37.5, behaves="scripted")
    lines = (
        does(1.0, "steps_in"),
        does(2.5, "faces"),
        does(6.0, "steps_out"),
        does(6.1, "steps_in", "B"),
        StoryLine("body", "B", "shows", "pass of A", 8.0),
        StoryLine("body", "B", "does", "goes_in", 0.5, "admitting"),
    )
    blind = play(
        story(SCRIPTED, b, lines=lines, sequence=["temperature", "credential"], inputs={"street_contact": None})
    )
    assert blind.broken == []
    assert blind.fates["B"] == "is in the building"


def test_a_failing_story_is_shrunk_to_what_matters(monkeypatch: pytest.MonkeyPatch) -> None:
    people = tuple(
        StoryPerson(f"P{number}", carries=(f"pass of P{number}",), arrives_s=1.0 + 40.0 * number) for number in range(4)
    )
    lines = (
        StoryLine("emergency", "", "is", "raised", 30.04),
        StoryLine("clock", "", "steps_s", 3600.0, 5.0),
        StoryLine("camera", "", "is", "silent", 50.0, "", 2.0),
    )
    monkeypatch.setattr(DoorLock, "release", lambda _lock: None)

    def still_breaks(candidate: Story) -> bool:
        return "an emergency frees the door" in promises(play(candidate))

    shortest = shrink(story(*people, lines=lines), still_breaks, most_plays=80)
    assert len(shortest.people) == 1
    assert [line.subject for line in shortest.lines] == ["emergency"]


STORIES = sorted((Path(__file__).parent / "stories").glob("*.yaml"))


@pytest.mark.parametrize("file", STORIES, ids=lambda file: file.stem)
def test_a_regression_story_breaks_no_promise(file: Path) -> None:
    assert play(read_story(file)).broken == []


@pytest.mark.parametrize("first", every(3, range(1, 61, 20)))
def test_drawn_worlds_break_no_promise(first: int) -> None:
    broken = {seed: [str(one) for one in play(draw_story(seed)).broken] for seed in range(first, first + 20)}
    assert {seed: lines for seed, lines in broken.items() if lines} == {}


def second_body(**site: Any) -> Story:
    """A is admitted; B walks in right behind."""
    people = (SCRIPTED, replace(SCRIPTED, name="B"))
    lines = (
        does(1.0, "steps_in"),
        does(1.1, "steps_in", "B"),
        does(5.0, "pass of A", verb="shows"),
        does(6.0, "goes_in"),
        does(7.0, "goes_in", "B"),
    )
    return Story("test", {"sequence": ["credential"], **site}, people, lines, 15.0)


def test_a_second_body_is_reported_and_counted() -> None:
    report = play(second_body())
    assert (report.broken, report.entered) == ([], 2)


def test_a_kiosk_that_reports_no_second_body_is_accused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kiosk.journal.records.is_unadmitted", lambda *_: False)
    assert promises(play(second_body())) == {"a second body on one admission is reported"}


def test_a_kiosk_that_reports_an_honest_visitor_is_accused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kiosk.journal.records.is_unadmitted", lambda *_: True)
    assert promises(play(story(A))) == {"a second body on one admission is reported"}


def test_a_kiosk_that_counts_one_body_on_each_admission_is_accused(monkeypatch: pytest.MonkeyPatch) -> None:
    real = observations.passage_seen

    def first_only(state: Any, event: Any, rules: Any) -> Any:
        return state if state.passages.through else real(state, event, rules)

    monkeypatch.setattr(observations, "passage_seen", first_only)
    assert "the journal counts the bodies that went through" in promises(play(second_body()))


def test_without_a_passage_sensor_no_passage_is_judged() -> None:
    assert play(second_body(inputs={"passage": None})).broken == []


def passed_back(code: str, **site: Any) -> Story:
    """A goes in; B comes with the code of A."""
    lines = (
        does(1.0, "steps_in"),
        does(4.0, code, verb="shows"),
        does(5.0, "goes_in"),
        does(10.0, "steps_in", "B"),
        does(13.0, code, "B", verb="shows"),
        does(15.0, "goes_in", "B"),
    )
    return Story("test", {"sequence": ["credential"], **site}, (SCRIPTED, replace(SCRIPTED, name="B")), lines, 20.0)


@pytest.mark.parametrize(
    ("code", "again_s", "entered"),
    [
        ("pass of A", 0.0, 2),
        ("pass of A", 60.0, 1),
        ("pass of A", 3.0, 2),
        ("single of A", 0.0, 1),
        ("daily of A", 0.0, 1),
    ],
)
def test_a_used_pass_is_accepted_again_only_as_the_site_and_the_pass_say(code: str, again_s: int, entered: int) -> None:
    report = play(passed_back(code, credentials={"again_s": float(again_s)}))
    assert (report.broken, report.entered) == ([], entered)


def test_a_kiosk_that_forgets_a_used_pass_is_accused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kiosk.credentials.judging.marks.Marks.use_up", lambda *_: None)
    assert "a used credential admits nobody again too soon" in promises(play(passed_back("single of A")))


QUEUE = (replace(A, carries=("pass of A",)), replace(A, name="B", carries=("pass of B",), shows="early"))
BLIND = {"street_contact": None, "passage": None, "presence": {"pin": 5, "linger_s": 3.0}}


def test_a_person_whom_no_wire_tells_from_the_one_before_is_not_judged() -> None:
    """Both are honest. B comes within `linger_s`, so the kiosk takes B for A, who was sprayed and let in."""
    blind = play(story(*QUEUE, lasts_s=200.0, inputs=BLIND))
    assert blind.broken == []
    seeing = play(story(*QUEUE, lasts_s=200.0))
    assert (seeing.broken, seeing.entered) == ([], 2)
