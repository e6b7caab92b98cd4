"""The forms in which the certificates of the EU DCC's document signers are published."""

import base64
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_der_public_key

from kiosk.credentials.formats.lenient_der import load_certificate
from kiosk.credentials.trust.certificates import dcc_key, signs_documents_only
from kiosk.credentials.trust.json_web_keys import key_of_jwk, usable_key
from kiosk.credentials.trust.published_forms import Entries, PublishedKeys
from kiosk.credentials.trust.published_list import each, member
from kiosk.credentials.trust.revocations import RevokedBy, RevokedCredentials, joined
from kiosk.credentials.trust.trust_list import Purpose, TrustedKey
from kiosk.errors import KioskError

SCHEME = "eu_dcc"
_USAGES = {"v": Purpose.VACCINATION, "t": Purpose.TEST, "r": Purpose.RECOVERY}
_REVOKED_BY = {
    "UCI": RevokedBy.UCI,
    "COUNTRYCODEUCI": RevokedBy.COUNTRY_UCI,
    "SIGNATURE": RevokedBy.SIGNATURE,
}
_ANY_KEY = "UNKNOWN_KID"
"""The key id of a batch that is not limited to one key (dgc-gateway, revocation batch)."""

_SIGNER = "DSC"
"""The kind of a document signer's certificate, in the gateway's list and in the WHO's."""

UNITED_KINGDOM = "GB"


def from_json(document: object, issuer: str) -> Entries | None:
    """Return the entries of a list in one of the published forms; None for any other document."""
    match document:
        case {"certificates": [*entries]}:
            return each(entries, _from_gateway, _named)
        case [{"rawData": _}, *_]:
            assert isinstance(document, list)
            return each(document, _from_gateway, _named)
        case [{"kid": _, "publicKey": _}, *_]:
            assert isinstance(document, list)
            country = issuer or UNITED_KINGDOM
            return each(document, lambda entry: _from_uk(entry, country), lambda entry: (country, member(entry, "kid")))
        case {"hashType": _, "entries": [*_]}:
            assert isinstance(document, dict)
            return each([document], _from_batch, _named)
        case [{"hashType": _, "entries": [*_]}, *_]:
            assert isinstance(document, list)
            return each(document, _from_batch, _named)
        case {"eu_keys": dict() as by_id}:
            owned = [(key_id, entry) for key_id, entries in by_id.items() for entry in _listed(entries)]
            return each(owned, _from_key_list, lambda pair: (member(pair[1], "ian"), pair[0]))
        case {"verificationMethod": [*methods]} if any(_has_jwk(method) for method in methods):
            return each(
                methods, _from_who, lambda method: (_participant(method), member(method, "id").rpartition("#")[2])
            )
    return None


def _named(entry: dict[str, Any]) -> tuple[str, str]:
    return member(entry, "country"), member(entry, "kid")


def _from_gateway(entry: dict[str, str]) -> TrustedKey:
    _demand_signer(entry.get("certificateType") or _SIGNER)
    certificate = load_certificate(base64.b64decode(entry["rawData"])).certificate
    return dcc_key(certificate, SCHEME, entry.get("country", ""))


def _from_uk(entry: dict[str, str], issuer: str) -> TrustedKey:
    key = usable_key(load_der_public_key(base64.b64decode(entry["publicKey"])))
    return TrustedKey(SCHEME, issuer, str(entry["kid"]), key)


def _from_key_list(pair: tuple[str, dict[str, Any]]) -> TrustedKey:
    key_id, entry = pair
    key = usable_key(load_der_public_key(base64.b64decode(entry["subjectPk"])))
    purposes = frozenset(_USAGES[usage] for usage in entry.get("keyUsage", ()))
    return TrustedKey(SCHEME, str(entry.get("ian", "")), key_id, key, purposes)


def _listed(entries: Any) -> list[Any]:
    """Return the entries under one key id; anything else than a list is an entry that cannot be used."""
    return entries if isinstance(entries, list) else [entries]


def _from_batch(batch: dict[str, Any]) -> RevokedCredentials:
    """Return one batch of the gateway's revocation list; its entries are 128 bits of SHA-256 in base64."""
    digests = joined(base64.b64decode(entry["hash"], validate=True) for entry in batch["entries"])
    key_id = "" if batch["kid"] == _ANY_KEY else str(batch["kid"])
    return RevokedCredentials(SCHEME, str(batch["country"]), key_id, _REVOKED_BY[batch["hashType"]], digests)


def _has_jwk(method: Any) -> bool:
    return isinstance(method, dict) and "publicKeyJwk" in method


def _from_who(method: dict[str, Any]) -> TrustedKey:
    """Return the key of one entry of the WHO's list (GDHCN trust list, version 2).

    The certificate decides, and its key id is computed from it. Where the list has no certificate, the JSON Web Key is
    read. Entries of authorities (CSCA, DECA) sign the certificates of signers, and no credential.
    """
    jwk = method["publicKeyJwk"]
    _demand_signer(_code(method, "keyusage") or _SIGNER)
    if not jwk.get("x5c"):
        return TrustedKey(SCHEME, _participant(method), str(jwk["kid"]), key_of_jwk(jwk))
    certificate = load_certificate(base64.b64decode(jwk["x5c"][0])).certificate
    return dcc_key(certificate, SCHEME, _participant(method))


def _demand_signer(kind: str) -> None:
    if kind != _SIGNER:
        raise KioskError(f"key of the kind {kind}, which signs no credentials")


def _participant(method: dict[str, Any]) -> str:
    return _code(method, "participant")


def _code(method: dict[str, Any], name: str) -> str:
    """Return a code such as {"code": "#IDN"} without its '#'; "" if there is none."""
    found = method.get(name)
    return member(found, "code").removeprefix("#") if isinstance(found, dict) else ""


def from_certificate(certificate: x509.Certificate, issuer: str) -> TrustedKey:
    """Return the key of a document signer's certificate. Raises `KioskError` if it belongs to an authority."""
    if not signs_documents_only(certificate):
        raise KioskError(
            "this is the certificate of an authority (CSCA): it signs the certificates of document signers and no EU "
            "DCC; import the certificate of the document signer (DSC) or the country's list. For the root of ICAO's "
            "seals, give --scheme vds_nc"
        )
    return dcc_key(certificate, SCHEME, issuer)


KEYS = PublishedKeys(
    from_json=from_json,
    from_certificate=from_certificate,
    owns=signs_documents_only,
)
