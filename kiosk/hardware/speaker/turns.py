"""The turns of speeches: a pure decision between the speech that is being said and a new one.

1. A speech that is being said already goes on.
2. A warning, a stop or an emergency cuts in, also into an older one of its own urgency: only the newest counts there.
   It never cuts into something more urgent.
3. In the same scene the new speech, a hint for example, waits until the present one is finished in every language.
4. Otherwise the scene of the present speech is gone, so the speech is stale: its sentence is finished, the rest of it
   is left out, and the new speech follows. A new speech without words means silence from then on.

At most one speech waits. A newer one replaces it.
"""

from enum import Enum

from kiosk.display.speech import Speech, Urgency


class Turn(Enum):
    """The effect of a new speech on the one that is being said."""

    GO_ON = "go on"
    CUT_IN = "cut in"
    AFTER_SPEECH = "after the speech"
    AFTER_SENTENCE = "after the sentence"


def turn_of(new: Speech, said: Speech) -> Turn:
    """Return what `new` does while `said` is being said."""
    if new.says_the_same(said):
        return Turn.GO_ON
    if new.urgency > Urgency.ORDINARY and new.urgency >= said.urgency:
        return Turn.CUT_IN
    return Turn.AFTER_SPEECH if new.scene == said.scene else Turn.AFTER_SENTENCE
