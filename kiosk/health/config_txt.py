"""Reading config.txt, the Raspberry Pi's boot settings (raspberrypi.com/documentation, 'config.txt').

Rule 1: pure. Rule 2: sections for other models are read too: a line that may count is better found than missed.
"""

PLACES = ("boot/firmware/config.txt", "boot/config.txt")
"""Since Bookworm, and before."""


def parameters(text: str) -> dict[str, str]:
    """The device-tree parameters that `text` sets, the last of each; one without a value is 'on'."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        key, _, value = line.partition("#")[0].strip().partition("=")
        if key.strip() == "dtparam":
            found |= dict(_pair(part) for part in value.split(",") if part.strip())
    return found


def is_on(text: str, parameter: str) -> bool:
    """Whether `parameter` is switched on."""
    return parameters(text).get(parameter, "off") not in {"off", "0", "no", "false", "n"}


def _pair(part: str) -> tuple[str, str]:
    name, equals, value = part.strip().partition("=")
    return name.strip(), value.strip().lower() if equals else "on"
