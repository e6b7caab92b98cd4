import pytest

from kiosk.office.pass_office import issue_order
from kiosk.office.pass_sheet import SheetEntry, sheet
from tests.credentials import passes
from tests.credentials.passes import ORDER, SITE


def test_the_sheet_is_a_pdf_whose_codes_can_be_scanned() -> None:
    texts = [issue_order(passes.KEY, SITE, ORDER).text for _ in range(9)]
    made = sheet([SheetEntry((f"Visitor (no. {at}) \\ é",), text) for at, text in enumerate(texts)])
    assert made.startswith(b"%PDF-1.4")
    assert made.count(b"/Type /Page ") == 2
    table = int(made.rsplit(b"startxref\n", 1)[1].split(b"\n")[0])
    assert made[table : table + 4] == b"xref"
    for number, line in enumerate(made[table:].split(b"\n")[3:10], start=1):
        assert made[int(line[:10]) :].startswith(b"%d 0 obj" % number)
    assert drawn_codes(made) == texts


def drawn_codes(pdf: bytes) -> list[str]:
    """Return the texts of the codes in the sheet, after drawing its rectangles into a picture for each page."""
    np = pytest.importorskip("numpy")
    zxingcpp = pytest.importorskip("zxingcpp")
    found = []
    for content in pdf.split(b"stream\n")[1::2]:
        page = np.full((3400, 2400), 255, np.uint8)
        for line in content.split(b"\n"):
            if line.endswith(b" re"):
                x, y, width, height = (float(word) * 4 for word in line.split()[:4])
                page[round(3400 - y - height) : round(3400 - y), round(x) : round(x + width)] = 0
        codes = zxingcpp.read_barcodes(page, formats=zxingcpp.BarcodeFormat.QRCode)
        found += [
            code.text
            for code in sorted(codes, key=lambda code: (code.position.top_left.y // 400, code.position.top_left.x))
        ]
    return found
