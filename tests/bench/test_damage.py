"""The damage to the codes of photographs."""

import base64
import json
from pathlib import Path

import cv2
import numpy as np
import segno

from bench.scanner.damage import corpus
from kiosk.scanner.cascade.readers import zxing

TEXT = "KIOSK1:" + "p" * 40


def test_damage_hides_the_code_from_the_first_stage_and_keeps_the_truth(tmp_path: Path) -> None:
    drawn = np.array([list(row) for row in segno.make(TEXT, error="m", micro=False).matrix], np.uint8)
    cv2.imwrite(str(tmp_path / "one.png"), np.where(np.pad(drawn, 4), 20, 235).repeat(5, 0).repeat(5, 1))
    entry = {"file": "one.png", "payloads_base64": [base64.b64encode(TEXT.encode()).decode()]}
    (tmp_path / "manifest.json").write_text(json.dumps([entry] * 12))
    whole, hidden = list(corpus(tmp_path, None)), list(corpus(tmp_path, 1))
    assert len(whole) == 12
    assert all(zxing()(each.grey).codes for each in whole)
    assert hidden
    assert not any(zxing()(each.grey).codes for each in hidden)
    assert {each.truth for each in hidden} == {frozenset([TEXT.encode()])}
    assert all((one.grey == other.grey).all() for one, other in zip(hidden, corpus(tmp_path, 1), strict=True))
