"""The words Byway writes: of public profiles, else of its own, each once.

`public_concepts.json` has the ids of verbs and activity types in adlnet/xapi-authored-profiles
(23819e2) and adlnet/MasterObjectModel, by profile; both are under the Apache License 2.0.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.publishing import vocabulary as results
from xapi import profile
from xapi.vocabulary import ALIASES, BYWAY, TYPE_ALIASES, TYPES, VERBS, Extension

DATA = Path(__file__).parents[1] / "data"
PUBLIC = {
    iri for ids in json.loads((DATA / "public_concepts.json").read_text()).values() for iri in ids
}
OWN = {concept.id for concept in profile.CONCEPTS}
TEXTS = ("id", "type", "inScheme")


@pytest.mark.parametrize("verb", [pytest.param(one.iri, id=name) for name, one in VERBS.items()])
def test_every_verb_is_defined_in_a_profile(verb: str) -> None:
    assert verb in PUBLIC | OWN


@pytest.mark.parametrize("kind", [pytest.param(iri, id=name) for name, iri in TYPES.items()])
def test_every_type_is_defined_in_a_profile(kind: str) -> None:
    assert kind in PUBLIC | OWN


def test_own_profile_defines_just_what_is_ours() -> None:
    assert set(profile.own_iris()) == OWN


def test_own_profile_defines_nothing_that_is_public() -> None:
    assert not OWN & PUBLIC


def test_no_alias_is_a_word_of_ours() -> None:
    words = {verb.iri for verb in VERBS.values()} | set(TYPES.values())
    assert not words & (set(ALIASES) | set(TYPE_ALIASES))


def test_no_alias_means_two_verbs() -> None:
    assert len(ALIASES) == sum(len(verb.aliases) for verb in VERBS.values())


def test_results_use_extensions_of_the_profile() -> None:
    assert {results.LEVEL, results.RULESET, results.AS_OF} <= OWN


def test_extension_stands_below_the_namespace() -> None:
    assert Extension.TAGS.startswith(BYWAY)


@pytest.mark.parametrize(
    "member",
    ["@context", "id", "type", "conformsTo", "prefLabel", "definition", "versions", "author"],
)
def test_profile_has_what_the_specification_requires(member: str) -> None:
    assert profile.document()[member]


def test_profile_is_of_the_specification() -> None:
    document = profile.document()
    assert (document["type"], document["conformsTo"]) == (
        "Profile",
        "https://w3id.org/xapi/profiles#1.0",
    )


def test_version_is_another_than_the_profile() -> None:
    document = profile.document()
    assert document["id"] not in [version["id"] for version in document["versions"]]


@pytest.mark.parametrize(
    "concept", [pytest.param(one.as_json(), id=one.id) for one in profile.CONCEPTS]
)
def test_concept_has_what_the_specification_requires(concept: dict[str, object]) -> None:
    assert all(isinstance(concept[name], str) for name in TEXTS)
    assert all(isinstance(concept[name], dict) for name in ("prefLabel", "definition"))
    assert concept["inScheme"] == profile.VERSION


@pytest.mark.parametrize(
    "concept",
    [
        pytest.param(one.as_json(), id=one.id)
        for one in profile.CONCEPTS
        if one.kind == "ContextExtension"
    ],
)
def test_extension_has_a_schema_that_is_json(concept: dict[str, str]) -> None:
    assert json.loads(concept["inlineSchema"])["type"]


@pytest.mark.parametrize(
    "iri",
    [
        pytest.param(iri, id=iri)
        for one in profile.CONCEPTS
        for name in ("broadMatch", "relatedMatch")
        for iri in one.more.get(name, [])
    ],
)
def test_concept_is_near_to_public_ones(iri: str) -> None:
    assert iri in PUBLIC
