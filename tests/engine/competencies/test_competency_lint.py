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
