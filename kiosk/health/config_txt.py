"""Reading config.txt, the Raspberry Pi's boot settings (raspberrypi.com/documentation, 'config.txt').

Rule 1: these functions are pure.
Rule 2: the sections of other models are read too: it is better to read a line that does not apply than to miss one.
"""

PLACES = ("boot/firmware/config.txt", "boot/config.txt")
"""The paths of the file, below the root: since Bookworm, and before."""


def parameters(text: str) -> dict[str, str]:
    """Return the values of the device-tree parameters (`dtparam=`) that `text` sets, by the name of the parameter.

    The last setting of a parameter wins; a parameter without a value is "on". Values are in lower case.
    """
    found: dict[str, str] = {}
    for line in text.splitlines():
        key, _, value = line.partition("#")[0].strip().partition("=")
        if key.strip() != "dtparam":
            continue
        for part in value.split(","):
            name, equals, setting = part.strip().partition("=")
            if part.strip():
                found[name.strip()] = setting.strip().lower() if equals else "on"
    return found


def is_on(text: str, parameter: str) -> bool:
    """Return True if `text`, the content of config.txt, switches the device-tree parameter `parameter` on."""
    return parameters(text).get(parameter, "off") not in {"off", "0", "no", "false", "n"}
