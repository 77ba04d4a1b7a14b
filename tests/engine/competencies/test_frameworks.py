"""Frameworks: keeping one whole or not at all, and the words it has."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from flask import Flask

from engine import imports
from engine.competencies import frameworks, rulesets
from engine.db import transaction
from engine.errors import BadReport

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
    found = frameworks.read(DOCUMENT).competencies["https://f.example/c/1"]
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
    assert frameworks.read(DOCUMENT).name(str(ONE["uri"]), language) == label


CIRCLE: list[Any] = []
CIRCLE.append(CIRCLE)
BROKEN: dict[str, Any] = {
    "nothing": {},
    "no mapping": ["uri"],
    "no uri": {"uri": None},
    "a uri with spaces": {"uri": "a framework"},
    "no title": {"title": ""},
    "a title of numbers": {"title": {"en": None}},
    "no levels": {"levels": []},
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
        assert imports.import_framework(YAML, "f.yaml").document["valid_from"] == "2026-01-01"


def test_a_file_in_no_known_format_is_refused(app: Flask) -> None:
    with transaction(), pytest.raises(BadReport, match="in no format") as refusal:
        imports.import_framework(b"a,b,c", "f.csv")
    assert "Byway YAML" in refusal.value.mend
