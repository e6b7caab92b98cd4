"""The workers that judge credentials: of the codes that visitors show, and of the venue's own check-in."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from kiosk.composition.environment import Environment, Post
from kiosk.credentials.check_in.duty import CheckInDuty
from kiosk.credentials.judging.accepted import accepted_schemes
from kiosk.credentials.judging.judge import CredentialDuty
from kiosk.credentials.judging.marks import Marks
from kiosk.credentials.judging.registry import Registry
from kiosk.credentials.judging.table import needs_keys
from kiosk.credentials.judging.used_passes import UsedPasses
from kiosk.credentials.schemes.entry import Network
from kiosk.flow.events import health_event
from kiosk.model import Step
from kiosk.settings.schema.settings import Settings
from kiosk.support.delivery import Delivery

USED_PASSES = "used-passes.txt"
"""The file of used passes; it stands beside the journal."""

RETRY_S = 0.5
"""Time between two offers of the health of a network service to a full inbox."""


def open_credentials(settings: Settings, folder: Path, environment: Environment, post: Post) -> CredentialDuty | None:
    """Return the worker for codes; None if the site asks for no credential. Raises `KioskError` if a key is wrong."""
    if Step.CREDENTIAL not in settings.sequence:
        return None
    report = service_health("status", "status_unreachable", environment, post)
    network = Network(environment.clock, settings.credentials.timeout_s, report, environment.open_status)
    registry = Registry(accepted_schemes(settings.credentials, folder, network))
    again_s, fever_s = settings.credentials.again_s, settings.temperature.remember_s
    used_file = (folder / settings.journal.path).with_name(USED_PASSES)
    damage = service_health("used_passes", "used_passes_damaged", environment, post)
    used = UsedPasses(used_file, damage) if settings.credentials.site_pass else None
    marks = Marks(environment.clock, again_s, fever_s, used)
    watch = watch_key_lists(settings, folder, environment, post)
    return CredentialDuty(registry, environment.wall, environment.clock, post, marks, watch)


def watch_key_lists(settings: Settings, folder: Path, environment: Environment, post: Post) -> Callable[[], None]:
    """Return a function that reports key lists that are not refreshed; it does nothing if the site needs no keys."""
    if not needs_keys(settings.credentials):
        return lambda: None
    from kiosk.credentials.judging.key_list_alarm import KeyListAlarm

    report = service_health("trust", "key_list_old", environment, post)
    alarm = KeyListAlarm(settings.credentials.trust, folder, environment.clock, report)
    return partial(alarm.look, environment.wall)


def open_check_in(settings: Settings, folder: Path, environment: Environment, post: Post) -> CheckInDuty | None:
    """Return the worker for the venue's check-in; None if the site has none. Raises `KioskError` if it cannot start."""
    check_in = settings.credentials.check_in
    if check_in is None or Step.CREDENTIAL not in settings.sequence:
        return None
    server = environment.open_venue(check_in, folder)
    report = service_health("check_in", "check_in_unreachable", environment, post)
    return CheckInDuty(server, check_in, settings.name, environment.clock, post, report)


def service_health(device: str, fault: str, environment: Environment, post: Post) -> Callable[[bool], None]:
    """Return a function that reports whether a network service or a file that checks need is usable."""
    clock = environment.clock
    reports = Delivery[str](
        lambda found: post(health_event(clock.now_s(), device, found)),
        changes_only=True,
        clock=clock,
        retry_s=RETRY_S,
    )

    def report(reachable: bool) -> None:
        reports.offer("" if reachable else fault)

    return report
