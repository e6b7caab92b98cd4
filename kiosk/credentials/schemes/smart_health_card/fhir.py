"""Vaccinations and test results in a FHIR R4 bundle, as SMART Health Cards carry them.

Source: hl7.org/fhir/uv/shc-vaccination (Vaccination & Testing implementation guide), profiles "minimized".

A card lists every vaccination without a number, so the number of doses is counted. Records of one vaccination come from
several registers: with another code, or with the day of the entry instead of the day of the shot. Vaccinations that
follow each other within fewer than `DOSE_INTERVAL_DAYS` therefore count as one dose. A card is about one patient.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any

from kiosk.credentials.content.credential import Dose, HealthContent, Holder, TestResult
from kiosk.credentials.content.vaccines import CVX, OTHER_CODES, is_icd11
from kiosk.credentials.formats.safe_parsing import as_day, as_list, as_moment, as_object, as_text
from kiosk.errors import BadCredential

MAX_ENTRIES = 100

DOSE_INTERVAL_DAYS = 10
"""The shortest time between two doses. The shortest interval of a COVID-19 vaccine is 14 days (CoronaVac, WHO interim
recommendations of 2021-06-01), and a dose up to 4 days early is valid (CDC, "General Best Practices", timing)."""

CVX_SYSTEM, LOINC_SYSTEM = "http://hl7.org/fhir/sid/cvx", "http://loinc.org"
DETECTED = frozenset({"260373001", "10828004", "LA6576-8", "LA11882-0"})
NOT_DETECTED = frozenset({"260415000", "260385009", "LA6577-6", "LA11883-8"})
"""Codes of results: in SNOMED CT "detected", "positive", "not detected", "negative"; in LOINC the same answers."""

NAAT_TESTS = frozenset(
    """94500-6 94309-2 94845-5 94531-1 94534-5 94759-8 94565-9 94756-4 94757-2 94533-7 94559-2 94316-7 95406-5 95409-9
    95425-5 95608-6 94640-0 94306-8 96448-6 95423-0 95422-2""".split()  # noqa: SIM905 - a table is easier to read
)
RAPID_TESTS = frozenset({"94558-4", "95209-3", "96119-3", "97097-0", "95942-9"})
"""LOINC codes ("SARS-CoV-2 and COVID-19 related terms") of tests for the virus; tests for antibodies do not count."""


def read_bundle(bundle: object) -> HealthContent:
    """Return the content: the doses are in the order of their days.

    Immunizations that are not completed, results that are not final, and entries about other diseases are left out.

    Raises:
        BadCredential: the bundle, or a resource that is not left out, has a wrong shape, or the bundle is about
            several patients.
    """
    entries = as_list(as_object(bundle, "fhirBundle").get("entry"), "fhirBundle.entry", MAX_ENTRIES)
    resources = [as_object(as_object(entry, "entry").get("resource"), "entry.resource") for entry in entries]
    _demand_one_patient(resources)
    doses = tuple(map(_dose, _shots(sorted(set(filter(None, map(_vaccination, resources)))))))
    tests = tuple(test for test in map(_test, resources) if test)
    return HealthContent(doses=doses, tests=tests, holder=_holder(resources))


def _demand_one_patient(resources: list[dict[str, Any]]) -> None:
    """Raise `BadCredential` if there are several patients, or entries that refer to different ones.

    An entry names its patient by a reference or by an identifier (FHIR R4, datatype Reference). If one entry has a
    reference and another one an identifier, the identifier must be one of the patient in the bundle.
    """
    patients = [resource for resource in resources if resource.get("resourceType") == "Patient"]
    subjects = [resource.get("patient") or resource.get("subject") for resource in resources]
    named = [subject for subject in subjects if isinstance(subject, dict)]
    references = {subject["reference"] for subject in named if isinstance(subject.get("reference"), str)}
    identifiers = {identity for subject in named for identity in _identities([subject.get("identifier")])}
    known = {identity for patient in patients for identity in _identities(_first_five(patient.get("identifier")))}
    is_mixed = (references or known) and not identifiers <= known
    if max(len(patients), len(references), len(identifiers - known)) > 1 or is_mixed:
        raise BadCredential("the bundle is about several patients")


def _identities(identifiers: list[Any]) -> Iterator[tuple[str, str]]:
    """Yield system and value of each identifier; what is none is left out."""
    for each in identifiers:
        if isinstance(each, dict):
            yield str(each.get("system")), str(each.get("value"))


def _shots(vaccinations: list[tuple[date, str]]) -> list[list[tuple[date, str]]]:
    """Return the vaccinations, which are in the order of their days, in one list for each dose."""
    shots: list[list[tuple[date, str]]] = []
    for vaccination in vaccinations:
        if shots and (vaccination[0] - shots[-1][0][0]).days < DOSE_INTERVAL_DAYS:
            shots[-1].append(vaccination)
        else:
            shots.append([vaccination])
    return shots


def _dose(shot: list[tuple[date, str]]) -> Dose:
    """Return the dose that the records of one vaccination describe. Its vaccine and its day may be any of theirs.

    A code that means any vaccine against COVID-19 says nothing beside one that names the product.
    """
    products = dict.fromkeys(product for _, product in shot)
    product, *others = [product for product in products if product not in OTHER_CODES] or products
    first, last = shot[0][0], shot[-1][0]
    return Dose(None, None, first, product, None if first == last else last, tuple(others))


def _vaccination(resource: dict[str, Any]) -> tuple[date, str] | None:
    if resource.get("resourceType") != "Immunization" or resource.get("status") != "completed":
        return None
    products = [product for product in map(_product, _codings(resource.get("vaccineCode"))) if product]
    if not products:
        return None
    return as_day(resource.get("occurrenceDateTime"), "Immunization.occurrenceDateTime"), products[0]


def _product(coding: tuple[str, str]) -> str:
    """Return the code of a COVID-19 vaccine, as the module `vaccines` lists it; "" for other codings."""
    system, code = coding
    if system == CVX_SYSTEM:
        return f"CVX:{code}" if code in CVX else ""
    return code if code in OTHER_CODES or is_icd11(code) else ""


def _test(resource: dict[str, Any]) -> TestResult | None:
    if resource.get("resourceType") != "Observation" or resource.get("status") not in ("final", "amended", "corrected"):
        return None
    kinds = {code for system, code in _codings(resource.get("code")) if system == LOINC_SYSTEM}
    results = {code for _, code in _codings(resource.get("valueCodeableConcept"))}
    if not kinds & (NAAT_TESTS | RAPID_TESTS) or not results & (DETECTED | NOT_DETECTED):
        return None
    sampled_at = as_moment(resource.get("effectiveDateTime"), "Observation.effectiveDateTime")
    return TestResult(bool(results & DETECTED), not kinds & RAPID_TESTS, sampled_at)


def _codings(concept: object) -> list[tuple[str, str]]:
    """Return system and code of each coding of a CodeableConcept; a coding without a code is left out."""
    if concept is None:
        return []
    codings = as_list(as_object(concept, "a coded value").get("coding", []), "coding")
    with_code = (coding for coding in codings if as_object(coding, "coding").get("code") is not None)
    return [(str(coding.get("system")), as_text(coding["code"], "coding.code", 80)) for coding in with_code]


def _holder(resources: list[dict[str, Any]]) -> Holder:
    """Return the holder. A wrong shape gives empty texts and no error, because no verdict depends on it."""
    for patient in resources:
        if patient.get("resourceType") == "Patient":
            name = next(iter(_first_five(patient.get("name"))), None)
            known = name if isinstance(name, dict) else {}
            words = [*_first_five(known.get("given")), known.get("family", "")]
            return Holder(" ".join(str(word)[:80] for word in words), str(patient.get("birthDate", ""))[:10])
    return Holder()


def _first_five(value: object) -> list[Any]:
    """Return the first five items of a list; an empty list for any other value."""
    return value[:5] if isinstance(value, list) else []
