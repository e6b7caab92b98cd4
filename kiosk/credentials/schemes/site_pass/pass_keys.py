"""The public keys that the site trusts, read once at start from the files that the settings name.

A key is known by its key id: the first 8 bytes of the SHA-256 of its SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7).
To name a key by its digest is the idea of RFC 7638; the EU's certificates use eight bytes of a digest as `kid`
(hcert_spec.md 1.0.8). Several keys may be trusted at once, so that a site can change its key with overlap.

Rule 1: a key that cannot be used is a mistake in the settings and is never skipped. All mistakes are reported together.
Rule 2: a key file that every user of the machine can change is not trusted.
"""

import hashlib
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from kiosk.credentials.schemes.site_pass.pass_text import KEY_ID_BYTES
from kiosk.errors import SettingsError

MAX_KEY_FILE_BYTES = 4096
"""Greatest size of a key file; the PEM of an Ed25519 public key has 113 bytes."""


def key_id_of(key: Ed25519PublicKey) -> bytes:
    """Return the key id: the first 8 bytes of the SHA-256 of the key's SubjectPublicKeyInfo."""
    spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(spki).digest()[:KEY_ID_BYTES]


def load_keys(names: Sequence[str], folder: Path) -> Mapping[bytes, Ed25519PublicKey]:
    """Read the public keys in the files `names` and return them by key id; a relative name starts at `folder`.

    Raises:
        SettingsError: a file cannot be used; the message names each of these files with its remedy, one per line.
    """
    keys: dict[bytes, Ed25519PublicKey] = {}
    mistakes: list[str] = []
    for name in names:
        try:
            key = load_key(folder / name)
        except SettingsError as mistake:
            mistakes.append(str(mistake))
        else:
            keys[key_id_of(key)] = key
    if mistakes:
        raise SettingsError("\n".join(mistakes))
    return keys


def load_key(path: Path) -> Ed25519PublicKey:
    """Read one Ed25519 public key in PEM.

    Raises:
        SettingsError: the file cannot be read, can be changed by every user, or does not contain an Ed25519 public key.
    """
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode) or found.st_size > MAX_KEY_FILE_BYTES:
            raise SettingsError(f"'{path}' is not a file of at most {MAX_KEY_FILE_BYTES} bytes; name a key in PEM")
        if found.st_mode & stat.S_IWOTH:
            raise SettingsError(f"'{path}' can be changed by every user; run 'chmod o-w {path}'")
        pem = path.read_bytes()
    except OSError as error:
        raise SettingsError(f"'{path}' cannot be read: {error.strerror}; see its name and who may read it") from None
    if b"PRIVATE KEY" in pem:
        raise SettingsError(f"'{path}' is a private key; take it off this machine and name the public one, '.pub.pem'")
    try:
        key = load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm):
        raise SettingsError(f"'{path}' is not a public key in PEM; copy it again from 'kiosk pass key'") from None
    if not isinstance(key, Ed25519PublicKey):
        raise SettingsError(f"'{path}' is a {type(key).__name__}, not Ed25519; make one with 'kiosk pass key'")
    return key
