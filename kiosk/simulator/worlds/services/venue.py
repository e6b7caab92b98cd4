"""The venue's check-in in a world: its desk, the network to it, and the phones of people who scan its code.

A phone reads the code that the screen shows, wherever its owner stands; so it can be a photograph that was sent on.
The referee counts a pass of the venue only in the stay in which its code was shown.
"""

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from kiosk.model import Clock
from kiosk.settings.schema.services import CheckInSettings
from kiosk.simulator.services.desk_link import DeskLink
from kiosk.simulator.services.venue_desk import DeskFault, VenueDesk
from kiosk.simulator.worlds.bodies import Body
from kiosk.simulator.worlds.stay import Stay
from kiosk.simulator.worlds.story import Story, StoryLine
from kiosk.support.https.outcome import RequestFailure

WORDS = {"phone": "green", "refused phone": "black"}
"""The result of the venue for the owner of each kind of phone."""

CHECK_IN = {
    "address": "https://venue.test/check-in",
    "status": {"green": "pass", "black": "status_denied"},
    "renew_s": 4.0,
    "agree_s": 8.0,
}
"""The section `credentials.check_in` of a world's site."""

VALID_S = 12.0
DECIDE_S = 2.0


class WorldVenue:
    """The desk of a world. stay: the present stay, in which the referee looks for good credentials."""

    def __init__(self, clock: Clock, stay: Stay, tell: Callable[[str], None]) -> None:
        self.late_s = 0.0
        self.silent = False
        self.desk = VenueDesk(clock.now_s, "https://venue.test/c/", VALID_S)
        self._clock = clock
        self._stay = stay
        self._tell = tell
        self._link: DeskLink | None = None

    def connect(self, _settings: CheckInSettings, _folder: Path) -> DeskLink:
        """Connect one life of the kiosk."""
        self._link = DeskLink(self.desk, self._clock)
        self._apply()
        return self._link

    def change(self, verb: str, word: str | float | None) -> None:
        """Begin a fault, or end it (None)."""
        if verb == "late_s":
            self.late_s = float(word or 0.0)
        elif word == "silent" or self.silent:
            self.silent = word == "silent"
        else:
            self.desk.fault = DeskFault(word or "none")
        self._apply()

    def code_is_shown(self, code: str) -> None:
        """The screen shows a code; "": none."""
        if code:
            self._stay.venue_codes.add(code)

    def scan(self, body: Body, code: str) -> None:
        """Let somebody who has a phone scan the code from the screen, and agree."""
        word = next((WORDS[name] for name in body.carries if name in WORDS), "")
        if word and self.desk.open_code(code):
            self._tell(f"{body.name} scans the venue's code")
            self._clock.call_at(self._clock.now_s() + DECIDE_S, lambda: self._decide(body, code, word))

    def _decide(self, body: Body, code: str, word: str) -> None:
        if self.desk.decide(code, word):
            self._tell(f"the venue finds {body.name} {word}")
            if word == WORDS["phone"] and code in self._stay.venue_codes:
                self._stay.good_codes.add(code)  # each result is new: the kiosk cannot know whose phone it was

    def _apply(self) -> None:
        if self._link:
            self._link.late_s = self.late_s
            self._link.failure = RequestFailure.UNREACHABLE if self.silent else None


def with_venue(story: Story, *, faults: bool = True) -> Story:
    """Return a drawn story at a site with a check-in: some people have a phone. faults: the venue may answer wrong."""
    if story.site.get("credentials", {}) is None:
        return story
    chance = random.Random(f"venue {story.seed}")  # noqa: S311 - a simulation, no secret
    people = tuple(
        replace(one, carries=(chance.choice(("phone", "phone", "refused phone")),)) if chance.random() < 0.6 else one
        for one in story.people
    )
    lines = list(story.lines)
    for _ in range(chance.choice((0, 1, 2)) if faults else 0):
        word = chance.choice(("silent", *(fault.value for fault in DeskFault if fault is not DeskFault.NONE)))
        at_s, for_s = round(chance.uniform(0.0, 60.0), 2), round(chance.uniform(1.0, 40.0), 2)
        late = StoryLine("venue", "", "late_s", round(chance.uniform(0.3, 20.0), 2), at_s, "", for_s)
        lines.append(chance.choice((late, StoryLine("venue", "", "is", word, at_s, "", for_s))))
    site = {**story.site, "credentials": {**story.site.get("credentials", {}), "check_in": CHECK_IN}}
    title = f"{story.title} with a check-in"
    return replace(story, title=title, site=site, people=people, lines=tuple(lines))
