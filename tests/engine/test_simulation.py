"""Trying a ruleset on history: it says exactly what publishing it would do, and does nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from factories import a_person
from flask import Flask
from live_log import DATA, DAY, VOIDED, an_origin, answered, on, put
from simulation_making import (
    config,
    counts,
    histories,
    levels,
    predicted,
    publish,
    with_rule,
    without,
)

from engine import profiles, reweighing
from engine.competencies import projector, rulesets
from engine.competencies.evidence import Ruleset
from engine.db import transaction
from engine.errors import Refused
from engine.movements import Move, Reason
from engine.people import service as people
from engine.simulation import Simulation, simulate

pytestmark = pytest.mark.both_databases
RULE = "contributed"


@pytest.fixture(autouse=True)
def history(app: Flask) -> None:
    """Bo, who answered in four threads, and somebody whom nobody knows, who answered in one."""
    a_person()
    answers = [answered(thing=str(number)) for number in range(4)]
    put(an_origin(), *answers, answered("unknown@example.org", "9"))
    profiles.catch_up()


def tried(candidate: Any) -> Simulation:
    return simulate(candidate, DAY)


def moves(found: Simulation, who: str = "Bo Lund") -> dict[str, Move]:
    return {
        move.competency: move
        for one in found.moved
        for move in one.moves
        if one.learner.told == who
    }


def bos_reasons(candidate: Any) -> list[Reason]:
    return list(moves(tried(candidate))[DATA].reasons)


def test_the_rules_in_force_move_nobody() -> None:
    found = tried(config())
    assert (found.moved, found.people, found.statements) == ((), 2, 5)
    assert found.before == found.after == rulesets.current().sha256
    assert {name for tally in found.tallies.values() for name, n in tally.items() if n} == {"same"}


def test_nothing_is_written() -> None:
    before = counts()
    tried(without(RULE))
    assert counts() == before


def test_a_rule_that_goes_takes_its_evidence() -> None:
    move = moves(tried(without(RULE)))[DATA]
    assert (move.direction, move.levels, move.after) == ("lost", -1, None)
    assert move.reasons == (Reason(what="lost", where=f"rules.{RULE}", rows=4),)


def test_a_lighter_rule_moves_down() -> None:
    move = moves(tried(with_rule(RULE, weight=100_000)))[DATA]
    assert (move.direction, move.levels) == ("down", -1)
    assert move.reasons == (
        Reason(what="weight", where=f"rules.{RULE}", before=250_000, after=100_000, rows=4),
    )


def test_a_lower_threshold_moves_up() -> None:
    candidate = config()
    candidate["scale"] = {**candidate["scale"], "tau_ppm": 100_000}
    candidate["rules"] = with_rule(RULE, ceiling=3)["rules"]
    move = moves(tried(candidate))[DATA]
    assert (move.direction, move.levels > 0) == ("up", True)
    assert [one.where for one in move.reasons] == [f"rules.{RULE}", "scale.tau"]


def half_life() -> dict[str, Any]:
    candidate = config()
    candidate["competencies"][DATA] = {"half_life_days": 1}
    candidate["scale"] = {
        **candidate["scale"],
        "scepticism": [900_000, 1_000_000, 2_000_000, 4_000_000],
    }
    return candidate


def kind() -> dict[str, Any]:
    candidate = config()
    candidate["kinds"]["discussed"] = {"cap": 500_000, "day_cap": None}
    return candidate


def factors() -> dict[str, Any]:
    candidate = config()
    candidate["assurance"]["factor_ppm"] = {"self": 1, "system": 2, "peer": 3, "expert": 4}
    return candidate


@pytest.mark.parametrize(
    ("candidate", "where"),
    [
        pytest.param(half_life, f"competencies.{DATA}.half_life", id="half-life"),
        pytest.param(half_life, "scale.scepticism", id="scepticism"),
        pytest.param(kind, "kinds.discussed.cap", id="cap of a kind"),
        pytest.param(factors, "assurance.factors", id="factors"),
    ],
)
def test_rules_that_changed_are_among_the_reasons(
    candidate: Callable[[], dict[str, Any]], where: str
) -> None:
    assert where in [one.where for one in bos_reasons(candidate()) if one.what == "rules"]


def test_a_competency_that_goes_is_lost_with_its_reason() -> None:
    candidate = config()
    del candidate["competencies"][DATA]
    candidate["tags"] = {tag: ids for tag, ids in candidate["tags"].items() if ids != [DATA]}
    reasons = bos_reasons(candidate)
    assert [(one.what, one.where) for one in reasons] == [
        ("lost", f"rules.{RULE}"),
        ("rules", f"competencies.{DATA}"),
    ]


def test_a_node_is_new_and_moves_with_its_children() -> None:
    candidate = config()
    candidate["nodes"] = {"urn:x:all": {"rule": "any", "children": [{"id": DATA}]}}
    publish(candidate)
    rules = [one | {"weight": 1} if one["id"] == RULE else one for one in candidate["rules"]]
    move = moves(tried(candidate | {"rules": rules}))["urn:x:all"]
    assert (move.is_node, move.direction) == (True, "down")
    assert [(one.what, one.where) for one in move.reasons] == [("child", DATA)]


def test_only_people_have_names() -> None:
    told = {one.learner.told: one.learner.name for one in tried(without(RULE)).moved}
    assert told == {"Bo Lund": "Bo Lund", "mailto:unknown@example.org": None}


def test_a_person_with_two_identifiers_moves_once() -> None:
    with transaction():
        people.link(people.get_person("bo@example.org"), "unknown@example.org")
    found = tried(without(RULE))
    assert [one.learner.told for one in found.moved] == ["Bo Lund"]
    assert moves(found)[DATA].reasons[0].rows == 5


def test_voided_statements_count_under_neither() -> None:
    origin = an_origin("other")
    (first,) = put(origin, answered("ann@example.org", "3"))
    put(origin, on(first, VOIDED))
    profiles.catch_up()
    assert [one.learner.told for one in tried(without(RULE)).moved] == [
        "Bo Lund",
        "mailto:unknown@example.org",
    ]


def test_other_verbs_of_validation_are_followed() -> None:
    origin = an_origin("forum", "source", attests="peer")
    (first,) = put(origin, answered(thing="20"))
    put(origin, on(first, "https://x.example/liked"))
    profiles.catch_up()
    candidate = config()
    candidate["validation"]["approve_verbs"] = ["https://x.example/liked"]
    found = simulate(candidate, DAY)
    assert found.count("within") + found.count("up") == 1


def test_progress_is_told_in_statements() -> None:
    told: list[int] = []
    simulate(config(), DAY, told.append)
    assert told == [4, 5]


def test_a_candidate_with_a_fault_is_refused() -> None:
    with pytest.raises(Refused):
        tried(config() | {"kinds": {}})


def heavier() -> dict[str, Any]:
    return with_rule(RULE, weight=900_000, ceiling=3)


def stricter() -> dict[str, Any]:
    candidate = without("read")
    candidate["kinds"]["discussed"] = {"cap": 1_000_000, "day_cap": 300_000}
    candidate["assurance"]["peer_quorum"] = 2
    return candidate


def other_words() -> dict[str, Any]:
    candidate = config()
    verbs = candidate["validation"]
    candidate["validation"] = {
        "approve_verbs": verbs["reject_verbs"],
        "reject_verbs": verbs["approve_verbs"],
    }
    return candidate


def with_a_node() -> dict[str, Any]:
    children = [{"id": id_} for id_ in config()["competencies"]]
    return config() | {"nodes": {"urn:x:mean": {"rule": "weighted_mean", "children": children}}}


@pytest.mark.parametrize("candidate", [heavier, stricter, other_words, with_a_node])
def test_publishing_does_what_was_predicted(candidate: Callable[[], dict[str, Any]]) -> None:
    histories(40, seed=7)
    profiles.catch_up()
    before, new = levels(), candidate()
    found = tried(new)
    publish(new)
    assert predicted(before, found) == levels()
    assert found.moved


def test_the_rules_in_force_move_nobody_in_hundreds_of_histories() -> None:
    histories(300, seed=1)
    profiles.catch_up()
    found = tried(config())
    assert (found.moved, found.count("within")) == ((), 0)
    assert found.people > 250


def digest(person_id: int, ruleset: Ruleset) -> str:
    return profiles.person_digest(reweighing.profile_under(person_id, ruleset, DAY))


def test_old_levels_come_out_as_they_were() -> None:
    bo, first = people.get_person("bo@example.org").id, rulesets.current()
    then = profiles.person_digest(profiles.profile_of(bo, DAY))
    publish(without(RULE))
    now = profiles.person_digest(profiles.profile_of(bo, DAY))
    assert digest(bo, projector.ruleset_of(first.id)) == then != now
    assert digest(bo, projector.ruleset_of(rulesets.current().id)) == now
