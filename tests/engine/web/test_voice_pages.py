"""Four voices on the page that says why, and the pages of those who were asked."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest
from factories import a_key, a_person, headers
from flask import Flask
from learner_visits import Visit, a_learner, catch_up, happening, said, sign_in, stored
from voice_making import DATA, PATH, manages, rating

from engine.db import db
from engine.people.service import Who

MakeApp = Callable[..., Flask]
BO, INES = "bo@example.org", "ines@example.org"
HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def site(make_app: MakeApp) -> Flask:
    return make_app()


@pytest.fixture
def bo(site: Flask) -> Visit:
    return a_learner(site)


@pytest.fixture
def ines(site: Flask) -> Visit:
    return a_learner(site, "Ines Roy", INES)


@pytest.fixture
def ann(site: Flask) -> Who:
    """Somebody else, who is not at her pages."""
    return known(site, "Ann Boss", "ann@example.org")


def known(site: Flask, name: str, email: str) -> Who:
    with site.app_context():
        who = a_person(name, email)
        db.session.remove()
    return who


def sent(site: Flask, *ratings: object) -> None:
    """Ratings sent at 2.0 with a key that may attest."""
    with site.app_context():
        key = a_key(f"hr {uuid.uuid4()}", may_attest=True)
        db.session.remove()
    answer = site.test_client().post(
        "/xapi/statements", json=list(ratings), headers=headers(key, "2.0.0")
    )
    assert answer.status_code == 200, answer.text


def voices(visit: Visit) -> str:
    """What the section of the four voices says."""
    return visit.page(PATH).partition("Four voices")[2].partition("What would")[0]


def ask(visit: Visit, email: str = INES) -> str:
    return visit.told("/levels/data-literacy/ask", email=email)


def answered(visit: Visit, level: str = "3", words: str = "Good charts", named: str = "") -> str:
    return visit.told("/levels/asked/1", level=level, words=words, named=named)


# ---- On the page ------------------------------------------------------------------------------


def test_an_absent_voice_says_so(bo: Visit) -> None:
    page = voices(bo)

    assert "Evidence Nothing in your record speaks of this yet." in page
    assert "You You have not said where you see yourself." in page
    assert "Peers No peer has said anything. You can ask somebody." in page
    assert "Your manager Nobody is recorded as your manager." in page


def test_a_manager_who_said_nothing_is_named(site: Flask, bo: Visit, ann: Who) -> None:
    with site.app_context():
        manages(ann, bo.who)

    assert "Your manager Ann Boss has not said anything. You can ask." in voices(bo)


def test_all_four_stand_side_by_side(site: Flask, bo: Visit, ann: Who) -> None:
    with site.app_context():
        manages(ann, bo.who)
    stored(site, *(happening(f"Talk {n}", tags=("data",), duration="PT45M") for n in range(12)))
    sent(site, rating("ann@example.org", BO, 2, words="Reads them well"))
    sent(site, *(rating(f"{one}@example.org", BO, 3) for one in "abc"))
    bo.send("/levels/data-literacy/own", level="4", words="I teach it")

    page = voices(bo)
    assert "Evidence No level on" in page
    assert "You Level 4 Expert, on" in page
    assert "“I teach it”" in page
    assert "Peers 3 people at level 3 Practitioner." in page
    assert "Your manager Ann Boss: level 2 Working, on" in page
    assert "“Reads them well”" in page


def test_a_peer_who_does_not_say_so_in_the_open_is_not_named(
    site: Flask, bo: Visit, ines: Visit
) -> None:
    sent(site, rating(INES, BO, 3, words="Never there"))

    page = bo.page(PATH)
    assert "1 person at level 3 Practitioner." in page
    assert "Ines" not in page
    assert "Never there" not in page


def test_words_of_others_are_text(site: Flask, bo: Visit) -> None:
    sent(site, rating(INES, BO, 3, words=HOSTILE, named=True))

    assert HOSTILE not in bo.html(PATH)
    assert HOSTILE in bo.page(PATH).replace("“", "")


def test_her_own_level_is_kept_and_taken_back(bo: Visit) -> None:
    kept = bo.told("/levels/data-literacy/own", level="3", words="Because")
    back = bo.told("/levels/data-literacy/own/take-back")

    assert "Kept. It stands beside the evidence and changes no level." in kept
    assert "You Level 3 Practitioner, on" in kept
    assert "You have not said where you see yourself." in back


def test_her_own_level_changes_none(site: Flask, bo: Visit) -> None:
    bo.send("/levels/data-literacy/own", level="4")
    catch_up(site)

    assert "Nothing in your record speaks of this yet." in bo.page(PATH)


@pytest.mark.parametrize(
    ("level", "words", "error"),
    [
        pytest.param("", "Because", "Choose a level.", id="no level"),
        pytest.param("9", "Because", "Choose a level.", id="no such level"),
        pytest.param("2", "x" * 2001, "Say it in 2,000 or fewer.", id="too much"),
    ],
)
def test_a_refused_form_keeps_what_was_typed(bo: Visit, level: str, words: str, error: str) -> None:
    answer = bo.send("/levels/data-literacy/own", level=level, words=words)

    assert answer.status_code == 422
    assert error in said(answer.text)
    assert words in answer.text


def test_what_no_database_keeps_is_left_out(bo: Visit) -> None:
    kept = bo.told("/levels/data-literacy/own", level="2", words="a\x00b\u202ec")

    assert "“a b c”" in kept


def test_an_unknown_competency_has_no_voices(bo: Visit) -> None:
    assert bo.send("/levels/juggling/own", level="1").status_code == 404


# ---- Asking -----------------------------------------------------------------------------------


def test_asking_tells_what_the_other_sees(bo: Visit, ines: Visit) -> None:
    page = ask(bo)

    assert "Asked. They see your name and the competency, and nothing of your record." in page
    assert "Withdraw what you asked Ines Roy" in page


@pytest.mark.parametrize(
    ("email", "error"),
    [
        pytest.param("", "Write the email address", id="nothing"),
        pytest.param(BO, "That is yourself.", id="herself"),
        pytest.param("nobody@example.org", "Nobody here has the address", id="nobody"),
        pytest.param("no address", "is not an email address", id="no address"),
    ],
)
def test_who_cannot_be_asked_is_said_at_the_field(bo: Visit, email: str, error: str) -> None:
    answer = bo.send("/levels/data-literacy/ask", email=email)

    assert answer.status_code == 422
    assert error in said(answer.text)
    assert f'value="{email}"' in answer.text


def test_who_was_asked_sees_the_competency_and_nothing_else(
    site: Flask, bo: Visit, ines: Visit
) -> None:
    stored(site, happening("A very private talk", tags=("data",)))
    bo.send("/levels/data-literacy/own", level="4", words="A private word")
    ask(bo)
    page = ines.page("/levels/asked") + ines.page("/levels/asked/1")

    assert "Where do you see Bo Lund in Data literacy?" in page
    assert "private talk" not in page
    assert "private word" not in page
    assert BO not in page


def test_an_answer_is_heard_without_a_name(bo: Visit, ines: Visit) -> None:
    ask(bo)
    told = answered(ines)
    page = voices(bo)

    assert "You said level 3 Practitioner." in told
    assert "1 person at level 3 Practitioner." in page
    assert "Good charts" not in page


def test_an_answer_in_the_open_is_heard_with_its_name(bo: Visit, ines: Visit) -> None:
    ask(bo)
    answered(ines, named="1")

    assert "Ines Roy: level 3 Practitioner, on" in voices(bo)
    assert "“Good charts”" in voices(bo)


def test_an_answer_can_be_taken_back(bo: Visit, ines: Visit) -> None:
    ask(bo)
    answered(ines)
    told = ines.told("/levels/asked/1/take-back")

    assert "You have not said anything yet." in told
    assert "No peer has said anything." in voices(bo)


def test_an_answer_without_a_level_is_refused(bo: Visit, ines: Visit) -> None:
    ask(bo)
    answer = ines.send("/levels/asked/1", words="Kept words", named="1")

    assert answer.status_code == 422
    assert "Choose a level." in said(answer.text)
    assert "Kept words" in answer.text
    assert "checked" in answer.text


def test_a_withdrawn_request_is_gone(bo: Visit, ines: Visit) -> None:
    ask(bo)
    bo.send("/levels/requests/1/withdraw")

    assert "Nobody has asked you where you see them." in ines.page("/levels/asked")
    assert ines.send("/levels/asked/1", level="3").status_code == 404


def test_nobody_else_opens_or_answers_a_request(site: Flask, bo: Visit, ines: Visit) -> None:
    ask(bo)
    other = sign_in(site, known(site, "Kim", "kim@example.org"))

    assert other.client.get("/levels/asked/1").status_code == 404
    assert other.send("/levels/asked/1", level="3").status_code == 404
    assert other.send("/levels/requests/1/withdraw").status_code == 404
    assert "No peer has said anything." in voices(bo)


@pytest.mark.parametrize("path", ["/levels/asked", "/levels/asked/1"])
def test_who_is_not_signed_in_is_asked_to(site: Flask, path: str) -> None:
    assert site.test_client().get(path).status_code == 401


@pytest.mark.parametrize(
    "path",
    [
        "/levels/data-literacy/own",
        "/levels/data-literacy/own/take-back",
        "/levels/data-literacy/ask",
        "/levels/requests/1/withdraw",
        "/levels/asked/1",
        "/levels/asked/1/take-back",
    ],
)
def test_a_form_without_its_token_is_refused(bo: Visit, path: str) -> None:
    assert bo.client.post(path, data={"level": "1"}).status_code == 400


def test_what_she_says_of_others_is_not_hers_to_share(bo: Visit, ines: Visit) -> None:
    ask(bo)
    answered(ines)
    catch_up(ines.app)
    (said_,) = ines.client.get("/data/export.json").json or []

    answer = ines.send(f"/learning/{said_['id']}/audience", audience="public")
    assert answer.status_code == 403


# ---- For other systems ------------------------------------------------------------------------


def explained(site: Flask) -> dict[str, object]:
    """The voices as a key that may read profiles is told them."""
    with site.app_context():
        key = a_key("asker", scopes=["profiles/read"], reads="all")
        db.session.remove()
    path = f"/api/v1/learners/{BO}/competencies/{DATA}/explain"
    answer = site.test_client().get(path, headers=headers(key))
    assert answer.status_code == 200, answer.text
    return dict(answer.json["voices"])


def test_absent_voices_say_so_to_other_systems(site: Flask, bo: Visit) -> None:
    found = explained(site)

    assert found["self"] == {"level": None, "says": "The learner has stated no level."}
    assert found["peers"] == {
        "count": 0,
        "levels": [],
        "named": [],
        "says": "No peer has stated a level.",
    }
    assert found["manager"] == {
        "managers": [],
        "said": [],
        "says": "Nobody is recorded as the learner's manager.",
    }


def test_other_systems_are_told_no_name_that_is_not_open(
    site: Flask, bo: Visit, ines: Visit
) -> None:
    ask(bo)
    answered(ines)
    found = explained(site)

    assert found["peers"] == {
        "count": 1,
        "levels": [{"level": 3, "count": 1}],
        "named": [],
        "says": "",
    }
    assert "Ines" not in str(found)
