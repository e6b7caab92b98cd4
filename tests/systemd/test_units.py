"""The units, checked by systemd's own tools where they are installed, and by their text everywhere."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from kiosk.composition.screen_app import SYSTEMD, TICK_S
from kiosk.screen.supervisor import FIRST_PAUSE_S, GIVE_UP_AFTER, KILL_S, START_S
from kiosk.settings.schema.health import TrustSettings
from kiosk.settings.schema.speaker import SpeakerSettings

ROOT = Path(__file__).resolve().parents[2]
UNITS = ROOT / "systemd"
SERVICES = (
    "kiosk.service",
    "kiosk-scanner@.service",
    "kiosk-imager@.service",
    "kiosk-display.service",
    "kiosk-trust@.service",
    "kiosk-bundles.service",
    "kiosk-technician.service",
)
TRUST = "kiosk-trust@.service"

needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None or (os.getuid() != 0 and not Path("/run/systemd").is_dir()),
    reason="NOT CHECKED: systemd-analyze is not installed (apt install systemd), or without root it needs /run/systemd",
)


def lines(unit: str) -> list[tuple[str, str]]:
    """Return the settings of a unit, in order, without comments."""
    text = re.sub(r"\\\n\s*", "", (UNITS / unit).read_text())
    found = [line.partition("=") for line in text.splitlines() if line and line[0] not in "#["]
    return [(key, value) for key, _, value in found]


def analyze(*arguments: str) -> str:
    """Run systemd-analyze; return its exit code and its output."""
    done = subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True, check=False)
    return f"{done.returncode}\n{done.stdout}{done.stderr}"


@needs_systemd
@pytest.mark.parametrize(
    "unit", [*SERVICES, "kiosk-scanner.socket", "kiosk-imager.socket", "kiosk-trust@.timer", "kiosk-bundles.timer"]
)
def test_systemd_accepts_the_unit_without_a_warning(unit: str, tmp_path: Path) -> None:
    # 'verify' demands that the programs exist; they are not installed here, so /bin/true replaces them
    helpers = (
        UNITS / f"kiosk-{name}" for name in ("scanner.socket", "scanner@.service", "imager.socket", "imager@.service")
    )
    for path in (UNITS / unit, *helpers, UNITS / TRUST):
        text = re.sub(r"(?m)^(Exec\w+)=/(opt|usr)/\S+", r"\1=/bin/true", path.read_text())
        (tmp_path / path.name).write_text(text)
    assert analyze("verify", "--man=no", str(tmp_path / unit)) == "0\n"


@needs_systemd
@pytest.mark.parametrize(
    ("unit", "most"),
    [
        ("kiosk.service", 1.5),
        ("kiosk-scanner@.service", 1.5),
        ("kiosk-imager@.service", 1.5),
        ("kiosk-display.service", 2.4),
        ("kiosk-trust@.service", 1.2),
        ("kiosk-bundles.service", 1.2),
        ("kiosk-technician.service", 1.2),
    ],
)
def test_the_exposure_of_the_unit_is_low(unit: str, most: float) -> None:
    answer = analyze("security", "--offline=true", "--no-pager", str(UNITS / unit))
    level = re.search(r"Overall exposure level for .*: ([0-9.]+)", answer)
    assert level is not None, answer
    assert float(level[1]) <= most


@needs_systemd
def test_systemd_creates_the_users(tmp_path: Path) -> None:
    done = subprocess.run(
        ["systemd-sysusers", f"--root={tmp_path}", "--dry-run", str(UNITS / "kiosk.sysusers.conf")],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    created = re.findall(r"Creating (?:user|group) '([^']+)'", done.stderr + done.stdout)
    assert set(created) >= {"kiosk", "kiosk-scanner", "kiosk-imager", "kiosk-display"}


@needs_systemd
def test_the_users_do_not_conflict_with_system_users(tmp_path: Path) -> None:
    folder = tmp_path / "usr" / "lib" / "sysusers.d"
    shutil.copytree("/usr/lib/sysusers.d", folder)
    shutil.copy(UNITS / "kiosk.sysusers.conf", folder / "kiosk.conf")
    (tmp_path / "etc").mkdir()
    done = subprocess.run(["systemd-sysusers", f"--root={tmp_path}"], capture_output=True, text=True, check=True)
    assert "kiosk.conf" not in done.stderr


def test_the_unit_has_readiness_watchdog_and_restart() -> None:
    kiosk = dict(lines("kiosk.service"))
    expected = {
        "Type": "notify",
        "NotifyAccess": "main",
        "ExecStart": "/opt/kiosk/venv/bin/kiosk run --config /etc/kiosk/kiosk.yaml",
        "ExecStopPost": "/opt/kiosk/venv/bin/kiosk safe --config /etc/kiosk/kiosk.yaml",
        "Restart": "always",
        "StartLimitIntervalSec": "0",
        "WatchdogSec": "10",
        "KillMode": "mixed",
        "User": "kiosk",
        "OOMScoreAdjust": "-500",
        "LimitCORE": "0",
    }
    assert {key: kiosk.get(key) for key in expected} == expected


def test_the_kiosk_may_use_the_sound_card_and_the_browser_may_not() -> None:
    kiosk, display = lines("kiosk.service"), lines("kiosk-display.service")
    assert ("DeviceAllow", "char-alsa rw") in kiosk
    assert "audio" in dict(kiosk)["SupplementaryGroups"].split()
    assert ("DeviceAllow", "char-alsa rw") not in display
    assert "audio" not in dict(display)["SupplementaryGroups"].split()


def test_the_folder_of_the_clips_belongs_to_root_and_everybody_can_read_it() -> None:
    folders = (UNITS / "kiosk.tmpfiles.conf").read_text().splitlines()
    assert f"d {SpeakerSettings().clips} 0755 root root -" in folders


def test_the_pin_library_has_a_writable_folder_and_no_fall_back() -> None:
    values = [value for key, value in lines("kiosk.service") if key == "Environment"]
    assert {"LG_WD=/run/kiosk", "GPIOZERO_PIN_FACTORY=lgpio"} <= set(values)
    assert dict(lines("kiosk.service"))["WorkingDirectory"] == "/run/kiosk"


def test_pydantic_searches_no_plugins() -> None:
    assert ("Environment", "PYDANTIC_DISABLE_PLUGINS=__all__") in lines("kiosk.service")


@pytest.mark.parametrize("unit", SERVICES)
def test_no_unit_waits_for_the_network_or_for_the_time(unit: str) -> None:
    waits = " ".join(value for key, value in lines(unit) if key in {"After", "Requires", "Wants", "BindsTo"})
    assert "network" not in waits
    assert "time-sync" not in waits
    assert "time-wait" not in waits


def test_the_screen_depends_on_no_unit_and_connects_only_to_this_machine() -> None:
    display = dict(lines("kiosk-display.service"))
    assert not {"BindsTo", "Requires", "PartOf"} & set(display)
    assert "kiosk.service" not in display["After"] + display["Wants"]
    assert (display["IPAddressDeny"], display["IPAddressAllow"]) == ("any", "localhost")
    assert display["User"] == "kiosk-display"
    assert "NOTIFY_SOCKET" in SYSTEMD  # the browser may not speak to systemd, although every process of the unit may
    assert "/etc/kiosk/secrets -/etc/kiosk/trust" in display["InaccessiblePaths"]
    assert int(display["OOMScoreAdjust"]) > 0 > int(dict(lines("kiosk.service"))["OOMScoreAdjust"])


def test_a_screen_that_hangs_is_ended_and_one_that_paints_nothing_has_the_time_to_say_so() -> None:
    display = dict(lines("kiosk-display.service"))
    assert (display["Type"], display["NotifyAccess"], display["Restart"]) == ("notify", "all", "always")
    assert float(display["WatchdogSec"]) >= 10 * TICK_S
    waited_s = float(display["ExecStartPre"].split()[1])
    giving_up_s = GIVE_UP_AFTER * (START_S + KILL_S) + FIRST_PAUSE_S * 2**GIVE_UP_AFTER
    assert float(display["TimeoutStartSec"]) > waited_s + giving_up_s
    assert "env -u WATCHDOG_PID /opt/kiosk/venv/bin/kiosk screen --config" in " ".join(display["ExecStart"].split())


def test_the_hardware_watchdogs_times_are_supported_by_a_pi() -> None:
    limits = [int(value) for key, value in lines("kiosk-watchdog.conf") if key.endswith("WatchdogSec")]
    assert len(limits) == 2
    assert max(limits) < 15


def test_systemd_can_enable_every_unit_that_the_installer_enables() -> None:
    names = " ".join(re.findall(r"units\+?=\((.*?)\)", (ROOT / "script" / "install").read_text())).split()
    ours = [name for name in names if name.startswith("kiosk")]
    assert ours == ["kiosk.service", "kiosk-technician.service", "kiosk-display.service"]
    assert [name for name in ours if ("WantedBy", "multi-user.target") not in lines(name)] == []


def test_every_file_begins_with_a_comment_on_its_purpose() -> None:
    for file in UNITS.iterdir():
        comments = [line for line in file.read_text().splitlines()[:3] if re.match(r"# \w", line)]
        assert comments, file.name


@pytest.mark.parametrize("helper", ["scanner", "imager"])
def test_a_helper_is_started_for_the_controllers_connection_only_and_once(helper: str) -> None:
    socket, service, kiosk = (
        dict(lines(f"kiosk{name}")) for name in (f"-{helper}.socket", f"-{helper}@.service", ".service")
    )
    expected = {"SocketUser": "kiosk", "SocketMode": "0600", "Accept": "yes", "MaxConnections": "1"}
    assert {key: socket.get(key) for key in expected} == expected
    assert {service["StandardInput"], service["StandardOutput"]} == {"socket"}
    assert service["PartOf"] == "kiosk.service"
    assert service["ExecStart"].endswith(f" kiosk.composition.{helper}_app")
    environment = [value for key, value in lines("kiosk.service") if key == "Environment"]
    assert f"KIOSK_{helper.upper()}_SOCKET={socket['ListenStream']}" in environment
    assert f"kiosk-{helper}.socket" in kiosk["Wants"].split()


def test_the_scanner_shares_nothing_with_the_controller() -> None:
    scanner, kiosk = lines("kiosk-scanner@.service"), lines("kiosk.service")
    values, controller = dict(scanner), dict(kiosk)
    assert values["User"] == values["Group"] == "kiosk-scanner" != controller["User"]
    assert values["PrivateNetwork"] == "yes"
    assert values["RestrictAddressFamilies"] == "AF_NETLINK"
    assert not {"StateDirectory", "RuntimeDirectory", "ReadWritePaths", "BindPaths"} & set(values)
    assert {"/etc/kiosk", "/var/lib/kiosk", "/run/kiosk"} <= {
        path.lstrip("-") for path in values["InaccessiblePaths"].split()
    }
    assert not set(values["SupplementaryGroups"].split()) & set(controller["SupplementaryGroups"].split())
    devices = [{value for key, value in unit if key == "DeviceAllow"} for unit in (scanner, kiosk)]
    assert all(devices)
    assert not devices[0] & devices[1]


def test_the_imager_has_the_bus_and_nothing_else() -> None:
    imager = lines("kiosk-imager@.service")
    values = dict(imager)
    assert values["User"] == values["Group"] == "kiosk-imager"
    assert (values["PrivateNetwork"], values["RestrictAddressFamilies"]) == ("yes", "none")
    assert values["SupplementaryGroups"] == "i2c"
    assert [value for key, value in imager if key == "DeviceAllow"] == ["char-i2c rw"]
    assert not {"StateDirectory", "RuntimeDirectory", "ReadWritePaths", "BindPaths"} & set(values)
    assert {"/etc/kiosk", "/var/lib/kiosk", "/run/kiosk", "/run/kiosk-scanner.socket"} <= {
        path.lstrip("-") for path in values["InaccessiblePaths"].split()
    }


@pytest.mark.parametrize("unit", SERVICES)
def test_no_unit_is_swapped_to_the_card(unit: str) -> None:
    assert dict(lines(unit))["MemorySwapMax"] == "0"


def test_the_kiosk_cannot_write_the_keys_that_it_trusts() -> None:
    kiosk = dict(lines("kiosk.service"))
    assert kiosk["ProtectSystem"] == "strict"
    assert kiosk["ReadOnlyPaths"] == "-/var/lib/kiosk/trust"
    assert not {"ReadWritePaths", "ConfigurationDirectory"} & set(kiosk)
    assert kiosk["User"] != dict(lines(TRUST))["User"] == "kiosk-trust"
    assert "d /etc/kiosk/trust 0755 kiosk-trust kiosk-trust -" in (UNITS / "kiosk.tmpfiles.conf").read_text()
    assert TrustSettings().folder == "/etc/kiosk/trust"


def test_a_key_list_is_fetched_completely_over_https_before_it_is_imported() -> None:
    unit = lines(TRUST)
    fetch, read = (value for key, value in unit if key == "ExecStart")
    assert fetch.startswith("/usr/bin/curl --disable --fail ")
    assert "--proto =https --proto-redir =https" in fetch
    assert "--output /run/kiosk-trust-%i/list --url ${ADDRESS}" in fetch
    assert read.startswith("/opt/kiosk/venv/bin/kiosk trust import --config /etc/kiosk/kiosk.yaml --list %i ")
    assert read.endswith(" /run/kiosk-trust-%i/list")
    assert dict(unit)["ReadWritePaths"] == TrustSettings().folder
    assert dict(unit)["EnvironmentFile"] == "/etc/kiosk/sources/%i.conf"
    assert dict(lines("kiosk-trust@.timer"))["OnCalendar"] == "daily"


def test_the_drivers_of_every_class_of_devices_that_a_unit_allows_are_loaded_before_it() -> None:
    drivers = {"char-i2c": "i2c-dev", "char-video4linux": "videodev", "char-media": "mc", "char-alsa": "snd"}
    always_there = {"char-gpiochip", "char-dma_heap", "char-drm"}  # in the kernel, or loaded with the monitor
    loaded = {line for line in (UNITS / "kiosk.modules.conf").read_text().splitlines() if not line.startswith("#")}
    for unit in SERVICES:
        for key, value in lines(unit):
            if key == "DeviceAllow" and (name := value.split()[0]) not in always_there:
                assert drivers[name] in loaded, (unit, name)
