import base64

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from kiosk.credentials.trust.signed_list import demand_signature, split_signature
from kiosk.errors import KioskError

KEY = ec.generate_private_key(ec.SECP256R1())
OTHER = ec.generate_private_key(ec.SECP256R1())
DOCUMENT = b'{"certificates": []}'


def signed(key: ec.EllipticCurvePrivateKey = KEY, *, der: bool = False, document: bytes = DOCUMENT) -> bytes:
    signature = key.sign(DOCUMENT, ec.ECDSA(SHA256()))
    r, s = decode_dss_signature(signature)
    return base64.b64encode(signature if der else r.to_bytes(32) + s.to_bytes(32)) + b"\n" + document


@pytest.mark.parametrize("der", [False, True])
def test_a_signed_list_is_verified_by_the_key_of_its_publisher(der: bool) -> None:
    text = signed(der=der)
    demand_signature(text, KEY.public_key())
    demand_signature(text + b"\n", KEY.public_key())
    assert split_signature(text)[1] == DOCUMENT


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (signed(OTHER), "was not made by the key"),
        (signed(document=DOCUMENT.replace(b"[]", b"[1]")), "was not made by the key"),
        (b"A" * 80 + b"\n" + DOCUMENT, "was not made by the key"),
        (b"A" * 81 + b"\n" + DOCUMENT, "was not made by the key"),
        (DOCUMENT, "not signed in a form"),
        (b"-----BEGIN", "not signed in a form"),
        (b'{"proof": {"type": "Other2020"}}', "not signed in a form"),
    ],
)
def test_a_list_without_the_signature_of_the_publisher_is_refused(text: bytes, message: str) -> None:
    with pytest.raises(KioskError, match=message):
        demand_signature(text, KEY.public_key())
