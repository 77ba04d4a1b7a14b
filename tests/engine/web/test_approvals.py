"""My results and Approvals: what is asked, decided and let out; who sees what; checking a badge."""

from __future__ import annotations

import io
import json
import re
from dataclasses import dataclass
from typing import Any

import pytest
from factories import a_person
from flask import Flask
from flask.testing import FlaskClient
from learner_visits import acceptance, happening, said, stored, token
from werkzeug.test import TestResponse
from workbench_making import HOSTILE, signed_in

from engine.db import db, transaction
from engine.people import service as people
from engine.people.service import Who
from engine.publishing.policy import Policy, decide

UNKNOWN = "7c1f0a52-5b0e-4f0a-9f0e-3f1f5a0d9b11"
REPLIED = "http://id.tincanapi.com/verb/replied"
TOPIC = "http://id.tincanapi.com/activitytype/forum-topic"
ASK = "/badges/ask/data-literacy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """Somebody in a browser of her own."""

    client: FlaskClient

    def page(self, path: str, status: int = 200) -> str:
        """What a page says."""
        answer = self.client.get(path)
        assert answer.status_code == status, answer.text
        return said(answer.text)

    def send(self, path: str, **fields: Any) -> TestResponse:
        """Send a form, and go where it leads."""
        fields["csrf_token"] = token(self.client.get("/check-badge").text)
        return self.client.post(path, data=fields, follow_redirects=True)

    def told(self, path: str, **fields: Any) -> str:
        """Send a form; what the page it leads to says."""
        return said(self.send(path, **fields).text)


def visit(app: Flask, who: Who) -> Visit:
    return Visit(client=signed_in(app, who))


@pytest.fixture
def answers(app: Flask) -> list[dict[str, Any]]:
    """Four answers of Bo's, each accepted by a peer, newest last."""
    a_person("Bo Lund", "bo@example.org")
    a_person("Ines Roy", "ines@example.org")
    titles = ("One", HOSTILE, "Three", "Four")
    told = [happening(one, verb=REPLIED, kind=TOPIC, tags=("data",)) for one in titles]
    stored(app, *told, *(acceptance(one, "ines@example.org") for one in told))
    return told


@pytest.fixture
def bo(app: Flask, answers: list[dict[str, Any]]) -> Visit:
    return visit(app, people.who(people.get_person("bo@example.org")))


@pytest.fixture
def odile(app: Flask) -> Visit:
    return visit(app, a_person("Odile Brandt", "odile@example.org", "ld"))


@pytest.fixture
def expert(app: Flask) -> Visit:
    return visit(app, a_person("Emil Expert", "emil@example.org", "expert"))


@pytest.fixture
def issuing(app: Flask) -> None:
    with transaction():
        decide(Policy(publishes=True, badge_level=1, issuer="Northmoor Council"), by="test")
    db.session.remove()


def request_of(deciding: Visit) -> str:
    """The address of the first request that waits."""
    found = re.search(r'href="(/approvals/[0-9a-f-]{36})"', deciding.client.get("/approvals").text)
    assert found
    return found[1]


def test_nothing_asked_says_what_can_be_asked(bo: Visit) -> None:
    page = bo.page("/badges")
    assert "Nothing yet." in page
    assert "Ask for it : Data literacy" in page
    assert "Your L&D team does not publish levels now" in page


def test_who_has_no_level_is_told_where_levels_come_from(app: Flask) -> None:
    page = visit(app, a_person("New", "new@example.org")).page("/badges")
    assert "You have no level yet." in page


@pytest.mark.usefixtures("issuing")
def test_the_form_lists_what_the_level_rests_on(bo: Visit) -> None:
    page = bo.page(ASK)
    assert "One" in page
    assert HOSTILE in page
    assert "I also want an Open Badge" in page


def test_where_there_are_no_badges_the_form_says_so(bo: Visit) -> None:
    assert "Without a badge: No badges are issued here." in bo.page(ASK)


def test_asked_it_waits_for_the_team(bo: Visit, odile: Visit) -> None:
    told = bo.told(ASK, words="For my review.")
    assert "Sent." in told
    assert "Waiting" in told
    assert "Bo Lund: Data literacy" in odile.page("/approvals")
    assert "For my review." in odile.page(request_of(odile))


def test_only_the_lines_shown_are_seen(
    bo: Visit, odile: Visit, answers: list[dict[str, Any]]
) -> None:
    bo.send(ASK, shared=[answers[0]["id"]])
    page = odile.page(request_of(odile))
    assert "One" in page
    assert "Three" not in page


def test_a_hostile_title_is_shown_as_text(
    bo: Visit, odile: Visit, answers: list[dict[str, Any]]
) -> None:
    bo.send(ASK, shared=[answers[1]["id"]])
    page = odile.client.get(request_of(odile)).text
    assert HOSTILE not in page
    assert "&lt;script&gt;" in page


@pytest.mark.usefixtures("issuing")
def test_refused_what_was_typed_is_kept_and_the_error_is_at_its_field(bo: Visit) -> None:
    answer = bo.send(ASK, words="x" * 1001, badge="1")
    assert answer.status_code == 422
    assert 'id="words-error"' in answer.text
    assert "x" * 1001 in answer.text
    assert re.search(r'name="badge" value="1" checked', answer.text)


@pytest.mark.usefixtures("issuing")
def test_approved_she_takes_the_badge(bo: Visit, odile: Visit) -> None:
    bo.send(ASK, badge="1")
    assert "the badge is issued" in odile.told(request_of(odile) + "/confirm", badge="1")
    page = bo.client.get("/badges").text
    answer = bo.client.get(re.search(r'href="(/badges/[^"]+\.jwt)"', page)[1])  # type: ignore[index]
    assert answer.mimetype == "application/vc+jwt"
    assert answer.text.count(".") == 2


@pytest.mark.usefixtures("issuing")
def test_her_badge_is_for_her_alone(app: Flask, bo: Visit, odile: Visit) -> None:
    bo.send(ASK, badge="1")
    odile.send(request_of(odile) + "/confirm", badge="1")
    path = re.search(r'href="(/badges/[^"]+\.jwt)"', bo.client.get("/badges").text)
    assert path
    assert odile.client.get(path[1]).status_code == 404
    assert app.test_client().get(path[1]).status_code == 401


def test_a_request_without_a_badge_has_none_to_take(bo: Visit, odile: Visit) -> None:
    bo.send(ASK)
    path = request_of(odile)
    odile.send(path + "/confirm")
    assert bo.client.get(f"/badges/{path[-36:]}.jwt").status_code == 404


def test_declined_she_reads_why(bo: Visit, odile: Visit) -> None:
    bo.send(ASK)
    odile.send(request_of(odile) + "/decline", reason="Show one more line.")
    page = bo.page("/badges")
    assert "Declined" in page
    assert "Show one more line." in page


def test_a_no_without_a_reason_is_refused_at_the_field(bo: Visit, odile: Visit) -> None:
    bo.send(ASK)
    answer = odile.send(request_of(odile) + "/decline", reason=" ")
    assert (answer.status_code, 'id="reason-error"' in answer.text) == (422, True)


def test_once_decided_no_more_of_her_is_shown(bo: Visit, odile: Visit) -> None:
    bo.send(ASK)
    path = request_of(odile)
    odile.send(path + "/confirm")
    page = odile.page(path)
    assert "Level now" not in page
    assert "Take it back" in page


def test_taken_back_she_reads_why(bo: Visit, odile: Visit) -> None:
    bo.send(ASK)
    path = request_of(odile)
    odile.send(path + "/confirm")
    odile.send(path + "/revoke", reason="The wrong learner.")
    assert "The wrong learner." in bo.page("/badges")


@pytest.mark.parametrize("step", ["withdraw", "give-back"])
def test_she_takes_it_back_at_any_time(bo: Visit, odile: Visit, step: str) -> None:
    bo.send(ASK)
    path = request_of(odile)
    {"withdraw": odile.page, "give-back": lambda one: odile.send(one + "/confirm")}[step](path)
    assert bo.send(f"/badges/{path[-36:]}/{step}").status_code == 200


def test_nobody_else_takes_hers_back(bo: Visit, odile: Visit, expert: Visit) -> None:
    bo.send(ASK)
    assert expert.send(f"/badges/{request_of(odile)[-36:]}/withdraw").status_code == 404


@pytest.mark.parametrize("path", ["/approvals", f"/approvals/{UNKNOWN}"])
def test_approvals_are_for_who_decides(bo: Visit, path: str) -> None:
    bo.page(path, 403)


@pytest.mark.parametrize("act", ["confirm", "decline", "revoke"])
def test_deciding_is_for_who_decides(bo: Visit, odile: Visit, act: str) -> None:
    bo.send(ASK)
    assert bo.send(f"{request_of(odile)}/{act}", reason="x").status_code == 403


@pytest.mark.usefixtures("issuing")
def test_an_expert_confirms_the_level_and_issues_no_badge(bo: Visit, expert: Visit) -> None:
    bo.send(ASK, badge="1")
    page = expert.page(request_of(expert))
    assert "The L&D team issues badges." in page
    assert expert.send(request_of(expert) + "/confirm", badge="1").status_code == 403


def test_settings_are_for_the_team(expert: Visit) -> None:
    assert "What flows back" not in expert.page("/approvals")
    assert expert.send("/approvals/settings", badge_level="1", issuer="X").status_code == 403


def test_the_team_says_what_flows_back(odile: Visit) -> None:
    told = odile.told("/approvals/settings", publishes="1", badge_level="2", issuer="Northmoor")
    assert "Kept." in told
    assert 'value="Northmoor"' in odile.client.get("/approvals").text


@pytest.mark.parametrize(
    ("given", "field"),
    [
        pytest.param({"badge_level": "9"}, "badge_level", id="no such level"),
        pytest.param({"badge_level": "two"}, "badge_level", id="no number"),
        pytest.param({"badge_level": "9" * 5000}, "badge_level", id="a long number"),
        pytest.param({"issuer": " "}, "issuer", id="no name"),
        pytest.param({"issuer": "x" * 201}, "issuer", id="a long name"),
    ],
)
def test_settings_that_cannot_be_are_refused_at_the_field(
    odile: Visit, given: dict[str, str], field: str
) -> None:
    answer = odile.send("/approvals/settings", **({"badge_level": "1", "issuer": "X"} | given))
    assert (answer.status_code, f'id="{field}-error"' in answer.text) == (422, True)


def test_a_choice_is_kept_and_shown(bo: Visit) -> None:
    told = bo.told("/badges/publishing", publish=["data-literacy"])
    page = bo.client.get("/badges").text
    assert "These levels are published when they change" in told
    assert re.search(r'value="data-literacy" checked', page)
    assert "Nothing of your levels is published" in bo.told("/badges/publishing")


def test_a_choice_of_what_is_not_there_is_refused(bo: Visit) -> None:
    answer = bo.send("/badges/publishing", publish=["c:none"])
    assert (answer.status_code, 'id="publish-error"' in answer.text) == (422, True)


def test_taking_back_with_nothing_out_harms_nothing(bo: Visit) -> None:
    assert "Taken back: 0 published levels." in bo.told("/badges/take-back")


def test_the_profile_with_its_reasons_is_hers(app: Flask, bo: Visit) -> None:
    answer = bo.client.get("/data/profile.json")
    told = json.loads(answer.data)
    assert answer.mimetype == "application/vnd.byway.profile+json"
    assert told["learner"]["name"] == "Bo Lund"
    assert told["engine"]["statements"]["count"] == 4
    assert app.test_client().get("/data/profile.json").status_code == 401


@pytest.mark.parametrize("path", ["/badges", ASK, "/data/profile.json"])
def test_nobody_unknown_sees_anything(app: Flask, path: str) -> None:
    assert app.test_client().get(path).status_code == 401


# ---- Checking a badge ---------------------------------------------------------------------------


@pytest.fixture
def badge(bo: Visit, odile: Visit, issuing: None) -> str:
    """A badge as its learner takes it."""
    bo.send(ASK, badge="1")
    odile.send(request_of(odile) + "/confirm", badge="1")
    path = re.search(r'href="(/badges/[^"]+\.jwt)"', bo.client.get("/badges").text)
    assert path
    return bo.client.get(path[1]).text


def anybody(app: Flask) -> Visit:
    return Visit(client=app.test_client())


def test_anybody_checks_a_badge_with_nothing_but_the_badge(app: Flask, badge: str) -> None:
    told = anybody(app).told("/check-badge", token=badge)
    assert "This badge is genuine and holds." in told
    assert "Northmoor Council" in told
    assert "Bo Lund" not in told


def test_a_badge_is_checked_as_a_file_too(app: Flask, badge: str) -> None:
    file = (io.BytesIO(badge.encode()), "badge.jwt")
    assert "genuine and holds" in anybody(app).told("/check-badge", file=file)


@pytest.mark.parametrize(("email", "word"), [("BO@example.org ", "Yes"), ("eve@example.org", "No")])
def test_whose_it_is_learns_only_who_knows_the_address(
    app: Flask, badge: str, email: str, word: str
) -> None:
    told = anybody(app).told("/check-badge", token=badge, email=email)
    assert f"Issued to this address {word}" in told


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param(lambda one: one[:-9] + "AAAAAAAAA", "changed after it was signed", id="bad"),
        pytest.param(lambda one: "nonsense", "This is no badge.", id="nothing"),
        pytest.param(lambda one: "", "This is no badge.", id="empty"),
    ],
)
def test_a_badge_that_is_none_is_told_so(app: Flask, badge: str, change: Any, words: str) -> None:
    assert words in anybody(app).told("/check-badge", token=change(badge))
