"""An emergency that the officer has not reset survives a restart of the program."""

from pathlib import Path

from kiosk.model import Phase
from tests.booth import Booth


def crashed(booth: Booth) -> None:
    booth.kiosk.close("crash")


def test_an_emergency_survives_a_crash_until_the_officer_resets_it(folder: Path) -> None:
    first = Booth(folder).start()
    first.press("emergency")
    crashed(first)
    for _ in range(2):
        again = Booth(folder).start()
        assert (again.phase, again.door_energised) == (Phase.EMERGENCY, True)
        crashed(again)
    last = Booth(folder).start()
    last.press("officer")
    assert (last.phase, last.door_energised) == (Phase.IDLE, False)
    crashed(last)
    after = Booth(folder).start()
    assert after.phase is Phase.IDLE
    crashed(after)
    kinds = [kind for kind, _, _ in after.rows() if kind.startswith("emergency")]
    assert kinds == [
        "emergency_raised",
        "emergency_cleared",
        "emergency_raised",
        "emergency_raised",
        "emergency_raised",
        "emergency_reset",
    ]


def test_an_emergency_whose_input_is_active_after_a_crash_ends_only_when_it_is_clear(folder: Path) -> None:
    first = Booth(folder).start()
    first.set("emergency", active=True)
    first.advance(1.0)
    crashed(first)
    again = Booth(folder)
    again.set("emergency", active=True)
    again.start().press("officer")
    assert (again.phase, again.door_energised) == (Phase.EMERGENCY, True)
    again.set("emergency", active=False)
    again.advance(1.0)
    again.press("officer")
    assert again.phase is Phase.IDLE
    crashed(again)


def test_a_journal_that_cannot_be_read_does_not_stop_the_start(folder: Path) -> None:
    (folder / "journal.db").write_bytes(b"no database at all" * 500)
    booth = Booth(folder).start()
    assert booth.phase is not Phase.EMERGENCY
    booth.close()
