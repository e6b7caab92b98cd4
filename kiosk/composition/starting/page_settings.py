"""The settings of the technician's page: those of the file, or what there is while the file is refused.

A technician needs the page most when something is wrong, and a refused settings file is the most frequent cause. The
page therefore starts with a refused file, shows the mistakes, and takes over a repaired file by itself. The same holds
for the files of `technician.lan`: certificate, key and password.

Rule: only settings without a mistake, with a certificate and a password that can be used, open the page to the network.
Otherwise it is for this computer only, which is the default.
"""

import ssl
from dataclasses import dataclass
from pathlib import Path

from kiosk.errors import KioskError
from kiosk.settings.last_good import recall
from kiosk.settings.loader import parse, read_settings
from kiosk.settings.schema.settings import Settings
from kiosk.settings.schema.technician import LanSettings, TechnicianSettings
from kiosk.settings.yaml.mistakes import Mistake, shown_errors
from kiosk.settings.yaml.source import read_bytes
from kiosk.support.web.login import read_hash

CLOSED = "The page is closed to other computers: a file of 'technician.lan' cannot be used."
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
    to notice a repair. closed: the settings of the network while one of their files cannot be used, or None.
    """

    settings: Settings
    mistakes: tuple[str, ...]
    shown: str
    data: bytes | Mistake
    closed: LanSettings | None = None

    def is_outdated(self, config: Path) -> bool:
        """Return True if a file was changed because of which the page has other settings than it should have."""
        if not self.mistakes:
            return False
        repaired = self.closed is not None and not lan_trouble(self.closed, config.parent)
        return repaired or read_bytes(config) != self.data


def lan_trouble(lan: LanSettings, folder: Path) -> str:
    """Return why the page cannot be opened to the network, with the remedy; "" if it can.

    folder: where relative file names of the settings start.
    """
    try:
        read_hash(folder / lan.password)
    except KioskError as error:
        return f"technician.lan.password: {error}"
    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / lan.certificate, folder / lan.key, password="")
    except OSError as error:  # also ssl.SSLError
        files = f"'{folder / lan.certificate}' and '{folder / lan.key}'"
        return f"technician.lan.certificate: {files} cannot be used: {error}; check or make both files again"
    return ""


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
        lan = settings.technician.lan
        trouble = lan_trouble(lan, folder) if lan else ""
        if not trouble:
            return PageSettings(settings, (), "", data)
        return PageSettings(_for_this_computer(settings, settings.technician.port), (trouble,), CLOSED, data, lan)
    errors = shown_errors(mistakes, str(config))
    kept = recall(state_folder)
    served = parse(kept, folder, folder / "texts", elsewhere=True)[1] if kept else None
    if served:
        lan, own_port = served.technician.lan, served.technician.port
        opened = lan is None or not lan_trouble(lan, folder)
        return PageSettings(served if opened else _for_this_computer(served, own_port), errors, LAST_GOOD, data)
    readable = None if isinstance(data, Mistake) else read_settings(data, folder, elsewhere=True)[1]
    shown = READABLE if readable else NOTHING
    found = readable or Settings.model_validate(NO_SITE)
    own_port = readable.technician.port if readable else port
    return PageSettings(_for_this_computer(found, own_port), errors, shown, data)


def _for_this_computer(settings: Settings, port: int) -> Settings:
    """Return the settings with a page that other computers cannot reach."""
    return settings.model_copy(update={"technician": TechnicianSettings(port=port)})
