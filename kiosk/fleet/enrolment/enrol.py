"""Enrolling a kiosk: its certificate, and the section of its settings that uses it."""

import shutil
from pathlib import Path

from kiosk.errors import KioskError
from kiosk.fleet.enrolment.authority import SEAL_KEY, Authority, write_new
from kiosk.fleet.wire.topics import NAME

INSTALLED = Path("/etc/kiosk/secrets/fleet")
"""The folder on the kiosk into which the technician copies the files."""


def enrol(authority: Authority, name: str, server: str, port: int, folder: Path) -> Path:
    """Make the files of the kiosk `name` in `folder`/`name` and return that folder.

    It has the authority's certificate, the kiosk's certificate and key, the key of its seals, and `fleet.yaml`, the
    section of its settings.

    Raises `KioskError` if the name is not one of a kiosk or is enrolled already.
    """
    check_name(name)
    own = folder / name
    pair = authority.make_client(name, own)
    write_new(own / SEAL_KEY, authority.kiosk_keys.of(name).text(), 0o600)
    shutil.copyfile(authority.certificate_file, own / "ca.pem")
    (own / "fleet.yaml").write_text(section(name, server, port, pair.certificate.name, pair.key.name), "utf-8")
    return own


def check_name(name: str) -> None:
    """Raise `KioskError` if no kiosk can have this name."""
    if not NAME.fullmatch(name):
        raise KioskError(f"'{name}' is no name of a kiosk: 1 to 32 lowercase letters, digits and '-' are allowed")


def section(name: str, server: str, port: int, certificate: str, key: str) -> str:
    """Return the lines for the settings file of the kiosk."""
    return (
        f"# Copy ca.pem, {certificate}, {key} and {SEAL_KEY} to {INSTALLED} on the kiosk,\n"
        "# and these lines into its kiosk.yaml:\n"
        f"name: {name}\n"
        "fleet:\n"
        f"  server: {server}\n"
        f"  port: {port}\n"
        f"  ca: {INSTALLED}/ca.pem\n"
        f"  certificate: {INSTALLED}/{certificate}\n"
        f"  key: {INSTALLED}/{key}\n"
        f"  seal: {INSTALLED}/{SEAL_KEY}\n"
    )
