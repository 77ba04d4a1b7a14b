"""Reviews on pages: asking, looking, answering, and who sees what of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from factories import a_person
from flask import Flask
from learner_visits import (
    QUESTION,
    REPLIED,
    TAGS,
    Visit,
    a_learner,
    acceptance,
    catch_up,
    happening,
    said,
    sign_in,
    stored,
)

MakeApp = Callable[..., Flask]
BO, INES, EVE = "bo@example.org", "ines@example.org", "eve@example.org"
OTHER = "A line that nobody was asked about"


@dataclass(frozen=True, slots=True)
class Pair:
    """Bo, who has two lines, and Ines, whom he knows."""

    site: Flask
    bo: Visit
    ines: Visit
    item: dict[str, Any]

    @property
    def path(self) -> str:
        """The page of the line."""
        return f"/learning/{self.item['id']}"

    def ask(self, reviewer: str = INES, question: str = "") -> str:
        """Bo asks somebody to look at it; what he is told."""
        return self.bo.told(f"{self.path}/reviews", reviewer=reviewer, question=question)

    def answer(self, answer: str = "accepted", **fields: str) -> str:
        """Ines answers; what she is told."""
        return self.ines.told("/reviews/1/answer", answer=answer, **fields)

    def somebody(self, *roles: str) -> Visit:
        """Eve, signed in."""
        with self.site.app_context():
            who = a_person("Eve Ode", EVE, *roles)
        return sign_in(self.site, who)


@pytest.fixture
def pair(make_app: MakeApp) -> Pair:
    site = make_app()
    bo, ines = a_learner(site), a_learner(site, "Ines Roy", INES)
    result = {"duration": "PT30M", "response": "Use the open licence."}
    item = happening("Which licence?", verb=REPLIED, kind=QUESTION, tags=("data",), result=result)
    stored(site, item, happening(OTHER, tags=("data",)))
    return Pair(site, bo, ines, item)


# ---- Asking ------------------------------------------------------------------------------


def test_asking_says_what_it_means(pair: Pair) -> None:
    page = pair.ask(question="Is it right?")

    assert "Ines Roy can see this line now, and nothing else of you." in page
    assert "Ines Roy has not answered yet. You asked: Is it right?" in page


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        pytest.param({}, "Write the email address of one person", id="nobody"),
        pytest.param({"reviewer": "Ines"}, "is not an email address", id="a name"),
        pytest.param({"reviewer": "a@b.example"}, "Nobody here has this address", id="a stranger"),
        pytest.param({"reviewer": BO}, "This is your own address", id="oneself"),
        pytest.param({"reviewer": "i\0@example.org"}, "Write the email address", id="no text"),
        pytest.param({"reviewer": "i" * 400 + "@b.example"}, "Write the email address", id="long"),
        pytest.param(
            {"reviewer": INES, "question": "x" * 301}, "301 letters", id="a long question"
        ),
    ],
)
def test_what_cannot_be_asked_is_said_at_the_field(
    pair: Pair, fields: dict[str, str], why: str
) -> None:
    response = pair.bo.send(f"{pair.path}/reviews", **fields)

    assert response.status_code == 422
    assert said(response.text).count(why) == 2


def test_what_was_typed_is_kept(pair: Pair) -> None:
    page = pair.bo.send(f"{pair.path}/reviews", reviewer="a@b.example", question="Is it?").text

    assert 'value="a@b.example"' in page
    assert "Is it?</textarea>" in page


def test_a_refused_request_leaves_the_other_forms_closed(pair: Pair) -> None:
    page = pair.bo.send(f"{pair.path}/reviews", reviewer="").text

    assert re.findall(r'<details class="more" open><summary>([^<]*)', page) == ["Ask somebody"]
    assert 'name="title" value="Which licence?"' in page


# ---- Looking -----------------------------------------------------------------------------


def test_whoever_is_asked_finds_it(pair: Pair) -> None:
    before = pair.ines.page("/reviews")
    pair.ask(question="Is it right?")

    page = pair.ines.page("/reviews")
    assert "Nobody has asked you to look at anything yet." in before
    assert "1 line waits for your answer." in page
    assert re.search("Which licence\\? Bo Lund asked you on .*: “Is it right\\?”", page)


def test_the_page_shows_the_item(pair: Pair) -> None:
    pair.ask()

    page = pair.ines.page("/reviews/1")
    assert "How long 30 minutes" in page
    assert "Tags data" in page
    assert "Its words Use the open licence." in page


@pytest.mark.parametrize("hidden", [BO, OTHER, "literacy", " level", "Policy Hub", "statement"])
def test_the_page_shows_nothing_else(pair: Pair, hidden: str) -> None:
    pair.ask()

    assert hidden not in pair.ines.html("/reviews") + pair.ines.html("/reviews/1")


def test_whoever_is_asked_does_not_see_the_record(pair: Pair) -> None:
    pair.ask()

    assert "This is not your record." in pair.ines.page(pair.path, status=403)


@pytest.mark.parametrize("who", ["somebody", "the learner"])
def test_nobody_else_opens_it(pair: Pair, who: str) -> None:
    pair.ask()
    visit = pair.somebody("ld", "operator", "expert") if who == "somebody" else pair.bo

    assert "Which licence?" not in visit.page("/reviews/1", status=404)
    assert "Which licence?" not in visit.page("/reviews")


@pytest.mark.parametrize("form", ["answer", "take-back", "decline"])
@pytest.mark.parametrize("who", ["somebody", "the learner"])
def test_nobody_else_answers_it(pair: Pair, form: str, who: str) -> None:
    pair.ask()
    visit = pair.somebody("expert") if who == "somebody" else pair.bo

    response = visit.send(f"/reviews/1/{form}", answer="accepted")
    assert response.status_code == 404
    assert "has not answered yet" in pair.bo.page(pair.path)


@pytest.mark.parametrize("form", ["reviews", "reviews/1/reply", "reviews/1/withdraw"])
def test_nobody_else_uses_the_learners_forms(pair: Pair, form: str) -> None:
    pair.ask()
    pair.answer("commented", message="Really?")

    fields = {"reviewer": EVE, "reply-1": "Yes."}
    assert pair.somebody().send(f"{pair.path}/{form}", **fields).status_code in (403, 404)
    assert "Really?" in pair.ines.page("/reviews/1")


@pytest.mark.parametrize("path", ["/reviews", "/reviews/1"])
def test_a_visitor_signs_in_first(pair: Pair, path: str) -> None:
    pair.ask()

    assert pair.site.test_client().get(path).status_code == 401


@pytest.mark.parametrize(
    "path", ["/reviews/1/answer", "/reviews/1/take-back", "/reviews/1/decline", "LINE/reviews"]
)
def test_a_form_without_its_token_is_refused(pair: Pair, path: str) -> None:
    pair.ask()

    assert pair.ines.client.post(path.replace("LINE", pair.path)).status_code == 400


@pytest.mark.parametrize("number", ["0", "2", "2147483647", "99999999999999999999"])
def test_what_is_not_there_is_not_found(pair: Pair, number: str) -> None:
    pair.ines.page(f"/reviews/{number}", status=404)


def test_a_hostile_item_is_shown_as_text(pair: Pair) -> None:
    hostile = happening(
        "<img src=x onerror=alert(1)>",
        result={"response": "<script>alert(2)</script>", "duration": "P1Y"},
        context={"extensions": {TAGS: {"a": 1}}},
        object={"id": "javascript:alert(3)", "definition": {"name": {"en": "<img src=x>"}}},
    )
    stored(pair.site, hostile, key="Forger")
    pair.bo.send(f"/learning/{hostile['id']}/reviews", reviewer=INES)

    page = pair.ines.html("/reviews/1")
    assert "<img" not in page
    assert "<script>alert" not in page
    assert 'href="javascript:' not in page


# ---- Answering ---------------------------------------------------------------------------------


def test_an_acceptance_is_shown_to_both_and_counts(pair: Pair) -> None:
    pair.ask()
    told = pair.answer(message="Well put.")
    catch_up(pair.site)

    page = pair.bo.page(pair.path)
    assert "You accepted it. That counts" in told
    assert "Ines Roy accepted it." in page
    assert "Well put." in page
    assert "because peers accepted it" in page


def test_the_two_talk(pair: Pair) -> None:
    pair.ask()
    pair.answer("commented", message="Which one?")
    asked = pair.bo.page(pair.path)
    pair.bo.send(f"{pair.path}/reviews/1/reply", **{"reply-1": "The second."})

    assert "Ines Roy asks you something." in asked
    assert re.search("You asked .* Which one\\? Bo Lund answered .*", pair.ines.page("/reviews/1"))
    assert re.search(
        "Ines Roy asked .* Which one\\? You answered .* The second.", pair.bo.page(pair.path)
    )


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        pytest.param({"answer": ""}, "Choose one of the answers.", id="no answer"),
        pytest.param({"answer": "voided"}, "Choose one of the answers.", id="another answer"),
        pytest.param({"answer": "rejected"}, "Say why", id="no reason"),
        pytest.param({"answer": "commented"}, "Write your question.", id="no question"),
        pytest.param({"message": "x" * 1001}, "This has 1001 letters.", id="a long message"),
        pytest.param({"level": "4"}, "Only a recognised expert", id="a level by a peer"),
        pytest.param({"level": "high"}, "Only a recognised expert", id="no level"),
    ],
)
def test_what_cannot_be_answered_is_said_at_the_field(
    pair: Pair, fields: dict[str, str], why: str
) -> None:
    pair.ask()

    response = pair.ines.send("/reviews/1/answer", **{"answer": "accepted", **fields})
    assert response.status_code == 422
    assert said(response.text).count(why) >= 1
    assert fields.get("message", "") in response.text


def test_an_empty_reply_is_said_at_its_field(pair: Pair) -> None:
    pair.ask()
    pair.answer("commented", message="Which one?")

    response = pair.bo.send(f"{pair.path}/reviews/1/reply", **{"reply-1": " "})
    assert response.status_code == 422
    assert 'id="reply-1-error"' in response.text


def test_an_expert_is_offered_levels(pair: Pair) -> None:
    eve = pair.somebody("expert")
    pair.ask(EVE)
    told = eve.told("/reviews/1/answer", answer="accepted", level="3")

    assert "You accepted it, for level 3 Practitioner" in told


def test_a_peer_is_offered_none(pair: Pair) -> None:
    pair.ask()

    assert 'name="level"' not in pair.ines.html("/reviews/1")


def test_an_answer_is_taken_back(pair: Pair) -> None:
    pair.ask()
    pair.answer()
    told = pair.ines.told("/reviews/1/take-back")
    catch_up(pair.site)

    assert "Taken back. It counts no more." in told
    assert "until a peer accepts it" in pair.bo.page(pair.path)


def test_who_does_not_want_to_look_says_so(pair: Pair) -> None:
    pair.ask()
    told = pair.ines.told("/reviews/1/decline")

    assert "You will not be asked about this one again." in told
    assert "Which licence?" not in pair.ines.page("/reviews/1")
    assert "Ines Roy does not want to look at it." in pair.bo.page(pair.path)


# ---- The end -------------------------------------------------------------------------------------


def test_what_is_withdrawn_is_seen_no_more(pair: Pair) -> None:
    pair.ask()
    told = pair.bo.told(f"{pair.path}/reviews/1/withdraw")

    assert "Ended. Ines Roy cannot see this line any more." in told
    assert "Which licence?" not in pair.ines.page("/reviews")
    assert "Which licence?" not in pair.ines.page("/reviews/1")


def test_whoever_answered_keeps_her_word_after_the_end(pair: Pair) -> None:
    pair.ask()
    pair.answer(message="Well put.")
    pair.bo.send(f"{pair.path}/reviews/1/withdraw")

    page = pair.ines.page("/reviews/1")
    assert "You accepted it" in page
    assert "Take your answer back" in page
    assert "Send your answer" not in page


def test_my_data_says_who_can_read_it_and_until_when(pair: Pair) -> None:
    pair.ask()
    during = pair.bo.page("/data")
    pair.bo.send(f"{pair.path}/reviews/1/withdraw")

    assert "Ines Roy, because you asked for a review: Which licence?" in during
    assert "because you asked for a review" not in pair.bo.page("/data")


# ---- What was said, as lines of a record ---------------------------------------------------------


def word_of(visit: Visit) -> str:
    """The page of what somebody said last."""
    catch_up(visit.app)
    found = re.search(r'href="(/learning/[0-9a-f-]{36})"', visit.html("/learning"))
    assert found
    return found[1]


def test_the_words_of_a_review_are_not_shown_to_others(pair: Pair) -> None:
    pair.ask()
    pair.answer(message="Well put.")
    path = word_of(pair.ines)

    assert pair.ines.send(f"{path}/audience", audience="public").status_code == 403
    assert 'name="audience"' not in pair.ines.html(path)


def test_nobody_is_asked_to_review_a_review(pair: Pair) -> None:
    pair.ask()
    pair.answer()
    path = word_of(pair.ines)

    assert pair.ines.send(f"{path}/reviews", reviewer=BO).status_code == 403
    assert "Ask somebody to look at it" not in pair.ines.page(path)


def test_a_line_that_claims_to_be_of_a_review_is_hers_to_show(pair: Pair) -> None:
    claimed = {"contextActivities": {"category": [{"id": "https://w3id.org/byway/profile/v1"}]}}
    claiming = happening("A talk", context=claimed)
    stored(pair.site, claiming, key="Forger")

    told = pair.bo.told(f"/learning/{claiming['id']}/audience", audience="public")
    assert "Kept. Seen by: Public." in told


# ---- Reciprocity ---------------------------------------------------------------------------------


def test_who_accept_each_other_are_told(pair: Pair) -> None:
    hers = happening("Open data", email=INES, verb=REPLIED, kind=QUESTION, tags=("data",))
    stored(pair.site, hers, acceptance(hers, BO), key="Forum")
    pair.ask()
    before = pair.bo.page(pair.path)
    pair.answer()
    catch_up(pair.site)

    told = "You have accepted 1 of Ines Roy’s items; Ines Roy has accepted 1 of yours."
    assert told not in before
    assert told in pair.bo.page(pair.path)
    back = "You have accepted 1 of Bo Lund’s items; Bo Lund has accepted 1 of yours."
    assert back in pair.ines.page("/reviews")
    assert back in pair.ines.page("/reviews/1")
