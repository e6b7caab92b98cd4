"""Cross-checks of what the settings name outside their own file: keys, secrets, texts.

Rule 1: a name is relative to the folder of the settings file; nothing is read but whether there is anything.
"""

import stat
from collections.abc import Iterator
from pathlib import Path

from kiosk.settings.checks.findings import CheckFinding, Sheet
from kiosk.settings.yaml.locations import Loc
from kiosk.settings.yaml.mistakes import Severity


def files(sheet: Sheet, folder: Path, severity: Severity) -> Iterator[CheckFinding]:
    """Every file that the settings name is there and can be read."""
    for loc, name, remedy, is_secret in _named_files(sheet):
        if trouble := _trouble(folder / name):
            shown = f"the file named here (in '{folder}')" if is_secret else f"'{folder / name}'"
            yield CheckFinding(loc, f"{shown} {trouble}; {remedy}", severity=severity)


def texts(sheet: Sheet, texts_dir: Path) -> Iterator[CheckFinding]:
    """Every language has its file of texts, and stands once."""
    languages = sheet.settings.display.languages
    for number, language in enumerate(languages):
        loc: Loc = ("display", "languages", number)
        loc = loc if loc in sheet.places else loc[:-1]
        if language in languages[:number]:
            yield CheckFinding(loc, f"'{language}' stands twice; remove one")
        elif not (texts_dir / f"{language}.yaml").is_file():
            known = ", ".join(sorted(file.stem for file in texts_dir.glob("*.yaml"))) or "none"
            yield CheckFinding(loc, f"there is no '{language}.yaml' in '{texts_dir}'; known languages: {known}")


def _named_files(sheet: Sheet) -> Iterator[tuple[Loc, str, str, bool]]:
    """Where a file is named, its name, what to do when it is missing, and whether the name may be the secret itself."""
    credentials = sheet.settings.credentials
    if credentials.site_pass:
        for number, name in enumerate(credentials.site_pass.public_keys):
            loc: Loc = ("credentials", "site_pass", "public_keys", number)
            yield loc, name, "make a pair of keys with 'kiosk pass key', and copy the public one there", False
    if online := credentials.online_status:
        for header, name in online.secret_headers.items():
            loc = ("credentials", "online_status", "secret_headers", header)
            yield loc, name, "write the value, such as the token, into a file and its name here", True
        if online.ca_file:
            loc = ("credentials", "online_status", "ca_file")
            yield loc, online.ca_file, "copy the authority's certificate (PEM) there", False


def _trouble(path: Path) -> str:
    """Why the file cannot be used, or nothing."""
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            return "is no ordinary file"
        with path.open("rb") as file:
            return "" if file.read(1) else "is empty"
    except FileNotFoundError:
        return "is missing"
    except OSError as trouble:
        return f"cannot be read ({trouble.strerror})"
