"""Health credentials judged without a network: a scheme's verifier first, then the site's rules.

Rule 1: what a site did not name in its settings is not read.
Rule 2: the decoys are made at start, so that the first unknown issuer costs what the next one does.
"""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from kiosk.credentials.credential import Examination, Refused, Verifier
from kiosk.credentials.divoc import Divoc
from kiosk.credentials.eu_dcc import EuDcc
from kiosk.credentials.pass_revocations import RevokedPasses
from kiosk.credentials.registry import Scheme
from kiosk.credentials.rules import decide
from kiosk.credentials.signatures import prepare_decoys
from kiosk.credentials.site_pass import SitePass
from kiosk.credentials.smart_health_card import SmartHealthCard
from kiosk.credentials.trust import TrustList
from kiosk.credentials.trust_files import read_lists, trust_of
from kiosk.credentials.truststore import load_keys
from kiosk.credentials.vds_nc import VdsNc
from kiosk.model import Verdict, WallTime
from kiosk.settings.health import HealthRule, TooOld, TrustSettings
from kiosk.settings.policy import CredentialsSettings


class OfflineScheme:
    """One kind of health credential, as the registry asks it."""

    def __init__(self, verifier: Verifier, rules: Sequence[HealthRule]) -> None:
        self.name = verifier.name
        self.max_bytes = verifier.max_bytes
        self.verifier = verifier
        self._rules = rules

    def claims(self, data: bytes) -> bool:
        """Whether the code begins as this kind does."""
        return self.verifier.claims(data)

    def judge(self, data: bytes, when: WallTime) -> Verdict:
        """Judge a code that this scheme claimed; raises BadCredential."""
        return self.examine(data, when, Examination(self.name))

    def examine(self, data: bytes, when: WallTime, examination: Examination) -> Verdict:
        """As `judge`, with the checks left in `examination` for a technician to read; raises BadCredential."""
        try:
            examination.credential = self.verifier.verify(data, when, examination)
        except Refused as refused:
            return refused.verdict
        return decide(examination.credential, self._rules, when)


def offline_schemes(settings: CredentialsSettings, folder: Path) -> list[OfflineScheme]:
    """The kinds that the settings accept; a relative `trust.folder` starts at `folder`.

    Raises:
        KioskError: a key list cannot be used; the message names every such file.
    """
    wanted = [settings.eu_dcc, settings.smart_health_card, settings.divoc, settings.vds_nc]
    if not any(wanted):
        return []
    prepare_decoys()
    trust = load_trust(settings.trust, folder)
    return [OfflineScheme(verifier, settings.rules) for verifier in verifiers(settings, trust)]


def accepted_schemes(settings: CredentialsSettings, folder: Path) -> list[Scheme]:
    """Every kind that is judged without a network, in the order in which it is asked: the site's pass first.

    Raises:
        KioskError: a key, a key list or the list of revoked passes cannot be used.
    """
    wanted = settings.site_pass
    if wanted is None:
        return [*offline_schemes(settings, folder)]
    keys = load_keys(wanted.public_keys, folder)
    revoked = RevokedPasses(folder / wanted.revoked) if wanted.revoked else _nothing_revoked
    own = SitePass(wanted.site, keys, wanted.area, wanted.utc_offset_h, revoked)
    return [own, *offline_schemes(settings, folder)]


def _nothing_revoked(_pass_id: str) -> bool:
    return False


def load_trust(settings: TrustSettings, folder: Path) -> TrustList:
    """Every key of the imported lists; raises KioskError."""
    max_age = timedelta(days=settings.max_age_days) if settings.too_old is TooOld.REFER else None
    return trust_of(read_lists(folder / settings.folder), max_age)


def verifiers(settings: CredentialsSettings, trust: TrustList) -> list[Verifier]:
    """The verifiers of the kinds that the settings accept."""
    found: list[Verifier] = []
    if settings.eu_dcc:
        found.append(EuDcc(trust))
    if settings.smart_health_card:
        found.append(SmartHealthCard(trust))
    if settings.divoc:
        found.append(Divoc(trust, settings.divoc.unsigned_holder))
    if settings.vds_nc:
        found.append(VdsNc(trust))
    return found
