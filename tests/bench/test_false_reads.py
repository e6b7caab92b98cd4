"""The bench of false reads: its drawings have no QR code, and what is read in a picture is counted."""

import json
import sys

import numpy as np
import pytest
import segno

from bench import false_reads
from bench.scanner import textures


def test_each_kind_is_a_picture_and_the_same_numbers_draw_the_same_one() -> None:
    for kind in textures.KINDS:
        first, second = (textures.drawn(kind, np.random.default_rng(5)) for _ in range(2))
        assert first.shape == (textures.HEIGHT, textures.WIDTH)
        assert first.dtype == np.uint8
        assert first.std() > 1, kind
        assert (first == second).all(), kind


def test_a_code_that_is_read_is_counted(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    code = segno.make("a code", micro=False)
    modules = np.pad(np.array([list(row) for row in code.matrix], bool), 4)
    monkeypatch.setattr(false_reads, "KINDS", {"text": None, "code": None})
    picture = textures._painted(modules, 10).astype(np.uint8)
    wall = np.full((480, 640), 200, np.uint8)
    monkeypatch.setattr(false_reads, "drawn", lambda kind, _random: picture if kind == "code" else wall)
    monkeypatch.setattr(sys, "argv", ["false_reads", "--count", "4", "--json"])
    false_reads.main()
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert rows == [
        {"kind": "text", "pictures": 2, "false_reads": 0},
        {"kind": "code", "pictures": 2, "false_reads": 2},
    ]
