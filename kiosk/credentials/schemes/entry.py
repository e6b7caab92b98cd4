"""The contract between a scheme's package and the table of schemes (`kiosk.credentials.judging.table`).

Each package `schemes/<name>/` has a module `entry` with one object, `ENTRY`, of the type `OfflineEntry`, `OnlineEntry`
or `HealthEntry`. The name of the package is the name of the scheme, in the journal and in the section `credentials` of
the settings. If issuers' keys are imported for the scheme, the package also has a module `published_keys` with an
object `KEYS` (`kiosk.credentials.trust.published_forms.PublishedKeys`).

Both modules may import heavy libraries. They are loaded only when the site accepts the scheme or a command needs them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from kiosk.model import Clock, Verdict, WallTime

if TYPE_CHECKING:  # a site with site passes alone does not load these
    from kiosk.credentials.content.credential import Verifier
    from kiosk.credentials.schemes.online_status.status_request import OpenStatus
    from kiosk.credentials.trust.trust_list import TrustList


class Scheme(Protocol):
    """One kind of credential, as the registry uses it.

    name: the name in the journal, such as "site_pass". max_bytes: greatest length of a code of this kind.
    """

    name: str
    max_bytes: int

    def claims(self, data: bytes) -> bool:
        """Return True if the code begins like a code of this kind. This is fast and verifies nothing."""
        ...

    def judge(self, data: bytes, when: WallTime) -> Verdict:
        """Judge a code that this scheme claims.

        Raises:
            BadCredential: the code is not a credential of this kind; the message contains no part of the code.
        """
        ...


@dataclass(frozen=True, slots=True)
class Network:
    """The parts of the kiosk that a scheme with a network service needs.

    timeout_s: greatest time of one judgement. on_reachable: called with False when the service no longer answers, and
    with True when it answers again. open_status: makes a health app's status service.
    """

    clock: Clock
    timeout_s: float
    on_reachable: Callable[[bool], None]
    open_status: "OpenStatus"


Begins = Callable[[bytes, Any], bool]
"""A function that returns True if a code begins like a code of the scheme. The second argument is the scheme's section
of the settings, or None if it has no section. The functions are called in the order of the table, until one returns
True."""


@dataclass(frozen=True, slots=True)
class OfflineEntry:
    """The entry of a scheme that judges codes by itself, without a network.

    build: makes the scheme from its section of the settings and the folder at which relative file names start.
    It raises `KioskError` if a file cannot be used.
    """

    begins: Begins
    build: Callable[[Any, Path], Scheme]


@dataclass(frozen=True, slots=True)
class OnlineEntry:
    """The entry of a scheme that asks a network service; for `build`, see `OfflineEntry`."""

    begins: Begins
    build: Callable[[Any, Path, Network], Scheme]


@dataclass(frozen=True, slots=True)
class HealthEntry:
    """The entry of a health credential, which is verified by imported keys and judged by the site's rules, offline.

    verifier: makes the verifier from the scheme's section of the settings and the trusted keys.
    """

    begins: Begins
    verifier: Callable[[Any, "TrustList"], "Verifier"]


SchemeEntry = OfflineEntry | OnlineEntry | HealthEntry
