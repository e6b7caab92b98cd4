"""Reads the vaccination on a digital yellow card.

Source: WHO smart-icvp, logical models DVCPayload (0.2, 2024), ICVPMin (0.3.0, October 2025) and ICVPMin (2026). They
differ in names; `n` and `dob` (the holder) are the same in all of them:

| | 2024 | October 2025 | 2026 |
|---|---|---|---|
| the vaccination | `v`, a map | `v`, a map or a list of one | `vx`, a map; `v` is the version |
| its day | `dt` | `dt` | `dv`, also `dt` |
| the disease | `tg`, a code of ICD-11 | follows from the product | follows from the product |
| the vaccine | `vp`, a code of ICD-11 | `vp`, the product's id in the WHO's catalogue | the same |
| the first and the last day of its validity | `vls`, `vle` | `vls`, `vle` | - |

An id of the catalogue begins with the name of the vaccine, such as "YellowFeverProduct" and 32 hexadecimal digits.
"""

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from kiosk.credentials.content.credential import Dose, HealthContent, Holder, Vaccination
from kiosk.credentials.content.diseases import COVID_19_CODES, DISEASES
from kiosk.credentials.formats.safe_parsing import as_day, as_list, as_object, as_text
from kiosk.errors import BadCredential
from kiosk.settings.schema.health import Disease

_PRODUCT = re.compile(r"([A-Za-z]{3,40})Product[0-9a-f]{32}\Z")
_PRODUCT_NAMES = {"YellowFever": Disease.YELLOW_FEVER, "PolioVaccine": Disease.POLIO}
"""The begin of a product's name. The catalogue cuts the names of combined vaccines, so that they name no disease."""


@dataclass(frozen=True, slots=True)
class CardContent(HealthContent):
    """The content of one card. doses: its vaccination, if it is one against COVID-19. The days are the card's own."""

    valid_from: date | None = None
    valid_until: date | None = None


def read_card(value: object) -> CardContent:
    """Return the content of the map under claim -260, -6, or of a list with this map alone.

    Raises:
        BadCredential: a member on which the verdict depends is missing or wrong.
    """
    card = _single(value, "card")
    given = _single(card.get("vx", card.get("v")), "vaccination")
    # A card without a name or a birth date is incomplete: it could belong to anybody.
    holder = Holder(_text(card, "n", 160), _text(card, "dob", 10))
    product = _text(given, "vp", 80)
    day = as_day(given.get("dv", given.get("dt")), "day of the vaccination")
    limits = [None if given.get(name) is None else as_day(given[name], name) for name in ("vls", "vle")]
    code = given.get("tg")
    if isinstance(code, str) and code in COVID_19_CODES:
        return CardContent(*limits, doses=(Dose(None, None, day, product),), holder=holder)
    disease = _disease_of_code(code) if code is not None else _disease_of_product(product)
    return CardContent(*limits, vaccinations=(Vaccination(disease, product, day),), holder=holder)


def _single(value: object, name: str) -> dict[str, Any]:
    if isinstance(value, list):
        [value] = as_list(value, name, 1) or [None]
    return as_object(value, name)


def _text(members: dict[str, Any], name: str, max_characters: int) -> str:
    """Return a text that must not be empty; raises `BadCredential` if it is."""
    text = as_text(members.get(name), name, max_characters).strip()
    if not text:
        raise BadCredential(f"{name} is empty")
    return text


def _disease_of_code(code: object) -> Disease:
    disease = DISEASES.get(as_text(code, "tg", 20).strip())
    if disease is None:
        raise BadCredential("tg is no disease that is known here")
    return disease


def _disease_of_product(product: str) -> Disease:
    match = _PRODUCT.match(product)
    for begin, disease in _PRODUCT_NAMES.items():
        if match and match[1].startswith(begin):
            return disease
    raise BadCredential("vp is no product of the WHO's catalogue that names its disease, and there is no tg")
