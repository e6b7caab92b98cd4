"""The smallest complete settings file, so that a test writes only the settings that it is about."""

from pathlib import Path

from kiosk.settings.loader import parse
from kiosk.settings.schema.settings import Settings

SECTIONS = {
    "door": "door: {relay_pin: 17}",
    "sequence": "sequence: [credential]",
    "camera": "camera: {}",
    "credentials": "credentials: {site_pass: {site: town-hall, public_keys: [booth.py]}}",
}
HERE = Path(__file__).parent
"""The folder of the settings file; any file in it can serve as the key file."""


def settings_of(text: str) -> Settings:
    """Return the settings of a text, which is completed with the sections that a booth needs."""
    mistakes, settings = parse(complete(text).encode(), HERE, elsewhere=True)
    assert settings is not None, mistakes
    return settings


def complete(text: str) -> str:
    """Return the text with those sections that a booth needs and the text does not have."""
    keys = {line.partition(":")[0] for line in text.splitlines()}
    return "\n".join([text, *(line for key, line in SECTIONS.items() if key not in keys)])
