"""A few public photographs of real codes, if they are available."""

import base64
import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from kiosk.scanner.cascade.decode import Decoder

PHOTOGRAPHS = Path(__file__).parents[4] / "shared" / "qr"
SAMPLE = [
    "photos/zxing-qrcode-1-1.jpg",
    "photos/zxing-qrcode-2-1.jpg",
    "photos/zxing-qrcode-2-12.jpg",
    "photos/jsqr-bike-1.jpg",
    "photos/jsqr-museum-1.jpg",
    "photos/jsqr-sd-card-1.jpg",
]


@pytest.mark.skipif(not PHOTOGRAPHS.exists(), reason=f"no photographs at {PHOTOGRAPHS}")
@pytest.mark.parametrize("name", SAMPLE)
def test_a_photographed_code_is_read(name: str) -> None:
    manifest = {entry["file"]: entry for entry in json.loads((PHOTOGRAPHS / "manifest.json").read_text())}
    truth = {base64.b64decode(payload) for payload in manifest[name]["payloads_base64"]}
    grey = cv2.imread(str(PHOTOGRAPHS / name), cv2.IMREAD_GRAYSCALE)
    assert grey is not None
    codes = Decoder(10_000, now_s=lambda: 0.0).decode(grey.astype(np.uint8)).codes
    assert {decoded.data for decoded in codes} <= truth
    assert codes
