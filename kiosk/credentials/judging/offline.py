"""Health credentials judged without a network: a scheme's verifier first, then the site's rules.

Rule 1: what a site did not name in its settings is not read.
Rule 2: the decoys are made at start, so that the first unknown issuer costs what the next one does.
Rule 3: a key list that is imported counts from the next credential on. While one cannot be read nobody's signature is
trusted; the lists of before never stand in for it (design, never 6).
"""

import logging
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

from kiosk.credentials.content.credential import CheckRefused, Examination, Verifier
from kiosk.credentials.content.rules import decide
from kiosk.credentials.formats.signatures import prepare_decoys
from kiosk.credentials.judging.table import schemes_with_keys
from kiosk.credentials.trust.trust_files import read_lists, trust_of
from kiosk.credentials.trust.trust_list import TrustList
from kiosk.errors import KioskError
from kiosk.model import Verdict, WallTime
from kiosk.settings.schema.health import HealthRule, TooOld, TrustSettings

logger = logging.getLogger(__name__)

FileStamp = tuple[tuple[str, int, int, int], ...]
"""What tells one state of the folder from another: name, time of change, size and number of each file."""


class OfflineScheme:
    """One kind of health credential, as the registry asks it; `look_again` renews the keys that the verifier uses."""

    def __init__(
        self, verifier: Verifier, rules: Sequence[HealthRule], look_again: Callable[[], None] = lambda: None
    ) -> None:
        self.name = verifier.name
        self.max_bytes = verifier.max_bytes
        self.verifier = verifier
        self._rules = rules
        self._look_again = look_again

    def claims(self, data: bytes) -> bool:
        """Whether the code begins as this kind does."""
        return self.verifier.claims(data)

    def judge(self, data: bytes, when: WallTime) -> Verdict:
        """Judge a code that this scheme claimed; raises BadCredential."""
        return self.examine(data, when, Examination(self.name))

    def examine(self, data: bytes, when: WallTime, examination: Examination) -> Verdict:
        """As `judge`, with the checks left in `examination` for a technician to read; raises BadCredential."""
        self._look_again()
        try:
            examination.credential = self.verifier.verify(data, when, examination)
        except CheckRefused as refused:
            return refused.verdict
        return decide(examination.credential, self._rules, when)


class KeyLists:
    """The imported key lists as one `trust`, read anew when the folder has changed; raises KioskError at the start."""

    def __init__(self, settings: TrustSettings, folder: Path) -> None:
        prepare_decoys()
        self._settings = settings
        self._folder = folder
        self._seen = self._mark()
        self.trust = load_trust(settings, folder)

    def look_again(self) -> None:
        """Read what was imported meanwhile; asked from the credentials' thread, once a credential."""
        mark = self._mark()
        if mark == self._seen:
            return
        self._seen = mark
        try:
            self.trust.renew(load_trust(self._settings, self._folder))
            logger.info("the key lists have changed: %d keys are trusted", len(self.trust))
        except KioskError as mistake:
            logger.error("every health credential is refused: %s", mistake)  # noqa: TRY400 - the message says it all
            self.trust.renew(TrustList(()))

    def _mark(self) -> FileStamp:
        try:
            found = [(path.name, path.stat()) for path in (self._folder / self._settings.folder).glob("*.json")]
        except OSError:  # one that is just being taken away
            return ()
        return tuple(sorted((name, at.st_mtime_ns, at.st_size, at.st_ino) for name, at in found))


def load_trust(settings: TrustSettings, folder: Path) -> TrustList:
    """Every key of the imported lists; raises KioskError."""
    max_age = timedelta(days=settings.max_age_days) if settings.too_old is TooOld.REFER else None
    return trust_of(read_lists(folder / settings.folder, schemes_with_keys()), max_age)
