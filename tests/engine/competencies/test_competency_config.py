"""From the YAML of a ruleset to the config, its hash, and what is refused on the way."""

from __future__ import annotations

import copy
import hashlib
import json
from decimal import Decimal

import pytest
from competency_making import CONFIG

from engine.competencies.config import canonical_json, compile_ruleset, config_hash
from engine.competencies.evidence import Ruleset
from engine.errors import Refused

BEGINNING = """
version: 1
framework: uk-gddpcf
scale: {levels: [Awareness, Working, Practitioner, Expert], scepticism: [0.4, 1, 2, 4], tau: 0.6,
        confidence_n0: 1.5}
assurance: {order: [self, system, peer, expert],
            factor: {self: 0.4, system: 1, peer: 1.5, expert: 2.5}, peer_quorum: 1}
kinds:
  attended:    {day_cap: 0.5, cap: 1.0}
  read:        {day_cap: 0.3, cap: 0.5}
  declared:    {day_cap: 0.4, cap: 0.4}
  discussed:   {day_cap: 0.75, cap: 2.0}
  authored:    {day_cap: 2.4, cap: 4.0}
  facilitated: {day_cap: 3.0, cap: 6.0}
  assessed:    {cap: 4.0}
  attested:    {}
  failed:      {cap: 3.0, polarity: -1}
competencies: {"c:community": {half_life: 365d}, "c:values": {half_life: never}, "c:data": 26w}
rules:
"""

RULES = """
- id: webinar
  match:
    verb: http://adlnet.gov/expapi/verbs/attended
    duration: {gte: PT10M}
  evidence: {kind: attended, weight: 0.3, ceiling: 1, quality: {from: duration, full: PT45M}}
  competencies: {from: [tags, context, object, alignment], split: true}
- id: quiz
  match: {score_scaled: {gte: 0.7, lt: 1.0}}
  evidence: {kind: assessed, weight: 1.5, ceiling: {self: 1, system: 2}}
  competencies: {from: tags}
"""


def compiled(more: str = "", rules: str = RULES):
    return compile_ruleset(BEGINNING + rules + more)


def test_compiled_config_is_a_fixed_point():
    assert compile_ruleset(CONFIG) == CONFIG


def test_compiling_twice_is_compiling_once():
    assert compile_ruleset(compiled()) == compiled()


@pytest.mark.parametrize("section", ["scale", "assurance", "kinds", "framework", "version"])
def test_yaml_gives_the_sections_of_the_cases(section):
    assert compiled()[section] == CONFIG[section]


@pytest.mark.parametrize(
    ("more", "section", "expected"),
    [
        pytest.param("", "competencies", {
            "c:community": {"half_life_days": 365},
            "c:values": {"half_life_days": None},
            "c:data": {"half_life_days": 182},
        }, id="half-lives"),
        pytest.param("tags: {one: c:data, two: [c:data, c:values]}", "tags",
                     {"one": ["c:data"], "two": ["c:data", "c:values"]}, id="tags"),
        pytest.param("nodes: {n: {rule: all, children: [c:data, {id: c:values, weight: 0.5}]}}",
                     "nodes", {"n": {"rule": "all", "children": [
                         {"id": "c:data"}, {"id": "c:values", "weight": 500_000}]}}, id="nodes"),
        pytest.param("exclude_category: https://x.example/p", "exclude_category",
                     ["https://x.example/p"], id="one value where a list is meant"),
        pytest.param("alignments: [{title: data, competencies: c:data}]", "alignments",
                     [{"title": "data", "competencies": ["c:data"]}], id="alignments"),
        pytest.param("framework_note: 2026-01-01", "framework_note", "2026-01-01", id="no dates"),
    ],
)  # fmt: skip
def test_yaml_section_becomes_config(more, section, expected):
    assert compiled(more)[section] == expected


def test_yaml_rules_become_config():
    assert compiled()["rules"] == [
        {
            "id": "webinar",
            "match": {
                "verb": ["http://adlnet.gov/expapi/verbs/attended"],
                "duration": {"gte": "PT10M"},
            },
            "kind": "attended",
            "weight": 300_000,
            "ceiling": 1,
            "quality": {"from": "duration", "full": "PT45M"},
            "competencies": {
                "split": True,
                "from_tags": True,
                "from_context": True,
                "from_object": True,
                "from_alignments": True,
            },
        },
        {
            "id": "quiz",
            "match": {"score_scaled": {"gte": 0.7, "lt": 1}},
            "kind": "assessed",
            "weight": 1_500_000,
            "ceiling": {"self": 1, "system": 2},
            "competencies": {"from_tags": True},
        },
    ]


@pytest.mark.parametrize(
    ("written", "micro"),
    [
        pytest.param("0.3", 300_000, id="decimal"),
        pytest.param("3", 3_000_000, id="whole"),
        pytest.param("0.000001", 1, id="the smallest"),
        pytest.param("1.1", 1_100_000, id="no float holds it"),
        pytest.param("1_000.5", 1_000_500_000, id="underscores"),
        pytest.param("2.5e+1", 25_000_000, id="exponent"),
    ],
)
def test_decimals_are_exact(written, micro):
    assert (
        compiled(rules=RULES.replace("weight: 0.3", f"weight: {written}"))["rules"][0]["weight"]
        == micro
    )


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        pytest.param("weight: 0.3", "weight: 0.0000001", "rules.webinar.evidence.weight", id="7"),
        pytest.param("weight: 0.3", "weight: -1", "rules.webinar.evidence.weight", id="negative"),
        pytest.param("weight: 0.3", "weight: much", "rules.webinar.evidence.weight", id="words"),
        pytest.param("weight: 0.3", "weight: true", "rules.webinar.evidence.weight", id="truth"),
        pytest.param("PT10M", "10 minutes", "rules.webinar.match.duration.gte", id="duration"),
        pytest.param("PT45M", "P", "rules.webinar.evidence.quality.full", id="full"),
        pytest.param("from: tags", "from: titles", "rules.quiz.competencies.from", id="source"),
        pytest.param("match: {score_scaled", "kind: x\n  match: {score_scaled",
                     "rules.quiz.evidence", id="twice"),
    ],
)  # fmt: skip
def test_rule_that_cannot_be_is_refused_by_place(old, new, where):
    with pytest.raises(Refused) as refused:
        compiled(rules=RULES.replace(old, new))
    assert refused.value.where == where.replace(".evidence", "") or refused.value.where == where
    assert refused.value.mend


@pytest.mark.parametrize(
    ("text", "where"),
    [
        pytest.param("a: [", "line 1", id="no yaml"),
        pytest.param("a: 1\na: 2", "line 2", id="a key twice"),
        pytest.param("a: .nan", "line 1", id="not a number"),
        pytest.param("just words", "", id="no mapping"),
        pytest.param("competencies: {x: {half_life: soon}}", "competencies.x.half_life", id="life"),
        pytest.param("scale: {tau: 0.6}\nassurance: {factor_ppm: {}}", "scale", id="mixed forms"),
        pytest.param("kinds: [a]", "kinds", id="a list for a mapping"),
    ],
)
def test_text_that_is_no_ruleset_is_refused_by_place(text, where):
    with pytest.raises(Refused) as refused:
        compile_ruleset(text)
    assert (refused.value.where, bool(refused.value.mend)) == (where, True)


def test_mapping_with_floats_compiles_like_its_text():
    easy = {"scale": {"tau": 0.6, "scepticism": [0.4, 1]}}
    assert compile_ruleset(easy) == {
        "scale": {"tau_ppm": 600_000, "scepticism": [400_000, 1_000_000]}
    }


def test_hash_is_of_the_canonical_text():
    plain = json.dumps(CONFIG, sort_keys=True, separators=(",", ":"))
    assert config_hash(CONFIG) == hashlib.sha256(plain.encode()).hexdigest()


def test_hash_does_not_depend_on_the_order_of_keys():
    assert config_hash(dict(reversed(CONFIG.items()))) == config_hash(CONFIG)


def test_hash_is_the_same_after_a_round_trip():
    assert config_hash(json.loads(canonical_json(compiled()))) == config_hash(compiled())


def test_canonical_text_keeps_decimals_as_written():
    assert canonical_json({"b": Decimal("0.70"), "a": "é"}) == '{"a":"é","b":0.7}'


def test_compiling_leaves_its_input_alone():
    before = copy.deepcopy(CONFIG)
    compile_ruleset(CONFIG)["rules"][0]["weight"] = 0
    assert before == CONFIG


def test_ruleset_refuses_what_no_match_knows():
    rules = [{**CONFIG["rules"][0], "match": {"mood": "good"}}]
    with pytest.raises(Refused) as refused:
        Ruleset({**CONFIG, "rules": rules})
    assert refused.value.where == "rules.webinar.match"
