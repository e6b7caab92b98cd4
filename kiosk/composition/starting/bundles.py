"""The settings of one start: those of the technician's file, with a signed bundle of the office over them, if any.

Rule 1: the technician's own file must be right by itself. A bundle never repairs it, and never breaks it: a bundle that
does not fit this kiosk is refused, and the start goes on with the last one that served, or without.
Rule 2: a bundle's key lists, and its list of revoked passes, take the place of the kiosk's own as a whole. A list of
revoked passes that lacks one of the kiosk's own is refused, because it would make that pass valid again.
"""

import logging
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from kiosk.composition.credential_workers import RETRY_S
from kiosk.composition.environment import Environment, Post
from kiosk.credentials.judging.table import schemes_with_keys
from kiosk.credentials.schemes.site_pass.pass_revocations import read_ids
from kiosk.display import texts
from kiosk.errors import KioskError
from kiosk.fleet.bundles.duty import BundleDuty
from kiosk.fleet.bundles.store import BundleStore, StoredBundle
from kiosk.fleet.bundles.trial import Trials
from kiosk.flow.events import health_event
from kiosk.hardware.speaker.clips import demand_whole
from kiosk.settings.loader import check_file
from kiosk.settings.schema.settings import Settings
from kiosk.support.delivery import Delivery

logger = logging.getLogger(__name__)

NOTE = "bundle.json"
"""The note of trials stands beside the journal."""


@dataclass(frozen=True, slots=True)
class StartSettings:
    """The settings of one start.

    texts_over: a folder with sentences that take the place of the installed ones, or None. trials: None for a kiosk
    without bundles, or one that cannot write down what it tries. bundle: the version of the bundle that is used, or 0.
    fault: the fault of a start that is not an ordinary one, or "". clips_over: a folder with clips that come before the
    installed ones, or None.
    """

    settings: Settings
    texts_over: Path | None = None
    trials: Trials | None = None
    bundle: int = 0
    fault: str = ""
    clips_over: Path | None = None

    def open_duty(self, environment: Environment, post: Post) -> BundleDuty | None:
        """Return the worker's duty that watches the store; None for a kiosk without bundles."""
        bundles, clock = self.settings.bundles, environment.clock
        if bundles is None or self.trials is None:
            return None
        reports = Delivery[str](
            lambda fault: post(health_event(clock.now_s(), "bundle", fault)), clock=clock, retry_s=RETRY_S
        )
        age = timedelta(days=bundles.alarm_age_days)
        return BundleDuty(self.trials, self.bundle, age, environment.wall, reports.offer)


def with_bundle(config: Path, settings: Settings) -> StartSettings:
    """Return the settings of this start; `settings` are those of the file `config` alone."""
    bundles = settings.bundles
    if bundles is None:
        return StartSettings(settings)
    note = (config.parent / settings.journal.path).with_name(NOTE)
    trials = Trials(note, BundleStore(config.parent / bundles.folder))
    try:
        while bundle := trials.choose():
            try:
                return replace(apply(config, bundle), trials=trials)
            except KioskError as error:
                logger.error("bundle %d is refused: %s", bundle.version, error)  # noqa: TRY400 - no traceback needed
                trials.refuse(bundle.version, str(error))
    except OSError as error:
        logger.warning("'%s' cannot be written (%s); no new bundle is tried", note, error)
        if served := trials.last_served():
            try:
                return apply(config, served)
            except KioskError as mistake:
                logger.error("bundle %d is not used: %s", served.version, mistake)  # noqa: TRY400 - no traceback needed
        return StartSettings(settings)
    return StartSettings(settings, trials=trials)


def apply(config: Path, bundle: StoredBundle) -> StartSettings:
    """Return the settings of the file `config` with `bundle` over them.

    Raises `KioskError` if the bundle does not fit: a closed or wrong setting, text, clip, key list or list of passes.
    """
    folder = config.parent
    report = check_file(config, folder / "texts", overlay=bundle.overlay)
    if report.settings is None:
        raise KioskError(str(report), "bundle_refused")
    settings = report.settings
    texts.load(folder / "texts", settings.display.languages, bundle.texts)
    speaks = settings.speaker is not None and bundle.clips.is_dir()
    if speaks:
        demand_whole(bundle.clips)
    credentials = settings.credentials
    if bundle.trust.is_dir():
        # A site without health credentials does not load the libraries for certificates.
        from kiosk.credentials.trust.trust_files import read_lists

        read_lists(bundle.trust, schemes_with_keys())
        trust = credentials.trust.model_copy(update={"folder": str(bundle.trust)})
        credentials = credentials.model_copy(update={"trust": trust})
    if bundle.revoked.exists() and credentials.site_pass:
        missing = (
            read_ids(folder / credentials.site_pass.revoked) - read_ids(bundle.revoked)
            if credentials.site_pass.revoked
            else frozenset()
        )
        if missing:
            raise KioskError(
                f"its list of revoked passes lacks {len(missing)} that this kiosk has revoked, such as {min(missing)}; "
                "add them to the office's list",
                "bundle_refused",
            )
        site_pass = credentials.site_pass.model_copy(update={"revoked": str(bundle.revoked)})
        credentials = credentials.model_copy(update={"site_pass": site_pass})
    settings = settings.model_copy(update={"credentials": credentials})
    clips = bundle.clips if speaks else None
    return StartSettings(settings, bundle.texts, bundle=bundle.version, clips_over=clips)
