"""The content of the visitor's page: the HTML, and each screen as one JSON object with its texts in every language.

Rule 1: this module keeps no data of a visitor; it keeps only the site's own texts and codes.
Rule 2: the end of a countdown is converted to seconds left when the screen is sent, so the browser's clock need not
agree with the kiosk's clock.
"""

import hashlib
import html
import json
import re
import string
from dataclasses import dataclass
from importlib import resources
from typing import Any

from kiosk.display import cards
from kiosk.display.looks import LEAVE, SKIP
from kiosk.display.screens import SECOND_TRY, TRY_AGAIN, Screen
from kiosk.display.texts import Texts, direction
from kiosk.fault_numbers import short_code
from kiosk.settings.schema.policy import DisplaySettings, ReferralsSettings

STATIC = {
    "kiosk.css": "text/css; charset=utf-8",
    "machine.css": "text/css; charset=utf-8",
    "parts.css": "text/css; charset=utf-8",
    "tones.css": "text/css; charset=utf-8",
    "countdown.js": "text/javascript; charset=utf-8",
    "guard.js": "text/javascript; charset=utf-8",
    "kiosk.js": "text/javascript; charset=utf-8",
    "machine.js": "text/javascript; charset=utf-8",
    "parts.js": "text/javascript; charset=utf-8",
    "kawung.svg": "image/svg+xml",
    "kiosk.svg": "image/svg+xml",
}
"""Maps the name of each file in `static/` that is served to its media type."""

OFFER = "app.missing"
"""The key of the text that offers the app for download."""

ASIDE_ICONS = {SKIP: "skip", LEAVE: "leave", SECOND_TRY: "phone", TRY_AGAIN: "phone"}
"""The pictogram of each sentence that offers another way to go on."""

SEE_OFFICER = "out_of_service.headline"
"""The key of the text that asks for the officer when the scripts of the page do not run."""

_FOLDER = resources.files("kiosk.display") / "static"

_COMMENT = re.compile(r"/\*.*?\*/|^ *//[^\n]*", re.DOTALL | re.MULTILINE)
"""A comment of CSS, or a line of JavaScript that is one."""

_INDENTATION = re.compile(r"\s*\n\s*")


@dataclass(frozen=True, slots=True)
class PageSite:
    """The data of the page that depend on the site: texts, places of referrals, settings, name, and `simulated`."""

    texts: Texts
    referrals: ReferralsSettings
    display: DisplaySettings
    name: str
    simulated: bool


def static_files() -> dict[str, bytes]:
    """Return what is sent of every file of `STATIC`, by the name of the file."""
    return {name: read(name).encode() for name in STATIC}


def read(name: str) -> str:
    """Return the text of a file in `static/` without comments and indentation, which no browser needs.

    Raises `FileNotFoundError` if it does not exist.
    """
    return _INDENTATION.sub("\n", _COMMENT.sub("", (_FOLDER / name).read_text("utf-8"))).strip()


def build_of(files: dict[str, bytes], page: str) -> str:
    """Return an identifier of this version of the page.

    The identifier is sent with each screen. A page that was loaded with another identifier reloads itself.
    """
    return hashlib.sha256(b"".join([*files.values(), page.encode()])).hexdigest()[:12]


def index_html(site: PageSite) -> str:
    """Return the HTML of the page.

    It contains the pictograms, the texts that the page shows when the server no longer answers, and those that it shows
    when its scripts do not run.
    """
    language = site.texts.languages[0]
    banner = " · ".join(site.texts.say(language, "page.simulation") for language in site.texts.languages)
    return string.Template(read("index.html")).substitute(
        icons=read("icons.svg"),
        simulation=f'<p id="simulation">{html.escape(banner)}</p>' if site.simulated else "",
        machine=string.Template(read("machine.html")).substitute(booth=read("booth.svg")) if site.simulated else "",
        site=html.escape(site.name),
        language=language,
        direction=direction(language),
        officer=_officer_html(site.texts),
        settings=html.escape(json.dumps(_page_settings(site), ensure_ascii=False)),
    )


def view_of(screen: Screen, site: PageSite, now_s: float) -> dict[str, Any]:
    """Return the JSON object of a screen as it is at `now_s`, with the keys that `static/kiosk.js` reads."""
    texts = site.texts

    def say(key: str) -> list[str]:
        return [texts.say(language, key) for language in texts.languages]

    countdown: dict[str, float | bool] | None = None
    if end := screen.countdown:
        left_s = min(max(end.ends_at_s - now_s, 0.0), end.total_s)
        countdown = {"left_s": round(left_s, 2), "total_s": end.total_s, "urges": end.urges}
    body_c = screen.body_c
    app, offers = site.display.app, cards.offers_app(screen, site.referrals, site.display)
    place = OFFER if screen.place and offers else screen.place
    marks = [
        {"icon": mark.name.removeprefix("step."), "standing": mark.standing.value, "words": say(mark.name)}
        for mark in screen.marks
    ]
    return {
        "phase": screen.phase.value,
        "tone": screen.tone.value,
        "icon": screen.icon,
        "words": [_words(screen, texts, language, place) for language in texts.languages],
        "countdown": countdown,
        "marks": marks,
        "place": cards.place_of(screen, site.referrals),
        "offer": {"name": app.name, "words": say(OFFER)} if app and offers else None,
        "codes": cards.codes_of(screen, texts, site.referrals, site.display),
        "preview": screen.preview,
        "read": screen.read,
        "aside": {"icon": ASIDE_ICONS[screen.aside], "words": say(screen.aside)} if screen.aside else None,
        "figure": [_figure(body_c, texts, language) for language in texts.languages] if body_c is not None else None,
        "footnote": say(screen.footnote) if screen.footnote else None,
        "fault": _fault(screen.fault, site) if screen.fault else None,
        "test": screen.test,
    }


def _words(screen: Screen, texts: Texts, language: str, place: str) -> dict[str, str]:
    """Return the sentences of one language. The instruction of a referral is `place`, the key of where to go."""

    def say(key: str) -> str:
        return texts.say(language, key)

    return {
        "language": language,
        "direction": direction(language),
        "headline": say(screen.headline),
        "instruction": say(place or screen.instruction),
        "reason": say(screen.instruction) if place else "",
        "notice": say(screen.notice),
    }


def _figure(body_c: float, texts: Texts, language: str) -> str:
    """Return the visitor's temperature with the decimal sign of the language."""
    temperature = f"{body_c:.1f}".replace(".", texts.say(language, "format.decimal"))
    return texts.say(language, "figure", temperature=temperature)


def _fault(fault: str, site: PageSite) -> dict[str, Any]:
    """Return the short code of a fault in every language, and the technician's telephone number."""
    code = short_code(fault)
    words = [site.texts.say(language, "fault", fault=code) for language in site.texts.languages]
    return {"words": words, "telephone": site.display.telephone}


def _officer_html(texts: Texts) -> str:
    """Return the HTML that asks for the officer in every language."""
    lines = [
        f'<p lang="{language}" dir="{direction(language)}">{html.escape(texts.say(language, SEE_OFFICER))}</p>'
        for language in texts.languages
    ]
    return "\n".join(['<svg viewBox="0 0 120 120" aria-hidden="true"><use href="#icon-officer"/></svg>', *lines])


def _page_settings(site: PageSite) -> dict[str, Any]:
    def words(key: str) -> list[str]:
        return [site.texts.say(language, key) for language in site.texts.languages]

    return {
        "languages": site.texts.languages,
        "directions": [direction(language) for language in site.texts.languages],
        "seconds": words("page.seconds"),
        "hold_here": words("page.hold_here"),
        "lost": [
            {
                "language": language,
                "direction": direction(language),
                "headline": headline,
                "instruction": instruction,
            }
            for language, headline, instruction in zip(
                site.texts.languages, words("page.lost.headline"), words("page.lost.instruction"), strict=True
            )
        ],
    }
