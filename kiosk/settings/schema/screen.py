"""Settings of the browser that `kiosk screen` keeps on this machine's own screen."""

from typing import Literal

from pydantic import Field

from kiosk.settings.schema.wiring import Section


class ScreenSettings(Section):
    """The browser on this machine's own screen, as `kiosk screen` starts it."""

    expected: bool = Field(
        default=False,
        description="true: a missing screen is a fault from the start on; false: from its first beat to its stop",
    )
    browser: tuple[str, ...] = Field(
        default=("chromium",), min_length=1, description="the browser, with options of your own: Chromium or its like"
    )
    rotation: Literal[0, 90, 180, 270] = Field(
        default=0, description="degrees by which the picture is turned, as the transform of wlr-randr"
    )
    scale: float = Field(default=1.0, ge=0.25, le=4.0, description="size of everything on the page; 2 doubles it")
    memory_mb: int = Field(
        default=600,
        ge=200,
        le=16384,
        description="a browser with more memory of its own is restarted between two visitors, or at once at 1.5 times",
    )
