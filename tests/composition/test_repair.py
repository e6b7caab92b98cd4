"""A refused settings file that is repaired while the kiosk runs with the settings that served."""

import logging
from pathlib import Path

import pytest

from kiosk.composition.starting.after_start import MAX_MISTAKES, AfterStart
from kiosk.composition.starting.repair import Repair, watched
from kiosk.composition.starting.start_choice import REFUSED, StartChoice, choose, safe_mode
from kiosk.composition.starting.starts import StartRecord
from kiosk.composition.supervision import QUIET_S
from kiosk.journal.records import WITHHELD
from kiosk.model import Phase
from kiosk.settings.last_good import keep, recall
from kiosk.settings.schema.settings import Settings
from kiosk.simulator.mlx90614 import BusFault
from tests.booth import SITE_FILE as GOOD
from tests.booth import Booth, settings

CONFIG = Path(__file__).parents[2] / "config"
WRONG = GOOD.replace("hold_s", "hold_S")
OTHER_WIRES = GOOD.replace("relay_pin: 17", "relay_pin: 27")
MORE_WIRES = GOOD + "buzzer: {pin: 22}\n"


@pytest.fixture
def config(folder: Path) -> Path:
    """A settings file that is refused; `GOOD` served before."""
    Booth.make_keys(folder)
    (folder / "texts").symlink_to(CONFIG / "texts")
    keep(folder, GOOD.encode())
    (folder / "kiosk.yaml").write_text(WRONG)
    return folder / "kiosk.yaml"


@pytest.fixture
def in_force(config: Path) -> Settings:
    choice = choose(config, config.parent, StartRecord("boot"))
    assert choice.fault == REFUSED
    assert choice.places == ("4:23 door.hold_S",)
    assert choice.settings
    return choice.settings


def test_a_file_with_the_same_wires_is_taken_over_once_it_is_accepted(
    config: Path, in_force: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    repair = Repair(config, in_force)
    repair.look()
    repair.look()
    assert not repair.is_done
    assert [record.message for record in caplog.records if "door.hold_S: unknown setting" in record.message] == [
        f"{config}:4:23: door.hold_S: unknown setting; did you mean 'hold_s'?"
    ], "a mistake is said once"
    config.write_text(GOOD.replace("hold_s: 5", "hold_s: 7"))
    repair.look()
    assert repair.is_done
    assert "the settings file is accepted" in caplog.text


@pytest.mark.parametrize(
    ("text", "names"), [(OTHER_WIRES, "door.relay_pin"), (MORE_WIRES, "buzzer.active_high, buzzer.pin")]
)
def test_a_file_with_other_wires_waits_for_the_technician(
    config: Path, in_force: Settings, caplog: pytest.LogCaptureFixture, text: str, names: str
) -> None:
    repair = Repair(config, in_force)
    config.write_text(text)
    repair.look()
    assert not repair.is_done
    assert f"its wiring differs ({names})" in caplog.text
    assert "sudo systemctl restart kiosk" in caplog.text


def test_the_wires_of_the_thermometer_are_not_compared_in_safe_mode_and_a_missing_file_is_no_repair(
    config: Path, in_force: Settings
) -> None:
    repair = Repair(config, safe_mode(in_force))
    config.unlink()
    repair.look()
    assert not repair.is_done
    config.write_text(GOOD)
    repair.look()
    assert repair.is_done


def test_the_thread_sees_the_repair(config: Path, in_force: Settings) -> None:
    repair = Repair(config, in_force)
    config.write_text(GOOD)
    with watched(repair):
        repair.look()  # the thread looks after a pause; here the test looks first, and the thread ends with the block
    assert repair.is_done


def after_a_refusal(folder: Path, repair: Repair) -> tuple[Booth, AfterStart]:
    booth = Booth(folder, settings(sequence=["credential"])).start()
    booth.settle()
    choice = StartChoice(booth.kiosk.settings, REFUSED, places=("4:23 door.hold_S", "9:1 Überwachung"))
    return booth, AfterStart(booth.kiosk, folder, choice, repair)


def test_the_kiosk_ends_for_the_repaired_file_once_nobody_was_there_for_a_while(
    config: Path, in_force: Settings
) -> None:
    repair = Repair(config, in_force)
    booth, after = after_a_refusal(config.parent, repair)
    config.write_text(GOOD)
    repair.look()
    booth.set("presence", active=True)
    for _ in range(40):
        booth.advance(1.0)
        after.check()
    assert not after.is_over, "a visitor is there"
    booth.set("presence", active=False)
    booth.advance(2.0)
    while booth.phase is not Phase.IDLE:
        booth.advance(1.0)
        after.check()
    booth.advance(QUIET_S - 3.0)
    after.check()
    assert not after.is_over
    booth.advance(4.0)
    after.check()
    assert after.is_over
    booth.close()


def test_the_rows_of_the_mistakes_hold_no_value_of_the_file(config: Path, in_force: Settings) -> None:
    booth, after = after_a_refusal(config.parent, Repair(config, in_force))
    after.check()
    after.check()
    booth.advance(1.0)
    assert mistakes_in(booth) == ["4:23 door.hold_S", WITHHELD]
    many = StartChoice(booth.kiosk.settings, REFUSED, places=("1:1 door",) * 100)
    AfterStart(booth.kiosk, None, many).check()
    booth.advance(1.0)
    assert len(mistakes_in(booth)) == 2 + MAX_MISTAKES
    booth.close()


def mistakes_in(booth: Booth) -> list[str]:
    with booth.reading() as reader:
        return [row.detail for row in reader.rows() if row.kind == "settings_mistake"]


def test_settings_are_kept_once_every_essential_device_has_answered_with_them(folder: Path) -> None:
    booth = Booth(folder, settings(sequence=["temperature"]))
    booth.bus.fault = BusFault.SILENT
    booth.start()
    after = AfterStart(booth.kiosk, folder, StartChoice(booth.kiosk.settings, data=GOOD.encode()))
    after.check()
    assert (booth.phase, after.keeper, recall(folder)) == (Phase.STARTING, None, None)
    booth.bus.fault = None
    booth.advance(10.0)
    after.check()
    assert after.keeper
    after.keeper.join()
    assert recall(folder) == GOOD.encode()
    booth.close()
