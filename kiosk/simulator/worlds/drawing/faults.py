"""Faults of drawn stories: what fails, when, and for how long."""

import random
from typing import Any

from kiosk.simulator.worlds.story import StoryLine


def fault(chance: random.Random, site: dict[str, Any]) -> StoryLine:
    """Return a fault of a sensor, a wire, a device, the power or the clock, at any instant."""
    at_s = round(chance.uniform(0.0, 80.0), 2)
    for_s = round(chance.choice((chance.uniform(0.05, 2.0), chance.uniform(1.0, 30.0))), 2)
    wired = [name for name in ("presence", "passage", "door_contact", "street_contact") if _is_wired(site, name)]
    name = chance.choice(wired)
    kinds: list[StoryLine] = [
        StoryLine("sensor", name, "reads", chance.choice(("active", "inactive")), at_s, "", for_s),
        StoryLine("sensor", "presence", "reads", "nobody", at_s, "", round(chance.uniform(0.1, 2.5), 2)),
        StoryLine("sensor", name, "flickers_s", round(chance.uniform(0.01, 0.6), 2), at_s, "", for_s),
        StoryLine("wire", name, "is", "cut", at_s, "", for_s),
        StoryLine("credentials", "", "late_s", round(chance.uniform(0.5, 12.0), 2), at_s, "", for_s),
        StoryLine("thermometer", "", "is", chance.choice(("silent", "garbled", "error_flag")), at_s, "", for_s),
        StoryLine("camera", "", "is", "silent", at_s, "", for_s),
        StoryLine("card", "", "is", "stalled", at_s, "", round(chance.uniform(0.1, 4.0), 2)),
        StoryLine("power", "", "is", "cut", at_s, "", round(chance.uniform(0.5, 8.0), 2)),
        StoryLine("process", "", "is", "killed", at_s, "", round(chance.uniform(0.5, 4.0), 2)),
        StoryLine("clock", "", "steps_s", round(chance.choice((-86400.0, 3600.0, 0.5)), 1), at_s),
        StoryLine("lock", "", "is", chance.choice(("stuck_locked", "stuck_unlocked")), at_s, "", for_s),
    ]
    return chance.choice(kinds)


def _is_wired(site: dict[str, Any], name: str) -> bool:
    return bool(site["inputs"].get(name, True))
