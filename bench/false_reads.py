"""False reads: drawn pictures without a QR code, read by the whole cascade: `python -m bench.false_reads --count 190`.

Every payload that is read here is false. The budget counts processor time.
"""

import argparse
import json
import time

import cv2
import numpy as np

from bench.scanner.textures import KINDS, drawn
from kiosk.scanner.cascade.decode import Decoder


def main() -> None:
    """Draw, read and print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--count", type=int, default=190, help="pictures; the kinds take turns")
    options.add_argument(
        "--budget", type=float, default=40.0, metavar="MS", help="budget of a picture; 1e9 is without end"
    )
    options.add_argument("--json", action="store_true", help="print a JSON object for each kind")
    chosen = options.parse_args()
    cv2.setNumThreads(1)
    decoder = Decoder(chosen.budget, now_s=time.process_time, slowness=1.0)
    kinds = list(KINDS)
    pictures, reads = dict.fromkeys(kinds, 0), dict.fromkeys(kinds, 0)
    for number in range(chosen.count):
        kind = kinds[number % len(kinds)]
        pictures[kind] += 1
        reads[kind] += len(decoder.decode(drawn(kind, np.random.default_rng((chosen.seed, number)))).codes)
    for kind in kinds:
        if chosen.json:
            print(json.dumps({"kind": kind, "pictures": pictures[kind], "false_reads": reads[kind]}))
        else:
            print(f"{kind:22} {pictures[kind]:6} pictures, {reads[kind]} false reads")


if __name__ == "__main__":
    main()
