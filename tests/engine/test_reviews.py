"""Reviews: who may look at what, whose word counts how far, and what two people say of an item."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from factories import a_person
from flask import Flask
from live_log import an_origin, on, put
from review_making import (
    BO,
    EVE,
    INES,
    accepted,
    again,
    an_item,
    asked,
    log,
    reach,
    standing_classes,
    the_cast,
    who,
)

from engine import profiles
from engine.competencies import rulesets
from engine.competencies.evidence import OWN_PROFILE, Ruleset
from engine.db import transaction
from engine.errors import Conflict, Forbidden, NotFound, Refused
from engine.lrs.keys import own_origin
from engine.people import service as people
from engine.reviews import dialogue, requests
from engine.reviews.dialogue import ACCEPTED, COMMENTED, MOST_SAID, REJECTED, REPLIED
from engine.sources import decisions
from engine.sources.decisions import Correction
from xapi import text
from xapi.vocabulary import VERBS

pytestmark = pytest.mark.both_databases


@pytest.fixture(autouse=True)
def cast(app: Flask) -> None:
    the_cast()


@pytest.fixture
def item() -> uuid.UUID:
    return an_item()


# ---- What an answer is worth -----------------------------------------------------------


def test_what_nobody_looked_at_is_the_systems_word(item: uuid.UUID) -> None:
    asked(item)

    assert standing_classes() == ["system"]


@pytest.mark.parametrize(("reviewer", "becomes"), [(INES, "peer"), (EVE, "expert")])
def test_an_acceptance_lifts_as_far_as_the_reviewers_role(
    item: uuid.UUID, reviewer: str, becomes: str
) -> None:
    accepted(item, reviewer)

    assert standing_classes() == [becomes]


def test_a_peers_acceptance_reaches_the_level_of_the_ruleset(item: uuid.UUID) -> None:
    before = reach()
    accepted(item)

    assert (before, reach()) == ({1}, {3})


def test_an_expert_says_up_to_which_level(item: uuid.UUID) -> None:
    dialogue.judge(who(EVE), asked(item, EVE).id, ACCEPTED, level=2)

    assert reach() == {2}


def test_an_expert_who_is_none_any_more_counts_as_a_peer(item: uuid.UUID) -> None:
    accepted(item, EVE)
    before = standing_classes()
    with transaction():
        people.take_role(people.get_person(EVE), "expert")

    assert (before, standing_classes()) == (["expert"], ["peer"])


def test_a_peer_who_becomes_an_expert_counts_as_one(item: uuid.UUID) -> None:
    accepted(item)
    with transaction():
        people.give_role(people.get_person(INES), "expert")

    assert standing_classes() == ["expert"]


def test_an_experts_rejection_takes_the_weight(item: uuid.UUID) -> None:
    dialogue.judge(who(EVE), asked(item, EVE).id, REJECTED, "It was copied.")

    assert standing_classes() == []


def test_a_peers_rejection_outweighs_a_peers_acceptance(item: uuid.UUID) -> None:
    a_person("Ada Bly", "ada@example.org")
    accepted(item)
    dialogue.judge(who("ada@example.org"), asked(item, "ada@example.org").id, REJECTED, "No.")

    assert standing_classes() == ["system"]


def test_the_latest_word_counts_and_the_former_is_voided(item: uuid.UUID) -> None:
    request = accepted(item)
    former = again(request).word
    dialogue.judge(who(INES), request.id, REJECTED, "I looked again.")

    assert standing_classes() == ["system"]
    assert [one.voided for one in log() if one.sid == former] == [True]


def test_a_word_that_is_taken_back_counts_no_more(item: uuid.UUID) -> None:
    request = accepted(item)
    dialogue.take_back(who(INES), request.id)

    assert standing_classes() == ["system"]
    assert again(request).word is None


def test_a_word_taken_back_on_the_reviewers_record_is_taken_back_here(item: uuid.UUID) -> None:
    request = accepted(item)
    word = again(request).word
    assert word is not None
    decisions.take_back(who(INES), word)

    assert again(request).waits


def test_a_question_leaves_the_verdict(item: uuid.UUID) -> None:
    request = accepted(item)
    dialogue.comment(who(INES), request.id, "Where is the rest?")

    assert standing_classes() == ["peer"]


def test_saying_it_again_stores_nothing(item: uuid.UUID) -> None:
    request = accepted(item)
    before = len(log())
    dialogue.judge(who(INES), request.id, ACCEPTED)

    assert len(log()) == before


def test_an_acceptance_holds_for_what_the_learner_corrected(item: uuid.UUID) -> None:
    accepted(item)
    when = datetime(2026, 9, 7, 12, 0, tzinfo=UTC)
    decisions.correct(who(BO), item, Correction(at=when))

    assert standing_classes() == ["peer"]


@pytest.mark.parametrize(
    ("reviewer", "verdict", "message", "level", "where"),
    [
        pytest.param(INES, REJECTED, " \n", None, "message", id="rejected without a reason"),
        pytest.param(INES, ACCEPTED, "", 3, "level", id="a level by a peer"),
        pytest.param(EVE, REJECTED, "No.", 3, "level", id="a level with a rejection"),
        pytest.param(EVE, ACCEPTED, "", 5, "level", id="a level above the scale"),
        pytest.param(EVE, ACCEPTED, "", 0, "level", id="no level at all"),
        pytest.param(INES, "voided", "", None, "answer", id="another verb"),
        pytest.param(INES, ACCEPTED, "x" * 1001, None, "message", id="a long message"),
    ],
)
def test_an_answer_that_cannot_be_is_refused_at_its_field(
    item: uuid.UUID, reviewer: str, verdict: str, message: str, level: int | None, where: str
) -> None:
    request, before = asked(item, reviewer), len(log())

    with pytest.raises(Refused) as refusal:
        dialogue.judge(who(reviewer), request.id, verdict, message, level)

    assert refusal.value.where == where
    assert len(log()) == before


# ---- Who may look ----------------------------------------------------------------------------


def test_whoever_is_asked_sees_the_item(item: uuid.UUID) -> None:
    stored = dialogue.sight(asked(item))

    assert stored is not None
    assert stored.sid == item


def test_whoever_is_asked_sees_the_revision_that_stands(item: uuid.UUID) -> None:
    request = asked(item)
    new = decisions.correct(who(BO), item, Correction(duration=timedelta(minutes=5)))
    profiles.catch_up()

    stored = dialogue.sight(request)
    assert stored is not None
    assert stored.sid == new != item


def test_asking_about_a_revision_is_asking_about_the_item(item: uuid.UUID) -> None:
    request = asked(item)
    new = decisions.correct(who(BO), item, Correction(duration=timedelta(minutes=5)))
    profiles.catch_up()

    assert asked(new).id == request.id


@pytest.mark.parametrize(
    "end",
    [
        pytest.param(lambda request: requests.withdraw(who(BO), request.id), id="withdrawn"),
        pytest.param(lambda request: requests.decline(who(INES), request.id), id="declined"),
        pytest.param(
            lambda request: people.merge(people.get_person(BO), people.get_person(INES)),
            id="taken for one person",
        ),
    ],
)
def test_what_has_ended_grants_nothing(item: uuid.UUID, end: Callable[[Any], None]) -> None:
    request = asked(item)
    who(BO)
    with transaction():
        end(request)

    assert dialogue.sight(again(request)) is None


def test_an_item_that_was_taken_back_is_not_seen() -> None:
    noted = decisions.note(who(BO), _note())
    profiles.catch_up()
    request = asked(noted)
    decisions.take_back(who(BO), noted)
    profiles.catch_up()

    assert dialogue.sight(request) is None


def _note() -> decisions.Note:
    return decisions.Note(title="A talk", kind="conversation", at=datetime.now(UTC))


def test_what_its_learner_objects_to_is_not_seen(item: uuid.UUID) -> None:
    request = asked(item)
    origin = dialogue.sight(request).origin  # type: ignore[union-attr]
    with transaction():
        people.say(people.get_person(BO), origin, "objected")

    assert dialogue.sight(request) is None


def test_nobody_else_finds_the_request(item: uuid.UUID) -> None:
    request = asked(item)

    with pytest.raises(NotFound):
        requests.asked_of(who(EVE), request.id)


def test_its_learner_is_not_its_reviewer(item: uuid.UUID) -> None:
    request = asked(item)

    with pytest.raises(NotFound):
        dialogue.judge(who(BO), request.id, ACCEPTED)


def test_nobody_reviews_the_item_of_whom_she_was_merged_with(item: uuid.UUID) -> None:
    request = asked(item)
    with transaction():
        people.merge(people.get_person(INES), people.get_person(BO))

    with pytest.raises(NotFound):
        dialogue.judge(who(INES), request.id, ACCEPTED)


def test_whoever_was_merged_is_asked_as_who_she_is_now(item: uuid.UUID) -> None:
    request = asked(item)
    with transaction():
        people.merge(people.get_person(EVE), people.get_person(INES))

    assert [one.id for one in requests.all_asked_of(who(EVE))] == [request.id]


@pytest.mark.parametrize("other", [INES, EVE], ids=["the reviewer", "somebody else"])
def test_only_its_learner_withdraws_it(item: uuid.UUID, other: str) -> None:
    request = asked(item)
    them = who(other)

    with pytest.raises(NotFound), transaction():
        requests.withdraw(them, request.id)


# ---- Asking ------------------------------------------------------------------------------------


def test_asking_again_changes_nothing(item: uuid.UUID) -> None:
    assert asked(item, question="One?") == asked(item, question="Another?")


def test_what_was_withdrawn_can_be_asked_again(item: uuid.UUID) -> None:
    request = asked(item)
    bo = who(BO)
    with transaction():
        requests.withdraw(bo, request.id)

    renewed = asked(item, question="Once more?")
    assert (renewed.id, renewed.grants, renewed.question) == (request.id, True, "Once more?")


@pytest.mark.parametrize(
    "email",
    [
        pytest.param("nobody@example.org", id="nobody here"),
        pytest.param("Ines Roy", id="a name"),
        pytest.param(BO, id="herself"),
        pytest.param("bo.two@example.org", id="herself under another address"),
    ],
)
def test_who_cannot_be_asked_is_refused(item: uuid.UUID, email: str) -> None:
    with transaction():
        people.link(people.get_person(BO), "mailto:bo.two@example.org")

    with pytest.raises(Refused):
        asked(item, email)

    assert requests.all_asked_by(who(BO)) == []


def test_who_said_no_is_not_asked_again(item: uuid.UUID) -> None:
    request = asked(item)
    ines = who(INES)
    with transaction():
        requests.decline(ines, request.id)

    with pytest.raises(Refused, match="does not want to look"):
        asked(item)


def test_an_answered_request_is_not_declined(item: uuid.UUID) -> None:
    request = accepted(item)

    with pytest.raises(Conflict), transaction():
        requests.decline(people.who(people.get_person(INES)), request.id)


def test_so_many_requests_wait_at_most(item: uuid.UUID) -> None:
    with transaction():
        crowd = [
            people.create_person(name=f"P {n}", email=f"p{n}@example.org").email
            for n in range(requests.MOST_OPEN)
        ]
    open_ones = [asked(item, email) for email in crowd]

    with pytest.raises(Refused, match="still wait"):
        asked(item)
    dialogue.judge(who(crowd[0]), open_ones[0].id, ACCEPTED)

    assert asked(item).waits


def test_nobody_asks_for_somebody_elses_item(item: uuid.UUID) -> None:
    with pytest.raises(Forbidden):
        asked(item, EVE, INES)


# ---- What is said ------------------------------------------------------------------------------


def a_talk(item: uuid.UUID) -> requests.Request:
    """Ines asks, Bo answers, Ines accepts."""
    request = asked(item)
    dialogue.comment(who(INES), request.id, "Which data?\n\n\n\nAll?")
    dialogue.reply(who(BO), request.id, "The open ones.")
    dialogue.judge(who(INES), request.id, ACCEPTED, "Good.")
    return again(request)


def test_the_dialogue_is_read_oldest_first(item: uuid.UUID) -> None:
    said = dialogue.dialogue(a_talk(item))

    assert [(one.verb, one.text) for one in said] == [
        (COMMENTED, "Which data?\n\nAll?"),
        (REPLIED, "The open ones."),
        (ACCEPTED, "Good."),
    ]


def test_what_is_said_is_a_private_statement_of_byways(item: uuid.UUID) -> None:
    a_talk(item)
    said = [one for one in log() if one.origin == own_origin().id]

    assert [one.audience for one in said] == ["private"] * 3


def test_statements_point_to_what_they_are_about(item: uuid.UUID) -> None:
    a_talk(item)
    asking, answering, accepting = (
        text.parse(one.payload) for one in log() if one.origin == own_origin().id
    )

    assert (
        asking["object"] == accepting["object"] == {"objectType": "StatementRef", "id": str(item)}
    )
    assert answering["object"]["id"] == asking["id"]
    assert answering["context"]["statement"]["id"] == str(item)
    assert (asking["actor"]["mbox"], answering["actor"]["mbox"]) == (
        f"mailto:{INES}",
        f"mailto:{BO}",
    )


def test_no_rule_takes_a_dialogue_for_learning(item: uuid.UUID) -> None:
    a_talk(item)
    config = rulesets.current().config
    (rule,) = [one for one in config["rules"] if one["id"] == "contributed"]
    greedy = rule | {"match": {}, "competencies": {"fixed": [next(iter(config["competencies"]))]}}
    rules = Ruleset({**config, "rules": [greedy]})
    talk, said = text.parse(log()[0].payload), [text.parse(one.payload) for one in log()[1:]]

    assert [len(rules.weigh(one).rows) for one in (talk, *said)] == [1, 0, 0, 0]


def test_a_statement_sent_with_the_same_registration_is_no_part_of_it(item: uuid.UUID) -> None:
    request = a_talk(item)
    registration = text.parse(log()[-1].payload)["context"]["registration"]
    context = {
        "registration": registration,
        "contextActivities": {"category": [{"id": OWN_PROFILE}]},
    }
    put(an_origin("forger"), on(str(item), VERBS["commented"].iri, INES, context=context))

    assert len(dialogue.dialogue(request)) == 3


def test_requests_do_not_share_a_dialogue(item: uuid.UUID) -> None:
    a_talk(item)

    assert dialogue.dialogue(asked(item, EVE)) == []


def test_a_reply_needs_something_to_reply_to(item: uuid.UUID) -> None:
    with pytest.raises(Conflict):
        dialogue.reply(who(BO), asked(item).id, "Hello?")


def test_nothing_is_said_under_what_has_ended(item: uuid.UUID) -> None:
    request = asked(item)
    bo = who(BO)
    with transaction():
        requests.withdraw(bo, request.id)

    with pytest.raises(Conflict):
        dialogue.judge(who(INES), request.id, ACCEPTED)


def test_a_word_can_be_taken_back_after_the_end(item: uuid.UUID) -> None:
    request = accepted(item)
    bo = who(BO)
    with transaction():
        requests.withdraw(bo, request.id)
    dialogue.take_back(who(INES), request.id)

    assert standing_classes() == ["system"]


def test_there_is_an_end_to_what_can_be_said(item: uuid.UUID) -> None:
    request, ines = asked(item), who(INES)
    for number in range(MOST_SAID):
        dialogue.comment(ines, request.id, f"And {number}?")

    with pytest.raises(Refused, match="were said about this already"):
        dialogue.comment(ines, request.id, "One more?")


def test_two_answers_at_once_leave_one(app: Flask, item: uuid.UUID) -> None:
    request, ines = asked(item), who(INES)

    def say(verdict: str) -> None:
        with app.app_context(), suppress(Conflict):
            dialogue.judge(ines, request.id, verdict, "Because.")

    with ThreadPoolExecutor() as pool:
        list(pool.map(say, [ACCEPTED, REJECTED]))

    assert len(dialogue.dialogue(request)) == 1


@pytest.mark.parametrize(
    "message",
    [
        pytest.param("a\x00b\x1f\x85c", id="control characters"),
        pytest.param("{{ 7 * 7 }} <b>", id="markup"),
        pytest.param("\N{RIGHT-TO-LEFT OVERRIDE}gpj.exe", id="turned text"),
        pytest.param("\N{PILE OF POO}" * 1000, id="wide letters"),
    ],
)
def test_whatever_is_typed_can_be_said(item: uuid.UUID, message: str) -> None:
    request = asked(item)
    dialogue.comment(who(INES), request.id, message)

    assert len(dialogue.dialogue(request)) == 1


def test_a_merged_record_keeps_its_requests(item: uuid.UUID) -> None:
    request = asked(item)
    with transaction():
        newer = people.create_person(name="Bo L", email="bo.l@example.org")
        people.merge(newer, people.get_person(BO))

    assert [one.id for one in requests.all_asked_by(who(BO))] == [request.id]
