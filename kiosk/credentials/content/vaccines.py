"""COVID-19 vaccines: converts the names and codes that the schemes use into one name for each product.

Sources: CDC, "COVID-19 vaccine related codes" (CVX); WHO, ICD-11 extension codes XM…; EU value set
"vaccines-covid-19-names" 1.10; names as Indonesia's Ministry of Health writes them.
"""

import re
from collections.abc import Iterable

_NAMES = {
    "comirnaty": "EU/1/20/1528 CVX:208 CVX:217 CVX:218 CVX:219 CVX:300 CVX:301 CVX:302 CVX:308 CVX:309 CVX:310 XM8NQ0",
    "spikevax": "EU/1/20/1507 CVX:207 CVX:221 CVX:227 CVX:228 CVX:229 CVX:230 CVX:311 CVX:312 XM3DT5",
    "vaxzevria": "EU/1/21/1529 CVX:210 XM4YL8",
    "covishield": "Covishield XM97T2",
    "jcovden": "EU/1/20/1525 CVX:212 XM6QV1",
    "nuvaxovid": "EU/1/21/1618 NVX-CoV2373 CVX:211 CVX:313 XM9T65",
    "coronavac": "CoronaVac CoronaVac_T CVX:511 XM1NL1",
    "bbibp-corv": "BBIBP-CorV BBIBP-CorV_T CVX:510 XM8866",
    "covaxin": "Covaxin Covaxin_T CVX:502 XM1G90",
    "sputnik-v": "Sputnik-V CVX:505 XM5ZJ4",
    "sputnik-light": "Sputnik-Light",
    "convidecia": "Convidecia CVX:506 XM1AG7",
    "covovax": "Covovax",
    "abdala": "Abdala",
}
_ALIASES = {
    "pfizer-biontech": "comirnaty",
    "pfizer": "comirnaty",
    "moderna": "spikevax",
    "covid-19 vaccine moderna": "spikevax",
    "astrazeneca": "vaxzevria",
    "astrazeneca vaxzevria": "vaxzevria",
    "janssen": "jcovden",
    "sinovac": "coronavac",
    "sinovac-coronavac": "coronavac",
    "covid-19 vaksin bio farma": "coronavac",
    "vaksin covid-19 bio farma": "coronavac",
    "sinopharm": "bbibp-corv",
    "cansino": "convidecia",
}
_MAKERS_FOR_PRODUCTS = frozenset(
    {"astrazeneca", "cansino", "janssen", "moderna", "pfizer", "pfizer-biontech", "sinopharm", "sinovac"}
)
"""Aliases of products that are also the names of manufacturers."""

_LIKE_A_NAME = re.compile(r"^(?!.*://)(.*[^\W\d_]{6}|.*[^\W\d_]{3,}[- ]|.*[- ][^\W\d_]{3})")
"""A text with digits that is written like the name of a product: with a word of six letters, or of three at a hyphen or
a space. Lot numbers are written as 4120Z001, CTMAV532 or FJ1966; identifiers may be addresses."""

_BY_CODE = {code.casefold(): name for name, codes in _NAMES.items() for code in codes.split()} | _ALIASES
_MANUFACTURERS = frozenset(
    {
        "beijing institute of biological products",
        "bharat biotech",
        "bharat biotech international limited",
        "bio farma",
        "biological e",
        "biontech manufacturing gmbh",
        "cadila healthcare",
        "cansino biologics",
        "dr reddys laboratories",
        "gamaleya",
        "gamaleya research institute",
        "johnson & johnson",
        "novavax",
        "pt bio farma",
        "serum institute of india",
        "sinovac biotech",
        "sinovac life sciences",
    }
)
"""Manufacturers as certificates name them. Names that also mean one product, such as "sinovac", stand in `_ALIASES`.

A site that accepts Covishield must therefore accept "astrazeneca" too, if an issuer names it as the manufacturer."""

_CVX_RANGES = ((207, 213), (217, 219), (221, 221), (225, 230), (300, 302), (308, 318), (500, 521))
CVX = frozenset(str(code) for first, last in _CVX_RANGES for code in range(first, last + 1))
"""CVX codes of COVID-19 vaccines, from the US and elsewhere. Cards also list vaccines against other diseases."""

OTHER_CODES = frozenset({"XM68M6", "28531000087107", "840534001", "J07BX03", "1119349007", "1119305005"})
"""Codes of ICD-11, SNOMED CT and ATC that mean a vaccine against COVID-19 but do not name the product."""


def vaccine_name(product: str) -> str:
    """Return our name for `product`, a name or code of a vaccine; an unknown text is returned in lower case."""
    folded = " ".join(product.casefold().split())
    return _BY_CODE.get(folded, folded)


def possible_vaccines(texts: Iterable[str]) -> tuple[str, ...]:
    """Return those of `texts` that may be the name of a vaccine, where they stand unordered beside other texts.

    The other texts are manufacturers, lot numbers and identifiers. A text may be a name if it is a known name or code,
    or if it has letters and no digit and is no known manufacturer. If no text is left, the manufacturers are returned:
    an issuer may write the manufacturer for the vaccine.

    A text with digits may be a lot number or the name of an unknown product, such as "GEMCOVAC-19". It is a lot number
    if the others tell both vaccine and manufacturer: one of them names a product, or they are two. Otherwise it may be
    the name if it is written like one, and is returned too, so that no unknown product is taken for another one.
    """
    names, manufacturers, with_digits, is_product_told = list[str](), list[str](), list[str](), False
    for text in texts:
        folded = " ".join(text.casefold().split())
        if folded in _BY_CODE:
            names.append(text)
            is_product_told = is_product_told or folded not in _MAKERS_FOR_PRODUCTS
        elif folded.replace(".", "") in _MANUFACTURERS:
            manufacturers.append(text)
        elif any(map(str.isdigit, text)):
            with_digits.append(text)
        elif any(map(str.isalpha, text)):
            names.append(text)
    if not is_product_told and len(names) + len(manufacturers) < 2:
        names += filter(_LIKE_A_NAME.search, with_digits)
    return tuple(names or manufacturers)


def is_icd11(code: str) -> bool:
    """Return True if `code` is a known ICD-11 extension code of a COVID-19 vaccine."""
    return code.casefold() in _BY_CODE and code.startswith("XM")
