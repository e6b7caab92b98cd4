"""The codes that people in worlds carry: real site passes, signed by the world's own office."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk.credentials.schemes.site_pass.pass_text import PassKind
from kiosk.model import PassUse
from kiosk.office.pass_office import SKEW, issue, issue_order, load_private_key, make_key_pair
from kiosk.office.pass_orders import PassOrder
from kiosk.simulator.people.personas import WIFI_CODE, forge

SITE = "worlds"
PUBLIC_KEY = "world.pub.pem"
NOW_UTC = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SHEET_CODES = 60
LIMITED = {"daily": PassUse.ONCE_A_DAY, "single": PassUse.SINGLE}


class Codes:
    """Makes each code once. The office's keys lie in `folder`, where the settings look for them."""

    def __init__(self, folder: Path) -> None:
        keys = make_key_pair(folder)
        (folder / PUBLIC_KEY).write_bytes(keys.public.read_bytes())
        self._office = load_private_key(keys.private)
        self._made: dict[str, tuple[bytes, ...]] = {}

    def of(self, name: str) -> tuple[bytes, ...]:
        """Return the payloads of the code `name`; a sheet has many, every other code has one."""
        if name not in self._made:
            self._made[name] = self._make(name)
        return self._made[name]

    def _make(self, name: str) -> tuple[bytes, ...]:
        match name:
            case "phone" | "refused phone":
                return ()  # nothing is held up to the camera
            case "wifi":
                return (WIFI_CODE,)
            case "sheet":
                return tuple(b"https://example.org/item/%d" % number for number in range(SHEET_CODES))
            case "expired":
                return (self._pass(self._office, NOW_UTC - timedelta(days=30)),)
            case "foreign":
                return (self._pass(Ed25519PrivateKey.generate(), NOW_UTC),)
            case "forged":
                return (forge(self._pass(self._office, NOW_UTC)),)
            case _:
                use = next((use for word, use in LIMITED.items() if name.startswith(f"{word} of ")), PassUse.UNLIMITED)
                order = PassOrder(PassKind.STAFF, NOW_UTC - SKEW, NOW_UTC + timedelta(days=1), use=use)
                return (issue_order(self._office, SITE, order).text.encode(),)

    def _pass(self, office: Ed25519PrivateKey, from_utc: datetime) -> bytes:
        return issue(office, SITE, PassKind.STAFF, 1, from_utc).text.encode()


def is_good(name: str) -> bool:
    """Return True when a site that trusts the world's office accepts the code."""
    return name.startswith("pass of ") or is_limited(name) or name == "phone"


def is_limited(name: str) -> bool:
    """Return True for a pass that lets somebody in once on a day, or once; a world lasts less than a day."""
    return any(name.startswith(f"{word} of ") for word in LIMITED)
