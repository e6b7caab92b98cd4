"""The data that the page receives; no sentence is missing, and none is unused."""

import json
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest
import zxingcpp

from kiosk.display import cards, keys, page
from kiosk.display.looks import LOOKS
from kiosk.display.screens import screen_of, starting_screen
from kiosk.display.speech import HURRY, NEXT_PLACE
from kiosk.display.texts import Texts
from kiosk.flow.state import Situation, State
from kiosk.model import Step
from kiosk.settings.schema.policy import AppSettings, Arrow, DisplaySettings
from tests.display.scenes import APP, RULES, SCENES, site, texts, visit


def view(name: str, now_s: float = 0.0, venue_code: str = "", app: AppSettings | None = None) -> dict[str, Any]:
    return page.view_of(screen_of(*SCENES[name]), site(venue_code, app=app), now_s)


class RecordingSentences(dict[str, str]):
    """Sentences that record which of them were read."""

    def __init__(self, sentences: dict[str, str]) -> None:
        super().__init__(sentences)
        self.used: set[str] = set()

    def __getitem__(self, key: str) -> str:
        self.used.add(key)
        return super().__getitem__(key)


def every_view(place: page.PageSite) -> Iterator[dict[str, Any]]:
    hints = [State(Situation.SCANNING, visit=visit(notice=hint)) for hint in sorted(keys.HINTS)]
    for state, rules in (*SCENES.values(), *((hint, RULES) for hint in hints)):
        for can_skip in (True, False):
            yield page.view_of(screen_of(state, rules, can_skip), place, 0.0)


def test_no_sentence_is_missing_and_none_is_unused() -> None:
    shipped = texts()
    recording = {language: RecordingSentences(sentences) for language, sentences in shipped.sentences.items()}
    place = site(venue_code="venue", app=APP)
    place = page.PageSite(Texts(("id", "en"), {**recording}), place.referrals, place.display, "", simulated=True)
    assert page.index_html(place)
    assert all(list(every_view(place)))
    assert all(list(every_view(replace(place, display=DisplaySettings()))))
    only_said = {HURRY, NEXT_PLACE, *keys.WAYS}
    assert recording["id"].used == set(keys.KEYS) - only_said
    assert recording["en"].used == set(keys.KEYS) - only_said


def test_every_pictogram_of_a_screen_is_drawn_and_no_other() -> None:
    icons = ET.fromstring(page.read("icons.svg"))
    drawn = {symbol.get("id") for symbol in icons.iter("{http://www.w3.org/2000/svg}symbol")}
    steps = {*(step.value for step in Step), "enter", "done"}
    others = {"notice", "telephone", *page.ASIDE_ICONS.values(), *(f"to-{arrow.value}" for arrow in Arrow)}
    assert drawn == {f"icon-{name}" for name in {look.icon for look in LOOKS.values()} | steps | others}


def test_a_screen_has_the_sentences_of_both_languages_in_order() -> None:
    assert [(words["language"], words["headline"]) for words in view("admitting")["words"]] == [
        ("id", "Silakan masuk"),
        ("en", "Please enter"),
    ]


def test_each_language_uses_its_own_decimal_sign() -> None:
    assert view("admitting")["figure"] == ["Suhu Anda 36,5 °C", "Your temperature 36.5 °C"]
    assert view("idle")["figure"] is None


@pytest.mark.parametrize(("now_s", "left_s"), [(-100.0, 45.0), (0.0, 33.0), (30.5, 2.5), (99.0, 0.0)])
def test_the_end_of_a_countdown_is_sent_as_seconds_left(now_s: float, left_s: float) -> None:
    assert view("scanning", now_s)["countdown"] == {"left_s": left_s, "total_s": 45.0, "urges": True}


def test_a_referral_names_the_place_of_its_reason_or_the_officer() -> None:
    assert view("referring, below_minimum_doses")["place"]["title"] == "Puskesmas Karang Kitri"
    assert view("referring, fever")["place"] == {
        "title": "Meja petugas",
        "address": "Lobi",
        "hours": "",
        "arrow": "right",
        "distance": "15 m",
    }
    assert view("idle")["place"] is None


def test_the_instruction_of_a_referral_is_where_to_go_and_the_reason_is_apart() -> None:
    words = view("referring, fever")["words"][1]
    assert words["instruction"] == "Please go here to be measured again."
    assert words["reason"] == "Your temperature is a little high. That need not mean you are ill."
    assert view("scanning")["words"][1]["reason"] == ""


def modules_of(code: dict[str, Any]) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Return the code as a picture with four pixels for each module, drawn from its SVG path."""
    picture = np.full((code["size"] + 8, code["size"] + 8), 255, np.uint8)
    for dark in code["path"].removeprefix("M").split("M"):
        x, y = dark.removesuffix("h1v1h-1z").split()
        picture[int(y) + 4, int(x) + 4] = 0
    return np.asarray(np.kron(picture, np.ones((4, 4), np.uint8)), np.uint8)


def texts_of(sent: dict[str, Any]) -> list[str]:
    """Return what a phone reads from each code of a screen."""
    return [zxingcpp.read_barcode(modules_of(code)).text for code in sent["codes"]]


def test_the_link_of_a_place_is_sent_as_a_readable_qr_code() -> None:
    sent = view("referring, below_minimum_doses")
    assert texts_of(sent) == ["https://example.org/puskesmas"]
    assert sent["codes"][0]["captions"][1] == "Scan to take these directions along."


def test_a_place_without_a_link_has_no_code() -> None:
    assert view("referring, fever", venue_code="VENUE-1", app=APP)["codes"] == []


def test_the_venue_code_is_shown_only_while_idle() -> None:
    assert texts_of(view("idle", venue_code="VENUE-1")) == ["VENUE-1"]
    assert view("idle")["codes"] == []
    assert view("scanning", venue_code="VENUE-1")["codes"] == []


def test_the_longest_venue_code_fits() -> None:
    assert cards.code_of("x" * 500)["size"] == 85


@pytest.mark.parametrize("name", ["idle", "scanning", "referring, no_credential"])
def test_the_app_is_offered_for_both_kinds_of_phones(name: str) -> None:
    sent = view(name, app=APP)
    assert texts_of(sent) == [APP.android, APP.ios]
    assert [code["captions"] for code in sent["codes"]] == [["Android"], ["iPhone"]]
    assert sent["offer"] == {
        "name": "SATUSEHAT Mobile",
        "words": ["Belum punya aplikasi? Pindai untuk mengunduh.", "No app yet? Scan to download."],
    }


def test_a_referral_with_the_app_says_what_its_codes_are() -> None:
    assert view("referring, no_credential", app=APP)["words"][0]["instruction"].startswith("Belum punya aplikasi?")
    assert view("referring, no_credential")["words"][0]["instruction"] == "Belum punya kode? Silakan ke sini."


@pytest.mark.parametrize("app", [AppSettings(name="App"), None])
def test_an_app_without_a_link_is_not_offered(app: AppSettings | None) -> None:
    assert (view("idle", app=app)["offer"], view("idle", app=app)["codes"]) == (None, [])


def test_a_screen_that_says_what_to_change_still_offers_the_app() -> None:
    assert len(view("wrong code", app=APP)["codes"]) == 2


def test_a_referral_with_the_venues_code_says_what_it_is_for_and_shows_no_other_code() -> None:
    (code,) = view("referring, venue's code", app=APP)["codes"]
    assert code["captions"] == [texts().say(language, "referring.venue") for language in ("id", "en")]
    assert view("venue's code", app=APP)["codes"][0]["captions"] == []


def test_another_way_to_go_on_has_a_pictogram() -> None:
    skip, leave = (
        page.view_of(screen_of(*SCENES["warned"], can_skip), site(), 0.0)["aside"] for can_skip in (True, False)
    )
    assert skip == {"icon": "skip", "words": ["Tidak ingin disemprot? Tekan LEWATI.", "To skip the spray, press SKIP."]}
    assert leave["icon"] == "leave"
    again = view("referring, second try")["aside"]
    assert again == {"icon": "phone", "words": [texts().say(language, "second_try") for language in ("id", "en")]}
    same = view("referring, status unknown")["aside"]
    assert same == {"icon": "phone", "words": [texts().say(language, "try_again") for language in ("id", "en")]}
    assert view("idle")["aside"] is None


def test_a_fault_is_shown_by_a_short_code_and_the_telephone_number() -> None:
    place = replace(site(), display=DisplaySettings(telephone="0812-3456"))
    sent = page.view_of(screen_of(*SCENES["out of service"]), place, 0.0)
    assert sent["fault"] == {"words": ["Kode 12", "Code 12"], "telephone": "0812-3456"}
    assert "camera" not in json.dumps(sent)


class Body(HTMLParser):
    """The settings in the page's body, and the addresses from which the page fetches files."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.settings: dict[str, Any] = {}
        self.fetched: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "body":
            self.settings = json.loads(found["data-settings"] or "")
        self.fetched |= {found[name] or "" for name in ("src", "href") if name in found and tag != "use"}


def test_the_page_contains_the_texts_that_it_shows_without_the_server() -> None:
    settings = Body(page.index_html(site())).settings
    assert settings["lost"][0]["headline"] == "Mohon hubungi petugas"
    assert settings["lost"][1]["headline"] == "Please see the officer"


def test_the_page_asks_for_the_officer_without_any_script() -> None:
    html = page.index_html(site())
    assert html.count('<p lang="id" dir="ltr">Mohon temui petugas</p>') == 1
    assert html.count('<p lang="en" dir="ltr">Please see the officer</p>') == 1
    assert "<noscript>" in html


def test_the_page_is_written_in_the_direction_of_its_first_language() -> None:
    arabic = Texts(("ar", "en"), {"ar": texts().sentences["en"], "en": texts().sentences["en"]})
    place = replace(site(), texts=arabic)
    assert '<html lang="ar" dir="rtl">' in page.index_html(place)
    assert Body(page.index_html(place)).settings["directions"] == ["rtl", "ltr"]
    words = page.view_of(starting_screen(), place, 0.0)["words"]
    assert [block["direction"] for block in words] == ["rtl", "ltr"]


def test_the_page_fetches_only_its_own_files() -> None:
    own = {f"/static/{name}" for name in page.STATIC}
    assert Body(page.index_html(site())).fetched <= own


def test_the_name_of_a_site_is_escaped_in_the_html() -> None:
    html = page.index_html(site(name='<script>"$1&'))
    assert html.count("<script") == 2
    assert "&lt;script&gt;&quot;$1&amp;" in html


def test_another_version_of_the_page_has_another_identifier() -> None:
    files = page.static_files()
    assert page.build_of(files, "a") != page.build_of(files, "b")
    assert page.build_of(files, "a") == page.build_of(files, "a")


def test_a_site_may_have_one_language_only() -> None:
    one = Texts(("id",), {"id": texts().sentences["id"]})
    place = page.PageSite(one, site().referrals, DisplaySettings(languages=("id",)), "", simulated=False)
    assert [words["language"] for words in page.view_of(starting_screen(), place, 0.0)["words"]] == ["id"]
