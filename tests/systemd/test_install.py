"""script/install in a dry run and into a folder. Its effect on a whole Raspberry Pi is not tested here."""

import os
import re
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CONFIG_TXT = "dtparam=audio=on\n#dtparam=i2c_arm=on\n[cm4]\notg_mode=1\n"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the checkout that a test may change, with the package as a link."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    for part in ("script", "systemd", "config", "lock"):
        shutil.copytree(ROOT / part, folder / part)
    (folder / "kiosk").symlink_to(ROOT / "kiosk")
    for part in ("setup.py", "pyproject.toml"):
        shutil.copy(ROOT / part, folder)
    return folder


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The root folder of an image, with a Pi's config.txt."""
    folder = tmp_path / "root"
    (folder / "boot" / "firmware").mkdir(parents=True)
    (folder / "boot" / "firmware" / "config.txt").write_text(CONFIG_TXT)
    return folder


def install(checkout: Path, *arguments: str) -> str:
    done = subprocess.run(
        [checkout / "script" / "install", *arguments],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def tree(folder: Path) -> dict[str, tuple[bytes, int]]:
    files = [file for file in folder.rglob("*") if file.is_file()]
    return {str(file.relative_to(folder)): (file.read_bytes(), file.stat().st_mtime_ns) for file in files}


def test_a_dry_run_reports_each_action_and_changes_nothing(checkout: Path, root: Path) -> None:
    before = tree(root.parent)
    output = install(checkout, "--dry-run", "--root", str(root), "--yes")
    assert "  would install /etc/systemd/system/kiosk.service\n" in output
    assert "  would add to /boot/firmware/config.txt (the old file is kept beside it): dtparam=i2c_arm=on" in output
    assert "changes would be made" in output
    assert tree(root.parent) == before


unless_installed = pytest.mark.skipif(
    Path("/opt/kiosk/venv").exists(), reason="NOT CHECKED: the kiosk is installed on this machine"
)


@unless_installed
def test_a_dry_run_on_any_machine_reports_the_actions_on_a_pi(checkout: Path) -> None:
    output = install(checkout, "--dry-run")
    assert "  would make the environment /opt/kiosk/venv, on top of apt's packages" in output
    needs = next(line for line in output.splitlines() if "install the program and what it needs" in line)
    assert all(name in needs for name in ("gpiozero==", "pydantic==", "smbus2==", "pyzbar==", "zxing-cpp=="))
    assert not any(name in needs for name in ("numpy", "opencv", "lgpio", "picamera2"))
    assert "  would enable kiosk.service" in output
    assert "still to do: when the settings are filled in: sudo kiosk voice render" in output


@unless_installed
def test_the_releases_are_those_of_the_lock() -> None:
    output = install(ROOT, "--dry-run")
    needs = next(line for line in output.splitlines() if "install the program and what it needs" in line)
    locked = re.findall(r"^[^ #]+==[^ ]+", (ROOT / "lock" / "pi.txt").read_text(), re.MULTILINE)
    assert len(locked) >= 20
    assert needs.split(": ", 1)[1].split() == locked


def test_every_file_is_installed_at_its_place(checkout: Path, root: Path) -> None:
    install(checkout, "--root", str(root), "--yes", "--with-screen")
    for path, source in {
        "etc/systemd/system/kiosk.service": "systemd/kiosk.service",
        "etc/systemd/system/kiosk-scanner.socket": "systemd/kiosk-scanner.socket",
        "etc/systemd/system/kiosk-scanner@.service": "systemd/kiosk-scanner@.service",
        "etc/systemd/system/kiosk-imager.socket": "systemd/kiosk-imager.socket",
        "etc/systemd/system/kiosk-imager@.service": "systemd/kiosk-imager@.service",
        "etc/systemd/system/kiosk-trust@.service": "systemd/kiosk-trust@.service",
        "etc/systemd/system/kiosk-trust@.timer": "systemd/kiosk-trust@.timer",
        "etc/systemd/system/kiosk-technician.service": "systemd/kiosk-technician.service",
        "etc/systemd/system/kiosk-bundles.service": "systemd/kiosk-bundles.service",
        "etc/systemd/system/kiosk-bundles.timer": "systemd/kiosk-bundles.timer",
        "etc/systemd/system/kiosk-display.service": "systemd/kiosk-display.service",
        "etc/systemd/system.conf.d/kiosk-watchdog.conf": "systemd/kiosk-watchdog.conf",
        "usr/lib/sysusers.d/kiosk.conf": "systemd/kiosk.sysusers.conf",
        "usr/lib/tmpfiles.d/kiosk.conf": "systemd/kiosk.tmpfiles.conf",
        "etc/modules-load.d/kiosk.conf": "systemd/kiosk.modules.conf",
        "opt/kiosk/bin/wait-for-screen": "systemd/wait-for-screen",
        "etc/kiosk/kiosk.yaml": "config/kiosk.yaml",
        "etc/kiosk/examples/bekasi.yaml": "config/examples/bekasi.yaml",
        "etc/kiosk/examples/texts/id.yaml": "config/texts/id.yaml",
        "etc/kiosk/texts/id.yaml": "config/texts/id.yaml",
        "etc/kiosk/texts/en.yaml": "config/texts/en.yaml",
    }.items():
        assert (root / path).read_bytes() == (checkout / source).read_bytes(), path
    assert stat.S_IMODE((root / "opt/kiosk/bin/wait-for-screen").stat().st_mode) == 0o755
    assert not (root / "etc/systemd/system/chrony-wait.service.d").exists()


def test_a_second_run_changes_nothing(checkout: Path, root: Path) -> None:
    install(checkout, "--root", str(root), "--yes", "--with-screen")
    before = tree(root)
    output = install(checkout, "--root", str(root), "--yes", "--with-screen")
    assert "nothing to change" in output
    assert tree(root) == before


def test_the_screen_is_installed_only_on_request(checkout: Path, root: Path) -> None:
    install(checkout, "--root", str(root), "--yes")
    assert not (root / "etc/systemd/system/kiosk-display.service").exists()


def test_a_desktop_that_holds_the_monitor_is_reported(checkout: Path, root: Path) -> None:
    (root / "etc/systemd/system").mkdir(parents=True)
    (root / "etc/systemd/system/display-manager.service").symlink_to("/lib/systemd/system/lightdm.service")
    assert "a desktop holds the monitor" in install(checkout, "--root", str(root), "--yes", "--with-screen")


def test_with_chrony_its_unit_reports_the_synchronisation(checkout: Path, root: Path) -> None:
    (root / "lib/systemd/system").mkdir(parents=True)
    (root / "lib/systemd/system/chrony-wait.service").touch()
    install(checkout, "--root", str(root), "--yes")
    assert (root / "etc/systemd/system/chrony-wait.service.d/kiosk.conf").exists()


def test_changed_settings_are_kept_and_the_new_version_is_installed_beside(checkout: Path, root: Path) -> None:
    install(checkout, "--root", str(root), "--yes")
    changed = root / "etc/kiosk/kiosk.yaml"
    changed.write_text("name: changed\n")
    install(checkout, "--root", str(root), "--yes")
    assert changed.read_text() == "name: changed\n"
    assert (root / "etc/kiosk/kiosk.yaml.new").read_bytes() == (checkout / "config/kiosk.yaml").read_bytes()


def test_key_lists_that_the_kiosk_could_write_are_reported_with_the_way_to_move_them(
    checkout: Path, root: Path
) -> None:
    assert "key lists" not in install(checkout, "--root", str(root), "--yes")
    old = root / "var/lib/kiosk/trust"
    old.mkdir(parents=True)
    (old / "eu_dcc.x.json").write_text("{}")
    settings = root / "etc/kiosk/kiosk.yaml"
    settings.write_text("credentials:\n  trust:\n    folder: /var/lib/kiosk/trust # as in earlier releases\n")
    output = install(checkout, "--root", str(root), "--yes")
    assert "still to do: move the key lists to a folder that the kiosk cannot write" in output
    assert "sudo install -o root -g root -m 644 /var/lib/kiosk/trust/*.json /etc/kiosk/trust/" in output
    assert "credentials.trust.folder: /etc/kiosk/trust instead of /var/lib/kiosk/trust" in output
    assert (old / "eu_dcc.x.json").exists()


def test_unchanged_texts_are_updated(checkout: Path, root: Path) -> None:
    install(checkout, "--root", str(root), "--yes")
    (checkout / "config/texts/en.yaml").write_text("new: words\n")
    install(checkout, "--root", str(root), "--yes")
    assert (root / "etc/kiosk/texts/en.yaml").read_text() == "new: words\n"
    assert not (root / "etc/kiosk/texts/en.yaml.new").exists()


def test_changed_texts_are_kept_and_the_new_version_is_installed_beside(checkout: Path, root: Path) -> None:
    install(checkout, "--root", str(root), "--yes")
    changed = root / "etc/kiosk/texts/en.yaml"
    changed.write_text("my: words\n")
    assert "nothing to change" in install(checkout, "--root", str(root), "--yes")
    (checkout / "config/texts/en.yaml").write_text("new: words\n")
    output = install(checkout, "--root", str(root), "--yes")
    assert "/etc/kiosk/texts/en.yaml has your changes and is kept" in output
    assert changed.read_text() == "my: words\n"
    assert changed.with_name("en.yaml.new").read_text() == "new: words\n"
    assert "nothing to change" in install(checkout, "--root", str(root), "--yes")


def test_the_boot_options_are_added_for_all_models_and_the_old_file_is_kept(checkout: Path, root: Path) -> None:
    install(checkout, "--root", str(root), "--yes")
    firmware = root / "boot" / "firmware"
    added = "\n[all]\n# for the entrance kiosk\ndtparam=i2c_arm=on\ndtparam=strict_gpiod\n"
    assert (firmware / "config.txt").read_text() == CONFIG_TXT + added
    (kept,) = firmware.glob("config.txt.kiosk-*")
    assert kept.read_text() == CONFIG_TXT


def test_without_consent_config_txt_is_not_changed_and_the_lines_are_reported(checkout: Path, root: Path) -> None:
    output = install(checkout, "--root", str(root))
    assert (root / "boot" / "firmware" / "config.txt").read_text() == CONFIG_TXT
    wanted = "add these lines to /boot/firmware/config.txt and reboot: dtparam=i2c_arm=on dtparam=strict_gpiod"
    assert f"still to do: {wanted}" in output


def test_only_a_missing_line_is_added(checkout: Path, root: Path) -> None:
    config = root / "boot" / "firmware" / "config.txt"
    config.write_text("dtparam=i2c_arm=on\n")
    install(checkout, "--root", str(root), "--yes")
    assert config.read_text().count("i2c_arm") == 1
    assert config.read_text().endswith("dtparam=strict_gpiod\n")


def test_an_unknown_option_and_a_missing_file_are_errors(checkout: Path, root: Path) -> None:
    (checkout / "systemd" / "kiosk.service").unlink()
    for arguments, message in (
        (["--fast"], "script/install: unknown option '--fast'; script/install --help tells the known ones\n"),
        (["--root"], "script/install: --root needs a folder\n"),
        (["--root", str(root)], f"script/install: {checkout}/systemd/kiosk.service is missing; get the whole checkout"),
    ):
        done = subprocess.run(
            [checkout / "script" / "install", *arguments], capture_output=True, text=True, check=False
        )
        assert done.returncode == 1
        assert done.stderr.startswith(message)


def test_the_help_lists_every_option(checkout: Path) -> None:
    output = install(checkout, "--help")
    assert all(option in output for option in ("--with-screen", "--dry-run", "--root DIR", "--remove", "--yes"))


def test_a_library_with_another_name_in_debian_13_is_not_installed_again(checkout: Path, tmp_path: Path) -> None:
    """Debian 13 has libzbar0t64; dpkg-query then fails, because it does not know one of the two names."""
    query = tmp_path / "bin" / "dpkg-query"
    query.parent.mkdir()
    query.write_text(
        '#!/bin/sh\nfor name in "$@"; do\n  case $name in libzbar0) ;; -*|*Status*) ;; *) echo install ok installed;;'
        "\n  esac\ndone\nexit 1\n"
    )
    query.chmod(0o755)
    done = subprocess.run(
        [checkout / "script" / "install", "--dry-run"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True,
        env=dict(os.environ, PATH=f"{query.parent}:{os.environ['PATH']}"),
    )  # fmt: skip
    assert "install by apt" not in done.stdout


def test_an_installed_kiosk_is_removed_and_its_settings_stay(checkout: Path, root: Path) -> None:
    install(checkout, "--root", str(root), "--yes", "--with-screen")
    wanted = root / "etc/systemd/system/timers.target.wants/kiosk-trust@eu.timer"
    wanted.parent.mkdir()
    wanted.symlink_to("/etc/systemd/system/kiosk-trust@.timer")
    before = tree(root)
    dry = install(checkout, "--root", str(root), "--remove", "--dry-run")
    assert tree(root) == before
    assert "  would remove /etc/systemd/system/kiosk.service\n" in dry
    output = install(checkout, "--root", str(root), "--remove")
    assert "still to do: what is yours is kept; to delete it with the journal: sudo rm -r /etc/kiosk " in output
    left = {path for path in tree(root) if not path.startswith("etc/kiosk/")}
    assert left <= {path for path in tree(root) if path.startswith("boot/firmware/config.txt")}
    assert (root / "etc/kiosk/kiosk.yaml").exists()
    assert not wanted.is_symlink()
    assert "nothing to change" in install(checkout, "--root", str(root), "--remove")
