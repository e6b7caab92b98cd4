"""The exceptions of the kiosk.

Messages are lower case and have no full stop. They say what was found, what is allowed, and what to do.
"""


def printable(text: str) -> str:
    """Return a text from elsewhere without characters that could control a terminal or begin another line."""
    return "".join(character if character.isprintable() else "?" for character in text)


class KioskError(Exception):
    """The base of all errors that the kiosk reports; `fault` is a key of `kiosk.faults.FAULTS`, or empty."""

    def __init__(self, message: str, fault: str = "") -> None:
        super().__init__(message)
        self.fault = fault


class SettingsError(KioskError):
    """The settings file cannot be used; the message lists every mistake, one per line."""


class DeviceError(KioskError):
    """A device failed; `device` is its name in the settings."""

    def __init__(self, device: str, message: str, fault: str) -> None:
        super().__init__(f"{device}: {message}", fault)
        self.device = device


class JournalError(KioskError):
    """A journal row could not be made durable, or the journal cannot be read."""


class BadCredential(KioskError):  # noqa: N818 - the one exit for bad input, not an error of the program
    """A payload is not a credential of this scheme; the message never contains any of the payload."""
