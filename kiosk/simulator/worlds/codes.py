"""The codes that people in worlds carry: real site passes, signed by the world's own office."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from kiosk.credentials.schemes.site_pass.pass_text import Claims, PassKind, write_text
from kiosk.model import PassUse
from kiosk.office.pass_office import PASS_ID_BYTES, SKEW, sign
from kiosk.simulator.people.personas import WIFI_CODE

SITE = "worlds"
PUBLIC_KEY = "world.pub.pem"
NOW_UTC = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SHEET_CODES = 60
APP_PREFIX = "APP:"
"""The beginning of the codes of a health app, whose status a service tells."""

CRASHING = "crashing app"
LIMITED = {"daily": PassUse.ONCE_A_DAY, "single": PassUse.SINGLE}
DAY = timedelta(days=1)

OFFICE = Ed25519PrivateKey.from_private_bytes(b"the office of the worlds".ljust(32))
FOREIGN_OFFICE = Ed25519PrivateKey.from_private_bytes(b"an office that is not trusted".ljust(32))
"""Their keys are always the same, so that the codes of a seed are always the same."""


def write_public_key(folder: Path) -> None:
    """Write the public key of the world's office into `folder`, where the settings look for it."""
    pem = OFFICE.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (folder / PUBLIC_KEY).write_bytes(pem)


@lru_cache(maxsize=10_000)
def payloads_of(name: str) -> tuple[bytes, ...]:
    """Return the payloads of the code `name`; a sheet has many, a phone none, every other code has one."""
    match name:
        case "phone" | "refused phone":
            return ()  # nothing is held up to the camera
        case _ if is_of_app(name):
            return ((APP_PREFIX + name).encode(),)
        case "wifi":
            return (WIFI_CODE,)
        case "sheet":
            return tuple(b"https://example.org/item/%d" % number for number in range(SHEET_CODES))
        case "expired":
            return (_pass(OFFICE, name, NOW_UTC - 30 * DAY),)
        case "foreign":
            return (_pass(FOREIGN_OFFICE, name, NOW_UTC),)
        case "forged":
            return (_pass(OFFICE, name, NOW_UTC, is_changed=True),)
        case _:
            use = next((use for word, use in LIMITED.items() if name.startswith(f"{word} of ")), PassUse.UNLIMITED)
            return (_pass(OFFICE, name, NOW_UTC, use),)


def _pass(
    office: Ed25519PrivateKey,
    name: str,
    from_utc: datetime,
    use: PassUse = PassUse.UNLIMITED,
    *,
    is_changed: bool = False,
) -> bytes:
    """Return a pass for one day from `from_utc` on. is_changed: one bit of its signature is wrong."""
    pass_id = blake2b(name.encode(), digest_size=PASS_ID_BYTES).digest()
    begins, ends = int((from_utc - SKEW).timestamp()), int((from_utc + DAY).timestamp())
    signed = sign(office, Claims(pass_id, SITE, PassKind.STAFF, begins, ends, use=use))
    if is_changed:
        signed = replace(signed, signature=bytes((signed.signature[0] ^ 1,)) + signed.signature[1:])
    return write_text(signed).encode()


def is_good(name: str) -> bool:
    """Return True when a site that trusts the world's office accepts the code."""
    return name.startswith("pass of ") or is_limited(name) or name == "phone"


def is_of_app(name: str) -> bool:
    """Return True for a code of the health app."""
    return is_passed_by_service(name) or name in ("refused app", CRASHING)


def is_passed_by_service(name: str) -> bool:
    """Return True for a code of the health app that its status service passes while it is in order."""
    return name.startswith("app of ")


def ends_the_service(name: str) -> bool:
    """Return True for a code of the health app that ends its status service for some seconds."""
    return name == CRASHING


def is_limited(name: str) -> bool:
    """Return True for a pass that lets somebody in once on a day, or once; a world lasts less than a day."""
    return any(name.startswith(f"{word} of ") for word in LIMITED)
