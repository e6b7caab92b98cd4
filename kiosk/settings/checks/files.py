"""Cross-checks of the files that the settings name: keys, secrets, texts.

Rule: file names are relative to the folder of the settings file. At most one byte of a file is read.
"""

import stat
from collections.abc import Iterator
from pathlib import Path

from kiosk.settings.checks.findings import CheckFinding, Sheet
from kiosk.settings.schema.services import CheckInSettings, OnlineStatusSettings
from kiosk.settings.yaml.locations import Loc
from kiosk.settings.yaml.mistakes import Severity


def files(sheet: Sheet, folder: Path, severity: Severity) -> Iterator[CheckFinding]:
    """Check that every file that the settings name exists, can be read, and is not empty."""
    credentials = sheet.settings.credentials
    if credentials.site_pass:
        for number, name in enumerate(credentials.site_pass.public_keys):
            loc: Loc = ("credentials", "site_pass", "public_keys", number)
            if problem := _problem(folder / name):
                remedy = "make a pair of keys with 'kiosk pass key', and copy the public key there"
                yield CheckFinding(loc, f"'{folder / name}' {problem}; {remedy}", severity=severity)
    for section in ("online_status", "check_in"):
        if service := getattr(credentials, section):
            yield from _service_files(service, ("credentials", section), folder, severity)
    thermometer = sheet.settings.thermometer
    if thermometer and thermometer.calibration and (problem := _problem(folder / thermometer.calibration)):
        text = f"'{folder / thermometer.calibration}' {problem}; make it with 'kiosk calibrate', or remove this line"
        yield CheckFinding(("thermometer", "calibration"), text, severity=severity)
    if fleet := sheet.settings.fleet:
        for key in ("ca", "certificate", "key", "seal"):
            path = folder / getattr(fleet, key)
            if problem := _problem(path):  # never an error: the door does not depend on the office
                text = f"'{path}' {problem}; copy it from the folder that 'script/fleet enrol' wrote for this kiosk"
                yield CheckFinding(("fleet", key), text, severity=Severity.WARNING)


def _service_files(
    service: OnlineStatusSettings | CheckInSettings, section: Loc, folder: Path, severity: Severity
) -> Iterator[CheckFinding]:
    for header, name in service.secret_headers.items():
        if problem := _problem(folder / name):  # the name is not shown: it may be the secret itself
            remedy = "write the value, such as the token, into a file, and the name of the file here"
            loc = (*section, "secret_headers", header)
            yield CheckFinding(loc, f"the file named here (in '{folder}') {problem}; {remedy}", severity=severity)
    if service.ca_file and (problem := _problem(folder / service.ca_file)):
        text = f"'{folder / service.ca_file}' {problem}; copy the authority's certificate (PEM) there"
        yield CheckFinding((*section, "ca_file"), text, severity=severity)


UNWRITABLE = {
    "/tmp": "the unit has a /tmp of its own, which is removed when it ends",  # noqa: S108 - a name in a message
    "/var/tmp": "the unit has a /var/tmp of its own, which is removed when it ends",  # noqa: S108 - likewise
    "/run": "/run is empty after every start of the Pi",
    "/var/run": "/run is empty after every start of the Pi",
    "/dev": "/dev is empty after every start of the Pi",
    "/home": "the unit has no /home",
    "/root": "the unit has no /root",
    "/etc": "the unit cannot write /etc",
    "/usr": "the unit cannot write /usr",
    "/boot": "the unit cannot write /boot",
}
"""Folders that systemd/kiosk.service erases, hides or makes read-only (PrivateTmp, ProtectHome, ProtectSystem)."""


def journal_path(sheet: Sheet, folder: Path) -> Iterator[CheckFinding]:
    """Check that the unit can write the journal and that its rows last.

    A journal beside its settings file is a trial or a simulation, unless the file is an installed one, in /etc.
    """
    name = sheet.settings.journal.path
    path = (folder / name).absolute()
    if path.is_relative_to(folder.absolute()) and not path.is_relative_to("/etc"):
        return
    for unwritable, reason in UNWRITABLE.items():
        if path.is_relative_to(unwritable):
            text = f"'{path}' does not last: {reason}; write a path in /var/lib/kiosk"
            yield CheckFinding(("journal", "path"), text)
            return


def texts(sheet: Sheet, texts_dir: Path) -> Iterator[CheckFinding]:
    """Check that every language has a file of texts and is listed once."""
    languages = sheet.settings.display.languages
    for number, language in enumerate(languages):
        loc: Loc = ("display", "languages", number)
        loc = loc if loc in sheet.locations else loc[:-1]
        if language in languages[:number]:
            yield CheckFinding(loc, f"'{language}' is listed twice; remove one")
        elif not (texts_dir / f"{language}.yaml").is_file():
            known = ", ".join(sorted(file.stem for file in texts_dir.glob("*.yaml"))) or "none"
            yield CheckFinding(loc, f"there is no '{language}.yaml' in '{texts_dir}'; known languages: {known}")


def _problem(path: Path) -> str:
    """Return the reason why the file cannot be used, or "" if it can be used."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return "is not an ordinary file"
        with path.open("rb") as file:
            return "" if file.read(1) else "is empty"
    except FileNotFoundError:
        return "is missing"
    except OSError as error:
        return f"cannot be read ({error.strerror})"
