"""The memory after a picture was read holds no views of it, a bounded number of layouts, and no freed memory."""

import gc

import numpy as np
import pytest

from kiosk.scanner.cascade import decode, stream
from kiosk.scanner.cascade.decode import Decoder
from kiosk.scanner.cascade.stages import STAGES
from kiosk.scanner.cascade.stream import StreamDecoder
from kiosk.scanner.cascade.views import FrameView, FrameViews
from kiosk.scanner.symbol.code import standard
from tests.scanner.drawing import code, frame_with, unread

EMPTY = np.full((480, 640), 90, np.uint8)


def views_alive() -> int:
    gc.collect()
    return sum(isinstance(each, FrameView | FrameViews) for each in gc.get_objects())


def test_no_view_of_a_picture_is_kept() -> None:
    before = views_alive()
    reader, single = StreamDecoder(1000.0, lambda: 0.0), Decoder(1000.0, lambda: 0.0)
    for number in range(3):
        reader.decode(unread(12), number / 30)
        single.decode(unread(12))
    assert views_alive() == before


def test_the_layouts_of_a_few_versions_are_kept() -> None:
    for version in standard.VERSIONS:
        standard.blocks_of(version, "M")
        for mask in range(8):
            standard.mask_of(version, mask)
    assert standard.layout_of.cache_info().currsize <= standard.CACHED_VERSIONS
    assert standard.blocks_of.cache_info().currsize <= standard.CACHED_VERSIONS
    assert standard.mask_of.cache_info().currsize <= 2 * standard.CACHED_VERSIONS


@pytest.fixture
def views_at_return(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list to which each return of freed memory adds the number of views that are alive."""
    alive: list[int] = []
    for module in (decode, stream):
        monkeypatch.setattr(module, "return_freed_memory", lambda: alive.append(views_alive()))
    return alive


def test_memory_is_returned_after_expensive_stages_and_when_the_views_are_gone(views_at_return: list[int]) -> None:
    before = views_alive()
    reader = StreamDecoder(40.0, lambda: 0.0, STAGES[:2])
    reader.decode_first_stage(EMPTY)
    assert views_at_return == []
    reader.decode(EMPTY, 0.0)
    with reader.charged():
        pass
    Decoder(40.0, lambda: 0.0, STAGES[:2]).decode(EMPTY)
    assert views_at_return == [before] * 3


def test_memory_is_not_returned_after_a_code_was_read_at_once(views_at_return: list[int]) -> None:
    frame = frame_with(code(b"KIOSK1:plain"), 100, 100)
    assert StreamDecoder(40.0, lambda: 0.0, STAGES[:2]).decode(frame, 0.0).codes
    assert views_at_return == []
