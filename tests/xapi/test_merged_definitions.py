"""Definitions of activities merged, and what canonical makes of them (xAPI 1.0.3 Data 2.4.4.1)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xapi_samples import put, short

from xapi import formats
from xapi.languages import ranges
from xapi.walk import walk


def canonical(definition: dict[str, Any], header: str) -> dict[str, Any]:
    statement = put(short(), "object.definition", definition)
    return formats.canonical(statement, ranges(header), {})


@pytest.mark.parametrize(
    ("before", "after", "merged"),
    [
        pytest.param(None, {"type": "urn:t"}, {"type": "urn:t"}, id="the first word"),
        pytest.param({"type": "urn:t"}, {}, {"type": "urn:t"}, id="nothing new"),
        pytest.param({"type": "urn:t"}, {"type": "urn:u"}, {"type": "urn:u"}, id="later wins"),
        pytest.param(
            {"type": "urn:t"},
            {"moreInfo": "http://x.example/"},
            {"type": "urn:t", "moreInfo": "http://x.example/"},
            id="different things add up",
        ),
        pytest.param(
            {"name": {"en": "Quiz", "fr": "Jeu"}},
            {"name": {"fr": "Questionnaire", "es": "Prueba"}},
            {"name": {"en": "Quiz", "fr": "Questionnaire", "es": "Prueba"}},
            id="languages of a name",
        ),
        pytest.param(
            {"description": {"en": "Easy"}},
            {"description": {"fr": "Facile"}},
            {"description": {"en": "Easy", "fr": "Facile"}},
            id="languages of a description",
        ),
        pytest.param(
            {"extensions": {"urn:a": {"deep": 1}, "urn:b": 1}},
            {"extensions": {"urn:a": {"other": 2}}},
            {"extensions": {"urn:a": {"other": 2}, "urn:b": 1}},
            id="extensions, each as a whole",
        ),
        pytest.param(
            {"interactionType": "choice", "choices": [{"id": "a", "description": {"en": "One"}}]},
            {"choices": [{"id": "b"}, {"id": "a", "description": {"fr": "Un"}}]},
            {
                "interactionType": "choice",
                "choices": [{"id": "b"}, {"id": "a", "description": {"en": "One", "fr": "Un"}}],
            },
            id="languages of components, in the later order",
        ),
        pytest.param(
            {"interactionType": "choice", "choices": [{"id": "a"}], "name": {"en": "Quiz"}},
            {"interactionType": "likert", "scale": [{"id": "1"}]},
            {"interactionType": "likert", "scale": [{"id": "1"}], "name": {"en": "Quiz"}},
            id="another interaction, without the parts of the former",
        ),
        pytest.param(
            {"interactionType": "true-false", "correctResponsesPattern": ["true"]},
            {"name": {"en": "Quiz"}},
            {
                "interactionType": "true-false",
                "correctResponsesPattern": ["true"],
                "name": {"en": "Quiz"},
            },
            id="an interaction that is not spoken of",
        ),
        pytest.param(
            {"interactionType": "true-false", "correctResponsesPattern": ["true"]},
            {"interactionType": "true-false", "correctResponsesPattern": ["false"]},
            {"interactionType": "true-false", "correctResponsesPattern": ["false"]},
            id="corrected answers",
        ),
    ],
)
def test_merged_definitions(before: Any, after: Any, merged: Any) -> None:
    kept = json.dumps([before, after])
    assert formats.merge(before, after) == merged
    assert json.dumps([before, after]) == kept


LANGUAGES = st.dictionaries(st.sampled_from(["en", "fr", "es"]), st.text(max_size=3))
COMPONENTS = st.lists(
    st.fixed_dictionaries({"id": st.sampled_from("abc")}, optional={"description": LANGUAGES}),
    max_size=3,
    unique_by=lambda component: component["id"],
)
PLAIN = {
    "name": LANGUAGES,
    "description": LANGUAGES,
    "type": st.sampled_from(["urn:t", "urn:u"]),
    "moreInfo": st.sampled_from(["http://x.example/", "http://y.example/"]),
    "extensions": st.dictionaries(st.sampled_from(["urn:a", "urn:b"]), st.integers()),
}


def interaction(kind: str, *lists: str) -> st.SearchStrategy[dict[str, Any]]:
    parts = dict.fromkeys(lists, COMPONENTS)
    patterns = {"correctResponsesPattern": st.lists(st.sampled_from("ab"), max_size=2)}
    return st.fixed_dictionaries(
        {"interactionType": st.just(kind)}, optional={**PLAIN, **parts, **patterns}
    )


SIMPLE = st.fixed_dictionaries({}, optional=PLAIN)
DEFINITIONS = st.one_of(
    SIMPLE,
    interaction("choice", "choices"),
    interaction("matching", "source", "target"),
    interaction("numeric"),
)


@given(DEFINITIONS, DEFINITIONS)
def test_what_is_said_twice_changes_nothing(before: Any, after: Any) -> None:
    merged = formats.merge(before, after)
    assert formats.merge(merged, after) == merged


@given(SIMPLE, SIMPLE, SIMPLE)
def test_definitions_can_be_merged_in_any_grouping(one: Any, two: Any, three: Any) -> None:
    left = formats.merge(formats.merge(one, two), three)
    assert left == formats.merge(one, formats.merge(two, three))


@given(DEFINITIONS, DEFINITIONS, st.sampled_from(["fr", "en-GB, *;q=0", "*;q=0", ""]))
def test_a_merged_definition_keeps_the_rules(before: Any, after: Any, header: str) -> None:
    walk(canonical(formats.merge(before, after), header), version="1.0.3")


@given(DEFINITIONS)
def test_canonical_leaves_one_language_of_each_map(definition: Any) -> None:
    found = canonical(definition, "fr")["object"]["definition"]
    components = [one for part in found.values() if isinstance(part, list) for one in part]
    holders = [found, *(one for one in components if isinstance(one, dict))]
    maps = [holder.get(name, {}) for holder in holders for name in ("name", "description")]
    assert max(map(len, maps)) <= 1
