import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.credentials.formats import base45
from kiosk.errors import BadCredential


def test_the_examples_of_rfc_9285_section_4_3() -> None:
    assert base45.encode(b"AB") == b"BB8"
    assert base45.encode(b"Hello!!") == b"%69 VD92EX0"
    assert base45.decode(b"QED8WEX0") == b"ietf!"
    assert base45.decode(b"") == b""


@given(st.binary(max_size=400))
def test_decoding_reverses_encoding(data: bytes) -> None:
    assert base45.decode(base45.encode(data)) == data


@pytest.mark.parametrize("text", [b"A", b"BB8A", b"bb8", b"GGW", b":::", b"::", b"B\xc3\xa4", b"BB\n"])
def test_other_text_is_refused(text: bytes) -> None:
    with pytest.raises(BadCredential):
        base45.decode(text)
