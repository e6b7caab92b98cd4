"""The contract between a scheme's package and the table of schemes (`kiosk.credentials.judging.table`).

Each package `schemes/<name>/` has a module `entry` with one object, `ENTRY`, of one of the three types below. The name
of the package is the name of the scheme, in the journal and in the section `credentials` of the settings. If issuers'
keys are imported for the scheme, the package also has a module `published_keys` with an object `KEYS`
(`kiosk.credentials.trust.published_forms.PublishedKeys`).

Both modules may import heavy libraries. They are loaded only when the site accepts the scheme or a command needs them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from kiosk.model import Clock, Verdict, WallTime

if TYPE_CHECKING:  # a site with site passes alone does not load these
    from kiosk.credentials.content.credential import Verifier
    from kiosk.credentials.trust.trust_list import TrustList


class Scheme(Protocol):
    """One kind of credential, as the registry uses it.

    name: for the journal, such as "site_pass". max_bytes: a longer code is not of this kind.
    """

    name: str
    max_bytes: int

    def claims(self, data: bytes) -> bool:
        """Return True if the code begins as this kind does. This is cheap and verifies nothing."""
        ...

    def judge(self, data: bytes, when: WallTime) -> Verdict:
        """Judge a code that this scheme claims.

        Raises:
            BadCredential: the code is not a credential of this kind; the message contains nothing of the code.
        """
        ...


@dataclass(frozen=True, slots=True)
class Network:
    """The parts of the kiosk that a scheme with a network service needs.

    timeout_s: the longest time of one judgement. on_reachable: called with False when the service stops to answer, and
    with True when it answers again.
    """

    clock: Clock
    timeout_s: float
    on_reachable: Callable[[bool], None]


Begins = Callable[[bytes, Any], bool]
"""Return True if a code begins as the scheme's codes do. The second argument is the scheme's section of the settings,
or None where there is none. The schemes are asked in the order of the table, and the first True decides."""


@dataclass(frozen=True, slots=True)
class OfflineEntry:
    """A scheme that judges by itself and without a network.

    build: makes the scheme from its section of the settings and the folder at which relative file names start.
    It raises `KioskError` if a file cannot be used.
    """

    begins: Begins
    build: Callable[[Any, Path], Scheme]


@dataclass(frozen=True, slots=True)
class OnlineEntry:
    """A scheme that asks a network service; `build` is as in `OfflineEntry`."""

    begins: Begins
    build: Callable[[Any, Path, Network], Scheme]


@dataclass(frozen=True, slots=True)
class HealthEntry:
    """A health credential: verified by imported keys, then judged by the site's rules, without a network.

    verifier: makes the verifier from the scheme's section of the settings and the trusted keys.
    """

    begins: Begins
    verifier: Callable[[Any, "TrustList"], "Verifier"]


SchemeEntry = OfflineEntry | OnlineEntry | HealthEntry
