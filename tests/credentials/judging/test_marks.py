"""Credentials that are known again, by the real checker with real passes: used, used up, or shown with a fever."""

import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from kiosk.credentials.judging.judge import CredentialDuty
from kiosk.credentials.judging.marks import Marks
from kiosk.credentials.judging.registry import Registry
from kiosk.credentials.judging.used_passes import UsedPasses, line_of
from kiosk.credentials.schemes.site_pass.pass_text import PassKind
from kiosk.credentials.schemes.site_pass.site_pass import SitePass
from kiosk.flow.commands import CheckCredential
from kiosk.flow.events import CredentialChecked
from kiosk.model import Mark, Pass, PassUse, Payload, Reason, Refer, Verdict, WallTime
from kiosk.office.pass_office import issue_order, load_private_key, make_key_pair
from kiosk.office.pass_orders import PassOrder
from kiosk.simulator.clock import VirtualClock

JAKARTA = ZoneInfo("Asia/Jakarta")
NOON_UTC = datetime(2026, 11, 28, 5, 0, tzinfo=UTC)
"""Noon in the time zone of the site."""


class Checker:
    """The checker of a site in `folder`; `restart` is a power cut."""

    def __init__(self, folder: Path, again_s: float = 0.0, fever_s: float = 0.0) -> None:
        self.clock = VirtualClock()
        self.at = NOON_UTC
        self.path = folder / "used-passes.txt"
        self._key = load_private_key(make_key_pair(folder).private)
        self._times = again_s, fever_s
        self._requests = itertools.count(1)
        self._posted: list[CredentialChecked] = []
        self.restart()

    def restart(self) -> None:
        public = self._key.public_key()
        from kiosk.credentials.schemes.site_pass.pass_keys import key_id_of

        scheme = SitePass("demo", {key_id_of(public): public})
        self.usable: list[bool] = []
        self.marks = Marks(self.clock, *self._times, UsedPasses(self.path, self.usable.append))
        wall: Callable[[], WallTime] = lambda: WallTime(self.at, True, JAKARTA)  # noqa: E731
        self.duty = CredentialDuty(Registry([scheme]), wall, self.clock, self._post, self.marks)

    def _post(self, event: object) -> bool:
        assert isinstance(event, CredentialChecked)
        self._posted.append(event)
        return True

    def issue(self, use: PassUse = PassUse.UNLIMITED, days: int = 30) -> bytes:
        order = PassOrder(PassKind.INVITED, NOON_UTC - timedelta(days=1), NOON_UTC + timedelta(days=days), use=use)
        return issue_order(self._key, "demo", order).text.encode()

    def check(self, code: bytes) -> tuple[Verdict, Mark | None]:
        self.duty.handle(CheckCredential(1, next(self._requests), Payload(code)))
        self.duty.tick()
        answer = self._posted[-1]
        return answer.verdict, answer.mark

    def use(self, code: bytes) -> None:
        """Show the code, be admitted, and go in."""
        verdict, mark = self.check(code)
        assert verdict == Pass("invited")
        assert mark
        self.marks.use_up(mark)
        self.duty.tick()


def refused(rule: str, reason: Reason = Reason.ALREADY_USED) -> Refer:
    return Refer(reason, rule)


def test_a_credential_is_refused_for_a_while_after_it_was_used(tmp_path: Path) -> None:
    checker = Checker(tmp_path, again_s=300.0)
    borrowed, other = checker.issue(), checker.issue()
    checker.use(borrowed)
    assert checker.check(borrowed)[0] == refused("credentials.again_s")
    assert checker.check(other)[0] == Pass("invited")
    checker.clock.advance(300.0)
    assert checker.check(borrowed)[0] == Pass("invited")


def test_a_credential_that_was_shown_and_not_used_is_accepted_again(tmp_path: Path) -> None:
    checker = Checker(tmp_path, again_s=300.0)
    for use in PassUse:
        code = checker.issue(use)
        for _ in range(3):
            assert checker.check(code)[0] == Pass("invited")
    assert not checker.path.exists()


def test_the_clock_of_the_wall_has_no_part_in_the_wait(tmp_path: Path) -> None:
    checker = Checker(tmp_path, again_s=300.0)
    code = checker.issue()
    checker.use(code)
    checker.at += timedelta(hours=2)
    assert checker.check(code)[0] == refused("credentials.again_s")


def test_without_the_setting_a_pass_without_a_limit_is_accepted_at_once(tmp_path: Path) -> None:
    checker = Checker(tmp_path)
    code = checker.issue()
    checker.use(code)
    checker.use(code)


def test_a_single_pass_is_used_once_over_restarts_and_days(tmp_path: Path) -> None:
    checker = Checker(tmp_path)
    code = checker.issue(PassUse.SINGLE)
    checker.use(code)
    assert checker.check(code)[0] == refused("single")
    checker.restart()
    assert checker.check(code)[0] == refused("single")
    checker.at += timedelta(days=29)
    assert checker.check(code)[0] == refused("single")
    checker.restart()
    assert checker.check(code)[0] == refused("single")


def test_a_power_cut_before_the_use_is_durable_lets_a_single_pass_in_once_more(tmp_path: Path) -> None:
    checker = Checker(tmp_path)
    code = checker.issue(PassUse.SINGLE)
    _, mark = checker.check(code)
    assert mark
    checker.marks.use_up(mark)  # the power fails before the next tick
    checker.restart()
    assert checker.check(code)[0] == Pass("invited")


def test_a_single_pass_is_forgotten_after_its_last_day(tmp_path: Path) -> None:
    checker = Checker(tmp_path)
    checker.use(checker.issue(PassUse.SINGLE, days=1))
    assert checker.path.read_text().count("single ") == 1
    checker.at += timedelta(days=4)
    checker.use(checker.issue(PassUse.SINGLE, days=30))
    assert checker.path.read_text().count("single ") == 1


def test_a_pass_for_once_a_day_begins_again_at_midnight_in_the_sites_calendar(tmp_path: Path) -> None:
    checker = Checker(tmp_path)
    code = checker.issue(PassUse.ONCE_A_DAY)
    checker.use(code)
    checker.restart()
    checker.at = datetime(2026, 11, 28, 16, 59, 59, tzinfo=UTC)
    assert checker.check(code)[0] == refused("once_a_day")
    old = checker.path.read_text()
    checker.at += timedelta(seconds=1)
    checker.use(code)
    assert checker.check(code)[0] == refused("once_a_day")
    new = checker.path.read_text()
    assert {line.split()[1] for line in old.splitlines() if line.startswith("once")}.isdisjoint(
        line.split()[1] for line in new.splitlines() if line.startswith("once")
    ), "nobody can tell that it is the pass of yesterday"


def test_a_pass_that_is_shown_before_midnight_and_used_after_it_counts_for_the_day_before(tmp_path: Path) -> None:
    checker = Checker(tmp_path)
    code, other = checker.issue(PassUse.ONCE_A_DAY), checker.issue(PassUse.ONCE_A_DAY)
    checker.at = datetime(2026, 11, 28, 16, 59, 59, tzinfo=UTC)
    _, mark = checker.check(code)
    checker.at += timedelta(seconds=5)
    checker.check(other)  # the new day has begun
    assert mark
    checker.marks.use_up(mark)
    assert checker.check(code)[0] == Pass("invited")


@pytest.mark.parametrize(("step", "used"), [(timedelta(days=-1), True), (timedelta(days=1), False)])
def test_a_clock_that_steps_back_by_a_day_forgets_no_use(tmp_path: Path, step: timedelta, used: bool) -> None:
    checker = Checker(tmp_path)
    code = checker.issue(PassUse.ONCE_A_DAY)
    checker.use(code)
    checker.at += step
    assert (checker.check(code)[0] == refused("once_a_day")) is used


def test_a_day_in_the_far_future_was_a_mistake_of_the_clock(tmp_path: Path) -> None:
    checker = Checker(tmp_path)
    code = checker.issue(PassUse.ONCE_A_DAY)
    checker.at += timedelta(days=20)
    checker.use(code)
    checker.at -= timedelta(days=20)
    assert checker.check(code)[0] == Pass("invited")


def test_a_visitor_who_comes_back_after_a_fever_is_referred_for_a_while(tmp_path: Path) -> None:
    checker = Checker(tmp_path, fever_s=1800.0)
    code, next_person = checker.issue(), checker.issue()
    _, mark = checker.check(code)
    assert mark
    checker.marks.remember_fever(mark)
    assert checker.check(code)[0] == refused("temperature.remember_s", Reason.FEVER_BEFORE)
    assert checker.check(next_person)[0] == Pass("invited")
    checker.clock.advance(1800.0)
    assert checker.check(code)[0] == Pass("invited")


def test_the_file_and_the_answers_hold_no_bytes_that_were_shown(tmp_path: Path) -> None:
    checker = Checker(tmp_path, again_s=60.0)
    code = checker.issue(PassUse.SINGLE)
    verdict, mark = checker.check(code)
    assert isinstance(verdict, Pass)
    assert verdict.proof is None
    assert "b'" not in repr((verdict, mark))
    from kiosk.credentials.schemes.site_pass.pass_text import read_claims, read_fields, read_text

    pass_id = read_claims(read_fields(read_text(code).claims)).pass_id
    checker.use(code)
    stored = checker.path.read_bytes()
    assert pass_id.hex().encode() not in stored
    assert pass_id not in stored
    assert checker.path.stat().st_mode & 0o077 == 0


# the file


UNKNOWN = Refer(Reason.STATUS_UNKNOWN, "used_passes_damaged")


def test_after_a_damage_no_pass_with_a_limit_is_accepted_until_the_damaged_file_is_removed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    checker = Checker(tmp_path)
    codes = [checker.issue(PassUse.SINGLE) for _ in range(3)]
    for code in codes:
        checker.use(code)
    lines = checker.path.read_bytes().splitlines(keepends=True)
    lines[3] = lines[3][:12] + bytes([lines[3][12] ^ 1]) + lines[3][13:]
    checker.path.write_bytes(b"".join(lines))
    checker.restart()
    verdicts = [checker.check(code)[0] for code in codes]
    assert (verdicts.count(refused("single")), verdicts.count(UNKNOWN)) == (2, 1)
    assert "2 uses were saved" in caplog.text
    assert checker.usable[-1] is False
    unused = [checker.issue(use) for use in (PassUse.SINGLE, PassUse.ONCE_A_DAY, PassUse.UNLIMITED)]
    assert [checker.check(code)[0] for code in unused] == [UNKNOWN, UNKNOWN, Pass("invited")]
    caplog.clear()
    checker.restart()
    assert caplog.text == "", "the saved uses were written again"
    assert checker.check(unused[0])[0] == UNKNOWN, "a restart clears nothing"
    checker.path.with_name("used-passes.txt.damaged").unlink()
    assert checker.check(unused[0])[0] == Pass("invited")
    checker.duty.tick()
    assert checker.usable == [False, True], "each change once"
    assert [checker.check(code)[0] for code in codes].count(refused("single")) == 2


@pytest.mark.parametrize("damage", [b"\0" * 500, b"key", line_of("key zz"), line_of("tea 1"), b"\xff\n"])
def test_no_damage_ends_the_checker(tmp_path: Path, damage: bytes) -> None:
    checker = Checker(tmp_path)
    code = checker.issue(PassUse.SINGLE)
    checker.use(code)
    for whole in (checker.path.read_bytes() + damage, damage):
        checker.path.write_bytes(whole)
        checker.restart()
        assert checker.check(code)[0] == (refused("single") if whole != damage else UNKNOWN)


def test_a_damaged_file_that_cannot_be_moved_aside_stays_a_damage(tmp_path: Path) -> None:
    checker = Checker(tmp_path)
    checker.use(checker.issue(PassUse.SINGLE))
    aside = checker.path.with_name("used-passes.txt.damaged")
    aside.mkdir()
    checker.path.write_bytes(b"damaged")
    checker.restart()
    aside.rmdir()
    assert checker.check(checker.issue(PassUse.SINGLE))[0] == UNKNOWN


def test_every_truncation_of_the_file_is_read(tmp_path: Path) -> None:
    checker = Checker(tmp_path)
    checker.use(checker.issue(PassUse.SINGLE))
    checker.use(checker.issue(PassUse.ONCE_A_DAY))
    whole = checker.path.read_bytes()
    for size in range(len(whole)):
        checker.path.write_bytes(whole[:size])
        UsedPasses(checker.path)


def test_a_disk_that_refuses_the_use_is_tried_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    checker = Checker(tmp_path)
    code = checker.issue(PassUse.SINGLE)
    checker.path.mkdir()
    checker.use(code)
    assert "cannot be written" in caplog.text
    assert checker.check(code)[0] == refused("single")
    checker.path.rmdir()
    checker.duty.tick()
    assert not checker.path.exists(), "not at once"
    checker.clock.advance(5.0)
    checker.duty.close()
    checker.restart()
    assert checker.check(code)[0] == refused("single")


def test_a_file_that_cannot_be_read_refuses_passes_with_a_limit_and_is_not_overwritten(tmp_path: Path) -> None:
    checker = Checker(tmp_path)
    checker.path.mkdir()
    checker.restart()
    assert checker.check(checker.issue(PassUse.SINGLE))[0] == UNKNOWN
    assert checker.check(checker.issue())[0] == Pass("invited")
    assert (checker.usable[-1], checker.path.is_dir()) == (False, True)
    checker.path.rmdir()
    checker.restart()
    assert checker.check(checker.issue(PassUse.SINGLE))[0] == Pass("invited")


def test_the_memory_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kiosk.credentials.judging.marks.MAX_REMEMBERED", 2)
    monkeypatch.setattr("kiosk.credentials.judging.used_passes.MAX_USED", 2)
    checker = Checker(tmp_path, again_s=60.0)
    codes = [checker.issue(PassUse.SINGLE) for _ in range(3)]
    for code in codes:
        checker.use(code)
    assert [checker.check(code)[0] == Pass("invited") for code in codes] == [True, False, False]


def test_a_mark_is_forgotten_after_its_time() -> None:
    clock = VirtualClock()
    marks = Marks(clock, again_s=10.0, fever_s=0.0)
    first, second = Mark(b"first"), Mark(b"second")
    marks.use_up(first)
    assert marks.refusal(first) == Refer(Reason.ALREADY_USED, "credentials.again_s")
    clock.advance(10.0)
    marks.use_up(second)
    assert marks.refusal(first) is None
    assert list(marks._used_until_s) == [second.digest]
