"""The type of a picture."""

import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]
"""A grey picture of shape (height, width): 0 is black, 255 is white."""
