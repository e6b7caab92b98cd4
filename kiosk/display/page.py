"""What the page is sent: the HTML once, and each screen as one JSON object with its words in every language.

Rule 1: nothing here remembers a visitor; the only things kept are the site's own words and codes.
Rule 2: a screen's moment becomes seconds left when it is sent, so the page needs no clock that agrees with ours.
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

from kiosk.display.screens import Countdown, Screen, StepMark
from kiosk.display.texts import Texts
from kiosk.model import Phase
from kiosk.settings.schema.policy import DisplaySettings, ReferralSettings, ReferralsSettings

STATIC = {
    "kiosk.css": "text/css; charset=utf-8",
    "machine.css": "text/css; charset=utf-8",
    "tones.css": "text/css; charset=utf-8",
    "countdown.js": "text/javascript; charset=utf-8",
    "kiosk.js": "text/javascript; charset=utf-8",
    "machine.js": "text/javascript; charset=utf-8",
    "voice.js": "text/javascript; charset=utf-8",
    "kawung.svg": "image/svg+xml",
    "kiosk.svg": "image/svg+xml",
}
"""Every file that is served, and as what."""

_FOLDER = resources.files("kiosk.display") / "static"


@dataclass(frozen=True, slots=True)
class PageSite:
    """What the page says that is the site's own, and in which languages."""

    texts: Texts
    referrals: ReferralsSettings
    display: DisplaySettings
    name: str
    simulated: bool


def static_files() -> dict[str, bytes]:
    """The content of every file of `STATIC`."""
    return {name: (_FOLDER / name).read_bytes() for name in STATIC}


def read(name: str) -> str:
    """A file of the page that is put into the HTML."""
    return (_FOLDER / name).read_text("utf-8")


def build_of(files: dict[str, bytes], page: str) -> str:
    """A name of this version of the page; a page that is older than its server loads itself again."""
    return hashlib.sha256(b"".join([*files.values(), page.encode()])).hexdigest()[:12]


def index_html(site: PageSite) -> str:
    """The page, with its pictograms inside (they must show when the server is gone) and its own words."""
    parts = {"icons": read("icons.svg"), "booth": read("booth.svg") if site.simulated else ""}
    template = string.Template(read("index.html"))
    settings = html.escape(json.dumps(_page_settings(site), ensure_ascii=False))
    site_name = html.escape(site.name)
    language = site.texts.languages[0]
    return template.substitute(parts, site=site_name, language=language, settings=settings)


def view_of(screen: Screen, site: PageSite, now_s: float) -> dict[str, Any]:
    """The JSON object of a screen; its keys are those that `static/kiosk.js` reads."""
    referral = _referral(screen, site.referrals)
    link = referral.link if referral else site.display.venue_code if screen.phase is Phase.IDLE else ""
    caption = ("referring.take_along" if referral else "idle.venue") if link else ""
    return {
        "phase": screen.phase.value,
        "tone": screen.tone.value,
        "icon": screen.icon,
        "words": [_words(screen, site.texts, language, caption) for language in site.texts.languages],
        "countdown": _countdown(screen.countdown, now_s),
        "marks": [_mark(mark, site.texts) for mark in screen.marks],
        "referral": referral.model_dump(include={"title", "address", "hours"}) if referral else None,
        "code": code_of(link) if link else None,
        "preview": screen.preview,
    }


@functools.lru_cache(maxsize=32)
def code_of(link: str) -> dict[str, int | str]:
    """A QR code of the site's own link: `size` in modules, and the `path` of its dark modules in SVG.

    Level M and no micro code: read best by the phones of visitors (ISO/IEC 18004, 5.3.5).
    """
    code = segno.make(link, error="m", micro=False)
    rows = enumerate(code.matrix)
    path = "".join(f"M{x} {y}h1v1h-1z" for y, row in rows for x, dark in enumerate(row) if dark)
    return {"size": len(code.matrix), "path": path}


def _referral(screen: Screen, referrals: ReferralsSettings) -> ReferralSettings | None:
    if screen.referral is None:
        return None
    return referrals.places.get(screen.referral, referrals.officer)


def _words(screen: Screen, texts: Texts, language: str, caption: str) -> dict[str, str]:
    def say(key: str) -> str:
        return texts.say(language, key)

    return {
        "language": language,
        "headline": say(screen.headline),
        "instruction": say(screen.instruction),
        "notice": say(screen.notice),
        "aside": say(screen.aside),
        "place": say(screen.place),
        "caption": say(caption),
        "figure": _figure(screen.body_c, texts, language),
        "fault": texts.say(language, "fault", fault=screen.fault) if screen.fault else "",
        "voice": " ".join(_sentence(say(key)) for key in screen.voice),
    }


def _sentence(words: str) -> str:
    """With a full stop, so that the voice pauses after a headline."""
    return words if words.endswith((".", "?", "!")) else f"{words}."


def _figure(body_c: float | None, texts: Texts, language: str) -> str:
    if body_c is None:
        return ""
    temperature = f"{body_c:.1f}".replace(".", texts.say(language, "format.decimal"))
    return texts.say(language, "figure", temperature=temperature)


def _countdown(countdown: Countdown | None, now_s: float) -> dict[str, float | bool] | None:
    if countdown is None:
        return None
    left_s = min(max(countdown.ends_at_s - now_s, 0.0), countdown.total_s)
    return {"left_s": round(left_s, 2), "total_s": countdown.total_s, "urges": countdown.urges}


def _mark(mark: StepMark, texts: Texts) -> dict[str, Any]:
    names = [texts.say(language, mark.name) for language in texts.languages]
    return {"icon": mark.name.removeprefix("step."), "standing": mark.standing.value, "words": names}


def _page_settings(site: PageSite) -> dict[str, Any]:
    def words(key: str) -> list[str]:
        return [site.texts.say(language, key) for language in site.texts.languages]

    return {
        "simulated": site.simulated,
        "voice": site.display.voice,
        "languages": site.texts.languages,
        "seconds": words("page.seconds"),
        "hold_here": words("page.hold_here"),
        "hurry": words("page.hurry"),
        "simulation": words("page.simulation"),
        "lost": [
            {"language": language, "headline": headline, "instruction": instruction}
            for language, headline, instruction in zip(
                site.texts.languages, words("page.lost.headline"), words("page.lost.instruction"), strict=True
            )
        ],
    }
