import re
import subprocess
import sys
from pathlib import Path

from kiosk.display.texts import load
from kiosk.fault_numbers import NUMBERS, short_code
from kiosk.faults import FAULTS
from kiosk.health.faults_page import faults_page

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "faults.md"


def test_the_page_is_the_output_of_the_program() -> None:
    command = [sys.executable, "-m", "kiosk.health.faults_page"]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert printed == faults_page()
    assert PAGE.read_text() == printed, "run: python -m kiosk.health.faults_page > docs/faults.md"


def test_every_fault_has_a_heading_that_a_screen_can_link_to() -> None:
    assert re.findall(r"^## (.+)$", PAGE.read_text(), re.MULTILINE) == list(FAULTS)


def test_an_officer_finds_the_words_of_the_screen_in_the_table_by_their_number() -> None:
    texts = load(ROOT / "config" / "texts", ("id", "en"))
    rows = re.findall(r"^\| (Kode .+?) \| (.+?) \| \[(.+?)\]", PAGE.read_text(), re.MULTILINE)
    assert [name for _, _, name in rows] == sorted(NUMBERS, key=NUMBERS.__getitem__)
    for words, cause, name in rows:
        shown = [texts.say(language, "fault", fault=short_code(name)) for language in ("id", "en")]
        assert (words, cause) == (" / ".join(shown), FAULTS[name].cause)


def test_every_fault_has_a_cause_and_a_remedy_without_a_full_stop() -> None:
    for code, fault in FAULTS.items():
        assert re.fullmatch(r"[a-z][a-z0-9_]+", code)
        for text in (fault.cause, fault.remedy):
            assert text
            assert not text.endswith(".")


def test_every_fault_has_a_number_of_its_own() -> None:
    assert NUMBERS.keys() == FAULTS.keys()
    assert len(set(NUMBERS.values())) == len(NUMBERS)
    assert all(10 <= number <= 99 for number in NUMBERS.values()), "two digits are read out on the telephone"
