"""Finds the trusted key that signed a credential, and makes the credential of this key."""

from collections.abc import Iterable
from datetime import datetime

from kiosk.credentials.content.credential import Credential, Examination, HealthContent
from kiosk.credentials.formats.signatures import Algorithm, signed_by_one_of
from kiosk.credentials.trust.trust_list import TrustedKey
from kiosk.model import Reason


def demand_signer(
    examination: Examination,
    keys: tuple[TrustedKey, ...],
    key_id: str,
    algorithm: Algorithm,
    signature: bytes,
    messages: Iterable[bytes],
) -> TrustedKey:
    """Return the key that made `signature` over one of `messages`, the forms of the text that issuers sign.

    keys: the trusted keys with `key_id`.

    Raises:
        CheckRefused: no trusted key has the key id, or none of them made the signature.
    """
    candidates = [key.key for key in keys]
    at = None
    # The signature is verified before the key is demanded, so that an unknown issuer costs the same time.
    for message in messages:
        at = signed_by_one_of(candidates, algorithm, signature, message)
        if at is not None:
            break
    examination.demand("key", bool(keys), Reason.UNTRUSTED_ISSUER, "{}, {} in the trust list", key_id, len(keys))
    examination.demand("signature", at is not None, Reason.BAD_SIGNATURE, algorithm.value)
    assert at is not None
    return keys[at]


def credential_of(
    scheme: str, key: TrustedKey, content: HealthContent, identity: bytes, expires_at: datetime | None = None
) -> Credential:
    """Return the credential that `key` signed; `identity` and `expires_at` are as in `Credential`."""
    return Credential(
        scheme,
        key.issuer,
        key.key_id,
        expires_at,
        identity,
        doses=content.doses,
        tests=content.tests,
        recoveries=content.recoveries,
        vaccinations=content.vaccinations,
        holder=content.holder,
    )
