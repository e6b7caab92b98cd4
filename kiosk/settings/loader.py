"""From the technician's file to the finished settings, with every mistake named at once.

Rule 1: a file with an error gives no settings; nothing is guessed and no default stands in for a mistyped key.
Rule 2: whatever the file holds, the answer is settings or a list of mistakes, never another exception.
"""

import logging
from dataclasses import dataclass
from pathlib import Path

from kiosk.errors import SettingsError
from kiosk.settings.checks.cross_checks import as_mistake, cross_check, rests_on
from kiosk.settings.checks.findings import Sheet
from kiosk.settings.schema.settings import Settings
from kiosk.settings.yaml.finishing import finish
from kiosk.settings.yaml.mistakes import Mistake, Severity, in_order
from kiosk.settings.yaml.reading import UNKNOWN, TreeReader
from kiosk.settings.yaml.shapes import table_of
from kiosk.settings.yaml.source import read_bytes, text_of
from kiosk.settings.yaml.tree import MappingNode, build

logger = logging.getLogger(__name__)

_EMPTY = "is empty; start from a copy of config/kiosk.yaml"
_NO_SETTINGS = "holds no settings; write one a line, such as 'name: kiosk-1', or start from a copy of config/kiosk.yaml"


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What a check of one file found; `settings` is None where there is an error."""

    file: str
    settings: Settings | None
    mistakes: tuple[Mistake, ...]

    @property
    def exit_code(self) -> int:
        """0 when the kiosk can run with the file, else 1; warnings do not count."""
        return 0 if self.settings else 1

    def __str__(self) -> str:
        """Every mistake in a line of its own, and how many there are."""
        errors = sum(mistake.severity is Severity.ERROR for mistake in self.mistakes)
        warnings = len(self.mistakes) - errors
        count = f"{_count(errors, 'error')}, {_count(warnings, 'warning')}"
        return "\n".join([*(mistake.shown(self.file) for mistake in self.mistakes), f"{self.file}: {count}"])


def load(path: Path, texts_dir: Path | None = None, *, elsewhere: bool = False) -> Settings:
    """The settings of one kiosk; warnings go to the log. See `check_file` for the parameters.

    Raises:
        SettingsError: the file cannot be used; the message lists every mistake and warning, a line each.
    """
    report = check_file(path, texts_dir, elsewhere=elsewhere)
    lines = [mistake.shown(report.file) for mistake in report.mistakes]
    if report.settings is None:
        raise SettingsError("\n".join(lines))
    for line in lines:
        logger.warning("%s", line)
    return report.settings


def load_part(path: Path, *parts: str, elsewhere: bool = False) -> Settings:
    """The settings for a command that needs only those under `parts`; mistakes in other places are counted in the log.

    An unknown name beside a part, or beside what it is in, counts too: it may be the mistyped one of the part itself.

    Raises:
        SettingsError: something about a part cannot be used; the message lists it, a line each.
    """
    data = read_bytes(path)
    mistakes, settings = ((data,), None) if isinstance(data, Mistake) else _read(data, path.parent, None, elsewhere)
    errors = [mistake for mistake in mistakes if mistake.severity is Severity.ERROR]
    ours = [mistake for mistake in errors if settings is None or any(_concerns(mistake, part) for part in parts)]
    if settings is None or ours:
        raise SettingsError("\n".join(mistake.shown(str(path)) for mistake in ours))
    if errors:
        logger.warning("%s: %s in other parts; 'kiosk check %s' tells", path, _count(len(errors), "mistake"), path)
    return settings


def _concerns(mistake: Mistake, part: str) -> bool:
    key, beside = mistake.key, mistake.key.rpartition(".")[0]
    within = not key or f"{key}.".startswith(f"{part}.") or f"{part}.".startswith(f"{key}.")
    return within or (mistake.text.startswith(UNKNOWN) and (not beside or f"{part}.".startswith(f"{beside}.")))


def check_file(path: Path, texts_dir: Path | None = None, *, elsewhere: bool = False) -> CheckReport:
    """Read and check one file, without raising.

    `texts_dir` holds the visitors' texts, a file a language; None leaves the languages unchecked. `elsewhere`: this is
    not the kiosk itself, so the files that the settings name need not be here; those that are not become warnings.
    """
    data = read_bytes(path)
    if isinstance(data, Mistake):
        return CheckReport(str(path), None, (data,))
    mistakes, settings = parse(data, path.parent, texts_dir, elsewhere=elsewhere)
    return CheckReport(str(path), settings, mistakes)


def parse(
    data: bytes, folder: Path, texts_dir: Path | None = None, *, elsewhere: bool = False
) -> tuple[tuple[Mistake, ...], Settings | None]:
    """The mistakes in the bytes of a settings file that lies in `folder`, and the settings if none is an error."""
    mistakes, settings = _read(data, folder, texts_dir, elsewhere)
    fit = all(mistake.severity is Severity.WARNING for mistake in mistakes)
    return mistakes, settings if fit else None


def _read(
    data: bytes, folder: Path, texts_dir: Path | None, elsewhere: bool
) -> tuple[tuple[Mistake, ...], Settings | None]:
    """The mistakes, and the settings as far as they can be used; None when nothing can."""
    text = text_of(data)
    if isinstance(text, Mistake):
        return (text,), None
    mistakes: list[Mistake] = []
    root = build(text, mistakes)
    if isinstance(root, MappingNode):
        settings = _checked(root, mistakes, folder, texts_dir, elsewhere)
        return in_order(mistakes), settings
    if not mistakes:
        mistakes.append(Mistake(0, 0, "", _EMPTY if root is None else _NO_SETTINGS))
    return in_order(mistakes), None


def _checked(
    root: MappingNode, mistakes: list[Mistake], folder: Path, texts_dir: Path | None, elsewhere: bool
) -> Settings:
    """The settings as far as they can be used; everything else is in `mistakes`."""
    reading = TreeReader(root, table_of(Settings), mistakes)
    settings, broken = finish(reading, mistakes)
    sheet = Sheet(settings, reading.places)
    findings = cross_check(sheet, folder, texts_dir, elsewhere=elsewhere)
    mistakes += [as_mistake(finding, sheet) for finding in findings if not rests_on(finding, broken)]
    return settings


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
