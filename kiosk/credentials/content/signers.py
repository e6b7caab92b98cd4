"""Finds the trusted key that signed a credential: every trusted key with the key id is tried."""

from collections.abc import Iterable

from kiosk.credentials.content.credential import Examination
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
