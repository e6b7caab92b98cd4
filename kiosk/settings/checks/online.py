"""Cross-checks of the status service: its address, time limits, prefixes and headers."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from kiosk.settings.checks.findings import CheckFinding, Sheet
from kiosk.settings.schema.policy import RESERVED_PREFIXES
from kiosk.settings.yaml.locations import Loc
from kiosk.settings.yaml.mistakes import Severity

HERE: Loc = ("credentials", "online_status")
ADDRESS: Loc = (*HERE, "address")

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})

PLACEHOLDERS = ("example", "invalid", "test", "example.com", "example.net", "example.org")
"""Reserved names, which never belong to a real service (RFC 2606, sections 2 and 3)."""


def address(sheet: Sheet) -> Iterator[CheckFinding]:
    """Check that the address has a host and no password, uses https unless on loopback, and is no placeholder."""
    online = sheet.settings.credentials.online_status
    if online is None:
        return
    try:
        parts = urlsplit(online.address)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        host = ""
    if "@" in online.address:
        yield CheckFinding(
            ADDRESS, "must not contain a user name or password; put a token into a file under 'secret_headers'"
        )
    elif not host:
        yield CheckFinding(ADDRESS, "is not a complete address; write one like https://host/path")
    elif parts.scheme == "http" and host not in LOOPBACK:
        yield CheckFinding(
            ADDRESS, "is not encrypted; write https:// (http is for 127.0.0.1, localhost and [::1] only)"
        )
    elif any(host == name or host.endswith(f".{name}") for name in PLACEHOLDERS):
        text = f"'{host}' is a placeholder; write the address that the service's operator gave you"
        yield CheckFinding(ADDRESS, text, severity=Severity.WARNING)


def time_for_all_requests(sheet: Sheet) -> Iterator[CheckFinding]:
    """Check that all requests about one code, with the retries, end before `credentials.timeout_s`."""
    online, limit_s = sheet.settings.credentials.online_status, sheet.settings.credentials.timeout_s
    if online is None:
        return
    requests = online.retries + 1
    longest_s = requests * online.request_timeout_s
    if longest_s >= limit_s:
        locs: tuple[Loc, ...] = ((*HERE, "request_timeout_s"), (*HERE, "retries"), ("credentials", "timeout_s"))
        text = f"{requests} requests of {online.request_timeout_s} s take up to {longest_s:.1f} s"
        limit = f"credentials.timeout_s is {limit_s} {sheet.source(locs[-1])}"
        remedy = "reduce request_timeout_s or retries, or increase credentials.timeout_s"
        yield CheckFinding(sheet.first_written(*locs), f"{text}, but {limit}; {remedy}", locs)


def prefixes(sheet: Sheet) -> Iterator[CheckFinding]:
    """Check that a prefix of the app does not match the codes of another scheme."""
    online = sheet.settings.credentials.online_status
    for number, prefix in enumerate(online.prefixes if online else ()):
        for reserved in RESERVED_PREFIXES:
            if prefix.lower().startswith(reserved.lower()) or reserved.lower().startswith(prefix.lower()):
                text = f"'{prefix}' would also match codes of another scheme, which begin with '{reserved}'"
                yield CheckFinding((*HERE, "prefixes", number), f"{text}; write another prefix")


def headers_given_twice(sheet: Sheet) -> Iterator[CheckFinding]:
    """Check that `headers` and `secret_headers` share no name; case does not matter (RFC 9110, section 5.1)."""
    online = sheet.settings.credentials.online_status
    if online is None:
        return
    plain = {name.lower() for name in online.headers}
    for name in online.secret_headers:
        if name.lower() in plain:
            text = "is also listed under 'headers'; keep this one and remove the other"
            yield CheckFinding((*HERE, "secret_headers", name), text)
