"""A program that speaks Chromium's debugging pipe as far as the supervisor uses it, and misbehaves on request.

Usage: chromium_double.py FOLDER [options ...] ADDRESS. Each start adds its command line to FOLDER/starts. The file
FOLDER/mode says how it behaves, at each request: `paint` (answer), `silent` (read, do not answer), `crash` (report a
crash of the page until the next navigation, then paint), `crash, silent` (the same, but then silent), `replaced`
(answer one question with the error that the page was replaced, then paint), `garbage` (write something that is
no message), `exit` (end at once).
"""

import json
import os
import sys
from pathlib import Path


def main() -> None:
    """Answer requests until the pipe is closed."""
    folder, address, crashed = Path(sys.argv[1]), sys.argv[-1], False
    with (folder / "starts").open("a") as log:
        log.write(" ".join(sys.argv[2:]) + "\n")
    with os.fdopen(3, "rb") as requests, os.fdopen(4, "wb", buffering=0) as answers:
        received = b""
        while chunk := os.read(requests.fileno(), 65_536):
            *complete, received = (received + chunk).split(b"\0")
            for request in map(json.loads, complete):
                mode = (folder / "mode").read_text()
                if mode == "exit":
                    return
                if mode == "garbage":
                    answers.write(b"[]\0")
                if request["method"] == "Page.navigate":
                    address, crashed = request["params"]["url"], False
                    (folder / "mode").write_text("silent" if mode == "crash, silent" else "paint")
                elif mode.startswith("crash") and not crashed:
                    crashed = True
                    answers.write(message(method="Inspector.targetCrashed", params={}, sessionId="S"))
                elif mode == "replaced" and request["method"] == "Runtime.evaluate":
                    answers.write(message(id=request["id"], error={"code": -32000, "message": "target navigated"}))
                    (folder / "mode").write_text("paint")
                elif mode in ("paint", "replaced"):
                    for answer in answers_to(request, address):
                        answers.write(answer)


def answers_to(request: dict[str, object], address: str) -> list[bytes]:
    """Return what Chromium sends for a request: for some an event first, then the answer."""
    if request["method"] == "Target.setDiscoverTargets":
        kinds = ("browser_ui", "page", "page")
        return [
            message(method="Target.targetCreated", params={"targetInfo": {"type": kind, "targetId": f"T{number}"}})
            for number, kind in enumerate(kinds)
        ]
    if request["method"] == "Target.attachToTarget":
        return [message(method="Target.attachedToTarget", params={"sessionId": "S"})]
    if request["method"] == "Runtime.evaluate":
        return [message(id=request["id"], result={"result": {"type": "string", "value": address}}, sessionId="S")]
    return [message(id=request["id"], result={})]


def message(**parts: object) -> bytes:
    """Return a message of the pipe."""
    return json.dumps(parts).encode() + b"\0"


if __name__ == "__main__":
    main()
