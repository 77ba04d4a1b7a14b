"""CASE packages read: every wrapping, older forms, what they mean, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from case_making import (
    BASE,
    DATA,
    Object,
    by_name,
    criterion,
    doc,
    item,
    level,
    node,
    of,
    package,
    rubric,
    tie,
    uuid,
)

from engine.api import BadReport, FrameworkFile
from engine.competencies.framework_documents import read as checked
from plugins.case import read, reads

TREE = package(item("a"), item("b"), tie("b", "isChildOf", "a"), tie("a", "isChildOf", "doc"))


def of_sample() -> Object:
    name = "opensalt_case_sample_framework.json"
    return read([FrameworkFile(name=name, body=(DATA / name).read_bytes())], {})


def test_the_sample_of_opensalt_is_read() -> None:
    found = checked(of_sample())
    assert found.title == {"en": "What Standards Could Be"}
    assert len(found.competencies) == 16
    first = next(iter(found.competencies.values()))
    assert (first.code, first.kind, len(first.exact)) == ("CCSS.Math.Content.6.RP.A", "Cluster", 1)


def test_dates_without_a_zone_are_in_utc() -> None:
    assert of_sample()["changed_at"] == "2017-05-25T18:05:33Z"


@pytest.mark.parametrize(
    ("name", "body", "ours"),
    [
        pytest.param("p.json", json.dumps(TREE).encode(), True, id="a package"),
        pytest.param("p.txt", json.dumps(TREE).encode("utf-16"), True, id="UTF-16"),
        pytest.param("i.json", b'{"fullStatement": "x"}', True, id="an item alone"),
        pytest.param(
            "o.json", b'{"document": {"sourcedId": "x"}}', True, id="as OpenCASE keeps it"
        ),
        pytest.param("c.json", b'{"@graph": [], "CFItem": 1}', False, id="JSON-LD"),
        pytest.param("b.json", b'{"competencies": [], "CFItemType": 1}', False, id="our own form"),
        pytest.param("c.csv", b"CFItems,fullStatement", False, id="a table"),
    ],
)
def test_which_files_are_case(name: str, body: bytes, ours: bool) -> None:
    assert reads(FrameworkFile(name=name, body=body)) is ours


def opencase(told: Object) -> Object:
    """A package as OpenCASE keeps it."""
    parts = json.dumps({k.removeprefix("CF").lower(): v for k, v in told.items()})
    kept: Object = json.loads(parts)
    for one in (kept["document"], *kept["items"], *kept["associations"]):
        one["sourcedId"] = one.pop("identifier")
    return kept


def without(told: Object, *names: str) -> Object:
    return {name: value for name, value in told.items() if name not in names}


@pytest.mark.parametrize(
    "files",
    [
        pytest.param([TREE], id="at the top"),
        pytest.param([{"CFPackage": TREE}], id="under CFPackage"),
        pytest.param([opencase(TREE)], id="as OpenCASE keeps it"),
        pytest.param(
            [
                without(TREE, "CFItems", "CFAssociations")
                | {"CFItemSet": {"CFItems": TREE["CFItems"]}}
                | {"CFAssociationSet": {"CFAssociations": TREE["CFAssociations"]}}
            ],
            id="in sets",
        ),
        pytest.param(
            [TREE["CFDocument"], *TREE["CFItems"], *TREE["CFAssociations"]], id="each object alone"
        ),
        pytest.param(
            [
                {"CFDocuments": [TREE["CFDocument"]]},
                {"CFItem": item("a"), "CFAssociations": TREE["CFAssociations"]},
                {"CFItem": item("b"), "CFAssociations": TREE["CFAssociations"][:1]},
            ],
            id="answers of the interface",
        ),
        pytest.param(
            [
                {"CFItems": [one | {"CFDocumentURI": node("doc") | {"title": "Our framework"}}
                             for one in TREE["CFItems"]]},
                {"CFAssociations": TREE["CFAssociations"]},
            ],
            id="items that say which framework they are of",
        ),
    ],
)  # fmt: skip
def test_a_package_is_read_in_every_wrapping(files: list[Any]) -> None:
    found = checked(of(*files))
    assert (found.uri, found.title) == (f"{BASE}/doc", {"en": "Our framework"})
    assert found.children == {f"{BASE}/a": (f"{BASE}/b",)}


@pytest.mark.parametrize(
    ("members", "label", "description"),
    [
        pytest.param({"fullStatement": "Writes"}, "Writes", None, id="short"),
        pytest.param(
            {"fullStatement": "Writes letters", "abbreviatedStatement": "Writing"},
            "Writing",
            "Writes letters",
            id="both",
        ),
        pytest.param(
            {"fullStatement": "word " * 40}, ("word " * 23).strip() + "…", "word " * 40, id="long"
        ),
        pytest.param(
            {"fullStatement": "Same", "abbreviatedStatement": "Same"}, "Same", None, id="the same"
        ),
        pytest.param(
            {"fullStatement": " ", "humanCodingScheme": "A.1"}, "A.1", None, id="a code alone"
        ),
        pytest.param({"fullStatement": 5}, "5", None, id="a number"),
    ],
)
def test_statements_become_label_and_description(
    members: Object, label: str, description: str | None
) -> None:
    found = by_name(of(package(item("a", **members))))["a"]
    assert found["label"] == {"en": label}
    assert found.get("description") == (description and {"en": description})


@pytest.mark.parametrize(
    ("told", "key"),
    [
        pytest.param("fr-CA", "fr", id="a region"),
        pytest.param("fra", "fr", id="three letters"),
        pytest.param(None, "es", id="that of the document"),
    ],
)
def test_labels_are_in_the_language_of_the_item(told: str | None, key: str) -> None:
    found = of(package(item("a", language=told), CFDocument=doc(language="es")))
    assert list(by_name(found)["a"]["label"]) == [key]


def test_a_translation_is_a_further_language_of_the_same_competency() -> None:
    french = item("a-fr", fullStatement="Sait faire", language="fr")
    found = of(package(item("a"), french, tie("a-fr", "isTranslationOf", "a")))
    assert by_name(found)["a"]["label"] == {"en": "Can do a", "fr": "Sait faire"}
    assert len(found["competencies"]) == 1


def test_items_that_translate_each_other_are_one_in_the_language_of_the_document() -> None:
    ties = tie("a-fr", "isTranslationOf", "a"), tie("a", "isTranslationOf", "a-fr")
    found = of(package(item("a-fr", language="fr"), item("a", language="en"), *ties))
    assert list(by_name(found)) == ["a"]


def test_children_of_a_translation_are_children_of_the_original() -> None:
    parts = item("a"), item("a-fr", language="fr"), item("b")
    found = of(package(*parts, tie("a-fr", "isTranslationOf", "a"), tie("b", "isChildOf", "a-fr")))
    assert by_name(found)["b"]["parents"] == [f"{BASE}/a"]


def test_a_translation_into_the_same_language_stays_a_competency() -> None:
    found = of(package(item("a"), item("a2"), tie("a2", "isTranslationOf", "a")))
    assert list(by_name(found)) == ["a", "a2"]
    assert "translation" in found["remarks"][0]


def test_an_item_may_have_several_parents() -> None:
    ties = tie("a", "isChildOf", "b"), tie("a", "isChildOf", "c"), tie("a", "isChildOf", "doc")
    found = of(package(item("a"), item("b"), item("c"), *ties))
    assert by_name(found)["a"]["parents"] == [f"{BASE}/b", f"{BASE}/c"]


def test_part_of_makes_a_parent_for_what_is_nobodys_child() -> None:
    ties = tie("a", "isPartOf", "c"), tie("b", "isPartOf", "c"), tie("b", "isChildOf", "a")
    found = by_name(of(package(item("a"), item("b"), item("c"), *ties)))
    assert found["a"]["parents"] == [f"{BASE}/c"]
    assert found["b"]["parents"] == [f"{BASE}/a"]


def test_sequence_numbers_tell_the_order() -> None:
    ties = [
        tie(name, "isChildOf", "doc", sequenceNumber=n) for name, n in {"b": 2, "a": "1"}.items()
    ]
    child = tie("c", "isChildOf", "a")
    assert list(by_name(of(package(item("c"), item("b"), item("a"), *ties, child)))) == [
        "a",
        "c",
        "b",
    ]


def test_without_sequence_numbers_the_order_is_that_of_the_file() -> None:
    parts = item("b"), item("c"), item("a"), tie("b", "isChildOf", "a")
    assert list(by_name(of(package(*parts)))) == ["b", "c", "a"]


@pytest.mark.parametrize(
    ("ties", "exact"),
    [
        pytest.param([tie("a", "exactMatchOf", "x")], [f"{BASE}/x"], id="outward"),
        pytest.param([tie("x", "exactMatchOf", "a")], [f"{BASE}/x"], id="inward"),
        pytest.param([tie("a", "exactMatchOf", "b")], None, id="inside the framework"),
        pytest.param(
            [tie("a", "exactMatchOf", "x", destinationNodeURI="https://y.example/1")],
            ["https://y.example/1"],
            id="an address alone",
        ),
    ],
)
def test_exact_matches_elsewhere_are_the_same_competency(
    ties: list[Object], exact: list[str] | None
) -> None:
    assert by_name(of(package(item("a"), item("b"), *ties)))["a"].get("exact") == exact


@pytest.mark.parametrize(
    ("ended", "status"),
    [
        pytest.param("2020-01-01", "retired", id="ended"),
        pytest.param("2020-01-01T10:00:00Z", "retired", id="with a time"),
        pytest.param("2999-01-01", None, id="will end"),
        pytest.param("", None, id="no day"),
        pytest.param("never", None, id="no date"),
    ],
)
def test_what_has_ended_is_retired(ended: str, status: str | None) -> None:
    found = by_name(of(package(item("a", statusEndDate=ended))))["a"]
    assert found.get("status") == status


LOW, HIGH = level("Low", score=1), level("High", score=2, description="Does it well")


@pytest.mark.parametrize(
    "levels",
    [
        pytest.param([LOW, HIGH], id="lowest first"),
        pytest.param([HIGH, LOW], id="highest first"),
        pytest.param(
            [level("High", position=2, description="Does it well"), level("Low", position=1)],
            id="by position",
        ),
        pytest.param([level("Low"), level("High", description="Does it well")], id="as listed"),
    ],
)
def test_a_rubric_is_the_scale_and_says_what_levels_mean(levels: list[Object]) -> None:
    found = of(package(item("a"), CFRubrics=[rubric(criterion("a", *levels))]))
    assert [one["label"] for one in found["levels"]] == [{"en": "Low"}, {"en": "High"}]
    assert by_name(found)["a"]["levels"] == {"2": {"en": "Does it well"}}


def test_criteria_with_different_levels_make_no_scale() -> None:
    criteria = criterion("a", LOW, HIGH), criterion("b", HIGH)
    found = of(package(item("a"), item("b"), CFRubrics=[rubric(*criteria)]))
    assert "levels" not in found
    assert "do not share one scale" in found["remarks"][0]


STEPS = item("low", abbreviatedStatement="Low"), item("high", abbreviatedStatement="High")


def test_items_that_are_skill_levels_of_all_become_the_scale() -> None:
    ties = [
        tie(name, "hasSkillLevel", step, sequenceNumber=number)
        for name in ("a", "b")
        for number, step in enumerate(("low", "high"))
    ]
    found = of(package(item("a"), item("b"), *reversed(STEPS), *reversed(ties)))
    assert [one["label"]["en"] for one in found["levels"]] == ["Low", "High"]
    assert found["levels"][0]["description"] == {"en": "Can do low"}
    assert list(by_name(found)) == ["a", "b"]


def test_items_that_are_skill_levels_of_some_stay_items() -> None:
    ties = tie("a", "hasSkillLevel", "low"), tie("b", "hasSkillLevel", "high")
    found = of(package(item("a"), item("b"), *STEPS, *ties))
    assert list(by_name(found)) == ["a", "b", "low", "high"]
    assert "levels" not in found


def test_what_has_no_place_here_is_kept() -> None:
    more = {"educationalLevel": "06", "notes": "N", "custom": {"a": 1}, "conceptKeywords": None}
    kept = by_name(of(package(item("a", **more))))["a"]["extra"]["case"]
    assert (kept["educationLevel"], kept["notes"]) == (["06"], "N")
    assert kept["extensions"] == {"https://w3id.org/byway/ext/case": {"custom": {"a": 1}}}


def test_an_item_without_an_address_has_that_of_its_identifier() -> None:
    found = of(package(item("a", uri=None)))
    assert found["competencies"][0]["uri"] == f"urn:uuid:{uuid('a')}"


def test_links_are_followed_by_address_when_identifiers_lack() -> None:
    child = tie("b", "isChildOf", "a", originNodeURI=f"{BASE}/b", destinationNodeURI=f"{BASE}/a")
    assert by_name(of(package(item("a"), item("b"), child)))["b"]["parents"] == [f"{BASE}/a"]


def test_a_child_of_something_outside_is_told_and_kept() -> None:
    found = of(package(item("a"), tie("a", "isChildOf", "elsewhere")))
    assert "1 isChildOf" in found["remarks"][0]
    assert found["competencies"][0]["extra"]["case"]["associations"][0]["destinationNodeURI"] == (
        node("elsewhere")
    )


REFUSED: dict[str, tuple[Any, str]] = {
    "two frameworks": (
        [TREE, {"CFDocument": doc("other", title="Theirs")}],
        "Our framework, Theirs",
    ),
    "one identifier twice": (
        [package(item("a"), item("a", fullStatement="Other"))],
        r"CFItems\[1\].*than CFItems\[0\]",
    ),
    "one address twice": ([package(item("a"), item("b", uri=f"{BASE}/a"))], r"CFItems\[1\]"),
    "no name": (
        [package(item("a"), item("b", identifier=None, uri=""))],
        r"CFItems\[1\].*neither identifier nor uri",
    ),
    "no words": ([package(item("a", fullStatement=""))], r"CFItems\[0\].*fullStatement"),
    "an association to nowhere": (
        [package(item("a"), tie("a", "isChildOf", "doc", destinationNodeURI=None))],
        r"CFAssociations\[0\].*no destinationNodeURI",
    ),
    "an association of no kind": (
        [package(item("a"), tie("a", "", "doc"))],
        r"CFAssociations\[0\].*no associationType",
    ),
    "a circle": (
        [
            package(
                item("a", humanCodingScheme="A.1"),
                item("b"),
                item("c"),
                tie("a", "isChildOf", "b"),
                tie("b", "isChildOf", "a"),
                tie("c", "isChildOf", "a"),
            )
        ],
        "A.1 > Can do b > A.1",
    ),
    "its own child": ([package(item("a"), tie("a", "isChildOf", "a"))], "Can do a > Can do a"),
    "no document": ([{"CFItems": [item("a")]}], "no CFDocument"),
    "no items": ([package()], "no items"),
    "no title": ([package(item("a"), CFDocument=doc(title=" "))], "CFDocument.*no title"),
    "an item that is a text": ([package() | {"CFItems": ["a"]}], r"CFItems\[0\].*'a'"),
    "an empty object": ([{}], "no CFDocument"),
    "a list of numbers": ([[1, 2]], "no CFDocument"),
}


@pytest.mark.parametrize(
    ("files", "why"), [pytest.param(*told, id=name) for name, told in REFUSED.items()]
)
def test_what_contradicts_itself_is_refused_with_its_place(files: list[Any], why: str) -> None:
    with pytest.raises(BadReport, match=why):
        of(*files)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"{", id="broken"),
        pytest.param(b"", id="empty"),
        pytest.param(b'{"CFItems": ' + b"[" * 200 + b"]" * 200 + b"}", id="nested too deep"),
        pytest.param(b"[" * 100_000, id="nested much too deep"),
        pytest.param(b'{"CFItems": NaN}', id="no number"),
        pytest.param(b'{"CFItems": 1e999}', id="no finite number"),
        pytest.param(b'{"CFItems": "\\ud800"}', id="half a character"),
        pytest.param(b'{"CFItems": ' + b"9" * 5000 + b"}", id="a number too long"),
        pytest.param(b"PK\x03\x04", id="a workbook"),
    ],
)
def test_what_is_no_json_is_refused(body: bytes) -> None:
    with pytest.raises(BadReport):
        read([FrameworkFile(name="p.json", body=body)], {})
