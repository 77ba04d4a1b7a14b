"""What the lint finds: one fault a row, by its place."""

from __future__ import annotations

import copy

import pytest
from competency_making import CONFIG

from engine.competencies.config import lint


def changed(path, value):
    """The cases' config with one value set; a number in the path is a place in a list."""
    config = copy.deepcopy(CONFIG)
    *above, last = path
    place = config
    for step in above:
        place = place[step]
    place[last] = value
    return config


def test_config_of_the_cases_is_sound():
    assert lint(CONFIG) == []


LOOP = {"rule": "all", "children": [{"id": "n:root"}]}
POINTS = CONFIG["nodes"]["n:points"]


@pytest.mark.parametrize(
    ("path", "value", "where"),
    [
        pytest.param(["rules", 0, "kind"], "slept", "rules.webinar", id="unknown kind"),
        pytest.param(["rules", 0, "assurance"], "king", "rules.webinar", id="unknown assurance"),
        pytest.param(["rules", 0, "ceiling"], 5, "rules.webinar.ceiling", id="above the scale"),
        pytest.param(["rules", 4, "ceiling", "peer"], 1, "rules.answer.ceiling", id="falling"),
        pytest.param(["rules", 4, "ceiling"], {}, "rules.answer.ceiling", id="no ceiling"),
        pytest.param(["rules", 4, "ceiling", "pear"], 1, "rules.answer.ceiling.pear", id="class"),
        pytest.param(["rules", 7, "floor"], None, "rules.quiz-fail.floor", id="no floor"),
        pytest.param(["rules", 0, "weight"], 0, "rules.webinar", id="no weight"),
        pytest.param(["rules", 0, "wieght"], 1, "rules.webinar.wieght", id="unknown key"),
        pytest.param(["rules", 0, "match", "mood"], "x", "rules.webinar.match.mood", id="match"),
        pytest.param(["rules", 0, "match", "duration"], {"above": "PT1M"},
                     "rules.webinar.match.duration.above", id="comparison"),
        pytest.param(["rules", 0, "quality", "from"], "x", "rules.webinar.quality", id="quality"),
        pytest.param(["rules", 0, "competencies"], {}, "rules.webinar.competencies", id="nowhere"),
        pytest.param(["rules", 0, "competencies", "fixed"], ["c:no"],
                     "rules.webinar.competencies.fixed", id="fixed to an unknown one"),
        pytest.param(["rules", 1, "id"], "webinar", "rules.webinar", id="id twice"),
        pytest.param(["rules", 4, "distinct_by"], "day", "rules.answer.distinct_by", id="distinct"),
        pytest.param(["scale", "scepticism"], [4, 3, 2, 1], "scale.scepticism", id="falling doubt"),
        pytest.param(["scale", "scepticism"], [1], "scale.scepticism", id="lengths differ"),
        pytest.param(["scale", "tau_ppm"], 1_000_000, "scale.tau", id="threshold"),
        pytest.param(["scale", "colour"], "red", "scale.colour", id="unknown key of the scale"),
        pytest.param(["assurance", "factor_ppm", "peer"], 1, "assurance.factor", id="factor falls"),
        pytest.param(["assurance", "peer_quorum"], 0, "assurance.peer_quorum", id="no quorum"),
        pytest.param(["kinds", "read", "polarity"], 2, "kinds.read.polarity", id="polarity"),
        pytest.param(["kinds", "read", "max"], 2, "kinds.read.max", id="unknown key of a kind"),
        pytest.param(["tags", "new"], ["c:no"], "tags.new", id="tag to an unknown one"),
        pytest.param(["tags", "Community"], ["c:data"], "tags.community", id="tags read alike"),
        pytest.param(["aliases"], {"c:b": "c:d", "c:d": "c:b"}, "aliases", id="alias circle"),
        pytest.param(["rules", 0, "weight"], 0.3, "rules.0.weight", id="a decimal in the config"),
        pytest.param(["nodes", "n:two", "count"], "2", "nodes.n:two.count", id="a text"),
        pytest.param(["aliases", "c:b"], "c:no", "aliases", id="alias of an unknown one"),
        pytest.param(["alignments"], [{"title": "x", "competencies": ["c:no"]}],
                     "alignments[0]", id="alignment to an unknown one"),
        pytest.param(["nodes", "n:all", "children", 0, "id"], "c:no", "nodes.n:all", id="child"),
        pytest.param(["nodes", "n:all", "rule"], "most", "nodes.n:all", id="unknown roll-up"),
        pytest.param(["nodes", "n:two", "count"], 4, "nodes.n:two", id="count too high"),
        pytest.param(["nodes", "n:points", "required_points"], 8, "nodes.n:points", id="points"),
        pytest.param(["nodes", "n:points", "target_level"], 5, "nodes.n:points", id="target"),
        pytest.param(["nodes", "n:points", "children"], POINTS["children"] * 2,
                     "nodes.n:points", id="child twice"),
        pytest.param(["nodes", "n:evidence"], LOOP, "nodes.n:evidence", id="circle"),
        pytest.param(["competencies", "c:data", "half_live"], 3,
                     "competencies.c:data.half_live", id="unknown key of a competency"),
        pytest.param(["competencies", "c:data", "half_life_days"], 0,
                     "competencies.c:data", id="fades at once"),
        pytest.param(["rulez"], [], "rulez", id="unknown section"),
        pytest.param(["rules"], [], "rules", id="no rules"),
    ],
)  # fmt: skip
def test_fault_is_an_error_at_its_place(path, value, where):
    errors = [one for one in lint(changed(path, value)) if one.level == "ERROR"]
    assert where in [one.where for one in errors]
    assert all(one.why and one.mend for one in errors)


@pytest.mark.parametrize(
    ("path", "value", "where"),
    [
        pytest.param(["rules", 2, "match", "object_id"], ["*/x"],
                     "rules.declared.match.object_id", id="wildcard first"),
        pytest.param(["rules", 0, "match"], {}, "rules.webinar.match", id="every statement"),
        pytest.param(["aliases", "c:data"], "c:comms", "aliases.c:data", id="alias hides"),
    ],
)  # fmt: skip
def test_doubtful_thing_is_a_warning_at_its_place(path, value, where):
    found = lint(changed(path, value))
    assert [(one.level, one.where) for one in found] == [("WARN", where)]


FIRST, ANSWER = copy.deepcopy(CONFIG["rules"][0]), copy.deepcopy(CONFIG["rules"][4])
TAGS_ONLY = {"from_tags": True}


def with_rules(*rules):
    """The cases' config, its rules followed by others."""
    return {**CONFIG, "rules": [*CONFIG["rules"], *rules]}


def match(**asked):
    return {"verb": ["https://x.example/did"], **asked}


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"match": {"verb": []}}, id="no verb at all"),
        pytest.param({"match": match(object_type=[])}, id="no type at all"),
        pytest.param({"match": match(duration={"gte": "PT20M", "lt": "PT10M"})}, id="durations"),
        pytest.param({"match": match(score_scaled={"gt": 0.7, "lte": 0.7})}, id="scores"),
        pytest.param({"match": match(template={"verb": "https://x.example/other"})}, id="verbs"),
        pytest.param({"match": match(object_type=["a:a"], template={"objectActivityType": "a:b"})},
                     id="types"),
        pytest.param({"match": match(), "competencies": {"from_alignments": True}},
                     id="no alignments"),
    ],
)  # fmt: skip
def test_rule_that_never_matches_is_a_warning(change):
    found = lint(with_rules({**FIRST, "id": "new", **change}))
    assert [(one.level, one.where) for one in found] == [("WARN", "rules.new")]
    assert found[0].why.startswith("it never gives evidence")


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({}, id="the same again"),
        pytest.param({"weight": 1}, id="lighter"),
        pytest.param({"ceiling": {"self": 1, "system": 1, "peer": 1, "expert": 1}}, id="lower"),
        pytest.param({"match": {**ANSWER["match"], "success": True}}, id="narrower"),
    ],
)
def test_rule_in_the_shadow_of_another_is_a_warning(change):
    found = lint(with_rules({**ANSWER, "id": "new", **change}))
    assert [(one.level, one.where) for one in found] == [("WARN", "rules.new")]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"weight": 2_000_000, "match": {**ANSWER["match"], "success": True}},
                     id="narrower and heavier"),
        pytest.param({"kind": "discussed"}, id="another kind"),
        pytest.param({"match": match()}, id="other verbs"),
        pytest.param({"competencies": {"from_object": True}}, id="another source"),
    ],
)  # fmt: skip
def test_rule_that_adds_something_is_no_warning(change):
    assert lint(with_rules({**ANSWER, "id": "new", **change})) == []


def test_wide_rule_that_is_heavier_overshadows_the_former():
    wide = {
        **ANSWER,
        "id": "new",
        "match": {"verb": [*ANSWER["match"]["verb"], "https://x.example"]},
    }
    assert [one.where for one in lint(with_rules(wide))] == ["rules.answer"]


@pytest.mark.parametrize(
    ("path", "value", "where"),
    [
        pytest.param(["kinds", "new"], {"cap": None, "day_cap": None}, "kinds.new", id="kind"),
        pytest.param(["scale"], {**CONFIG["scale"], "levels": ["a"] * 5,
                                 "scepticism": [*CONFIG["scale"]["scepticism"], 9_000_000]},
                     "scale.levels[4]", id="level above all ceilings"),
        pytest.param(["alignments"], [{"object_id": "*/x", "competencies": ["c:data"]}],
                     "alignments[0].object_id", id="alignment with a wildcard first"),
    ],
)  # fmt: skip
def test_what_stands_in_vain_is_a_warning_at_its_place(path, value, where):
    assert [(one.level, one.where) for one in lint(changed(path, value))] == [("WARN", where)]


def test_level_that_the_caps_keep_out_of_reach_is_a_warning():
    kinds = {name: {**kind, "cap": kind["cap"] and 1, "day_cap": 1} for name, kind in
             CONFIG["kinds"].items()}  # fmt: skip
    kinds["attested"] = {"cap": 600_000, "day_cap": None}
    found = [one.where for one in lint({**CONFIG, "kinds": kinds})]
    assert found == ["scale.levels[1]"]


def tagged_only(**more):
    rules = [{**rule, "competencies": TAGS_ONLY} for rule in CONFIG["rules"]]
    return {**CONFIG, "rules": rules, **more}


def test_competency_no_rule_comes_to_is_a_warning():
    competencies = {**CONFIG["competencies"], "c:lost": {"half_life_days": 1}}
    found = [one.where for one in lint(tagged_only(competencies=competencies))]
    assert "competencies.c:lost" in found
    assert "competencies.c:data" not in found


def test_many_competencies_no_rule_comes_to_are_summed_up():
    many = {f"c:{number}": {"half_life_days": 1} for number in range(500)}
    found = lint(tagged_only(competencies={**CONFIG["competencies"], **many}))
    assert len(found) < 30
    assert found[-1].where == "competencies"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        pytest.param(["rules", 0, "weight"], 10**13, id="weight"),
        pytest.param(["competencies", "c:data", "half_life_days"], 10**30, id="half-life"),
    ],
)
def test_number_beyond_all_measure_is_an_error(path, value):
    assert [one.level for one in lint(changed(path, value))] == ["ERROR"]
