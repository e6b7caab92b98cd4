"""The work of `kiosk pass`: make key pairs and issue single passes. A running kiosk does not use this module.

Rule 1: the private key stays in the office, in a file that only its owner can read. A kiosk needs only the public key.
Rule 2: no file is overwritten, because older keys and passes may be in use.
Rule 3: the bearer's name is written in the office's list, beside the id of the pass, and never in the pass.
"""

import io
import os
import re
import secrets
import stat
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import segno
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from kiosk.credentials.schemes.site_pass.pass_keys import MAX_KEY_FILE_BYTES, key_id_of
from kiosk.credentials.schemes.site_pass.pass_text import (
    Claims,
    PassKind,
    SignedPass,
    signed_message,
    write_claims,
    write_text,
)
from kiosk.errors import KioskError
from kiosk.office.pass_orders import PassOrder

PASS_ID_BYTES = 8
SKEW = timedelta(minutes=10)
"""The validity of a pass begins this long before its issue: the office's clock may be ahead of the kiosk's clock."""
MAX_DAYS = 1830
"""Longest validity of a pass in days: five years."""
SITE = re.compile(r"[a-z0-9\-]{1,32}")
"""Allowed names of sites: the same pattern as for `credentials.site_pass.site` in the settings."""
QUIET_ZONE_MODULES = 4
"""The light border of a QR code is four modules wide (ISO/IEC 18004, "quiet zone")."""
MODULE_PX = 10


@dataclass(frozen=True, slots=True)
class KeyFiles:
    """A new key pair: the key id in hex, and the paths of its two files."""

    key_id: str
    private: Path
    public: Path


@dataclass(frozen=True, slots=True)
class IssuedPass:
    """A pass for its bearer. `pass_id` is in hex. `text` opens the door for anybody, so `repr` does not show it."""

    pass_id: str
    site: str
    kind: PassKind
    valid_until_utc: datetime
    text: str = field(repr=False)


def make_key_pair(folder: Path) -> KeyFiles:
    """Make an Ed25519 key pair in `folder`: `site-pass-ID.key.pem` (owner only) and `site-pass-ID.pub.pem`.

    Raises:
        KioskError: the files exist already or cannot be written.
    """
    key = Ed25519PrivateKey.generate()
    key_id = key_id_of(key.public_key()).hex()
    files = KeyFiles(key_id, folder / f"site-pass-{key_id}.key.pem", folder / f"site-pass-{key_id}.pub.pem")
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    write_new(files.private, private, 0o600)
    write_new(files.public, public, 0o644)
    return files


def load_private_key(path: Path) -> Ed25519PrivateKey:
    """Read the private key of the office.

    Raises:
        KioskError: the file cannot be read, other users can use it, or it is not an Ed25519 private key in PEM
            without a password.
    """
    try:
        with path.open("rb") as file:
            pem, mode = file.read(MAX_KEY_FILE_BYTES), os.fstat(file.fileno()).st_mode
    except OSError as error:
        raise KioskError(f"'{path}' cannot be read: {error.strerror}; make a key with 'kiosk pass key'") from None
    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise KioskError(f"'{path}' is not a private key in PEM without a password; name the '.key.pem' file") from None
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise KioskError(f"'{path}' can be used by others than its owner; run 'chmod 600 {path}'")
    if not isinstance(key, Ed25519PrivateKey):
        raise KioskError(f"'{path}' is a {type(key).__name__}, not Ed25519; make one with 'kiosk pass key'")
    return key


def issue(key: Ed25519PrivateKey, site: str, kind: PassKind, days: int, now_utc: datetime) -> IssuedPass:
    """Issue one pass for `site` that is valid from now on for `days` days (1 to `MAX_DAYS`).

    Raises:
        KioskError: the site's name or the number of days is not allowed.
    """
    if not 1 <= days <= MAX_DAYS:
        raise KioskError(f"{days} days is outside 1 to {MAX_DAYS}; issue a new pass when this one ends")
    valid_until_utc = now_utc.replace(microsecond=0) + timedelta(days=days)
    return issue_order(key, site, PassOrder(kind, now_utc - SKEW, valid_until_utc))


def issue_order(key: Ed25519PrivateKey, site: str, order: PassOrder) -> IssuedPass:
    """Issue the pass that `order` describes, for `site`.

    Raises:
        KioskError: the site's name or the dates are not allowed.
    """
    if not SITE.fullmatch(site):
        raise KioskError(
            f"site '{site}' is not 1 to 32 of a-z, 0-9 and '-'; give the settings' credentials.site_pass.site"
        )
    duration = order.valid_until_utc - order.valid_from_utc
    if not timedelta() < duration <= timedelta(days=MAX_DAYS + 1):
        raise KioskError(f"a pass for {duration.days} days is outside 1 to {MAX_DAYS}; issue a new one when it ends")
    claims = Claims(
        secrets.token_bytes(PASS_ID_BYTES),
        site,
        order.kind,
        int(order.valid_from_utc.timestamp()),
        int(order.valid_until_utc.timestamp()),
        order.weekdays,
        order.areas,
        order.use,
    )
    text = write_text(sign(key, claims))
    return IssuedPass(claims.pass_id.hex(), site, order.kind, order.valid_until_utc, text)


def sign(key: Ed25519PrivateKey, claims: Claims) -> SignedPass:
    """Return the pass with `claims`, signed by `key`."""
    key_id = key_id_of(key.public_key())
    packed = write_claims(claims)
    return SignedPass(key_id, key.sign(signed_message(key_id, packed)), packed)


def save_picture(issued: IssuedPass, path: Path) -> None:
    """Write the pass as a QR code with its quiet zone, in PNG or SVG by the suffix of `path`.

    The picture opens the door for anybody, so only the owner of the file can read it.

    Raises:
        KioskError: the suffix is neither PNG's nor SVG's, or the file exists already or cannot be written.
    """
    kind = path.suffix.lower().removeprefix(".")
    if kind not in ("png", "svg"):
        raise KioskError(f"'{path.name}' ends neither in '.png' nor in '.svg'; choose one of the two")
    picture = io.BytesIO()
    code = segno.make_qr(issued.text, error="m")
    code.save(picture, kind=kind, scale=MODULE_PX, border=QUIET_ZONE_MODULES, dark="black", light="white")
    write_new(path, picture.getvalue(), 0o600)


def write_new(path: Path, content: bytes, mode: int) -> None:
    """Write a new file with the permissions `mode`; raises `KioskError` if it exists already or cannot be written."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(handle, "wb") as file:
            os.fchmod(handle, mode)
            file.write(content)
    except FileExistsError:
        raise KioskError(f"'{path}' is there already and is not overwritten; choose another name") from None
    except OSError as error:
        raise KioskError(f"'{path}' cannot be written: {error.strerror}; see that the folder is there") from None
