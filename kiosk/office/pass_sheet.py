"""A printable sheet of site passes: a PDF in A4 with eight passes on a page, each a QR code with a caption.

Source: ISO 32000-1 (PDF 1.7), sections 7.3 to 7.8 and 9.6.2.2 (Helvetica needs no embedding).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

import segno

PAGE_WIDTH_PT, PAGE_HEIGHT_PT = 595.28, 841.89
"""Size of an A4 page in points (1/72 inch)."""
COLUMNS, ROWS = 2, 4
CODE_PT = 150.0
"""Side of a printed code: 53 mm. It has 45 modules and 8 of quiet zone, so a module is about 1 mm wide."""
QUIET_ZONE_MODULES = 4
CAPTION_PT, CAPTION_STEP_PT = 9, 12


@dataclass(frozen=True, slots=True)
class SheetEntry:
    """One pass on the sheet. `text` is the pass itself. It opens the door for anybody, so `repr` does not show it."""

    caption: tuple[str, ...]
    text: str = field(repr=False)


def sheet(entries: Sequence[SheetEntry]) -> bytes:
    """Return a PDF with all entries, eight on a page."""
    per_page = COLUMNS * ROWS
    pages = [entries[at : at + per_page] for at in range(0, len(entries), per_page)]
    count = len(pages)
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(count))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {count} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for number, page in enumerate(pages):
        content = "\n".join(_page(page)).encode("cp1252", "replace")
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {PAGE_WIDTH_PT} {PAGE_HEIGHT_PT}] "
            f"/Resources << /Font << /F1 3 0 R >> >> /Contents {5 + 2 * number} 0 R >>".encode()
        )
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content))
    return _file(objects)


def _page(entries: Sequence[SheetEntry]) -> Iterator[str]:
    """Yield the PDF operators that draw one page."""
    cell_width, cell_height = PAGE_WIDTH_PT / COLUMNS, PAGE_HEIGHT_PT / ROWS
    for at, entry in enumerate(entries):
        row, column = divmod(at, COLUMNS)
        left = column * cell_width + (cell_width - CODE_PT) / 2
        top = PAGE_HEIGHT_PT - row * cell_height - 15
        yield from _code(entry.text, left, top)
        for number, line in enumerate(entry.caption, start=1):
            escaped = line.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
            printable = "".join(character if character.isprintable() else " " for character in escaped)
            bottom = top - CODE_PT - number * CAPTION_STEP_PT
            yield f"BT /F1 {CAPTION_PT} Tf {left + 12:.2f} {bottom:.2f} Td ({printable}) Tj ET"


def _code(text: str, left: float, top: float) -> Iterator[str]:
    """Yield PDF operators that draw the QR code: a filled rectangle for each run of dark modules in a row."""
    rows = [bytes(row) for row in segno.make_qr(text, error="m").matrix]
    module = CODE_PT / (len(rows) + 2 * QUIET_ZONE_MODULES)
    for number, row in enumerate(rows):
        bottom = top - (number + 1 + QUIET_ZONE_MODULES) * module
        for is_dark, run in groupby(enumerate(row), key=lambda column: column[1] & 1):
            columns = [column for column, _ in run]
            if is_dark:
                x = left + (columns[0] + QUIET_ZONE_MODULES) * module
                yield f"{x:.2f} {bottom:.2f} {len(columns) * module:.2f} {module:.2f} re"
    yield "f"


def _file(objects: Sequence[bytes]) -> bytes:
    """Return the PDF file: the objects, numbered from 1, and the table of their offsets (ISO 32000-1, 7.5.4)."""
    made = bytearray(b"%PDF-1.4\n")
    places = []
    for number, content in enumerate(objects, start=1):
        places.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = len(made)
    made += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    made += b"".join(b"%010d 00000 n \n" % place for place in places)
    made += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table)
    return bytes(made)
