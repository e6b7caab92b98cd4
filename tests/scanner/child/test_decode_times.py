"""The times of the last decodes: bounded, and by nearest rank."""

from hypothesis import given
from hypothesis import strategies as st

from kiosk.scanner.child.decode_times import WINDOW, DecodeTimes


def test_without_a_decode_there_are_no_times() -> None:
    times = DecodeTimes()
    assert (times.count, times.median_ms, times.p95_ms) == (0, 0.0, 0.0)


@given(st.lists(st.floats(0.0, 1000.0), min_size=1, max_size=3 * WINDOW))
def test_only_the_last_decodes_count(took_ms: list[float]) -> None:
    times = DecodeTimes()
    for one_ms in took_ms:
        times.note(one_ms)
    kept = sorted(took_ms[-WINDOW:])
    assert times.count == len(kept)
    assert times.median_ms <= times.p95_ms
    assert times.p95_ms in kept
    assert sum(one_ms <= times.p95_ms for one_ms in kept) >= 0.95 * len(kept)
