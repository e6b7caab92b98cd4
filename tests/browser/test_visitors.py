"""Visitors at the real page: the real flow on mock pins and a fake bus, and what the browser shows to each of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kiosk.display.screens import screen_of
from kiosk.display.server import DisplayServer
from kiosk.display.speech import speech_of
from kiosk.flow.state import Outcome
from kiosk.model import Phase
from kiosk.simulator.demo_command import OWN_SETTINGS, load_settings
from tests.booth import FEVERISH_C, HEALTHY_C, Booth, settings
from tests.browser.chromium import Tab
from tests.display.scenes import APP, REFERRALS, texts
from tests.display.served import make, served
from tests.simulator.hall import Hall

pytestmark = pytest.mark.browser

SMALL = (800, 480)
CHAMBER = {"when": "occupied", "warn_s": 8.0, "spray_s": 3.0, "again_s": 5.0}
ASIDE_PX = "parseFloat(getComputedStyle(document.querySelector('.aside span')).fontSize)"
INSTRUCTION_PX = "parseFloat(getComputedStyle(document.querySelector('#first .instruction')).fontSize)"


class Entrance(Booth):
    """A booth whose page is open in the browser, on the smallest panel."""

    tab: Tab
    server: DisplayServer

    def reads(self, sentence: str) -> None:
        """Wait until the page shows a sentence; fails after the limit of the tab."""
        self.tab.until(f"document.querySelector('#visitor').innerText.includes({sentence!r})")
        self.tab.settle()

    def comes(self) -> None:
        """Let a visitor step in, and be warned, sprayed and asked to come closer."""
        self.set("presence", active=True)
        self.advance(CHAMBER_S)


CHAMBER_S = 8.0 + 3.0 + 0.5


@contextmanager
def entrance(folder: Path, tab: Tab, **changes: object) -> Iterator[Entrance]:
    server = make(app=APP)
    server.start()
    wanted = settings(**{"chamber": CHAMBER, "referrals": {"show_s": 60.0}, **changes})
    booth = Entrance(folder, wanted, display=server)
    booth.tab, booth.server = tab, server
    booth.start()
    tab.open(server.port)
    tab.size(*SMALL)
    try:
        yield booth
    finally:
        booth.close()
        assert server.stop()


def test_a_visitor_without_the_app_is_told_first_and_gets_its_download_codes(folder: Path, tab: Tab) -> None:
    with entrance(folder, tab) as booth:
        booth.reads("Belum punya aplikasi?")
        assert sorted(tab.codes()) == sorted([APP.android, APP.ios])
        booth.comes()
        booth.face(HEALTHY_C)
        booth.advance(2.5)
        booth.reads("Tunjukkan kode QR")
        assert sorted(tab.codes()) == sorted([APP.android, APP.ios])
        booth.advance(21.0)
        booth.reads("Belum punya aplikasi? Pindai untuk mengunduh.")
        assert booth.phase is Phase.REFERRING
        assert sorted(tab.codes()) == sorted([APP.android, APP.ios])


def test_a_slow_phone_is_served_and_the_frame_turns_green(folder: Path, tab: Tab) -> None:
    with entrance(folder, tab) as booth:
        booth.comes()
        booth.face(HEALTHY_C)
        booth.advance(2.5)
        booth.reads("Pegang kode di dalam bingkai.")
        booth.advance(15.0)
        booth.reads("Tunjukkan kode QR")
        booth.show(booth.good_pass)
        booth.reads("Silakan masuk")
        assert booth.door_energised
        tone = "getComputedStyle(document.querySelector('#visitor')).backgroundColor"
        tab.until(f"{tone} === 'rgb(7, 87, 48)'")


def test_a_visitor_with_the_wrong_code_first_reads_what_to_do_and_gets_in(folder: Path, tab: Tab) -> None:
    with entrance(folder, tab) as booth:
        booth.comes()
        booth.face(HEALTHY_C)
        booth.advance(2.5)
        booth.show(b"WIFI:T:WPA;S:Lobby;P:selamatdatang;;")
        booth.reads("Mohon pakai kode lain.")
        assert tab.page.evaluate("document.querySelector('#visitor').innerText.includes('WIFI')") is False
        booth.advance(4.0)
        booth.show(booth.good_pass)
        booth.reads("Silakan masuk")
        assert booth.door_energised


def test_a_visitor_who_declines_has_eight_seconds_and_instructions_in_large_letters(folder: Path, tab: Tab) -> None:
    with entrance(folder, tab) as booth:
        booth.set("presence", active=True)
        booth.advance(0.3)
        for _ in range(3):
            booth.reads("Tidak ingin disemprot? Tekan LEWATI.")
            assert tab.page.evaluate(ASIDE_PX) >= tab.page.evaluate(INSTRUCTION_PX)
            assert tab.page.locator(".aside svg").is_visible()
            assert not booth.pump_on
            booth.advance(2.5)
        booth.press("skip")
        booth.reads("Silakan ke sini. Ada cara lain.")
        assert (booth.ended, booth.pump_ran_s) == ((Outcome.REFERRED, "skipped_step"), 0.0)
        assert tab.page.locator("#place .way use").get_attribute("href") == "#icon-to-right"


def test_a_deaf_visitor_reads_everything_that_is_said(folder: Path, tab: Tab) -> None:
    """Each sentence of the speech stands on the page, in both languages; the place is named in the card."""
    with entrance(folder, tab, sequence=["disinfect", "temperature", "credential"]) as booth:
        heard = []

        def compare() -> None:
            screen = screen_of(booth.kiosk.loop.state, booth.kiosk.rules, can_skip=True)
            booth.reads(texts().say("id", screen.headline))
            for key in speech_of(screen).sentences:
                if key.startswith(("place.", "way.")):
                    booth.reads(REFERRALS.officer.title)
                elif key != "referring.voice":  # "your next step:"
                    heard.append(key)
                    for language in ("id", "en"):
                        booth.reads(texts().say(language, key))

        booth.set("presence", active=True)
        booth.advance(0.3)
        compare()
        booth.advance(8.5)
        compare()
        booth.advance(3.0)
        compare()
        booth.face(HEALTHY_C)
        booth.advance(2.5)
        compare()
        booth.show(booth.forged_pass)
        compare()
        assert booth.phase is Phase.REFERRING
        assert {"disinfecting.skip", "measuring.closer.instruction", "scanning.instruction"} <= set(heard)


NOTE_WHAT_IS_ANNOUNCED = """() => {
    const words = document.querySelector("#words");
    window.announced = new Set([...words.querySelectorAll(".language > *")].map((line) => line.textContent));
    new MutationObserver(() => {
        for (const line of words.querySelectorAll(".language > *")) window.announced.add(line.textContent);
    }).observe(words, { childList: true, subtree: true });
}"""
"""Collects the lines of the page's live region, which a screen reader announces."""


def test_a_blind_visitor_hears_every_step_that_the_page_announces_and_gets_in_after_the_screen_fails(
    folder: Path, tab: Tab
) -> None:
    with served() as server:
        hall = Hall(folder, load_settings(OWN_SETTINGS), server)
        tab.open(server.port)
        tab.page.evaluate(NOTE_WHAT_IS_ANNOUNCED)
        announced: list[str] = []

        def look(_heard: object) -> None:
            """Let the page, which runs in real time, follow; it breaks when a code is asked for."""
            state, rules = hall.demo.kiosk.loop.state, hall.demo.kiosk.rules
            if announced or state.phase in (Phase.CHECKING, Phase.ADMITTING):
                return
            headline = texts().say("en", screen_of(state, rules, can_skip=True).headline)
            tab.until(f"window.announced.has({headline!r})")
            if state.phase is Phase.SCANNING:
                announced.extend(tab.page.evaluate("[...window.announced]"))
                tab.page.goto("about:blank")

        hall.ears.append(look)
        try:
            visitor = hall.visit("en", "green")
        finally:
            hall.demo.close()
    assert visitor.entered
    steps = [key for key in visitor.understood if key.endswith(".headline")]
    assert steps == [
        f"{scene}.headline" for scene in ("disinfecting.warn", "measuring.closer", "scanning", "admitting")
    ]
    assert {texts().say("en", key) for key in steps[:-1]} <= set(announced)


def test_a_child_below_the_thermometer_is_sent_to_the_officer_and_let_in(folder: Path, tab: Tab) -> None:
    with entrance(folder, tab, temperature={"measure_s": 6.0, "unreliable_attempts": 1}) as booth:
        booth.comes()
        booth.face(27.0)  # the sensor sees the wall above the child
        booth.reads("Silakan mendekat")
        booth.advance(7.0)
        booth.reads("Silakan ke sini untuk diukur lagi.")
        assert booth.ended == (Outcome.REFERRED, "temperature_unreliable")
        assert tab.page.locator("#place").inner_text().split() == ["15", "m", "Meja", "petugas", "Lobi"]
        booth.press("officer")
        booth.reads("Silakan masuk")
        assert booth.door_energised


def test_a_fever_is_private(folder: Path, tab: Tab) -> None:
    with entrance(folder, tab) as booth:
        booth.comes()
        booth.face(FEVERISH_C)
        booth.advance(2.5)
        booth.reads("Kita ukur sekali lagi")
        booth.advance(8.0)
        booth.reads("Silakan ke sini untuk diukur lagi.")
        reason = "parseFloat(getComputedStyle(document.querySelector('.reason')).fontSize)"
        assert tab.page.evaluate(reason) < 0.6 * tab.page.evaluate(INSTRUCTION_PX)
        assert tab.page.evaluate("document.querySelector('#visitor').dataset.tone") == "attention"
        booth.go_away()
        booth.advance(70.0)
        booth.reads("Selamat datang")
        assert "38" not in tab.page.locator("#visitor").inner_text()
