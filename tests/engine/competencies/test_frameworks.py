"""Frameworks: keeping one whole or not at all, and the words it has."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import date
from typing import Any

import pytest
from flask import Flask

from engine import imports
from engine.api import FrameworkFile
from engine.competencies import frameworks, rulesets
from engine.competencies.framework_changes import Changed, Changes
from engine.competencies.framework_documents import read
from engine.db import transaction
from engine.errors import BadReport, NotFound, Refused

ONE = {"uri": "https://f.example/c/1", "label": {"en": "One", "fr": "Un"}, "levels": {"2": "Can"}}
DOCUMENT: dict[str, Any] = {
    "uri": "https://f.example",
    "title": {"fr": "Un cadre", "en": "A framework"},
    "levels": [{"label": "Low"}, {"label": {"en": "High"}}],
    "competencies": [ONE],
}


def keep(document: Any) -> int:
    with transaction():
        return frameworks.keep(document).id


def test_a_framework_is_kept_and_found(app: Flask) -> None:
    keep(DOCUMENT)
    found = frameworks.find("https://f.example")
    assert found is not None
    assert (found.name("https://f.example/c/1"), found.level(2), found.level(0)) == (
        "One",
        "High",
        "",
    )


def test_what_one_can_do_at_a_level_is_kept_at_that_level(app: Flask) -> None:
    found = read(DOCUMENT).competencies["https://f.example/c/1"]
    assert found.levels == ({}, {"en": "Can"})


def test_the_same_framework_twice_is_one(app: Flask) -> None:
    assert keep(DOCUMENT) == keep(dict(reversed(DOCUMENT.items())))


def test_the_newest_version_is_the_one_in_force(app: Flask) -> None:
    keep(DOCUMENT)
    keep(DOCUMENT | {"title": "Renamed"})
    found = frameworks.in_force(rulesets.current().config | {"framework": "https://f.example"})
    assert found.title == {"en": "Renamed"}


def test_a_ruleset_without_its_framework_has_bare_ids(app: Flask) -> None:
    config = rulesets.current().config | {"framework": "https://nowhere.example"}
    found = frameworks.in_force(config)
    assert found.name("c:unknown") == "c:unknown"
    assert (found.level(1), len(found.competencies)) == ("Awareness", 8)


@pytest.mark.parametrize(
    ("language", "label"),
    [
        pytest.param("fr", "Un", id="the language"),
        pytest.param("fr-CA", "Un", id="the language of a region"),
        pytest.param("de", "One", id="English otherwise"),
        pytest.param("", "One", id="no language"),
    ],
)
def test_a_label_is_said_in_a_language(app: Flask, language: str, label: str) -> None:
    assert read(DOCUMENT).name(str(ONE["uri"]), language) == label


CIRCLE: list[Any] = []
CIRCLE.append(CIRCLE)
BROKEN: dict[str, Any] = {
    "nothing": {},
    "no mapping": ["uri"],
    "no uri": {"uri": None},
    "a uri with spaces": {"uri": "a framework"},
    "no title": {"title": ""},
    "a title that no database keeps": {"title": "A\0framework"},
    "a title of numbers": {"title": {"en": None}},
    "levels as text": {"levels": "Low"},
    "a level without label": {"levels": [{}]},
    "levels that are words": {"levels": ["Low", "High"]},
    "competencies as a mapping": {"competencies": {"a": ONE}},
    "no competencies": {"competencies": []},
    "a competency without uri": {"competencies": [{"label": "One"}]},
    "a competency whose uri is a number": {"competencies": [ONE | {"uri": 5}]},
    "a competency twice": {"competencies": [ONE, ONE]},
    "a level that is no number": {"competencies": [ONE | {"levels": {"low": "Can"}}]},
    "a level above the scale": {"competencies": [ONE | {"levels": {3: "Can"}}]},
    "a circle": {"more": CIRCLE},
    "a date": {"more": date(2026, 1, 1)},
    "a description of a wrong shape": {"competencies": [ONE | {"description": 5}]},
    "a parent that is not there": {"competencies": [ONE | {"parents": ["https://f.example/c/9"]}]},
    "its own parent": {"competencies": [ONE | {"parents": [ONE["uri"]]}]},
    "parents as a text": {"competencies": [ONE | {"parents": ONE["uri"]}]},
    "a status nobody knows": {"competencies": [ONE | {"status": "draft"}]},
    "a uri longer than evidence can hold": {"uri": "https://f.example/" + "c" * 500},
}


@pytest.mark.parametrize("change", [pytest.param(c, id=name) for name, c in BROKEN.items()])
def test_a_framework_that_lacks_something_is_refused(app: Flask, change: Any) -> None:
    broken = DOCUMENT | change if change and isinstance(change, dict) else change
    with transaction(), pytest.raises(BadReport):
        frameworks.keep(broken)
    assert [row.uri for row in frameworks.every()] == [rulesets.current().config["framework"]]


YAML = b"""
uri: https://f.example
title: A framework
valid_from: 2026-01-01
levels: [{label: Low}]
competencies: [{uri: "https://f.example/c/1", label: One}]
"""


def test_a_file_is_kept_whatever_else_it_says(app: Flask) -> None:
    with transaction():
        assert (
            imports.import_framework([FrameworkFile(name="f.yaml", body=YAML)]).document[
                "valid_from"
            ]
            == "2026-01-01"
        )


def test_a_file_in_no_known_format_is_refused(app: Flask) -> None:
    with transaction(), pytest.raises(BadReport, match="in no format") as refusal:
        imports.import_framework([FrameworkFile(name="f.bin", body=b"\0a,b,c")])
    assert "Byway YAML" in refusal.value.mend


def of(*parents: str, uri: str, **more: Any) -> dict[str, Any]:
    return {"uri": f"c:{uri}", "label": uri, "parents": [f"c:{one}" for one in parents], **more}


def tree(*competencies: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"uri": "https://t.example", "title": "T", "competencies": list(competencies), **more}


def test_competencies_may_be_part_of_several(app: Flask) -> None:
    found = read(tree(of("b", "c", uri="a"), of("d", uri="b"), of("d", uri="c"), of(uri="d")))
    assert found.children == {"c:b": ("c:a",), "c:c": ("c:a",), "c:d": ("c:b", "c:c")}
    assert [one.id for one in found.tops()] == ["c:d"]


def test_a_circle_is_refused_with_its_way(app: Flask) -> None:
    circle = tree(of("b", uri="a"), of("c", uri="b"), of("a", uri="c"), of(uri="d"))
    with pytest.raises(BadReport, match="c:a > c:b > c:c > c:a"):
        read(circle)


def test_what_a_new_version_lacks_is_kept_as_retired(app: Flask) -> None:
    levels = {"levels": [{"label": "Low"}, {"label": "High"}]}
    gone = of("b", "c", uri="a", levels={1: "Can", 2: "Masters"})
    keep(tree(gone, of(uri="b"), of(uri="c"), **levels))
    keep(tree(of(uri="b"), levels=[{"label": "Only"}]))
    found = frameworks.find("https://t.example")
    assert found is not None
    assert [one.id for one in found.competencies.values() if one.is_retired] == ["c:a", "c:c"]
    left = found.competencies["c:a"]
    assert (left.parents, left.levels) == (("c:b", "c:c"), ({"en": "Can"},))


def test_what_comes_back_is_current_again(app: Flask) -> None:
    for document in (tree(of(uri="a"), of(uri="b")), tree(of(uri="b"))):
        keep(document)
    keep(tree(of(uri="a"), of(uri="b")))
    found = frameworks.find("https://t.example")
    assert found is not None
    assert not any(one.is_retired for one in found.competencies.values())


def test_the_same_again_changes_nothing_also_when_something_is_retired(app: Flask) -> None:
    keep(tree(of(uri="a"), of(uri="b")))
    assert keep(tree(of(uri="b"))) == keep(tree(of(uri="b")))


def test_a_version_that_adds_a_language_keeps_the_others(app: Flask) -> None:
    keep(tree({"uri": "c:a", "label": {"en": "One", "fr": "Un"}}, title={"en": "T", "fr": "C"}))
    added = tree({"uri": "c:a", "label": {"es": "Uno", "en": "First"}}, adds_languages=True)
    keep(added | {"title": {"es": "M"}})
    found = frameworks.find("https://t.example")
    assert found is not None
    assert found.title == {"en": "T", "fr": "C", "es": "M"}
    assert found.competencies["c:a"].label == {"en": "First", "fr": "Un", "es": "Uno"}


def test_a_language_that_is_there_changes_nothing(app: Flask) -> None:
    first = keep(tree({"uri": "c:a", "label": {"en": "One", "fr": "Un"}}))
    again = tree({"uri": "c:a", "label": {"fr": "Un"}}, adds_languages=True)
    assert keep(again) == first


def test_a_deep_tree_is_read_quickly(app: Flask) -> None:
    deep = [of(f"{number + 1}", uri=f"{number}") for number in range(20_000)]
    assert len(read(tree(*deep, of(uri="20000"))).children) == 20_000


def test_names_are_found_in_every_framework(app: Flask) -> None:
    keep(tree(of(uri="a"), levels=[{"label": "Low"}]))
    config = rulesets.current().config
    found = frameworks.in_force(config | {"competencies": {**config["competencies"], "c:a": {}}})
    assert found.name("c:a") == "a"
    assert found.level(1) == "Awareness"


def test_levels_are_the_rulesets_where_the_framework_has_no_scale(app: Flask) -> None:
    keep(tree(of(uri="a")))
    found = frameworks.in_force(rulesets.current().config | {"framework": "https://t.example"})
    assert (found.level(4), found.title) == ("Expert", {"en": "T"})


def test_a_preview_says_what_would_change_and_keeps_nothing(app: Flask) -> None:
    keep(tree(of(uri="a"), of(uri="b"), of(uri="c")))
    after = tree(of(uri="a"), of("a", uri="b"), of(uri="d"), title="New", remarks=["Read so."])
    found = imports.preview([FrameworkFile(name="t.json", body=json.dumps(after).encode())])
    assert found.changes == Changes(
        new=("c:d",),
        changed=(Changed(uri="c:b", members=("parents",)),),
        gone=("c:c",),
        same=1,
        head=("title",),
    )
    assert found.remarks == ("Read so.",)
    kept = frameworks.newest("https://t.example")
    assert kept is not None
    assert kept.title == "T"


def test_a_preview_of_the_same_again_says_so(app: Flask) -> None:
    keep(DOCUMENT)
    body = json.dumps(DOCUMENT).encode()
    assert not imports.preview([FrameworkFile(name="t.json", body=body)]).changes.is_any


def zipped(*files: tuple[str, bytes]) -> FrameworkFile:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in files:
            archive.writestr(name, body)
    return FrameworkFile(name="f.zip", body=packed.getvalue())


def test_an_archive_is_read_and_what_is_not_read_is_named(app: Flask) -> None:
    archive = zipped(("a/f.yaml", YAML), ("a/readme.txt", b"Hello"))
    found = imports.preview([archive])
    assert (found.form.name, found.framework.title) == ("byway", {"en": "A framework"})
    assert found.remarks == ("readme.txt was not read: it is not Byway YAML.",)


@pytest.mark.parametrize(
    ("file", "why"),
    [
        pytest.param(zipped(("f.yaml", b" " * 201_000_000)), "more than 200 MB", id="a bomb"),
        pytest.param(zipped(*[(f"{n}", b"") for n in range(201)]), "201 files", id="many files"),
        pytest.param(
            FrameworkFile(name="f.zip", body=b"PK\x03\x04broken"), "cannot be unpacked", id="broken"
        ),
    ],
)
def test_an_archive_out_of_bounds_is_refused(app: Flask, file: FrameworkFile, why: str) -> None:
    with pytest.raises(BadReport, match=why):
        imports.preview([file])


def test_a_format_that_is_not_there_is_refused_with_those_there_are(app: Flask) -> None:
    with pytest.raises(NotFound) as refusal:
        imports.preview([FrameworkFile(name="f.yaml", body=YAML)], form="latin")
    assert "byway" in refusal.value.mend


def test_an_option_that_a_format_does_not_have_is_refused(app: Flask) -> None:
    with pytest.raises(Refused) as refusal:
        imports.preview([FrameworkFile(name="f.yaml", body=YAML)], options={"colour": "red"})
    assert refusal.value.where == "colour"
