"""Regression test: pictures that must be read, now and in the future, by the stages that 40 ms pay for."""

import base64
import importlib.util
import json
import zlib
from pathlib import Path
from types import ModuleType

import cv2
import numpy as np
import pytest

from kiosk.scanner.cascade.decode import try_stages
from kiosk.scanner.cascade.stages import STAGES
from kiosk.scanner.cascade.views import FrameViews
from kiosk.scanner.symbol.grey import Grey
from tests.samples import every
from tests.scanner.charged_budget import Charged

PICTURES = Path(__file__).parents[4] / "shared" / "qr"
BUDGET_MS = 40.0

PHOTOGRAPHS = [
    "jsqr-0",
    "jsqr-bike-1",
    "jsqr-bus-stop-3",
    "jsqr-cupcake-2",
    "jsqr-museum-1",
    "jsqr-sd-card-1",
    "jsqr-sd-card-2",
    "zxing-qrcode-1-1",
    "zxing-qrcode-2-1",
    "zxing-qrcode-2-12",
    "zxing-qrcode-2-28",
    "zxing-qrcode-3-03",
    "zxing-qrcode-3-27",
    "zxing-qrcode-3-37",
    "zxing-qrcode-4-06",
    "zxing-qrcode-4-23",
    "zxing-qrcode-4-30",
    "zxing-qrcode-4-34",
    "zxing-qrcode-5-06",
    "zxing-qrcode-6-8",
    "zxingcpp-qrcode-2-_142",
    "zxingcpp-qrcode-2-qr-inv-2",
]

DRAWN = """
    base|url, base|dcc, base|shc, tilt 45|dcc, tilt 65|url, tilt 65|shc, glare 0.2|dcc, glare 0.2|url, glare 0.3|dcc,
    band 0.9|dcc, band 0.9|shc, over 8|dcc, over 16|shc, defocus 2.5|shc, defocus 3.5|dcc, motion 4|dcc, quiet 0|url,
    quiet 0|dcc, haze 0.85|shc, dark 0.02|dcc, moire 0.8|shc, noise 45|dcc, crack 3|dcc, shadow 0.1|shc,
    inverted dark-mode|dcc, size-shc 160|shc, size-dcc 200|dcc, curl 0.01|dcc
"""
DRAWINGS = [tuple(name.strip().split("|")) for name in DRAWN.split(",")]


def read(grey: Grey) -> set[bytes]:
    result = try_stages(STAGES, FrameViews(grey), Charged(BUDGET_MS, lambda: 0.0, 0.0))
    return {decoded.data for decoded in result.codes}


@pytest.mark.skipif(not PICTURES.exists(), reason=f"no pictures at {PICTURES}")
@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_a_pinned_photograph_is_read(name: str) -> None:
    manifest = {entry["file"]: entry for entry in json.loads((PICTURES / "manifest.json").read_text())}
    entry = manifest[f"photos/{name}.jpg"]
    grey = cv2.imread(str(PICTURES / entry["file"]), cv2.IMREAD_GRAYSCALE)
    assert grey is not None
    assert read(grey.astype(np.uint8)) & {base64.b64decode(payload) for payload in entry["payloads_base64"]}


@pytest.fixture(scope="module")
def synth() -> ModuleType:
    spec = importlib.util.spec_from_file_location("synth", PICTURES / "synth.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.skipif(not PICTURES.exists(), reason=f"no generator at {PICTURES}")
@pytest.mark.parametrize(("level", "kind"), every(3, DRAWINGS))
def test_a_pinned_drawing_is_read(synth: ModuleType, level: str, kind: str) -> None:
    plan = {f"{factor} {amount}".replace("base base", "base"): factors for factor, amount, factors, _ in synth.plan()}
    rng = np.random.default_rng(zlib.crc32(f"{level}|{kind}".encode()))
    grey, _, payload, _ = synth.scene(rng, kind, **plan[level])
    assert read(grey) == {payload}
