"""The login: passwords as Argon2id, waits after wrong ones, and sessions that end."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.errors import KioskError
from kiosk.support.web.login import (
    FIRST_WAIT_S,
    FREE_TRIES,
    IDLE_S,
    LONGEST_WAIT_S,
    MAX_ADDRESSES,
    MAX_SESSIONS,
    SESSION_S,
    Attempts,
    Sessions,
    hash_of,
    is_right,
    read_hash,
)


class Time:
    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def time() -> Time:
    return Time()


def test_a_password_is_kept_as_argon2id_with_its_parameters(tmp_path: Path) -> None:
    line = hash_of("correct horse battery")
    assert line.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert "correct" not in line
    assert hash_of("correct horse battery") != line
    assert is_right("correct horse battery", line)
    assert not is_right("correct horse batterx", line)
    (tmp_path / "password").write_text(f"{line}\n")
    assert read_hash(tmp_path / "password") == line


def test_a_short_password_is_refused() -> None:
    with pytest.raises(KioskError, match="has 11 characters; it needs at least 12"):
        hash_of("short pass!")


@pytest.mark.parametrize("content", [b"", b"secret", b"$argon2i$x", b"\xff\xfe", b"$argon2id$" + b"x" * 2000])
def test_another_file_is_no_password_file(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "password").write_bytes(content)
    with pytest.raises(KioskError, match="make it again"):
        read_hash(tmp_path / "password")


@given(st.text(max_size=200))
def test_a_damaged_hash_lets_nobody_in(text: str) -> None:
    assert not is_right("x", f"$argon2id${text}")


def test_an_address_waits_twice_as_long_after_each_further_wrong_password(time: Time) -> None:
    attempts = Attempts(time)
    for _ in range(FREE_TRIES - 1):
        attempts.note_wrong("a")
        assert attempts.wait_s("a") == 0.0
    waits = []
    for _ in range(12):
        attempts.note_wrong("a")
        waits.append(attempts.wait_s("a"))
    assert waits[:3] == [FIRST_WAIT_S, 2 * FIRST_WAIT_S, 4 * FIRST_WAIT_S]
    assert waits[-1] == LONGEST_WAIT_S
    assert attempts.wait_s("b") == 0.0
    time.now_s += LONGEST_WAIT_S
    assert attempts.wait_s("a") == 0.0
    attempts.note_right("a")
    attempts.note_wrong("a")
    assert attempts.wait_s("a") == 0.0


def test_the_table_of_addresses_is_bounded(time: Time) -> None:
    attempts = Attempts(time)
    for number in range(3 * MAX_ADDRESSES):
        attempts.note_wrong(str(number))
    assert len(attempts._addresses) == MAX_ADDRESSES


def test_a_session_ends_when_it_is_not_used_and_after_a_day_of_work(time: Time) -> None:
    sessions = Sessions(time)
    number = sessions.begin()
    assert sessions.is_open(number)
    time.now_s += IDLE_S - 1
    assert sessions.is_open(number)
    time.now_s += IDLE_S + 1
    assert not sessions.is_open(number)
    number = sessions.begin()
    for _ in range(int(SESSION_S / IDLE_S) + 1):
        time.now_s += IDLE_S - 1
        sessions.is_open(number)
    time.now_s += IDLE_S - 1
    assert not sessions.is_open(number)


def test_sessions_are_bounded_and_end(time: Time) -> None:
    sessions = Sessions(time)
    numbers = [sessions.begin() for _ in range(MAX_SESSIONS + 1)]
    assert len(set(numbers)) == MAX_SESSIONS + 1
    assert not sessions.is_open(numbers[0])
    assert sessions.is_open(numbers[-1])
    sessions.end(numbers[-1])
    assert not sessions.is_open(numbers[-1])
    assert not sessions.is_open("")
