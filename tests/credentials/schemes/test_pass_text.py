import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.credentials.schemes.site_pass.pass_text import (
    Claims,
    PassKind,
    SignedPass,
    read_claims,
    read_fields,
    read_text,
    write_claims,
    write_text,
)
from kiosk.errors import BadCredential

GOOD: dict[int, int | str | bytes] = {1: b"12345678", 2: "site", 3: 1, 4: 10, 5: 20}


def test_the_text_of_a_pass_is_prefix_key_id_signature_and_claims_in_base45() -> None:
    signed = SignedPass(b"KEYKEYID", b"\x00" * 64, b"AB")
    assert write_text(signed) == "KP1:9N9:CBNY8 B9" + "000" * 32 + "BB8"
    assert read_text(write_text(signed).encode()) == signed


def test_the_claims_are_short_canonical_cbor() -> None:
    claims = Claims(b"\x01\x02\x03\x04\x05\x06\x07\x08", "b", PassKind.INVITED, 1_633_348_800, 1_633_349_000)
    assert write_claims(claims).hex() == "a5014801020304050607080261620302041a615aecc0051a615aed88"
    assert read_claims(read_fields(write_claims(claims))) == claims


@given(st.binary(min_size=8, max_size=8), st.binary(min_size=64, max_size=64), st.binary(min_size=1, max_size=128))
def test_every_pass_has_one_text_and_every_text_one_pass(key_id: bytes, signature: bytes, claims: bytes) -> None:
    signed = SignedPass(key_id, signature, claims)
    assert read_text(write_text(signed).encode()) == signed


@given(st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:", max_size=320))
def test_a_text_that_can_be_read_is_the_only_text_of_its_pass(tail: str) -> None:
    data = f"KP1:{tail}".encode()
    try:
        signed = read_text(data)
    except BadCredential:
        return
    assert write_text(signed).encode() == data


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "a pass begins with KP1:"),
        (b"kp1:00", "a pass begins with KP1:"),
        (b"KP1:" + b"0" * 301, "at most 304 characters"),
        (b"KP1:", "0 bytes are too few"),
        (b"KP1:" + b"0" * 108, "72 bytes are too few"),
        (b"KP1:0", "not base45"),
        (b"KP1:ZZZ", "not base45"),
        (b"KP1:ab", "not base45"),
        (b"KP1:000\n", "not base45"),
        (b"KP1:\xff\xfe\xfd", "not base45"),
        ("KP1:０００".encode(), "not base45"),
    ],
)
def test_a_text_that_is_not_a_pass_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(BadCredential, match=message):
        read_text(data)


@pytest.mark.parametrize(
    ("claims", "message"),
    [
        ("", "not CBOR"),
        ("ff", "not CBOR"),
        ("a1", "not CBOR"),
        ("a10161ff", "not CBOR"),
        ("9bffffffffffffffff", "not CBOR"),
        ("81" * 120 + "01", "not a plain map"),
        ("01", "not a plain map"),
        ("f6", "not a plain map"),
        ("a1616101", "not a plain map"),
        ("a1f501", "not a plain map"),
        ("a101f5", "not a plain map"),
        ("a101fb3ff0000000000000", "not a plain map"),
        ("a101f97e00", "not a plain map"),
        ("a10181a0", "not a plain map"),
        ("a101c11a615aecc0", "not a plain map"),
        ("a2010201020000", "not in their one exact encoding"),
        ("a201020103", "not in their one exact encoding"),
        ("a202010101", "not in their one exact encoding"),
        ("bf0101ff", "not in their one exact encoding"),
        ("a1011801", "not in their one exact encoding"),
        ("a1180101", "not in their one exact encoding"),
        ("a1015f4101ff", "not in their one exact encoding"),
        ("a101c24101", "not in their one exact encoding"),
        ("d9d9f7a10101", "not"),
        ("a1010100", "not"),
    ],
)
def test_claims_in_any_other_encoding_are_refused(claims: str, message: str) -> None:
    with pytest.raises(BadCredential, match=message):
        read_fields(bytes.fromhex(claims))


@given(st.binary(max_size=128))
def test_fields_of_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        fields = read_fields(data)
    except BadCredential:
        return
    assert type(fields) is dict


@pytest.mark.parametrize("missing", [1, 2, 3, 4, 5])
def test_a_missing_claim_is_refused(missing: int) -> None:
    with pytest.raises(BadCredential, match="missing or of the wrong type"):
        read_claims({name: value for name, value in GOOD.items() if name != missing})


@pytest.mark.parametrize(
    "wrong", [{1: "12345678"}, {1: 12345678}, {2: b"site"}, {3: 0}, {3: 3}, {3: "1"}, {4: "10"}, {5: b"20"}]
)
def test_a_claim_of_the_wrong_type_is_refused(wrong: dict[int, int | str | bytes]) -> None:
    with pytest.raises(BadCredential, match="missing or of the wrong type"):
        read_claims(GOOD | wrong)


@pytest.mark.parametrize(
    "wrong", [{1: b"1234567"}, {1: b"12345678901234567"}, {4: -1}, {4: 20}, {4: 21}, {5: 253_402_300_800}, {5: 2**70}]
)
def test_a_claim_out_of_its_range_is_refused(wrong: dict[int, int | str | bytes]) -> None:
    with pytest.raises(BadCredential, match="out of its range"):
        read_claims(GOOD | wrong)
