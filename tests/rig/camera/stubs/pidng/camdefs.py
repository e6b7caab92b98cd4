"""The description of a sensor in raw pictures."""


class Picamera2Camera:
    """Never made."""
