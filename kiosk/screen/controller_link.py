"""The screen's connection to the controller: its heart-beat, and the question whether a visitor is being served.

Every `BEAT_S` the link asks `GET /screen` at the port of the visitors' page, on this computer only. The header
`Kiosk-Screen` of the question says whether the page is painted ("painting" or "dark"). After somebody stopped the
screen, it says "stopped" once, and the controller then reports no fault. The answer says whether a visitor is being
served.

A web page cannot send this header to another origin without a question that the controller does not answer (Fetch
standard, CORS preflight), so no page in a browser can pretend that the screen is alive.
"""

import http.client
import json
import threading
from collections.abc import Callable

BEAT_S = 1.0
ANSWER_S = 2.0
MAX_ANSWER_BYTES = 1024


class ControllerLink:
    """Asks the controller on a thread of its own, so that a controller that hangs does not delay the supervisor.

    Attributes:
        port: the port of the page; may be replaced at any time.
        answers: True if the controller answered the newest question.
        serving: True if its answer was that a visitor is being served; False if it did not answer.
    """

    def __init__(self, port: int, painting: Callable[[], bool]) -> None:
        self.port = port
        self.answers = False
        self.serving = False
        self._painting = painting
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="controller", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self, *, asked: bool = False) -> None:
        """End the thread, after its present question. `asked`: tell the controller that somebody stopped the screen."""
        self._stopping.set()
        self._thread.join(ANSWER_S)
        if asked:
            self._beat("stopped")

    def ask(self) -> None:
        """Ask once and note the answer."""
        self._beat("painting" if self._painting() else "dark")

    def _beat(self, state: str) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_S)
        try:
            connection.request("GET", "/screen", headers={"Kiosk-Screen": state})
            answer = connection.getresponse()
            content = json.loads(answer.read(MAX_ANSWER_BYTES)) if answer.status == http.client.OK else {}
            serving = content["serving"] is True
        except (OSError, http.client.HTTPException, ValueError, TypeError, KeyError):
            self.answers = self.serving = False
        else:
            self.answers, self.serving = True, serving
        finally:
            connection.close()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self.ask()
            self._stopping.wait(BEAT_S)
