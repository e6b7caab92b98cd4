"""Health credentials, judged without a network: first by the verifier of the scheme, then by the site's rules.

Rule 1: an imported key list is used from the next credential on.
Rule 2: while a key list cannot be read, no signature is trusted. The older lists are never used instead: a key could
    have been removed because it was misused.
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
from kiosk.model import Pass, Proof, Verdict, WallTime
from kiosk.settings.schema.health import ExpiredKeys, HealthRule, TooOld, TrustSettings

logger = logging.getLogger(__name__)

FileStamp = tuple[tuple[str, int, int, int], ...]
"""Name, modification time, size and inode of each file in the folder; each change of the lists changes one of them."""


class OfflineScheme:
    """A `Scheme` for one kind of health credential. renew_keys: reads the keys again if the lists have changed."""

    def __init__(
        self, verifier: Verifier, rules: Sequence[HealthRule], renew_keys: Callable[[], None] = lambda: None
    ) -> None:
        self.name = verifier.name
        self.max_bytes = verifier.max_bytes
        self.verifier = verifier
        self._rules = rules
        self._renew_keys = renew_keys

    def claims(self, data: bytes) -> bool:
        """Return True if the code begins like a code of this kind."""
        return self.verifier.claims(data)

    def judge(self, data: bytes, when: WallTime) -> Verdict:
        """Judge a code that this scheme claims; raises `BadCredential` if it is not a credential of this kind."""
        return self.examine(data, when, Examination(self.name, kept=False))

    def examine(self, data: bytes, when: WallTime, examination: Examination) -> Verdict:
        """Judge as `judge` does, and record the checks and the content in `examination`.

        Raises:
            BadCredential: the code is not a credential of this kind."""
        self._renew_keys()
        try:
            examination.credential = self.verifier.verify(data, when, examination)
        except CheckRefused as refused:
            return refused.verdict
        verdict = decide(examination.credential, self._rules, when, examination)
        identity = examination.credential.identity
        return Pass(verdict.rule, Proof(identity)) if isinstance(verdict, Pass) and identity else verdict


class KeyLists:
    """The imported key lists as one trust list, `trust`, which is read again after the folder has changed.

    Raises:
        KioskError: a key list cannot be used at the start; the message names each file that cannot be used.
    """

    def __init__(self, settings: TrustSettings, folder: Path) -> None:
        prepare_decoys()  # now, so that the first unknown issuer costs no more time than the next
        self._settings = settings
        self._folder = folder
        self._seen = self._stamp()
        self.trust = load_trust(settings, folder)

    def renew(self) -> None:
        """Read the lists again if the folder has changed; called in the worker's thread before each credential."""
        stamp = self._stamp()
        if stamp == self._seen:
            return
        self._seen = stamp
        try:
            self.trust.renew(load_trust(self._settings, self._folder))
            logger.info("the key lists have changed: %d keys are trusted", len(self.trust))
        except KioskError as error:
            logger.error("every health credential is refused: %s", error)  # noqa: TRY400 - no traceback needed
            self.trust.renew(TrustList(()))

    def _stamp(self) -> FileStamp:
        try:
            found = [(path.name, path.stat()) for path in (self._folder / self._settings.folder).glob("*.json")]
        except OSError:  # a file is being removed at this moment
            return ()
        return tuple(sorted((name, at.st_mtime_ns, at.st_size, at.st_ino) for name, at in found))


def load_trust(settings: TrustSettings, folder: Path) -> TrustList:
    """Return every key of the imported lists; raises `KioskError` with the name of each file that cannot be used."""
    max_age = timedelta(days=settings.max_age_days) if settings.too_old is TooOld.REFER else None
    accepts_expired = settings.expired_keys is ExpiredKeys.ACCEPT
    lists = read_lists(folder / settings.folder, schemes_with_keys())
    return trust_of(lists, max_age, accept_expired=accepts_expired)
