"""`kiosk doctor`: examine this machine and its devices, and pack what a helper far away needs."""

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from kiosk.commands.credentials import check_lists
from kiosk.commands.options import add, json_option, print_json, settings_file
from kiosk.commands.terminal import Progress, coloured, wants_colours
from kiosk.commands.voice import probe_clips, probe_speaker
from kiosk.credentials.judging.table import needs_keys
from kiosk.errors import KioskError

if TYPE_CHECKING:
    from kiosk.commands.options import Commands
    from kiosk.health.findings import DoctorFinding, HostMachine
    from kiosk.settings.loader import CheckReport
    from kiosk.settings.schema.settings import Settings

COLOURS = {"ok": "green", "warn": "yellow", "fail": "red"}

LOG_LINES = "300"

PROBE_S = 20.0
"""Time for the imager's process to start from a cold card, and for its first picture."""


def add_commands(commands: "Commands") -> None:
    """Add the subcommands of this group."""
    sub = add(commands, "doctor", doctor, "examine this machine and its devices, and print causes and remedies")
    json_option(sub, "print the findings as JSON")
    sub.add_argument(
        "--bundle", type=Path, metavar="FILE", help="write an archive (.tar.gz) for a helper, without secrets"
    )
    settings_file(sub)


def doctor(options: argparse.Namespace) -> int:
    """Examine this machine and print the findings; return 1 if a finding says that the kiosk cannot work.

    A settings file that is refused is a finding; the machine is examined nevertheless. Raises `KioskError` if the
    archive cannot be written.
    """
    from dataclasses import asdict

    from kiosk.health.findings import Condition, HostMachine, worst
    from kiosk.settings.loader import check_file

    machine = HostMachine()
    report = check_file(options.config, options.config.parent / "texts", elsewhere=True)
    findings = []
    with Progress("examining") as progress:
        for finding in examine_with(report, options.config, machine):
            progress.step(finding.name)
            findings.append(finding)
    if options.json:
        print_json([asdict(finding) | {"state": finding.state.value} for finding in findings])
    else:
        for line in lines_of(findings, colours=wants_colours()):
            print(line)
    if options.bundle:
        write_bundle(options.bundle, options.config, report, findings, machine)
    return 1 if worst(findings) is Condition.FAIL else 0


def examine_with(report: "CheckReport", config: Path, machine: "HostMachine") -> "Iterator[DoctorFinding]":
    """Yield the findings about the settings file and the machine."""
    from kiosk.health.clock import WallClock
    from kiosk.health.doctor import examine
    from kiosk.health.findings import fail, ok
    from kiosk.settings.loader import read_settings
    from kiosk.settings.schema.settings import Settings
    from kiosk.settings.yaml.mistakes import Mistake, counted
    from kiosk.settings.yaml.source import read_bytes

    settings = report.settings
    if settings:
        yield ok("settings", f"{config}: accepted")
    else:
        first = report.mistakes[0].shown(str(config))
        found = f"{config}: {counted(len(report.mistakes), 'mistake')}; the first: {first}"
        yield fail("settings", found, f"'kiosk check {config}' lists them")
        data = read_bytes(config)
        settings = None if isinstance(data, Mistake) else read_settings(data, config.parent, elsewhere=True)[1]
    settings = settings or Settings.model_validate({"door": {"relay_pin": 17}})
    journal = config.parent / settings.journal.path
    floor = journal.with_name("time-floor")
    bus = settings.thermometer.bus if settings.thermometer else None
    speaker = settings.speaker.device if settings.speaker else None
    probes = make_probes(settings, journal, config.parent)
    yield from examine(machine, journal, floor, WallClock(floor).now, bus, probes, speaker, settings.display.screen)


def lines_of(findings: "Sequence[DoctorFinding]", *, colours: bool) -> Iterator[str]:
    """Yield a line for each finding, its remedy, and a last line with the numbers."""
    from kiosk.health.findings import Condition
    from kiosk.settings.yaml.mistakes import counted

    for finding in findings:
        shown = coloured(f"{finding.state.value:5}", COLOURS[finding.state.value], colours=colours)
        yield f"{shown} {finding.name:12} {finding.found}"
        if finding.remedy:
            yield f"{'':18} -> {finding.remedy}"
    count = {state: sum(finding.state is state for finding in findings) for state in Condition}
    if count[Condition.FAIL]:
        verdict = "the kiosk cannot work until the lines with 'fail' are mended"
    elif count[Condition.WARN]:
        verdict = "the kiosk works; the lines with 'warn' should be mended"
    else:
        verdict = "all is well"
    warnings, failures = counted(count[Condition.WARN], "warning"), counted(count[Condition.FAIL], "failure")
    yield f"{count[Condition.OK]} ok, {warnings}, {failures}: {verdict}"


def write_bundle(
    path: Path, config: Path, report: "CheckReport", findings: "Sequence[DoctorFinding]", machine: "HostMachine"
) -> None:
    """Write the archive for a helper; config: the settings file. Raises `KioskError` if it cannot be written."""
    import socket

    import yaml

    from kiosk import __version__
    from kiosk.health.bundle import Redaction, archive, private_values, redacted, words_of_file
    from kiosk.settings.loader import read_settings
    from kiosk.settings.yaml.source import read_bytes
    from kiosk.support.files import replace_file

    data = read_bytes(config)
    private = set(words_of_file(data)) if isinstance(data, bytes) else set()
    settings = report.settings  # of a refused file, what can be read of it
    if settings is None and isinstance(data, bytes):
        settings = read_settings(data, config.parent, elsewhere=True)[1]
    private |= set(private_values(settings)) if settings else set()
    hide = Redaction({*private, socket.gethostname()} - {"localhost", "raspberrypi"})
    log = machine.ask(["journalctl", "--unit", "kiosk*", "--lines", LOG_LINES, "--no-pager", "--no-hostname"]) or ""
    mistakes = [hide.mistake(found.line, found.key, found.text) for found in report.mistakes]
    shown = redacted(settings) if settings else {}
    files = {
        "version.txt": f"entrance-kiosk {__version__}\n{sys.version}\n",
        "findings.txt": hide.text("\n".join(lines_of(findings, colours=False))),
        "mistakes.txt": "\n".join(mistakes),
        "settings.yaml": yaml.safe_dump(shown, sort_keys=False, allow_unicode=True),
        "log.txt": hide.text(log),
        "config.txt": hide.config_txt(machine.text("boot/firmware/config.txt") or ""),
    }
    try:
        replace_file(path, archive(files), mode=0o600)
    except OSError as error:
        raise KioskError(f"'{path}' cannot be written: {error.strerror}") from None
    print(f"'{path}' is written: {', '.join(files)}; look into it before you send it")


def make_probes(settings: "Settings", journal: Path, settings_folder: Path) -> dict[str, Callable[[], str]]:
    """Return a probe for the journal, the key lists, and the thermometer, loudspeaker and check-in server, if any.

    Each probe returns a description of what it found, or raises `KioskError`."""
    probes: dict[str, Callable[[], str]] = {"journal": lambda: probe_journal(journal)}
    if settings.thermometer:
        probes["thermometer"] = lambda: probe_thermometer(settings, settings_folder)
    if settings.speaker:
        probes["speaker"] = lambda: probe_speaker(settings)
        probes["clips"] = lambda: probe_clips(settings, settings_folder)
    if settings.credentials.check_in:
        probes["check_in"] = lambda: probe_check_in(settings, settings_folder)
    if needs_keys(settings.credentials):
        probes["trust"] = lambda: probe_trust(settings, settings_folder)
    return probes


def probe_trust(settings: "Settings", settings_folder: Path) -> str:
    """Return the report about the key lists. Raises `KioskError` if it has a problem or a list cannot be used."""
    report, code = check_lists(settings.credentials.trust, settings_folder)
    if code:
        raise KioskError(f"{report}; see 'kiosk trust list' and 'kiosk trust import'")
    return report


def probe_check_in(settings: "Settings", settings_folder: Path) -> str:
    """Return the answer of the venue's check-in server. Raises `KioskError` if it gives no usable one."""
    from kiosk.credentials.check_in.probe import probe_venue

    assert settings.credentials.check_in
    return probe_venue(settings.credentials.check_in, settings.name, settings_folder)


def probe_journal(path: Path) -> str:
    """Return the number of rows and the file size as text. Raises `JournalError` if the journal cannot be read.

    The first run makes the journal, and notes the time floor beside it.
    """
    from kiosk.journal.reading import JournalReader

    with suppress(OSError):  # the folder may be closed to this user; then the reader says so
        if path.parent.is_dir() and not any(path.parent.iterdir()):
            return "none yet; the kiosk makes it when it starts for the first time"
    with JournalReader(path) as reading:
        return reading.check()


def probe_thermometer(settings: "Settings", settings_folder: Path, pause: Callable[[float], None] = time.sleep) -> str:
    """Return one sample of the thermometer and its number as text; `pause` waits for some seconds.

    Raises `DeviceError` if it does not answer, and `KioskError` if the calibration cannot be used with it.
    """
    from kiosk.composition.thermometers import calibration_of, open_imager, open_sensor
    from kiosk.hardware.buses import open_i2c
    from kiosk.hardware.thermometers.imager.link import ImagerLink
    from kiosk.hardware.thermometers.trial import first_sample, unit_of
    from kiosk.runtime.clock import RealClock

    assert settings.thermometer
    calibration = calibration_of(settings.thermometer, settings_folder)
    sensor = open_sensor(settings.thermometer, RealClock(), open_i2c, open_imager)
    try:
        if isinstance(sensor, ImagerLink):
            pause = sensor.wait
        sample = first_sample(sensor, PROBE_S, pause)
        unit = unit_of(sensor, pause)
    finally:
        sensor.close()
    if calibration and calibration.is_of_another(unit):
        found = f"the sensor is {unit}, and its calibration was made with {calibration.unit}"
        raise KioskError(found, "calibration_foreign")
    number = unit or "without a number"
    return f"object {sample.object_c:.1f} C, ambient {sample.ambient_c:.1f} C, sensor {number}"
