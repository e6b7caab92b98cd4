"""The content of the visitor's page: the HTML, and each screen as one JSON object with its texts in every language.

Rule 1: this module keeps no data of a visitor; it keeps only the site's own texts and codes.
Rule 2: the end of a countdown is converted to seconds left when the screen is sent, so the browser's clock need not
agree with the kiosk's clock.
"""

import functools
import hashlib
import html
import json
import string
from dataclasses import dataclass
from importlib import resources
from typing import Any

import segno

from kiosk.display.screens import Screen
from kiosk.display.texts import Texts
from kiosk.model import Phase
from kiosk.settings.schema.policy import DisplaySettings, ReferralsSettings

STATIC = {
    "kiosk.css": "text/css; charset=utf-8",
    "machine.css": "text/css; charset=utf-8",
    "tones.css": "text/css; charset=utf-8",
    "countdown.js": "text/javascript; charset=utf-8",
    "kiosk.js": "text/javascript; charset=utf-8",
    "machine.js": "text/javascript; charset=utf-8",
    "kawung.svg": "image/svg+xml",
    "kiosk.svg": "image/svg+xml",
}
"""Maps the name of each file in `static/` that is served to its media type."""

_FOLDER = resources.files("kiosk.display") / "static"


@dataclass(frozen=True, slots=True)
class PageSite:
    """The data of the page that depend on the site: texts, places of referrals, settings, name, and `simulated`."""

    texts: Texts
    referrals: ReferralsSettings
    display: DisplaySettings
    name: str
    simulated: bool


def static_files() -> dict[str, bytes]:
    """Return the content of every file of `STATIC`, by the name of the file."""
    return {name: (_FOLDER / name).read_bytes() for name in STATIC}


def read(name: str) -> str:
    """Return the text of a file in `static/`, for use in the HTML. Raises `FileNotFoundError` if it does not exist."""
    return (_FOLDER / name).read_text("utf-8")


def build_of(files: dict[str, bytes], page: str) -> str:
    """Return an identifier of this version of the page.

    The identifier is sent with each screen. A page that was loaded with another identifier reloads itself.
    """
    return hashlib.sha256(b"".join([*files.values(), page.encode()])).hexdigest()[:12]


def index_html(site: PageSite) -> str:
    """Return the HTML of the page.

    It contains the pictograms and the texts that the page shows when the server no longer answers.
    """
    parts = {"icons": read("icons.svg"), "booth": read("booth.svg") if site.simulated else ""}
    template = string.Template(read("index.html"))
    settings = html.escape(json.dumps(_page_settings(site), ensure_ascii=False))
    site_name = html.escape(site.name)
    language = site.texts.languages[0]
    return template.substitute(parts, site=site_name, language=language, settings=settings)


def view_of(screen: Screen, site: PageSite, now_s: float) -> dict[str, Any]:
    """Return the JSON object of a screen as it is at `now_s`, with the keys that `static/kiosk.js` reads."""
    places = site.referrals.places
    referral = places.get(screen.referral, site.referrals.officer) if screen.referral is not None else None
    venue_code = site.display.venue_code if screen.phase is Phase.IDLE else ""
    link = referral.link if referral else screen.venue_code or venue_code
    caption = ("referring.take_along" if referral else "idle.venue" if venue_code else "") if link else ""
    countdown: dict[str, float | bool] | None = None
    if end := screen.countdown:
        left_s = min(max(end.ends_at_s - now_s, 0.0), end.total_s)
        countdown = {"left_s": round(left_s, 2), "total_s": end.total_s, "urges": end.urges}
    return {
        "phase": screen.phase.value,
        "tone": screen.tone.value,
        "icon": screen.icon,
        "words": [_words(screen, site.texts, language, caption) for language in site.texts.languages],
        "countdown": countdown,
        "marks": [
            {
                "icon": mark.name.removeprefix("step."),
                "standing": mark.standing.value,
                "words": [site.texts.say(language, mark.name) for language in site.texts.languages],
            }
            for mark in screen.marks
        ],
        "referral": referral.model_dump(include={"title", "address", "hours"}) if referral else None,
        "code": code_of(link) if link else None,
        "preview": screen.preview,
    }


@functools.lru_cache(maxsize=32)
def code_of(link: str) -> dict[str, int | str]:
    """Return a QR code of `link`: its `size` in modules, and an SVG `path` that covers its dark modules.

    The code has error correction level M. It is never a Micro QR code (ISO/IEC 18004, section 5.3.5), which phones do
    not read.
    """
    code = segno.make(link, error="m", micro=False)
    rows = enumerate(code.matrix)
    path = "".join(f"M{x} {y}h1v1h-1z" for y, row in rows for x, dark in enumerate(row) if dark)
    return {"size": len(code.matrix), "path": path}


def _words(screen: Screen, texts: Texts, language: str, caption: str) -> dict[str, str]:
    def say(key: str) -> str:
        return texts.say(language, key)

    figure = ""
    if screen.body_c is not None:
        temperature = f"{screen.body_c:.1f}".replace(".", say("format.decimal"))
        figure = texts.say(language, "figure", temperature=temperature)
    return {
        "language": language,
        "headline": say(screen.headline),
        "instruction": say(screen.instruction),
        "notice": say(screen.notice),
        "aside": say(screen.aside),
        "place": say(screen.place),
        "caption": say(caption),
        "figure": figure,
        "fault": texts.say(language, "fault", fault=screen.fault) if screen.fault else "",
    }


def _page_settings(site: PageSite) -> dict[str, Any]:
    def words(key: str) -> list[str]:
        return [site.texts.say(language, key) for language in site.texts.languages]

    return {
        "simulated": site.simulated,
        "languages": site.texts.languages,
        "seconds": words("page.seconds"),
        "hold_here": words("page.hold_here"),
        "simulation": words("page.simulation"),
        "lost": [
            {"language": language, "headline": headline, "instruction": instruction}
            for language, headline, instruction in zip(
                site.texts.languages, words("page.lost.headline"), words("page.lost.instruction"), strict=True
            )
        ],
    }
