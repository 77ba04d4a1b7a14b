"""A ruleset's text: written from a config, changed rule by rule, and where its places stand."""

from __future__ import annotations

import copy
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.competencies.config import canonical_json, compile_ruleset
from engine.competencies.framework_rulesets import SHIPPED
from engine.errors import Refused
from engine.web import rulesets_splices as splices
from engine.web import rulesets_yaml as yaml_text
from engine.web.rulesets_checks import check

TEXT = SHIPPED.read_text(encoding="utf-8")
CONFIG = compile_ruleset(TEXT)
RULES = {rule["id"]: at for at, rule in enumerate(CONFIG["rules"])}

words = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=20)
lists = st.lists(words, min_size=1, max_size=4)
micros = st.integers(0, 10**9)
matches = st.dictionaries(
    st.sampled_from(["verb", "object_type", "object_id", "tags_any"]), lists, max_size=4
)
evidences = st.fixed_dictionaries(
    {"kind": words, "weight": micros.map(lambda micro: Decimal(micro) / 10**6)},
    optional={
        "ceiling": st.one_of(st.integers(0, 9), st.dictionaries(words, st.integers(0, 9))),
        "floor": st.integers(0, 9),
        "quality": st.just({"from": "duration", "full": "PT45M"}),
    },
)
sources = st.fixed_dictionaries(
    {"from": st.lists(st.sampled_from(list(yaml_text.SOURCES)), min_size=1, unique=True)},
    optional={"fixed": lists, "split": st.just(False)},
)
rules = st.fixed_dictionaries(
    {"id": words, "match": matches, "evidence": evidences, "competencies": sources}
)


def same(text: str, config: Any) -> bool:
    return canonical_json(compile_ruleset(text)) == canonical_json(config)


def meant(at: int, rule: Any) -> dict[str, Any]:
    """The shipped config with another rule."""
    made = compile_ruleset({"rules": [rule]})["rules"][0]
    return {**CONFIG, "rules": [*CONFIG["rules"][:at], made, *CONFIG["rules"][at + 1 :]]}


def changed(name: str, **evidence: Any) -> dict[str, Any]:
    rule = copy.deepcopy(yaml_text.rule_of(CONFIG["rules"][RULES[name]]))
    rule["evidence"].update(evidence)
    return rule


def lines_apart(text: str) -> int:
    return len(set(TEXT.splitlines()) ^ set(text.splitlines()))


def test_a_written_config_compiles_to_itself() -> None:
    assert same(yaml_text.written(CONFIG), CONFIG)


def test_a_written_config_is_comfortable() -> None:
    text = yaml_text.written(CONFIG)

    assert "half_life: 365d" in text
    assert "weight: 0.25" in text


@pytest.mark.parametrize(
    "config",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"rules": []}, id="no rules"),
        pytest.param({"scale": {"tau_ppm": 600_000}, "rules": [{"id": "a"}]}, id="parts"),
        pytest.param({"scale": {"tau_ppm": 1}, "kinds": {"a": {}}}, id="without what is usual"),
    ],
)
def test_an_odd_config_is_written_too(config: dict[str, Any]) -> None:
    assert same(yaml_text.written(config), config)


def test_a_weight_is_changed_and_nothing_else() -> None:
    text = splices.with_rule(TEXT, 0, changed("attended", weight=Decimal("0.2")))

    assert lines_apart(text) == 2
    assert "{kind: attended, weight: 0.2, ceiling: 1}" in text


def test_what_two_rules_share_is_changed_in_one() -> None:
    at = RULES["contributed"]
    rule = changed("contributed", weight=Decimal("0.1"))

    text = splices.with_rule(TEXT, at, rule)

    assert same(text, meant(at, rule))
    assert text.count("#") == TEXT.count("#")


@settings(max_examples=15)
@given(at=st.integers(0, len(CONFIG["rules"])), rule=rules)
def test_any_rule_can_take_the_place_of_any(at: int, rule: dict[str, Any]) -> None:
    assert same(splices.with_rule(TEXT, at, rule), meant(at, rule))


@pytest.mark.parametrize("at", [0, RULES["contributed"], RULES["attested"]])
def test_any_rule_can_be_taken_out(at: int) -> None:
    left = [*CONFIG["rules"][:at], *CONFIG["rules"][at + 1 :]]

    text = splices.without_rule(TEXT, at)

    assert same(text, {**CONFIG, "rules": left})
    assert text.count("\n#") == TEXT.count("\n#")


@pytest.mark.parametrize("at", RULES.values(), ids=RULES)
def test_a_rules_own_text_put_back_changes_nothing(at: int) -> None:
    assert splices.with_chunk(TEXT, at, splices.chunk(TEXT, at)) == TEXT


def test_a_rule_that_cannot_be_compiled_is_refused() -> None:
    with pytest.raises(Refused):
        splices.with_rule(TEXT, 0, changed("attended", weight=Decimal("0.1234567")))


@pytest.mark.parametrize(
    ("where", "line"),
    [
        pytest.param("rules.attended.match.verb", "    verb: &attended", id="of a rule"),
        pytest.param("rules.authored.weight", "  evidence: {kind: authored", id="in evidence"),
        pytest.param("kinds.failed.cap", "  failed:      {cap: 3.0", id="of a kind"),
        pytest.param("tags.plain-english", "  plain-english: *communicating", id="a tag"),
        pytest.param("competencies.https://w3id.org/byway/frameworks/public-service-learning/"
                     "data-literacy", "  https://w3id.org/byway/frameworks/public-service-learning/"
                     "data-literacy", id="an address with dots"),
        pytest.param("rules[2]", "- id: course-completed", id="by number"),
        pytest.param("scale.nothing", "scale:", id="what is not there: the nearest"),
    ],
)  # fmt: skip
def test_a_place_has_its_line(where: str, line: str) -> None:
    [found] = splices.lines_of(TEXT, [where])

    assert found is not None
    assert TEXT.splitlines()[found - 1].startswith(line)


@pytest.mark.parametrize("text", ["", "[", "a: *b", "- 1", "rules: 7", "'", "\0", "&a [*a]"])
def test_what_is_no_ruleset_is_found_not_raised(text: str) -> None:
    assert check(text).errors


@given(st.text(max_size=200))
def test_any_text_is_looked_through(text: str) -> None:
    assert check(text).errors


def test_a_finding_belongs_to_its_rule() -> None:
    found = check(TEXT.replace("kind: authored", "kind: written"))

    assert [one.rule for one in found.errors] == [RULES["authored"]]


def test_a_finding_of_the_whole_belongs_to_no_rule() -> None:
    found = check(TEXT.replace("scepticism: [0.4, 1, 2, 4]", "scepticism: [4, 1, 2, 4]"))

    assert [one.rule for one in found.errors] == [None]


def test_a_rule_whose_name_begins_like_another_has_its_own_findings() -> None:
    at = RULES["attended-for-long"]
    rule = changed("attended-for-long", kind="nothing")

    found = check(splices.with_rule(TEXT, at, rule))

    assert [one.rule for one in found.errors] == [at]
