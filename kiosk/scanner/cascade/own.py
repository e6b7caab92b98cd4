"""Readers that use our own symbol reading, see `kiosk.scanner.symbol`."""

from collections.abc import Sequence

from kiosk.scanner.cascade.readers import Code, Corners, Found, SymbolReader, plausible, zxing
from kiosk.scanner.symbol.budget import UNLIMITED, Budget
from kiosk.scanner.symbol.grey import Grey
from kiosk.scanner.symbol.locate.search import Search
from kiosk.scanner.symbol.read import SAMPLERS, ModuleSampler, Symbol, read, read_near
from kiosk.scanner.symbol.sample.pose import Pose

_zxing = zxing()


def read_located(grey: Grey, budget: Budget = UNLIMITED) -> Found:
    """Locate a symbol by zxing-cpp and, if zxing-cpp cannot read it, read it with its unclear modules as erasures."""
    found = _zxing(grey)
    if found.codes:
        return found
    for pose in found.poses[:1]:
        symbol = read_near(grey, pose, budget)
        if symbol is not None:
            return _read(symbol)
    return found


def search_and_read(search: Search, samplers: Sequence[ModuleSampler] = SAMPLERS) -> SymbolReader:
    """Return a reader of the symbols that `search` finds, with these methods of sampling in turn."""

    def find_and_read(grey: Grey, budget: Budget = UNLIMITED) -> Found:
        poses = search(grey, budget)
        symbol = read(grey, poses, budget, samplers)
        return _read(symbol) if symbol is not None else _unread(poses)

    return find_and_read


def search_only(search: Search) -> SymbolReader:
    """Return a reader that reports the symbols that `search` finds as unread: a stream accumulates them."""
    return lambda grey, budget=UNLIMITED: _unread(search(grey, budget))


def _read(symbol: Symbol) -> Found:
    return Found(tuple(filter(plausible, [Code(symbol.data, corners_of(symbol.pose))])))


def _unread(poses: Sequence[Pose]) -> Found:
    return Found(unread=tuple(map(corners_of, poses)), poses=tuple(poses))


def corners_of(pose: Pose) -> Corners:
    """Return the corners of a symbol as the readers report them."""
    return tuple((float(x), float(y)) for x, y in pose.corners())
