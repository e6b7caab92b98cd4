"""The tally of what each stage wins."""

import json

import numpy as np
import pytest

from bench.scanner.pictures import Picture
from bench.stages import Tally, main
from kiosk.scanner.cascade.prepare import same
from kiosk.scanner.cascade.readers import Code, Found
from kiosk.scanner.cascade.stages import Stage
from kiosk.scanner.symbol.grey import Grey

EASY, HARD, BLANK = (np.full((48, 64), level, np.uint8) for level in (0, 100, 200))
CORNERS = ((0.0, 0.0),) * 4


def stage(name: str, *levels: int, data: bytes = b"one") -> Stage:
    """Return a stage that reads the pictures of these grey levels."""

    def read(grey: Grey, *_: object) -> Found:
        return Found((Code(data, CORNERS),)) if int(grey[0, 0]) in levels else Found()

    return Stage(name, same, read, 1.0)


def test_a_stage_wins_what_no_earlier_stage_reads() -> None:
    stages = (
        stage("first", 0),
        stage("early", 100),
        stage("late", 100, 200),
        stage("wrong", 200, data=b"other"),
        stage("none"),
    )
    tally = Tally(stages)
    for grey in (EASY, HARD, BLANK):
        tally.add(Picture("a", "b", grey, frozenset([b"one"])))
    assert (tally.shown, tally.easy, tally.unread) == (3, 1, 0)
    figures = {name: (row.reads, row.wins, row.only, row.wrong) for name, row in tally.wins.items()}
    assert figures == {"early": (1, 1, 0, 0), "late": (2, 1, 1, 0), "wrong": (0, 0, 0, 1), "none": (0, 0, 0, 0)}
    assert "| late | 2 | 1 | 1 | 0 |" in tally.table()
    assert [json.loads(line)["stage"] for line in tally.json_lines().splitlines()] == ["early", "late", "wrong", "none"]


def test_arguments_without_pictures_end_with_a_message(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main([])
    assert end.value.code == 2
    assert "nothing to read; give --corpus DIR or --synth FILE" in capsys.readouterr().err
