"""CTDL-ASN: graphs, envelopes and language maps read, and what is refused."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.api import BadReport, FrameworkFile
from engine.competencies.framework_documents import read as checked
from plugins.ctdl_asn import read, reads

Object = dict[str, Any]
BASE = "https://registry.example/resources/"
CONTEXT = "https://credreg.net/ctdlasn/schema/context/json"


def framework(**members: Any) -> Object:
    told = {
        "@id": f"{BASE}ce-f",
        "@type": "ceasn:CompetencyFramework",
        "ceterms:ctid": "ce-f",
        "ceasn:name": {"en-US": "Our framework"},
        "ceasn:inLanguage": ["en-US"],
    }
    return told | {f"ceasn:{name}": value for name, value in members.items()}


def competency(name: str, **members: Any) -> Object:
    told = {
        "@id": f"{BASE}ce-{name}",
        "@type": "ceasn:Competency",
        "ceterms:ctid": f"ce-{name}",
        "ceasn:competencyText": {"en-US": f"Can do {name}"},
        "ceasn:isPartOf": f"{BASE}ce-f",
    }
    return told | {f"ceasn:{member}": value for member, value in members.items()}


def graph(*nodes: Object, **more: Any) -> Object:
    return {"@context": CONTEXT, "@id": f"{BASE}graph", "@graph": list(nodes)} | more


def of(*values: Any) -> Object:
    files = [FrameworkFile(name="g.json", body=json.dumps(value).encode()) for value in values]
    return read(files, {})


def by_name(document: Object) -> dict[str, Object]:
    return {one["uri"].rpartition("ce-")[2]: one for one in document["competencies"]}


CHILD = competency("b", isChildOf=[f"{BASE}ce-a"])
GRAPH = graph(framework(), competency("a"), CHILD)


def unprefixed(value: Any) -> Any:
    """A graph with bare terms, as a context of its own allows."""
    return json.loads(json.dumps(value).replace("ceasn:", "").replace("ceterms:", ""))


def spelt_out(value: Any) -> Any:
    """A graph with its terms as whole addresses."""
    return json.loads(json.dumps(value).replace("ceasn:", "https://purl.org/ctdlasn/terms/"))


@pytest.mark.parametrize(
    "values",
    [
        pytest.param([GRAPH], id="a graph"),
        pytest.param([GRAPH | {"@context": [CONTEXT, {"x": "y:"}]}], id="several contexts"),
        pytest.param([GRAPH["@graph"]], id="a list"),
        pytest.param(
            [{"envelope_ceterms_ctid": "ce-f", "decoded_resource": GRAPH}], id="an envelope"
        ),
        pytest.param([{"CTID": "ce-f", "CompetencyFrameworkGraph": GRAPH}], id="a request"),
        pytest.param([framework(), competency("a"), CHILD], id="resources one by one"),
        pytest.param([GRAPH, CHILD], id="something twice"),
        pytest.param([unprefixed(GRAPH)], id="without prefixes"),
        pytest.param([spelt_out(GRAPH)], id="with whole addresses"),
        pytest.param(
            [graph(framework(), competency("a", hasChild=[{"@id": "ce-b"}]), competency("b"))],
            id="children said by the parent",
        ),
        pytest.param(
            [graph(framework(hasTopChild=competency("a", hasChild=[competency("b")])))],
            id="one inside the other",
        ),
    ],
)
def test_a_graph_is_read_in_every_wrapping(values: list[Any]) -> None:
    found = checked(of(*values))
    assert (found.uri, found.title) == (f"{BASE}ce-f", {"en": "Our framework"})
    assert found.children == {f"{BASE}ce-a": (f"{BASE}ce-b",)}
    assert found.competencies[f"{BASE}ce-b"].label == {"en": "Can do b"}


@pytest.mark.parametrize(
    ("body", "ours"),
    [
        pytest.param(json.dumps(GRAPH).encode(), True, id="a graph"),
        pytest.param(json.dumps(GRAPH).encode("utf-16"), True, id="UTF-16"),
        pytest.param(b'[{"@type": ["Competency"]}]', True, id="without prefixes"),
        pytest.param(b'{"competencies": [], "x": "ceasn:a"}', False, id="our own form"),
        pytest.param(b'{"@type": "ceterms:Course"}', False, id="another kind of resource"),
        pytest.param(b"ceasn:competencyText,ceasn:name", False, id="a table"),
    ],
)
def test_which_files_are_ctdl_asn(body: bytes, ours: bool) -> None:
    assert reads(FrameworkFile(name="g.json", body=body)) is ours


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("Writes", {"en": "Writes"}, id="a text"),
        pytest.param(
            {"fr-CA": "Écrit", "en": "Writes"}, {"fr": "Écrit", "en": "Writes"}, id="a map"
        ),
        pytest.param({"en": ["Writes", "Reads"]}, {"en": "Writes\nReads"}, id="a map of lists"),
        pytest.param(
            [{"@language": "es", "@value": "Escribe"}], {"es": "Escribe"}, id="JSON-LD values"
        ),
        pytest.param(
            {"en-US": "Color", "en-GB": "Colour"}, {"en": "Color", "en-GB": "Colour"}, id="regions"
        ),
    ],
)
def test_texts_are_read_by_language(text: Any, said: dict[str, str]) -> None:
    found = of(graph(framework(), competency("a", competencyText=text)))
    assert by_name(found)["a"]["label"] == said


def test_a_label_goes_before_the_text_which_describes_it() -> None:
    more = {"competencyLabel": {"en": "Writing"}, "comment": {"en": ["Also online."]}}
    found = by_name(of(graph(framework(), competency("a", **more))))["a"]
    assert found["label"] == {"en": "Writing"}
    assert found["description"] == {"en": "Can do a\n\nAlso online."}


def test_codes_kinds_and_matches_are_read_and_the_rest_is_kept() -> None:
    more = {
        "codedNotation": "A.1",
        "competencyCategory": {"en": "Skill"},
        "exactAlignment": ["https://esco.example/1", {"@id": "https://esco.example/2"}],
        "conceptKeyword": {"en": ["x"]},
    }
    found = by_name(of(graph(framework(publisherName={"en": ["A town"]}), competency("a", **more))))
    assert (found["a"]["code"], found["a"]["kind"]) == ("A.1", "Skill")
    assert found["a"]["exact"] == ["https://esco.example/1", "https://esco.example/2"]
    assert found["a"]["extra"]["ctdl_asn"]["ceasn:conceptKeyword"] == {"en": ["x"]}


def test_the_order_is_that_of_the_lists_of_children() -> None:
    top = framework(hasTopChild=[f"{BASE}ce-b", f"{BASE}ce-a"])
    found = of(graph(top, competency("a"), competency("b"), competency("c", isChildOf="ce-b")))
    assert list(by_name(found)) == ["b", "c", "a"]


def test_what_is_not_in_the_registry_has_the_address_of_its_ctid() -> None:
    alone = {k: v for k, v in competency("a").items() if k not in ("@id", "ceasn:isPartOf")}
    found = of(graph(framework(), alone))
    assert found["competencies"][0]["uri"] == (
        "https://credentialengineregistry.org/resources/ce-a"
    )


def test_a_framework_is_known_by_its_ctid_wherever_it_is() -> None:
    elsewhere = competency("a", isPartOf="https://sandbox.example/graph/ce-f")
    assert list(by_name(of(graph(framework(), elsewhere)))) == ["a"]


def test_competencies_of_another_framework_are_left_out_and_counted() -> None:
    found = of(graph(framework(), competency("a"), competency("b", isPartOf=f"{BASE}ce-g")))
    assert list(by_name(found)) == ["a"]
    assert found["remarks"] == ["1 competencies are part of another framework; they were left out."]


def test_links_out_of_the_file_are_counted() -> None:
    found = of(graph(framework(), competency("a", isChildOf=[f"{BASE}ce-x", f"{BASE}ce-f"])))
    assert found["remarks"] == [
        "1 isChildOf or hasChild lead out of this file; they were left out."
    ]


OTHER = framework(name="Theirs") | {"@id": f"{BASE}ce-g", "ceterms:ctid": "ce-g"}
NAMELESS = {k: v for k, v in competency("b").items() if k not in ("@id", "ceterms:ctid")}
REFUSED: dict[str, tuple[Any, str]] = {
    "a competency alone": ([competency("a")], f"Import the graph of {BASE}ce-f"),
    "nothing of ours": ([{"@type": "ceterms:Course"}], "no ceasn:CompetencyFramework in it"),
    "a framework alone": ([framework()], "Our framework has no competencies in this file"),
    "two frameworks": ([graph(framework(), OTHER, competency("a"))], "Our framework, Theirs"),
    "something without a name": (
        [graph(framework(), competency("a"), NAMELESS)],
        r"@graph\[2\].*neither @id nor ceterms:ctid",
    ),
    "one thing said in two ways": (
        [graph(framework(), *(competency("a", codedNotation=code) for code in "12"))],
        r"@graph\[2\].*another codedNotation",
    ),
    "no text": ([graph(framework(), competency("a", competencyText={}))], "ce-a has no ceasn:comp"),
    "no name": ([graph(framework(name=""), competency("a"))], "ce-f has no ceasn:name"),
    "a circle": (
        [graph(framework(), competency("a", isChildOf="ce-b"), CHILD)],
        "Can do a > Can do b > Can do a",
    ),
    "no JSON": (["x"], "no ceasn:CompetencyFramework in it"),
}  # fmt: skip


@pytest.mark.parametrize(
    ("values", "why"), [pytest.param(*told, id=name) for name, told in REFUSED.items()]
)
def test_what_cannot_be_a_framework_is_refused(values: list[Any], why: str) -> None:
    with pytest.raises(BadReport, match=why):
        of(*values)


WORDS = st.sampled_from(["ce-f", "ce-a", f"{BASE}ce-a", f"{BASE}ce-f", "_:b", "en", "", "Writes"])
ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | WORDS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["@id", "@type", "@value", "@language", "en", "fr", "ceterms:ctid"]),
            inner | st.just("ceasn:Competency"),
            max_size=3,
        )
    ),
    max_leaves=6,
)
MEMBERS = st.dictionaries(
    st.sampled_from(
        [
            "@id", "@type", "ceterms:ctid", "ceasn:name", "ceasn:competencyText", "ceasn:isChildOf",
            "ceasn:hasChild", "ceasn:isPartOf", "ceasn:codedNotation", "ceasn:exactAlignment",
        ]
    ),
    ANY,
    max_size=3,
)  # fmt: skip


@given(MEMBERS, st.lists(MEMBERS, max_size=3), ANY)
def test_any_graph_is_read_or_refused(head: Object, members: list[Object], more: Any) -> None:
    nodes = [competency("ab"[number % 2]) | one for number, one in enumerate(members)]
    with contextlib.suppress(BadReport):
        checked(of(graph(framework() | head, competency("c"), *nodes, more)))
