"""The checks of dates that all schemes share; a clock that is not known to be right accepts nobody by date."""

from datetime import datetime, timedelta

from kiosk.credentials.content.credential import Examination
from kiosk.credentials.trust.trust_list import TrustedKey, TrustList
from kiosk.model import Reason, WallTime

CLOCK_SKEW = timedelta(minutes=5)
"""Issuers' clocks and ours differ: else a certificate of this minute is "not yet valid" (RFC 7519 4.1.5)."""


def demand_dates(
    examination: Examination, when: WallTime, starts_at: datetime | None, expires_at: datetime | None
) -> None:
    """Refuse what has expired or is not yet valid, and everything while the clock is unsure.

    At the second of its expiry it has expired ("on or after", RFC 7519 section 4.1.4, RFC 8392 section 3.1.4).
    """
    examination.demand("clock", when.sure, Reason.CLOCK_UNSURE, f"{when.utc:%Y-%m-%d %H:%M} UTC")
    not_yet = starts_at is not None and when.utc + CLOCK_SKEW < starts_at
    examination.demand("not_before", not not_yet, Reason.NOT_YET_VALID, _day(starts_at))
    expired = expires_at is not None and when.utc >= expires_at
    examination.demand("expiry", not expired, Reason.EXPIRED, _day(expires_at))


def demand_key(examination: Examination, when: WallTime, trust: TrustList, key: TrustedKey) -> None:
    """Refuse a key outside its own validity, or out of a list that is older than the site allows."""
    detail = f"{_day(key.not_before)} to {_day(key.not_after)}"
    examination.demand("key_dates", key.holds_at(when.utc), Reason.UNTRUSTED_ISSUER, detail)
    examination.demand("list_age", trust.is_fresh(key, when.utc), Reason.UNTRUSTED_ISSUER, _day(key.listed_at))


def _day(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else "open"
