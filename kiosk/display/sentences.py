"""The sentences that the kiosk can say, from the visitors' texts and the places of the settings.

Rule 1: the name and the address of a place are said in the first language only, in which the site wrote them;
        the way to it in every language.
Rule 2: a sentence ends with a full stop, or the voice would not pause.
"""

from kiosk.display.speech import SPOKEN, place, way
from kiosk.display.texts import Texts
from kiosk.settings.schema.policy import ReferralSettings, ReferralsSettings


def sentences_of(texts: Texts, languages: tuple[str, ...], referrals: ReferralsSettings) -> dict[tuple[str, str], str]:
    """Return every sentence that can be said, by language and key; `languages` are the spoken ones, in turn."""
    said = {
        (language, key): _with_full_stop(texts.say(language, key)) for language in languages for key in sorted(SPOKEN)
    }
    for reason, where in ((None, referrals.officer), *referrals.places.items()):
        said[languages[0], place(reason)] = _of_place(where)
        for language in languages:
            if words := _of_way(texts, language, where):
                said[language, way(reason)] = words
    return said


def _of_place(where: ReferralSettings) -> str:
    """Return the words for a place. Signs that a voice would spell out become pauses."""
    parts = (part.strip(" /().") for part in (where.title, where.address))
    return " ".join(_with_full_stop(part.replace(" / ", ", ")) for part in parts if part)


def _of_way(texts: Texts, language: str, where: ReferralSettings) -> str:
    """Return the words for the way from the screen to a place, or "" if the settings do not say it."""
    parts = (texts.say(language, f"way.{where.arrow.value}") if where.arrow else "", where.distance)
    return " ".join(_with_full_stop(part) for part in parts if part)


def _with_full_stop(sentence: str) -> str:
    return sentence if sentence.endswith((".", "?", "!", ":")) else f"{sentence}."
