"""The description of a sensor in raw pictures."""


class Picamera2Camera:
    """A stub; no object of it is made."""
