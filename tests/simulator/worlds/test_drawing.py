"""The people and faults of drawn worlds: a sample of seeds has all of them."""

from collections import Counter
from collections.abc import Iterator

from kiosk.simulator.worlds.drawing.rarities import BUTTONS
from kiosk.simulator.worlds.seeds import draw_story
from kiosk.simulator.worlds.services.status import FAILURES
from kiosk.simulator.worlds.story import Story

SEEDS = 500
LEAST = 3
"""Each kind comes in so many stories of the sample at least."""

KINDS = {
    *("honest", "hurried", "slow", "never_moves", "follows", "joins", "declines", "fever"),
    *("comes back after a fever", "borrowed pass", "no code", "shows early", "shows late"),
    *("pass", "daily", "single", "expired", "forged", "foreign", "wifi", "sheet", "phone", "refused phone"),
    *("app", "refused app", "crashing app", "status_service late", "unreachable pass", "unreachable refer"),
    *(f"status_service {word}" for word in FAILURES),
    *("steps_out", "steps_in", "goes_in", "comes_out", "holds building", "holds street"),
    *("officer presses", "officer presses_twice", "officer stops", "emergency raised", "service_key turned_on"),
    *("door forced_open", "lock stuck_locked", "lock stuck_unlocked"),
    *("street_lock stuck_locked", "street_lock stuck_unlocked"),
    *("thermometer silent", "thermometer garbled", "thermometer error_flag", "thermometer lit", "camera silent"),
    *("credentials late", "venue late", "venue silent", "card stalled"),
    *("power cut", "power cut_in_a_row", "process killed", "clock", "warm room"),
    *(f"fault of {name}" for name in ("presence", "passage", "door_contact", "street_contact", *BUTTONS)),
    *("reads", "flickers_s", "cut", "airlock", "check-in", "questions", "imager"),
    *(f"without {name}" for name in ("passage", "door_contact", "street_contact", "exit", "skip", "street_bolt")),
}


def of_people(story: Story) -> Iterator[str]:
    for one in story.people:
        yield one.behaves
        yield f"shows {one.shows}"
        is_ill = one.skin_c > 37
        yield from (word for word, is_so in (("declines", one.declines), ("fever", is_ill)) if is_so)
        yield from ("no code",) if not one.carries else ()
        yield from ("comes back after a fever",) if is_ill and one.returns_s is not None else ()
        for code in one.carries:
            kind, _, owner = code.partition(" of ")
            yield kind
            yield from ("borrowed pass",) if owner not in ("", one.name) else ()


def of_lines(story: Story) -> Iterator[str]:
    for line in story.lines:
        match line.subject:
            case "sensor" | "wire":
                yield f"fault of {line.name}"
                yield "cut" if line.subject == "wire" else line.verb
            case "body":
                yield str(line.word) if line.verb == "does" else f"{line.verb} {line.word}"
            case subject if isinstance(line.word, str):
                yield f"{subject} {line.word}"
            case subject:
                yield f"{subject} late" if line.verb == "late_s" else subject


def of_site(story: Story) -> Iterator[str]:
    site = story.site
    yield from ("warm room",) if story.room_c > 30.0 else ()
    yield from (f"without {name}" for name, wire in site["inputs"].items() if wire is None)
    yield from ("airlock",) if "street_door" in site else ()
    yield from ("questions",) if "questions" in site["sequence"] else ()
    yield from ("check-in",) if "check_in" in (site.get("credentials") or {}) else ()
    online = (site.get("credentials") or {}).get("online_status")
    yield from (f"unreachable {online['unreachable']}",) if online else ()
    yield from ("imager",) if (site.get("thermometer") or {}).get("kind") == "mlx90640" else ()


def test_drawn_worlds_have_every_kind_of_person_booth_and_fault() -> None:
    counts = Counter[str]()
    for seed in range(1, SEEDS + 1):
        story = draw_story(seed)
        counts.update({*of_people(story), *of_lines(story), *of_site(story)})
    assert {kind for kind in KINDS if counts[kind] < LEAST} == set()
