"""The page docs/faults.md, made from the table of faults; `python -m kiosk.health.faults_page` prints it."""

import sys

from kiosk.errors import FAULTS

HEADING = """\
# Faults

<!-- made by `python -m kiosk.health.faults_page > docs/faults.md` from kiosk/errors.py; do not edit -->

The code is on the visitor's screen (`OUT_OF_SERVICE`; while nobody is served also `door_held_open`, `door_forced` and
`presence_stuck`, which keep nobody out), in what `systemctl status kiosk` says, in the journal (`kiosk journal`) and
in the log (`journalctl -u kiosk`). `kiosk doctor` looks for most causes by itself.
"""


def faults_page() -> str:
    """The whole page."""
    parts = [f"## {code}\n\nCause: {fault.cause}.\n\nRemedy: {fault.remedy}.\n" for code, fault in FAULTS.items()]
    return "\n".join([HEADING, *parts])


if __name__ == "__main__":
    sys.stdout.write(faults_page())
