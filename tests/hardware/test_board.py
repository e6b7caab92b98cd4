import os
import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kiosk.errors import DeviceError
from kiosk.hardware import board as board_module
from kiosk.hardware.board import Board, chip_label, find_chip, open_board
from kiosk.hardware.lock import DoorLock
from kiosk.hardware.relay import Relay
from kiosk.settings.schema.doors import DoorSettings, LockKind
from kiosk.settings.schema.wiring import InputSettings, Pull
from kiosk.simulator.clock import VirtualClock

from .header import Header

UP, DOWN, NONE = 32, 64, 128
"""lgpio's line flags (lgpio.h: LG_SET_PULL_UP, LG_SET_PULL_DOWN, LG_SET_PULL_NONE)."""


class Lgpio(types.ModuleType):
    """A stub that behaves like lgpio's C source: it records all calls, and each line keeps how it was claimed."""

    BOTH_EDGES, RISING_EDGE, FALLING_EDGE = 3, 1, 2
    SET_PULL_UP, SET_PULL_DOWN, SET_PULL_NONE = UP, DOWN, NONE

    class error(Exception):  # noqa: N801, N818 - the name is lgpio's
        pass

    def __init__(self) -> None:
        super().__init__("lgpio")
        self.calls: list[tuple[Any, ...]] = []
        self.lines: dict[int, dict[str, int]] = {}
        self.busy: set[int] = set()
        self.imported_in = Path.cwd()

    def gpiochip_open(self, chip: int) -> int:
        self.calls.append(("open", chip))
        return 7

    def gpiochip_close(self, handle: int) -> None:
        self.calls.append(("close", handle))
        self.lines.clear()

    def _claim(self, gpio: int, **line: int) -> None:
        if gpio in self.busy:
            raise self.error("GPIO busy")
        self.lines[gpio] = line

    def gpio_claim_input(self, handle: int, gpio: int, flags: int = 0) -> None:
        self.calls.append(("input", gpio, flags))
        if self.lines.get(gpio, {}).get("out") != 0:  # lgGpio.c: "nothing to do, already an input"
            self._claim(gpio, out=0, flags=flags, level=int(flags == UP))

    def gpio_claim_output(self, handle: int, gpio: int, level: int = 0, flags: int = 0) -> None:
        self.calls.append(("output", gpio, level, flags))
        if self.lines.get(gpio, {}).get("out") != 1:  # lgGpio.c: "nothing to do, already an output"
            self._claim(gpio, out=1, flags=flags, level=level)

    def gpio_claim_alert(self, handle: int, gpio: int, edges: int, flags: int = 0) -> None:
        self.calls.append(("alert", gpio, flags))
        self._claim(gpio, out=0, flags=flags, level=self.lines[gpio]["level"])

    def gpio_free(self, handle: int, gpio: int) -> None:
        self.calls.append(("free", gpio))
        if gpio not in self.lines:
            raise self.error("GPIO not allocated")
        del self.lines[gpio]

    def gpio_write(self, handle: int, gpio: int, level: int) -> None:
        self.calls.append(("write", gpio, int(level)))
        self.lines[gpio]["level"] = int(level)

    def gpio_read(self, handle: int, gpio: int) -> int:
        return self.lines[gpio]["level"]

    def gpio_get_mode(self, handle: int, gpio: int) -> int:
        line = self.lines.get(gpio, {"out": 0, "flags": 0})
        return line["out"] << 1 | line["flags"]

    def callback(self, handle: int, gpio: int, edges: int, function: Callable[..., None]) -> Any:
        self.calls.append(("callback", gpio))
        return types.SimpleNamespace(cancel=lambda: self.calls.append(("cancel", gpio)))


@pytest.fixture
def lgpio(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lgpio]:
    stub = Lgpio()
    monkeypatch.setitem(sys.modules, "lgpio", stub)
    monkeypatch.setattr("gpiozero.pins.local.get_pi_revision", lambda: 0xC03115)  # Pi 4B
    monkeypatch.setattr(board_module, "find_chip", lambda paths, label_of: 0)
    yield stub
    for module in ("gpiozero.pins.lgpio", "kiosk.hardware.lgpio_pins"):
        sys.modules.pop(module, None)


@pytest.fixture
def real(lgpio: Lgpio) -> Iterator[Board]:
    board = open_board()
    lgpio.calls.clear()
    yield board
    board.close()


@pytest.mark.parametrize(
    ("pin", "active_high", "claim"), [(17, True, ("output", 17, 0, DOWN)), (5, False, ("output", 5, 1, UP))]
)
def test_a_relay_is_claimed_once_at_its_rest_level(
    real: Board, lgpio: Lgpio, clock: VirtualClock, pin: int, active_high: bool, claim: tuple[Any, ...]
) -> None:
    relay = Relay(real, "door", pin, active_high, clock, 10.0)
    assert lgpio.calls == [claim]
    relay.close()


def test_gpiozeros_own_pin_would_energise_an_active_low_relay(real: Board, lgpio: Lgpio) -> None:
    """The reason for a pin class of our own. If this fails, gpiozero has been corrected (pull request 1177)."""
    from gpiozero.pins.lgpio import LGPIOPin

    real.factory.pin_class = LGPIOPin
    real.output("door", "door.relay_pin", 5, active_high=False).close()
    assert lgpio.calls[:3] == [("input", 5, NONE), ("output", 5, 0, 0), ("write", 5, 1)]


def test_a_pulse_writes_levels_and_closing_frees_the_line_at_rest(
    real: Board, lgpio: Lgpio, clock: VirtualClock
) -> None:
    relay = Relay(real, "door", 5, False, clock, 10.0)
    relay.pulse(1.0)
    clock.advance(1.0)
    relay.pulse(1.0)
    relay.close()
    moves = [call for call in lgpio.calls if call[0] != "write" or call[1] == 5]
    assert moves == [
        ("output", 5, 1, UP),
        ("write", 5, 0),
        ("write", 5, 1),
        ("write", 5, 0),
        ("write", 5, 1),
        ("free", 5),
    ]


def test_a_line_that_was_freed_can_be_claimed_again_at_another_level(
    real: Board, lgpio: Lgpio, clock: VirtualClock
) -> None:
    Relay(real, "door", 17, True, clock, 10.0).close()
    Relay(real, "door", 17, False, clock, 10.0).close()
    assert lgpio.calls[0] == ("output", 17, 0, DOWN)
    assert ("output", 17, 1, UP) in lgpio.calls


def test_closing_the_board_after_the_lock_changes_no_level(real: Board, lgpio: Lgpio, clock: VirtualClock) -> None:
    lock = DoorLock(real, DoorSettings(relay_pin=17, lock=LockKind.FAIL_SECURE), clock)
    lock.close()
    lgpio.calls.clear()
    real.close()
    real.close()
    assert lgpio.calls == [("close", 7)]


@pytest.mark.parametrize(("pull", "flags"), [(Pull.UP, UP), (Pull.DOWN, DOWN), (Pull.NONE, NONE)])
def test_an_input_has_the_requested_pull(real: Board, lgpio: Lgpio, pull: Pull, flags: int) -> None:
    device = real.input("inputs", "inputs.officer.pin", InputSettings(pin=19, pull=pull))
    assert lgpio.lines[19]["flags"] == flags
    assert device.pin.state is (pull is Pull.UP)
    device.close()
    assert lgpio.calls[-1] == ("free", 19)


def test_edges_are_reported_until_the_input_is_closed(real: Board, lgpio: Lgpio) -> None:
    device = real.input("inputs", "inputs.officer.pin", InputSettings(pin=19))

    def changed(ticks: Any, state: Any) -> None:
        pass

    device.pin.when_changed = changed
    assert lgpio.calls[-2:] == [("alert", 19, UP), ("callback", 19)]
    device.close()
    assert ("cancel", 19) in lgpio.calls
    assert lgpio.calls[-1] == ("free", 19)


def test_the_steady_pin_has_every_attribute_of_gpiozeros_own(real: Board, lgpio: Lgpio) -> None:
    from gpiozero.pins.lgpio import LGPIOPin

    info = next(info for _, info in real.factory.board_info.find_pin(17))
    assert set(vars(LGPIOPin(real.factory, info))) <= set(vars(real.factory.pin_class(real.factory, info)))


def test_a_line_that_another_program_holds_is_an_error_with_its_setting(
    real: Board, lgpio: Lgpio, clock: VirtualClock
) -> None:
    lgpio.busy.add(17)
    with pytest.raises(
        DeviceError, match=r"door: GPIO17 is in use \(GPIO busy\); end .* 'gpioinfo' .* 'door.relay_pin'"
    ) as e:
        Relay(real, "door", 17, True, clock, 10.0)
    assert e.value.fault == "pin_taken"


def test_a_pin_that_the_header_lacks_is_an_error_with_its_setting(header: Header) -> None:
    with pytest.raises(DeviceError, match=r"GPIO99 of 'buzzer.pin' cannot be opened") as caught:
        header.output("buzzer", "buzzer.pin", 99, active_high=True)
    assert caught.value.fault == "gpio_missing"


def test_without_lgpio_there_is_no_fall_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "lgpio", None)
    monkeypatch.setattr(board_module, "find_chip", lambda paths, label_of: 0)
    with pytest.raises(DeviceError, match=r"lgpio cannot be used .* 'sudo apt install python3-lgpio'") as caught:
        open_board()
    assert caught.value.fault == "gpio_missing"


def test_a_chip_that_cannot_be_opened_is_an_error_with_its_path(lgpio: Lgpio, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(chip: int) -> int:
        raise lgpio.error("can not open gpiochip")

    monkeypatch.setattr(lgpio, "gpiochip_open", refuse)
    with pytest.raises(DeviceError, match=r"/dev/gpiochip0 cannot be opened \(can not open gpiochip\)"):
        open_board()


def test_lgpio_gets_a_directory_of_its_own_and_the_working_directory_is_restored(
    lgpio: Lgpio, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LG_WD", raising=False)
    seen: list[Path] = []

    def open_and_move(chip: int) -> int:
        seen.append(Path(os.environ["LG_WD"]))
        os.chdir(seen[0])  # as lgpio does
        return 7

    monkeypatch.setattr(lgpio, "gpiochip_open", open_and_move)
    open_board().close()
    assert Path.cwd() == tmp_path
    assert "LG_WD" not in os.environ
    assert not seen[0].exists()


def test_a_directory_that_the_service_set_for_lgpio_is_kept(
    lgpio: Lgpio, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LG_WD", str(tmp_path))
    open_board().close()
    assert os.environ["LG_WD"] == str(tmp_path)
    assert tmp_path.exists()


def test_the_chip_is_found_by_its_label() -> None:
    labels = {"gpiochip0": "brcmvirt-gpio", "gpiochip10": "gpio-brcmstb", "gpiochip4": "pinctrl-rp1"}
    assert find_chip([Path("/dev", name) for name in labels], lambda path: labels[path.name]) == 4


def test_without_a_header_the_error_lists_the_chips_found() -> None:
    with pytest.raises(DeviceError, match=r"no header of a Raspberry Pi; GPIO chips: gpiochip0 \(INT34C5:00\); run"):
        find_chip([Path("/dev/gpiochip0")], lambda path: "INT34C5:00")
    with pytest.raises(DeviceError, match="GPIO chips: none"):
        find_chip([], lambda path: "")


def test_a_chip_without_permission_is_an_error_that_names_the_group() -> None:
    def refuse(path: Path) -> str:
        raise PermissionError(13, "Permission denied")

    with pytest.raises(DeviceError, match="add this user to the group 'gpio'") as caught:
        find_chip([Path("/dev/gpiochip0")], refuse)
    assert caught.value.fault == "gpio_missing"


def test_the_label_is_read_with_the_kernels_ioctl(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def ioctl(_fd: int, request: int, info: bytearray) -> int:
        assert request == 0x8044B401
        info[:] = b"gpiochip4".ljust(32, b"\0") + b"pinctrl-rp1".ljust(32, b"\0") + (54).to_bytes(4, "little")
        return 0

    monkeypatch.setattr("fcntl.ioctl", ioctl)
    (tmp_path / "gpiochip4").touch()
    assert chip_label(tmp_path / "gpiochip4") == "pinctrl-rp1"
