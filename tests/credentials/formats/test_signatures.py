import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk.credentials.formats import signatures
from kiosk.credentials.formats.signatures import Algorithm, PublicKey, prepare_decoys, signed_by_one_of
from kiosk.simulator.issuers import new_ec_key, sign_raw

EC, RSA, ED = new_ec_key(), rsa.generate_private_key(65537, 2048), Ed25519PrivateKey.generate()
MESSAGE = b"message"
MADE: dict[Algorithm, tuple[PublicKey, bytes]] = {
    Algorithm.ES256: (EC.public_key(), sign_raw(EC, MESSAGE)),
    Algorithm.PS256: (RSA.public_key(), sign_raw(RSA, MESSAGE)),
    Algorithm.EDDSA: (ED.public_key(), ED.sign(MESSAGE)),
}
OTHERS = (new_ec_key().public_key(), rsa.generate_private_key(65537, 2048).public_key())


@pytest.mark.parametrize("algorithm", list(Algorithm))
def test_a_signature_is_valid_only_for_its_key_its_message_and_its_algorithm(algorithm: Algorithm) -> None:
    key, signature = MADE[algorithm]
    assert signed_by_one_of([*OTHERS, key], algorithm, signature, MESSAGE) == 2
    assert signed_by_one_of([key], algorithm, signature, b"another") is None
    assert signed_by_one_of([key], algorithm, signature[:-1], MESSAGE) is None
    assert signed_by_one_of([key], algorithm, bytes(64), MESSAGE) is None
    for other in set(Algorithm) - {algorithm}:
        assert signed_by_one_of([key], other, signature, MESSAGE) is None


@pytest.mark.parametrize("algorithm", list(Algorithm))
def test_an_unknown_issuer_costs_the_same_check_as_a_known_one(
    algorithm: Algorithm, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare_decoys()
    asked: list[type] = []
    real = signatures._verifies

    def counted(key: PublicKey, algorithm: Algorithm, signature: bytes, message: bytes) -> bool:
        asked.append(type(key))
        return real(key, algorithm, signature, message)

    monkeypatch.setattr(signatures, "_verifies", counted)
    key, signature = MADE[algorithm]
    assert signed_by_one_of([key], algorithm, signature, MESSAGE) == 0
    assert signed_by_one_of([], algorithm, signature, MESSAGE) is None
    assert len(asked) == 2
    assert asked[0] is asked[1]


def test_a_signature_of_a_decoy_which_anybody_can_make_is_never_valid() -> None:
    """The private keys of these decoys stand in the program; that of the RSA decoy does not exist."""
    decoys = ec.derive_private_key(2, ec.SECP256R1()), Ed25519PrivateKey.from_private_bytes(bytes(32))
    for algorithm, key, signature in (
        (Algorithm.ES256, decoys[0].public_key(), sign_raw(decoys[0], MESSAGE)),
        (Algorithm.EDDSA, decoys[1].public_key(), decoys[1].sign(MESSAGE)),
    ):
        assert signed_by_one_of([key], algorithm, signature, MESSAGE) == 0, "the signature is right"
        assert signed_by_one_of([], algorithm, signature, MESSAGE) is None
