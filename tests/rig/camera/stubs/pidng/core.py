"""The writer of raw pictures."""


class PICAM2DNG:
    """Never made."""
