from hypothesis import given
from hypothesis import strategies as st

from kiosk.health.heartbeats import DEFAULT_LIMIT_S, LIMITS_S, status_text, stuck


def test_a_recent_heartbeat_is_not_stuck() -> None:
    assert stuck({"loop": 99.0, "thermometer": 95.0}, 100.0) == ()


def test_a_heartbeat_older_than_its_limit_is_stuck() -> None:
    assert stuck({"loop": 94.9, "thermometer": 95.1, "alarms": 0.0}, 100.0) == ("alarms", "loop")


def test_a_slow_worker_has_a_limit_of_its_own() -> None:
    beats = {"credentials": 75.0, "camera": 75.0}
    assert stuck(beats, 100.0) == ("camera",)
    assert stuck(beats, 100.0, {"camera": 60.0, "credentials": 1.0}) == ("credentials",)


def test_the_status_lists_the_stuck_names_and_the_faults() -> None:
    assert status_text(("camera", "loop")) == "stuck: camera, loop"
    assert status_text(()) == "all parts respond"
    assert (
        status_text((), ("door_forced", "display_silent")) == "all parts respond; faults: door_forced, display_silent"
    )


@given(st.dictionaries(st.text(max_size=5), st.floats(0, 1000)), st.floats(0, 1000))
def test_a_stuck_name_stays_stuck_until_its_next_heartbeat(beats: dict[str, float], now_s: float) -> None:
    names = stuck(beats, now_s)
    assert set(names) <= set(stuck(beats, now_s + 10.0))
    assert stuck(dict.fromkeys(names, now_s), now_s) == ()


def test_every_limit_allows_a_few_missed_heartbeats() -> None:
    assert min(DEFAULT_LIMIT_S, *LIMITS_S.values()) >= 3.0
