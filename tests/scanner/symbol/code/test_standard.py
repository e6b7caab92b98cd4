"""The layout of every version, compared with symbols that segno draws."""

import numpy as np
import pytest

from kiosk.scanner.symbol.code import standard
from tests.samples import every
from tests.scanner.symbol.drawing import symbol


@pytest.mark.parametrize("version", every(6, standard.VERSIONS))
def test_the_fixed_modules_are_those_of_a_drawn_symbol(version: int) -> None:
    layout, drawn = standard.layout_of(version), symbol("1", version)
    assert drawn.shape == (layout.size, layout.size)
    assert (drawn == layout.dark)[layout.fixed].all()


@pytest.mark.parametrize("version", [7, 21, 40])
def test_both_version_words_of_a_drawn_symbol_are_its_version(version: int) -> None:
    words = symbol("1", version).flat[standard.layout_of(version).version_bits]
    assert (words == standard.version_words()[version - 7]).all()


@pytest.mark.parametrize("level", "LMQH")
def test_both_format_words_of_a_drawn_symbol_state_its_level(level: str) -> None:
    first, second = symbol("1", 3, level).flat[standard.layout_of(3).format_bits]
    assert (first == second).all()
    word = int((standard.format_words() == first).all(1).argmax())
    assert (standard.format_words()[word] == first).all()
    assert standard.LEVEL_OF_INDICATOR[word >> 3] == level


def test_every_module_has_one_use_and_at_most_seven_are_left_over() -> None:
    for version in standard.VERSIONS:
        layout = standard.layout_of(version)
        used = [layout.data.ravel(), layout.format_bits.ravel(), layout.version_bits.ravel()]
        taken = np.concatenate([np.flatnonzero(layout.fixed), *used])
        assert len(np.unique(taken)) == len(taken)
        assert 0 <= layout.size**2 - len(taken) <= 7


def test_the_blocks_of_version_5_at_q_are_those_of_table_9() -> None:
    blocks = standard.blocks_of(5, "Q")
    assert (blocks.checks, (blocks.order >= 0).sum(1).tolist()) == (18, [33, 33, 34, 34])
    assert blocks.order[2, :2].tolist() == [2, 6]


@pytest.mark.parametrize("level", "LMQH")
def test_the_blocks_of_every_version_hold_each_codeword_once(level: str) -> None:
    for version in standard.VERSIONS:
        order = standard.blocks_of(version, level).order
        assert sorted(order[order >= 0].tolist()) == list(range(len(standard.layout_of(version).data)))
