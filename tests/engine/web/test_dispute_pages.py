"""Disputes in the pages: what the learner sees, what the team sees of her, and who sees nothing."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from factories import a_person
from flask import Flask
from learner_visits import Visit, a_learner, happening, said, sign_in, stored
from voice_making import PATH

from engine.db import db

MakeApp = Callable[..., Flask]
WRONG = "I left after ten minutes"


@pytest.fixture
def site(make_app: MakeApp) -> Flask:
    return make_app()


@pytest.fixture
def bo(site: Flask) -> Visit:
    return a_learner(site)


@pytest.fixture
def odile(site: Flask) -> Visit:
    """Somebody of the L&D team."""
    return of_team(site, "Odile Brandt", "odile@example.org", "ld")


@pytest.fixture
def line(site: Flask, bo: Visit) -> str:
    """The id of a line of hers; another one is nobody else's business."""
    talk = happening("Data clinic", tags=("data",), days=2)
    stored(site, talk, happening("A very private talk", tags=("policy",)))
    return str(talk["id"])


def of_team(site: Flask, name: str, email: str, *roles: str) -> Visit:
    with site.app_context():
        who = a_person(name, email, *roles)
        db.session.remove()
    return sign_in(site, who)


def disputed(visit: Visit, **about: str) -> str:
    """She disputes a line (`item`) or a level (`level`); where its page is."""
    answer = visit.send("/disputes/new", text=WRONG, **about)
    assert answer.status_code == 200, said(answer.text)
    return str(answer.request.path)


def decided(visit: Visit, path: str, act: str, words: str = "Here is why") -> str:
    return visit.told(f"/workbench{path}", act=act, text=words)


# ---- The learner's side -----------------------------------------------------------------------


def test_a_line_leads_to_its_dispute(bo: Visit, line: str) -> None:
    assert f"/disputes/new?item={line}" in bo.html(f"/learning/{line}")


def test_a_level_leads_to_its_dispute(bo: Visit, line: str) -> None:
    assert "/disputes/new?level=data-literacy" in bo.html(PATH)


def test_a_dispute_says_who_will_see_what(bo: Visit, line: str) -> None:
    page = bo.page(f"/disputes/new?item={line}")

    assert "Data clinic" in page
    assert "sees this one line, until you close the dispute or withdraw it." in page


def test_a_disputed_line_says_what_became_of_it(bo: Visit, odile: Visit, line: str) -> None:
    path = disputed(bo, item=line)
    before = bo.page(f"/learning/{line}")
    decided(odile, path, "accepted")
    after = bo.page(f"/learning/{line}")

    assert "it waits for an answer" in before
    assert "your L&D team agreed" in after
    assert "Let it count again" in after


def test_a_disputed_level_says_what_became_of_it(bo: Visit, odile: Visit, line: str) -> None:
    path = disputed(bo, level="data-literacy")
    decided(odile, path, "declined", "Two clinics are recorded")

    assert "your L&D team declined it" in bo.page(PATH)
    assert "Two clinics are recorded" in bo.page(path)


def test_her_disputes_stand_in_a_list(bo: Visit, line: str) -> None:
    disputed(bo, item=line)
    disputed(bo, level="data-literacy")
    page = bo.page("/disputes")

    assert "A line of your record" in page
    assert "Data literacy" in page


def test_without_disputes_the_list_says_how_to_open_one(bo: Visit) -> None:
    assert "You have disputed nothing." in bo.page("/disputes")


def test_an_answer_is_replied_to(bo: Visit, odile: Visit, line: str) -> None:
    path = disputed(bo, item=line)
    decided(odile, path, "answered", "When did you leave?")
    page = bo.told(f"{path}/reply", text="At ten past")

    assert "Said. It is open again." in page
    assert "When did you leave?" in page
    assert "At ten past" in odile.page(f"/workbench{path}")


def test_a_dispute_is_withdrawn(bo: Visit, line: str) -> None:
    path = disputed(bo, item=line)

    assert "You withdrew it." in bo.told(f"{path}/withdraw")


@pytest.mark.parametrize(
    ("text", "error"),
    [
        pytest.param("", "Say what is wrong.", id="nothing"),
        pytest.param("x" * 2001, "Say it in 2,000 or fewer.", id="too much"),
    ],
)
def test_a_refused_text_is_kept(bo: Visit, line: str, text: str, error: str) -> None:
    answer = bo.send("/disputes/new", item=line, text=text)

    assert answer.status_code == 422
    assert error in said(answer.text)
    assert text in answer.text


def test_a_second_dispute_on_the_same_is_said_at_the_field(bo: Visit, line: str) -> None:
    disputed(bo, item=line)
    answer = bo.send("/disputes/new", item=line, text="Once more")

    assert answer.status_code == 422
    assert "You dispute this already." in said(answer.text)
    assert "Once more" in answer.text


@pytest.mark.parametrize(
    "about",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"item": "nonsense"}, id="no id"),
        pytest.param({"item": "00000000-0000-4000-8000-000000000000"}, id="no line"),
        pytest.param({"level": "juggling"}, id="no competency"),
    ],
)
def test_what_is_not_there_is_not_disputed(bo: Visit, about: dict[str, str]) -> None:
    assert bo.send("/disputes/new", text=WRONG, **about).status_code == 404


def test_a_line_of_somebody_else_is_not_disputed(site: Flask, bo: Visit, line: str) -> None:
    other = a_learner(site, "Ines Roy", "ines@example.org")

    assert other.send("/disputes/new", text=WRONG, item=line).status_code == 403


# ---- The team's side --------------------------------------------------------------------------


def test_the_team_sees_the_line_and_nothing_else(bo: Visit, odile: Visit, line: str) -> None:
    path = disputed(bo, item=line)
    page = odile.page(f"/workbench{path}")

    assert "Bo Lund attended “Data clinic”." in page
    assert WRONG in page
    assert "private" not in page


def test_the_team_sees_how_the_level_comes_about(bo: Visit, odile: Visit, line: str) -> None:
    bo.send("/levels/data-literacy/own", level="4", words="A private word")
    path = disputed(bo, level="data-literacy")
    page = odile.page(f"/workbench{path}")

    assert "Bo Lund has no level on" in page
    assert "Bo Lund attended “Data clinic”." in page
    assert "private" not in page


@pytest.mark.parametrize("last", ["withdraw", "close"])
def test_the_team_sees_it_no_more_when_it_is_over(
    bo: Visit, odile: Visit, line: str, last: str
) -> None:
    path = disputed(bo, item=line)
    decided(odile, path, "answered")
    bo.send(f"{path}/{last}")
    page = odile.page(f"/workbench{path}")

    assert "The dispute is over, so what it was about is not shown any more." in page
    assert "Data clinic" not in page


def test_the_team_opens_no_line_by_its_address(bo: Visit, odile: Visit, line: str) -> None:
    disputed(bo, item=line)

    assert odile.client.get(f"/learning/{line}").status_code == 403


def test_disputes_that_wait_stand_first(bo: Visit, odile: Visit, line: str) -> None:
    path = disputed(bo, item=line)
    decided(odile, path, "declined")
    disputed(bo, level="data-literacy")
    page = odile.page("/workbench/disputes")

    assert re.search("Data literacy .* Open .* one line .* Declined", page)


def test_accepting_says_so_and_can_be_undone(bo: Visit, odile: Visit, line: str) -> None:
    path = disputed(bo, item=line)
    accepted = decided(odile, path, "accepted")
    again = decided(odile, path, "reopened", "")

    assert "Odile Brandt accepted it" in accepted
    assert "Open . It is about one line of the record." in again
    assert "it waits for an answer" in bo.page(f"/learning/{line}")


def test_a_decision_without_a_reason_is_refused(bo: Visit, odile: Visit, line: str) -> None:
    path = disputed(bo, item=line)
    answer = odile.send(f"/workbench{path}", act="declined", text=" ")

    assert answer.status_code == 422
    assert "Say why; the learner reads it." in said(answer.text)


def test_her_own_dispute_is_decided_by_somebody_else(site: Flask, odile: Visit) -> None:
    path = disputed(odile, level="data-literacy")

    assert "Somebody else of the team decides on it." in odile.page(f"/workbench{path}")
    answer = odile.send(f"/workbench{path}", act="accepted", text="Mine")
    assert answer.status_code == 403


def test_a_line_that_was_taken_back_is_said_to_be_gone(bo: Visit, odile: Visit) -> None:
    noted = bo.send("/learning/add", title="A talk", when="2026-01-05", kind="other")
    line = noted.request.path.rpartition("/")[2]
    path = disputed(bo, item=line)
    bo.send(f"/learning/{line}/take-back")

    assert "It is not there any more" in odile.page(f"/workbench{path}")
    assert "A line that was taken back" in bo.page(path)


# ---- Nobody else ------------------------------------------------------------------------------


def test_a_dispute_is_nobody_elses(site: Flask, bo: Visit, line: str) -> None:
    path = disputed(bo, item=line)
    other = a_learner(site, "Ines Roy", "ines@example.org")

    assert other.client.get(path).status_code == 404
    assert other.client.get(f"/workbench{path}").status_code == 403
    assert other.client.get("/workbench/disputes").status_code == 403
    assert other.send(f"{path}/withdraw").status_code == 404
    assert other.send(f"/workbench{path}", act="accepted", text="Yes").status_code == 403
    assert "it waits for an answer" in bo.page(f"/learning/{line}")


@pytest.mark.parametrize("role", ["manager", "expert"])
def test_other_roles_see_no_disputes(site: Flask, bo: Visit, line: str, role: str) -> None:
    path = disputed(bo, item=line)
    other = of_team(site, "Kim", "kim@example.org", role)

    assert other.client.get(f"/workbench{path}").status_code == 403


@pytest.mark.parametrize("path", ["/disputes", "/disputes/new", "/workbench/disputes"])
def test_who_is_not_signed_in_is_asked_to(site: Flask, path: str) -> None:
    assert site.test_client().get(path).status_code == 401


def test_a_form_without_its_token_is_refused(bo: Visit, odile: Visit, line: str) -> None:
    path = disputed(bo, item=line)

    assert bo.client.post("/disputes/new").status_code == 400
    assert bo.client.post(f"{path}/withdraw").status_code == 400
    assert odile.client.post(f"/workbench{path}").status_code == 400
