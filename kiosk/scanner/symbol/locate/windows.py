"""The parts of a picture that may hold a symbol: fine light and dark along both axes, as no edge and no wall has it.

Our own searches and dear preparations work on these windows only: a picture without any costs next to nothing.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.scanner.symbol.grey import Grey
from kiosk.scanner.symbol.sample.pose import Values

Window = tuple[int, int, int, int]
"""Left, top, right and bottom in pixels."""

_SMALL_PX = 320  # the longer side of the picture that is judged: every n-th pixel, for a mean would grey fine modules
_REACH = 17  # of its pixels over which texture is summed: an edge is one line in it, a symbol many
_LEAST = 3.0  # grey values from pixel to pixel; a camera's noise in good light stays below
_NOISE = 20  # the percentile of the picture's texture that is taken for its noise
_SHARE = 0.3  # of the strongest texture; from there on a place belongs to a window
_MARGIN = 0.12  # of the longer side: blur and glare take the texture from a symbol's rim
_MIN_PX = 24  # of a window: version 1 at a pixel a module
_MOST = 3


def windows(grey: Grey) -> list[Window]:
    """The likeliest windows, the strongest first; none where nothing is textured."""
    step = max(1, -(-max(grey.shape) // _SMALL_PX))
    small = grey[::step, ::step]
    if min(small.shape) < 2:
        return []
    texture = _texture(small)
    noise = float(np.percentile(texture[::4, ::4], _NOISE))
    least = max(_LEAST, noise + _SHARE * (float(texture.max()) - noise))
    _, _, boxes, centres = cv2.connectedComponentsWithStats((texture > least).astype(np.uint8))
    found: list[Window] = []
    for box, (x, y) in sorted(zip(boxes[1:], centres[1:], strict=True), key=lambda pair: -int(pair[0][4])):
        inside = any(w[0] < x * step < w[2] and w[1] < y * step < w[3] for w in found)
        if not inside and min(box[2:4]) * step >= _MIN_PX:
            found.append(_window(box[:4] * step, grey.shape))
        if len(found) == _MOST:
            break
    return found


def _texture(small: Grey) -> Values:
    """How much neighbouring pixels differ around each place, along the axis along which they differ less."""
    across = cv2.absdiff(small[:-1, 1:], small[:-1, :-1])
    down = cv2.absdiff(small[1:, :-1], small[:-1, :-1])
    window = (_REACH, _REACH)
    found: Values = np.minimum(cv2.boxFilter(across, cv2.CV_32F, window), cv2.boxFilter(down, cv2.CV_32F, window))
    return found


def _window(box: NDArray[np.int32], shape: tuple[int, ...]) -> Window:
    left, top, width, height = (int(value) for value in box)
    margin = int(_MARGIN * max(width, height))
    return (
        max(left - margin, 0),
        max(top - margin, 0),
        min(left + width + margin, shape[1]),
        min(top + height + margin, shape[0]),
    )
