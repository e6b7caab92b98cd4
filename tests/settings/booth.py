"""The smallest booth that is in order, so that a test writes only what is wrong."""

from pathlib import Path

from kiosk.settings.loader import parse
from kiosk.settings.schema.settings import Settings

FIT = {
    "door": "door: {relay_pin: 17}",
    "sequence": "sequence: [credential]",
    "camera": "camera: {}",
    "credentials": "credentials: {site_pass: {site: town-hall, public_keys: [booth.py]}}",
}
HERE = Path(__file__).parent
"""The folder of the settings; for a key, any file that is there will do."""


def settings_of(text: str) -> Settings:
    """The settings of a text that is completed by what a booth needs."""
    mistakes, settings = parse(complete(text).encode(), HERE, elsewhere=True)
    assert settings is not None, mistakes
    return settings


def complete(text: str) -> str:
    """The text with the sections that a booth needs and it does not have."""
    keys = {line.partition(":")[0] for line in text.splitlines()}
    return "\n".join([text, *(line for key, line in FIT.items() if key not in keys)])
