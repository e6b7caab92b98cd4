"""The wiring sheet of a site: as text for the terminal, as SVG, and as PNG.

The drawing is a list of shapes, so that both picture formats show the same. PNG is drawn with OpenCV, which the scanner
brings; its letters are plain ASCII.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from kiosk.office.wiring.connections import Connection, config_lines, connections
from kiosk.settings.schema.header import GPIO_AT, SUPPLIES, at_place
from kiosk.settings.schema.settings import Settings

WIDTH_PX, ROW_PX, TOP_PX = 1720, 54, 130
LEFT_PX, RIGHT_PX, RADIUS_PX = 828, 892, 19
INK, PALE, USED, POWER, GROUND = "#1b2a33", "#8b99a1", "#0d6e6e", "#b3261e", "#333333"
LARGE_PX, NORMAL_PX, SMALL_PX = 34, 19, 15


KEEP_FREE = frozenset({0, 1, 14, 15})
"""GPIO 0 and 1: the Pi probes them for an add-on board; 14 and 15: the serial console."""


@dataclass(frozen=True, slots=True)
class Disc:
    """A filled circle with a number in it."""

    x: int
    y: int
    number: int
    colour: str


@dataclass(frozen=True, slots=True)
class Words:
    """A line of text; `to_left` means that it ends at `x`."""

    x: int
    y: int
    text: str
    size_px: int
    colour: str = INK
    to_left: bool = False


Shape = Disc | Words


def as_text(settings: Settings) -> str:
    """Return the header with the site's pins, and a table, for the terminal."""
    wired = {found.place: found for found in connections(settings)}
    lines = [f"the 40-pin header of '{settings.name}'; place 1 is at the corner of the board", ""]
    lines += [
        f"{_label(left, wired):>44} {left:>2} | {left + 1:<2} {_label(left + 1, wired)}".rstrip()
        for left in range(1, 41, 2)
    ]
    lines += ["", f"{'header':6} {'GPIO':5} {'setting':28} {'wire':66} {'resistor':46} a cut wire"]
    lines += [
        f"{found.place:6} {found.gpio:<5} {found.setting:28} {found.wire:66} {found.resistor:46} {found.cut}"
        for found in wired.values()
    ]
    lines += ["", "config.txt:", *(f"  {line}" for line in config_lines(settings))]
    return "\n".join(lines) + "\n"


def _label(place: int, wired: dict[int, Connection]) -> str:
    if place in wired:
        return f"{wired[place].setting} ({at_place(place)})"
    return at_place(place) if place in SUPPLIES else f"- ({at_place(place)})"


def as_svg(settings: Settings) -> str:
    """Return the drawing as the text of an SVG file."""
    shapes = list(_shapes(settings))
    height = _height(shapes)
    size = f'width="{WIDTH_PX}" height="{height}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="0 0 {WIDTH_PX} {height}">',
        f"<title>{escape(f'The wiring of {settings.name}')}</title>",
        f'<rect {size} fill="#ffffff"/>',
    ]
    for shape in shapes:
        match shape:
            case Disc(x, y, number, colour):
                lines.append(f'<circle cx="{x}" cy="{y}" r="{RADIUS_PX}" fill="{colour}"/>')
                lines.append(_svg_words(Words(x, y + 6, str(number), NORMAL_PX, "#ffffff"), "middle"))
            case Words():
                lines.append(_svg_words(shape, "end" if shape.to_left else "start"))
    return "\n".join([*lines, "</svg>"]) + "\n"


def _svg_words(words: Words, anchor: str) -> str:
    return (
        f'<text x="{words.x}" y="{words.y}" font-family="Helvetica, Arial, sans-serif" font-size="{words.size_px}" '
        f'text-anchor="{anchor}" fill="{words.colour}">{escape(words.text)}</text>'
    )


def as_png(settings: Settings) -> bytes:
    """Return the drawing as the content of a PNG file."""
    import cv2
    import numpy as np

    shapes = list(_shapes(settings))
    picture = np.full((_height(shapes), WIDTH_PX, 3), 255, np.uint8)
    font = cv2.FONT_HERSHEY_SIMPLEX

    def put(text: str, x: int, y: int, size_px: int, colour: str, share: float) -> None:
        """Draw `text`; `share` of its width lies left of `x`."""
        plain = text.encode("ascii", "replace").decode()
        scale, thick = size_px / 31.0, 2 if size_px > NORMAL_PX else 1
        (width, _), _ = cv2.getTextSize(plain, font, scale, thick)
        at = (round(x - share * width), y)
        cv2.putText(picture, plain, at, font, scale, _bgr(colour), thick, cv2.LINE_AA)

    for shape in shapes:
        match shape:
            case Disc(x, y, number, colour):
                cv2.circle(picture, (x, y), RADIUS_PX, _bgr(colour), -1, cv2.LINE_AA)
                put(str(number), x, y + 6, NORMAL_PX, "#ffffff", 0.5)
            case Words(x, y, text, size_px, colour, to_left):
                put(text, x, y, size_px, colour, 1.0 if to_left else 0.0)
    _, data = cv2.imencode(".png", picture)
    return data.tobytes()


def _bgr(colour: str) -> tuple[int, int, int]:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return blue, green, red


def _height(shapes: Sequence[Shape]) -> int:
    return max(shape.y for shape in shapes) + 40


def _shapes(settings: Settings) -> Iterator[Shape]:
    wired = {found.place: found for found in connections(settings)}
    yield Words(40, 56, f"Wiring of {settings.name}", LARGE_PX)
    yield Words(
        40, 88, f"{settings.site}   (place 1 is at the corner of the board; GPIO numbers are BCM)", NORMAL_PX, PALE
    )
    for place in range(1, 41):
        is_left = place % 2 == 1
        x, y = LEFT_PX if is_left else RIGHT_PX, TOP_PX + ROW_PX * ((place - 1) // 2) + 20
        yield Disc(x, y, place, _colour(place, wired))
        yield from _beside(place, wired.get(place), y, is_left)
    y = TOP_PX + 20 * ROW_PX + 40
    yield Words(40, y, "config.txt", NORMAL_PX)
    for number, line in enumerate(config_lines(settings), 1):
        yield Words(60, y + 26 * number, line, NORMAL_PX)
    y += 26 * len(config_lines(settings)) + 40
    for number, text in enumerate(_RULES):
        yield Words(40, y + 26 * number, text, NORMAL_PX)


_RULES = (
    "No pin tolerates more than 3.3 V. Mains voltage is for an electrician. The way out never depends on this machine.",
    "Diode (1N4007) across the coil of lock and pump. Fuse, timer relay and hand switch in the pump's supply.",
)


def _beside(place: int, found: Connection | None, y: int, is_left: bool) -> Iterator[Words]:
    x = LEFT_PX - RADIUS_PX - 14 if is_left else RIGHT_PX + RADIUS_PX + 14
    if found is None:
        name = at_place(place)
        use = "" if place in SUPPLIES else ": keep free" if GPIO_AT[place] in KEEP_FREE else ": free"
        yield Words(x, y + 6, f"{name}{use}", SMALL_PX, PALE, is_left)
        return
    yield Words(x, y - 2, f"{found.wire}  -  {at_place(place)}", NORMAL_PX, INK, is_left)
    yield Words(x, y + 18, f"{found.resistor}; cut: {found.cut}", SMALL_PX, PALE, is_left)


def _colour(place: int, wired: dict[int, Connection]) -> str:
    if place in wired:
        return USED
    if place in SUPPLIES:
        return GROUND if SUPPLIES[place] == "ground" else POWER
    return PALE if place in GPIO_AT else INK
