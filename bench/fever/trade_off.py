"""The trade-off of a rule as a picture: sensitivity against specificity over all limits, as SVG."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

SHIFTS_C = tuple(step / 20 for step in range(-80, 81))
"""The limits of a curve, as degrees from the rule's own limit, which is the shift 0."""

WIDTH, HEIGHT, SIDE, LEGEND = 430, 380, 60, 30
"""Size of a panel, its margins, and the height of the legend below all panels."""

COLOURS = {"fixed": "#b35806", "relative": "#2166ac"}
TITLES = {
    "spot": "spot sensor, first look",
    "looks": "spot sensor, hottest steady of four looks",
    "imager": "hottest of the face, mean of four looks",
}
BESIDE = {"fixed": (-8, 16, "end"), "relative": (7, -7, "start")}
"""The places of the figures of a dot: right and down from it, and the end of the text that is there."""


@dataclass(frozen=True, slots=True)
class Curve:
    """One rule with one sensor: points (specificity, sensitivity) of the median and of the worst unit, for each shift
    of the limit."""

    rule: str
    sensor: str
    median: tuple[tuple[float, float], ...]
    worst: tuple[tuple[float, float], ...]


def curve(rule: str, sensor: str, units: Sequence[Sequence[tuple[bool, float]]]) -> Curve:
    """Return the curve of `units`: for each unit and person if they have a fever, and the degrees above the limit."""
    fevers = [sorted(margin_c for has_fever, margin_c in unit if has_fever) for unit in units]
    healthy = [sorted(margin_c for has_fever, margin_c in unit if not has_fever) for unit in units]
    middle, worst = [], []
    for shift_c in SHIFTS_C:
        sensitivity = [1 - bisect_left(unit, shift_c) / len(unit) for unit in fevers]
        specificity = [bisect_left(unit, shift_c) / len(unit) for unit in healthy]
        middle.append((median(specificity), median(sensitivity)))
        worst.append((min(specificity), min(sensitivity)))
    return Curve(rule, sensor, tuple(middle), tuple(worst))


def picture(curves: Sequence[Curve]) -> str:
    """Return the SVG: a panel for each sensor; solid lines are the median unit, dashed ones the worst, and a dot stands
    where the rule's own limit is."""
    sensors = list(dict.fromkeys(one.sensor for one in curves))
    width = WIDTH * len(sensors)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {HEIGHT + LEGEND}" font-family="sans-serif"',
        ' font-size="12">',
        f'<rect width="{width}" height="{HEIGHT + LEGEND}" fill="white"/>',
    ]
    for number, sensor in enumerate(sensors):
        parts.append(f'<g transform="translate({number * WIDTH} 0)">')
        parts += _axes(sensor)
        for one in curves:
            if one.sensor == sensor:
                parts += _lines(one)
        parts.append("</g>")
    return "\n".join((*parts, *_legend(width), "</svg>")) + "\n"


def _legend(width: int) -> list[str]:
    """Return the meaning of colours, lines and dots, in one row below the panels."""
    words = (
        "solid: median of the units · dashed: worst of the units · dot: the default limit, sensitivity / specificity"
    )
    row = HEIGHT + LEGEND // 2
    left = width / 2 - 430
    parts = []
    for number, (rule, colour) in enumerate(COLOURS.items()):
        start = left + number * 120
        parts += [
            f'<path d="M{start} {row - 4}h24" stroke="{colour}" stroke-width="2"/>',
            f'<text x="{start + 30}" y="{row}" fill="{colour}" font-weight="bold">{rule} rule</text>',
        ]
    return [*parts, f'<text x="{left + 250}" y="{row}">{words}</text>']


def _axes(sensor: str) -> list[str]:
    parts = [
        f'<text x="{WIDTH // 2}" y="20" text-anchor="middle" font-weight="bold">{TITLES.get(sensor, sensor)}</text>'
    ]
    for tenths in range(0, 11, 2):
        share = tenths / 10
        x, y = _point(share, share)
        left, bottom = _point(0, 0)
        right, top = _point(1, 1)
        parts += [
            f'<path d="M{x} {bottom}V{top}M{left} {y}H{right}" stroke="#ddd"/>',
            f'<text x="{x}" y="{bottom + 16}" text-anchor="middle">{share:g}</text>',
            f'<text x="{left - 6}" y="{y + 4}" text-anchor="end">{share:g}</text>',
        ]
    middle = HEIGHT // 2
    return [
        *parts,
        f'<text x="{WIDTH // 2}" y="{HEIGHT - 10}" text-anchor="middle">specificity (healthy people not high)</text>',
        f'<text transform="translate(20 {middle}) rotate(-90)" text-anchor="middle">sensitivity (fevers found)</text>',
    ]


def _lines(one: Curve) -> list[str]:
    colour = COLOURS[one.rule]
    specificity, sensitivity = one.median[SHIFTS_C.index(0.0)]
    x, y = _point(specificity, sensitivity)
    right, down, anchor = BESIDE[one.rule]
    return [
        f'<polyline points="{_points(one.median)}" fill="none" stroke="{colour}" stroke-width="2"/>',
        f'<polyline points="{_points(one.worst)}" fill="none" stroke="{colour}" stroke-dasharray="5 3"/>',
        f'<circle cx="{x}" cy="{y}" r="5" fill="{colour}" stroke="white"/>',
        f'<text x="{x + right}" y="{y + down}" text-anchor="{anchor}" fill="{colour}" font-weight="bold">',
        f"{sensitivity:.2f} / {specificity:.2f}</text>",
    ]


def _points(points: Sequence[tuple[float, float]]) -> str:
    return " ".join("{:g},{:g}".format(*_point(*point)) for point in points)


def _point(specificity: float, sensitivity: float) -> tuple[float, float]:
    """Return where a point stands in a panel, in units of the picture."""
    across, up = WIDTH - 2 * SIDE, HEIGHT - 2 * SIDE
    return round(SIDE + specificity * across, 1), round(HEIGHT - SIDE - sensitivity * up, 1)
