"""The card of a screen: the place to which a visitor is referred, and the codes that a phone scans from the screen."""

import functools
from typing import Any

import segno

from kiosk.display.screens import Screen
from kiosk.display.texts import Texts
from kiosk.model import Phase
from kiosk.settings.schema.policy import DisplaySettings, ReferralSettings, ReferralsSettings


def place_of(screen: Screen, referrals: ReferralsSettings) -> dict[str, str] | None:
    """Return the place to which the screen refers its visitor, as the page shows it, or None."""
    place = _place(screen, referrals)
    if place is None:
        return None
    shown = {name: str(getattr(place, name)) for name in ("title", "address", "hours", "distance")}
    return {**shown, "arrow": place.arrow.value if place.arrow else ""}


def offers_app(screen: Screen, referrals: ReferralsSettings, display: DisplaySettings) -> bool:
    """Return True if the screen offers the app: not beside another code."""
    place = _place(screen, referrals)
    has_link = display.app is not None and bool(display.app.android or display.app.ios)
    return screen.offers_app and has_link and not (screen.venue_code or (place and place.link))


def codes_of(
    screen: Screen, texts: Texts, referrals: ReferralsSettings, display: DisplaySettings
) -> list[dict[str, Any]]:
    """Return the codes of the screen, each with its caption in every language."""

    def captioned(link: str, key: str, error: str = "m") -> dict[str, Any]:
        return {**code_of(link, error), "captions": [texts.say(language, key) for language in texts.languages]}

    place, app = _place(screen, referrals), display.app
    codes: list[dict[str, Any]] = []
    if screen.venue_code:
        venue = (
            captioned(screen.venue_code, "referring.venue", "l") if screen.place else code_of(screen.venue_code, "l")
        )
        codes.append({"captions": [], **venue})  # beside the live picture, the instruction tells what it is for
    if place and place.link:
        codes.append(captioned(place.link, "referring.take_along"))
    if display.venue_code and screen.phase is Phase.IDLE:
        codes.append(captioned(display.venue_code, "idle.venue"))
    if app and offers_app(screen, referrals, display):
        stores = {"Android": app.android, "iPhone": app.ios}
        codes += [{**code_of(link), "captions": [store]} for store, link in stores.items() if link]
    return codes


def _place(screen: Screen, referrals: ReferralsSettings) -> ReferralSettings | None:
    reason = screen.referral
    return referrals.places.get(reason, referrals.officer) if reason is not None else None


@functools.lru_cache(maxsize=32)
def code_of(link: str, error: str = "m") -> dict[str, int | str]:
    """Return a QR code of `link`: its `size` in modules, and an SVG `path` that covers its dark modules.

    error: the least level of error correction. A lower one has larger modules, which a phone reads from farther away; a
    screen has neither dirt nor creases. It is never a Micro QR code (ISO/IEC 18004, section 5.3.5), which phones do not
    read.
    """
    code = segno.make(link, error=error, micro=False)
    rows = enumerate(code.matrix)
    path = "".join(f"M{x} {y}h1v1h-1z" for y, row in rows for x, dark in enumerate(row) if dark)
    return {"size": len(code.matrix), "path": path}
