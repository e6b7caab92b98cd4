"""Every SMART Health Card case of the official developer tools, verified with the published keys of its issuer."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kiosk.credentials.content.credential import CheckRefused, Examination
from kiosk.credentials.judging.table import key_readers
from kiosk.credentials.schemes.smart_health_card.smart_health_card import SmartHealthCard
from kiosk.credentials.trust.published_forms import read_trusted_keys
from kiosk.credentials.trust.trust_list import TrustList
from kiosk.errors import BadCredential
from kiosk.model import WallTime
from kiosk.simulator.issuers import CardIssuer, card_code
from tests.interop import vectors

ISSUER = "https://spec.smarthealth.cards/examples/issuer"
WHEN = WallTime(datetime(2022, 3, 1, tzinfo=UTC), sure=True)

EXPECTED = {
    "d-jws-bad-fhir-metadata": "good",
    "d-jws-der-signature": "signature",
    "d-jws-der-signature-r-neg": "signature",
    "d-jws-der-signature-rs-neg": "signature",
    "d-jws-der-signature-s-neg": "signature",
    "d-jws-invalid-signature": "signature",
    "d-jws-issuer-kid-mismatch": "key",
    "d-jws-issuer-not-valid-with-smart-key": "issuer",
    "d-jws-jws_too_long": "payload",
    "d-jws-no_deflate": "jws",
    "d-jws-no_jws_header_alg": "jws",
    "d-jws-no_jws_header_kid": "jws",
    "d-jws-no_jws_header_zip": "jws",
    "d-jws-trailing_chars": "digits",
    "d-jws-utf8_bom_prefix": "payload",
    "d-jws-wrong_jws_header_kid": "key",
    "f-qr-code-numeric-value-0-index-out-of-range": "chunks",
    "f-qr-code-numeric-value-0-number-too-big": "digits",
    "f-qr-code-numeric-value-0-odd-count": "digits",
    "f-qr-code-numeric-value-0-trailing_chars": "prefix",
    "f-qr-code-numeric-value-0-wrong-multi-chunk": "chunks",
    "f-qr-code-numeric-value-0-wrong_qr_header": "prefix",
    "b-jws-payload-expanded-exp_milliseconds": "payload",
    "b-jws-payload-expanded-expired": "expiry",
    "b-jws-payload-expanded-missing-coding": "good",
    "b-jws-payload-expanded-missing-covid-vc-type": "good",
    "b-jws-payload-expanded-missing-imm-vc-type": "good",
    "b-jws-payload-expanded-missing-shc-vc-type": "payload",
    "b-jws-payload-expanded-nbf_milliseconds": "payload",
    "b-jws-payload-expanded-nbf_not_yet_valid": "not_before",
    "b-jws-payload-expanded-optional-vc-type": "good",
    "b-jws-payload-expanded-pre-expired": "expiry",
    "b-jws-payload-expanded-trailing_chars": "good",
    "b-jws-payload-expanded-unknown-vc-types": "good",
    "g-qr-code-0-bad_qr_version": "good",
    "g-qr-code-0-corrupted": "unread",
    "g-qr-code-0-qr_chunk_too_small": "chunks",
    "g-qr-code-0-single_qr_segment": "good",
    "g-qr-code-0-too_many_qr_segment": "digits",
    "g-qr-code-1-qr_chunk_too_small": "chunks",
    "g-qr-code-inflated-to-v22": "good",
    "shlink-qr": "prefix",
    "test-invalid-jws-payload": "key",
}
"""The check that fails, or "good", by the name of the case. "chunks" is for the parts of a card in several codes.

* The rules on FHIR metadata, on missing types, on minification and on QR versions and segments bind issuers, not
  verifiers (SMART Health Cards, "Health Cards are Compact": "issuers SHALL ensure"), so these cases are good.
* missing-coding is good, but its content does not count, and the site's rules refuse it.
* jws_too_long has a payload without `nbf` and without a bundle.
* too_many_qr_segment has the word "extra" behind the digits.
"""


def outcome(code: bytes, trust: TrustList) -> str:
    examination = Examination("smart_health_card")
    try:
        SmartHealthCard(trust).verify(code, WHEN, examination)
    except (BadCredential, CheckRefused):
        return examination.checks[-1].name
    return "good"


def published() -> TrustList:
    keys = (vectors.ROOT / "shc" / "test_issuer_jwks.json").read_bytes()
    return TrustList(read_trusted_keys(keys, key_readers(), issuer=ISSUER))


def picture_text(path: Path) -> str:
    cv2 = pytest.importorskip("cv2")
    import zxingcpp

    codes = zxingcpp.read_barcodes(cv2.imread(str(path), cv2.IMREAD_GRAYSCALE), formats=zxingcpp.BarcodeFormat.QRCode)
    return codes[0].text if codes else ""


@pytest.mark.parametrize("path", vectors.files("shc", "testdata/*.*"), ids=vectors.name)
def test_every_case_has_the_outcome_in_its_name(path: Path) -> None:
    if path.suffix == ".md":
        pytest.skip("the collection's own description")
    name = path.stem.removeprefix("test-example-00-").removeprefix("test-example-02-")
    expected = EXPECTED.get(name, "chunks" if "qr_chunk_too" in name else "not in the table")
    if path.suffix == ".json":
        issuer = CardIssuer(ISSUER)
        found = outcome(issuer.sign(json.loads(path.read_text())), TrustList([issuer.trusted]))
    elif path.suffix == ".png":
        text = picture_text(path)
        found = outcome(text.encode(), published()) if text else "unread"
    else:
        text = path.read_text(encoding="utf-8")
        code = text.encode() if "shc:" in text else card_code(text.encode())
        found = outcome(code, published())
    assert found == expected
