"""The health app's status service in a world: what it answers, when, and how it fails.

The real scheme asks it in place of a service over HTTPS. The referee counts a code of the app only in the stay in which
the camera saw it and the service passed it. At a site with `unreachable: pass`, it counts every code of the app while
no connection to the service can be made, but not after a question that failed: a code may have caused that.
"""

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from kiosk.credentials.schemes.online_status.online_status import PAUSE_S, RESERVE_S
from kiosk.flow.commands import CheckCredential
from kiosk.model import Clock
from kiosk.settings.schema.services import OnlineStatusSettings, Unreachable
from kiosk.settings.schema.settings import Settings
from kiosk.simulator.worlds.codes import APP_PREFIX, CRASHING, ends_the_service, is_passed_by_service
from kiosk.simulator.worlds.stay import SLACK_S, Stay
from kiosk.simulator.worlds.story import Story, StoryLine
from kiosk.support.https.outcome import JsonAnswer, RequestFailure, RequestOutcome

ONLINE_STATUS: dict[str, Any] = {
    "address": "https://status.test/",
    "prefixes": [APP_PREFIX],
    "status": {"green": "pass", "black": "status_denied"},
}
"""The section `credentials.online_status` of a world's site."""

SUSPECT_S = 60.0
"""Time after a failed question in which a code may have made the service unreachable; docs/worlds.md promises it."""

CRASH_S = 10.0
"""Time in which the service starts again after a code that ends it."""

FAILURES: Mapping[str, RequestFailure] = {
    "refuses": RequestFailure.UNREACHABLE,
    "resets": RequestFailure.BROKEN_OFF,
    "silent": RequestFailure.BROKEN_OFF,
    "fails": RequestFailure.SERVICE_ERROR,
    "untrusted": RequestFailure.UNTRUSTED_CERTIFICATE,
}
"""The words of a story about the service, and what the kiosk meets then."""


class WorldStatus:
    """The status service of a world. stay: the present stay, in which the referee looks for good credentials."""

    def __init__(self, settings: Settings, clock: Clock, stay: Stay, tell: Callable[[str], None]) -> None:
        self._settings = settings
        self._clock = clock
        self._stay = stay
        self._tell = tell
        self._word, self._late_s = "", 0.0
        self._crashed_until_s = -1e9
        self._refused_s = self._failed_s = -1e9

    def connect(self, _settings: OnlineStatusSettings, _folder: Path) -> "WorldStatus":
        """Serve one life of the kiosk, which remembers nothing of failures in the life before."""
        self._refused_s = self._failed_s = -1e9
        return self

    def begin(self, verb: str, word: str | float) -> None:
        """Begin a fault; it takes the place of an earlier one."""
        if verb == "late_s":
            self._late_s = float(word)
        else:
            self._word = str(word)

    def end(self, verb: str, word: str | float) -> None:
        """End a fault, unless another one has taken its place."""
        if verb == "late_s" and self._late_s == word:
            self._late_s = 0.0
        elif self._word == word:
            self._word = ""

    def takes_s(self, job: object) -> float:
        """Return how long the check of a code waits for the service."""
        online = self._settings.credentials.online_status
        if online is None or not isinstance(job, CheckCredential) or not _is_of_app(job.payload.data):
            return 0.0
        self._maybe_pass_unreachable(_name_of(job.payload.data))
        if self._word == "silent" or (not self._word and self._late_s > online.request_timeout_s):
            longest_s = self._settings.credentials.timeout_s - RESERVE_S
            return min((1 + online.retries) * online.request_timeout_s, longest_s)
        return 0.0 if self._word else self._late_s

    def ask(self, code: str, limit_s: float) -> RequestOutcome:
        """Return the answer about `code`, or the failure, at once; the worker has waited before."""
        name, now_s = _name_of(code.encode()), self._clock.now_s()
        failure = FAILURES.get(self._word)
        if now_s < self._crashed_until_s:
            failure = RequestFailure.UNREACHABLE
        elif failure is None and ends_the_service(name):
            self._crashed_until_s, failure = now_s + CRASH_S, RequestFailure.BROKEN_OFF
        elif failure is None and self._late_s > limit_s:
            failure = RequestFailure.BROKEN_OFF
        if failure is None:
            word = "green" if is_passed_by_service(name) else "black"
            self._tell(f"the status service finds '{name}' {word}")
            if word == "green":
                self._is_good(name, name)
            return JsonAnswer(is_known=True, body=json.dumps({"status": word}).encode())
        self._tell(f"the status service fails: {failure.value}")
        if failure is RequestFailure.UNREACHABLE:
            self._refused_s = now_s
            self._maybe_pass_unreachable(name)
        elif failure.may_come_from_the_request:
            self._failed_s = now_s
        return failure

    def _maybe_pass_unreachable(self, name: str) -> None:
        """Let a code count that the kiosk may pass without an answer. Such a pass uses no credential up."""
        online, now_s = self._settings.credentials.online_status, self._clock.now_s()
        may_pass = online is not None and online.unreachable is Unreachable.PASS
        if may_pass and now_s - self._refused_s <= PAUSE_S and now_s - self._failed_s >= SUSPECT_S - SLACK_S:
            self._is_good(name, f"unreachable service at {now_s:.2f} s")

    def _is_good(self, name: str, credential: str) -> None:
        """Let `credential` count in the stay in which the code `name` was shown."""
        stays = [self._stay]
        if self._stay.before and self._clock.now_s() - self._stay.since_s <= SLACK_S:
            stays.append(self._stay.before)  # the wire that ended the stay was not debounced yet
        for stay in stays:
            if name in stay.app_codes:
                stay.good_codes.add(credential)


def _is_of_app(payload: bytes) -> bool:
    return payload.startswith(APP_PREFIX.encode())


def _name_of(payload: bytes) -> str:
    return payload.decode().removeprefix(APP_PREFIX)


def with_status(story: Story, *, faults: bool) -> Story:
    """Return a drawn story at a site that asks a status service: some people have a code of the app.

    faults: the service may fail, and somebody may have a code that ends it.
    """
    if story.site.get("credentials", {}) is None:
        return story
    chance = random.Random(f"status {story.seed}")  # noqa: S311 - a simulation, no secret
    people = []
    for one in story.people:
        codes = tuple(code.replace("pass of ", "app of ") for code in one.carries)
        if chance.random() < 0.15:
            codes = (chance.choice(("refused app", CRASHING if faults else "refused app")),)
        people.append(replace(one, carries=codes) if chance.random() < 0.7 else one)
    lines = list(story.lines)
    for _ in range(chance.choice((0, 1, 1, 2)) if faults else 0):
        at_s, for_s = round(chance.uniform(0.0, 60.0), 2), round(chance.uniform(1.0, 40.0), 2)
        late = StoryLine("status_service", "", "late_s", round(chance.uniform(0.3, 4.0), 2), at_s, "", for_s)
        lines.append(chance.choice((late, *(replace(late, verb="is", word=word) for word in FAILURES))))
    online = {**ONLINE_STATUS, "unreachable": chance.choice(("pass", "refer"))}
    site = {**story.site, "credentials": {**(story.site.get("credentials") or {}), "online_status": online}}
    title = f"{story.title} with a status service"
    return replace(story, title=title, site=site, people=tuple(people), lines=tuple(lines))
