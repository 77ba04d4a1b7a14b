"""The exact cases: every figure, in any order, also learner by learner; and the decay table."""

from __future__ import annotations

import random
from typing import Any

import pytest
from competency_making import CONFIG, GOLDEN

from engine.competencies.contract import score_case
from engine.competencies.decay import decay_ppm

ORDERS = {
    "as given": lambda statements: statements,
    "backwards": lambda statements: statements[::-1],
    "shuffled": lambda statements: random.Random(7).sample(statements, len(statements)),
}


def run(case: dict[str, Any], statements: list[dict[str, Any]]) -> dict[str, Any]:
    config = {**CONFIG, **case["config_patch"]}
    return score_case({"config": config, "statements": statements, "as_of": list(case["expected"])})


def learners(case: dict[str, Any]) -> list[str]:
    return sorted({learner for day in case["expected"].values() for learner in day})


def shard(case: dict[str, Any], learner: str) -> list[dict[str, Any]]:
    """Her statements, and whatever is about statements."""
    return [
        one
        for one in case["statements"]
        if one["actor"]["mbox"] == learner or one["object"]["objectType"] == "StatementRef"
    ]


@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
@pytest.mark.parametrize("case", GOLDEN["cases"], ids=lambda case: case["id"])
def test_case_is_exact(case, order):
    assert run(case, order(case["statements"])) == case["expected"]


@pytest.mark.parametrize("case", GOLDEN["cases"], ids=lambda case: case["id"])
def test_case_is_exact_learner_by_learner(case):
    alone = {learner: run(case, shard(case, learner)) for learner in learners(case)}
    together = {
        day: {learner: alone[learner][day][learner] for learner in expected}
        for day, expected in case["expected"].items()
    }
    assert together == case["expected"]


@pytest.mark.parametrize(("spot", "left"), GOLDEN["decay_ppm"].items(), ids=GOLDEN["decay_ppm"])
def test_decay_is_exact(spot, left):
    half_life, age = spot.split(":")
    assert decay_ppm(int(age), int(half_life)) == left


@pytest.mark.parametrize(
    ("age", "half_life", "left"),
    [
        pytest.param(10_000, None, 1_000_000, id="no half-life never fades"),
        pytest.param(70, 10, 7_813, id="halves are rounded up"),
        pytest.param(2093, 100, 1, id="one millionth up to 20.93 half-lives"),
        pytest.param(2094, 100, 0, id="nothing soon after"),
        pytest.param(2101, 100, 0, id="nothing beyond 21"),
        pytest.param(10**9, 1, 0, id="nothing, and at once"),
    ],
)
def test_decay_at_its_ends(age, half_life, left):
    assert decay_ppm(age, half_life) == left
