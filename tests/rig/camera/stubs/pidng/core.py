"""The writer of raw pictures."""


class PICAM2DNG:
    """A stub; no object of it is made."""
