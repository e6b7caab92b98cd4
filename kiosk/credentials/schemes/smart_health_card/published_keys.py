"""The forms in which keys of SMART Health Cards are published: JSON Web Key Sets (RFC 7517) and the VCI directory."""

from typing import Any

from kiosk.credentials.formats.safe_parsing import as_text
from kiosk.credentials.trust.json_web_keys import key_of_jwk
from kiosk.credentials.trust.published_forms import Entries, PublishedKeys
from kiosk.credentials.trust.published_list import UnusableKey, each, member
from kiosk.credentials.trust.trust_list import TrustedKey
from kiosk.errors import KioskError

SCHEME = "smart_health_card"


def from_json(document: object, issuer: str) -> Entries | None:
    """Return the keys in a snapshot of the VCI directory or in one issuer's key set; None for any other document.

    Raises:
        KioskError: the issuer of a key set is not given.
    """
    match document:
        case {"issuerInfo": [*entries]}:
            return [key for number, entry in enumerate(entries, start=1) for key in _from_directory(number, entry)]
        case {"keys": [*keys]}:
            if not issuer:
                raise KioskError("key set names no issuer; give its address with --issuer https://...")
            return _from_key_set(keys, issuer, {})
    return None


def _from_directory(number: int, entry: Any) -> Entries:
    """Return the keys of one issuer. If its revocation lists cannot be read, none of its keys is used."""
    match entry:
        case {"issuer": {"iss": str() as issuer}, "keys": [*keys]}:
            return _from_key_set(keys, issuer, entry)
    return [UnusableKey("", f"issuer {number}", "it has no name ('iss') or no list of keys")]


def _from_key_set(keys: list[Any], issuer: str, entry: dict[str, Any]) -> Entries:
    return each(keys, lambda jwk: _key(jwk, issuer, entry), lambda jwk: (issuer, member(jwk, "kid")))


def _key(jwk: dict[str, Any], issuer: str, entry: dict[str, Any]) -> TrustedKey:
    """Return one signing key. entry: the entry of its issuer in the directory, with the revocation lists."""
    key_id = as_text(jwk.get("kid"), "kid", 200)
    if jwk.get("use", "sig") != "sig":
        raise KioskError("key is not for signatures")
    if jwk.get("kty") != "EC":
        raise KioskError("key is not on P-256")
    listed = [*jwk.get("revoked", ()), *_revoked(entry.get("crls") or (), key_id)]
    revoked = frozenset(as_text(name, "rid", 60) for name in listed)
    return TrustedKey(SCHEME, issuer, key_id, key_of_jwk(jwk), revoked=revoked)


def _revoked(lists: Any, key_id: str) -> list[Any]:
    """Return the identifiers in those of an issuer's revocation lists that belong to the key."""
    if unknown := [found["method"] for found in lists if found.get("method", "rid") != "rid"]:
        raise KioskError(f"revocation list of its issuer has the unknown method '{unknown[0]}'")
    return [name for found in lists if found["kid"] == key_id for name in found["rids"]]


KEYS = PublishedKeys(from_json=from_json)
