"""The doctor's checks of the sound: the card, and its mixer. The device itself is asked by a probe.

Rule: nothing is changed, and nothing is heard.
"""

import re

from kiosk.health.findings import DoctorFinding, HostMachine, ok, warn

LOW_PERCENT = 40
"""Below this volume of the mixer, a sentence is not understood in a hall."""


def checks(machine: HostMachine, device: str | None) -> list[DoctorFinding]:
    """Return the findings about the ALSA device `device`; none without a loudspeaker."""
    return [] if device is None else [card(machine), mixer(machine, device)]


def card(machine: HostMachine) -> DoctorFinding:
    """Check that the kernel knows a sound card."""
    cards = re.findall(r"^ *\d+ \[(\S+) *\]", machine.text("proc/asound/cards") or "", re.MULTILINE)
    if cards:
        return ok("sound", ", ".join(cards))
    remedy = "plug in the USB adapter, or add 'dtparam=audio=on' to config.txt for the headphone socket, and reboot"
    return warn("sound", "no sound card", remedy)


def mixer(machine: HostMachine, device: str) -> DoctorFinding:
    """Check that the mixer of the card of the ALSA device `device` is neither muted nor low."""
    named = re.search(r"CARD=([A-Za-z0-9_]+)", device) or re.search(r"^(?:plug)?hw:([A-Za-z0-9_]+)", device)
    of_card = ["-c", named[1]] if named else []
    answer = machine.ask(["amixer", "-M", *of_card, "scontents"])
    if answer is None:
        return warn("mixer", "amixer does not answer", "sudo apt-get install alsa-utils, or see the line 'sound'")
    select = " ".join(["amixer", *of_card])
    for name, text in _controls(answer):
        levels = [int(level) for level in re.findall(r"Playback .*?\[(\d+)%\]", text)]
        if re.search(r"Playback .*\[off\]", text):
            return warn("mixer", f"'{name}' is muted", f"{select} sset '{name}' unmute, then: sudo alsactl store")
        if levels and max(levels) < LOW_PERCENT:
            found = f"'{name}' is at {max(levels)} per cent"
            return warn("mixer", found, f"{select} -M sset '{name}' 80%, then: sudo alsactl store")
    return ok("mixer", "neither muted nor low")


def _controls(answer: str) -> list[tuple[str, str]]:
    """Return the name and the text of each control in the answer of 'amixer scontents'."""
    parts = re.split(r"^Simple mixer control '([^']*)',\d+\n", answer, flags=re.MULTILINE)[1:]
    return list(zip(parts[::2], parts[1::2], strict=True))
