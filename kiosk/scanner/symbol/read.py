"""Reading of one symbol in one picture.

The steps: crop the picture around the pose, sample the modules by each method in turn, correct the errors, draw the
symbol as it was printed, and give this clean drawing to zxing-cpp, so that text encodings and modes mean the same as in
every other stage. Each step asks the budget.

The correlation of the fixed modules with the picture tells in a millisecond what to try. Where it is low, no symbol is
read. Where it is high, flat paper is tried at once. Elsewhere the bend of the paper is found first, and the shape that
correlates better comes first: as it is, and with normalised rows, which help against bands.

Rule: a payload is returned only if all check symbols of the corrected codewords agree (see `code.codewords`).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import zxingcpp

from kiosk.scanner.symbol.budget import UNLIMITED, Budget
from kiosk.scanner.symbol.code import codewords
from kiosk.scanner.symbol.code.codewords import SoftBits
from kiosk.scanner.symbol.code.standard import QUIET_ZONE, Bits
from kiosk.scanner.symbol.grey import Grey
from kiosk.scanner.symbol.sample import lattice, modules, pose
from kiosk.scanner.symbol.sample.bands import REACH_MODULES, normalise_rows
from kiosk.scanner.symbol.sample.pose import Pose


@dataclass(frozen=True, slots=True)
class ModuleSampler:
    """A method that returns the soft bits of a symbol.

    It takes `ms` + `ms_per_module_of_side` * size milliseconds, including the error correction of its result.
    """

    sample: Callable[[Grey, Pose], SoftBits]
    ms: float
    ms_per_module_of_side: float


SAMPLERS = (ModuleSampler(modules.two_levels, 0.3, 0.02), ModuleSampler(modules.equalise, 0.5, 0.06))
"""The cheaper method first."""

SAMPLERS_FOR_BLUR = SAMPLERS[::-1]
"""The equaliser first, where blur is to be expected."""

_MIN_CORRELATION = 0.3  # of a symbol's fixed modules; less is chance, or a symbol that is light on dark
_BENT_CORRELATION = 0.85  # flat symbols that are seen well have more
_MIN_BENT_CORRELATION = 0.5  # once a bend was found; less is no symbol. All that were read had 0.67
_BEND_MS, _BEND_MS_PER_MODULE = 1.0, 1.0e-3  # for finding the bend of the paper


@dataclass(frozen=True, slots=True)
class Symbol:
    """A symbol that was read: its payload, and its pose in the picture."""

    data: bytes = field(repr=False)
    pose: Pose


def pose_of(result: zxingcpp.Barcode) -> Pose | None:
    """Return the pose of a symbol that zxing-cpp located but could not read (`return_errors=True`).

    Returns None if zxing-cpp does not state a version of a QR code; "M4" is one of a Micro QR code.
    """
    stated = str((getattr(result, "extra", None) or {}).get("Version", ""))
    version = int(stated) if stated.isdecimal() else 0
    if version not in range(1, 41):
        return None
    at = result.position
    corners = [(p.x + 0.5, p.y + 0.5) for p in (at.top_left, at.top_right, at.bottom_right, at.bottom_left)]
    return pose.from_corners(np.array(corners), version)


def read_near(grey: Grey, rough: Pose, budget: Budget = UNLIMITED) -> Symbol | None:
    """Refine a rough pose and read the symbol there; None if it cannot be read within the budget."""
    return _read_at(grey, pose.refine(grey, rough), budget, SAMPLERS) if budget.allows(pose.REFINE_MS) else None


def read(
    grey: Grey, poses: Iterable[Pose], budget: Budget = UNLIMITED, samplers: Sequence[ModuleSampler] = SAMPLERS
) -> Symbol | None:
    """Read the first symbol that can be read at one of these refined poses; None if there is none."""
    for each in poses:
        symbol = _read_at(grey, each, budget, samplers)
        if symbol is not None:
            return symbol
    return None


def payload_of(symbol: Bits) -> bytes | None:
    """Return the bytes that a symbol without errors encodes, shape (size, size); None if zxing-cpp refuses it."""
    picture = np.where(np.pad(symbol, QUIET_ZONE), 0, 255).astype(np.uint8)
    results = zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormat.QRCode, is_pure=True)
    return bytes(results[0].bytes) if results and results[0].valid else None


def _read_at(grey: Grey, exact: Pose, budget: Budget, samplers: Sequence[ModuleSampler]) -> Symbol | None:
    part, flat = pose.crop(grey, exact, REACH_MODULES // 2)
    if min(part.shape) < pose.MARGIN:
        return None  # the pose lies outside of the picture
    score = pose.correlation(part, flat)
    if score < _MIN_CORRELATION:
        return None
    for picture, shape in _attempts(part, flat, score, budget):
        for sampler in samplers:
            if not budget.allows(sampler.ms + sampler.ms_per_module_of_side * exact.size):
                continue
            symbol = codewords.restore(sampler.sample(picture, shape), exact.version)
            data = None if symbol is None else payload_of(symbol)
            if data is not None:
                return Symbol(data, exact)
    return None


def _attempts(part: Grey, flat: Pose, score: float, budget: Budget) -> Iterator[tuple[Grey, Pose]]:
    """Yield pictures of a symbol and its pose in them, the likeliest to be read first.

    `score` is the correlation at the flat pose.
    """
    shapes = [flat]
    if score >= _BENT_CORRELATION:
        yield part, flat
    if budget.allows(_BEND_MS + _BEND_MS_PER_MODULE * flat.size**2):
        bent = lattice.fit_bend(part, flat)
        if bent is not None:
            bent_score = pose.correlation(part, bent)
            if max(score, bent_score) < _MIN_BENT_CORRELATION:
                return
            shapes = [bent, flat] if bent_score > score else [flat, bent]
    for shape in shapes:
        if shape is not flat or score < _BENT_CORRELATION:
            yield part, shape
        yield normalise_rows(part, REACH_MODULES * flat.module_px()), shape
