"""What learning systems send: which lines are folded together, and how they are spoken of."""

from __future__ import annotations

from typing import Any

import pytest

from engine.web import learner_words, words
from xapi.vocabulary import TYPES

ADL = "http://adlnet.gov/expapi/"
EDLM = "https://xapi.edlm/profiles/edlm-lms/concepts/"
IN_A_TEST = ADL + "activities/cmi.interaction"


def said(verb: str, kind: str = "", shown: str = "") -> dict[str, Any]:
    return {
        "verb": {"id": verb, "display": {"en": shown} if shown else {}},
        "object": {
            "id": "https://lms.example/1",
            "definition": {"type": kind, "name": {"en": "A"}},
        },
    }


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param(said(EDLM + "verbs/login"), id="Moodle, signing in"),
        pytest.param(said("https://w3id.org/xapi/dod-isd/verbs/deleted"), id="Moodle, deleting"),
        pytest.param(said("http://id.tincanapi.com/verb/viewed"), id="Moodle, looking at a page"),
        pytest.param(said(ADL + "verbs/answered", IN_A_TEST), id="H5P, a question of a test"),
        pytest.param(said("https://w3id.org/xapi/video/verbs/paused"), id="Open edX, a video"),
        pytest.param(said("https://w3id.org/xapi/dod-isd/verbs/navigated"), id="Open edX, a page"),
        pytest.param(said("http://activitystrea.ms/leave"), id="BigBlueButton, leaving"),
    ],
)
def test_click_is_folded(statement: dict[str, Any]) -> None:
    assert learner_words.is_quiet(statement)


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param(said("http://activitystrea.ms/join", TYPES["meeting"]), id="joining"),
        pytest.param(said("http://id.tincanapi.com/verb/replied"), id="a reply"),
        pytest.param(said(ADL + "verbs/passed", ADL + "activities/course"), id="a course passed"),
        pytest.param(said(ADL + "verbs/answered", TYPES["question"]), id="a question answered"),
        pytest.param(said(ADL + "verbs/completed", ADL + "activities/attempt"), id="a test done"),
    ],
)
def test_happening_stands_by_itself(statement: dict[str, Any]) -> None:
    assert not learner_words.is_quiet(statement)


def test_fold_names_what_it_holds() -> None:
    questions = [said(ADL + "verbs/answered", IN_A_TEST)] * 3
    videos = [said("https://w3id.org/xapi/video/verbs/played", "http://activitystrea.ms/video")]
    assert (
        learner_words.quiet_words(questions + videos) == "3 questions of tests and 1 video opened"
    )


@pytest.mark.parametrize(
    ("shown", "spoken"),
    [
        pytest.param("Enrolled", "enrolled", id="a capital letter"),
        pytest.param("took part in", "took part in", id="as written"),
        pytest.param("RSVPed", "RSVPed", id="an abbreviation"),
        pytest.param("S'inscrit à", "s'inscrit à", id="another language"),
    ],
)
def test_foreign_verb_stands_inside_a_sentence(shown: str, spoken: str) -> None:
    assert words.verb_words(said(EDLM + "verbs/enrolled", shown=shown)) == spoken


def test_alias_of_a_type_is_the_type() -> None:
    old = said(ADL + "verbs/completed", "http://activitystrea.ms/schema/1.0/video")
    assert words.type_of(old) == TYPES["video"]
