"""The reports of `kiosk trust list` and `kiosk trust verify`: the trusted keys, and the problems of their lists.

Each is a text with the exit code, or objects for JSON.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from kiosk.credentials.judging.table import schemes_with_keys
from kiosk.credentials.trust.trust_files import KeyList, read_lists
from kiosk.credentials.trust.trust_list import TrustedKey
from kiosk.errors import printable

ReportAndCode = tuple[str, int]
"""The text to print, and the exit code."""

SOON = timedelta(days=14)
"""Keys whose validity ends within this time are reported in advance."""


def list_keys(folder: Path, now_utc: datetime) -> ReportAndCode:
    """Report every list with its age and each issuer's number of keys; raises `KioskError` if a list cannot be used."""
    lists = read_lists(folder, schemes_with_keys())
    if not lists:
        return f"no key lists in {folder}; no signature is trusted. Add one with 'kiosk trust import FILE'", 0
    lines: list[str] = []
    for keys in lists:
        imported = f"imported {keys.imported_at:%Y-%m-%d} ({_age(keys, now_utc)})"
        content = f"{sum(map(len, keys.revoked))} revoked certificates" if keys.revoked else f"{len(keys.keys)} keys"
        lines.append(f"{keys.scheme} '{keys.name}': {content}, {imported}")
        for issuer, count in sorted(Counter(key.issuer for key in keys.keys).items()):
            lines.append(f"  {issuer or '(no issuer)':<24} {count} key{'s' if count > 1 else ''}")
    return "\n".join(map(printable, lines)), 0


def lists_as_objects(folder: Path, now_utc: datetime) -> list[dict[str, Any]]:
    """Return what `list_keys` reports, ready for JSON; raises `KioskError` if a list cannot be used."""
    return [
        {
            "scheme": keys.scheme,
            "name": keys.name,
            "imported_at": keys.imported_at,
            "age_days": (now_utc - keys.imported_at).days,
            "keys": len(keys.keys),
            "by_issuer": dict(sorted(Counter(key.issuer for key in keys.keys).items())),
            "revoked_credentials": sum(map(len, keys.revoked)),
        }
        for keys in read_lists(folder, schemes_with_keys())
    ]


def _age(keys: KeyList, now_utc: datetime) -> str:
    days = (now_utc - keys.imported_at).days
    return "today" if days == 0 else f"{days} days ago"


def verify_lists(
    folder: Path, now_utc: datetime, max_age_days: int, refers: bool, accepts_expired: bool = False
) -> ReportAndCode:
    """Report `problems_and_notes`, of which see the parameters. The exit code is 1 if there is a problem."""
    problems, notes = problems_and_notes(folder, now_utc, max_age_days, refers, accepts_expired)
    return "\n".join([*problems, *notes] or ["all lists are in order"]), 1 if problems else 0


def problems_and_notes(
    folder: Path, now_utc: datetime, max_age_days: int, refers: bool, accepts_expired: bool = False
) -> tuple[list[str], list[str]]:
    """Return the problems of the lists, and notes on keys whose validity has ended or ends soon.

    It is a problem if there is no list, or if a list is too old, has an import date in the future, or has no key that
    is valid at `now_utc`.

    refers: True if the site refers visitors while a list is too old (`trust.too_old`). accepts_expired: True if the
    site accepts keys that have expired but are still listed (`trust.expired_keys`).

    Raises:
        KioskError: at least one list cannot be used; the message names each of these files.
    """
    lists = read_lists(folder, schemes_with_keys())
    problems = [line for keys in lists for line in _problems(keys, now_utc, max_age_days, refers)]
    if not accepts_expired:
        problems += [
            f"{keys.scheme} '{keys.name}': every key is outside its validity; import a newer list"
            for keys in lists
            if not keys.revoked and not any(key.holds_at(now_utc) for key in keys.keys)
        ]
    effect = "accepted by trust.expired_keys" if accepts_expired else "refused"
    notes = [printable(line) for keys in lists for line in _notes(keys, now_utc, effect)]
    if not any(keys.keys for keys in lists):
        problems.append(f"no key lists in {folder}: every health credential is refused as untrusted_issuer")
    return problems, notes


def _problems(keys: KeyList, now_utc: datetime, max_age_days: int, refers: bool) -> Iterator[str]:
    if now_utc - keys.imported_at > timedelta(days=max_age_days):
        effect = "its visitors are refused as untrusted_issuer" if refers else "its visitors are still accepted"
        if keys.revoked:
            effect = "what was revoked since is still accepted"
        yield f"{keys.scheme} '{keys.name}': imported {_age(keys, now_utc)}, older than {max_age_days}; {effect}"
    if keys.imported_at > now_utc + timedelta(days=1):
        yield f"{keys.scheme} '{keys.name}': imported in the future ({keys.imported_at:%Y-%m-%d}); check the clock"


def _notes(keys: KeyList, now_utc: datetime, effect: str) -> Iterator[str]:
    by_issuer: dict[str, list[TrustedKey]] = {}
    for key in keys.keys:
        by_issuer.setdefault(key.issuer, []).append(key)
    for issuer, owned in sorted(by_issuer.items()):
        outside = [key for key in owned if not key.holds_at(now_utc)]
        ending = [key for key in owned if key.holds_at(now_utc) and not key.holds_at(now_utc + SOON)]
        if len(outside) == len(owned):
            yield f"{keys.scheme} {issuer}: {effect}, all {len(owned)} keys are outside their validity"
        elif outside:
            yield f"{keys.scheme} {issuer}: {len(outside)} of {len(owned)} keys are outside their validity"
        if ending:
            yield f"{keys.scheme} {issuer}: {len(ending)} of {len(owned)} keys lapse within {SOON.days} days"
