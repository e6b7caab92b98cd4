"""The command line of Chromium, and the display server that it uses.

Each option is described in Chromium's sources (chrome/common/chrome_switches.cc, content/public/common/ and others; the
list is at https://peter.sh/experiments/chromium-command-line-switches).
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from kiosk.errors import DeviceError

DISABLED_FEATURES = (
    "Translate,MediaRouter,OptimizationHints,AutofillServerCommunication,"
    # The address bar's list is a page of its own in newer versions: 55 MB for a bar that is never shown.
    "WebUIOmniboxPopup,WebUIOmniboxAimPopup"
)
"""Chromium ignores names of features that it does not know."""

OPTIONS = (
    "--kiosk",
    "--remote-debugging-pipe",
    # no questions, no hints, no tabs of an earlier run
    "--no-first-run",
    "--no-default-browser-check",
    "--noerrdialogs",
    "--hide-crash-restore-bubble",
    "--disable-session-crashed-bubble",
    "--disable-infobars",
    "--disable-prompt-on-repost",
    "--deny-permission-prompts",
    # nothing is fetched, reported or updated
    "--disable-background-networking",
    "--disable-breakpad",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-extensions",
    "--disable-sync",
    "--no-pings",
    f"--disable-features={DISABLED_FEATURES}",
    "--password-store=basic",
    # a finger cannot zoom or leave the page
    "--disable-pinch",
    "--overscroll-history-navigation=0",
    # the page is painted although the browser believes that it is hidden
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    "--disk-cache-size=16777216",
)

WITHOUT_GRAPHICS = ("--disable-gpu", "--disable-gpu-compositing")
"""Options with which the browser paints by the processor alone, for a machine whose graphics driver fails."""


def display_options(environ: Mapping[str, str], browser: Sequence[str]) -> tuple[str, ...]:
    """Return the options that choose the display server of this session.

    Raises `DeviceError` with the fault `screen_dark` if there is none and the browser is not headless.
    """
    if any(option.startswith(("--headless", "--ozone-platform")) for option in browser):
        return ()
    if environ.get("WAYLAND_DISPLAY"):
        return ("--ozone-platform=wayland",)
    if environ.get("DISPLAY"):
        return ("--ozone-platform=x11",)
    raise DeviceError(
        "screen",
        "there is no display server: neither WAYLAND_DISPLAY nor DISPLAY is set; start it in a session of a desktop, "
        "or in cage as the unit kiosk-display.service does",
        "screen_dark",
    )


def command_line(
    browser: Sequence[str], display: Sequence[str], scale: float, profile: Path, address: str, *, graphics: bool
) -> list[str]:
    """Return the command line of the browser.

    browser: the program and options of the site (`display.screen.browser`). display: as `display_options` returns it.
    scale: the size of everything on the page, 1 for the page's own. profile: an empty folder for profile and cache.
    address: the first page. graphics: False to do without the graphics processor.
    """
    return [
        *browser,
        *OPTIONS,
        *display,
        *(() if graphics else WITHOUT_GRAPHICS),
        f"--force-device-scale-factor={scale:g}",
        f"--user-data-dir={profile}",
        f"--disk-cache-dir={profile / 'cache'}",
        address,
    ]
