"""The ruleset and framework that come with Byway: what they stand for, kept."""

from __future__ import annotations

import pytest
from competency_making import (
    ACCEPT,
    ATTENDED,
    COMPETENCY,
    HOSTED,
    REPLY,
    SHIPPED_FOLDER,
    WEBINAR,
    about,
    agent,
    answered,
    attended,
    did,
    key,
)

from engine.competencies.config import compile_ruleset, lint
from engine.competencies.contract import score_case
from engine.competencies.evidence import Ruleset
from engine.competencies.yaml_reading import read_yaml
from xapi.vocabulary import TYPES, VERBS

CONFIG = compile_ruleset((SHIPPED_FOLDER / "ruleset.yaml").read_text(encoding="utf-8"))
FRAMEWORK = read_yaml((SHIPPED_FOLDER / "framework.yaml").read_text(encoding="utf-8"))
RULESET = Ruleset(CONFIG)
URI = "https://w3id.org/byway/frameworks/public-service-learning/"
COMMUNITY = URI + "community-facilitation"
ARTICLE = "http://activitystrea.ms/article"
WROTE = "http://activitystrea.ms/author"


def level(*statements, as_of="2026-03-10", competency=COMMUNITY):
    config = {**CONFIG, "validators": {key("lead"): "expert"}}
    found = score_case({"config": config, "statements": list(statements), "as_of": [as_of]})
    return found[as_of][key("a")]["competencies"][competency]["level"]


def days(count):
    return [f"2026-{1 + at // 28:02}-{1 + at % 28:02}" for at in range(count)]


def accepted(count, by="b"):
    answers = [answered(f"x{at}", on=day) for at, day in enumerate(days(count))]
    return [*answers, *(about(ACCEPT, one, by, on="2026-03-01") for one in answers)]


def test_ruleset_has_no_findings():
    assert lint(CONFIG) == []


def test_forty_thanks_stay_at_level_one():
    thanks = [answered(f"thread{at}", on=day) for at, day in enumerate(days(40))]
    assert level(*thanks) == 1


def test_two_replies_reach_no_level():
    assert level(answered("x"), answered("y", on="2026-01-06")) == 0


def test_five_accepted_answers_reach_level_two():
    assert level(*accepted(5)) == 2


def test_one_accepted_answer_does_not():
    assert level(*accepted(1)) < 2


def test_attendance_alone_stays_at_level_one():
    assert level(*(attended(f"w{at}", on=day) for at, day in enumerate(days(60)))) == 1


def test_hosting_alone_stays_at_level_one():
    assert (
        level(*(did(HOSTED, f"w{at}", on=day, kind=WEBINAR) for at, day in enumerate(days(30))))
        == 1
    )


def written(count):
    return [did(WROTE, f"p{at}", on=day, kind=ARTICLE) for at, day in enumerate(days(count))]


@pytest.mark.parametrize(
    ("posts", "reached"),
    [pytest.param(4, 1, id="four"), pytest.param(10, 2, id="ten"), pytest.param(50, 2, id="fifty")],
)
def test_posts_alone_reach_level_two_at_most(posts, reached):
    assert level(*written(posts)) == reached


def test_own_notes_stay_at_level_one():
    kind = TYPES["conversation"]
    notes = [
        did(VERBS["discussed"].iri, f"n{at}", on=day, kind=kind) for at, day in enumerate(days(60))
    ]
    assert level(*notes) == 1


def test_expert_confirms_level_three():
    context = {"instructor": agent("lead")}
    result = {"score": {"raw": 3}}
    confirmed = did(
        VERBS["verified"].iri, COMMUNITY, kind=COMPETENCY, context=context, result=result
    )
    assert level(confirmed, as_of="2026-01-05") == 3


@pytest.mark.parametrize(
    ("verb", "kind", "rule"),
    [
        pytest.param("attended", "webinar", "attended", id="attended a webinar"),
        pytest.param("attended", "meeting", "attended", id="attended a meeting"),
        pytest.param("hosted", "webinar", "facilitated", id="hosted"),
        pytest.param("presented", "meeting", "facilitated", id="presented"),
        pytest.param("created", "discussion", "posted", id="started a discussion"),
        pytest.param("replied", "forum-reply", "contributed", id="replied"),
        pytest.param("authored", "article", "authored", id="wrote an article"),
        pytest.param("commented", "article", "contributed", id="commented on one"),
        pytest.param("discussed", "conversation", "noted", id="a conversation"),
        pytest.param("attended", "lunch-and-learn", "noted", id="lunch and learn"),
        pytest.param("attended", "committee", "noted", id="a committee"),
        pytest.param("completed", "job-shadowing", "noted", id="job shadowing"),
        pytest.param("mentored", "mentoring", "noted", id="mentoring"),
        pytest.param("completed", "other", "noted", id="anything else"),
        pytest.param("read", "reading", "read", id="reading"),
    ],
)
def test_what_sources_write_is_matched(verb, kind, rule):
    found = RULESET.weigh(did(VERBS[verb].iri, "x", kind=TYPES[kind]))
    assert rule in {row.rule for row in found.rows}


@pytest.mark.parametrize("verb", VERBS["attended"].aliases)
def test_other_spellings_of_a_verb_count_too(verb):
    rows = [RULESET.weigh(did(iri, "x", kind=WEBINAR)).rows for iri in (verb, ATTENDED)]
    assert [{row.rule for row in found} for found in rows] == [{"attended"}] * 2


@pytest.mark.parametrize("verb", ["liked", "registered", "shared"])
def test_light_touch_is_no_evidence(verb):
    assert RULESET.weigh(did(VERBS[verb].iri, "x", kind=REPLY)).rows == ()


@pytest.mark.parametrize(
    ("verb", "verdict"),
    [
        pytest.param(iri, verdict, id=iri)
        for name, verdict in (("accepted", 1), ("rejected", -1))
        for iri in (VERBS[name].iri, *VERBS[name].aliases)
    ],
)
def test_every_spelling_of_a_word_is_heard(verb, verdict):
    assert RULESET.weigh(about(verb, answered("x"), "b")).validation.verdict == verdict


def test_framework_and_ruleset_agree():
    lives = compile_ruleset(
        {"competencies": {one["uri"]: one["half_life"] for one in FRAMEWORK["competencies"]}}
    )
    assert (lives["competencies"], FRAMEWORK["uri"]) == (
        CONFIG["competencies"],
        CONFIG["framework"],
    )


def test_framework_names_the_levels_of_the_ruleset():
    assert [one["label"]["en"] for one in FRAMEWORK["levels"]] == CONFIG["scale"]["levels"]


@pytest.mark.parametrize("competency", FRAMEWORK["competencies"], ids=lambda one: one["code"])
def test_competency_is_told_in_three_languages(competency):
    texts = [competency["label"], competency["description"], *competency["levels"].values()]
    assert [set(one) for one in texts] == [{"en", "fr", "es"}] * 6


@pytest.mark.parametrize("competency", FRAMEWORK["competencies"], ids=lambda one: one["code"])
def test_competency_has_tags(competency):
    assert [competency["uri"]] in CONFIG["tags"].values()


@pytest.mark.parametrize("competency", FRAMEWORK["competencies"], ids=lambda one: one["code"])
def test_levels_say_what_one_can_do(competency):
    assert all(text["en"].startswith("You can ") for text in competency["levels"].values())
