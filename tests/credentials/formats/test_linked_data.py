import json
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.credentials.formats import linked_data
from kiosk.credentials.formats.linked_data import read_statements
from kiosk.credentials.formats.quads import Quad, canonical
from kiosk.errors import BadCredential
from tests.credentials.samples import changed
from tests.credentials.schemes.test_divoc import DOCUMENT
from tests.samples import examples

jsonld = pytest.importorskip("pyld.jsonld", reason="these tests compare with PyLD: pip install PyLD")

RELATIVE = "http://relative.invalid/"
INDIA = changed(DOCUMENT, "@context.1", "https://cowin.gov.in/credentials/vaccination/v1")


def by_pyld(document: dict[str, Any]) -> tuple[str, set[str]]:
    """Return the canonical form and the unmapped members by PyLD, without relative identifiers, as jsonld.js does."""

    def bundled(url: str, options: object) -> dict[str, Any]:
        text = (linked_data._FOLDER / linked_data._FILES[url]).read_text(encoding="utf-8")
        return {"contentType": "", "contextUrl": None, "documentUrl": url, "document": json.loads(text)}

    unmapped: set[str] = set()
    options = {"documentLoader": bundled, "base": RELATIVE}
    graph = jsonld.JsonLdProcessor(on_property_dropped=unmapped.add).to_rdf(document, options)["@default"]
    kept = [quad for quad in graph if not any(term["value"].startswith(RELATIVE) for term in quad.values())]
    written = jsonld.JsonLdProcessor.to_nquads({"@default": kept})
    form = "application/n-quads"
    return jsonld.normalize(written, {"algorithm": "URDNA2015", "inputFormat": form, "format": form}), unmapped


@pytest.mark.parametrize("document", [DOCUMENT, INDIA])
def test_the_statements_of_the_samples_equal_those_of_pyld(document: dict[str, Any]) -> None:
    found = read_statements(document)
    assert (found.canonical, set(found.unmapped)) == by_pyld(document)


texts = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"], exclude_characters="\\", max_codepoint=0xFFFF),
    max_size=12,
)
"""Without the backslash: PyLD's reader of N-Quads takes an escaped backslash before an "r" for the end of a line."""
plain = st.one_of(texts, st.integers(-1000, 1000), st.booleans(), st.none())
names = st.sampled_from(
    ["streetAddress", "city", "district", "addressRegion", "postalCode", "addressCountry", "other", "name"]
)
address = st.dictionaries(names, plain, max_size=5)
identifiers = st.one_of(
    st.just(...),
    st.sampled_from(
        [
            "did:a:1",
            "did:a 1",
            "a:\u00a01",
            "schema:x y",
            "urn:uuid:2",
            "https://x.example/3",
            "123",
            "schema:x",
            "cred:y",
            "vac:z",
        ]
    ),
)
evidence = st.fixed_dictionaries(
    {"type": st.sampled_from(["Vaccination", ["Vaccination"], ["Vaccination", "Person"], []])},
    optional={
        "vaccine": plain,
        "batch": plain,
        "date": texts,
        "effectiveStart": texts,
        "dose": st.integers(0, 5),
        "totalDoses": st.integers(0, 5),
        "icd11Code": texts,
        "verifier": st.dictionaries(st.sampled_from(["id", "name", "sign-image", "other"]), plain, max_size=3),
        "facility": st.fixed_dictionaries({}, optional={"name": plain, "address": address, "city": plain}),
        "address": address,
        "unknown": plain,
    },
)
subjects = st.fixed_dictionaries(
    {"type": st.sampled_from(["Person", ["Person"], ["Person", "Vaccination"], "Unknown", []])},
    optional={"name": plain, "age": plain, "dob": plain, "uhid": plain, "refId": plain, "address": address},
)


@settings(max_examples=examples(400), deadline=None)
@given(
    st.sampled_from([DOCUMENT, INDIA]),
    subjects,
    evidence,
    identifiers,
    identifiers,
    identifiers,
    st.sampled_from(["issued", "holder", "validUntil", "note"]),
    texts,
)
def test_the_statements_of_any_accepted_document_equal_those_of_pyld(
    base: dict[str, Any], subject: dict[str, Any], proof: dict[str, Any], a: Any, b: Any, c: Any, name: str, text: str
) -> None:
    document = deepcopy({**base, "credentialSubject": subject, "evidence": [proof], name: text})
    for place, identifier in ((document, a), (document["credentialSubject"], b), (document["evidence"][0], c)):
        if identifier is not ...:
            place["id"] = identifier
    try:
        found = read_statements(document)
    except BadCredential:
        return
    assert (found.canonical, set(found.unmapped)) == by_pyld(document)


def test_the_newer_form_escapes_a_tab_as_pyld_does() -> None:
    found = read_statements(changed(DOCUMENT, "credentialSubject.name", "Siti\tContoh"))
    assert found.newer == by_pyld(changed(DOCUMENT, "credentialSubject.name", "Siti\tContoh"))[0]
    assert found.canonical != found.newer
    assert read_statements(DOCUMENT).newer == read_statements(DOCUMENT).canonical


ALIKE = {"type": "Vaccination", "facility": {"name": "x", "address": {"city": "y"}}, "verifier": {"name": "z"}}


@pytest.mark.parametrize("count", [2, 3, 4])
def test_nodes_that_are_alike_are_labelled_as_by_pyld(count: int) -> None:
    alike = {**DOCUMENT, "evidence": [deepcopy(ALIKE) for _ in range(count)]}
    assert read_statements(alike).canonical == by_pyld(alike)[0]
    named = {**DOCUMENT, "evidence": [{**deepcopy(ALIKE), "id": f"did:x:{number}"} for number in range(count)]}
    assert read_statements(named).canonical == by_pyld(named)[0]
    half = {**DOCUMENT, "evidence": [{**deepcopy(ALIKE), "dose": number % 2} for number in range(count)]}
    assert read_statements(half).canonical == by_pyld(half)[0]


def test_the_number_of_nodes_that_are_alike_is_bounded() -> None:
    star = [Quad("_:hub", "p:x", f"_:b{number}", is_node=True) for number in range(9)]
    with pytest.raises(BadCredential, match="are alike"):
        canonical([*star, *(quad._replace(subject="_:other") for quad in star)])
    ring = [Quad(f"_:b{at}", "p:x", f"_:b{(at + step) % 20}", is_node=True) for at in range(20) for step in (1, 2, 3)]
    with pytest.raises(BadCredential, match="are alike"):
        canonical(ring)


def test_relative_identifiers_are_reported_and_left_out() -> None:
    found = read_statements(changed(DOCUMENT, "credentialSubject.id", "327500"))
    assert found.relative == {"327500"}
    assert "Siti" not in found.canonical
    assert "327500" not in found.canonical


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("credentialSubject.name", 2**53),
        ("credentialSubject.name", 0.5),
        ("credentialSubject.name", ["x"]),
        ("credentialSubject.id", "_:b1"),
        ("credentialSubject.id", "did:x\x01y"),
        ("credentialSubject.id", "did:x<y"),
        ("credentialSubject.id", "@id"),
        ("credentialSubject.id", None),
        ("issuer", 7),
        ("issuanceDate", 7),
        ("note", {"@id": "x"}),
        ("note", {"a": {"b": {"c": {"d": {"e": {"f": 1}}}}}}),
        ("note", [1, 2]),
        ("type", ["a"] * 5),
    ],
)
def test_a_document_of_another_shape_is_refused(path: str, value: object) -> None:
    with pytest.raises(BadCredential):
        read_statements(changed(DOCUMENT, path, value))


def test_a_member_without_value_states_nothing() -> None:
    document = changed(DOCUMENT, "evidence", [None])
    assert "evidence" not in read_statements(document).canonical


def test_the_repr_of_statements_shows_no_personal_data() -> None:
    found = read_statements(changed(DOCUMENT, "credentialSubject.id", "3275000000000001"))
    for shown in (repr(found), repr(read_statements(DOCUMENT).quads)):
        assert "Siti" not in shown
        assert "3275" not in shown
