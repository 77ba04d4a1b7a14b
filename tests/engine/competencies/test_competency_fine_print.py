"""The fine print of the model: one fact a test, under the cases' config."""

from __future__ import annotations

import copy

import pytest
from competency_making import (
    ACCEPT,
    COMPETENCY,
    COMPLETED,
    CONFIG,
    HOSTED,
    LEAD,
    MANAGER,
    READ,
    REJECT,
    REPLIED,
    VOIDED,
    about,
    agent,
    answered,
    attended,
    attested,
    did,
    key,
    mine,
    node,
    scored,
    scores,
)

from engine.competencies.contract import score_case
from engine.competencies.evidence import OWN_PROFILE
from engine.errors import Refused
from xapi.vocabulary import Extension

ACCOUNT = {"homePage": "https://lms.example/", "name": "Anna"}
RULES = {rule["id"]: rule for rule in CONFIG["rules"]}
OPEN_TRUST = {"ceiling": "expert", "may_attest": True, "may_void": True}


def rules(**changed):
    """The cases' rules with some of them changed."""
    return [{**rule, **changed.get(rule["id"], {})} for rule in CONFIG["rules"]]


def by(authority, statement):
    return {**statement, "authority": agent(authority)}


# Learner


@pytest.mark.parametrize(
    ("actor", "learner"),
    [
        pytest.param({"mbox": "mailto:A.B@Gov.Example"}, "mailto:a.b@gov.example", id="mbox"),
        pytest.param({"account": ACCOUNT}, "https://lms.example::Anna", id="account"),
        pytest.param({"openid": "https://id.example/a"}, "https://id.example/a", id="openid"),
        pytest.param({"mbox_sha1sum": "ab" * 20}, "ab" * 20, id="sha1"),
    ],
)
def test_learner_is_named_by_her_identifier(actor, learner):
    assert list(scores([{**answered("x"), "actor": actor}])) == [learner]


def test_group_as_actor_gives_no_evidence():
    group = {"objectType": "Group", "mbox": "mailto:team@gov.example"}
    assert scores([{**answered("x"), "actor": group}]) == {}


def test_learner_without_visible_evidence_is_absent():
    assert scores([answered("x", on="2026-03-01")]) == {}


def test_every_node_is_printed_for_a_learner():
    assert set(scores([answered("x")])[key("a")]["rollup"]) == set(CONFIG["nodes"])


# Set


def test_of_several_statements_with_one_id_the_earliest_stored_counts():
    first = answered("x")
    second = {**first, "timestamp": "2026-01-20T10:00:00Z", "stored": "2026-01-20T10:00:00Z"}
    assert mine([second, first])["newest"] == "2026-01-05"


def test_voiding_is_timeless():
    answer = answered("x")
    kept = answered("y")
    void = about(VOIDED, answer, "admin", on="2030-01-01")
    assert mine([answer, kept, void])["evidence_count"] == 1


def test_validation_counts_from_its_own_day():
    answer = answered("x")
    found = [answer, about(ACCEPT, answer, "b", on="2026-01-10")]
    assert [mine(found, day)["basis"] for day in ("2026-01-09", "2026-01-10")] == ["system", "peer"]


def test_voided_validation_never_happened():
    answer = answered("x")
    word = about(ACCEPT, answer, "b")
    assert mine([answer, word, about(VOIDED, word, "admin")])["basis"] == "system"


# Matching


def test_all_matching_rules_apply():
    more = [*CONFIG["rules"], {**RULES["answer"], "id": "also", "kind": "discussed"}]
    assert {one["kind"] for one in mine([answered("x")], rules=more)["explain"]} == {
        "authored",
        "discussed",
    }


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param(did("http://adlnet.gov/expapi/verbs/scored", "q"), id="no score"),
        pytest.param(attended("w", duration="soon"), id="no duration"),
        pytest.param(scored("q", None), id="score is null"),
        pytest.param(scored("q", True), id="score is no number"),
    ],
)
def test_what_is_missing_is_in_no_range(statement):
    assert scores([statement]) == {}


def test_missing_quality_gives_a_row_worth_nothing():
    unbound = rules(webinar={"match": {"verb": RULES["webinar"]["match"]["verb"]}})
    found = mine([did(RULES["webinar"]["match"]["verb"][0], "w")], rules=unbound)
    assert (found["evidence_count"], found["positive"], found["explain"]) == (1, [0, 0, 0, 0], [])


@pytest.mark.parametrize(
    ("scaled", "weight"),
    [
        pytest.param(0.7, 1_050_000, id="the decimal it was written as"),
        pytest.param(1, 1_500_000, id="whole"),
        pytest.param(1.5, 1_500_000, id="clamped"),
        pytest.param(0.7777777, 1_166_665, id="floored twice"),
    ],
)
def test_quality_of_a_score(scaled, weight):
    found = mine([scored("q", scaled)], competency="c:data")
    assert found["explain"][0]["weight"] == weight


def test_unknown_competencies_are_dropped_before_dividing():
    tags = {**CONFIG["tags"], "mixed": ["c:community", "c:gone"]}
    found = mine([answered("x", tags=("mixed",))], tags=tags)
    assert found["explain"][0]["weight"] == 800_000


def test_rule_may_leave_evidence_whole():
    whole = rules(answer={"competencies": {"from_tags": True, "split": False}})
    found = mine([answered("x", tags=("community", "data"))], rules=whole)
    assert found["explain"][0]["weight"] == 800_000


def test_weight_is_floored_after_each_factor():
    odd = rules(answer={"weight": 333_333, "assurance": "self"})
    found = mine([answered("x", tags=("comms-data", "community"))], rules=odd)
    assert found["explain"][0]["weight"] == 333_333 * 400_000 // 1_000_000 // 3


def test_tags_are_folded():
    tags = {**CONFIG["tags"], "Plain Language": ["c:community"]}
    assert mine([answered("x", tags=("plain  LANGUAGE",))], tags=tags)["evidence_count"] == 1


@pytest.mark.parametrize(
    ("place", "kind", "counted"),
    [
        pytest.param("category", COMPETENCY, 1, id="category"),
        pytest.param("grouping", COMPETENCY, 1, id="grouping"),
        pytest.param("other", COMPETENCY, 1, id="other"),
        pytest.param("parent", COMPETENCY, 0, id="not parent"),
        pytest.param("other", "http://activitystrea.ms/article", 0, id="not other types"),
    ],
)
def test_context_names_competencies(place, kind, counted):
    activity = {"id": "c:data", "definition": {"type": kind}}
    context = {"contextActivities": {place: [activity]}}
    found = scores([did(COMPLETED, "urn:declared:1", tags=("comms",), context=context)])
    assert ("c:data" in found[key("a")]["competencies"]) is bool(counted)


def test_context_activity_may_stand_alone_instead_of_in_a_list():
    activity = {"id": "c:data", "definition": {"type": COMPETENCY}}
    context = {"contextActivities": {"other": activity}}
    found = scores([did(COMPLETED, "urn:declared:1", context=context)])
    assert "c:data" in found[key("a")]["competencies"]


def test_own_profile_is_no_evidence():
    context = {"contextActivities": {"category": [{"id": CONFIG["exclude_category"][0]}]}}
    assert scores([did(REPLIED, "x", context=context)]) == {}


def test_negative_evidence_counts_from_its_floor():
    found = mine([scored("q", 0.2)], "2026-01-05", "c:data")
    assert found["negative"] == [0, 750_000, 750_000, 750_000]


# Validation


@pytest.mark.parametrize(
    ("words", "basis"),
    [
        pytest.param([("b", ACCEPT, "06")], "peer", id="one peer"),
        pytest.param([("a", ACCEPT, "06")], "system", id="her own word"),
        pytest.param([("b", ACCEPT, "06"), ("c", REJECT, "07")], "system", id="peers disagree"),
        pytest.param([("b", REJECT, "06"), ("b", ACCEPT, "07")], "peer", id="latest word counts"),
        pytest.param([("b", ACCEPT, "06"), ("b", REJECT, "07")], "system", id="taken back"),
        pytest.param([("b", REJECT, "06"), (LEAD, ACCEPT, "07")], "expert", id="expert over peers"),
        pytest.param([(LEAD, REJECT, "06"), ("b", ACCEPT, "07")], None, id="expert against peers"),
        pytest.param(
            [(LEAD, REJECT, "06"), (MANAGER, ACCEPT, "07")], "expert", id="latest expert decides"
        ),
        pytest.param(
            [("b", ACCEPT, "06"), ("c", ACCEPT, "07"), ("d", ACCEPT, "08")],
            "peer",
            id="no stacking",
        ),
    ],
)
def test_whose_word_decides(words, basis):
    answer = answered("x")
    said = [about(verb, answer, who, f"2026-01-{day}") for who, verb, day in words]
    assert mine([answer, *said])["basis"] == basis


def test_of_words_at_one_instant_the_larger_id_is_the_later():
    answer = answered("x")
    words = [about(ACCEPT, answer, "b"), about(REJECT, answer, "b")]
    named = [{**word, "id": id_} for word, id_ in zip(words, ("b" * 8, "a" * 8), strict=True)]
    assert mine([answer, *named])["basis"] == "peer"


def test_rejected_evidence_is_counted_and_worth_nothing():
    answer = answered("x")
    found = mine([answer, about(REJECT, answer, LEAD)])
    assert (found["evidence_count"], found["newest"], found["explain"], found["positive"]) == (
        1,
        "2026-01-05",
        [],
        [0, 0, 0, 0],
    )


def test_quorum_of_peers():
    answer = answered("x")
    assurance = {**CONFIG["assurance"], "peer_quorum": 2}
    found = mine([answer, about(ACCEPT, answer, "b")], assurance=assurance)
    assert found["basis"] == "system"


@pytest.mark.parametrize(
    ("who", "level", "reached"),
    [
        pytest.param(LEAD, 2, [2_000_000 * 4 // 6] * 2 + [0, 0], id="an expert's level bounds"),
        pytest.param(LEAD, None, [2_000_000 * 4 // 6] * 4, id="without one the ceiling does"),
        pytest.param("b", 1, [1_200_000 * 4_000_000 // 5_200_000] * 3 + [0], id="not a peer's"),
    ],
)
def test_stated_level_of_a_validation(who, level, reached):
    answer = answered("x", on="2026-02-01")
    word = about(ACCEPT, answer, who, on="2026-02-01", level=level)
    assert mine([answer, word])["positive"] == reached


def test_approval_of_an_activity_is_no_validation():
    answer = answered("x")
    word = did(ACCEPT, answer["id"], "b")
    assert mine([answer, word])["basis"] == "system"


# Attestation


def test_attestation_carries_the_stated_level():
    assert mine([attested(LEAD, 3)])["level"] == 3


def test_second_expert_carries_level_four():
    assert mine([attested(LEAD, 4), attested(MANAGER, 4)], "2026-01-05")["level"] == 4


def test_one_expert_twice_is_one_expert():
    twice = [attested(LEAD, 4), attested(LEAD, 4, timestamp="2026-01-05T12:00:00Z")]
    assert mine(twice, "2026-01-05")["positive"] == mine(twice[:1], "2026-01-05")["positive"]


def test_attestation_without_level_is_bound_by_the_ceiling():
    assert mine([attested(LEAD)], "2026-01-05")["positive"] == [4_000_000] * 4


@pytest.mark.parametrize("by_whom", ["b", "a"])
def test_attestation_needs_the_role_and_somebody_else(by_whom):
    validators = {**CONFIG["validators"], key("a"): "expert"}
    assert scores([attested(by_whom, 3)], validators=validators) == {}


# Cells


def test_earliest_of_equal_weights_names_the_cell():
    late = answered("x", on="2026-01-05T12:00:00Z")
    early = answered("x", on="2026-01-05T09:00:00+02:00")
    assert [one["statement"] for one in mine([late, early])["explain"]] == [early["id"]]


def test_smallest_id_names_the_cell_at_one_instant():
    answer = answered("x")
    ids = ["0b" * 8, "0a" * 8]
    found = mine([{**answer, "id": id_} for id_ in ids])
    assert [one["statement"] for one in found["explain"]] == ["0a" * 8]


def test_latest_of_days_worth_the_same_names_the_thing():
    values = [answered("x", on=f"2026-01-0{day}", tags=("values",)) for day in (5, 7, 6)]
    assert [one["day"] for one in mine(values, competency="c:values")["explain"]] == ["2026-01-07"]


def test_shares_leave_nothing_over():
    day = [did(READ, f"r{number}") for number in range(7)]
    found = mine(day)
    assert sum(one["contribution"] for one in found["explain"]) == found["positive"][0]


def test_remainders_go_to_the_smaller_ids():
    found = mine([did(READ, f"r{number}") for number in range(7)])["explain"]
    assert found == sorted(found, key=lambda one: (-one["contribution"], one["statement"]))


# Output


def test_faded_rows_stay_in_count_newest_and_lifetime():
    answers = [answered(f"x{number}", on=f"2026-01-{number + 10}") for number in range(4)]
    found = mine(answers, "2056-01-01")
    assert (found["evidence_count"], found["newest"], found["lifetime_level"]) == (
        4,
        "2026-01-13",
        2,
    )
    assert (found["level"], found["explain"], found["basis"]) == (0, [], None)


def test_evidence_count_is_of_statements():
    more = [*CONFIG["rules"], {**RULES["answer"], "id": "also", "kind": "discussed"}]
    assert mine([answered("x")], rules=more)["evidence_count"] == 1


def test_newest_is_over_negative_rows_too():
    found = mine([scored("q", 0.9), scored("r", 0.1, on="2026-01-09")], competency="c:data")
    assert found["newest"] == "2026-01-09"


def test_score_at_the_top_is_the_number_of_levels():
    statements = [attested(LEAD, 4), attested(MANAGER, 4)]
    assert mine(statements, "2026-01-05")["score_milli"] == 4000


# Roll-up

MEAN = {"rule": "weighted_mean"}


def child(*ids):
    return {"children": [{"id": id_} for id_ in ids]}


def test_children_that_are_equal_rank_by_id():
    nodes = {"n:two": {"rule": "at_least", "count": 2, **child("c:data", "c:comms", "c:values")}}
    assert node([answered("x")], "n:two", nodes=nodes)["via"] == "c:data"


def test_unit_under_two_parents_counts_once_at_its_heaviest_path():
    found = node([answered("x")], "n:root")
    assert found["units"] == {"c:comms": 250_000, "c:community": 333_333, "c:data": 250_000}


def test_direct_evidence_wins_when_it_says_more():
    found = node([answered("x", tags=("collab",))], "n:collab", "2026-01-05")
    assert found == {
        "source": "direct",
        "score_milli": 1665,
        "confidence_ppm": 307_692,
        "level": 1,
    }


def test_direct_evidence_that_says_no_more_is_left_out():
    statements = [answered("x", tags=("community",)), answered("y", tags=("comms",))]
    weak = did(READ, "r", tags=("collab",))
    assert node([*statements, weak], "n:collab")["source"] == "rollup"


def test_direct_evidence_lifts_the_units_below_on_the_way_up():
    found = node([answered("x", tags=("collab",))], "n:root", "2026-01-05")
    assert (found["score_milli"], found["source"]) == (
        (333_333 + 250_000) * 1665 // 833_333,
        "rollup",
    )


def test_non_additive_child_is_a_unit():
    nodes = {
        "n:any": {"rule": "any", **child("c:community", "c:comms")},
        "n:mean": {**MEAN, **child("n:any", "c:data")},
    }
    found = node([answered("x")], "n:mean", nodes=nodes)
    assert found["units"] == {"n:any": 500_000, "c:data": 500_000}


def test_points_reach_the_target():
    found = node([answered("x"), answered("y", tags=("data",))], "n:points", "2026-01-05")
    assert (found["score_milli"], found["points"]) == (1000, 5)


def test_points_without_a_required_child_stop_below_the_target():
    three = child("c:comms", "c:data")["children"]
    points = [{**one, "points": 3} for one in three] + [
        {"id": "c:community", "points": 1, "required": True}
    ]
    nodes = {"n:p": {"rule": "points", "children": points, "required_points": 5, "target_level": 1}}
    statements = [answered("x", tags=("data",)), answered("y", tags=("comms",))]
    assert node(statements, "n:p", "2026-01-05", nodes=nodes)["score_milli"] == 999


def test_points_confidence_is_the_lowest_at_target_and_0_without_any():
    assert node([did(READ, "r")], "n:points")["confidence_ppm"] == 0


# Trust and alignments


@pytest.mark.parametrize(
    ("entry", "basis"),
    [
        pytest.param({"ceiling": "self"}, "self", id="cut by the origin"),
        pytest.param({"ceiling": "expert"}, "system", id="never lifted by it"),
    ],
)
def test_origin_cuts_the_assurance_of_evidence(entry, basis):
    assert mine([by("lms", answered("x"))], trust={key("lms"): entry})["basis"] == basis


@pytest.mark.parametrize(
    ("entry", "basis"),
    [
        pytest.param({"ceiling": "expert", "may_attest": False}, "system", id="no right"),
        pytest.param({"ceiling": "peer", "may_attest": True}, "peer", id="an expert cut to a peer"),
        pytest.param({"ceiling": "system", "may_attest": True}, "system", id="below a peer"),
        pytest.param({"ceiling": "expert", "may_attest": True}, "expert", id="trusted"),
    ],
)
def test_origin_cuts_what_a_validation_lifts_to(entry, basis):
    answer = by("lms", answered("x"))
    word = by("forum", about(ACCEPT, answer, LEAD))
    trust = {key("lms"): OPEN_TRUST, key("forum"): entry}
    assert mine([answer, word], trust=trust)["basis"] == basis


def test_attestation_without_the_right_is_ignored():
    trust = {key("lms"): {"ceiling": "expert", "may_attest": False}}
    assert scores([by("lms", attested(LEAD, 3))], trust=trust) == {}


@pytest.mark.parametrize(
    ("authority", "left"),
    [
        pytest.param("lms", 1, id="the same authority"),
        pytest.param("root", 1, id="one that may void"),
        pytest.param("other", 2, id="another"),
    ],
)
def test_void_needs_the_same_authority_or_the_right(authority, left):
    answers = [by("lms", answered("x")), by("lms", answered("y"))]
    void = by(authority, about(VOIDED, answers[0], "admin"))
    found = mine([*answers, void], trust={key("root"): {"may_void": True}})
    assert found["evidence_count"] == left


@pytest.mark.parametrize(
    ("alignment", "counted"),
    [
        pytest.param({"object_id": "https://data.example/*"}, True, id="glob"),
        pytest.param({"object_id": "https://*/clinic/?id=1"}, True, id="glob inside"),
        pytest.param({"object_id": "https://data.example"}, False, id="no wildcard"),
        pytest.param({"title": "OPEN data"}, True, id="title"),
        pytest.param({"title": "lini"}, False, id="whole words of the title"),
    ],
)
def test_alignments_feed_the_rules_that_ask_for_them(alignment, counted):
    thing = {
        "id": "https://data.example/clinic/?id=1",
        "definition": {"name": {"en": "Open data clinic"}},
    }
    aligned = rules(answer={"competencies": {"from_tags": True, "from_alignments": True}})
    statement = did(REPLIED, "", tags=(), object=thing)
    alignments = [{**alignment, "competencies": ["c:data"]}]
    found = scores([statement], rules=aligned, alignments=alignments)
    assert (key("a") in found) is counted


# Revisions


def test_word_on_a_former_revision_counts_for_the_standing_one():
    former = answered("x")
    ext = {"extensions": {Extension.TAGS: ["community"], Extension.REPLACES: former["id"]}}
    standing = did(REPLIED, "x", on="2026-01-07", context=ext)
    void = about(VOIDED, former, "a")
    assert mine([former, void, standing, about(ACCEPT, former, "b")])["basis"] == "peer"


def test_word_on_a_statement_that_still_stands_is_not_borrowed():
    praised = answered("x", who="c")
    ext = {"extensions": {Extension.TAGS: ["community"], Extension.REPLACES: praised["id"]}}
    borrowed = did(REPLIED, "y", context=ext)
    assert mine([praised, borrowed, about(ACCEPT, praised, "b")])["basis"] == "system"


# Reading the case


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        pytest.param({"statements": {}}, "statements", id="statements are no list"),
        pytest.param({"statements": [{"id": "x"}]}, "statements[0].timestamp", id="no time"),
        pytest.param({"statements": ["x"]}, "statements[0]", id="no statement"),
        pytest.param({"as_of": ["30/04/2026"]}, "as_of", id="no date"),
        pytest.param({"as_of": None}, "as_of", id="no day at all"),
        pytest.param({"config": {}}, "scale", id="no scale"),
        pytest.param(
            {"config": {**CONFIG, "trust": {"x": {"ceiling": "king"}}}}, "trust.x", id="no class"
        ),
    ],
)
def test_unreadable_case_is_refused_by_place(changes, where):
    with pytest.raises(Refused) as refused:
        score_case({"config": CONFIG, "statements": [], "as_of": ["2026-01-01"], **changes})
    assert (refused.value.where, bool(refused.value.mend)) == (where, True)


def test_nothing_given_is_changed():
    case = {"config": copy.deepcopy(CONFIG), "statements": [answered("x")], "as_of": ["2026-02-01"]}
    before = copy.deepcopy(case)
    score_case(case)
    assert case == before


def test_hosting_counts_as_facilitation():
    assert mine([did(HOSTED, "w")])["explain"][0]["kind"] == "facilitated"


def test_what_byway_says_of_levels_is_never_evidence():
    said = did(READ, "x", context={"contextActivities": {"category": [{"id": OWN_PROFILE}]}})
    assert scores([said], exclude_category=["https://other.example/profile"]) == {}
