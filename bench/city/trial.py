"""Simulated kiosks at an office that was just set up, so that its page has something to show.

python -m bench.city.trial SERVER PORT FOLDER...     FOLDER: the files of an enrolled kiosk; its name is the kiosk's

Each kiosk has a journal, the real outbox and a connection by TLS. A visitor comes about every four seconds, until the
program is ended.
"""

import logging
import signal
import sys
import tempfile
from pathlib import Path
from random import Random

from bench.city.kiosks import Loop, SimulatedKiosk
from kiosk.fleet.outbox.mqtt_client import tls_context
from kiosk.fleet.wire.kiosk_state import KioskState
from kiosk.fleet.wire.seals import SealKey

MEAN_S = 4.0
"""Time between two visitors of a kiosk."""


def main(arguments: list[str]) -> None:
    server, port, *folders = arguments
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    random, loop, visitors = Random(), Loop(), dict.fromkeys(folders, 0)
    due_s = {folder: loop.now_s() + random.uniform(0.0, MEAN_S) for folder in folders}
    with tempfile.TemporaryDirectory() as scratch:
        kiosks = {folder: enrolled(Path(folder), server, int(port), Path(scratch), loop, random) for folder in folders}
        try:
            while True:
                loop.turn()
                for folder in [each for each in folders if due_s[each] <= loop.now_s()]:
                    due_s[folder] = loop.now_s() + random.expovariate(1 / MEAN_S)
                    visitors[folder] += 1
                    kiosks[folder].link.show(KioskState("idle", "closed", visitors_today=visitors[folder]))
                    kiosks[folder].write(1)
        except KeyboardInterrupt:
            print(f"\nended after {sum(visitors.values())} visitors")


def enrolled(folder: Path, server: str, port: int, scratch: Path, loop: Loop, random: Random) -> SimulatedKiosk:
    """Return a kiosk with the certificate and the key of an enrolment."""
    name = folder.name
    own = scratch / name
    own.mkdir()
    context = tls_context(folder / "ca.pem", folder / f"{name}.pem", folder / f"{name}.key")
    key = SealKey.parse((folder / "seal.key").read_bytes())
    kiosk = SimulatedKiosk(name, own, loop, lambda: port, random, context, host=server, key=key)
    kiosk.append(1)
    return kiosk


if __name__ == "__main__":
    main(sys.argv[1:])
