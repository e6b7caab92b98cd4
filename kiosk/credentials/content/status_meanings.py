"""From the words of a service to verdicts, as the settings say."""

from collections.abc import Mapping

from kiosk.model import Pass, Reason, Refer, Verdict
from kiosk.settings.schema.services import StatusMeaning

UNLISTED = Refer(Reason.STATUS_UNKNOWN, "unlisted_status")
"""The verdict for a word that the settings do not list."""


def verdicts_of(meanings: Mapping[str, StatusMeaning]) -> Mapping[str, Verdict]:
    """Return the verdict for each status; the rule in the verdict is the status itself."""
    return {
        status: Pass(status) if meaning is StatusMeaning.PASS else Refer(Reason(meaning.value), status)
        for status, meaning in meanings.items()
    }
