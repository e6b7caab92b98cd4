"""The site's own pass for staff and invited visitors, verified offline.

Theory: `pass_text` describes the wrapping: prefix, base45, then key id, signature and claims in fixed positions. The
order of the checks, each only if the previous one passed: size and encoding, known key, signature, claims, site,
clock, dates, revocation, weekday, area. The fixed positions allow us to verify the signature before anything signed is
decoded. The site comes first among the claims, so that a pass of another site is never judged by dates. Revocation
comes after the dates, because an expired pass needs no entry in the list. Weekday and area come last, so that these
reasons mean that the pass is good on another day or at another door.

Rule 1: nothing that is signed is decoded or used before its signature was verified.
Rule 2: while the time of day is not sure, no pass is accepted.
Rule 3: an unknown field is a restriction that this version cannot apply, so the pass is refused.
"""

from collections.abc import Callable, Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from kiosk.credentials.schemes.site_pass.pass_text import (
    KNOWN_FIELDS,
    MAX_TEXT_BYTES,
    PREFIX,
    Claims,
    SignedPass,
    read_claims,
    read_fields,
    read_text,
    signed_message,
)
from kiosk.model import Pass, Proof, Reason, Refer, Verdict, WallTime

OTHER_SITE = "other_site"
UNKNOWN_FIELD = "unknown_field"
OTHER_DAY, OTHER_AREA, REVOKED = "other_weekday", "other_area", "revoked"

_DECOY = Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key()
"""The key with which passes of unknown keys are checked, so that the time of the answer does not show which keys a site
trusts."""


class SitePass:
    """Judges site passes for one site, by the keys that the site trusts (`pass_keys.load_keys`).

    keys: the trusted keys by key id. area: the area behind this door; a pass that names areas must name this one.
    is_revoked: returns True for the pass id (hex) of a revoked pass.
    """

    name = "site_pass"
    max_bytes = MAX_TEXT_BYTES

    def __init__(
        self,
        site: str,
        keys: Mapping[bytes, Ed25519PublicKey],
        area: str = "",
        is_revoked: Callable[[str], bool] = lambda _: False,
    ) -> None:
        self._site = site
        self._keys = keys
        self._area = area
        self._is_revoked = is_revoked

    def claims(self, data: bytes) -> bool:
        """Return True if the code begins with "KP1:"."""
        return data.startswith(PREFIX)

    def judge(self, data: bytes, when: WallTime) -> Verdict:
        """Return the verdict on a pass; the rule in the verdict `Pass` is the kind of the site pass.

        Raises:
            BadCredential: the code is not a site pass.
        """
        signed = read_text(data)
        key = self._keys.get(signed.key_id)
        is_signed = _is_signed_by(key or _DECOY, signed)
        if key is None:
            return Refer(Reason.UNTRUSTED_ISSUER)
        if not is_signed:
            return Refer(Reason.BAD_SIGNATURE)
        fields = read_fields(signed.claims)
        if not fields.keys() <= KNOWN_FIELDS:
            return Refer(Reason.NOT_A_CREDENTIAL, UNKNOWN_FIELD)
        claims = read_claims(fields)
        if claims.site != self._site:
            return Refer(Reason.NOT_A_CREDENTIAL, OTHER_SITE)
        return self._judge_dates(claims, when) or self._judge_restrictions(claims, when)

    def _judge_dates(self, claims: Claims, when: WallTime) -> Refer | None:
        if not when.sure:
            return Refer(Reason.CLOCK_UNSURE)
        now_utc_s = when.utc.timestamp()
        if now_utc_s < claims.valid_from_utc_s:
            return Refer(Reason.NOT_YET_VALID)
        if now_utc_s >= claims.valid_until_utc_s:
            return Refer(Reason.EXPIRED)
        return None

    def _judge_restrictions(self, claims: Claims, when: WallTime) -> Verdict:
        if self._is_revoked(claims.pass_id.hex()):
            return Refer(Reason.STATUS_DENIED, REVOKED)
        if not claims.weekdays >> when.day.weekday() & 1:
            return Refer(Reason.NOT_YET_VALID, OTHER_DAY)
        if claims.areas and self._area not in claims.areas:
            return Refer(Reason.STATUS_DENIED, OTHER_AREA)
        return Pass(claims.kind.name.lower(), Proof(claims.pass_id, claims.use, claims.valid_until_utc_s))


def _is_signed_by(key: Ed25519PublicKey, signed: SignedPass) -> bool:
    try:
        key.verify(signed.signature, signed_message(signed.key_id, signed.claims))
    except InvalidSignature:
        return False
    return True
