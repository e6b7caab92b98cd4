"""One certificate is known again in each of its QR codes."""

import zlib
from datetime import timedelta

import cbor2

from kiosk.credentials.formats import base45
from kiosk.credentials.judging.judge import CredentialDuty
from kiosk.credentials.judging.marks import Marks
from kiosk.credentials.judging.offline import OfflineScheme
from kiosk.credentials.judging.registry import Registry
from kiosk.credentials.schemes.eu_dcc.eu_dcc import EuDcc
from kiosk.credentials.trust.trust_list import TrustList
from kiosk.flow.commands import CheckCredential
from kiosk.flow.events import CredentialChecked
from kiosk.model import Pass, Payload, Reason, Refer, Verdict
from kiosk.simulator.clock import VirtualClock
from kiosk.simulator.issuers import DccIssuer, wrap_cwt
from tests.credentials.samples import NOW, VACCINATION, WHEN, changed


def encodings_of(code: bytes) -> list[bytes]:
    """Return other QR texts of one signed certificate: bytes that its signature does not cover may be different."""
    cwt = zlib.decompress(base45.decode(code.removeprefix(b"HC1:")))
    protected, unprotected, payload, signature = cbor2.loads(cwt).value
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256, SEC 2 section 2.4.2
    mirrored = signature[:32] + (order - int.from_bytes(signature[32:])).to_bytes(32)
    texts = [b"HC1:" + base45.encode(zlib.compress(cwt, level)) for level in (0,)]
    for header, signed in (({"any": 1}, signature), (unprotected, mirrored)):
        texts.append(wrap_cwt(cbor2.dumps(cbor2.CBORTag(18, [protected, header, payload, signed]))))
    texts.append(wrap_cwt(cbor2.dumps([protected, unprotected, payload, signature])))  # without the tag of COSE_Sign1
    return texts


def test_every_encoding_of_one_certificate_has_one_mark_and_another_certificate_has_another() -> None:
    issuer, clock = DccIssuer("ID"), VirtualClock()
    first, second = (issuer.sign(changed(VACCINATION, "v.0.ci", uvci), NOW, timedelta(days=30)) for uvci in "AB")
    posted: list[CredentialChecked] = []
    marks = Marks(clock, 60.0, 0.0)
    registry = Registry([OfflineScheme(EuDcc(TrustList([issuer.trusted])), ())])

    def post(event: object) -> bool:
        assert isinstance(event, CredentialChecked)
        posted.append(event)
        return True

    duty = CredentialDuty(registry, lambda: WHEN, clock, post, marks)

    def check(code: bytes) -> Verdict:
        duty.handle(CheckCredential(1, len(posted) + 1, Payload(code)))
        duty.tick()
        return posted[-1].verdict

    texts = encodings_of(first)
    assert len({first, *texts}) == len(texts) + 1
    assert isinstance(check(first), Pass)
    mark = posted[-1].mark
    assert mark
    assert all(isinstance(check(text), Pass) for text in texts)
    assert {answer.mark for answer in posted} == {mark}
    marks.use_up(mark)
    assert {check(text) for text in (first, *texts)} == {Refer(Reason.ALREADY_USED, "credentials.again_s")}
    assert isinstance(check(second), Pass)
