"""Writes the settings file that follows from the answers of `kiosk init`."""

from collections.abc import Sequence
from pathlib import Path

from kiosk.settings.wizard.draft import Draft
from kiosk.settings.wizard.questions import HEALTH, PARTS, Answers, is_asked, question_of

TEMPLATE = Path(__file__).with_name("kiosk.yaml")
"""config/kiosk.yaml: a link in a checkout, and a copy in an installation."""

HIGH_RELAYS = {"door": (9, 21), "sprayer": (11, 23), "street_door": (10, 19)}
"""Pins of active-high relays with their numbers on the header: GPIO 9 to 27 are pulled down while the Pi starts."""

FREED_PINS = {"yes": (5, 29), "no": (6, 31)}
"""Pins of the answers beside active-high relays, which take the template's pins of the answers and leave these."""


def write(answers: Answers) -> str:
    """Return the text of the settings file; what has no answer is marked with `FILL_IN`."""
    draft = Draft(TEMPLATE.read_text("utf-8"))
    _head(draft, answers)
    _doors(draft, answers)
    _parts(draft, answers)
    _chamber(draft, answers)
    _steps(draft, answers)
    _credentials(draft, answers)
    _places(draft, answers)
    return str(draft)


def _fill(draft: Draft, path: Sequence[str], answer: object, value: object = None) -> None:
    """Write the answer if there is one; otherwise the mark of the template stays."""
    if answer:
        draft.set(path, answer if value is None else value)


def _head(draft: Draft, answers: Answers) -> None:
    _fill(draft, ["name"], answers["name"])
    _fill(draft, ["site"], answers["site"])
    draft.set(["time_zone"], answers["time_zone"])
    draft.set(["sequence"], list(answers["steps"]))
    draft.set(["display", "languages"], list(answers["languages"]))


def _doors(draft: Draft, answers: Answers) -> None:
    if answers["street_lock"] != "no":
        draft.uncomment(["street_door"])
        by_magnet = answers["street_lock"] == "magnet"
        draft.set(["street_door", "lock"], "fail_safe" if by_magnet else "fail_secure")
        draft.set(["street_door", "handle_inside"], not by_magnet)
        draft.uncomment(["inputs", "street_exit"])
    draft.set(["door", "lock"], "fail_secure" if answers["lock"] == "strike" else "fail_safe")
    if answers["relays"] == "low":
        return
    for name, (pin, place) in HIGH_RELAYS.items():
        if name != "street_door" or answers["street_lock"] != "no":
            draft.set([name, "relay_pin"], pin, f"header {place}; the input of an active-high relay board")
            draft.set(
                [name, "active_high"], value=True, comment="false for a board that is on at a low level, on GPIO 4 to 8"
            )


def _parts(draft: Draft, answers: Answers) -> None:
    airlock = answers["street_lock"] != "no"
    kept = {*answers["parts"]} | ({"street_contact"} if airlock else set())
    for name in PARTS:
        path = [name] if name in {"buzzer", "speaker"} else ["inputs", name]
        if name == "tamper":
            if name in kept:
                draft.uncomment(path)
        elif name not in kept:
            draft.drop(path)
    match answers["lamp"]:
        case "single":
            lines = ["lights: # a single lamp, which shows the state by its rhythm", "  single_pin: 17 # header 11"]
            draft.replace(["lights"], lines)
        case "none":
            draft.drop(["lights"])


def _chamber(draft: Draft, answers: Answers) -> None:
    sprays = "disinfect" in answers["steps"]
    if not sprays:
        draft.drop(["sprayer"])
        draft.drop(["chamber"])
        draft.drop(["inputs", "skip"])
    else:
        draft.set(["chamber", "when"], answers["spray"])
    if not sprays or answers["spray"] == "occupied":
        lines = [
            "presence: # detects a person in the chamber; a sensor that closes its contact to ground while it does",
            "  pin: 24 # header 18",
            "  linger_s: 1.5 # the person counts as gone after this time without detection",
            "  stuck_s: 900.0 # report the sensor as stuck if it is active for this time and nothing else changes",
        ]
        draft.replace(["inputs", "presence"], lines)


def _steps(draft: Draft, answers: Answers) -> None:
    if "temperature" not in answers["steps"]:
        draft.drop(["thermometer"])
        draft.drop(["temperature"])
    if "credential" not in answers["steps"]:
        draft.drop(["camera"])
        draft.drop(["credentials"])
    elif answers["camera"] == "usb":
        draft.set(["camera", "kind"], "v4l2")
    if "questions" in answers["steps"]:
        draft.uncomment(["questions"])
        for name in ("ask", "refer"):
            draft.set(["questions", name], list(answers["questions"]))
        for name, (pin, place) in FREED_PINS.items():
            draft.uncomment(["inputs", name])
            if answers["relays"] == "high":
                draft.set(["inputs", name, "pin"], pin, f"header {place}")


def _credentials(draft: Draft, answers: Answers) -> None:
    if "credential" not in answers["steps"]:
        return
    section, kinds = "credentials", answers["credentials"]
    for kind in ("site_pass", "online_status", *HEALTH):
        if kind not in kinds:
            draft.drop([section, kind])
    if not any(kind in kinds for kind in HEALTH):
        draft.drop([section, "trust"])
        draft.drop([section, "rules"])
        draft.drop([section, "health_link"])
    if "site_pass" in kinds:
        _fill(draft, [section, "site_pass", "site"], answers["pass_site"])
        _fill(draft, [section, "site_pass", "public_keys"], answers["pass_key"], [answers["pass_key"]])
    if "online_status" in kinds:
        path = [section, "online_status"]
        _fill(draft, [*path, "address"], answers["status_address"])
        _fill(draft, [*path, "prefixes"], answers["status_prefix"], [answers["status_prefix"]])
        draft.drop([*path, "extra_fields"])


def _places(draft: Draft, answers: Answers) -> None:
    _fill(draft, ["referrals", "officer", "title"], answers["officer"])
    _fill(draft, ["referrals", "officer", "address"], answers["officer_where"])
    if not is_asked(question_of("clinic"), answers):
        draft.drop(["referrals", "places"])
        return
    clinic = ["referrals", "places", "below_minimum_doses"]
    _fill(draft, [*clinic, "title"], answers["clinic"])
    _fill(draft, [*clinic, "address"], answers["clinic_where"])
