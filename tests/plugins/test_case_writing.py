"""Frameworks written as CASE 1.1: valid against the official schema, and the same when read."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import pytest
from case_making import (
    BASE,
    DATA,
    NOW,
    Object,
    again,
    by_name,
    criterion,
    doc,
    faults,
    item,
    level,
    of,
    package,
    plain,
    rubric,
    tie,
    uuid,
    written,
)
from flask import Flask

from engine import imports
from engine.api import BadReport, FrameworkFile
from plugins.case import read
from plugins.case.writing import write
from plugins.yaml_framework import read as read_own

OURS = "https://w3id.org/byway/ext/framework"


def shipped() -> Object:
    body = files("engine.competencies").joinpath("shipped/framework.yaml").read_bytes()
    return read_own([FrameworkFile(name="framework.yaml", body=body)], {})


def sample() -> Object:
    name = "opensalt_case_sample_framework.json"
    return read([FrameworkFile(name=name, body=(DATA / name).read_bytes())], {})


def small(*competencies: Object, **more: Any) -> Object:
    listed = competencies or (one("a"),)
    return {"uri": f"{BASE}/f", "title": "F", "competencies": [*listed], **more}


def one(name: str, **members: Any) -> Object:
    return {"uri": f"{BASE}/{name}", "label": f"Can {name}"} | members


RICH = package(
    item("a", language="en-US", notes="N", subject="Maths", custom=[None], extensions={"x": [1]}),
    item("a-fr", fullStatement="Sait faire", language="fr-CA", notes="Une note"),
    item("b", statusEndDate="2020-01-01", educationLevel=["06"], licenseURI="https://l.example"),
    item("c", fullStatement="word " * 50, lastChangeDateTime="2019-05-01T10:00:00+02:00"),
    tie("a-fr", "isTranslationOf", "a"),
    tie("b", "isChildOf", "a", sequenceNumber=20, CFAssociationGroupingURI="https://g.example"),
    tie("c", "isChildOf", "a", sequenceNumber=10, notes="Why"),
    tie("c", "isPartOf", "b"),
    tie("a", "exactMatchOf", "elsewhere"),
    tie("elsewhere", "exactMatchOf", "c"),
    tie("b", "exactMatchOf", "c"),
    tie("b", "replacedBy", "c"),
    tie("x", "isRelatedTo", "y"),
    tie("a", "is like", "b"),
    CFDocument=doc(caseVersion="1.1", adoptionStatus="Draft", statusInfo={"a": 1}),
    CFRubrics=[rubric(criterion("a", level("Low", score=1, feedback="F"), level("High", score=2)))],
    CFDefinitions={
        "CFItemTypes": [{"identifier": uuid("type"), "title": "Skill"}],
        "CFLicenses": [{"uri": "https://l.example", "title": "Open"}],
        "extensions": {"z": 1},
    },
    extensions={"of": "package"},
)  # fmt: skip
DOCUMENTS: dict[str, Any] = {
    "the shipped one": shipped,
    "the sample of OpenSALT": sample,
    "a package with everything": lambda: of(RICH),
    "the smallest": small,
    "levels that nothing is said of": lambda: small(levels=[{"label": "Low"}, {"label": "High"}]),
    "one without a language in common": lambda: small(one("a", label={"nl": "Kan"}), language="fr"),
    "one whose uri is a competency's": lambda: small(one("f"), one("g", parents=[f"{BASE}/f"])),
    "parents after children": lambda: small(one("a", parents=[f"{BASE}/b"]), one("b")),
    "skill levels as items": lambda: of(
        package(
            item("a"),
            item("low"),
            item("high"),
            tie("a", "hasSkillLevel", "low"),
            tie("a", "hasSkillLevel", "high"),
        )
    ),
}


@pytest.fixture(params=[pytest.param(make, id=name) for name, make in DOCUMENTS.items()])
def document(request: pytest.FixtureRequest) -> Object:
    made: Object = request.param()
    return made


def test_an_export_is_valid_against_the_official_schema(document: Object) -> None:
    assert faults(written(document)) == []


def test_an_export_comes_back_equal(document: Object) -> None:
    assert again(document) == plain(document)


def test_an_export_is_the_same_each_time(document: Object) -> None:
    assert write(document) == write(plain(document)) == write(again(document))


def test_a_package_is_given_back_with_all_it_had() -> None:
    """Apart from members of 1.0 that 1.1 has under another name or in another form."""
    exported, told = written(of(RICH)), by_identifier(RICH["CFAssociations"])
    back = by_identifier(exported["CFAssociations"])
    assert back.keys() >= told.keys()
    assert back[uuid("c isChildOf a")] == told[uuid("c isChildOf a")]
    assert exported["CFRubrics"] == RICH["CFRubrics"]
    assert exported["extensions"] == {"of": "package"}


def by_identifier(listed: list[Object]) -> dict[str, Object]:
    return {one["identifier"]: one for one in listed}


def test_what_came_from_case_needs_no_extension_of_ours() -> None:
    assert OURS not in write(sample()).decode()


def test_identifiers_and_dates_are_those_that_were_imported() -> None:
    found = by_identifier(written(of(RICH))["CFItems"])
    assert found[uuid("c")]["lastChangeDateTime"] == "2019-05-01T08:00:00Z"
    assert found[uuid("a")]["uri"] == f"{BASE}/a"


def test_whatever_has_no_date_was_changed_with_the_framework() -> None:
    exported = written(small(changed_at=NOW))
    assert {one["lastChangeDateTime"] for one in exported["CFItems"]} == {NOW}


def test_translations_are_items_that_say_so() -> None:
    exported = written(small(one("a", label={"en": "Writes", "fr": "Écrit"})))
    assert [(i["fullStatement"], i["language"]) for i in exported["CFItems"]] == [
        ("Writes", "en"),
        ("Écrit", "fr"),
    ]
    ties = [t for t in exported["CFAssociations"] if t["associationType"] == "isTranslationOf"]
    assert [t["destinationNodeURI"]["uri"] for t in ties] == [f"{BASE}/a"]


def test_everything_hangs_in_the_tree() -> None:
    exported = written(small(one("a"), one("b", parents=[f"{BASE}/a"])))
    ways = {
        t["originNodeURI"]["uri"]: t["destinationNodeURI"]["uri"]
        for t in exported["CFAssociations"]
    }
    assert ways == {f"{BASE}/a": f"{BASE}/f", f"{BASE}/b": f"{BASE}/a"}


def test_the_same_competency_elsewhere_is_an_exact_match() -> None:
    exported = written(small(one("a", exact=["https://esco.example/1"])))
    found = [t for t in exported["CFAssociations"] if t["associationType"] == "exactMatchOf"]
    assert [t["destinationNodeURI"]["uri"] for t in found] == ["https://esco.example/1"]


def test_what_is_retired_has_ended() -> None:
    told = small(one("a", status="retired"), changed_at=NOW)
    assert written(told)["CFItems"][0]["statusEndDate"] == NOW[:10]


def test_levels_are_a_rubric() -> None:
    told = small(one("a", levels={"2": "Well"}), levels=[{"label": "Low"}, {"label": "High"}])
    criteria = written(told)["CFRubrics"][0]["CFRubricCriteria"]
    assert [one["CFItemURI"]["uri"] for one in criteria] == [f"{BASE}/a"]
    steps = criteria[0]["CFRubricCriterionLevels"]
    assert [(s["quality"], s["score"], s.get("description")) for s in steps] == [
        ("Low", 1, None),
        ("High", 2, "Well"),
    ]


def test_what_case_cannot_say_comes_back_from_an_extension() -> None:
    assert by_name(again(small(one("a", half_life="365d"))))["a"]["half_life"] == "365d"


def test_what_was_edited_elsewhere_counts_more_than_the_extension() -> None:
    exported = written(small(one("a", label={"en": "Writes", "zz Z": "Z"}), language="en"))
    exported["CFItems"][0]["fullStatement"] = "Edits"
    assert of(exported)["competencies"][0]["label"]["en"] == "Edits"


def test_an_association_that_no_longer_holds_is_left_out() -> None:
    told = of(
        package(item("a"), item("b"), tie("b", "isChildOf", "a"), tie("b", "exactMatchOf", "x"))
    )
    moved = [
        {k: v for k, v in one.items() if k not in ("parents", "exact")}
        for one in told["competencies"]
    ]
    exported = written(told | {"competencies": moved})
    assert [t["destinationNodeURI"]["uri"] for t in exported["CFAssociations"]] == [
        f"{BASE}/doc"
    ] * 2


def test_a_new_order_gives_new_sequence_numbers() -> None:
    ties = [tie(name, "isChildOf", "doc", sequenceNumber=n) for n, name in enumerate("ab")]
    told = plain(of(package(item("a"), item("b"), *ties)))
    turned = told | {"competencies": told["competencies"][::-1]}
    assert list(by_name(again(turned))) == ["b", "a"]


def test_levels_that_changed_since_the_import_are_written_anew() -> None:
    found = of(package(item("a"), CFRubrics=[rubric(criterion("a", level("Low", score=1)))]))
    renamed = plain(found) | {"levels": [{"number": 1, "label": {"en": "Least"}}]}
    assert again(renamed)["levels"][0]["label"] == {"en": "Least"}
    assert [one["title"] for one in written(renamed)["CFRubrics"]] == ["A rubric", "Levels"]


def test_what_json_cannot_say_is_refused() -> None:
    with pytest.raises(BadReport, match="JSON"):
        write(small(more=float("inf")))


def test_an_export_imported_again_changes_nothing(app: Flask) -> None:
    exported, form = imports.export_framework(shipped()["uri"], "case")
    found = imports.preview([FrameworkFile(name=f"export{form.suffix}", body=exported)])
    assert (found.form.name, found.changes.is_any, found.remarks) == ("case", False, ())
