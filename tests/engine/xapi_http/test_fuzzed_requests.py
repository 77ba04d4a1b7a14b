"""Ten thousand requests changed at random: each is accepted or refused, nothing else happens."""

from __future__ import annotations

import pytest
from flask import Flask
from fuzz_making import DOORS, FORM, TOKEN, Chance, faults
from xapi_making import Lms


@pytest.fixture
def lms(app: Flask) -> Lms:
    """Somebody who may do everything, so that nothing is refused before it is looked at."""
    return Lms(app, scopes=["all"], reads="all")


@pytest.mark.parametrize("door", DOORS)
def test_what_is_wrong_is_refused_with_a_reason_and_stores_nothing(lms: Lms, door: str) -> None:
    chance = Chance(DOORS.index(door), lms.key)
    assert faults(lms, chance.requests(800, door)) == []


@pytest.mark.both_databases
@pytest.mark.parametrize("seed", [100, 101])
def test_no_door_is_weaker_on_the_other_database(lms: Lms, seed: int) -> None:
    assert faults(lms, Chance(seed, lms.key).requests(500)) == []


@pytest.mark.parametrize(
    ("path", "said"),
    [
        pytest.param("/xapi/statements", "This needs a key.", id="statements"),
        pytest.param(TOKEN, "invalid_client", id="token"),
    ],
)
def test_key_that_is_no_text_is_no_key(lms: Lms, path: str, said: str) -> None:
    shown = {"Authorization": "Basic \xff", "Content-Type": FORM}
    answer = lms.post(b"grant_type=client_credentials", path, with_=shown)
    assert (answer.status_code, answer.json["error"]) == (401, said)
