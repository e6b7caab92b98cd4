"""The contrast of the page's colours is sufficient; it is computed from the CSS by the formula of WCAG 2.2."""

import re

import pytest

from kiosk.display import page
from kiosk.display.looks import Tone

CSS = page.read("tones.css") + page.read("machine.css")
STYLE = page.read("parts.css")
BLOCKS = {
    name.strip(): dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", body))
    for name, body in re.findall(r"(.+) \{([^}]+)\}", CSS)
}

TEXT = 7.0  # 1.4.6, level AAA
GRAPHICS = 3.0  # 1.4.11

PAIRS = [
    ("ink", "paper", TEXT),
    ("soft", "paper", TEXT),
    ("line", "paper", GRAPHICS),
    ("sign", "disc", GRAPHICS),
    ("card-ink", "card", TEXT),
]


def luminance(colour: str) -> float:
    """Return the relative luminance of an sRGB colour (WCAG 2.2, definitions)."""
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_black_on_white_is_21_to_1() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)


@pytest.mark.parametrize("tone", [tone.value for tone in Tone])
@pytest.mark.parametrize(("front", "back", "least"), PAIRS)
def test_every_pair_of_colours_of_a_tone_has_enough_contrast(tone: str, front: str, back: str, least: float) -> None:
    colours = BLOCKS[f'[data-tone="{tone}"]']
    assert contrast(colours[front], colours[back]) >= least


@pytest.mark.parametrize("front", ["machine-ink", "machine-soft", "machine-active"])
def test_the_view_of_the_machine_has_enough_contrast(front: str) -> None:
    assert contrast(BLOCKS[":root"][front], BLOCKS[":root"]["machine-paper"]) >= TEXT


def test_the_banner_of_a_simulation_has_enough_contrast() -> None:
    assert contrast(BLOCKS[":root"]["simulation-ink"], BLOCKS[":root"]["simulation-paper"]) >= TEXT


WATERMARK = 0.028  # the opacity of `#visitor::before` in kiosk.css


@pytest.mark.parametrize("tone", [tone.value for tone in Tone])
@pytest.mark.parametrize("front", ["ink", "soft"])
def test_the_watermark_leaves_enough_contrast(tone: str, front: str) -> None:
    assert f"opacity: {WATERMARK};" in page.read("kiosk.css")
    colours = BLOCKS[f'[data-tone="{tone}"]']
    ink, paper = ([int(colours[name][i : i + 2], 16) for i in (1, 3, 5)] for name in ("ink", "paper"))
    mixed = [round(WATERMARK * dark + (1 - WATERMARK) * light) for dark, light in zip(ink, paper, strict=True)]
    assert contrast(colours[front], "#{:02x}{:02x}{:02x}".format(*mixed)) >= TEXT


def test_the_label_of_the_live_picture_has_enough_contrast() -> None:
    label = re.search(r"#hold \{[^}]*color: (#[0-9a-f]{6});[^}]*background: (#[0-9a-f]{6});", STYLE)
    assert label
    assert contrast(*label.groups()) >= TEXT


def test_tones_differ_in_lightness_too() -> None:
    """The large disc is dark on light, light on dark, or amber."""
    papers = {tone.value: BLOCKS[f'[data-tone="{tone.value}"]']["paper"] for tone in Tone}
    assert contrast(papers["good"], papers["act"]) >= GRAPHICS
    assert contrast(papers["danger"], papers["attention"]) >= GRAPHICS
