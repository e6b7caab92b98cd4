"""The kiosk's own reading of a symbol behind the same face as the decoders of others; see `kiosk.scanner.symbol`."""

from collections.abc import Sequence

from kiosk.scanner.cascade.readers import Code, Corners, Found, SymbolReader, plausible, zxing
from kiosk.scanner.symbol.budget import UNLIMITED, Budget
from kiosk.scanner.symbol.grey import Grey
from kiosk.scanner.symbol.locate.search import Search
from kiosk.scanner.symbol.read import WAYS, Symbol, Way, read, read_at
from kiosk.scanner.symbol.sample.pose import Pose

_locate = zxing()


def mended(grey: Grey, budget: Budget = UNLIMITED) -> Found:
    """A symbol that zxing-cpp located and could not read, with its unreadable modules as erasures."""
    found = _locate(grey)
    if found.codes:
        return found
    for place in found.poses[:1]:
        symbol = read_at(grey, place, budget)
        if symbol is not None:
            return _found(symbol)
    return found


def searched(search: Search, ways: Sequence[Way] = WAYS) -> SymbolReader:
    """A symbol found by one of our own searches, and looked at in these ways."""

    def find_and_read(grey: Grey, budget: Budget = UNLIMITED) -> Found:
        places = search(grey, budget)
        symbol = read(grey, places, budget, ways)
        return _found(symbol) if symbol is not None else _unread(places)

    return find_and_read


def located(search: Search) -> SymbolReader:
    """A symbol found by one of our own searches, and not read: in a stream it is read from several pictures."""

    return lambda grey, budget=UNLIMITED: _unread(search(grey, budget))


def _found(symbol: Symbol) -> Found:
    return Found(tuple(filter(plausible, [Code(symbol.data, _corners(symbol.place))])))


def _unread(places: Sequence[Pose]) -> Found:
    return Found(unread=tuple(map(_corners, places)), poses=tuple(places))


def _corners(place: Pose) -> Corners:
    return tuple((float(x), float(y)) for x, y in place.corners())
