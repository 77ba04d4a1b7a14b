"""Statement templates of xAPI Profiles as the match of a rule."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from competency_making import CONFIG, did, mine, scores

from engine.competencies.config import compile_ruleset, config_hash
from engine.competencies.evidence import Ruleset
from engine.competencies.lint import lint
from engine.errors import Refused
from xapi.vocabulary import Extension

FRAMEWORKS = Path(__file__).parents[2] / "data" / "frameworks"
LEARNER = json.loads((FRAMEWORKS / "xapi_learnercompetency_profile.jsonld").read_bytes())
CMI5 = json.loads((FRAMEWORKS / "xapi_cmi5_profile.jsonld").read_bytes())
ACHIEVED = "https://w3id.org/xapi/tla/verbs/achieved"
PASSED = "http://adlnet.gov/expapi/verbs/passed"
MOVE_ON = "https://w3id.org/xapi/cmi5/context/categories/moveon"
DID = "https://x.example/did"
KIND = "https://x.example/kind"


def rules(template: Any, **match: Any) -> list[dict[str, Any]]:
    """One rule: what fits the template counts."""
    return [
        {
            "id": "one",
            "match": {"template": template, **match},
            "kind": "authored",
            "weight": 600_000,
            "ceiling": 1,
            "competencies": {"from_tags": True},
        }
    ]


def fits(template: Any, *, profiles: Any = None, **statement: Any) -> bool:
    """Whether a statement that fits gives its learner evidence."""
    given = {"verb": {"id": DID}, **statement}
    told = did(given["verb"]["id"], "https://x.example/1")
    context = {"extensions": {Extension.TAGS: ["community"]}}
    whole = {**told, **given, "context": {**context, **given.get("context", {})}}
    return bool(scores([whole], rules=rules(template), profiles=profiles or []))


def asking(**rule: Any) -> dict[str, Any]:
    """A template with one rule."""
    return {"id": "https://x.example/t", "verb": DID, "rules": [rule]}


TYPE = "$.object.definition.type"


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        pytest.param({"location": TYPE, "presence": "included"}, True, id="included"),
        pytest.param({"location": "$.result", "presence": "included"}, False, id="not included"),
        pytest.param({"location": "$.result", "presence": "excluded"}, True, id="excluded"),
        pytest.param({"location": TYPE, "presence": "excluded"}, False, id="not excluded"),
        pytest.param({"location": TYPE, "any": [KIND, "x"]}, True, id="any"),
        pytest.param({"location": TYPE, "any": ["x"]}, False, id="none of any"),
        pytest.param({"location": "$.result", "any": ["x"]}, False, id="any of nothing"),
        pytest.param({"location": "$.result", "presence": "recommended", "any": ["x"]}, True,
                     id="recommended and not there"),
        pytest.param({"location": TYPE, "presence": "recommended", "any": ["x"]}, False,
                     id="recommended and something else"),
        pytest.param({"location": "$.x.*", "all": [1, 2]}, True, id="all"),
        pytest.param({"location": "$.x.*", "all": [1]}, False, id="not all"),
        pytest.param({"location": "$.result", "all": [1]}, True, id="all of nothing"),
        pytest.param({"location": "$.x.*", "none": [3]}, True, id="none"),
        pytest.param({"location": "$.x.*", "none": [2]}, False, id="one of none"),
        pytest.param({"location": "$.y", "any": [1]}, False, id="true is not one"),
        pytest.param({"location": "$.x.a", "any": [1.0]}, True, id="one is one point nought"),
        pytest.param({"location": "$.z", "any": [[{"a": 1}]]}, True, id="a list as value"),
        pytest.param({"location": "$.z", "any": [[{"a": True}]]}, False, id="another list"),
        pytest.param({"location": "$.z[*]", "selector": "$.a", "presence": "included"}, True,
                     id="selector"),
        pytest.param({"location": "$.w[*]", "selector": "$.a", "presence": "included"}, False,
                     id="one that cannot be selected"),
        pytest.param({"location": "$.w[*]", "selector": "$.a", "any": [1]}, True,
                     id="any of what can be selected"),
        pytest.param({"location": "$.w[*]", "selector": "$.a", "all": [1]}, False,
                     id="all with one that cannot be selected"),
        pytest.param({"location": "$.w[*]", "selector": "$.c", "presence": "excluded"}, True,
                     id="nothing selected is excluded"),
        pytest.param({"location": "$.w[*]", "selector": "$.c", "presence": "recommended",
                      "any": [1]}, True, id="recommended and nothing selected"),
    ],
)  # fmt: skip
def test_rule_of_a_template_is_followed(rule: dict[str, Any], expected: bool) -> None:
    values = {"x": {"a": 1, "b": 2}, "y": True, "z": [{"a": 1}], "w": [{"a": 1}, {"b": 1}]}
    thing = {"id": "https://x.example/1", "definition": {"type": KIND}}
    assert fits(asking(**rule), object=thing, **values) is expected


def place(name: str, *kinds: str) -> dict[str, Any]:
    listed = [{"id": f"https://x.example/{k}", "definition": {"type": k}} for k in kinds]
    return {"context": {"contextActivities": {name: listed}}}


REFERENCE = {"objectType": "StatementRef", "id": "6c1f3b7a-27ab-4ba9-8f0e-6a4ad6a8c2f1"}
USED = [{"usageType": "https://x.example/use"}]


@pytest.mark.parametrize(
    ("template", "statement", "expected"),
    [
        pytest.param({"verb": DID}, {}, True, id="verb"),
        pytest.param({"verb": "https://x.example/other"}, {}, False, id="another verb"),
        pytest.param({"objectActivityType": KIND},
                     {"object": {"id": "https://x.example/1", "definition": {"type": KIND}}}, True,
                     id="type"),
        pytest.param({"objectActivityType": KIND}, {}, False, id="no type"),
        pytest.param({"contextParentActivityType": [KIND]}, place("parent", KIND), True,
                     id="parent"),
        pytest.param({"contextParentActivityType": KIND}, place("parent", KIND), True,
                     id="one parent without a list"),
        pytest.param({"contextParentActivityType": [KIND]}, place("grouping", KIND), False,
                     id="another place"),
        pytest.param({"contextGroupingActivityType": ["a:a", "b:b"]},
                     place("grouping", "c:c", "b:b", "a:a"), True, id="more than asked for"),
        pytest.param({"contextGroupingActivityType": ["a:a", "b:b"]}, place("grouping", "a:a"),
                     False, id="less than asked for"),
        pytest.param({"contextOtherActivityType": ["a:a"]}, place("other", "a:a"), True,
                     id="other"),
        pytest.param({"contextCategoryActivityType": ["a:a"]}, place("category", "a:a"), True,
                     id="category"),
        pytest.param({"attachmentUsageType": ["https://x.example/use"]}, {"attachments": USED},
                     True, id="attachment"),
        pytest.param({"attachmentUsageType": ["https://x.example/use"]}, {}, False,
                     id="no attachment"),
        pytest.param({"objectStatementRefTemplate": ["a:t"]}, {"object": REFERENCE}, True,
                     id="a reference"),
        pytest.param({"objectStatementRefTemplate": ["a:t"]}, {}, False, id="no reference"),
        pytest.param({"contextStatementRefTemplate": ["a:t"]},
                     {"context": {"statement": REFERENCE}}, True, id="a reference in the context"),
        pytest.param({"contextStatementRefTemplate": ["a:t"]}, {}, False,
                     id="no reference in the context"),
    ],
)  # fmt: skip
def test_determining_properties_are_in_the_statement(
    template: dict[str, Any], statement: dict[str, Any], expected: bool
) -> None:
    assert fits({"id": "https://x.example/t", **template}, **statement) is expected


def category(id_: str) -> dict[str, Any]:
    return {"context": {"contextActivities": {"category": [{"id": id_}]}}}


@pytest.mark.parametrize(
    ("id_", "expected"),
    [
        pytest.param("https://w3id.org/xapi/learnercompetency", True, id="the profile"),
        pytest.param("https://w3id.org/xapi/learnercompetency/1.0", True, id="its version"),
        pytest.param("https://w3id.org/xapi/learnercompetencyx", False, id="another profile"),
    ],
)
def test_a_profile_that_asks_for_itself_as_a_type_finds_itself_as_a_category(
    id_: str, expected: bool
) -> None:
    iri = "https://w3id.org/xapi/learnercompetency/templates/achievedcompetency"
    told = {"verb": {"id": ACHIEVED}, **category(id_)}
    assert fits(iri, profiles=[LEARNER], **told) is expected


PASS = {"success": True, "duration": "PT5M", "score": {"scaled": 0.9}}


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        pytest.param(PASS, True, id="as cmi5 says"),
        pytest.param(PASS | {"success": False}, False, id="without success"),
        pytest.param(PASS | {"completion": True}, False, id="with completion"),
        pytest.param({"success": True}, False, id="without duration"),
    ],
)
def test_template_of_cmi5_is_a_match(result: dict[str, Any], expected: bool) -> None:
    told = {"verb": {"id": PASSED}, "result": result, **category(MOVE_ON)}
    assert fits("https://w3id.org/xapi/cmi5#passed", profiles=CMI5, **told) is expected


@pytest.mark.parametrize("profile", [LEARNER, CMI5], ids=["learner competency", "cmi5"])
def test_every_template_of_a_published_profile_is_a_match(profile: dict[str, Any]) -> None:
    ids = [template["id"] for template in profile["templates"]]
    config = compile_ruleset(
        CONFIG | {"profiles": profile, "rules": [rules(id_)[0] | {"id": id_[-30:]} for id_ in ids]}
    )
    Ruleset(config)
    assert [rule["match"]["template"]["id"] for rule in config["rules"]] == ids


def test_other_conditions_hold_beside_a_template() -> None:
    found = rules({"verb": DID}, tags_any=["values"])
    assert scores([did(DID, "x")], rules=found) == {}


def test_the_thing_counts_as_any_other() -> None:
    assert mine([did(DID, "x"), did(DID, "y")], rules=rules({"verb": DID}))["level"] == 1


def compiled(**changes: Any) -> dict[str, Any]:
    return compile_ruleset({**copy.deepcopy(CONFIG), **changes})


def test_a_rule_is_looked_up_by_the_verb_of_its_template() -> None:
    config = compiled(rules=rules({"verb": DID}))
    assert config["rules"][0]["match"]["verb"] == [DID]


def test_a_verb_that_is_given_stays() -> None:
    match = compiled(rules=rules({"verb": DID}, verb=[DID, PASSED]))["rules"][0]["match"]
    assert match["verb"] == [DID, PASSED]


def test_compiling_twice_is_compiling_once() -> None:
    config = compiled(rules=rules("https://w3id.org/xapi/cmi5#passed"), profiles=[CMI5])
    assert compile_ruleset(config) == config


def test_what_a_profile_says_besides_is_not_in_the_hash() -> None:
    used = rules("https://w3id.org/xapi/cmi5#passed")
    other = copy.deepcopy(CMI5) | {"prefLabel": {"en": "Another name"}}
    other["templates"] = [one for one in other["templates"] if one["id"].endswith("#passed")]
    hashes = {config_hash(compiled(rules=used, profiles=[one])) for one in (CMI5, other)}
    assert len(hashes) == 1


def test_what_a_template_asks_is_in_the_hash() -> None:
    other = asking(location="$.result", presence="included")
    assert config_hash(compiled(rules=rules(other))) != config_hash(
        compiled(rules=rules({**other, "rules": []}))
    )


def test_a_template_has_no_fault() -> None:
    config = compiled(
        rules=[*copy.deepcopy(CONFIG["rules"]), *rules("https://w3id.org/xapi/cmi5#passed")],
        profiles=[CMI5],
    )
    assert lint(config) == []


TWINS = {"templates": [{"id": "a:t", "verb": "a:v"}, {"id": "a:t", "verb": "b:v"}]}


@pytest.mark.parametrize(
    ("template", "profiles", "where"),
    [
        pytest.param("a:t", [], "rules.one.match.template", id="no profile"),
        pytest.param("b:t", [TWINS], "rules.one.match.template", id="another one's"),
        pytest.param("a:t", [TWINS], "rules.one.match.template", id="two that differ"),
        pytest.param("a:t", [{"id": "a:p"}], "profiles[0]", id="no templates"),
        pytest.param("a:t", ["a:p"], "profiles[0]", id="a text as profile"),
        pytest.param(5, [], "rules.one.match.template", id="a number"),
        pytest.param({}, [], "rules.one.match.template", id="nothing asked"),
        pytest.param({"id": "a:t"}, [], "rules.one.match.template", id="nothing but a name"),
        pytest.param({"verb": ["a:v"]}, [], "rules.one.match.template.verb", id="two verbs"),
        pytest.param({"contextParentActivityType": [1]}, [],
                     "rules.one.match.template.contextParentActivityType", id="a number as type"),
        pytest.param({"rules": ["x"]}, [], "rules.one.match.template.rules[0]", id="no rule"),
        pytest.param(asking(location="$.x", presence="often"), [],
                     "rules.one.match.template.rules[0].presence", id="presence"),
        pytest.param(asking(location="$.x[?(@.y)]", any=[1]), [],
                     "rules.one.match.template.rules[0].location", id="filter"),
        pytest.param(asking(presence="included"), [],
                     "rules.one.match.template.rules[0].location", id="no location"),
        pytest.param(asking(location="$.x", selector="$.y[?]", any=[1]), [],
                     "rules.one.match.template.rules[0].selector", id="selector"),
        pytest.param(asking(location="$.x", any="y"), [],
                     "rules.one.match.template.rules[0].any", id="no list"),
        pytest.param({"rules": [{"location": "$.x", "presence": "included"}] * 201}, [],
                     "rules.one.match.template.rules", id="too many rules"),
    ],
)  # fmt: skip
def test_what_is_no_template_is_refused_at_its_place(
    template: Any, profiles: list[Any], where: str
) -> None:
    with pytest.raises(Refused) as refused:
        compiled(rules=rules(template), profiles=profiles)
    assert (refused.value.where, bool(refused.value.mend)) == (where, True)


def test_a_broken_template_that_no_rule_names_is_none_of_our_business() -> None:
    broken = {"id": "a:broken", "verb": 5}
    profile = {"templates": [broken, {"id": "a:t", "verb": "a:v"}, "a note"]}
    assert compiled(rules=rules("a:t"), profiles=profile)["rules"][0]["match"]["verb"] == ["a:v"]
