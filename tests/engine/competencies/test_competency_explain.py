"""Why this level, what would raise it, until when it lasts."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from competency_making import (
    ACCEPT,
    LEAD,
    READ,
    RULESET,
    about,
    answered,
    attended,
    attested,
    did,
    key,
    record,
    scored,
)

from engine.competencies.explain import (
    Held,
    candidates_for,
    fades_on,
    highest_held,
    raises,
    shares,
    standing_over,
)
from engine.competencies.scoring import Record, score, standings

TODAY = date(2026, 2, 1)


def accepted(number, who="b"):
    answer = answered(f"x{number}", on=f"2026-01-{number + 10}")
    return [answer, about(ACCEPT, answer, who, on=f"2026-01-{number + 11}")]


FOUR_ACCEPTED = [one for number in range(4) for one in accepted(number)]


def level(found, day, competency="c:community"):
    return standings(found, day)[competency].level


@pytest.mark.parametrize(
    ("statements", "competency"),
    [
        pytest.param(FOUR_ACCEPTED, "c:community", id="peers"),
        pytest.param([attested(LEAD, 3)], "c:community", id="an expert"),
        pytest.param([answered("x")], "c:community", id="one answer"),
        pytest.param(
            [scored("q", 0.9), scored("r", 1, on="2026-01-09"), scored("s", 0.1, on="2025-06-01")],
            "c:data",
            id="a failure fades too",
        ),
    ],
)
def test_level_holds_until_the_day_before_it_fades(statements, competency):
    found = record(*statements)
    fades = fades_on(found, competency, TODAY)
    before, after = (level(found, day, competency) for day in (fades - timedelta(days=1), fades))
    assert (before, after < before) == (level(found, TODAY, competency), True)


def test_fading_is_the_first_day_also_with_failures():
    found = record(scored("q", 0.9), scored("r", 1), scored("s", 0.1, on="2025-06-01"))
    now = level(found, TODAY, "c:data")
    days = (TODAY + timedelta(days=ahead) for ahead in range(1, 2000))
    first = next(day for day in days if level(found, day, "c:data") < now)
    assert fades_on(found, "c:data", TODAY) == first


@pytest.mark.parametrize(
    ("statements", "competency"),
    [
        pytest.param([did(READ, "x")], "c:community", id="no level to lose"),
        pytest.param([], "c:community", id="no evidence"),
        pytest.param([answered("x", tags=("values",))], "c:values", id="never fades"),
    ],
)
def test_what_does_not_fade_has_no_day(statements, competency):
    assert fades_on(record(*statements), competency, TODAY) is None


def test_evidence_still_to_come_does_not_hold_a_level():
    later = answered("later", on="2026-12-01")
    alone, both = record(answered("x")), record(answered("x"), later)
    assert fades_on(both, "c:community", TODAY) == fades_on(alone, "c:community", TODAY)


def test_accepted_existing_item_names_the_object():
    found = raises(record(answered("x"), answered("y", on="2026-01-09")), "c:community", TODAY)
    existing = [one.candidate for one in found if one.candidate.form == "existing"]
    assert {one.object_key for one in existing} == {"x", "y"}


def test_raise_is_what_scoring_says():
    answer = answered("x")
    found = raises(record(answer), "c:community", TODAY)
    told = next(one for one in found if one.candidate.form == "existing")
    real = record(answer, about(ACCEPT, answer, "b", on="2026-02-01"))
    standing = standings(real, TODAY)["c:community"]
    assert (told.level, told.score_milli, told.mass) == (
        standing.level,
        standing.score_milli,
        standing.positive[told.next_level - 1],
    )


@pytest.mark.parametrize(
    ("form", "kind", "real"),
    [
        pytest.param("new", "authored", [answered("fresh", on="2026-02-01")], id="one more"),
        pytest.param("confirmed", "attested", [attested(LEAD, 2, on="2026-02-01")], id="an expert"),
    ],
)
def test_more_of_a_kind_does_what_was_foretold(form, kind, real):
    found = raises(record(answered("x")), "c:community", TODAY)
    told = next(one for one in found if (one.candidate.form, one.candidate.kind) == (form, kind))
    standing = standings(record(answered("x"), *real), TODAY)["c:community"]
    assert (told.level, told.mass) == (standing.level, standing.positive[told.next_level - 1])


def test_expert_who_confirms_the_next_level_is_enough_for_it():
    found = raises(record(answered("x")), "c:community", TODAY)
    confirmed = next(one for one in found if one.candidate.form == "confirmed")
    assert (confirmed.candidate.level, confirmed.level) == (2, 2)


def test_most_helpful_comes_first():
    found = raises(record(*FOUR_ACCEPTED), "c:community", TODAY)
    assert [one.level for one in found] == sorted((one.level for one in found), reverse=True)


def test_nothing_is_proposed_that_cannot_reach_the_next_level():
    found = candidates_for(record(answered("x")), "c:community", TODAY)
    assert "attended" not in {one.kind for one in found}


def test_nobody_starts_without_a_proposal():
    assert {one.candidate.form for one in raises(record(), "c:community", TODAY)} == {
        "new",
        "accepted",
        "confirmed",
    }


def test_nothing_is_above_the_top():
    found = record(attested(LEAD, 4), attested("boss", 4))
    experts = {key(LEAD): "expert", key("boss"): "expert"}
    top = Record(rows=found.rows, validations=(), ruleset=RULESET, roles=experts)
    assert raises(top, "c:community", date(2026, 1, 5)) == []


def test_past_is_a_line_of_steps():
    days = [date(2026, 1, 1), date(2026, 1, 15), date(2029, 1, 1)]
    found = standing_over(record(*FOUR_ACCEPTED), "c:community", days)
    assert [(one.day, one.level) for one in found] == list(zip(days, (0, 2, 0), strict=True))


def test_level_reached_by_a_late_acceptance_was_held():
    answers = [answered("x"), answered("y", on="2026-01-11")]
    words = [about(ACCEPT, one, LEAD, on="2026-03-01") for one in answers]
    held = highest_held(record(*answers, *words), "c:community", date(2029, 1, 1))
    assert held == Held(level=2, until=date(2026, 10, 4))


@pytest.mark.parametrize(
    ("contributions", "whole"),
    [
        pytest.param([1, 1, 1], [34, 33, 33], id="the first of equals"),
        pytest.param([2, 1], [67, 33], id="the largest remainder"),
        pytest.param([999, 1], [100, 0], id="next to nothing"),
        pytest.param([0, 0], [0, 0], id="nothing to share"),
        pytest.param([], [], id="nobody"),
    ],
)
def test_shares_are_whole_and_add_up(contributions, whole):
    assert shares(contributions) == whole


def test_contributions_add_up_to_the_mass():
    standing = standings(record(*FOUR_ACCEPTED, attended("w")), TODAY)["c:community"]
    assert sum(one.contribution for one in standing.explain) == standing.positive[1]


def test_busy_day_and_enough_of_a_kind_are_named():
    busy = [attended(f"w{number}") for number in range(3)]
    standing = standings(record(*busy), TODAY)["c:community"]
    assert {one.caps for one in standing.explain} == {("day_cap", "cap")}


def test_entry_says_which_rule_and_how_old():
    entry = standings(record(answered("x")), date(2027, 1, 5))["c:community"].explain[0]
    assert (entry.rule, entry.object_key, entry.age, entry.decay_ppm, entry.bound) == (
        "answer",
        "x",
        365,
        500_000,
        2,
    )


# One person behind several identifiers


def test_word_under_another_of_her_identifiers_is_her_own():
    answer = answered("x")
    found = record(answer, about(ACCEPT, answer, "b"), own=frozenset({key("a"), key("b")}))
    assert standings(found, TODAY)["c:community"].basis == "system"


def test_validator_with_two_identifiers_speaks_once():
    answer = answered("x")
    words = [about(ACCEPT, answer, "b"), about("http://activitystrea.ms/reject", answer, "c")]
    apart = record(answer, *words, about(ACCEPT, answer, "d"))
    one = record(answer, *words, about(ACCEPT, answer, "d"), persons={key("b"): 1, key("d"): 1})
    assert [standings(found, TODAY)["c:community"].basis for found in (apart, one)] == [
        "peer",
        "system",
    ]


def test_expert_with_two_identifiers_attests_once():
    found = record(attested(LEAD, 4), attested("boss", 4))
    roles = {key(LEAD): "expert", key("boss"): "expert"}
    standing = score(
        found.rows,
        (),
        ruleset=RULESET,
        as_of=date(2026, 1, 5),
        roles=roles,
        persons={key(LEAD): 7, key("boss"): 7},
    )["c:community"]
    assert standing.level == 3


def test_role_is_decided_on_reading():
    rows = record(attested("boss", 3)).rows
    found = [
        score(rows, (), ruleset=RULESET, as_of=TODAY, roles=roles)
        for roles in ({}, {key("boss"): "expert"})
    ]
    assert [list(one) for one in found] == [[], ["c:community"]]
