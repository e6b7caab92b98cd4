"""Windows: the parts of a picture that may hold a symbol.

A symbol has fine texture along both axes. A straight edge has it along one axis only, and a wall along none. Texture is
the mean absolute difference of neighbouring pixels; at each place the smaller one of the two directions counts. It is
computed on every n-th pixel, compared with the noise of the picture and with its strongest texture, and connected areas
above the threshold become windows with a margin.

Expensive searches and preparations work on windows only, so a picture without texture costs next to nothing.
"""

import cv2
import numpy as np

from kiosk.scanner.symbol.grey import Grey

Window = tuple[int, int, int, int]
"""Left, top, right and bottom in pixels."""

_SMALL_PX = 320  # longer side of the picture that is judged: every n-th pixel, as a mean would blur fine modules
_REACH = 17  # its pixels over which texture is summed: they hold one line of an edge, but many of a symbol
_MIN_TEXTURE = 3.0  # grey values from pixel to pixel; a camera's noise in good light stays below
_NOISE_PERCENTILE = 20  # of the picture's texture, which is taken for the texture of noise
_SHARE = 0.3  # of the strongest texture above the noise, at which a place belongs to a window
_MARGIN = 0.12  # of the longer side: blur and glare remove the texture at a symbol's rim
_MIN_PX = 24  # side of a window: version 1 at one pixel a module
_MAX_WINDOWS = 3


def find_windows(grey: Grey) -> list[Window]:
    """Return up to three windows, the largest textured area first; none if nothing is textured."""
    step = max(1, -(-max(grey.shape) // _SMALL_PX))
    small = grey[::step, ::step]
    if min(small.shape) < 2:
        return []
    across = cv2.boxFilter(cv2.absdiff(small[:-1, 1:], small[:-1, :-1]), cv2.CV_32F, (_REACH, _REACH))
    down = cv2.boxFilter(cv2.absdiff(small[1:, :-1], small[:-1, :-1]), cv2.CV_32F, (_REACH, _REACH))
    texture = np.minimum(across, down)
    noise = float(np.percentile(texture[::4, ::4], _NOISE_PERCENTILE))
    threshold = max(_MIN_TEXTURE, noise + _SHARE * (float(texture.max()) - noise))
    _, _, boxes, centres = cv2.connectedComponentsWithStats((texture > threshold).astype(np.uint8))
    found: list[Window] = []
    for box, (x, y) in sorted(zip(boxes[1:], centres[1:], strict=True), key=lambda pair: -int(pair[0][4])):
        inside = any(w[0] < x * step < w[2] and w[1] < y * step < w[3] for w in found)
        if not inside and min(box[2:4]) * step >= _MIN_PX:
            left, top, width, height = (int(value) * step for value in box[:4])
            margin = int(_MARGIN * max(width, height))
            right, bottom = left + width + margin, top + height + margin
            found.append(
                (max(left - margin, 0), max(top - margin, 0), min(right, grey.shape[1]), min(bottom, grey.shape[0]))
            )
        if len(found) == _MAX_WINDOWS:
            break
    return found
