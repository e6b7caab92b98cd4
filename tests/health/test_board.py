from hypothesis import given
from hypothesis import strategies as st

from kiosk.health.board import DEFAULT_LIMIT_S, LIMITS_S, status_text, stuck


def test_everybody_who_beat_lately_is_well() -> None:
    assert stuck({"loop": 99.0, "thermometer": 95.0}, 100.0) == ()


def test_who_did_not_beat_for_longer_than_the_limit_is_stuck() -> None:
    assert stuck({"loop": 94.9, "thermometer": 95.1, "alarms": 0.0}, 100.0) == ("alarms", "loop")


def test_a_slow_worker_has_a_limit_of_its_own() -> None:
    beats = {"credentials": 75.0, "camera": 75.0}
    assert stuck(beats, 100.0) == ("camera",)
    assert stuck(beats, 100.0, {"camera": 60.0, "credentials": 1.0}) == ("credentials",)


def test_the_status_names_who_is_stuck() -> None:
    assert status_text(("camera", "loop")) == "stuck: camera, loop"
    assert status_text(()) == "all parts respond"
    assert (
        status_text((), ("door_forced", "display_silent")) == "all parts respond; faults: door_forced, display_silent"
    )


@given(st.dictionaries(st.text(max_size=5), st.floats(0, 1000)), st.floats(0, 1000))
def test_whoever_is_stuck_stays_stuck_until_they_beat(beats: dict[str, float], now_s: float) -> None:
    names = stuck(beats, now_s)
    assert set(names) <= set(stuck(beats, now_s + 10.0))
    assert stuck(dict.fromkeys(names, now_s), now_s) == ()


def test_every_limit_leaves_room_for_a_few_missed_beats() -> None:
    assert min(DEFAULT_LIMIT_S, *LIMITS_S.values()) >= 3.0
