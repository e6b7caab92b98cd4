"""The board: every GPIO line is opened here, by one explicit gpiozero factory, and every error names pin and setting.

Rule 1: nothing falls back to another factory; gpiozero's own choice of one is never asked for.
Rule 2: an output is at its rest level from its first moment: what a power cut would make of it.
"""

import contextlib
import fcntl
import os
import struct
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from gpiozero import GPIOPinInUse, GPIOZeroError, InputDevice, OutputDevice

from kiosk.errors import DeviceError
from kiosk.settings.schema.wiring import InputSettings, Pull

CHIP_LABELS = frozenset({"pinctrl-bcm2835", "pinctrl-bcm2711", "pinctrl-rp1"})
"""The chip with the 40-pin header: Pi Zero to 3, Pi 4, Pi 5. Its number changed with kernels (linux issue 6144)."""

GPIO_GET_CHIPINFO_IOCTL = 0x8044B401
"""_IOR(0xB4, 1, struct gpiochip_info) in uapi/linux/gpio.h: char name[32], char label[32], u32 lines."""

PULL_UP = {Pull.UP: True, Pull.DOWN: False, Pull.NONE: None}
"""gpiozero's word for each pull."""


class Board:
    """The GPIO header. `line_errors` are what the factory's library raises, beside gpiozero's own errors."""

    def __init__(self, factory: Any, line_errors: tuple[type[Exception], ...] = ()) -> None:
        self.factory = factory
        self._line_errors = (GPIOZeroError, OSError, *line_errors)

    def output(self, device: str, key: str, pin: int, *, active_high: bool) -> OutputDevice:
        """An output at rest, for `device` of the settings, whose pin stands under `key`."""
        with self._errors(device, key, pin):
            return OutputDevice(pin, active_high=active_high, initial_value=False, pin_factory=self.factory)

    def input(self, device: str, key: str, settings: InputSettings) -> InputDevice:
        """An input with the pull that the settings ask for; its level is read from `.pin.state`, true for high."""
        pull_up = PULL_UP[settings.pull]
        active_state = None if pull_up is not None else not settings.active_low
        with self._errors(device, key, settings.pin):
            return InputDevice(settings.pin, pull_up=pull_up, active_state=active_state, pin_factory=self.factory)

    def close(self) -> None:
        """Let every line and the chip go; safe to call twice."""
        self.factory.close()

    @contextlib.contextmanager
    def _errors(self, device: str, key: str, pin: int) -> Iterator[None]:
        try:
            yield
        except self._line_errors as error:
            if isinstance(error, GPIOPinInUse) or "busy" in str(error).lower():
                raise DeviceError(
                    device,
                    f"GPIO{pin} is in use ({error}); 'gpioinfo' shows by whom: end that, or choose another '{key}'",
                    "pin_taken",
                ) from error
            raise DeviceError(
                device, f"GPIO{pin} of '{key}' cannot be opened ({error}); run 'kiosk doctor'", "gpio_missing"
            ) from error


def open_board() -> Board:
    """The Raspberry Pi's own header, by lgpio; `DeviceError` (gpio_missing) where there is none."""
    chip = find_chip(sorted(Path("/dev").glob("gpiochip*")), chip_label)
    with _room_for_lgpio():
        try:
            import lgpio
            from gpiozero.pins.lgpio import LGPIOFactory

            from kiosk.hardware.lgpio_pins import SteadyPin
        except ImportError as error:
            raise DeviceError(
                "gpio", f"lgpio cannot be used ({error}); run 'sudo apt install python3-lgpio'", "gpio_missing"
            ) from error
        try:
            factory = LGPIOFactory(chip=chip)
        except (lgpio.error, GPIOZeroError) as error:
            raise DeviceError("gpio", f"/dev/gpiochip{chip} cannot be opened ({error})", "gpio_missing") from error
    factory.pin_class = SteadyPin
    return Board(factory, (lgpio.error,))


def find_chip(paths: Iterable[Path], label_of: Callable[[Path], str]) -> int:
    """The number of the chip that carries the header, found by its label; `DeviceError` when there is none."""
    found = []
    for path in paths:
        try:
            label = label_of(path)
        except PermissionError as error:
            raise DeviceError(
                "gpio", f"{path} may not be opened; add this user to the group 'gpio'", "gpio_missing"
            ) from error
        if label in CHIP_LABELS:
            return int(path.name.removeprefix("gpiochip"))
        found.append(f"{path.name} ({label})")
    seen = ", ".join(found) or "no /dev/gpiochip at all"
    raise DeviceError("gpio", f"found {seen}, but no header of a Raspberry Pi; run it on one", "gpio_missing")


def chip_label(path: Path) -> str:
    """The label that the kernel gives to a GPIO chip."""
    info = bytearray(68)
    chip = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.ioctl(chip, GPIO_GET_CHIPINFO_IOCTL, info)
    finally:
        os.close(chip)
    _name, label, _lines = struct.unpack("=32s32sI", info)
    return bytes(label).split(b"\0")[0].decode("ascii", "replace")


@contextlib.contextmanager
def _room_for_lgpio() -> Iterator[None]:
    """A writable directory for the FIFO that lgpio makes when it is imported, and our own directory afterwards.

    Without `LG_WD` lgpio wants the working directory to be writable; with it, it changes the whole process's
    working directory to there (gpiozero issues 1106 and 1130). The FIFO is open from then on and may be removed.
    """
    here = Path.cwd()
    with tempfile.TemporaryDirectory(prefix="kiosk-lgpio-") as fresh:
        given = os.environ.setdefault("LG_WD", fresh)
        try:
            yield
        finally:
            os.chdir(here)
            if given == fresh:
                del os.environ["LG_WD"]
