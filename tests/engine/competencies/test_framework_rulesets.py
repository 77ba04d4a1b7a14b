"""A ruleset for a framework: the shipped rules, its competencies."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from competency_making import REPLIED, SHIPPED_FOLDER, did, scores
from hypothesis import given
from hypothesis import strategies as st

from engine.competencies.config import compile_ruleset, lint
from engine.competencies.framework_rulesets import ruleset_for
from engine.errors import Refused
from xapi.vocabulary import Extension

SHIPPED = yaml.safe_load((SHIPPED_FOLDER / "framework.yaml").read_text(encoding="utf-8"))
RULES = compile_ruleset((SHIPPED_FOLDER / "ruleset.yaml").read_text(encoding="utf-8"))
LEVELS = ("One", "Two", "Three", "Four")


def a_framework(*competencies: dict[str, Any], levels: tuple[str, ...] = ()) -> dict[str, Any]:
    named = [{"label": {"en": one["uri"]}, **one} for one in competencies]
    scale = [{"number": n, "label": {"en": name}} for n, name in enumerate(levels, 1)]
    title = {"en": "Our town"}
    return {"uri": "urn:x:f", "title": title, "levels": scale, "competencies": named}


def config_for(*competencies: dict[str, Any], **given: Any) -> dict[str, Any]:
    return compile_ruleset(ruleset_for(a_framework(*competencies, **given)))


def tree(**rule: Any) -> dict[str, Any]:
    """A competency with two parts and this rule; what becomes of its node."""
    children = [{"uri": f"urn:x:{name}", "parents": ["urn:x:top"]} for name in "ab"]
    top = {"uri": "urn:x:top", **({"rule": rule} if rule else {})}
    found: dict[str, Any] = config_for(top, *children)["nodes"]["urn:x:top"]
    return found


def test_the_shipped_framework_gives_the_shipped_rules() -> None:
    config = compile_ruleset(ruleset_for(SHIPPED))
    assert {**config, "tags": None} == {**RULES, "tags": None}
    assert RULES["tags"].items() <= config["tags"].items()


def test_what_is_kept_in_both_keeps_its_evidence() -> None:
    config = compile_ruleset(ruleset_for(SHIPPED))
    context = {"context": {"extensions": {Extension.TAGS: ["data"]}}}
    answers = [did(REPLIED, f"urn:x:{number}", **context) for number in range(3)]
    both = [scores(answers, **rules) for rules in (RULES, config)]
    assert both[0] == both[1] != {}


@pytest.mark.parametrize("document", [SHIPPED, a_framework({"uri": "urn:x:a"})])
def test_it_has_no_fault(document: dict[str, Any]) -> None:
    assert lint(compile_ruleset(ruleset_for(document))) == []


def test_parts_count_and_what_they_are_part_of_is_their_mean() -> None:
    assert tree() == {
        "rule": "weighted_mean",
        "children": [{"id": "urn:x:a"}, {"id": "urn:x:b"}],
    }


def test_what_has_parts_does_not_count_itself() -> None:
    top, part = {"uri": "urn:x:top"}, {"uri": "urn:x:a", "parents": ["urn:x:top"]}
    assert list(config_for(top, part)["competencies"]) == ["urn:x:a"]


def test_retired_competencies_are_left_out() -> None:
    top = {"uri": "urn:x:top"}
    part = {"uri": "urn:x:a", "parents": ["urn:x:top"], "status": "retired"}
    config = config_for(top, part)
    assert (list(config["competencies"]), config["nodes"]) == (["urn:x:top"], {})


POINTS = {"rule": "points", "target_level": 2, "required_points": 3}


def points(*given: int) -> dict[str, Any]:
    listed = [{"id": f"urn:x:{name}", "points": n} for name, n in zip("ab", given, strict=False)]
    return POINTS | {"children": listed}


@pytest.mark.parametrize(
    "rule",
    [
        pytest.param({"rule": "all", "children": ["urn:x:a", "urn:x:b"]}, id="all"),
        pytest.param({"rule": "any", "children": [{"id": "urn:x:b"}]}, id="any of some"),
        pytest.param({"rule": "at_least", "count": 2}, id="at least"),
        pytest.param(points(2, 1), id="points"),
        pytest.param({"rule": "all", "outcome": "recommend"}, id="with something we do not know"),
    ],
)
def test_a_rule_of_its_own_wins(rule: dict[str, Any]) -> None:
    assert tree(**rule)["rule"] == rule["rule"]


@pytest.mark.parametrize(
    "rule",
    [
        pytest.param({"rule": "most"}, id="unknown"),
        pytest.param({"rule": "all", "children": ["urn:x:gone"]}, id="a part that is not there"),
        pytest.param({"rule": "all", "children": ["urn:x:a", "urn:x:a"]}, id="twice"),
        pytest.param({"rule": "all", "children": [{"id": ["urn:x:a"]}]}, id="an odd id"),
        pytest.param({"rule": "at_least", "count": 3}, id="more than there are"),
        pytest.param(points(1, 1), id="too few points"),
        pytest.param(points(3) | {"target_level": "2"}, id="an odd target"),
        pytest.param({"rule": ["all"]}, id="a list"),
    ],
)
def test_a_rule_that_cannot_be_met_gives_way_to_the_mean(rule: dict[str, Any]) -> None:
    assert tree(**rule)["rule"] == "weighted_mean"


def test_a_target_above_the_scale_is_cut_to_it() -> None:
    assert tree(**points(2, 1))["target_level"] == 2
    assert tree(**(points(2, 1) | {"target_level": 9}))["target_level"] == 4


def test_exact_matches_are_aliases() -> None:
    one = {"uri": "urn:x:a", "exact": ["urn:y:1", "urn:x:b"]}
    other = {"uri": "urn:x:b", "exact": ["urn:y:1", "urn:y:2"]}
    assert config_for(one, other)["aliases"] == {"urn:y:1": "urn:x:a", "urn:y:2": "urn:x:b"}


def test_names_in_all_languages_are_tags_unless_two_have_them() -> None:
    one = {"uri": "urn:x:a", "label": {"en": "Plain  Language", "fr": "Langage clair"}}
    others = [{"uri": f"urn:x:{name}", "label": "Data"} for name in "bc"]
    assert config_for(one, *others)["tags"] == {
        "plain-language": ["urn:x:a"],
        "langage-clair": ["urn:x:a"],
    }


@pytest.mark.parametrize(
    ("levels", "named"),
    [
        pytest.param(LEVELS, list(LEVELS), id="as many as the rules speak of"),
        pytest.param(LEVELS[:3], RULES["scale"]["levels"], id="another number"),
    ],
)
def test_levels_have_the_names_of_the_framework(levels: tuple[str, ...], named: list[str]) -> None:
    scale = config_for({"uri": "urn:x:a"}, levels=levels)["scale"]
    assert scale == {**RULES["scale"], "levels": named}


@pytest.mark.parametrize(
    ("half_life", "days"),
    [("never", None), ("90d", 90), ("1y", 365)],
    ids=["never", "days", "year"],
)
def test_half_life_is_the_one_asked_for(half_life: str, days: int | None) -> None:
    config = compile_ruleset(ruleset_for(a_framework({"uri": "urn:x:a"}), half_life=half_life))
    assert config["competencies"] == {"urn:x:a": {"half_life_days": days}}


@pytest.mark.parametrize(
    ("document", "half_life"),
    [
        pytest.param(a_framework({"uri": "urn:x:a"}), "soon", id="no half-life"),
        pytest.param(a_framework({"uri": "urn:x:a"}), "0d", id="no time at all"),
        pytest.param(a_framework({"uri": "urn:x:a", "status": "retired"}), "1y", id="all retired"),
    ],
)
def test_what_gives_no_ruleset_is_refused(document: dict[str, Any], half_life: str) -> None:
    with pytest.raises(Refused):
        ruleset_for(document, half_life=half_life)


names = st.text(st.characters(exclude_characters="\0"), min_size=1, max_size=20).filter(str.strip)
uris = st.text("abc:/#'\"{}[]é%-_&*!|>@,?", min_size=1, max_size=12)


@given(
    st.lists(st.tuples(uris, names), min_size=1, max_size=8, unique_by=lambda one: one[0]), names
)
def test_whatever_it_is_called_it_compiles_and_has_no_error(
    named: list[tuple[str, str]], title: str
) -> None:
    listed = [{"uri": uri, "label": {"en": name}} for uri, name in named]
    document = {**a_framework(*listed), "title": {"en": title}}
    config = compile_ruleset(ruleset_for(document))
    assert set(config["competencies"]) == {uri for uri, _ in named}
