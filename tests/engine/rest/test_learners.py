"""GET /api/v1/learners/...: who may ask, and answers whose sums can be checked."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from factories import HOME, a_key, a_person, a_statement, headers
from flask import Flask
from live_log import (
    ACCEPTED,
    DATA,
    DAY,
    REJECTED,
    an_origin,
    answered,
    on,
    put,
    where,
)
from werkzeug.test import TestResponse

from engine import profiles
from engine.competencies import rulesets
from engine.db import db, transaction
from engine.lrs.models import Origin
from engine.people import service as people
from xapi.digests import Digest

READS = {"scopes": ["profiles/read"], "reads": "all"}
ON = f"?as_of={DAY.isoformat()}"
ATTENDED = "http://adlnet.gov/expapi/verbs/attended"
ATTESTING = {"ceiling": "expert", "attests": "expert"}


class Api:
    """Somebody who asks with a key of her own."""

    def __init__(self, app: Flask, **key: Any) -> None:
        self.client, self.headers = app.test_client(), headers(a_key("asker", **(READS | key)))

    def get(self, path: str) -> TestResponse:
        db.session.rollback()
        return self.client.get(f"/api/v1/learners/{path}", headers=self.headers)

    def why(self, who: str = "bo@example.org", what: str = DATA, query: str = ON) -> Any:
        answer = self.get(
            f"{quote(who, safe='')}/competencies/{quote(what, safe='')}/explain{query}"
        )
        assert answer.status_code == 200, answer.text
        return answer.json


@pytest.fixture
def api(app: Flask) -> Api:
    a_person("Bo Lund", "bo@example.org")
    a_person("Ines Roy", "ines@example.org")
    return Api(app)


def two_answers() -> list[str]:
    """Two answers in a forum, the first of which a peer accepted."""
    first, second = answered(thing="1"), answered(thing="2")
    put(an_origin("forum"), first, second)
    put(an_origin("peers", **ATTESTING), on(first["id"], ACCEPTED))
    profiles.catch_up()
    return [first["id"], second["id"]]


@pytest.mark.parametrize(
    "key",
    [
        pytest.param({"scopes": ["all/read"]}, id="no scope for profiles"),
        pytest.param({"reads": "mine"}, id="reads its own only"),
        pytest.param({"reads": "shared"}, id="reads what is shared"),
    ],
)
def test_a_profile_is_for_keys_that_may_read_it(app: Flask, key: dict[str, Any]) -> None:
    a_person("Bo Lund", "bo@example.org")
    assert Api(app, **key).get(f"bo@example.org/profile{ON}").status_code == 403


def test_nobody_is_answered_without_a_key(app: Flask) -> None:
    assert app.test_client().get("/api/v1/learners/bo@example.org/profile").status_code == 401


def test_contributions_add_up_to_the_mass_of_the_level(api: Api) -> None:
    two_answers()
    told = api.why()
    standing = where()
    assert standing is not None
    assert sum(piece["contribution"] for piece in told["evidence"]) == told["mass"]
    assert told["mass"] == standing.positive[told["told"] - 1]


def test_a_piece_says_which_statement_rule_and_class(api: Api) -> None:
    accepted, _ = two_answers()
    piece = next(one for one in api.why()["evidence"] if one["statement"] == accepted)
    assert (piece["assurance"], piece["day"], piece["decay_ppm"]) == ("peer", "2026-09-08", 998103)
    assert piece["url"].endswith(f"/xapi/statements?statementId={accepted}")


def test_the_levels_show_what_is_there_and_what_is_asked(api: Api) -> None:
    two_answers()
    told = api.why()
    assert [one["level"] for one in told["levels"]] == [1, 2, 3, 4]
    assert [one["reached"] for one in told["levels"]] == [
        number <= told["level"] for number in (1, 2, 3, 4)
    ]
    assert told["ruleset"] == rulesets.current().sha256


def test_what_would_raise_the_level_really_does(api: Api) -> None:
    """The counterfactual is put into practice: a peer accepts the second answer as well."""
    _, second = two_answers()
    ways = api.why()["would_raise"]
    way = next(one for one in ways if one["form"] == "existing" and one["statement"] == second)
    put(an_origin("more peers", **ATTESTING), on(second, ACCEPTED))
    standing = where()
    assert standing is not None
    assert (standing.level, standing.score_milli) == (way["level"], way["score_milli"])


def test_the_level_falls_on_the_day_that_is_told(api: Api) -> None:
    two_answers()
    falls = api.why()["falls_on"]
    day_before = api.why(query=f"?as_of={falls}")
    assert day_before["level"] < api.why()["level"]


def test_what_was_rejected_is_held_back_with_its_reason(api: Api) -> None:
    with transaction():
        people.give_role(people.get_person("ines@example.org"), "expert")
    answer = answered()
    put(an_origin("forum"), answer)
    put(an_origin("experts", **ATTESTING), on(answer["id"], REJECTED))
    profiles.catch_up()
    assert [one["why"] for one in api.why()["held_back"]] == [
        "rejected, or worth nothing by its score or length"
    ]


def test_a_competency_without_evidence_says_so(api: Api) -> None:
    told = api.why()
    assert (told["level"], told["evidence"]) == (0, [])
    assert "That does not mean" in told["says"]


def test_nothing_counts_whose_legal_basis_does_not_hold(api: Api) -> None:
    two_answers()
    origin = db.session.query(Origin).filter_by(name="forum").one().id
    with transaction():
        people.say(people.get_person("bo@example.org"), origin, "objected")
    assert api.why()["evidence"] == []


@pytest.mark.parametrize(
    ("path", "status"),
    [
        pytest.param(f"nobody@example.org/profile{ON}", 404, id="nobody known"),
        pytest.param("not an identifier/profile", 400, id="no identifier"),
        pytest.param("bo@example.org/profile?as_of=soon", 400, id="no day"),
        pytest.param("bo@example.org/competencies/c:none/explain", 404, id="no competency"),
        pytest.param("bo@example.org", 404, id="no resource"),
    ],
)
def test_what_cannot_be_answered_is_refused(api: Api, path: str, status: int) -> None:
    answer = api.get(path)
    assert (answer.status_code, answer.mimetype) == (status, "application/json")
    assert answer.json["error"]


@pytest.mark.parametrize("way", ["uid", "email", "mailto", "account"])
def test_a_learner_is_found_by_each_of_her_names(api: Api, way: str) -> None:
    with transaction():
        person = people.get_person("bo@example.org")
        people.link(person, "https://lms.example.org::bo7")
        uid = person.uid
    names = {
        "uid": uid,
        "email": "bo@example.org",
        "mailto": "mailto:bo@example.org",
        "account": "https://lms.example.org::bo7",
    }
    found = api.get(f"{quote(names[way], safe='')}/profile").json
    assert found["learner"]["id"] == uid


def test_an_identifier_that_nobody_owns_has_its_own_profile(api: Api) -> None:
    put(an_origin("forum"), answered("stranger@example.org"))
    profiles.catch_up()
    found = api.get(f"stranger@example.org/profile{ON}").json
    assert found["learner"] == {
        "id": None,
        "name": None,
        "identifiers": ["mailto:stranger@example.org"],
    }
    assert [one["id"] for one in found["competencies"]] == [DATA]


def test_a_profile_names_what_it_was_made_of(api: Api) -> None:
    two_answers()
    answer = api.get(f"bo@example.org/profile{ON}")
    assert answer.mimetype == "application/vnd.byway.profile+json"
    engine = answer.json["engine"]
    assert engine["ruleset_sha256"] == rulesets.current().sha256
    assert engine["statements"]["count"] == 2


def test_the_digest_is_that_of_the_statements_sent(api: Api) -> None:
    sent, digest = answered(thing="1"), Digest()
    put(an_origin("forum"), sent, a_statement("bo@example.org", ATTENDED))
    profiles.catch_up()
    found = api.get(f"bo@example.org/profile{ON}").json["engine"]["statements"]
    digest.add(sent)
    assert (found["count"], found["digest"]) == (1, digest.hex)


# ---- Everybody ----------------------------------------------------------------------------------


def paged(api: Api, limit: int) -> list[str]:
    """The names of everybody, as a client gets them that follows `more` from page to page."""
    names, more = list[str](), f"/api/v1/learners?limit={limit}"
    while more:
        answer = api.client.get(more, headers=api.headers).json
        names += [one["name"] for one in answer["learners"]]
        more = (answer["more"] or "").removeprefix(HOME)
    return names


@pytest.mark.parametrize("limit", [1, 2, 200])
def test_a_client_pages_through_everybody_with_a_profile(api: Api, limit: int) -> None:
    a_person("Olu Ade", "olu@example.org")
    put(an_origin("forum"), answered(), answered("olu@example.org"))
    profiles.catch_up()
    db.session.rollback()
    assert paged(api, limit) == ["Bo Lund", "Olu Ade"]


def test_each_of_them_is_named_as_the_client_may_know_her(api: Api) -> None:
    two_answers()
    with transaction():
        people.link(people.get_person("bo@example.org"), "https://lms.example.org::bo7")
    (one,) = api.client.get("/api/v1/learners", headers=api.headers).json["learners"]
    assert {"mailto:bo@example.org", "https://lms.example.org::bo7"} <= set(one["identifiers"])
    assert api.client.get(one["profile"].removeprefix(HOME), headers=api.headers).json["learner"]


def test_merged_people_are_listed_once(api: Api) -> None:
    put(an_origin("forum"), answered(), answered("ines@example.org", thing="2"))
    with transaction():
        people.merge(people.get_person("bo@example.org"), people.get_person("ines@example.org"))
    profiles.catch_up()
    db.session.rollback()
    assert paged(api, 1) == ["Bo Lund"]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        pytest.param("after=nobody", 404, id="nobody"),
        pytest.param("limit=0", 400, id="none at a time"),
        pytest.param("limit=many", 400, id="no number"),
        pytest.param("limit=" + "9" * 5000, 400, id="a long number"),
        pytest.param("limit=²", 400, id="no digit of ours"),
    ],
)
def test_a_page_that_cannot_be_is_refused(api: Api, query: str, status: int) -> None:
    answer = api.client.get(f"/api/v1/learners?{query}", headers=api.headers)
    assert (answer.status_code, answer.mimetype) == (status, "application/json")


@pytest.mark.parametrize("key", [{"scopes": ["all/read"]}, {"reads": "mine"}])
def test_everybody_is_listed_for_keys_that_may_read_profiles(
    app: Flask, key: dict[str, Any]
) -> None:
    asker = Api(app, **key)
    assert asker.client.get("/api/v1/learners", headers=asker.headers).status_code == 403
