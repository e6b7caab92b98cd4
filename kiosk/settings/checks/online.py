"""Cross-checks of the network services: addresses, time limits, prefixes, headers, and the results of a check-in."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from kiosk.model import Step
from kiosk.settings.checks.findings import CheckFinding, Sheet
from kiosk.settings.schema.policy import RESERVED_PREFIXES, SCHEMES
from kiosk.settings.schema.services import PROTOCOL_WORDS, CheckInSettings, OnlineStatusSettings
from kiosk.settings.yaml.locations import Loc
from kiosk.settings.yaml.mistakes import Severity
from kiosk.support.https.headers import LOOPBACK

ONLINE_STATUS: Loc = ("credentials", "online_status")
CHECK_IN: Loc = ("credentials", "check_in")

PLACEHOLDERS = ("example", "invalid", "test", "example.com", "example.net", "example.org")
"""Reserved names, which never belong to a real service (RFC 2606, sections 2 and 3)."""


def addresses(sheet: Sheet, severity: Severity) -> Iterator[CheckFinding]:
    """Check that each address has a host and no password, uses https unless on loopback, and is no placeholder.

    severity: the severity of a placeholder.
    """
    found = [((*loc, "address"), service.address) for loc, service in _services(sheet)]
    if bundles := sheet.settings.bundles:
        found.append((("bundles", "address"), bundles.address))
    for loc, address in found:
        if finding := _address(address, loc, severity):
            yield finding


def _services(sheet: Sheet) -> Iterator[tuple[Loc, OnlineStatusSettings | CheckInSettings]]:
    """Yield the services that the kiosk asks, with the locs of their sections."""
    credentials = sheet.settings.credentials
    if credentials.online_status:
        yield ONLINE_STATUS, credentials.online_status
    if credentials.check_in:
        yield CHECK_IN, credentials.check_in


def _address(address: str, loc: Loc, severity: Severity) -> CheckFinding | None:
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        host = ""
    if "@" in address:
        return CheckFinding(
            loc, "must not contain a user name or password; put a token into a file under 'secret_headers'"
        )
    if not host:
        return CheckFinding(loc, "is not a complete address; write one like https://host/path")
    if parts.scheme == "http" and host not in LOOPBACK:
        return CheckFinding(loc, "is not encrypted; write https:// (http is for 127.0.0.1, localhost and [::1] only)")
    if any(host == name or host.endswith(f".{name}") for name in PLACEHOLDERS):
        text = f"'{host}' is a placeholder; write the address that the service's operator gave you"
        return CheckFinding(loc, text, severity=severity)
    return None


def time_for_all_requests(sheet: Sheet) -> Iterator[CheckFinding]:
    """Check that all requests about one code, with the retries, end before `credentials.timeout_s`."""
    online, limit_s = sheet.settings.credentials.online_status, sheet.settings.credentials.timeout_s
    if online is None:
        return
    requests = online.retries + 1
    longest_s = requests * online.request_timeout_s
    if longest_s >= limit_s:
        locs: tuple[Loc, ...] = (
            (*ONLINE_STATUS, "request_timeout_s"),
            (*ONLINE_STATUS, "retries"),
            ("credentials", "timeout_s"),
        )
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
                yield CheckFinding((*ONLINE_STATUS, "prefixes", number), f"{text}; write another prefix")


def headers_given_twice(sheet: Sheet) -> Iterator[CheckFinding]:
    """Check that `headers` and `secret_headers` share no name; case does not matter (RFC 9110, section 5.1)."""
    for loc, service in _services(sheet):
        plain = {name.lower() for name in service.headers}
        for name in service.secret_headers:
            if name.lower() in plain:
                text = "is also listed under 'headers'; keep this one and remove the other"
                yield CheckFinding((*loc, "secret_headers", name), text)


def results_of_check_in(sheet: Sheet) -> Iterator[CheckFinding]:
    """Check that no result of a check-in has a word that the protocol uses itself."""
    check_in = sheet.settings.credentials.check_in
    for word in check_in.status if check_in else ():
        if word in PROTOCOL_WORDS:
            text = f"is a word of the protocol and no result ({', '.join(PROTOCOL_WORDS)} are); remove it"
            yield CheckFinding((*CHECK_IN, "status", word), text)


def check_in_in_its_place(sheet: Sheet) -> Iterator[CheckFinding]:
    """Check that a visit has the step in which the venue's code is shown, and that a network is not needed to enter."""
    settings = sheet.settings
    if settings.credentials.check_in is None:
        return
    if Step.CREDENTIAL not in settings.sequence:
        text = "has no effect, as 'sequence' does not contain the step 'credential'"
        yield CheckFinding(CHECK_IN, text, (("sequence",),), Severity.WARNING)
    elif not any(getattr(settings.credentials, scheme) for scheme in SCHEMES):
        text = "is the only kind of credential: without a network nobody can show one"
        also: tuple[Loc, ...] = tuple(("credentials", scheme) for scheme in SCHEMES)
        yield CheckFinding(CHECK_IN, f"{text}; add 'site_pass' or another kind", also, Severity.WARNING)
