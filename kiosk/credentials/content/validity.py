"""The checks of dates that all health schemes use. While the time of day is not sure, every credential is refused."""

from datetime import datetime, timedelta

from kiosk.credentials.content.credential import Examination
from kiosk.credentials.trust.trust_list import TrustedKey, TrustList
from kiosk.model import Reason, WallTime

CLOCK_SKEW = timedelta(minutes=5)
"""Tolerated difference between the issuer's clock and ours; without it, a new certificate can be "not yet valid" (RFC
7519 section 4.1.5)."""


def demand_dates(
    examination: Examination, when: WallTime, starts_at: datetime | None, expires_at: datetime | None
) -> None:
    """Check the validity that a credential states; a limit is None if the credential does not state it.

    At the second of its expiry, a credential counts as expired ("on or after", RFC 7519 section 4.1.4, RFC 8392 section
    3.1.4).

    Raises:
        CheckRefused: the clock is not sure, or the credential is not yet valid or has expired.
    """
    examination.demand("clock", when.sure, Reason.CLOCK_UNSURE, "{}", when.utc)
    not_yet = starts_at is not None and when.utc + CLOCK_SKEW < starts_at
    examination.demand("not_before", not not_yet, Reason.NOT_YET_VALID, "{}", starts_at)
    expired = expires_at is not None and when.utc >= expires_at
    examination.demand("expiry", not expired, Reason.EXPIRED, "{}", expires_at)


def demand_key(examination: Examination, when: WallTime, trust: TrustList, key: TrustedKey) -> None:
    """Check the dates of the key that made the signature.

    Raises:
        CheckRefused: the time is outside the validity of the key, or the key list is older than the site allows.
    """
    dates = key.not_before, key.not_after
    examination.demand("key_dates", trust.accepts(key, when.utc), Reason.UNTRUSTED_ISSUER, "{} to {}", *dates)
    examination.demand("list_age", trust.is_fresh(key, when.utc), Reason.UNTRUSTED_ISSUER, "{}", key.listed_at)
