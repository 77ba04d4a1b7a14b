"""Four voices on a level: who is heard as what, who is not, and that no word is evidence."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from factories import a_key, a_person, headers
from flask import Flask
from live_log import an_origin, answered, put
from voice_making import (
    DATA,
    POLICY,
    RATED,
    heard,
    manages,
    manages_no_more,
    own_rating,
    rating,
    ruleset,
    stated,
)

from engine import asked_levels, profiles
from engine.competencies.evidence import Ruleset
from engine.db import db, transaction
from engine.errors import NotFound, Refused
from engine.lrs.store import Authority
from engine.people import service as people
from engine.people.service import Who
from engine.pipeline import reader
from xapi import text

ANN, BO, INES = "ann@example.org", "bo@example.org", "ines@example.org"
ATTESTING = {"ceiling": "expert", "attests": "expert"}

pytestmark = pytest.mark.both_databases


@pytest.fixture
def bo(app: Flask) -> Who:
    """The learner."""
    return a_person("Bo Lund", BO)


@pytest.fixture
def ann(app: Flask) -> Who:
    return a_person("Ann Boss", ANN)


@pytest.fixture
def ines(app: Flask) -> Who:
    return a_person("Ines Roy", INES)


@pytest.fixture
def trusted(app: Flask) -> Authority:
    """The origin of a key that may attest."""
    return an_origin("hr", **ATTESTING)


def asked(learner: Who, speaker: Who, competency: str = DATA) -> int:
    """The learner asks somebody for a level; the number of the request."""
    with transaction():
        assert asked_levels.ask(learner, speaker.email, competency) is None
    (request,) = asked_levels.asked_of(speaker)
    return request.id


# ---- Who is heard as what ---------------------------------------------------------------------


def test_nobody_said_anything(bo: Who) -> None:
    voices = heard(bo)

    assert voices.herself is None
    assert voices.peers.count == 0
    assert voices.managers == voices.from_managers == ()


def test_her_own_word_is_hers(bo: Who) -> None:
    asked_levels.state_own(bo, DATA, ruleset(), stated(3, "I run the data clinic"))

    said = heard(bo).herself
    assert said is not None
    assert (said.level, said.words, said.name) == (3, "I run the data clinic", "Bo Lund")


def test_a_word_on_another_competency_is_not_heard_here(bo: Who) -> None:
    asked_levels.state_own(bo, POLICY, ruleset(), stated(3))

    assert heard(bo).herself is None


def test_who_manages_her_now_speaks_as_manager(bo: Who, ann: Who, trusted: Authority) -> None:
    manages(ann, bo)
    put(trusted, rating(ANN, BO, 2))

    voices = heard(bo)
    assert [one.name for one in voices.from_managers] == ["Ann Boss"]
    assert voices.peers.count == 0


def test_who_manages_her_no_more_speaks_as_a_peer(bo: Who, ann: Who, trusted: Authority) -> None:
    manages(ann, bo)
    put(trusted, rating(ANN, BO, 2))
    manages_no_more(bo)

    voices = heard(bo)
    assert voices.from_managers == ()
    assert voices.peers.spread == ((2, 1),)


def test_whom_she_manages_is_no_peer(bo: Who, ann: Who, trusted: Authority) -> None:
    manages(bo, ann)
    put(trusted, rating(ANN, BO, 4))

    assert heard(bo).peers.count == 0


def test_peers_are_counted_by_level_and_never_averaged(bo: Who, trusted: Authority) -> None:
    put(trusted, rating("a@example.org", BO, 1), rating("b@example.org", BO, 3))
    put(trusted, rating("c@example.org", BO, 3))

    assert heard(bo).peers.spread == ((1, 1), (3, 2))


def test_a_peer_is_named_only_where_she_speaks_in_the_open(
    bo: Who, ann: Who, ines: Who, trusted: Authority
) -> None:
    put(trusted, rating(ANN, BO, 1), rating(INES, BO, 3, named=True, words="Good charts"))

    peers = heard(bo).peers
    assert peers.count == 2
    assert [(one.name, one.words) for one in peers.named] == [("Ines Roy", "Good charts")]


def test_the_newest_word_of_each_stands(bo: Who, trusted: Authority) -> None:
    put(trusted, rating(INES, BO, 3, days=1), rating(INES, BO, 1, days=5))

    assert heard(bo).peers.spread == ((3, 1),)


def test_a_word_from_the_future_counts_from_when_it_came(bo: Who, trusted: Authority) -> None:
    put(trusted, rating(INES, BO, 4, days=-900))
    put(trusted, rating(INES, BO, 2, days=0))

    assert heard(bo).peers.spread == ((2, 1),)


def test_a_speaker_under_two_names_is_one(bo: Who, ines: Who, trusted: Authority) -> None:
    put(trusted, rating(INES, BO, 1, days=2), rating("i.roy@example.org", BO, 2, days=1))
    with transaction():
        people.link(people.get_person(INES), "i.roy@example.org")

    assert heard(bo).peers.spread == ((2, 1),)


def test_the_learner_under_another_name_is_no_peer(bo: Who, trusted: Authority) -> None:
    put(trusted, rating("bo.lund@example.org", BO, 4))
    with transaction():
        people.link(people.get_person(BO), "bo.lund@example.org")

    voices = heard(bo)
    assert voices.peers.count == 0
    assert voices.herself is not None


def test_a_word_is_found_under_any_of_her_identifiers(bo: Who, trusted: Authority) -> None:
    put(trusted, rating(INES, "bo.lund@example.org", 2))
    with transaction():
        people.link(people.get_person(BO), "bo.lund@example.org")

    assert heard(bo).peers.count == 1


def test_a_merged_manager_is_the_manager(bo: Who, ann: Who, ines: Who, trusted: Authority) -> None:
    manages(ann, bo)
    put(trusted, rating(INES, BO, 2))
    with transaction():
        people.merge(people.get_person(INES), people.get_person(ANN))

    assert [one.name for one in heard(bo).from_managers] == ["Ines Roy"]


def test_what_she_says_of_others_is_not_her_own_level(bo: Who, trusted: Authority) -> None:
    put(trusted, rating(BO, INES, 4))

    assert heard(bo).herself is None


def test_the_form_of_the_older_version_is_read(bo: Who, ann: Who, trusted: Authority) -> None:
    manages(ann, bo)
    put(trusted, own_rating(BO, 2, instructor=ANN), own_rating(BO, 1))

    voices = heard(bo)
    assert [one.level for one in voices.from_managers] == [2]
    assert voices.herself is not None


@pytest.mark.parametrize(
    "level",
    [
        pytest.param(0, id="below the scale"),
        pytest.param(5, id="above the scale"),
        pytest.param(2.5, id="between two levels"),
        pytest.param(-1, id="negative"),
        pytest.param(1e300, id="beyond all scales"),
    ],
)
def test_what_is_no_level_is_not_heard(bo: Who, trusted: Authority, level: float) -> None:
    put(trusted, rating(INES, BO, level))

    assert heard(bo).peers.count == 0


@pytest.mark.parametrize(
    "result",
    [
        pytest.param({}, id="no result"),
        pytest.param({"score": {"scaled": 0.5}}, id="no raw score"),
        pytest.param({"response": "three"}, id="words only"),
    ],
)
def test_a_rating_without_a_level_is_not_heard(
    bo: Who, trusted: Authority, result: dict[str, Any]
) -> None:
    put(trusted, rating(INES, BO, result=result))

    assert heard(bo).peers.count == 0


def test_a_word_on_a_rating_is_no_rating(bo: Who, trusted: Authority) -> None:
    (sid,) = put(trusted, rating(INES, BO))
    put(trusted, rating(ANN, BO, object={"objectType": "StatementRef", "id": sid}))

    assert heard(bo).peers.count == 1


# ---- Who is not heard -------------------------------------------------------------------------


def test_an_ordinary_key_cannot_speak_for_her_manager(bo: Who, ann: Who) -> None:
    manages(ann, bo)
    put(an_origin("lms"), rating(ANN, BO, 4), own_rating(BO, 4, instructor=ANN))

    voices = heard(bo)
    assert voices.from_managers == ()
    assert voices.peers.count == 0


@pytest.mark.parametrize(
    "trust",
    [
        pytest.param({}, id="an ordinary key"),
        pytest.param({"attests": "peer"}, id="a source that vouches for peers"),
    ],
)
def test_who_may_not_attest_speaks_for_nobody(bo: Who, trust: dict[str, str]) -> None:
    put(an_origin("lms", **trust), own_rating(BO, 4))

    assert heard(bo).herself is None


def test_a_forged_rating_sent_to_the_endpoint_is_not_heard(app: Flask, bo: Who, ann: Who) -> None:
    manages(ann, bo)
    sent = rating(ANN, BO, 4, authority={"objectType": "Agent", "mbox": "mailto:hr@example.org"})
    answer = app.test_client().post(
        "/xapi/statements", json=sent, headers=headers(a_key("lms"), "2.0.0")
    )

    assert answer.status_code == 200
    assert heard(bo).from_managers == ()


def test_a_key_that_may_attest_is_heard(app: Flask, bo: Who, ann: Who) -> None:
    manages(ann, bo)
    key = a_key("hr", may_attest=True)
    app.test_client().post(
        "/xapi/statements", json=rating(ANN, BO, 4), headers=headers(key, "2.0.0")
    )

    assert [one.level for one in heard(bo).from_managers] == [4]


def test_what_she_objects_to_is_not_heard(bo: Who, trusted: Authority) -> None:
    put(trusted, rating(INES, BO))
    with transaction():
        people.say(people.get_person(BO), trusted.origin, "objected")

    assert heard(bo).peers.count == 0


def test_a_word_after_the_day_is_not_heard(bo: Who, trusted: Authority) -> None:
    put(trusted, rating(INES, BO, days=2), rating(ANN, BO, days=40))

    assert heard(bo, until=profiles.today() - timedelta(days=30)).peers.count == 1


# ---- Stating and taking back ------------------------------------------------------------------


def test_a_new_word_takes_the_place_of_the_former(bo: Who) -> None:
    asked_levels.state_own(bo, DATA, ruleset(), stated(3))
    first = heard(bo).herself
    asked_levels.state_own(bo, DATA, ruleset(), stated(2))

    assert first is not None
    assert reader().voided([first.sid]) == {first.sid}
    assert [heard(bo).herself.level] == [2]  # type: ignore[union-attr]


def test_saying_the_same_again_stores_nothing(bo: Who) -> None:
    asked_levels.state_own(bo, DATA, ruleset(), stated(3, "Why"))
    before = reader().count()
    asked_levels.state_own(bo, DATA, ruleset(), stated(3, "Why"))

    assert reader().count() == before


def test_what_is_taken_back_is_heard_no_more(bo: Who) -> None:
    asked_levels.state_own(bo, DATA, ruleset(), stated(3))
    asked_levels.state_own(bo, DATA, ruleset(), stated(2))
    asked_levels.take_back_own(bo, DATA, ruleset())

    assert heard(bo).herself is None


def test_taking_back_nothing_stores_nothing(bo: Who) -> None:
    before = reader().count()
    asked_levels.take_back_own(bo, DATA, ruleset())

    assert reader().count() == before


@pytest.mark.parametrize("level", [0, 5])
def test_a_level_outside_the_scale_is_refused(bo: Who, level: int) -> None:
    with pytest.raises(Refused):
        asked_levels.state_own(bo, DATA, ruleset(), stated(level))

    assert heard(bo).herself is None


def test_who_was_asked_answers(bo: Who, ines: Who) -> None:
    asked_levels.answer(ines, asked(bo, ines), ruleset(), stated(3, "Good charts"))

    peers = heard(bo).peers
    assert (peers.spread, peers.named) == (((3, 1),), ())


def test_who_was_not_asked_says_nothing(bo: Who, ines: Who, ann: Who) -> None:
    request = asked(bo, ines)

    with pytest.raises(NotFound):
        asked_levels.answer(ann, request, ruleset(), stated(3))
    assert heard(bo).peers.count == 0


def test_a_withdrawn_request_takes_no_answer(bo: Who, ines: Who) -> None:
    request = asked(bo, ines)
    with transaction():
        asked_levels.withdraw(bo, request)

    with pytest.raises(Refused):
        asked_levels.answer(ines, request, ruleset(), stated(3))
    assert asked_levels.asked_of(ines) == []


def test_what_was_said_can_be_taken_back_after_the_request_is_withdrawn(bo: Who, ines: Who) -> None:
    request = asked(bo, ines)
    asked_levels.answer(ines, request, ruleset(), stated(3))
    with transaction():
        asked_levels.withdraw(bo, request)
    before = heard(bo).peers.count
    asked_levels.take_back(ines, request, ruleset())

    assert (before, heard(bo).peers.count) == (1, 0)


def test_only_who_asked_withdraws(bo: Who, ines: Who) -> None:
    request = asked(bo, ines)

    with pytest.raises(NotFound), transaction():
        asked_levels.withdraw(ines, request)


def test_asking_again_is_one_request(bo: Who, ines: Who) -> None:
    first = asked(bo, ines)

    assert asked(bo, ines) == first


def test_a_withdrawn_request_can_be_made_again(bo: Who, ines: Who) -> None:
    first = asked(bo, ines)
    with transaction():
        asked_levels.withdraw(bo, first)

    assert asked(bo, ines) == first
    assert asked_levels.asked_for(bo.id, DATA)[0].is_open


@pytest.mark.parametrize(
    "email",
    [
        pytest.param(BO, id="herself"),
        pytest.param("nobody@example.org", id="nobody known"),
        pytest.param("not an address", id="no address"),
        pytest.param("", id="nothing"),
    ],
)
def test_who_cannot_be_asked_is_refused(bo: Who, email: str) -> None:
    assert asked_levels.ask(bo, email, DATA) is not None
    assert asked_levels.open_requests(bo.id) == []


def test_open_requests_have_a_bound(
    bo: Who, ines: Who, ann: Who, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asked_levels, "MOST_ASKED", 1)
    asked(bo, ines)

    refusal = asked_levels.ask(bo, ANN, DATA)
    assert refusal is not None
    assert "Withdraw one" in refusal.mend


# ---- No word is evidence ----------------------------------------------------------------------


def greedy() -> Ruleset:
    """A ruleset that would count every rating of a competency."""
    config = ruleset().config
    last = config["rules"][-1]
    rated = {**last, "id": "rated", "match": {"verb": [RATED]}}
    return Ruleset({**config, "rules": [*config["rules"], rated]})


def test_no_word_changes_a_level_or_the_digest(bo: Who, ines: Who, trusted: Authority) -> None:
    put(trusted, answered())
    profiles.catch_up()
    before = profiles.digest_of(profiles.today())
    put(trusted, rating(INES, BO, 4), own_rating(BO, 4))
    asked_levels.state_own(bo, DATA, ruleset(), stated(4))
    asked_levels.answer(ines, asked(bo, ines), ruleset(), stated(4))
    profiles.catch_up()

    assert profiles.digest_of(profiles.today()) == before


def test_a_ruleset_that_counts_ratings_leaves_ours_out(
    bo: Who, ines: Who, trusted: Authority
) -> None:
    asked_levels.state_own(bo, DATA, ruleset(), stated(4))
    sent = own_rating(BO, 4)
    own = heard(bo).herself
    assert own is not None
    ours = text.parse(reader().many([own.sid])[own.sid].payload)

    assert greedy().weigh(ours).rows == ()
    assert len(greedy().weigh(sent | {"stored": sent["timestamp"]}).rows) == 1


def test_the_statement_is_valid_at_the_endpoint(app: Flask, bo: Who, ines: Who) -> None:
    asked_levels.answer(ines, asked(bo, ines), ruleset(), stated(3, "Good charts", named=True))
    db.session.rollback()
    (said,) = heard(bo).peers.named
    key = headers(a_key("all", scopes=["all"], reads="all"), "2.0.0")
    query = {"statementId": str(said.sid)}
    found = app.test_client().get("/xapi/statements", headers=key, query_string=query).json

    assert found["result"] == {"score": {"raw": 3, "min": 0, "max": 4}, "response": "Good charts"}
    assert found["object"]["definition"]["name"] == {"und": "Data literacy"}
    assert found["context"]["contextAgents"][0]["agent"]["mbox"] == f"mailto:{BO}"
