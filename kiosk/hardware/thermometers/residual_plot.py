"""The residuals of a calibration over the clinical readings, as a picture (SVG) and as text for a terminal."""

from collections.abc import Sequence

WIDTH, HEIGHT, SIDE = 520, 320, 50

TEXT_COLUMNS, TEXT_ROWS = 48, 11

POINT, AXIS = "o", "-"


def picture(clinical_c: Sequence[float], residual_c: Sequence[float], title: str) -> str:
    """Return the SVG; the line is where estimate and clinical thermometer agree."""
    low_c, high_c, most_c = _limits(clinical_c, residual_c)

    def place(at_c: float, left_c: float) -> tuple[float, float]:
        across = (at_c - low_c) / (high_c - low_c)
        up = (left_c + most_c) / (2 * most_c)
        return round(SIDE + across * (WIDTH - 2 * SIDE), 1), round(HEIGHT - SIDE - up * (HEIGHT - 2 * SIDE), 1)

    (left, middle), (right, _) = place(low_c, 0.0), place(high_c, 0.0)
    _, top = place(low_c, most_c)
    _, bottom = place(low_c, -most_c)
    dots = [place(at_c, left_c) for at_c, left_c in zip(clinical_c, residual_c, strict=True)]
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif"',
            ' font-size="12">',
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
            f'<text x="{WIDTH / 2}" y="24" text-anchor="middle" font-weight="bold">{title}</text>',
            f'<path d="M{left} {top}V{bottom}H{right}" fill="none" stroke="#888"/>',
            f'<path d="M{left} {middle}H{right}" stroke="#2166ac"/>',
            f'<text x="{left - 6}" y="{top + 4}" text-anchor="end">+{most_c:g}</text>',
            f'<text x="{left - 6}" y="{middle + 4}" text-anchor="end">0</text>',
            f'<text x="{left - 6}" y="{bottom + 4}" text-anchor="end">-{most_c:g}</text>',
            f'<text x="{left}" y="{bottom + 16}" text-anchor="middle">{low_c:.1f}</text>',
            f'<text x="{right}" y="{bottom + 16}" text-anchor="middle">{high_c:.1f}</text>',
            f'<text x="{WIDTH / 2}" y="{HEIGHT - 12}" text-anchor="middle">clinical thermometer, °C</text>',
            f'<text transform="translate(14 {middle}) rotate(-90)" text-anchor="middle">clinical - estimate, °C</text>',
            *(f'<circle cx="{x}" cy="{y}" r="4" fill="#b35806" fill-opacity="0.7"/>' for x, y in dots),
            "</svg>\n",
        )
    )


def text(clinical_c: Sequence[float], residual_c: Sequence[float]) -> str:
    """Return the plot as lines of text: the residuals from top to bottom, the clinical readings from left to right."""
    low_c, high_c, most_c = _limits(clinical_c, residual_c)
    rows = [[" "] * TEXT_COLUMNS for _ in range(TEXT_ROWS)]
    rows[TEXT_ROWS // 2] = [AXIS] * TEXT_COLUMNS
    for at_c, left_c in zip(clinical_c, residual_c, strict=True):
        column = round((at_c - low_c) / (high_c - low_c) * (TEXT_COLUMNS - 1))
        row = round((most_c - left_c) / (2 * most_c) * (TEXT_ROWS - 1))
        rows[row][column] = POINT
    labels = {0: f"+{most_c:g}", TEXT_ROWS // 2: "0", TEXT_ROWS - 1: f"-{most_c:g}"}
    lines = [f"{labels.get(number, ''):>6} |{''.join(row)}".rstrip() for number, row in enumerate(rows)]
    ends = f"{low_c:.1f}{'clinical thermometer, C':^{TEXT_COLUMNS - 8}}{high_c:.1f}"
    return "\n".join((*lines, f"{'':8}{ends}"))


def _limits(clinical_c: Sequence[float], residual_c: Sequence[float]) -> tuple[float, float, float]:
    """Return the ends of the horizontal axis, and the largest residual, rounded up."""
    low_c, high_c = min(clinical_c), max(clinical_c)
    if high_c - low_c < 0.5:
        low_c, high_c = low_c - 0.25, high_c + 0.25
    most_c = max(0.5, *map(abs, residual_c))
    return low_c, high_c, round(most_c + 0.05, 1)
