"""The choice of the next speech: every combination of urgency, scene and words."""

import itertools

from kiosk.display.speech import Speech, Urgency
from kiosk.hardware.speaker.turns import Turn, turn_of

SPEECHES = [
    Speech(scene, words, urgency)
    for scene, words, urgency in itertools.product(("a", "b"), ((), ("one",), ("two",)), Urgency)
]
PAIRS = list(itertools.product(SPEECHES, SPEECHES))


def test_a_less_urgent_or_ordinary_speech_never_cuts_in() -> None:
    for new, said in PAIRS:
        if new.urgency < said.urgency or new.urgency is Urgency.ORDINARY:
            assert turn_of(new, said) is not Turn.CUT_IN, (new, said)


def test_the_table_of_all_turns() -> None:
    for new, said in PAIRS:
        same_scene, same_words = new.scene == said.scene, new.sentences == said.sentences
        match (same_scene and same_words, new.urgency >= max(said.urgency, Urgency.WARNING), same_scene):
            case (True, _, _):
                expected = Turn.GO_ON
            case (_, True, _):
                expected = Turn.CUT_IN
            case (_, _, True):
                expected = Turn.AFTER_SPEECH
            case _:
                expected = Turn.AFTER_SENTENCE
        assert turn_of(new, said) is expected, (new, said)


def test_each_turn_occurs() -> None:
    assert {turn_of(new, said) for new, said in PAIRS} == set(Turn)
