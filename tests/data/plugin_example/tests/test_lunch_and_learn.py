"""Sign-in sheets keep the rules of every source, and come to their golden pairs."""

import byway_lunch_and_learn
import pytest

from engine.api import Bundle, Delivery, Skipped
from engine.testkit import Case, cases


@pytest.mark.parametrize("case", cases(byway_lunch_and_learn), ids=str)
def test_conformance(case: Case) -> None:
    case.run()


def test_apologies_are_left_out() -> None:
    sheet = b"Talk,Ended,Email,Role\nLedgers,2026-09-17 13:00,bo@example.org,Apologies\n"
    bundle = Bundle(key=None, deliveries=(Delivery(body=sheet),))
    [said] = byway_lunch_and_learn.LunchAndLearn().activities(bundle, {"timezone": "Europe/London"})
    assert said == Skipped(row=2, why="sent apologies")
