"""From a frame to a code: decoding, deduplication and the process that does it."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy is loaded: other cores are not the scanner's
