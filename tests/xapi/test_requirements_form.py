"""What holds for each property of a statement, wherever it stands (xAPI 1.0.3 Data 2.2)."""

from __future__ import annotations

from typing import Any

import pytest
from requirement_samples import (
    MAKERS,
    SERVER,
    SPOKEN_IN,
    VERSIONS,
    is_language_map,
    is_refused,
    paths_that_take,
    plan,
    properties,
    read,
    rich,
    taken,
)
from test_walk_refuses import ALL
from xapi_samples import ANNA, GONE, REFERENCE, TEAM, full, modern, put

from xapi.walk import walk

BY_TYPE = {"text": "plain", "number": 5, "boolean": True, "array": [5], "object": {"plain": 5}}
NAMES = {
    *("id", "actor", "verb", "object", "result", "context", "timestamp", "stored", "authority"),
    *("version", "attachments", "objectType", "name", "mbox", "mbox_sha1sum", "openid", "account"),
    *("homePage", "member", "display", "definition", "description", "type", "moreInfo"),
    *("interactionType", "correctResponsesPattern", "choices", "scale", "source", "target"),
    *("steps", "extensions", "score", "scaled", "raw", "min", "max", "success", "completion"),
    *("response", "duration", "registration", "instructor", "team", "contextActivities"),
    *("parent", "grouping", "category", "other", "revision", "platform", "language", "statement"),
    *("usageType", "contentType", "length", "sha2", "fileUrl"),
    *("contextAgents", "contextGroups", "agent", "group", "relevantTypes"),
}
"""Every name of a property in the standard."""
NEW_IN_2_0 = ("contextAgents before 2.0", "contextGroups before 2.0")


def type_of(value: Any) -> str:
    """The name that JSON has for the type of a value."""
    names = {str: "text", bool: "boolean", list: "array", dict: "object"}
    return names.get(type(value), "number")


def null(_path: str, _value: Any) -> list[Any]:
    return [None]


def other_types(_path: str, value: Any) -> list[Any]:
    return [other for name, other in BY_TYPE.items() if name != type_of(value)]


def one_key_more(path: str, value: Any) -> list[Any]:
    is_ours = isinstance(value, dict) and not is_language_map(path, value)
    return [{**value, "more": "x"}] if is_ours else []


def keys_respelt(path: str, value: Any) -> list[Any]:
    """An object with one of its keys in another case, for each of them."""
    if not isinstance(value, dict) or is_language_map(path, value) or path.endswith("extensions"):
        return []
    cases = [(key, case(key)) for key in value for case in (str.swapcase, str.capitalize)]
    return [
        {(case if name == key else name): item for name, item in value.items()}
        for key, case in cases
    ]


def test_the_statements_tried_here_use_every_property() -> None:
    found = {name for make in MAKERS.values() for name in keys_in(make())}
    assert found == NAMES


def keys_in(value: Any) -> set[str]:
    """The keys that the standard names, of a statement and all in it."""
    paths = [("", value), *properties(value)]
    objects = [one for one in paths if isinstance(one[1], dict) and not is_language_map(*one)]
    return {key for path, one in objects for key in one if not path.endswith("extensions")}


@pytest.mark.parametrize(("name", "version"), SPOKEN_IN)
def test_the_statements_tried_here_keep_every_rule(name: str, version: str) -> None:
    assert walk(MAKERS[name](), version=version).terms


@pytest.mark.parametrize(("name", "version"), SPOKEN_IN)
def test_nothing_but_an_extension_is_null(name: str, version: str) -> None:
    assert paths_that_take(name, version, null) == []


@pytest.mark.parametrize(("name", "version"), SPOKEN_IN)
def test_nothing_has_another_type(name: str, version: str) -> None:
    assert paths_that_take(name, version, other_types) == []


@pytest.mark.parametrize(("name", "version"), SPOKEN_IN)
def test_no_key_has_another_case(name: str, version: str) -> None:
    assert paths_that_take(name, version, keys_respelt) == []


@pytest.mark.parametrize(("name", "version"), SPOKEN_IN)
def test_no_object_has_a_key_of_its_own(name: str, version: str) -> None:
    assert paths_that_take(name, version, one_key_more) == []


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("key", ["more", "Actor", "ID", "TIMESTAMP", "Authority"])
def test_a_statement_has_no_key_of_its_own(key: str, version: str) -> None:
    assert taken("activity", key, [read(rich(), "actor")], version) == []


@pytest.mark.parametrize("required", ["actor", "verb", "object"])
@pytest.mark.parametrize(("name", "above"), [("activity", ""), ("SubStatement", "object.")])
@pytest.mark.parametrize("version", VERSIONS)
def test_three_things_are_always_there(name: str, above: str, required: str, version: str) -> None:
    assert is_refused(put(MAKERS[name](), f"{above}{required}", GONE), version)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_substatement_has_nothing_that_a_record_store_says(version: str) -> None:
    said = [(f"object.{name}", rich()[name]) for name in SERVER]
    assert [path for path, value in said if taken("SubStatement", path, [value], version)] == []


@pytest.mark.parametrize("version", VERSIONS)
def test_a_substatement_holds_no_other(version: str) -> None:
    assert taken("SubStatement", "object.object", [plan()["object"]], version) == []


def test_the_newer_version_refuses_what_the_older_does() -> None:
    rows = [row.values for row in ALL if row.id not in NEW_IN_2_0]
    good = [path for path, value, _ in rows if not is_refused(put(full(), path, value), "2.0.0")]
    assert good == []


ENUMERATED = [
    ("activity", "object.objectType", "Activity"),
    ("activity", "actor.objectType", "Agent"),
    ("activity", "object.definition.interactionType", "choice"),
    ("people", "actor.objectType", "Group"),
    ("people", "object.objectType", "Agent"),
    ("people", "context.team.objectType", "Group"),
    ("SubStatement", "object.objectType", "SubStatement"),
    ("SubStatement", "object.object.objectType", "Activity"),
    ("reference", "object.objectType", "StatementRef"),
    ("context agents", "context.contextAgents[0].objectType", "contextAgent"),
    ("context agents", "context.contextGroups[0].objectType", "contextGroup"),
]


@pytest.mark.parametrize(("name", "path", "value"), ENUMERATED)
def test_no_word_of_the_standard_has_another_case(name: str, path: str, value: str) -> None:
    others = [value.swapcase(), value.upper(), f" {value}", f"{value}s"]
    assert taken(name, path, others, "2.0.0") == []
    assert taken(name, path, [value], "2.0.0") == [value]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", ["choices", "scale", "source", "target", "steps"])
def test_every_part_of_an_interaction_needs_its_type(name: str, version: str) -> None:
    answers: dict[str, Any] = {"correctResponsesPattern": ["a"]}
    parts = [answers, {name: [{"id": "a"}]}, {**answers, name: []}]
    assert taken("activity", "object.definition", parts, version) == []


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", ["reference", "SubStatement"])
def test_a_statement_as_object_has_to_say_so(name: str, version: str) -> None:
    assert is_refused(put(MAKERS[name](), "object.objectType", GONE), version)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", ["revision", "platform"])
def test_revision_and_platform_are_for_activities_everywhere(name: str, version: str) -> None:
    others = [REFERENCE, {"objectType": "Agent", **ANNA}, TEAM]
    assert read(plan(), f"object.context.{name}")
    assert taken("SubStatement", "object.object", others, version) == []
    assert taken("activity", "object", [*others, plan()["object"]], version) == []


# Values of a form: IRIs, UUIDs, languages, times, hashes.

IRIS = [
    "verb.id",
    "object.id",
    "object.definition.type",
    "object.definition.moreInfo",
    "context.contextActivities.parent[0].id",
    "context.contextActivities.grouping[0].id",
    "context.contextActivities.category[0].id",
    "context.contextActivities.other[0].id",
    "context.instructor.openid",
    "context.team.member[1].account.homePage",
    "attachments[0].usageType",
    "attachments[0].fileUrl",
]
WITHOUT_SCHEME = ["", " ", "x", "www.example.org", "example.org/x", "/x", "//example.org/x", "://x"]
UUIDS = ["context.registration", "context.statement.id"]
NO_UUIDS = [
    "",
    "8f87ccde",
    "8f87ccde-bb56-4c2e-ab83-44982ef22df",
    "8f87ccde-bb56-4c2e-ab83-44982ef22df00",
    "8f87ccde-bb56-4c2e-ab83-44982ef22dfg",
    "8f87ccdebb564c2eab8344982ef22df0",
    "{8f87ccde-bb56-4c2e-ab83-44982ef22df0}",
    "urn:uuid:8f87ccde-bb56-4c2e-ab83-44982ef22df0",
]
MAPS = [
    "verb.display",
    "object.definition.name",
    "object.definition.description",
    "object.definition.choices[0].description",
    "context.contextActivities.grouping[0].definition.name",
    "attachments[0].display",
    "attachments[0].description",
]
NO_LANGUAGES = ["", "something", "a12345678", "en_US", "en-", "12", "e"]
NO_TIMES = [
    "", "yesterday", "01/011/2015", "2026-02-30T12:00:00Z", "2026-03-19T12:00:00-00",
    "2026-03-19T12:00:00-0000", "2026-03-19T12:00:00-00:00", "2026-03-19",
]  # fmt: skip
NO_DURATIONS = ["", "3600", "P", "PT", "P4W1D", "PA1H0M0S", "1H", "P0003-01-01T00:00:00", "PT-1S"]
NO_HASHES = ["", "0" * 39, "0" * 63, "g" * 64, "sha2"]
NO_MEDIA_TYPES = ["", "pdf", "application/", "/pdf", "application pdf"]
NO_VERSIONS = ["", "0.9.9", "1", "1.1.0", "1.0.", "v1.0.0", "3.0.0"]


def in_both(*paths: str) -> pytest.MarkDecorator:
    """Each of the paths in a statement and in its SubStatement, in either version."""
    inner = [("SubStatement", f"object.{path}") for path in paths]
    outer = [("activity", path) for path in paths]
    return pytest.mark.parametrize(
        ("name", "path", "version"),
        [(name, path, version) for name, path in (*outer, *inner) for version in VERSIONS],
    )


@in_both(*IRIS)
def test_no_iri_lacks_its_scheme(name: str, path: str, version: str) -> None:
    assert taken(name, path, WITHOUT_SCHEME, version) == []


@in_both("object.definition.extensions", "result.extensions", "context.extensions")
def test_no_key_of_extensions_lacks_its_scheme(name: str, path: str, version: str) -> None:
    keyed = [{key: 1} for key in WITHOUT_SCHEME]
    assert taken(name, path, keyed, version) == []
    assert taken(name, path, [{"urn:x:ext": 1}], version) == [{"urn:x:ext": 1}]


@in_both("object.definition.extensions", "result.extensions", "context.extensions")
def test_an_extension_has_any_value(name: str, path: str, version: str) -> None:
    free = [{}, *({"urn:x:ext": value} for value in (None, "", {}, [], 0, {"": None}))]
    assert taken(name, path, free, version) == free


@in_both(*UUIDS)
def test_no_uuid_has_another_form(name: str, path: str, version: str) -> None:
    assert taken(name, path, NO_UUIDS, version) == []


@pytest.mark.parametrize("version", VERSIONS)
def test_no_id_of_a_statement_has_another_form(version: str) -> None:
    assert taken("activity", "id", NO_UUIDS, version) == []


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", ["reference", "SubStatement"])
def test_no_reference_is_to_something_else(name: str, version: str) -> None:
    path = {"reference": "object", "SubStatement": "object.object"}[name]
    wrong = [{**REFERENCE, "id": text} for text in NO_UUIDS]
    assert taken(name, path, wrong, version) == []


@in_both(*MAPS)
def test_no_language_map_has_another_key(name: str, path: str, version: str) -> None:
    wrong = [{tag: "text"} for tag in NO_LANGUAGES]
    assert taken(name, path, wrong, version) == []


@in_both(*MAPS)
def test_a_language_map_has_any_language(name: str, path: str, version: str) -> None:
    right = [{tag: "text"} for tag in ("cmn", "zh-Hant", "sr-Latn-RS", "es-MX", "und", "x-own")]
    assert taken(name, path, right, version) == right


@in_both("context.language")
def test_no_language_of_a_context_has_another_form(name: str, path: str, version: str) -> None:
    assert taken(name, path, NO_LANGUAGES, version) == []


@in_both("timestamp")
def test_no_timestamp_has_another_form(name: str, path: str, version: str) -> None:
    assert taken(name, path, NO_TIMES, version) == []


@in_both("timestamp")
def test_a_timestamp_may_lie_ahead_and_be_exact(name: str, path: str, version: str) -> None:
    right = ["2099-01-01T00:00:00Z", "2026-03-19T12:00:00.123456789Z", "2026-03-19T12:00:00+00:00"]
    assert taken(name, path, right, version) == right


@pytest.mark.parametrize("version", VERSIONS)
def test_no_stored_time_has_another_form(version: str) -> None:
    assert taken("activity", "stored", NO_TIMES, version) == []


@in_both("result.duration")
def test_no_duration_has_another_form(name: str, path: str, version: str) -> None:
    assert taken(name, path, NO_DURATIONS, version) == []


@in_both("result.duration")
def test_a_duration_may_be_exact_and_is_kept_so(name: str, path: str, version: str) -> None:
    statement = put(MAKERS[name](), path, "PT0.123456S")
    assert not walk(statement, version=version).changed
    assert read(statement, path) == "PT0.123456S"


@in_both("attachments[0].sha2")
def test_no_hash_has_another_form(name: str, path: str, version: str) -> None:
    assert taken(name, path, NO_HASHES, version) == []


@in_both("attachments[0].contentType")
def test_no_content_type_has_another_form(name: str, path: str, version: str) -> None:
    assert taken(name, path, NO_MEDIA_TYPES, version) == []


@in_both("attachments[0].length")
def test_no_length_is_anything_but_a_count(name: str, path: str, version: str) -> None:
    assert taken(name, path, [-1, 27.5, "27", True], version) == []


@pytest.mark.parametrize("version", VERSIONS)
def test_no_version_of_a_statement_has_another_form(version: str) -> None:
    assert taken("activity", "version", NO_VERSIONS, version) == []


@pytest.mark.parametrize("version", VERSIONS)
def test_older_versions_of_a_statement_are_taken(version: str) -> None:
    older = ["1.0", "1.0.0", "1.0.9"]
    assert taken("activity", "version", older, version) == older


@pytest.mark.parametrize(
    "path", ["context.contextAgents[0].relevantTypes", "context.contextGroups[0].relevantTypes"]
)
def test_roles_in_a_context_are_iris(path: str) -> None:
    wrong = [[], *([text] for text in WITHOUT_SCHEME), [1], "http://example.org/r"]
    assert taken("context agents", path, wrong, "2.0.0") == []


@pytest.mark.parametrize(("plural", "single"), [("Agents", "agent"), ("Groups", "group")])
@pytest.mark.parametrize("key", ["objectType", "who"])
def test_an_entry_of_a_context_lacks_nothing(plural: str, single: str, key: str) -> None:
    path = f"context.context{plural}[0].{single if key == 'who' else key}"
    statement = put(modern(), "context.contextGroups[0].relevantTypes", ["http://example.org/r"])
    assert is_refused(put(statement, path, GONE), "2.0.0")
