"""The board: it opens every GPIO line, through one explicit gpiozero factory; every error names the pin and setting.

Rule 1: there is no fall-back to another factory; gpiozero's own choice of a factory is never used.
Rule 2: an output is at its rest level from the first moment; that is the level after a power cut.
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
"""Labels of the GPIO chip behind the 40-pin header: Pi Zero to 3, Pi 4, Pi 5.

The chip's number is not reliable: it changed with the kernel (raspberrypi/linux issue 6144).
"""

GPIO_GET_CHIPINFO_IOCTL = 0x8044B401
"""_IOR(0xB4, 1, struct gpiochip_info) in uapi/linux/gpio.h: char name[32], char label[32], u32 lines."""

PULL_UP = {Pull.UP: True, Pull.DOWN: False, Pull.NONE: None}
"""gpiozero's argument `pull_up` for each pull."""


class Board:
    """The GPIO header.

    factory: gpiozero's pin factory. line_errors: the errors of the factory's library, beside gpiozero's own errors.
    """

    def __init__(self, factory: Any, line_errors: tuple[type[Exception], ...] = ()) -> None:
        self.factory = factory
        self._line_errors = (GPIOZeroError, OSError, *line_errors)

    def output(self, device: str, key: str, pin: int, *, active_high: bool) -> OutputDevice:
        """Open an output at its rest level.

        device: its name in the settings. key: the setting that names the pin. pin: the GPIO number.
        Raises `DeviceError`: pin_taken if the line is in use, gpio_missing if it cannot be opened for another reason.
        """
        with self._errors(device, key, pin):
            return OutputDevice(pin, active_high=active_high, initial_value=False, pin_factory=self.factory)

    def input(self, device: str, key: str, settings: InputSettings) -> InputDevice:
        """Open an input with the pull of its settings. Its level is `.pin.state`: true means high.

        device: its name in the settings. key: the setting that names the pin.
        Raises `DeviceError`: pin_taken if the line is in use, gpio_missing if it cannot be opened for another reason.
        """
        pull_up = PULL_UP[settings.pull]
        active_state = None if pull_up is not None else not settings.active_low
        with self._errors(device, key, settings.pin):
            return InputDevice(settings.pin, pull_up=pull_up, active_state=active_state, pin_factory=self.factory)

    def close(self) -> None:
        """Free every line and the chip. Safe to call twice."""
        self.factory.close()

    @contextlib.contextmanager
    def _errors(self, device: str, key: str, pin: int) -> Iterator[None]:
        try:
            yield
        except self._line_errors as error:
            if isinstance(error, GPIOPinInUse) or "busy" in str(error).lower():
                raise DeviceError(
                    device,
                    f"GPIO{pin} is in use ({error}); end the program that 'gpioinfo' shows, or choose another '{key}'",
                    "pin_taken",
                ) from error
            raise DeviceError(
                device, f"GPIO{pin} of '{key}' cannot be opened ({error}); run 'kiosk doctor'", "gpio_missing"
            ) from error


def open_board() -> Board:
    """Open the Raspberry Pi's own header with lgpio.

    Raises `DeviceError` (gpio_missing) if there is no such header, or lgpio or the chip cannot be used.
    """
    chip = find_chip(sorted(Path("/dev").glob("gpiochip*")), chip_label)
    with _lgpio_directory():
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
    """Return the number of the GPIO chip that carries the header; the chip is recognised by its label.

    paths: the device files of the chips. label_of: returns the label of a chip, see `chip_label`.
    Raises `DeviceError` (gpio_missing) if there is no such chip, or a chip cannot be opened for lack of permission;
    any other error of `label_of` is raised unchanged.
    """
    found = []
    for path in paths:
        try:
            label = label_of(path)
        except PermissionError as error:
            raise DeviceError(
                "gpio", f"{path} cannot be opened: permission denied; add this user to the group 'gpio'", "gpio_missing"
            ) from error
        if label in CHIP_LABELS:
            return int(path.name.removeprefix("gpiochip"))
        found.append(f"{path.name} ({label})")
    seen = ", ".join(found) or "none"
    raise DeviceError(
        "gpio",
        f"found no header of a Raspberry Pi; GPIO chips: {seen}; run the kiosk on a Raspberry Pi",
        "gpio_missing",
    )


def chip_label(path: Path) -> str:
    """Return the kernel's label of the GPIO chip at `path`. Raises `OSError` if the chip cannot be asked."""
    info = bytearray(68)
    chip = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.ioctl(chip, GPIO_GET_CHIPINFO_IOCTL, info)
    finally:
        os.close(chip)
    _name, label, _lines = struct.unpack("=32s32sI", info)
    return bytes(label).split(b"\0")[0].decode("ascii", "replace")


@contextlib.contextmanager
def _lgpio_directory() -> Iterator[None]:
    """Give lgpio a writable directory for the FIFO that it creates at import, and restore the working directory.

    Without `LG_WD`, lgpio needs a writable working directory; with it, lgpio changes the working directory of the
    whole process to that place (gpiozero issues 1106 and 1130). The FIFO stays open, so that it can be removed.
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
