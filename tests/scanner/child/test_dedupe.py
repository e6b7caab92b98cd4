"""A code that stays in view is one scan."""

from hypothesis import given
from hypothesis import strategies as st

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


def test_after_a_pause_all_codes_but_the_first_are_new_again() -> None:
    sightings = Sightings(3.0, KEY)
    assert [sightings.is_new(code, 10.0) for code in (b"a", b"b", b"c")] == [True] * 3
    sightings.resume(scan=True)
    assert [sightings.is_new(code, 10.1) for code in (b"a", b"b", b"c")] == [False, True, True]
    sightings.resume(scan=True)
    assert [sightings.is_new(code, 10.2) for code in (b"a", b"b", b"c")] == [False, False, True]


def test_a_code_seen_in_a_glance_is_new_again_in_a_scan_and_a_scanned_code_is_not() -> None:
    sightings = Sightings(3.0, KEY)
    assert sightings.is_new(b"a", 10.0)
    sightings.resume(scan=False)
    assert [sightings.is_new(code, 10.1, glance=True) for code in (b"a", b"b")] == [False, True]
    sightings.resume(scan=False)
    assert not sightings.is_new(b"b", 10.2, glance=True)
    sightings.resume(scan=True)
    assert [sightings.is_new(code, 10.3) for code in (b"a", b"b")] == [False, True]


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
