"""The topics of the fleet. The broker lets a kiosk write and read only those with its own name.

No topic carries an order to a kiosk: it subscribes to its confirmations and to nothing else.
"""

import re

NAME = re.compile(r"[a-z0-9-]{1,32}")
"""The name of a kiosk, as in its settings (`settings.schema.wiring.ShortName`)."""

ROWS, CONFIRMED, STATE, ONLINE = "rows", "confirmed", "state", "online"
"""The last part of a topic: rows of the journal, the collector's confirmations, the state, and whether it is online.

`STATE` and `ONLINE` are retained; the last will of a kiosk sets `ONLINE` to `OFFLINE_PAYLOAD`.
"""

ONLINE_PAYLOAD, OFFLINE_PAYLOAD = b"online", b"offline"
"""The words that Home Assistant expects of an availability topic."""

SHARED_ROWS = f"$share/collectors/kiosk/+/{ROWS}"
"""The shared subscription of all collectors (MQTT 5, section 4.8.2): each message goes to one of them."""

EVERY_STATE, EVERY_ONLINE = f"kiosk/+/{STATE}", f"kiosk/+/{ONLINE}"


def topic(name: str, part: str) -> str:
    """Return the topic of the kiosk `name` for one of the parts above."""
    return f"kiosk/{name}/{part}"


def discovery_topic(name: str) -> str:
    """Return the topic by which Home Assistant learns of the kiosk `name`."""
    return f"homeassistant/device/{name}/config"


def parts_of(text: str) -> tuple[str, str] | None:
    """Return the kiosk's name and the last part of a topic; None if it is not a topic of a kiosk."""
    match text.split("/"):
        case ["kiosk", name, part] if NAME.fullmatch(name):
            return name, part
    return None
