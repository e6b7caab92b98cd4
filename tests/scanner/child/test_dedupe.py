"""A code that stays in view is one scan."""

from hypothesis import given
from hypothesis import strategies as st

from kiosk.model import Watch
from kiosk.scanner.child.dedupe import MAX_REMEMBERED, Sightings

KEY = bytes(range(32))


def test_the_first_sighting_of_a_code_is_new() -> None:
    assert Sightings(3.0, KEY).is_new(b"a", 10.0)


def test_a_code_held_up_for_a_minute_is_one_scan() -> None:
    sightings = Sightings(3.0, KEY)
    assert [sightings.is_new(b"a", at_s / 10) for at_s in range(600)] == [True] + [False] * 599


def test_a_code_is_new_again_after_it_was_out_of_view() -> None:
    sightings = Sightings(3.0, KEY)
    assert sightings.is_new(b"a", 10.0)
    assert not sightings.is_new(b"a", 12.9)
    assert sightings.is_new(b"a", 15.9)


def test_each_of_two_codes_is_new_once() -> None:
    sightings = Sightings(3.0, KEY)
    assert [sightings.is_new(code, 10.0 + number) for number, code in enumerate([b"a", b"b", b"a", b"b"])] == [
        True,
        True,
        False,
        False,
    ]


def scan(visit: int = 1) -> Sightings:
    """The sightings of the scan of a visit."""
    sightings = Sightings(3.0, KEY)
    sightings.look(Watch.FULL, visit)
    return sightings


def seen_new(sightings: Sightings, from_s: float, until_s: float, code: bytes = b"a") -> list[float]:
    """The times at which a code counts as new that is in view from `from_s` to `until_s`, in ten frames a second."""
    new = []
    for tenth in range(round(from_s * 10), round(until_s * 10)):
        sightings.frame(tenth / 10)
        if sightings.is_new(code, tenth / 10):
            new.append(tenth / 10)
    return new


def pause(sightings: Sightings, watch: Watch = Watch.FULL, visit: int = 1) -> None:
    """Let the entrance handle a code, and look again."""
    sightings.look(Watch.OFF, visit)
    sightings.look(watch, visit)


def test_after_a_pause_all_codes_but_the_first_are_new_again() -> None:
    sightings = scan()
    assert [sightings.is_new(code, 10.0) for code in (b"a", b"b", b"c")] == [True] * 3
    pause(sightings)
    assert [sightings.is_new(code, 10.1) for code in (b"a", b"b", b"c")] == [False, True, True]
    pause(sightings)
    assert [sightings.is_new(code, 10.2) for code in (b"a", b"b", b"c")] == [False, False, True]


def test_a_code_seen_in_a_glance_is_new_again_in_a_scan_and_a_scanned_code_is_not() -> None:
    sightings = scan()
    assert sightings.is_new(b"a", 10.0)
    pause(sightings, Watch.GLANCE)
    assert [sightings.is_new(code, 10.1) for code in (b"a", b"b")] == [False, True]
    pause(sightings, Watch.GLANCE)
    assert not sightings.is_new(b"b", 10.2)
    pause(sightings)
    assert [sightings.is_new(code, 10.3) for code in (b"a", b"b")] == [False, True]


def test_every_code_is_new_again_in_the_scan_of_the_next_visit() -> None:
    sightings = scan()
    assert sightings.is_new(b"a", 10.0)
    sightings.look(Watch.GLANCE, -2)
    assert not sightings.is_new(b"a", 10.1), "a visitor who stays does not begin the next visit by the same code"
    sightings.look(Watch.FULL, 2)
    assert sightings.is_new(b"a", 10.2)


def test_a_code_that_began_a_visit_is_not_new_again_in_its_scan_and_the_others_are() -> None:
    sightings = Sightings(3.0, KEY)
    sightings.look(Watch.GLANCE, -1)
    assert [sightings.is_new(code, 10.0) for code in (b"wrong", b"behind it")] == [True, True]
    pause(sightings)
    assert [sightings.is_new(code, 10.1) for code in (b"wrong", b"behind it")] == [False, True]
    pause(sightings)
    assert not sightings.is_new(b"wrong", 10.2)


def test_a_code_that_the_glance_reported_in_vain_is_new_in_the_scan_of_a_visit_that_somebody_began() -> None:
    for between in ((), (Watch.OFF, -1)):  # the visitor was out of sight for a moment, or not
        sightings = Sightings(3.0, KEY)
        sightings.look(Watch.GLANCE, -1)
        assert sightings.is_new(b"a", 10.0)
        if between:
            sightings.look(*between)
        sightings.look(Watch.FULL, 1)
        assert sightings.is_new(b"a", 10.1)


def test_a_code_that_stays_in_view_is_read_again_after_a_time_if_the_entrance_asks_for_it_again() -> None:
    sightings = scan()
    assert seen_new(sightings, 10.0, 12.0) == [10.0]
    pause(sightings, Watch.AGAIN)
    assert seen_new(sightings, 18.0, 25.0) == [21.0, 24.1], "the check took 6 s; the visitor holds the code up"
    pause(sightings)
    assert seen_new(sightings, 30.0, 40.0) == []


def test_a_code_that_stays_in_view_while_it_is_checked_for_a_long_time_is_one_scan() -> None:
    sightings = Sightings(3.0, KEY)
    sightings.look(Watch.GLANCE, -1)
    assert seen_new(sightings, 10.0, 11.0) == [10.0]
    pause(sightings)
    assert seen_new(sightings, 20.0, 25.0) == []
    pause(sightings)
    assert seen_new(sightings, 35.0, 45.0) == []
    pause(sightings)
    assert seen_new(sightings, 62.0, 65.0) == [62.0], "no check lasts that long"
    sightings.look(Watch.GLANCE, -2)
    assert seen_new(sightings, 66.0, 67.0) == []
    sightings.look(Watch.OFF, -2)
    sightings.look(Watch.GLANCE, -2)
    assert seen_new(sightings, 72.0, 75.0) == [72.0], "without a visit nothing was checked in the pause"


def test_a_code_that_is_hidden_for_a_moment_is_read_again_as_soon_as_one_that_stays_in_view() -> None:
    sightings = scan()
    assert seen_new(sightings, 14.0, 14.5) == [14.0]
    pause(sightings, Watch.AGAIN)
    sightings.frame(15.0)
    assert [sightings.is_new(b"a", at_s) for at_s in (15.0, 16.0, 17.5, 18.1)] == [False, False, False, True]
    assert sightings.is_new(b"another", 18.2)


def test_of_too_many_codes_the_one_unseen_for_longest_is_new_again() -> None:
    sightings = Sightings(3.0, KEY)
    codes = [b"%d" % number for number in range(MAX_REMEMBERED + 1)]
    assert all(sightings.is_new(code, 10.0) for code in codes)
    assert not sightings.is_new(codes[-1], 10.1)
    assert not sightings.is_new(codes[1], 10.1)
    assert sightings.is_new(codes[0], 10.1)


def test_a_code_that_stays_in_view_among_many_others_is_not_new_again() -> None:
    sightings = Sightings(3.0, KEY)
    sightings.is_new(b"held", 10.0)
    for number in range(2 * MAX_REMEMBERED):
        sightings.is_new(b"%d" % number, 10.0)
        assert not sightings.is_new(b"held", 10.0)


def test_no_payload_is_stored() -> None:
    sightings = Sightings(3.0, KEY)
    sightings.is_new(b"HC1:secret", 10.0)
    assert "secret" not in repr(vars(sightings))


steps_of_time = st.lists(st.tuples(st.sampled_from([b"", b"a", b"b"]), st.floats(0.0, 5.0)), max_size=60)


@given(steps_of_time, st.floats(0.5, 4.0))
def test_a_code_is_new_exactly_when_it_was_unseen_for_long_enough(
    steps: list[tuple[bytes, float]], same_code_s: float
) -> None:
    sightings, at_s, seen = Sightings(same_code_s, KEY), 0.0, list[tuple[bytes, float]]()
    for code, pause_s in steps:
        at_s += pause_s
        earlier = [when for other, when in seen if other == code]
        expected = not earlier or at_s - max(earlier) >= same_code_s
        assert sightings.is_new(code, at_s) is expected
        seen.append((code, at_s))
