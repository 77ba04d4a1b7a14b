"""What must hold for every history: the invariants of the model on random ones."""

from __future__ import annotations

import json
import random
import time

import pytest
from competency_histories import histories, negatives, positives, quick
from competency_making import (
    CONFIG,
    GOLDEN,
    VOIDED,
    about,
    key,
    scores,
)
from hypothesis import given
from hypothesis import strategies as st

from engine.competencies.contract import score_case

AS_OF = "2026-06-30"
KINDS = CONFIG["kinds"]
ALIAS = "http://data.europa.eu/esco/skill/community"


def text(found):
    return json.dumps(found, sort_keys=True)


def standings(found):
    """All competencies of all learners, flat."""
    return {
        (learner, id_): one
        for learner, result in found.items()
        for id_, one in result["competencies"].items()
    }


def pairs(before, after):
    """The same standings before and after; what is not there yet has none."""
    first, second = standings(before), standings(after)
    return [(first[place], second[place]) for place in first if place in second]


@quick
@given(histories(), st.randoms(use_true_random=False))
def test_order_makes_no_difference(history, chance):
    assert text(scores(chance.sample(history, len(history)), AS_OF)) == text(scores(history, AS_OF))


@quick
@given(histories().filter(bool), st.data())
def test_what_is_already_there_adds_nothing(history, data):
    again = data.draw(st.sampled_from(history))
    assert text(scores([*history, again], AS_OF)) == text(scores(history, AS_OF))


@quick
@given(histories(), positives)
def test_voided_statement_leaves_no_trace(history, extra):
    kept = [one for one in history if one["id"] != extra["id"]]
    void = about(VOIDED, extra, "admin", on="2026-06-01")
    assert text(scores([*kept, extra, void], AS_OF)) == text(scores(kept, AS_OF))


@quick
@given(histories())
def test_growing_day_by_day_ends_where_a_full_run_does(history):
    """A full run at a day equals a run on what had happened by then."""
    known = [one for one in history if one["timestamp"][:10] <= "2026-03-15"]
    assert text(scores(known, "2026-03-15")) == text(scores(history, "2026-03-15"))


@quick
@given(histories())
def test_learners_may_be_scored_apart(history):
    words = [one for one in history if one["object"]["objectType"] == "StatementRef"]
    apart = {
        learner: result
        for who in ("a", "b", "c")
        for learner, result in scores(
            [*words, *(one for one in history if one["actor"]["mbox"] == key(who))], AS_OF
        ).items()
    }
    assert text(apart) == text(scores(history, AS_OF))


@quick
@given(histories(), positives)
def test_positive_evidence_never_lowers(history, extra):
    found = pairs(scores(history, AS_OF), scores([*history, extra], AS_OF))
    assert all(
        after["level"] >= before["level"]
        and after["lifetime_level"] >= before["lifetime_level"]
        and all(map(int.__le__, before["support_ppm"], after["support_ppm"]))
        for before, after in found
    )


@quick
@given(histories(), negatives)
def test_negative_evidence_never_raises(history, extra):
    found = pairs(scores(history, AS_OF), scores([*history, extra], AS_OF))
    assert all(
        after["level"] <= before["level"]
        and all(map(int.__ge__, before["support_ppm"], after["support_ppm"]))
        for before, after in found
    )


@quick
@given(histories(), st.integers(0, 4000))
def test_masses_never_rise_with_time(history, later):
    last = f"{2026 + 1 + later // 365}-06-30"
    found = pairs(scores(history, AS_OF), scores(history, last))
    assert all(
        all(map(int.__ge__, before[side], after[side]))
        for before, after in found
        for side in ("positive", "negative")
    )


@quick
@given(histories(evidence=positives), st.integers(1, 10))
def test_without_failures_everything_fades(history, years):
    found = pairs(scores(history, AS_OF), scores(history, f"{2026 + years}-06-30"))
    assert all(
        after["level"] <= before["level"]
        and after["score_milli"] <= before["score_milli"]
        and all(map(int.__ge__, before["support_ppm"], after["support_ppm"]))
        for before, after in found
    )


@quick
@given(histories())
def test_higher_levels_are_never_better_supported(history):
    found = standings(scores(history, AS_OF)).values()
    assert all(
        one["positive"] == sorted(one["positive"], reverse=True)
        and one["negative"] == sorted(one["negative"])
        and one["support_ppm"] == sorted(one["support_ppm"], reverse=True)
        for one in found
    )


@quick
@given(histories())
def test_level_never_exceeds_what_the_evidence_can_speak_for(history):
    found = standings(scores(history, AS_OF)).values()
    assert all(one["positive"][one["level"] - 1] > 0 for one in found if one["level"])


@quick
@given(histories())
def test_contributions_add_up_to_the_mass(history):
    found = standings(scores(history, AS_OF)).values()
    assert all(
        sum(entry["contribution"] for entry in one["explain"])
        == one["positive"][max(one["level"], 1) - 1]
        for one in found
    )


@quick
@given(histories())
def test_no_kind_reaches_its_cap(history):
    totals = {
        (place, kind): sum(one["contribution"] for one in found["explain"] if one["kind"] == kind)
        for place, found in standings(scores(history, AS_OF)).items()
        for kind in {one["kind"] for one in found["explain"]}
    }
    assert all(
        KINDS[kind]["cap"] is None or total < KINDS[kind]["cap"]
        for (_, kind), total in totals.items()
    )


@quick
@given(histories(), histories())
def test_others_make_no_difference(history, more):
    evidence = [one for one in more if one["object"]["objectType"] == "Activity"]
    others = [one for one in evidence if one["actor"]["mbox"] != key("a")]
    with_others = scores([*history, *others], AS_OF).get(key("a"))
    assert text(with_others) == text(scores(history, AS_OF).get(key("a")))


@quick
@given(histories())
def test_an_alias_is_the_competency(history):
    swapped = {**CONFIG["tags"], "community": [ALIAS]}
    assert text(scores(history, AS_OF, tags=swapped)) == text(scores(history, AS_OF))


@quick
@given(histories())
def test_all_is_at_most_the_mean_and_the_mean_at_most_any(history):
    children = [{"id": id_} for id_ in ("c:community", "c:comms", "c:data")]
    nodes = {rule: {"rule": rule, "children": children} for rule in ("all", "weighted_mean", "any")}
    found = [one["rollup"] for one in scores(history, AS_OF, nodes=nodes).values()]
    assert all(
        one["all"]["score_milli"]
        <= one["weighted_mean"]["score_milli"]
        <= one["any"]["score_milli"]
        for one in found
    )


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/Los_Angeles"])
def test_neither_clock_nor_place_has_a_say(monkeypatch, zone):
    case = GOLDEN["cases"][0]
    monkeypatch.setenv("TZ", zone)
    monkeypatch.setenv("LC_ALL", "tr_TR.UTF-8")
    time.tzset()
    random.seed(zone)
    days = list(case["expected"])
    found = score_case({"config": CONFIG, "statements": case["statements"], "as_of": days})
    monkeypatch.undo()
    time.tzset()
    assert found == case["expected"]
