from datetime import UTC, datetime
from pathlib import Path

import pytest

from kiosk.errors import DeviceError
from kiosk.faults import FAULTS
from kiosk.health import checks_board, checks_program, checks_system, config_txt
from kiosk.health.doctor import ask, examine
from kiosk.health.findings import Condition, DoctorFinding, HostMachine, ask_program, fail, ok, warn, worst
from kiosk.model import WallTime

NOON = datetime(2026, 3, 4, 12, 0, 0, tzinfo=UTC)
OK, WARN, FAIL = Condition.OK, Condition.WARN, Condition.FAIL
GROUP = "root:x:0:\ngpio:x:986:pi\ni2c:x:988:\nvideo:x:44:\naudio:x:29:\nkiosk:x:999:\n"
CONFIG = "# boot\ndtparam=audio=on\n[all]\ndtparam=i2c_arm=on,i2c_arm_baudrate=50000\ndtparam=strict_gpiod\n"

PI = {
    "proc/device-tree/model": "Raspberry Pi 5 Model B Rev 1.0\0",
    "sys/bus/gpio/devices/gpiochip0/of_node/compatible": "brcm,brcmstb-gpio\0",
    "sys/bus/gpio/devices/gpiochip4/of_node/compatible": "raspberrypi,rp1-gpio\0",
    "dev/gpiochip4": "",
    "dev/i2c-1": "",
    "dev/watchdog0": "",
    "sys/module/pinctrl_bcm2835/parameters/persist_gpio_outputs": "N\n",
    "sys/module/pinctrl_rp1/parameters/persist_gpio_outputs": "N\n",
    "boot/firmware/config.txt": CONFIG,
    "etc/group": GROUP,
    "sys/fs/ext4/mmcblk0p2/errors_count": "0\n",
    "sys/block/mmcblk0/device/name": "SD64G\n",
    "usr/lib/aarch64-linux-gnu/libzbar.so.0": "",
}
ANSWERS = {
    "vcgencmd get_throttled": "throttled=0x0\n",
    "systemctl show --property=RuntimeWatchdogUSec --value": "14s\n",
    "systemctl show kiosk.service --property=LoadState --property=ActiveState --property=UnitFileState"
    " --property=NRestarts": "LoadState=loaded\nActiveState=active\nUnitFileState=enabled\nNRestarts=0\n",
}


class Pi:
    """A root folder like that of a correctly installed Raspberry Pi; the tests change it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.answers = dict(ANSWERS)
        for path, text in PI.items():
            self.write(path, text)

    def write(self, path: str, text: str) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text)

    def remove(self, *paths: str) -> None:
        for path in paths:
            (self.root / path).unlink()

    def answer(self, program: str, text: str | None) -> None:
        key = next(key for key in self.answers if program in key)
        del self.answers[key]
        if text is not None:
            self.answers[key] = text

    @property
    def machine(self) -> HostMachine:
        return HostMachine(self.root, lambda command: self.answers.get(" ".join(command)))


@pytest.fixture
def pi(tmp_path: Path) -> Pi:
    return Pi(tmp_path)


@pytest.fixture
def other_machine(tmp_path: Path) -> HostMachine:
    """A machine that is not a Raspberry Pi."""
    return HostMachine(tmp_path, lambda command: None)


def test_a_correctly_installed_pi_has_no_problem(pi: Pi) -> None:
    findings = [
        checks_program.zbar(pi.machine),
        checks_board.model(pi.machine),
        checks_board.gpio_chip(pi.machine),
        checks_board.released_outputs(pi.machine),
        checks_board.i2c(pi.machine, 1),
        checks_board.groups(pi.machine, frozenset({986, 988, 44, 29})),
        checks_board.watchdog(pi.machine),
        checks_board.power(pi.machine),
        checks_system.card(pi.machine),
        checks_system.service(pi.machine),
    ]
    assert [(finding.name, finding.found) for finding in findings] == [
        ("zbar", str(pi.root / "usr/lib/aarch64-linux-gnu/libzbar.so.0")),
        ("board", "Raspberry Pi 5 Model B Rev 1.0"),
        ("gpio", "/dev/gpiochip4 (raspberrypi,rp1-gpio)"),
        ("strict_gpiod", "pins are freed when the program dies"),
        ("i2c", "/dev/i2c-1"),
        ("groups", "gpio, i2c, video, audio"),
        ("watchdog", "restarts the Pi after 14 s"),
        ("power", "voltage and temperature were always good"),
        ("card", "no errors, SD64G"),
        ("service", "active"),
    ]
    assert worst(findings) is OK


def test_on_another_computer_every_missing_part_is_reported(other_machine: HostMachine) -> None:
    findings = examine(
        other_machine,
        other_machine.root / "journal.db",
        other_machine.root / "floor",
        lambda: WallTime(NOON, False),
        1,
        {},
    )
    found = {finding.name: finding for finding in findings}
    assert (found["board"].state, found["board"].found) == (WARN, "no Raspberry Pi")
    assert (found["gpio"].state, found["gpio"].found) == (FAIL, "no GPIO chip of a Raspberry Pi")
    assert found["gpio"].remedy == FAULTS["gpio_missing"].remedy
    assert found["i2c"].found == "/dev/i2c-1 does not exist: no config.txt"
    assert found["strict_gpiod"].found == "this kernel has no such parameter"
    assert found["groups"].found == "missing: gpio, i2c, video, audio, kiosk"
    assert found["watchdog"].found == "no hardware watchdog"
    assert found["power"].found == "vcgencmd does not answer"
    assert found["service"].found == "systemd does not answer"
    assert found["zbar"].state is FAIL
    assert worst(findings) is FAIL
    for finding in findings:
        assert bool(finding.remedy) is (finding.state is not OK)


def test_a_booth_without_a_thermometer_needs_no_bus(other_machine: HostMachine) -> None:
    findings = examine(
        other_machine, other_machine.root / "j", other_machine.root / "f", lambda: WallTime(NOON, True), None, {}
    )
    assert "i2c" not in [finding.name for finding in findings]


def test_a_bus_whose_driver_is_not_loaded_has_its_own_remedy(pi: Pi) -> None:
    pi.write("boot/firmware/config.txt", "dtparam=i2c_arm=on\n")
    assert "the driver i2c-dev is not loaded" in checks_board.i2c(pi.machine, 3).found
    pi.write("sys/class/i2c-dev/i2c-9/name", "")
    assert "not yet active" in checks_board.i2c(pi.machine, 3).found


def test_outputs_that_stay_driven_are_a_warning_with_the_remedy(pi: Pi) -> None:
    pi.write("sys/module/pinctrl_rp1/parameters/persist_gpio_outputs", "Y\n")
    pi.write("boot/firmware/config.txt", "dtparam=i2c_arm=on\n")
    finding = checks_board.released_outputs(pi.machine)
    assert (finding.state, finding.found) == (WARN, "pins stay driven when the program dies")
    assert "dtparam=strict_gpiod" in finding.remedy
    pi.write("boot/firmware/config.txt", CONFIG)
    assert checks_board.released_outputs(pi.machine) == warn("strict_gpiod", "set, but not yet active", "reboot")


@pytest.mark.parametrize(
    ("config", "found"),
    [
        ("dtparam=i2c_arm=on\n", "'dtparam=i2c_arm=on' is set, but not yet active"),
        ("dtparam=i2c=on\n", "'dtparam=i2c_arm=on' is set, but not yet active"),
        ("#dtparam=i2c_arm=on\n", "'dtparam=i2c_arm=on' is not set"),
    ],
)
def test_a_missing_bus_is_reported_with_its_cause(pi: Pi, config: str, found: str) -> None:
    pi.remove("dev/i2c-1")
    pi.write("sys/class/i2c-dev/i2c-9/name", "")
    pi.write("boot/firmware/config.txt", config)
    assert checks_board.i2c(pi.machine, 1).found == f"/dev/i2c-1 does not exist: {found}"


def test_groups_without_this_user_are_reported(pi: Pi) -> None:
    finding = checks_board.groups(pi.machine, frozenset({44, 1000}))
    assert (finding.state, finding.found) == (WARN, "you are not in: gpio, i2c, audio")
    assert checks_board.groups(pi.machine, frozenset({0})).state is OK
    assert checks_board.groups(pi.machine).state in (OK, WARN)


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ("0\n", "systemd does not use it"),
        ("infinity\n", "systemd does not use it"),
        (None, "systemd does not use it"),
        ("1min\n", "60 s is more than a Pi supports, so it may be off"),
    ],
)
def test_an_unused_watchdog_is_a_warning(pi: Pi, answer: str | None, found: str) -> None:
    pi.answer("RuntimeWatchdogUSec", answer)
    finding = checks_board.watchdog(pi.machine)
    assert (finding.state, finding.found) == (WARN, found)


def test_systemds_time_spans_are_parsed() -> None:
    assert checks_board.seconds("1min 30s 500ms") == 90.5
    assert checks_board.seconds("14s") == 14.0
    assert checks_board.seconds("a while") is None


def test_a_weak_power_supply_is_reported(pi: Pi) -> None:
    pi.answer("vcgencmd", "throttled=0x50005\n")
    finding = checks_board.power(pi.machine)
    assert finding.state is WARN
    assert finding.found == "the voltage is too low now; slowed down now; the voltage was too low; was slowed down"


def test_a_worn_card_is_reported(pi: Pi) -> None:
    pi.write("sys/block/mmcblk0/device/life_time", "0x02 0x03\n")
    assert checks_system.card(pi.machine).found == "no errors, SD64G, 30 % used"
    pi.write("sys/block/mmcblk0/device/life_time", "0x02 0x0a\n")
    assert checks_system.card(pi.machine).found == "about 100 % of its life is used"
    pi.write("sys/fs/ext4/mmcblk0p2/errors_count", "7\n")
    finding = checks_system.card(pi.machine)
    assert (finding.state, finding.found) == (FAIL, "the file system reports 7 errors")


@pytest.mark.parametrize(("free_mb", "state"), [(5000, OK), (499, WARN), (49, FAIL)])
def test_low_disk_space_is_reported(tmp_path: Path, free_mb: int, state: Condition) -> None:
    finding = checks_system.disk(tmp_path, lambda folder: (0, 0, free_mb * 2**20))
    assert (finding.state, finding.found) == (state, f"{free_mb} MB free")


def test_a_missing_folder_is_reported(tmp_path: Path) -> None:
    assert checks_system.disk(tmp_path / "gone").found.endswith("gone: No such file or directory")


def test_an_unsure_clock_is_reported() -> None:
    assert checks_system.clock(WallTime(NOON, True), Path("/f")) == ok("clock", "2026-03-04 12:00:00 UTC")
    finding = checks_system.clock(WallTime(NOON, False), Path("/var/lib/kiosk/clock-floor"))
    assert finding.state is WARN
    assert "sudo kiosk clock confirm" in finding.remedy
    assert "/var/lib/kiosk/clock-floor" in finding.remedy


@pytest.mark.parametrize(
    ("change", "state", "found"),
    [
        ("LoadState=not-found", WARN, "kiosk.service is not installed"),
        ("ActiveState=failed", FAIL, "kiosk.service is failed"),
        ("UnitFileState=disabled", WARN, "kiosk.service will not start at boot"),
        ("NRestarts=3", WARN, "active, started again 3 times since boot"),
    ],
)
def test_a_problem_of_the_service_is_reported(pi: Pi, change: str, state: Condition, found: str) -> None:
    name = change.split("=")[0]
    usual = next(text for key, text in ANSWERS.items() if "kiosk.service" in key)
    pi.answer("kiosk.service", "\n".join(change if line.startswith(name) else line for line in usual.splitlines()))
    finding = checks_system.service(pi.machine)
    assert (finding.state, finding.found) == (state, found)


def test_a_gpio_chip_without_permission_is_reported(pi: Pi) -> None:
    pi.remove("dev/gpiochip4")
    assert checks_board.gpio_chip(pi.machine) == fail(
        "gpio", "/dev/gpiochip4 cannot be opened: permission denied", FAULTS["gpio_missing"].remedy
    )


def test_a_device_is_probed_and_its_fault_gives_the_remedy() -> None:
    def silent() -> str:
        raise DeviceError("thermometer", "no answer at 0x5a", "thermometer_silent")

    assert ask("camera", lambda: "1280x720") == ok("camera", "1280x720")
    finding = ask("thermometer", silent)
    assert finding == DoctorFinding(
        "thermometer", FAIL, "thermometer: no answer at 0x5a", FAULTS["thermometer_silent"].remedy
    )


def test_config_txt_is_parsed_like_the_firmware_does() -> None:
    text = "dtparam=audio=on\n #dtparam=spi=on\n dtparam=i2c_arm=on , watchdog, # both\n[pi4]\ndtparam=audio=off\n"
    assert config_txt.parameters(text) == {"audio": "off", "i2c_arm": "on", "watchdog": "on"}
    assert config_txt.is_on(text, "watchdog")
    assert not config_txt.is_on(text, "audio")
    assert not config_txt.is_on(text, "spi")


def test_a_program_that_fails_hangs_or_is_missing_gives_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ask_program(["echo", "hello"]) == "hello\n"
    assert ask_program(["false"]) is None
    assert ask_program(["no-such-program"]) is None
    monkeypatch.setattr("kiosk.health.findings.ANSWER_S", 0.05)
    assert ask_program(["tail", "-f", "/dev/null"]) is None


def test_unreadable_files_count_as_missing(tmp_path: Path) -> None:
    machine = HostMachine(tmp_path)
    assert machine.text("gone") is None
    assert not machine.there("gone")
    assert machine.find("gone/*") == []
