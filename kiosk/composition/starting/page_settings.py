"""The settings of the technician's page: those of the file, or what there is while the file is refused.

A technician needs the page most when something is wrong, and a refused settings file is the most frequent cause. The
page therefore starts with a refused file, shows the mistakes, and takes over a repaired file by itself.

Rule: only settings without a mistake open the page to the network. Otherwise it is for this computer only, which is the
default.
"""

from dataclasses import dataclass
from pathlib import Path

from kiosk.settings.last_good import recall
from kiosk.settings.loader import parse, read_settings
from kiosk.settings.schema.settings import Settings
from kiosk.settings.schema.technician import TechnicianSettings
from kiosk.settings.yaml.mistakes import Mistake, shown_errors
from kiosk.settings.yaml.source import read_bytes

LAST_GOOD = "The page shows the last settings that served."
READABLE = "The page shows what can be read of the file; everything else has its default value."
NOTHING = "Nothing of the file can be read; the page shows default values."
USUAL_PORT = TechnicianSettings().port
NO_SITE = {"door": {"relay_pin": 17}}
"""The smallest settings; nothing is driven by them."""


@dataclass(frozen=True, slots=True)
class PageSettings:
    """The settings for the page.

    mistakes: why the file is refused, one line each; empty if it is accepted. shown: a sentence that says what the page
    shows instead, or "". data: the content of the file, or the mistake by which it cannot be read; the page compares it
    to notice a repair.
    """

    settings: Settings
    mistakes: tuple[str, ...]
    shown: str
    data: bytes | Mistake


def page_settings(config: Path, state_folder: Path, port: int = USUAL_PORT) -> PageSettings:
    """Return the settings for the page; every file gives some.

    state_folder: of the copy that served. port: of the page, while nothing of the file can be read.
    """
    data, folder = read_bytes(config), config.parent
    mistakes: tuple[Mistake, ...] = (data,) if isinstance(data, Mistake) else ()
    settings = None
    if not isinstance(data, Mistake):
        mistakes, settings = parse(data, folder, folder / "texts", elsewhere=True)
    if settings:
        return PageSettings(settings, (), "", data)
    errors = shown_errors(mistakes, str(config))
    kept = recall(state_folder)
    served = parse(kept, folder, folder / "texts", elsewhere=True)[1] if kept else None
    if served:
        return PageSettings(served, errors, LAST_GOOD, data)
    readable = None if isinstance(data, Mistake) else read_settings(data, folder, elsewhere=True)[1]
    shown = READABLE if readable else NOTHING
    found = readable or Settings.model_validate(NO_SITE)
    own_port = readable.technician.port if readable else port
    closed = found.model_copy(update={"technician": TechnicianSettings(port=own_port)})
    return PageSettings(closed, errors, shown, data)
