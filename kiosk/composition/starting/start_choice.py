"""The choice of the settings with which the kiosk starts: the file's, the last that served, safe mode, or none.

| the settings file | the wiring | the kiosk starts with |
|---|---|---|
| is accepted | | its settings |
| is accepted, but the program crashed again and again | | safe mode |
| is refused | the same as in the copy that served | the copy, and reports `settings_refused` |
| is refused | the same, but the copy is refused too | safe mode |
| is refused | another one, or unreadable, or there is no copy | nothing: no pin is driven, `settings_unusable` |

In safe mode, the officer and the emergency input open the door, and nobody else is served: no camera, no thermometer,
no spray, no credential.
"""

from dataclasses import dataclass, replace
from pathlib import Path

from kiosk.composition.site_rules import SAFE_MODE
from kiosk.composition.starting.starts import StartRecord
from kiosk.model import Step
from kiosk.settings.last_good import read_wiring, recall
from kiosk.settings.loader import parse
from kiosk.settings.schema.policy import CredentialsSettings
from kiosk.settings.schema.settings import Settings
from kiosk.settings.yaml.mistakes import Mistake, Severity, shown_errors
from kiosk.settings.yaml.source import read_bytes

REFUSED, UNUSABLE = "settings_refused", "settings_unusable"
"""Faults of a start that is not an ordinary one; `site_rules.SAFE_MODE` is another."""


@dataclass(frozen=True, slots=True)
class StartChoice:
    """The settings with which the kiosk starts, or None if no pin may be driven.

    fault: the reason why it is not an ordinary start, or "". why: the lines that explain it; mistakes with their
    places. data: the content of the settings file if it is accepted, to be kept once it served; otherwise b"".
    places: the mistakes of a refused file for the journal, such as '46:3 door.hold_S': without a value of the file.
    """

    settings: Settings | None
    fault: str = ""
    why: tuple[str, ...] = ()
    data: bytes = b""
    places: tuple[str, ...] = ()


def choose(config: Path, state_folder: Path | None, record: StartRecord) -> StartChoice:
    """Return the choice for the settings file `config`.

    state_folder: the folder of the copy that served; None if there is none. record: the starts and crashes since the
    boot.
    """
    data = read_bytes(config)
    if isinstance(data, Mistake):
        return StartChoice(None, UNUSABLE, (data.shown(str(config)), *_not_driven("cannot be read")))
    mistakes, settings = parse(data, config.parent, config.parent / "texts")
    if settings:
        if record.is_unstable:
            return StartChoice(safe_mode(settings), SAFE_MODE, (f"the last cause of a crash: {record.cause}",))
        warnings = tuple(mistake.shown(str(config)) for mistake in mistakes)
        return StartChoice(settings, "", warnings, data)
    errors = [mistake for mistake in mistakes if mistake.severity is Severity.ERROR]
    kept = recall(state_folder) if state_folder else None
    choice = _instead(data, config.parent, kept, shown_errors(errors, str(config)), record)
    return replace(choice, places=tuple(f"{error.line}:{error.column} {error.key}".strip() for error in errors))


def _instead(
    data: bytes, folder: Path, kept: bytes | None, errors: tuple[str, ...], record: StartRecord
) -> StartChoice:
    if kept is None:
        return StartChoice(None, UNUSABLE, (*errors, *_not_driven("no settings have served before")))
    wanted, known = read_wiring(data, folder), read_wiring(kept, folder)
    if wanted is None or known is None:
        return StartChoice(None, UNUSABLE, (*errors, *_not_driven("its wiring cannot be read")))
    if wanted[0] != known[0]:
        changed = sorted({name for name, _ in wanted[0].items() ^ known[0].items()})
        reason = f"its wiring differs from that of the settings that served ({', '.join(changed)})"
        return StartChoice(None, UNUSABLE, (*errors, *_not_driven(reason)))
    _, settings = parse(kept, folder, folder / "texts")
    if settings is None:
        return StartChoice(safe_mode(known[1]), SAFE_MODE, errors)
    if record.is_unstable:
        return StartChoice(safe_mode(settings), SAFE_MODE, (*errors, f"the last cause of a crash: {record.cause}"))
    return StartChoice(settings, REFUSED, errors)


def _not_driven(reason: str) -> tuple[str, ...]:
    return (f"the settings file is refused, and {reason}: no pin is driven until it is corrected",)


def safe_mode(settings: Settings) -> Settings:
    """Return the settings of the safe mode: the doors, the inputs, the lights and the journal of `settings`."""
    return settings.model_copy(
        update={
            "sequence": (Step.CREDENTIAL,),
            "camera": None,
            "thermometer": None,
            "speaker": None,
            "credentials": CredentialsSettings(),
        }
    )
