"""The imager's process and the controller's side of it: lines, a simulated sensor, and real processes."""

import io
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kiosk.composition.thermometers import COMMAND, open_imager
from kiosk.errors import DeviceError, KioskError
from kiosk.flow.temperature import Sample
from kiosk.hardware.thermometers.imager.child import serve
from kiosk.hardware.thermometers.imager.link import FIRST_PAUSE_S, IMAGER, SILENT_S, START_S, ImagerLink
from kiosk.hardware.thermometers.imager.messages import (
    MAX_LINE_BYTES,
    ImagerOrders,
    SensorTrouble,
    SensorUnit,
    look_line,
    orders_line,
    parse_look,
    parse_orders,
)
from kiosk.settings.schema.thermometer import ThermometerKind, ThermometerSettings
from kiosk.simulator.clock import VirtualClock
from kiosk.simulator.mlx90614 import BusFault
from kiosk.simulator.mlx90640 import EYE_C, Mlx90640Bus, eeprom_words
from kiosk.support.links import Link, ProcessLink, SocketLink

ORDERS = ImagerOrders(bus=1, address=0x33, skin_min_c=30.0, skin_max_c=43.0, contrast_c=1.0)
UNIT = "1A0000010153"
"""The number of the simulated imager with the seed 1."""

SILENT = SensorTrouble("thermometer_silent", "no answer")


# lines


@pytest.mark.parametrize(
    "seen",
    [
        Sample(35.5, 27.25),
        Sample(27.0, 27.25, may_be_skin=False),
        SILENT,
        SensorTrouble("thermometer_error", "x" * 100),
        SensorUnit("1A0000010153"),
        SensorUnit(""),
    ],
)
def test_a_look_is_read_as_it_was_written(seen: Sample | SensorTrouble | SensorUnit) -> None:
    line = look_line(seen)
    assert line.endswith(b"\n")
    assert parse_look(line) == seen


def test_orders_are_read_as_they_were_written() -> None:
    assert parse_orders(orders_line(ORDERS)) == ORDERS


def test_a_long_description_is_cut_so_that_the_line_fits() -> None:
    assert len(look_line(SensorTrouble("thermometer_silent", "\N{THERMOMETER}" * 5000))) <= MAX_LINE_BYTES


NO_LOOKS = (
    b"",
    b"[",
    b"[1]",
    b"[1,2]",
    b"[1,2,3]",
    b"[1,2,true,4]",
    b"{}",
    b"null",
    b"7",
    b"\xff",
    b"[" * 500,
    b"[NaN, 20, true]",
    b"[1e9, 20, true]",
    b"[20, true, 1]",
    b'["fire", "x", false]',
    b'["unit", "x", false]',
    b'["unit", 1, false]',
    b'["unit", "1A00000101531", false]',
    b'["thermometer_silent", 1, false]',
    b'[["thermometer_silent"], "x", false]',
)


@pytest.mark.parametrize("line", NO_LOOKS)
def test_bytes_that_are_no_look_are_refused(line: bytes) -> None:
    with pytest.raises(KioskError):
        parse_look(line)


@pytest.mark.parametrize("line", [b"", b"{}", b"[]", b'{"bus": 1}', b'{"bus": 1, "other": 2}'])
def test_bytes_that_are_no_orders_are_refused(line: bytes) -> None:
    with pytest.raises(KioskError, match="orders cannot be read"):
        parse_orders(line)


# the process, on the simulated sensor


class Broken(io.BytesIO):
    """The pipe to a controller that ends after some lines."""

    def __init__(self, lines: int) -> None:
        super().__init__()
        self.left, self.lines = lines, list[bytes]()

    def write(self, line: object) -> int:
        data = bytes(line)  # type: ignore[call-overload]
        if data:
            self.lines.append(data)
            self.left -= 1
        if self.left < 0:
            raise BrokenPipeError
        return len(data)


def served(clock: VirtualClock, bus: Mlx90640Bus, lines: int, at_line: Callable[[int], None]) -> list[bytes]:
    """Let the process write `lines` lines; `at_line` is called while it waits."""
    pipe = Broken(lines)

    def ends_within(seconds: float) -> bool:
        clock.advance(seconds)
        at_line(len(pipe.lines))
        return False

    serve(io.BytesIO(orders_line(ORDERS)), pipe, lambda _number: bus, ends_within)
    return pipe.lines[:lines]


def seen(written: list[bytes]) -> list[Sample | SensorTrouble | SensorUnit]:
    return [parse_look(line) for text in written for line in text.splitlines()]


def test_the_process_writes_a_look_for_each_picture(clock: VirtualClock) -> None:
    bus = Mlx90640Bus(clock)
    bus.look_at(34.5, 27.0)
    begins_s = clock.now_s()
    looks = seen(served(clock, bus, 8, lambda _count: None))
    assert looks.pop(0) == SensorUnit(UNIT)
    assert [round(look.object_c - 34.5 - EYE_C, 0) for look in looks if isinstance(look, Sample)] == [0.0] * 8
    assert clock.now_s() - begins_s == pytest.approx(10 * 0.25, abs=0.3)


def test_a_fault_of_the_sensor_is_a_line_and_the_process_goes_on(clock: VirtualClock) -> None:
    bus = Mlx90640Bus(clock)

    def at_line(count: int) -> None:
        bus.fault = BusFault.SILENT if 2 <= count < 4 else None

    looks = seen(served(clock, bus, 6, at_line))
    faults, samples = [SensorTrouble] * 2, [Sample] * 2
    assert [type(look) for look in looks] == [SensorUnit, *samples, *faults, *samples]
    assert isinstance(looks[3], SensorTrouble)
    assert looks[3].fault == "thermometer_silent"


def test_another_sensor_is_named_before_its_first_picture(clock: VirtualClock) -> None:
    bus = Mlx90640Bus(clock)

    def at_line(count: int) -> None:
        bus.fault = BusFault.SILENT if 2 <= count < 4 else None
        bus.eeprom = eeprom_words(7)

    looks = seen(served(clock, bus, 6, at_line))
    assert [look for look in looks if isinstance(look, SensorUnit)] == [SensorUnit(UNIT), SensorUnit("1A0000070153")]
    assert isinstance(looks[5], SensorUnit)


def test_the_process_ends_with_its_orders(clock: VirtualClock) -> None:
    pipe, waits_s = Broken(100), list[float]()

    def ends_within(seconds: float) -> bool:
        waits_s.append(seconds)
        return len(waits_s) == 3

    serve(io.BytesIO(orders_line(ORDERS)), pipe, lambda _number: Mlx90640Bus(clock), ends_within)
    assert len(waits_s) == 3


# the controller's side, with a process


WRITES = "import sys\nsys.stdin.buffer.readline()\nfor line in {lines!r}:\n    sys.stdout.write(line + '\\n')\n"
CLOSES = "sys.stdout.flush()\nimport os\nos.close(1)\nsys.stdin.buffer.read()\n"
STAYS = WRITES + "sys.stdout.flush()\nsys.stdin.buffer.read()\n"
HANGS = WRITES + "sys.stdout.flush()\nimport signal\nsignal.pause()\n"
"""Ends only by a signal, also after its pipes were closed."""


class Watched(ImagerLink):
    """A link whose processes run scripts; `read` is set when the pipe of one was read to its end."""

    def __init__(self, clock: VirtualClock, *scripts: str) -> None:
        self.started: list[subprocess.Popen[bytes]] = []
        self.read = threading.Event()
        waiting = iter(scripts)

        def popen(command: list[str], **options: Any) -> "subprocess.Popen[bytes]":
            process: subprocess.Popen[bytes] = subprocess.Popen(command, **options)
            self.started.append(process)
            return process

        def start() -> Link:
            script = next(waiting)
            command = [sys.executable, "-c", script] if script else ["/nowhere/python"]
            return ProcessLink(IMAGER, command, popen, reads_log=False)

        super().__init__(ORDERS, clock, start)

    def _read(self, link: Link) -> None:
        super()._read(link)
        self.read.set()


@pytest.fixture
def links() -> Iterator[list[Watched]]:
    made: list[Watched] = []
    yield made
    for link in made:
        link.close()
    assert all(process.poll() is not None for link in made for process in link.started)


def eventually(link: ImagerLink) -> Sample | DeviceError:
    """Return the first sample or error, which the reading thread hands over in its own time."""
    for _ in range(1000):
        try:
            if sample := link.sample():
                return sample
        except DeviceError as error:
            return error
        link.wait(0.01)
    raise AssertionError("no sample within 10 s")


def test_a_sample_is_given_once(clock: VirtualClock, links: list[Watched]) -> None:
    link = Watched(clock, STAYS.format(lines=["[35.5, 27.0, true]"]))
    links.append(link)
    assert link.sample() is None
    assert eventually(link) == Sample(35.5, 27.0)
    assert link.sample() is None


def test_a_wait_ends_with_the_next_line(clock: VirtualClock, links: list[Watched]) -> None:
    link = Watched(clock, STAYS.format(lines=["[35.5, 27.0, true]"]))
    links.append(link)
    assert link.sample() is None
    link.wait(10)
    assert link.sample() == Sample(35.5, 27.0)


def test_the_number_of_the_sensor_is_known_with_its_first_sample(clock: VirtualClock, links: list[Watched]) -> None:
    link = Watched(clock, STAYS.format(lines=[f'["unit", "{UNIT}", false]', "[35.5, 27.0, true]"]))
    links.append(link)
    assert link.sample() is None
    assert link.unit() is None
    assert eventually(link) == Sample(35.5, 27.0)
    assert link.unit() == UNIT


def test_an_old_sample_is_not_used(clock: VirtualClock, links: list[Watched]) -> None:
    link = Watched(clock, WRITES.format(lines=["[35.5, 27.0, true]"]) + CLOSES)
    links.append(link)
    link.sample()
    assert link.read.wait(10)
    clock.advance(1.5)
    assert link.sample() is None


def test_a_fault_of_the_sensor_is_an_error_with_its_code(clock: VirtualClock, links: list[Watched]) -> None:
    link = Watched(clock, STAYS.format(lines=['["thermometer_error", "the EEPROM holds no calibration", false]']))
    links.append(link)
    error = eventually(link)
    assert isinstance(error, DeviceError)
    assert error.fault == "thermometer_error"
    assert "no calibration" in str(error)


@pytest.mark.parametrize(
    ("script", "found"),
    [
        (WRITES.format(lines=[]) + "sys.exit(3)", "ended with code 3"),
        (STAYS.format(lines=["hello"]), "no look"),
        ("", "cannot be started"),
    ],
)
def test_a_process_that_fails_is_an_error_until_the_next_one_has_a_sample(
    clock: VirtualClock, links: list[Watched], script: str, found: str
) -> None:
    link = Watched(clock, script, STAYS.format(lines=["[36.0, 25.0, true]"]))
    links.append(link)
    assert found in str(eventually(link))
    with pytest.raises(DeviceError, match=found) as caught:
        link.sample()
    assert caught.value.fault == "thermometer_silent"
    clock.advance(FIRST_PAUSE_S)
    while isinstance(seen := eventually(link), DeviceError):
        assert found in str(seen)
    assert seen == Sample(36.0, 25.0)
    assert link.sample() is None


@pytest.mark.parametrize(("lines", "limit_s"), [([], START_S), (["[35.0, 27.0, true]"], SILENT_S)])
def test_a_silent_process_is_ended(clock: VirtualClock, links: list[Watched], lines: list[str], limit_s: float) -> None:
    link = Watched(clock, HANGS.format(lines=lines))
    links.append(link)
    assert link.sample() is None
    if lines:
        eventually(link)
    clock.advance(limit_s - 0.5)
    assert link.sample() is None
    clock.advance(1.0)
    with pytest.raises(DeviceError, match="silent for"):
        link.sample()
    assert link.started[0].wait(10) != 0


class ImagerUnit:
    """Systemd with kiosk-imager.socket: one process at a time, with the connection as input and output."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "imager.socket"
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(self.path))
        self._listener.listen()
        self.process: subprocess.Popen[bytes] | None = None

    def accept(self, *command: str) -> None:
        """Accept a connection; start the process, or close the connection if the last one has not ended."""
        connection, _ = self._listener.accept()
        with connection:
            if self.process is None or self.process.poll() is not None:
                end = connection.fileno()
                self.process = subprocess.Popen(command, stdin=end, stdout=end, start_new_session=True)

    def close(self) -> None:
        """Stop listening; kill a process that runs."""
        self._listener.close()
        if self.process:
            self.process.kill()
            self.process.wait()


@pytest.fixture
def unit(tmp_path: Path) -> Iterator[ImagerUnit]:
    made = ImagerUnit(tmp_path)
    yield made
    made.close()


def script(text: str) -> list[str]:
    return [sys.executable, "-c", text]


def test_the_unit_gives_samples_and_its_process_ends_with_the_connection(clock: VirtualClock, unit: ImagerUnit) -> None:
    link = ImagerLink(ORDERS, clock, lambda: SocketLink(IMAGER, unit.path))
    assert link.sample() is None
    unit.accept(*script(STAYS.format(lines=["[35.5, 27.0, true]"])))
    assert eventually(link) == Sample(35.5, 27.0)
    link.close()
    assert unit.process
    assert unit.process.wait(10) == 0


def test_without_the_unit_it_is_reported_as_missing_and_tried_again(clock: VirtualClock, unit: ImagerUnit) -> None:
    there = [unit.path.with_name("nothing"), unit.path]
    link = ImagerLink(ORDERS, clock, lambda: SocketLink(IMAGER, there.pop(0)))
    for _ in range(2):
        with pytest.raises(DeviceError, match="no connection to") as caught:
            link.sample()
        assert caught.value.fault == "imager_missing"
    clock.advance(FIRST_PAUSE_S)
    with pytest.raises(DeviceError, match="no connection to"):  # until the unit sends a sample
        link.sample()
    unit.accept(*script(STAYS.format(lines=["[35.5, 27.0, true]"])))
    while isinstance(seen := eventually(link), DeviceError):
        pass
    assert seen == Sample(35.5, 27.0)
    link.close()


def test_a_silent_unit_is_left_by_closing_the_connection_and_no_second_process_runs_beside_it(
    clock: VirtualClock, unit: ImagerUnit
) -> None:
    link = ImagerLink(ORDERS, clock, lambda: SocketLink(IMAGER, unit.path))
    assert link.sample() is None
    unit.accept(*script("import signal\nsignal.pause()"))
    hangs = unit.process
    clock.advance(START_S + 1.0)
    with pytest.raises(DeviceError, match="silent for"):
        link.sample()
    clock.advance(FIRST_PAUSE_S)
    with pytest.raises(DeviceError, match="silent for"):
        link.sample()
    unit.accept(*script(""))
    while "not ended yet" not in str(error := eventually(link)):
        assert "silent for" in str(error)
    assert unit.process is hangs
    link.close()


def test_the_real_process_serves_on_a_socket_and_ends_with_it(clock: VirtualClock, unit: ImagerUnit) -> None:
    """`python -m kiosk.composition.imager_app` on this machine, which has no such bus."""
    link = ImagerLink(ORDERS, clock, lambda: SocketLink(IMAGER, unit.path))
    assert link.sample() is None
    unit.accept(*COMMAND)
    error = eventually(link)
    assert isinstance(error, DeviceError)
    assert error.fault == "thermometer_silent"
    assert "/dev/i2c-1" in str(error)
    link.close()
    assert unit.process
    assert unit.process.wait(10) == 0


def test_a_kiosk_without_an_imager_loads_no_module_of_it() -> None:
    loaded = "import sys, kiosk.composition.service; print([name for name in sys.modules if '.imager' in name])"
    assert subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_the_real_process_reports_a_bus_that_is_not_there(clock: VirtualClock) -> None:
    """A child of the controller, on this machine, which has no such bus."""
    settings = ThermometerSettings(kind=ThermometerKind.MLX90640, bus=22)
    link = open_imager(settings, clock)
    error = eventually(link)
    assert isinstance(error, DeviceError)
    assert error.fault == "thermometer_silent"
    assert "/dev/i2c-22" in str(error)
    link.close()
