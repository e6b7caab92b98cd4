"""The imager's process and the controller's side of it: lines, a simulated sensor, and real processes."""

import io
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence

import pytest

from kiosk.errors import DeviceError, KioskError
from kiosk.flow.temperature import Sample
from kiosk.hardware.thermometers.imager.child import serve
from kiosk.hardware.thermometers.imager.link import FIRST_PAUSE_S, SILENT_S, START_S, ImagerLink, start_process
from kiosk.hardware.thermometers.imager.messages import (
    MAX_LINE_BYTES,
    ImagerOrders,
    SensorTrouble,
    look_line,
    orders_line,
    parse_look,
    parse_orders,
)
from kiosk.simulator.clock import VirtualClock
from kiosk.simulator.mlx90614 import BusFault
from kiosk.simulator.mlx90640 import EYE_C, Mlx90640Bus

ORDERS = ImagerOrders(bus=1, address=0x33, skin_min_c=30.0, skin_max_c=43.0, contrast_c=1.0)
SILENT = SensorTrouble("thermometer_silent", "no answer")


# lines


@pytest.mark.parametrize(
    "seen",
    [
        Sample(35.5, 27.25),
        Sample(27.0, 27.25, may_be_skin=False),
        SILENT,
        SensorTrouble("thermometer_error", "x" * 100),
    ],
)
def test_a_look_is_read_as_it_was_written(seen: Sample | SensorTrouble) -> None:
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
    b'["thermometer_silent", 1, false]',
    b'[["thermometer_silent"], "x", false]',
)


@pytest.mark.parametrize("line", NO_LOOKS)
def test_what_is_no_look_is_refused(line: bytes) -> None:
    with pytest.raises(KioskError):
        parse_look(line)


@pytest.mark.parametrize("line", [b"", b"{}", b"[]", b'{"bus": 1}', b'{"bus": 1, "other": 2}'])
def test_what_are_no_orders_is_refused(line: bytes) -> None:
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

    def pause(seconds: float) -> None:
        clock.advance(seconds)
        at_line(len(pipe.lines))

    serve(io.BytesIO(orders_line(ORDERS)), pipe, lambda _number: bus, pause)
    return pipe.lines[:lines]


def test_the_process_writes_a_look_for_each_picture(clock: VirtualClock) -> None:
    bus = Mlx90640Bus(clock)
    bus.look_at(34.5, 27.0)
    begins_s = clock.now_s()
    looks = [parse_look(line) for line in served(clock, bus, 8, lambda _count: None)]
    assert [round(look.object_c - 34.5 - EYE_C, 0) for look in looks if isinstance(look, Sample)] == [0.0] * 8
    assert clock.now_s() - begins_s == pytest.approx(10 * 0.25, abs=0.3)


def test_a_fault_of_the_sensor_is_a_line_and_the_process_goes_on(clock: VirtualClock) -> None:
    bus = Mlx90640Bus(clock)

    def at_line(count: int) -> None:
        bus.fault = BusFault.SILENT if 2 <= count < 4 else None

    looks = [parse_look(line) for line in served(clock, bus, 6, at_line)]
    assert [type(look) for look in looks] == [Sample, Sample, SensorTrouble, SensorTrouble, Sample, Sample]
    assert isinstance(looks[2], SensorTrouble)
    assert looks[2].fault == "thermometer_silent"


# the controller's side, with a process


WRITES = "import sys\nsys.stdin.buffer.readline()\nfor line in {lines!r}:\n    sys.stdout.write(line + '\\n')\n"
CLOSES = "sys.stdout.flush()\nimport os\nos.close(1)\nsys.stdin.buffer.read()\n"
STAYS = WRITES + "sys.stdout.flush()\nsys.stdin.buffer.read()\n"


class Watched(ImagerLink):
    """A link whose processes run scripts; `read` is set when the pipe of one was read to its end."""

    def __init__(self, clock: VirtualClock, *scripts: str) -> None:
        self.started: list[subprocess.Popen[bytes]] = []
        self.read = threading.Event()
        waiting = iter(scripts)

        def start(_command: Sequence[str]) -> "subprocess.Popen[bytes]":
            script = next(waiting)
            if not script:
                raise FileNotFoundError(2, "No such file or directory")
            process = start_process([sys.executable, "-c", script])
            self.started.append(process)
            return process

        super().__init__(ORDERS, clock, start=start)

    def _read(self, process: "subprocess.Popen[bytes]") -> None:
        super()._read(process)
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
    event = threading.Event()
    for _ in range(1000):
        try:
            if sample := link.sample():
                return sample
        except DeviceError as error:
            return error
        event.wait(0.01)
    raise AssertionError("no sample within 10 s")


def test_a_sample_is_given_once(clock: VirtualClock, links: list[Watched]) -> None:
    link = Watched(clock, STAYS.format(lines=["[35.5, 27.0, true]"]))
    links.append(link)
    assert link.sample() is None
    assert eventually(link) == Sample(35.5, 27.0)
    assert link.sample() is None


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
    link = Watched(clock, STAYS.format(lines=lines))
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


def test_a_kiosk_without_an_imager_loads_no_module_of_it() -> None:
    loaded = "import sys, kiosk.composition.service; print([name for name in sys.modules if '.imager' in name])"
    assert subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_the_real_process_reports_a_bus_that_is_not_there(clock: VirtualClock) -> None:
    """`python -m kiosk.composition.imager_app` on this machine, which has no such bus."""
    command = [sys.executable, "-P", "-m", "kiosk.composition.imager_app"]
    orders = ImagerOrders(bus=22, address=0x33, skin_min_c=30.0, skin_max_c=43.0, contrast_c=1.0)
    with start_process(command) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(orders_line(orders))
        process.stdin.flush()
        seen = parse_look(process.stdout.readline())
        assert isinstance(seen, SensorTrouble)
        assert seen.fault == "thermometer_silent"
        assert "/dev/i2c-22" in seen.found
        process.stdin.close()  # the controller's end ends the process
        assert process.wait(10) == 0
