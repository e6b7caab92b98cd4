"""Loads the technician's settings file and reports all its mistakes together.

Rule 1: a file with an error gives no settings. No value is guessed, and no default takes the place of a mistyped key.
Rule 2: for any content of the file, the result is settings or a list of mistakes; no other exception is raised.
"""

import logging
from dataclasses import dataclass
from pathlib import Path

from kiosk.errors import SettingsError
from kiosk.settings.checks.cross_checks import as_mistake, cross_check, depends_on
from kiosk.settings.checks.findings import Sheet
from kiosk.settings.schema.settings import Settings
from kiosk.settings.yaml.finishing import finish
from kiosk.settings.yaml.mistakes import Mistake, Severity, counted, in_order
from kiosk.settings.yaml.overlay import merged
from kiosk.settings.yaml.reading import UNFILLED, UNKNOWN, TreeReader
from kiosk.settings.yaml.shapes import table_of
from kiosk.settings.yaml.source import read_bytes, text_of
from kiosk.settings.yaml.tree import MappingNode, build

logger = logging.getLogger(__name__)

_EMPTY = "is empty; start from a copy of config/kiosk.yaml"
_NO_SETTINGS = (
    "contains no settings; write one on each line, such as 'name: kiosk-1', or start from a copy of config/kiosk.yaml"
)


@dataclass(frozen=True, slots=True)
class CheckReport:
    """The result of checking one file; `settings` is None if there is an error."""

    file: str
    settings: Settings | None
    mistakes: tuple[Mistake, ...]

    @property
    def exit_code(self) -> int:
        """Return 0 if the kiosk can run with the file, otherwise 1; warnings do not count."""
        return 0 if self.settings else 1

    @property
    def summary(self) -> str:
        """Return one line with the number of errors and of warnings."""
        errors = sum(mistake.severity is Severity.ERROR for mistake in self.mistakes)
        return f"{self.file}: {counted(errors, 'error')}, {counted(len(self.mistakes) - errors, 'warning')}"

    def __str__(self) -> str:
        """Return one line for each mistake, and the summary as the last line."""
        return "\n".join([*(mistake.shown(self.file) for mistake in self.mistakes), self.summary])


def load(
    path: Path, texts_dir: Path | None = None, *, elsewhere: bool = False, overlay: bytes | None = None
) -> Settings:
    """Return the settings of one kiosk and log the warnings. See `check_file` for the parameters.

    Raises `SettingsError` if the file cannot be used; its message lists every mistake and warning, one per line.
    """
    report = check_file(path, texts_dir, elsewhere=elsewhere, overlay=overlay)
    lines = [mistake.shown(report.file) for mistake in report.mistakes]
    if report.settings is None:
        raise SettingsError("\n".join(lines))
    for line in lines:
        logger.warning("%s", line)
    return report.settings


def load_part(path: Path, *parts: str, elsewhere: bool = False) -> Settings:
    """Return the settings for a command that needs only `parts`: full names of settings, such as 'credentials.trust'.

    Mistakes outside `parts` are ignored; only their number is logged. But an unknown setting counts as a mistake of a
    part if it is in the same section as the part, or in a section around it: it may be the mistyped name of the part.
    A value that the site must still fill in is left out, together with the section that needs it.

    Raises `SettingsError` if a mistake concerns a part, or if the file cannot be read as settings; its message lists
    those mistakes, one per line.
    """
    data = read_bytes(path)
    mistakes, settings = (
        ((data,), None) if isinstance(data, Mistake) else read_settings(data, path.parent, elsewhere=elsewhere)
    )
    errors = [mistake for mistake in mistakes if mistake.severity is Severity.ERROR]
    wrong = [mistake for mistake in errors if not mistake.text.startswith(UNFILLED)]
    relevant = [mistake for mistake in wrong if settings is None or any(_concerns(mistake, part) for part in parts)]
    if settings is None or relevant:
        raise SettingsError("\n".join(mistake.shown(str(path)) for mistake in relevant))
    if errors:
        count = counted(len(errors), "mistake")
        logger.warning("%s: %s in other parts; 'kiosk check %s' lists them", path, count, path)
    return settings


def _concerns(mistake: Mistake, part: str) -> bool:
    key, section = mistake.key, mistake.key.rpartition(".")[0]
    within = not key or f"{key}.".startswith(f"{part}.") or f"{part}.".startswith(f"{key}.")
    return within or (mistake.text.startswith(UNKNOWN) and (not section or f"{part}.".startswith(f"{section}.")))


def check_file(
    path: Path,
    texts_dir: Path | None = None,
    *,
    elsewhere: bool = False,
    examples: bool = False,
    overlay: bytes | None = None,
) -> CheckReport:
    """Read and check one file; return its settings and mistakes.

    `texts_dir` is the folder of the visitors' texts, with one file for each language; if it is None, the languages are
    not checked. `elsewhere` is True if this computer is not the kiosk: if a file that the settings name is missing,
    that is then a warning and not an error. `examples` is True if the examples take the place of values that the site
    must still fill in, as in the demo. `overlay` is the content of an overlay that is laid over the file.
    """
    data = read_bytes(path)
    if isinstance(data, Mistake):
        return CheckReport(str(path), None, (data,))
    mistakes, settings = parse(data, path.parent, texts_dir, elsewhere=elsewhere, examples=examples, overlay=overlay)
    return CheckReport(str(path), settings, mistakes)


def parse(
    data: bytes,
    folder: Path,
    texts_dir: Path | None = None,
    *,
    elsewhere: bool = False,
    examples: bool = False,
    overlay: bytes | None = None,
) -> tuple[tuple[Mistake, ...], Settings | None]:
    """Return the mistakes in the content of a settings file in `folder`, and the settings if none is an error.

    See `check_file` for the other parameters.
    """
    mistakes, settings = read_settings(data, folder, texts_dir, elsewhere=elsewhere, examples=examples, overlay=overlay)
    usable = all(mistake.severity is Severity.WARNING for mistake in mistakes)
    return mistakes, settings if usable else None


def read_settings(
    data: bytes,
    folder: Path,
    texts_dir: Path | None = None,
    *,
    elsewhere: bool = False,
    examples: bool = False,
    overlay: bytes | None = None,
) -> tuple[tuple[Mistake, ...], Settings | None]:
    """Return the mistakes, and the settings without unusable values; the settings are None if the text is unusable.

    The kiosk cannot run with such settings; `parse` returns settings with which it can. See `check_file` for the other
    parameters.
    """
    mistakes: list[Mistake] = []
    root = _tree(data, mistakes)
    if root is not None and overlay is not None:
        found: list[Mistake] = []
        over = _tree(overlay, found)
        mistakes += [Mistake(0, 0, mistake.key, f"in the overlay: {mistake.text}") for mistake in found]
        root = merged(root, over, table_of(Settings), mistakes) if over else None
    if root is None:
        return in_order(mistakes), None
    reading = TreeReader(root, table_of(Settings), mistakes, examples=examples)
    settings, broken = finish(reading, mistakes)
    sheet = Sheet(settings, reading.locations)
    findings = cross_check(sheet, folder, texts_dir, elsewhere=elsewhere)
    mistakes += [as_mistake(finding, sheet) for finding in findings if not depends_on(finding, broken)]
    return in_order(mistakes), settings


def _tree(data: bytes, mistakes: list[Mistake]) -> MappingNode | None:
    """Return the tree of the text; return None, and add a mistake, if it holds no settings."""
    text = text_of(data)
    if isinstance(text, Mistake):
        mistakes.append(text)
        return None
    before = len(mistakes)
    root = build(text, mistakes)
    if isinstance(root, MappingNode):
        return root
    if len(mistakes) == before:
        mistakes.append(Mistake(0, 0, "", _EMPTY if root is None else _NO_SETTINGS))
    return None
