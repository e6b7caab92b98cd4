"""`kiosk trust`: import a key list, list what is trusted, and tell who would be refused and why.

Every function returns the text to print and the exit code; nothing here prints.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from kiosk.credentials.judging.table import key_readers, schemes_with_keys
from kiosk.credentials.trust.published_forms import MAX_FILE_BYTES, read_trusted_keys
from kiosk.credentials.trust.trust_files import KeyList, read_lists, write_list
from kiosk.credentials.trust.trust_list import TrustedKey
from kiosk.errors import KioskError

ReportLine = tuple[str, int]
SOON = timedelta(days=14)
"""Keys that lapse within this time are told beforehand."""


def import_list(
    file: Path, folder: Path, now_utc: datetime, scheme: str = "", issuer: str = "", name: str = "main"
) -> ReportLine:
    """Import `file`; the list of the same scheme and name is replaced whole. Raises KioskError, changing nothing."""
    try:
        if file.stat().st_size > MAX_FILE_BYTES:
            raise KioskError(f"'{file}' is larger than {MAX_FILE_BYTES} bytes")
        data = file.read_bytes()
    except OSError as trouble:
        raise KioskError(f"'{file}' cannot be read: {trouble.strerror}") from None
    by_scheme: dict[str, list[TrustedKey]] = {}
    for key in read_trusted_keys(data, key_readers(), scheme, issuer):
        by_scheme.setdefault(key.scheme, []).append(key)
    if len(by_scheme) > 1:
        raise KioskError(f"'{file}' holds keys of {', '.join(sorted(by_scheme))}; give one with --scheme")
    [(found, keys)] = by_scheme.items()
    before = {entry.file_name: entry for entry in read_lists(folder, schemes_with_keys())}
    fresh = KeyList(found, name, now_utc.replace(microsecond=0), tuple(keys))
    target = write_list(folder, fresh)
    change = _change(before.get(fresh.file_name), fresh)
    return f"{change}\nwritten to {target}\na running kiosk uses it from the next code on", 0


def _change(before: KeyList | None, after: KeyList) -> str:
    new, old = _identities(after), _identities(before) if before else set()
    said = f"{after.scheme} '{after.name}': {len(after.keys)} keys of {len({key.issuer for key in after.keys})} issuers"
    return f"{said}; {len(new - old)} new, {len(old - new)} no longer trusted" if before else f"{said}, a new list"


def _identities(keys: KeyList) -> set[tuple[str, str]]:
    return {(key.issuer, key.key_id) for key in keys.keys}


def list_keys(folder: Path, now_utc: datetime) -> ReportLine:
    """What is trusted: every list with its age, and its keys by issuer."""
    lists = read_lists(folder, schemes_with_keys())
    if not lists:
        return f"no key lists in {folder}; nobody's signature is trusted. Add one with 'kiosk trust import FILE'", 0
    return "\n".join(line for keys in lists for line in _described(keys, now_utc)), 0


def _described(keys: KeyList, now_utc: datetime) -> Iterator[str]:
    imported = f"imported {keys.imported_at:%Y-%m-%d} ({_age(keys, now_utc)})"
    yield f"{keys.scheme} '{keys.name}': {len(keys.keys)} keys, {imported}"
    for issuer, count in sorted(Counter(key.issuer for key in keys.keys).items()):
        yield f"  {issuer or '(no issuer)':<24} {count} key{'s' if count > 1 else ''}"


def _age(keys: KeyList, now_utc: datetime) -> str:
    days = (now_utc - keys.imported_at).days
    return "today" if days == 0 else f"{days} days ago"


def verify_lists(folder: Path, now_utc: datetime, max_age_days: int, refers: bool) -> ReportLine:
    """Whether the lists can be relied on; exit code 1 when a list is too old, or a scheme's keys have all expired.

    refers: whether the site refers visitors while a list is too old (`trust.too_old`).
    """
    lists = read_lists(folder, schemes_with_keys())
    troubles = [line for keys in lists for line in _troubles(keys, now_utc, max_age_days, refers)]
    notes = [line for keys in lists for line in _notes(keys, now_utc)]
    if not lists:
        troubles = [f"no key lists in {folder}: every health credential is refused as untrusted_issuer"]
    return "\n".join([*troubles, *notes] or ["all lists are in order"]), 1 if troubles else 0


def _troubles(keys: KeyList, now_utc: datetime, max_age_days: int, refers: bool) -> Iterator[str]:
    if now_utc - keys.imported_at > timedelta(days=max_age_days):
        handled = "its visitors are refused as untrusted_issuer" if refers else "its visitors are accepted all the same"
        yield f"{keys.scheme} '{keys.name}': imported {_age(keys, now_utc)}, older than {max_age_days}; {handled}"
    if keys.imported_at > now_utc + timedelta(days=1):
        yield f"{keys.scheme} '{keys.name}': imported in the future ({keys.imported_at:%Y-%m-%d}); check the clock"
    if not any(key.holds_at(now_utc) for key in keys.keys):
        yield f"{keys.scheme} '{keys.name}': every key is outside its validity; import a newer list"


def _notes(keys: KeyList, now_utc: datetime) -> Iterator[str]:
    by_issuer: dict[str, list[TrustedKey]] = {}
    for key in keys.keys:
        by_issuer.setdefault(key.issuer, []).append(key)
    for issuer, owned in sorted(by_issuer.items()):
        expired = [key for key in owned if not key.holds_at(now_utc)]
        lapsing = [key for key in owned if key.holds_at(now_utc) and not key.holds_at(now_utc + SOON)]
        if len(expired) == len(owned):
            yield f"{keys.scheme} {issuer}: refused, all {len(owned)} keys are outside their validity"
        elif expired:
            yield f"{keys.scheme} {issuer}: {len(expired)} of {len(owned)} keys are outside their validity"
        if lapsing:
            yield f"{keys.scheme} {issuer}: {len(lapsing)} of {len(owned)} keys lapse within {SOON.days} days"
