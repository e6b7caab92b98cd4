"""Every EU DCC case of the official collection; our checks must give each expected outcome."""

import base64
import contextlib
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from kiosk.credentials.content.credential import CheckRefused, Examination
from kiosk.credentials.schemes.eu_dcc.eu_dcc import EuDcc
from kiosk.credentials.trust.certificates import dcc_key
from kiosk.credentials.trust.trust_list import TrustList
from kiosk.errors import BadCredential
from kiosk.model import WallTime
from tests.interop import vectors

CHECK_OF = {
    "UNPREFIX": ("prefix",),
    "B45DECODE": ("base45",),
    "COMPRESSION": ("compression",),
    "DECODE": ("cose", "claims", "certificate"),
    "VERIFY": ("cose", "key", "signature"),
    "KEYUSAGE": ("key_purpose",),
    "SCHEMAVALIDATION": ("schema",),
    "EXPIRATIONCHECK": ("not_before", "expiry", "key_dates"),
}
"""Our checks for each of the collection's expected results."""

DEVIATIONS: dict[str, str] = {}
"""Cases whose expected outcome contradicts the specification: name of the case, clause of the specification."""

CASES = vectors.files("dcc", "**/*.json")


def examine(case: dict[str, Any]) -> tuple[list[str], str]:
    """Verify a case with its own certificate at its own time.

    Returns the names of the passed checks, and the name of the failed check or "".
    """
    context = case["TESTCTX"]
    certificate = x509.load_der_x509_certificate(base64.b64decode(context["CERTIFICATE"]))
    when = WallTime(datetime.fromisoformat(context["VALIDATIONCLOCK"]), sure=True)
    examination = Examination("eu_dcc")
    with contextlib.suppress(BadCredential, CheckRefused):
        EuDcc(TrustList([dcc_key(certificate, "eu_dcc")])).verify(case["PREFIX"].encode(), when, examination)
    passed = [check.name for check in examination.checks if check.passed]
    failed = [check.name for check in examination.checks if not check.passed]
    return passed, "".join(failed)


@pytest.mark.parametrize("path", CASES, ids=vectors.name)
def test_every_case_has_the_expected_outcome(path: Path) -> None:
    case = json.loads(path.read_text())
    if "PREFIX" not in case or not case["TESTCTX"].get("CERTIFICATE") or not case["TESTCTX"].get("VALIDATIONCLOCK"):
        pytest.skip("the case carries no code, certificate or time")
    expected = {key.removeprefix("EXPECTED"): value for key, value in case["EXPECTEDRESULTS"].items()}
    wrong = {check for key, value in expected.items() if value is False for check in CHECK_OF.get(key, ())}
    passed, failed = examine(case)
    if vectors.name(path) in DEVIATIONS:
        return
    if wrong:
        assert failed in wrong
    else:
        assert failed == ""
    for key, value in expected.items():
        if value is True and key in CHECK_OF and not wrong:
            assert CHECK_OF[key][-1] in passed or key == "DECODE"


@pytest.mark.parametrize("path", CASES, ids=vectors.name)
def test_the_code_in_the_picture_is_read_if_the_case_expects_it(path: Path) -> None:
    pytest.importorskip("cv2")
    import cv2
    import numpy as np
    import zxingcpp

    case = json.loads(path.read_text())
    expected = case["EXPECTEDRESULTS"].get("EXPECTEDPICTUREDECODE")
    if expected is None or "2DCODE" not in case:
        pytest.skip("the case says nothing about its picture")
    picture = cv2.imdecode(np.frombuffer(base64.b64decode(case["2DCODE"]), np.uint8), cv2.IMREAD_GRAYSCALE)
    read = [] if picture is None else zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormat.QRCode)
    texts = [code.text for code in read]
    if expected:
        assert case["PREFIX"] in texts
    else:
        assert case["PREFIX"] not in texts
