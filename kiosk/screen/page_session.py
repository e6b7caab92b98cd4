"""The page in the browser, seen over the DevTools protocol: is it painted, which address does it show, did it crash?

The question "is it painted" is a script that changes one pixel and waits for two frames (`requestAnimationFrame`). The
answer comes only if the page's process runs its scripts, and if the graphics process takes and shows its frames. If a
frame is not taken, the compositor of the page stops, and the page gets no further animation frame.

Methods and events are those of the Chrome DevTools Protocol, domains Target, Inspector, Page and Runtime.

Rule: nothing here waits, and what the browser answers is not trusted.
"""

from typing import Any

from kiosk.errors import DeviceError
from kiosk.screen.devtools import DevToolsPipe, Message

PROBE_S = 2.0
"""Seconds between an answer and the next question."""

AGAIN_S = 0.1
"""The same if the answer was an error, as when the page was replaced meanwhile."""

PROBE = """new Promise((painted) => {
  const id = "screen-probe";
  let dot = document.getElementById(id);
  if (!dot) {
    dot = document.createElement("i");
    dot.id = id;
    dot.setAttribute("aria-hidden", "true");
    Object.assign(dot.style, {
      position: "fixed", right: "0", bottom: "0", width: "1px", height: "1px",
      background: "#808080", pointerEvents: "none", opacity: "0.02",
    });
    document.documentElement.append(dot);
  }
  dot.style.opacity = dot.style.opacity === "0.02" ? "0.04" : "0.02";
  requestAnimationFrame(() => requestAnimationFrame(() => painted(location.href)));
})"""


class PageSession:
    """The first page of a browser. `tick` reads what the browser sent and asks the next question.

    Attributes:
        painted_at_s: the time of the newest answer, which proves painted frames; None before the first.
        paints: the number of such answers.
        address: the address that the page showed then.
        crashed: True from the crash of the page's process until a page is opened again.
        lost: why the connection cannot be used any more; "" while it works.
    """

    def __init__(self, pipe: DevToolsPipe) -> None:
        self._pipe = pipe
        self._session = ""
        self._question = 0
        self._ask_at_s = 0.0
        self.painted_at_s: float | None = None
        self.paints = 0
        self.address = ""
        self.crashed = False
        self.lost = ""
        self._pipe.send("Target.setDiscoverTargets", {"discover": True})

    def tick(self, now_s: float) -> None:
        """Read everything that has arrived, then ask the next question if it is due."""
        if self.lost:
            return
        try:
            for message in self._pipe.receive():
                self._receive(message, now_s)
        except DeviceError as error:
            self.lost = str(error)
            return
        if self._session and not self.crashed and not self._question and now_s >= self._ask_at_s:
            self._question = self._pipe.send(
                "Runtime.evaluate",
                {"expression": PROBE, "awaitPromise": True, "returnByValue": True},
                self._session,
            )

    def open(self, address: str) -> None:
        """Load another page, also after a crash; no effect before the browser has reported its page.

        The question that is open is forgotten, because its page may never answer it.
        """
        if self._session:
            self.crashed = False
            self._question = 0
            self._pipe.send("Page.navigate", {"url": address}, self._session)

    def _receive(self, message: Message, now_s: float) -> None:
        params = message.get("params")
        match message.get("method"):
            case "Target.targetCreated":
                target = params.get("targetInfo") if isinstance(params, dict) else None
                if not self._session and _text(target, "type") == "page":
                    self._pipe.send("Target.attachToTarget", {"targetId": _text(target, "targetId"), "flatten": True})
            case "Target.attachedToTarget" if not self._session:
                self._session = _text(params, "sessionId")
                self._pipe.send("Inspector.enable", {}, self._session)
            case "Inspector.targetCrashed" if message.get("sessionId") == self._session:
                self.crashed = True
            case None if message.get("id") == self._question:
                self._answered(message.get("result"), now_s)

    def _answered(self, result: Any, now_s: float) -> None:
        """Take over an answer. Without an address it is an error."""
        self._question = 0
        address = _text(result.get("result") if isinstance(result, dict) else None, "value")
        self._ask_at_s = now_s + (PROBE_S if address else AGAIN_S)
        if address:
            self.painted_at_s = now_s
            self.paints += 1
            self.address = address


def _text(value: Any, name: str) -> str:
    """Return the text `name` in an object of JSON; "" if there is none."""
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, str) else ""
