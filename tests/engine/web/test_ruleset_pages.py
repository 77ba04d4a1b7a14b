"""The pages of rulesets: versions, drafts by form and by text, trying one, publishing it."""

from __future__ import annotations

import io
import json
import re
from typing import Any

import pytest
from factories import a_person
from flask import Flask
from flask.testing import FlaskClient
from live_log import an_origin, answered, put
from ruleset_making import (
    RULES,
    a_draft,
    area,
    change_rule,
    publish,
    revision,
    save_text,
    sent,
    text_of,
    the_team,
)
from workbench_making import every_table, signed_in, weigh_anew, words_of

from engine import profiles
from engine.competencies import rulesets
from engine.web import rulesets_trials
from engine.web.rulesets_told import large

ANSWERS = 6
"""The number of the rule `contributed`."""
WRITTEN = (
    f"{RULES}/drafts",
    *(f"{RULES}/drafts/x/{step}" for step in ("text", "newer", "simulate", "publish", "discard")),
    *(f"{RULES}/drafts/x/rules/0{step}" for step in ("", "/text", "/remove")),
)
READ = (RULES, f"{RULES}/drafts/x", f"{RULES}/drafts/x/rules/0", f"{RULES}/simulations/x")


@pytest.fixture
def team(app: Flask) -> FlaskClient:
    return the_team(app)


@pytest.fixture
def draft(team: FlaskClient) -> str:
    return a_draft(team)


def newest() -> str:
    return rulesets.every()[0].sha256


def alike(count: int) -> None:
    """So many learners who answered in four threads each."""
    answers = [answered(f"p{n}@example.org", str(at)) for n in range(count) for at in range(4)]
    put(an_origin(), *answers)
    profiles.catch_up()


def tried(team: FlaskClient, draft: str) -> str:
    """What the page of a simulation says."""
    return words_of(team.get(sent(team, f"{draft}/simulate").location).text)


# ---- Who may ---------------------------------------------------------------


@pytest.mark.parametrize("path", READ)
def test_a_learner_is_turned_away(app: Flask, path: str) -> None:
    assert signed_in(app, a_person()).get(path).status_code == 403


@pytest.mark.parametrize("path", WRITTEN)
def test_a_learner_changes_nothing(app: Flask, path: str) -> None:
    learner = signed_in(app, a_person())
    before = every_table()

    assert sent(learner, path).status_code == 403
    assert every_table() == before


@pytest.mark.parametrize("path", WRITTEN)
def test_a_form_without_its_token_is_refused(team: FlaskClient, path: str) -> None:
    assert team.post(path).status_code == 400


def test_a_draft_is_its_authors_alone(app: Flask, draft: str) -> None:
    other = the_team(app, "Ines Roy")

    assert other.get(draft).status_code == 404
    assert "Draft of" not in words_of(other.get(RULES).text)


# ---- Versions ----------------------------------------------------------------


def test_the_version_in_force_is_said_to_be(team: FlaskClient) -> None:
    assert "Public service learning In force" in words_of(team.get(RULES).text)


def test_a_version_tells_its_rules_in_sentences(team: FlaskClient) -> None:
    page = words_of(team.get(f"{RULES}/{newest()}").text)

    assert (
        "When somebody failed, it counts 0.8 as failed, against level 2 Working and above" in page
    )
    assert "by tags, what it belongs to and alignments" in page


def test_a_version_says_what_it_changed(team: FlaskClient, draft: str) -> None:
    change_rule(team, draft, ANSWERS, weight="0,2")
    publish(team, draft)

    page = words_of(team.get(f"{RULES}/{newest()}").text)

    assert "Rule contributed: weight 0.25 becomes 0.2" in page


@pytest.mark.parametrize("path", [f"{RULES}/{'0' * 64}", f"{RULES}/x", f"{RULES}/drafts/none"])
def test_what_is_not_there_is_said_so(team: FlaskClient, path: str) -> None:
    assert team.get(path).status_code == 404


# ---- Drafts ------------------------------------------------------------------


def test_a_draft_begins_with_the_comments_of_the_shipped_rules(
    team: FlaskClient, draft: str
) -> None:
    assert text_of(team, draft).startswith("# The ruleset Byway starts with.")


def test_a_draft_may_begin_for_a_framework(team: FlaskClient) -> None:
    uri = rulesets.current().config["framework"]

    assert uri in text_of(team, a_draft(team, framework=uri))


def test_a_draft_may_begin_with_a_file(team: FlaskClient) -> None:
    body = json.dumps(rulesets.current().config).encode()

    draft = a_draft(team, file=(io.BytesIO(body), "ours.json"))

    assert "Nothing is different yet." in words_of(team.get(draft).text)


def test_a_file_that_is_no_ruleset_becomes_a_draft_that_says_so(team: FlaskClient) -> None:
    draft = a_draft(team, file=(io.BytesIO(b"rules: [\n"), "broken.yaml"))

    assert "Has to be mended" in words_of(team.get(draft).text)


def test_a_draft_changes_no_table(team: FlaskClient, draft: str) -> None:
    before = every_table()

    change_rule(team, draft, ANSWERS, weight="0.2")

    assert every_table() == before


def test_a_discarded_draft_is_gone(team: FlaskClient, draft: str) -> None:
    sent(team, f"{draft}/discard")

    assert team.get(draft).status_code == 404


def test_a_form_is_written_into_the_text(team: FlaskClient, draft: str) -> None:
    change_rule(team, draft, ANSWERS, weight="0,2", id="answered")

    text = text_of(team, draft)

    assert "- id: answered" in text
    assert "weight: 0.2\n" in text
    assert "# Taking part in the talk." in text


@pytest.mark.parametrize("at", range(14))
def test_a_form_that_is_sent_as_it_stands_changes_nothing(
    team: FlaskClient, draft: str, at: int
) -> None:
    before = text_of(team, draft)

    change_rule(team, draft, at)

    assert text_of(team, draft) == before


def test_words_stand_for_addresses(team: FlaskClient, draft: str) -> None:
    change_rule(team, draft, 3, verb="read\nwatched")

    assert "http://activitystrea.ms/read" in area(team.get(f"{draft}/rules/3").text, "chunk")


def test_a_rule_is_added(team: FlaskClient, draft: str) -> None:
    change_rule(team, draft, 15, id="ours", verb="replied", weight="0.5")

    assert "Ours When somebody replied in, it counts 0.5" in words_of(team.get(draft).text)


def test_a_rule_is_taken_out(team: FlaskClient, draft: str) -> None:
    sent(team, f"{draft}/rules/0/remove", revision=revision(team, draft))

    assert "- id: attended\n" not in text_of(team, draft)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        pytest.param({"weight": "much"}, "weight", id="a weight that is no number"),
        pytest.param({"weight": "0.1234567"}, "weight", id="a weight with too many decimals"),
        pytest.param({"id": "attended"}, "id", id="another rule's name"),
        pytest.param({"id": ""}, "id", id="no name"),
        pytest.param({"verb": "danced"}, "verb", id="a verb nobody knows"),
        pytest.param({"duration": "long"}, "duration", id="no duration"),
        pytest.param({"score": "x"}, "score", id="no score"),
        pytest.param({"ceiling-peer": "top"}, "ceiling-peer", id="no level"),
        pytest.param({"sources": []}, "sources", id="no competency"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    team: FlaskClient, draft: str, fields: dict[str, Any], field: str
) -> None:
    before = text_of(team, draft)

    response = change_rule(team, draft, ANSWERS, **fields)

    assert response.status_code == 422
    assert f'id="{field}-error"' in response.text
    assert text_of(team, draft) == before


def test_what_was_typed_is_kept_where_a_field_is_wrong(team: FlaskClient, draft: str) -> None:
    page = change_rule(team, draft, ANSWERS, weight="much", tags_any="our tag").text

    assert area(page, "tags_any") == "our tag"
    assert 'name="weight" value="much"' in page


def test_a_finding_stands_at_its_rule_and_names_the_line(team: FlaskClient, draft: str) -> None:
    save_text(team, draft, text_of(team, draft).replace("kind: authored", "kind: written"))

    page = words_of(team.get(draft).text)

    assert re.search(r"Authored When .* Has to be mended.*'written' is not known.* Line \d+", page)


def test_a_rules_text_is_put_into_the_draft(team: FlaskClient, draft: str) -> None:
    there = f"{draft}/rules/0"
    typed = area(team.get(there).text, "chunk").replace("weight: 0.1", "weight: 0.15")

    sent(team, f"{there}/text", text=typed, revision="0")

    assert "Rule attended: weight 0.1 becomes 0.15" in words_of(team.get(draft).text)


@pytest.mark.parametrize("text", ["", "[", "a: 1", "- 7", "rules: 7\nscale: x", "version: 1"])
def test_any_text_is_kept_and_looked_through(team: FlaskClient, draft: str, text: str) -> None:
    save_text(team, draft, text)

    assert "to be mended before it can be published" in words_of(team.get(draft).text)


def test_a_draft_changed_in_another_window_is_not_overwritten(
    team: FlaskClient, draft: str
) -> None:
    change_rule(team, draft, 0, weight="0.2")

    response = change_rule(team, draft, ANSWERS, weight="0.1", revision="0")

    assert response.status_code == 409
    assert "weight: 0.25" in text_of(team, draft)


# ---- Publishing --------------------------------------------------------------


def test_publishing_makes_a_version_with_its_note_and_author(team: FlaskClient, draft: str) -> None:
    change_rule(team, draft, ANSWERS, weight="0.2")

    publish(team, draft, note="Answers count less")

    row = rulesets.every()[0]
    assert (row.title, row.by) == ("Answers count less", "odile@example.org")
    assert team.get(draft).status_code == 404


def test_a_published_version_is_served_once_it_is_weighed(team: FlaskClient, draft: str) -> None:
    change_rule(team, draft, ANSWERS, weight="0.2")
    publish(team, draft)

    weigh_anew()

    assert "These rules are in force." in words_of(team.get(f"{RULES}/{newest()}").text)


def test_rules_that_would_not_compile_are_refused_and_nothing_changes(
    team: FlaskClient, draft: str
) -> None:
    save_text(team, draft, text_of(team, draft).replace("kind: authored", "kind: written"))
    before = every_table()

    response = publish(team, draft)

    assert response.status_code == 422
    assert "the kind 'written' is not known" in words_of(response.text)
    assert every_table() == before


def test_a_version_needs_a_note(team: FlaskClient, draft: str) -> None:
    change_rule(team, draft, ANSWERS, weight="0.2")

    response = publish(team, draft, note=" ")

    assert response.status_code == 422
    assert 'id="note-error"' in response.text


def test_what_is_not_different_is_not_published(team: FlaskClient, draft: str) -> None:
    assert publish(team, draft).status_code == 422
    assert len(rulesets.every()) == 1


# ---- Two at once -------------------------------------------------------------


@pytest.fixture
def overtaken(team: FlaskClient, draft: str) -> str:
    """A draft with a lighter answer; a version with a heavier stay came meanwhile."""
    change_rule(team, draft, ANSWERS, weight="0.2")
    other = a_draft(team)
    change_rule(team, other, 1, weight="0.4")
    publish(team, other, note="Long stays")
    return draft


def test_the_second_is_told_that_a_newer_version_came(team: FlaskClient, overtaken: str) -> None:
    response = publish(team, overtaken)

    assert response.status_code == 409
    assert "Rule attended for long: weight 0.3 becomes 0.4" in words_of(response.text)
    assert len(rulesets.every()) == 2


def test_the_second_takes_the_newer_changes_in(team: FlaskClient, overtaken: str) -> None:
    sent(team, f"{overtaken}/newer", version=newest(), **{"with": "both"})

    publish(team, overtaken, note="Both")

    rules = rulesets.every()[0].config["rules"]
    assert [rules[at]["weight"] for at in (1, ANSWERS)] == [400_000, 200_000]


def test_the_second_leaves_the_newer_changes_out(team: FlaskClient, overtaken: str) -> None:
    sent(team, f"{overtaken}/newer", version=newest(), **{"with": "mine"})

    publish(team, overtaken, note="Mine")

    rules = rulesets.every()[0].config["rules"]
    assert [rules[at]["weight"] for at in (1, ANSWERS)] == [300_000, 200_000]


def test_what_both_changed_is_said(team: FlaskClient, overtaken: str) -> None:
    change_rule(team, overtaken, 1, weight="0.5")

    sent(team, f"{overtaken}/newer", version=newest(), **{"with": "both"})

    page = words_of(team.get(overtaken).text)
    assert "Not all fits together: yours stands at rules.attended-for-long.weight." in page


# ---- Trying ------------------------------------------------------------------


def test_a_simulation_tells_a_large_group_with_its_reason(team: FlaskClient, draft: str) -> None:
    alike(6)
    sent(team, f"{draft}/rules/{ANSWERS}/remove", revision="0")

    page = tried(team, draft)

    assert "6 people would have no evidence in it any more." in page
    assert "All: the rule contributed gives evidence no more." in page
    assert "It covered everybody: 6 learners and 24 statements" in page


def test_a_simulation_names_nobody(team: FlaskClient, draft: str) -> None:
    alike(6)
    sent(team, f"{draft}/rules/{ANSWERS}/remove", revision="0")

    assert "@example.org" not in tried(team, draft).replace("odile@example.org", "")


def test_a_simulation_of_few_people_tells_nothing(team: FlaskClient, draft: str) -> None:
    alike(4)
    sent(team, f"{draft}/rules/{ANSWERS}/remove", revision="0")

    page = tried(team, draft)

    assert "fewer than 5 learners, so nothing is said about their levels" in page
    assert "no evidence in it" not in page


def test_a_simulation_publishes_nothing(team: FlaskClient, draft: str) -> None:
    alike(6)
    sent(team, f"{draft}/rules/{ANSWERS}/remove", revision="0")
    before = every_table()

    tried(team, draft)

    assert every_table() == before


def test_the_rules_in_force_move_nobody(team: FlaskClient, draft: str) -> None:
    alike(6)

    assert "These are the rules in force, so nobody moves." in tried(team, draft)


def test_a_draft_with_errors_is_not_tried(team: FlaskClient, draft: str) -> None:
    save_text(team, draft, text_of(team, draft).replace("kind: authored", "kind: written"))

    assert sent(team, f"{draft}/simulate").status_code == 422


def test_a_long_simulation_says_how_far_it_is(
    team: FlaskClient, draft: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    alike(2)
    monkeypatch.setattr(rulesets_trials, "WAIT_S", 0.0)
    monkeypatch.setattr(rulesets_trials, "PAUSE_S", 1.0)

    there = sent(team, f"{draft}/simulate").location
    second = sent(team, f"{draft}/simulate")

    assert "It is at it." in words_of(team.get(there).text)
    assert second.status_code == 409
    wait_for_turn()


def test_a_simulation_that_takes_too_long_is_stopped(
    team: FlaskClient, draft: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    alike(2)
    monkeypatch.setattr(rulesets_trials, "LONGEST_S", 0.0)

    assert "it was stopped. Nothing was changed." in tried(team, draft)


def test_somebody_elses_simulation_is_not_found(app: Flask, team: FlaskClient, draft: str) -> None:
    there = sent(team, f"{draft}/simulate").location

    assert the_team(app, "Ines Roy").get(there).status_code == 404


def wait_for_turn() -> None:
    """Until no simulation runs, so that none outlives its test."""
    assert rulesets_trials._turn.acquire(timeout=30)
    rulesets_trials._turn.release()


@pytest.mark.parametrize(
    ("counts", "everybody", "shown"),
    [
        pytest.param({"up": 5}, 10, {"up"}, id="five of ten"),
        pytest.param({"up": 4}, 10, set(), id="four"),
        pytest.param({"up": 8}, 8, {"up"}, id="all"),
        pytest.param({"up": 8}, 10, set(), id="all but two"),
        pytest.param({"up": 9, "down": 6}, 17, {"up"}, id="two are left beside both"),
        pytest.param({"up": 9, "down": 3}, 12, set(), id="three are left beside nine"),
    ],
)
def test_only_large_groups_are_told(
    counts: dict[str, int], everybody: int, shown: set[str]
) -> None:
    assert set(large(counts, everybody)) == shown
