"""The judge of service: every honest person who does what the screen says is served within a bound.

The settings imply two bounds: for the visit, from the street door to the building, and for the wait of the person who
is next, from the moment at which the queue before them is gone. So a kiosk that never becomes ready breaks the promise
too.

A person who steps in so soon after the one before that the wires show no change of people (`inputs.presence.linger_s`,
and neither a contact of a door nor a passage sensor) is taken for that one, and is not judged.

Without a presence sensor, a person who shows the camera no code is not judged.

A world is judged from the time at which it is fair: from `FIRST_S` on if nobody cheats and nothing fails. A world in
which devices failed is fair again `RECOVERY_S` after the last of them works. Worlds in which a line moves people are
not judged: they may do what the screen does not say.
"""

from collections.abc import Iterable
from math import inf

from kiosk.model import Step
from kiosk.settings.schema.settings import Settings
from kiosk.settings.schema.thermometer import ThermometerKind
from kiosk.simulator.worlds.booth import longest_visit_s, longest_wait_s
from kiosk.simulator.worlds.codes import ends_the_service, is_good, is_passed_by_service, payloads_of
from kiosk.simulator.worlds.judges.fever_judge import FEVER_SLACK_C
from kiosk.simulator.worlds.judges.referee import Referee
from kiosk.simulator.worlds.story import Story, StoryLine
from kiosk.simulator.worlds.walkers import Walker

PROMISE = "every honest person is served"
HONEST = frozenset({"honest", "hurried", "slow"})

RECOVERY_S = 60.0
"""Within this time after the last fault, a kiosk is ready again: a restarted scanner may take 20 s, and a thermometer
that was silent has to warm up and to see the empty spot."""

FIRST_S = 0.5
"""Within this time after the start, the thermometer sees the empty spot. A person who comes earlier is not judged."""

NOTICED_S = 3.0
"""A walker knows within this time that it has left the chamber."""

STOP_SERVICE = ("emergency", "stop", "service")
"""Inputs that end the service; after two of them, only the officer begins it again."""

MOMENTARY_S = 10.0
"""The longest time that a fault without an end of its own lasts: a power cut, a stalled card."""


def judge_service(
    story: Story, settings: Settings, walkers: Iterable[Walker], referee: Referee, start_s: float, now_s: float
) -> None:
    """Accuse the kiosk, through `referee`, of each honest person whom it did not serve in time."""
    fair_s = start_s + fair_from_s(story)
    visit_s, wait_s = longest_visit_s(settings), longest_wait_s(settings)
    walkers = list(walkers)
    for walker in walkers:
        fate, name = walker.fate, walker.body.name
        if _is_taken_for_another(walker, walkers, settings) or _is_unseen(walker, settings):
            continue
        if walker.persona.behaves not in HONEST or fate.next_since_s is None or fate.next_since_s < fair_s:
            continue
        waited_until_s = fate.stepped_in_s or now_s
        if waited_until_s - fate.next_since_s > wait_s:
            referee.accuse(PROMISE, f"{name} waited at the street door for more than {wait_s:.0f} s")
        ended_s = fate.through_s or fate.sent_on_s
        if fate.stepped_in_s is None or (ended_s is None and now_s - fate.stepped_in_s < visit_s):
            continue
        if ended_s is None or ended_s - fate.stepped_in_s > visit_s:
            referee.accuse(PROMISE, f"{name} waited for more than {visit_s:.0f} s")
        elif fate.through_s is None and _deserves_entry(walker, story, settings, referee):
            referee.accuse(PROMISE, f"{name} was sent away")


def _is_taken_for_another(walker: Walker, walkers: Iterable[Walker], settings: Settings) -> bool:
    """Return True if no wire tells this person from one who left the chamber just before."""
    inputs, stepped_in_s = settings.inputs, walker.fate.stepped_in_s
    if (
        inputs.street_contact
        or inputs.passage
        or inputs.door_contact
        or inputs.presence is None
        or stepped_in_s is None
    ):
        return False
    left_s = [other.fate.through_s or other.fate.sent_on_s for other in walkers if other is not walker]
    unseen_s = inputs.presence.linger_s + NOTICED_S
    return any(at_s is not None and abs(stepped_in_s - at_s) < unseen_s for at_s in left_s)


def _is_unseen(walker: Walker, settings: Settings) -> bool:
    """Return True if nothing tells that this person is there: without a presence sensor, only a code does."""
    shows_code = walker.persona.shows != "late" and any(payloads_of(code) for code in walker.persona.carries)
    return settings.inputs.presence is None and not shows_code


def fair_from_s(story: Story) -> float:
    """Return from when on, in seconds after the start, the world is fair; infinite if it never is."""
    if any(person.behaves not in HONEST or any(map(ends_the_service, person.carries)) for person in story.people):
        return inf
    return max((_over_s(line) + RECOVERY_S for line in story.lines), default=FIRST_S)


def _over_s(line: StoryLine) -> float:
    """Return when the kiosk can be in order again after the line; infinite if it never can, or if people are moved."""
    lasts_s = line.for_s
    if line.when or line.subject in ("body", "door", "officer", "emergency", "service_key"):
        return inf
    if line.subject in ("sensor", "wire") and line.name in STOP_SERVICE:
        return inf
    if line.word == "cut_in_a_row":
        return inf  # the next row may come at any time
    if line.subject in ("power", "process", "card"):
        lasts_s = MOMENTARY_S if lasts_s is None else lasts_s
    elif line.subject == "clock":
        return inf if float(line.word) < 0 else line.at_s  # before its first day, a pass is rightly refused
    return inf if lasts_s is None else line.at_s + lasts_s


def _deserves_entry(walker: Walker, story: Story, settings: Settings, referee: Referee) -> bool:
    """Return True if nothing speaks against somebody who came for the first time, and whom the wires tell from others.

    Otherwise the spray of the person before may count as theirs.
    """
    persona, steps = walker.persona, settings.sequence
    if walker.has_returned or walker.fate.unseen or persona.declines:
        return False
    others = {code for one in story.people if one is not persona for code in one.carries}
    good_code = Step.CREDENTIAL not in steps or any(
        _passes(code, settings) for code in persona.carries if code not in others
    )
    wrong_codes = sum(len(payloads_of(code)) for code in persona.carries if not _passes(code, settings))
    good_code = good_code and wrong_codes < settings.scanner.wrong_codes
    good_health = Step.TEMPERATURE not in steps or (
        referee.fever.was_healthy(walker.body) and _stands_out(walker.body.skin_c, story.room_c, settings)
    )
    well = Step.QUESTIONS not in steps or not walker.body.feels_ill
    return good_code and good_health and well


def _passes(code: str, settings: Settings) -> bool:
    """Return True if the code is good at this site, while its services are in order."""
    return is_good(code) or (settings.credentials.online_status is not None and is_passed_by_service(code))


def _stands_out(skin_c: float, room_c: float, settings: Settings) -> bool:
    """Return True if the room is one in which the thermometer of the settings can tell this skin from a wall.

    An imager finds a face because it is warmer than everything around it.
    """
    thermometer = settings.thermometer
    if thermometer is None:
        return True
    suits = thermometer.ambient_min_c <= room_c <= thermometer.ambient_max_c
    is_imager = thermometer.kind is ThermometerKind.MLX90640
    differs_c = skin_c - room_c if is_imager else abs(skin_c - room_c)
    return suits and differs_c > thermometer.skin_contrast_c + FEVER_SLACK_C
