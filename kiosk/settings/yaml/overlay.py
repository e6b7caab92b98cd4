"""An overlay: settings for many kiosks, laid over the technician's file of each one.

The overlay comes from far away, and nobody stands at the door when it arrives. So it may change what visitors read and
which rules decide about them, but nothing that moves, sprays, locks, frees, or connects this booth.

Rule 1: what `OPEN` does not name is closed, and one closed setting refuses the whole overlay.
Rule 2: an overlay never adds a part that the booth does not have. Its settings for such a part are left out, so that
one overlay serves booths with and without a loudspeaker.
Rule 3: a list is replaced as a whole; a section is merged key by key.
Rule 4: nodes of the overlay stand at line 0, because they have no line in the technician's file.
"""

from dataclasses import replace

from kiosk.settings.yaml.locations import Loc
from kiosk.settings.yaml.mistakes import Mistake, Position, clipped, quoted
from kiosk.settings.yaml.reading import UNKNOWN
from kiosk.settings.yaml.shapes import Entries, Table
from kiosk.settings.yaml.tree import Items, MappingNode, Node, ScalarNode

OPEN: frozenset[Loc] = frozenset(
    tuple(name.split("."))
    for name in (
        "site",
        "temperature",
        "referrals",
        "display.languages",
        "display.venue_code",
        "display.app",
        "display.telephone",
        "speaker.languages",
        "speaker.volume",
        "speaker.sounds",
        "speaker.quiet",
        "scanner",
        "credentials.timeout_s",
        "credentials.again_s",
        "credentials.keep_s",
        "credentials.online_status.prefixes",
        "credentials.online_status.status",
        "credentials.online_status.dated_status",
        "credentials.check_in.status",
        "credentials.eu_dcc",
        "credentials.smart_health_card",
        "credentials.divoc",
        "credentials.vds_nc",
        "credentials.trust.max_age_days",
        "credentials.trust.alarm_age_days",
        "credentials.trust.too_old",
        "credentials.trust.expired_keys",
        "credentials.rules",
        "journal.keep_days",
    )
)
"""The settings that an overlay may change, with all settings below them.

Closed are, among others: every pin and polarity, lock, limits of relays, chamber and sprayer, inputs with the
emergency, `sequence`, the `unreachable` rule of the status service, addresses, headers, files of keys, and the bundles'
own section.
"""

NOWHERE = Position(0, 0)


def merged(base: MappingNode, overlay: MappingNode, schema: Table, mistakes: list[Mistake]) -> MappingNode:
    """Return the tree `base` with the settings of `overlay` over it; add what the overlay may not do to `mistakes`."""
    return _merged(base, overlay, schema, (), mistakes)


def _merged(
    base: MappingNode, overlay: MappingNode, schema: Table | Entries | None, loc: Loc, mistakes: list[Mistake]
) -> MappingNode:
    pairs = list(base.pairs)
    places = {key.text: number for number, (key, _) in enumerate(pairs) if isinstance(key, ScalarNode)}
    given: set[str] = set()
    for key, value in overlay.pairs:
        if not isinstance(key, ScalarNode) or key.text in given:
            name = quoted(key.text) if isinstance(key, ScalarNode) else "a key that is no word"
            mistakes.append(Mistake(0, 0, ".".join(map(str, loc)), f"the overlay has {name} twice, or not as one word"))
            continue
        given.add(key.text)
        here = (*loc, key.text)
        place = places.get(key.text)
        old = pairs[place][1] if place is not None else None
        below, is_part = _below(schema, key.text)
        is_open = any(here[: len(name)] == name for name in OPEN)
        if not is_open and not any(name[: len(here)] == here for name in OPEN):
            mistakes.append(_closed(here, schema, key.text))
            continue
        if not is_open and not isinstance(value, MappingNode):
            mistakes.append(_closed(here, schema, key.text))
            continue
        if isinstance(value, MappingNode):
            inner = old if isinstance(old, MappingNode) else MappingNode(NOWHERE, ())
            new: Node = _merged(inner, value, below, here, mistakes)
        else:
            new = _moved(value)
        if old is None and not is_open and is_part:
            continue  # its closed settings have been refused
        if place is None:
            places[key.text] = len(pairs)
            pairs.append((_moved(key), new))
        else:
            pairs[place] = (pairs[place][0], new)
    return replace(base, pairs=tuple(pairs))


def _below(schema: Table | Entries | None, key: str) -> tuple[Table | Entries | None, bool]:
    """Return the shape below `key`, if it is a section, and whether it is a part that a booth may not have."""
    if isinstance(schema, Entries):
        return (schema.value if isinstance(schema.value, Table | Entries) else None), False
    if schema is None or key not in schema.settings:
        return None, False
    setting = schema.settings[key]
    return (setting.shape if isinstance(setting.shape, Table | Entries) else None), setting.optional


def _closed(loc: Loc, schema: Table | Entries | None, key: str) -> Mistake:
    if isinstance(schema, Table) and key not in schema.settings:
        text = f"{UNKNOWN} in the overlay; known: {', '.join(schema.settings)}"
    else:
        text = "an overlay may not change this; change it in the kiosk's own file"
    return Mistake(0, 0, clipped(".".join(map(str, loc))), text)


def _moved(node: Node) -> Node:
    """Return the node and everything in it at line 0."""
    match node:
        case Items(items=items):
            return Items(NOWHERE, tuple(_moved(item) for item in items))
        case MappingNode(pairs=pairs):
            return MappingNode(NOWHERE, tuple((_moved(key), _moved(value)) for key, value in pairs))
        case _:
            return replace(node, at=NOWHERE)
