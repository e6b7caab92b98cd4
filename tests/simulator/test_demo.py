import io
from dataclasses import replace
from pathlib import Path

import pytest

from kiosk.errors import KioskError
from kiosk.flow.state import Outcome
from kiosk.model import Reason
from kiosk.simulator import show
from kiosk.simulator.cast import Person, Props, everybody, stream

CONFIG = Path(__file__).parents[2] / "config" / "demo.yaml"
KINDS = 24


def test_one_of_each_kind_walks_through_and_each_visit_ends_as_its_script_expects() -> None:
    out = io.StringIO()
    assert show.run_fast(CONFIG, KINDS, seed=1, out=out) == 0
    lines = out.getvalue().splitlines()
    assert lines[-1] == "24 visits, 0 not as scripted"
    told = {line[7:33].strip(): line[35:].split() for line in lines[1:-1]}
    assert told["first dose"] == ["admitted", "-", "entered"]
    assert told["no dose"] == ["referred", "below_minimum_doses", "stayed", "out"]
    assert told["Indonesian certificate"] == ["admitted", "-", "entered"]
    assert told["changed certificate"] == ["referred", "bad_signature", "stayed", "out"]
    assert told["leaves half-way"] == ["left", "-", "stayed", "out"]
    assert told["known to the officer"] == ["admitted_by_officer", "-", "entered"]


def test_a_visit_that_ends_other_than_its_script_expects_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def hopeful(props: Props, _seed: int) -> list[Person]:
        return [replace(everybody(props)[1], outcome=Outcome.ADMITTED, reason=None)]

    monkeypatch.setattr(show, "stream", hopeful)
    out = io.StringIO()
    assert show.run_fast(CONFIG, 1, seed=1, out=out) == 1
    assert "NOT AS SCRIPTED: admitted" in out.getvalue()
    assert "1 visits, 1 not as scripted" in out.getvalue()


def test_a_visit_that_never_comes_is_an_error_too() -> None:
    out = io.StringIO()
    assert show.tell([], 1, out) == 1


def test_the_same_seed_sends_the_same_people() -> None:
    props = Props(
        {"SIM1:GREEN-0001": "green", "SIM1:RED-0001": "red", "SIM1:YELLOW-0001": "yellow"} | BLACK, *PASSES, HEALTH
    )
    first, again = stream(props, 7), stream(props, 7)
    assert [next(first) for _ in range(60)] == [next(again) for _ in range(60)]


def test_the_cast_has_every_reason_that_a_visitor_alone_can_bring_about() -> None:
    people = everybody(Props({**GREEN, **BLACK}, *PASSES, HEALTH))
    not_by_a_visitor = {Reason.ALREADY_USED, Reason.CLOCK_UNSURE, Reason.FULL, Reason.NOT_YET_VALID}
    assert {person.reason for person in people} >= set(Reason) - not_by_a_visitor
    assert len(people) == KINDS


def test_settings_of_a_demo_that_cannot_be_used_say_why(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("door: {relay_pin: 99}\n")
    with pytest.raises(KioskError, match=r"door\.relay_pin"):
        show.demo_settings(tmp_path / "bad.yaml")


BLACK = {"SIM1:BLACK-0001": "black"}
GREEN = {"SIM1:GREEN-0001": "green", "SIM1:RED-0001": "red", "SIM1:YELLOW-0001": "yellow"}
PASSES = (b"staff", b"forged", b"foreign", b"expired")
HEALTH = {kind: kind.encode() for kind in ("eu_dcc", "smart_health_card", "divoc", "vds_nc", "forged", "foreign")}
