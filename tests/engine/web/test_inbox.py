"""The pages of the identity inbox: who may open them, what they do, and what they never show."""

from __future__ import annotations

import io
import re
from datetime import date

import pytest
from factories import a_person, a_statement
from flask import Flask
from flask.testing import FlaskClient
from inbox_making import (
    BO,
    FORUM,
    INES,
    NAMED,
    an_account,
    followed,
    keys_of,
    open_handles,
    open_names,
    people,
    seen,
    waits,
)
from inbox_visits import INBOX, a_site, odile, sent
from live_log import an_origin, answered, here, put
from toy import did, file
from workbench_making import a_report, a_source, signed_in, token_in, uploaded, words_of

from engine.db import transaction
from engine.people import service
from engine.sources import runs

ACCOUNT = f"{FORUM}::4711"
PAGES = (
    INBOX,
    f"{INBOX}?show=names",
    f"{INBOX}/handle?key={ACCOUNT}",
    f"{INBOX}/handle?key={NAMED}",
    f"{INBOX}.csv",
    f"{INBOX}/file",
    "/workbench/people/merge",
    "/workbench/people/history",
    "/workbench/people/policies",
)
FORMS = (
    f"{INBOX}/link",
    f"{INBOX}/aside",
    f"{INBOX}/again",
    f"{INBOX}/handle",
    f"{INBOX}/file",
    f"{INBOX}/file/take",
    "/workbench/people/merge",
    "/workbench/people/history/1/back",
    "/workbench/people/policies/trust",
    "/workbench/people/policies/distrust",
    "/workbench/people/policies/follow",
    "/workbench/people/policies/follow-no-more",
)


@pytest.fixture
def client(toys: Flask) -> FlaskClient:
    """Odile's browser; Bo's account waits with a row, and so does his name."""
    people(BO, INES)
    seen(an_account("4711"))
    waits("Bo Lund", tags=["data-literacy"])
    return odile(toys)


def learner(app: Flask) -> FlaskClient:
    return signed_in(a_site(app), a_person("Lea Moss", "lea@example.org", "manager", "expert"))


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_for_the_team_alone(toys: Flask, path: str) -> None:
    assert learner(toys).get(path).status_code == 403


@pytest.mark.parametrize("path", FORMS)
def test_a_form_is_for_the_team_alone(toys: Flask, path: str) -> None:
    client = learner(toys)
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/my/data").text)
    assert token
    assert client.post(path, data={"csrf_token": token[1]}).status_code == 403


@pytest.mark.parametrize("path", PAGES)
def test_nobody_opens_a_page_without_signing_in(toys: Flask, path: str) -> None:
    assert a_site(toys).test_client().get(path).status_code == 401


@pytest.mark.parametrize("path", FORMS)
def test_a_form_without_its_token_does_nothing(client: FlaskClient, path: str) -> None:
    assert client.post(path, data={"handle": ACCOUNT, "domain": "example.org"}).status_code == 400


@pytest.mark.both_databases
@pytest.mark.parametrize("path", [*PAGES, f"{INBOX}?q=a%00b&source=99999999999&page=-1&show=x"])
def test_a_page_opens(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 200


def test_the_inbox_shows_handle_source_count_and_reason(client: FlaskClient) -> None:
    page = words_of(client.get(INBOX).text)
    assert "Link 4711 to bo@example.org" in page
    assert "Account at forum.example.org lms: 1 row" in page
    assert "Same account name as the external id of bo@example.org." in page


def test_a_namesake_is_told_and_cannot_be_ticked(client: FlaskClient) -> None:
    page = client.get(f"{INBOX}?show=names").text
    assert "Same name as bo@example.org, which is not enough." in words_of(page)
    assert 'type="checkbox"' not in page


def test_a_namesake_is_not_filled_in(client: FlaskClient) -> None:
    assert "Fill in" not in client.get(f"{INBOX}/handle", query_string={"key": NAMED}).text


def test_what_is_ticked_is_linked(client: FlaskClient) -> None:
    done = sent(client, f"{INBOX}/link", handle=ACCOUNT)
    assert (done.status_code, ACCOUNT in keys_of()) == (302, True)
    assert here() is not None


def test_what_is_not_suggested_strongly_is_not_linked_by_a_forged_form(client: FlaskClient) -> None:
    done = sent(client, f"{INBOX}/link", handle=NAMED)
    assert (done.status_code, open_names()) == (422, [NAMED])
    assert "No suggestion for it is enough" in words_of(done.text)


def test_ticking_nothing_says_so(client: FlaskClient) -> None:
    done = sent(client, f"{INBOX}/link")
    assert (done.status_code, "Nothing was chosen" in done.text) == (422, True)


def test_more_than_a_page_can_hold_is_refused(client: FlaskClient) -> None:
    done = sent(client, f"{INBOX}/link", handle=[f"{FORUM}::{n}" for n in range(201)])
    assert done.status_code == 400


def test_a_link_is_shown_before_it_is_made(client: FlaskClient) -> None:
    page = sent(client, f"{INBOX}/handle", key=NAMED, email="bo@example.org")
    told = words_of(page.text)
    assert "Is read and recorded t: 1 row" in told
    assert "They count towards Data literacy (1 row)." in told
    assert open_names() == [NAMED]


def test_then_it_is_made_and_the_row_is_read(client: FlaskClient) -> None:
    done = sent(client, f"{INBOX}/handle", key=NAMED, email="bo@example.org", step="link")
    followed()
    assert (done.status_code, open_names()) == (302, [])
    assert here() is not None
    assert "1 row that waited were read" in words_of(client.get(INBOX).text)


def test_a_typo_is_told_at_the_field_and_kept(client: FlaskClient) -> None:
    page = sent(client, f"{INBOX}/handle", key=ACCOUNT, email="b0@example.org")
    assert page.status_code == 422
    assert 'id="email-error"' in page.text
    assert 'value="b0@example.org"' in page.text


def test_a_person_is_created_on_the_page(client: FlaskClient) -> None:
    asked = {"key": ACCOUNT, "email": "new@example.org", "create": "1", "name": "New One"}
    assert "A new person is created" in sent(client, f"{INBOX}/handle", **asked).text
    assert service.find_person("new@example.org") is None
    sent(client, f"{INBOX}/handle", **asked, step="link")
    assert ACCOUNT in keys_of("new@example.org")


@pytest.mark.both_databases
@pytest.mark.parametrize("step", ["", "link"])
@pytest.mark.parametrize("email", ["", "\0", "a\0b@example.org", "@", "x" * 400 + "@example.org"])
def test_an_address_that_is_none_is_told_at_the_field(
    client: FlaskClient, email: str, step: str
) -> None:
    fields = {"email": email, "create": "1", "name": "A\0B", "step": step}
    page = sent(client, f"{INBOX}/handle", key=ACCOUNT, **fields)
    assert (page.status_code, "-error" in page.text) == (422, True)


def test_what_is_somebodys_is_not_told_any_more(client: FlaskClient) -> None:
    sent(client, f"{INBOX}/link", handle=ACCOUNT)
    page = words_of(client.get(f"{INBOX}/handle?key={ACCOUNT}").text)
    assert "It is bo@example.org." in page
    assert ("1 row" in page, "Data literacy" in page) == (False, False)


def test_odile_does_not_link_to_herself(client: FlaskClient) -> None:
    page = sent(client, f"{INBOX}/handle", key=ACCOUNT, email="odile@example.org", step="link")
    assert (page.status_code, "about yourself" in page.text) == (422, True)
    assert open_handles() == [ACCOUNT]


def test_a_handle_nothing_came_under_has_no_page(client: FlaskClient) -> None:
    assert client.get(f"{INBOX}/handle?key={FORUM}::x").status_code == 404


@pytest.mark.both_databases
@pytest.mark.parametrize(
    "key", ["", "%00", f"{FORUM}::a%00b", "x" * 3000, "urn:byway:name-at:nowhere::x"]
)
def test_what_is_no_handle_is_refused_as_a_page(client: FlaskClient, key: str) -> None:
    assert client.get(f"{INBOX}/handle?key={key}").status_code in (400, 404)


def test_a_handle_is_put_aside_and_taken_up(client: FlaskClient) -> None:
    sent(client, f"{INBOX}/aside", handle=ACCOUNT)
    assert open_handles() == []
    assert "4711" in client.get(f"{INBOX}?show=ignored").text
    sent(client, f"{INBOX}/again", handle=ACCOUNT)
    assert open_handles() == [ACCOUNT]


def test_the_history_says_who_and_takes_back(client: FlaskClient) -> None:
    sent(client, f"{INBOX}/link", handle=ACCOUNT)
    page = client.get("/workbench/people/history").text
    assert "4711 was linked to bo@example.org." in words_of(page)
    assert "by odile@example.org" in words_of(page)
    entry = page.partition("/workbench/people/history/")[2].partition("/")[0]
    assert sent(client, f"/workbench/people/history/{entry}/back").status_code == 302
    assert open_handles() == [ACCOUNT]


def test_a_merge_is_shown_and_made(client: FlaskClient) -> None:
    both = {"email": "ines@example.org", "other": "bo@example.org"}
    page = sent(client, "/workbench/people/merge", **both)
    assert "becomes Ines Roy (ines@example.org)" in words_of(page.text)
    sent(client, "/workbench/people/merge", **both, step="merge")
    assert "mailto:bo@example.org" in keys_of("ines@example.org")


def test_a_merge_refused_keeps_what_was_typed(client: FlaskClient) -> None:
    page = sent(client, "/workbench/people/merge", email="ines@example.org", other="x@example.org")
    assert (page.status_code, 'id="other-error"' in page.text) == (422, True)
    assert 'value="x@example.org"' in page.text


def test_the_file_goes_out_and_comes_back_in(client: FlaskClient) -> None:
    body = client.get(f"{INBOX}.csv").text
    filled = body.replace(",,,\n", ",bo@example.org,,\n")
    upload = (io.BytesIO(filled.encode()), "filled.csv")
    page = sent(client, f"{INBOX}/file", file=upload)
    assert "2 rows: 2 linked. Nothing has been changed yet." in words_of(page.text)
    assert open_handles() == [ACCOUNT]
    done = sent(client, f"{INBOX}/file/take", token=token_in(page.text))
    assert "2 rows: 2 linked." in words_of(done.text)
    assert (open_handles(), open_names()) == ([], [])


@pytest.mark.parametrize("body", [b"", b"a,b\n", b"PK\x03\x04"])
def test_a_file_that_is_none_is_refused_at_the_field(client: FlaskClient, body: bytes) -> None:
    page = sent(client, f"{INBOX}/file", file=(io.BytesIO(body), "x.csv"))
    assert (page.status_code, 'id="file-error"' in page.text) == (422, True)


def test_a_file_that_is_too_large_is_refused(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.web.inbox.MAX_FILE", 20)
    page = sent(client, f"{INBOX}/file", file=(io.BytesIO(b"handle,email\n" * 2), "x.csv"))
    assert (page.status_code, "5 MB" in page.text) == (422, True)


def test_a_domain_is_trusted_and_makes_people_at_once(client: FlaskClient) -> None:
    seen({"mbox": "mailto:new@example.org"}, origin="other")
    sent(client, "/workbench/people/policies/trust", domain="example.org")
    assert service.find_person("new@example.org") is not None
    assert "by odile@example.org" in words_of(client.get("/workbench/people/policies").text)
    sent(client, "/workbench/people/policies/distrust", domain="example.org")
    assert "None yet" in client.get("/workbench/people/policies").text


def test_a_sources_reports_are_followed_until_somebody_says_no_more(client: FlaskClient) -> None:
    sent(client, "/workbench/people/policies/follow", source="t")
    assert "Follow it no more : t" in words_of(client.get("/workbench/people/policies").text)
    sent(client, "/workbench/people/policies/follow-no-more", source="t")
    assert "None is followed" in client.get("/workbench/people/policies").text


@pytest.mark.parametrize("path", ["follow", "follow-no-more"])
def test_a_source_that_is_none_is_refused_as_a_page(client: FlaskClient, path: str) -> None:
    page = sent(client, f"/workbench/people/policies/{path}", source="nowhere")
    assert (page.status_code, "There is no source" in page.text) == (404, True)


def test_what_is_no_domain_is_told_at_the_field(client: FlaskClient) -> None:
    page = sent(client, "/workbench/people/policies/trust", domain="x@y")
    assert (page.status_code, 'id="domain-error"' in page.text) == (422, True)
    assert 'value="x@y"' in page.text


@pytest.mark.parametrize("path", PAGES)
def test_no_page_shows_what_it_is_about(client: FlaskClient, path: str) -> None:
    """Titles, texts, addresses and tags of a person's items stay hers."""
    definition = {"name": {"en": "SECRET-TITLE"}, "description": {"en": "SECRET-TEXT"}}
    thing = {"id": "https://x.example.org/SECRET-ADDRESS", "definition": definition}
    result = {"response": "SECRET-ANSWER"}
    told = answered(**{"https://x.example.org/ext": "SECRET-EXTENSION"})
    actor = {"actor": {"name": "SECRET-NAME", **an_account("4711")}}
    put(an_origin("private"), told | actor | {"object": thing, "result": result})
    more = {"url": "https://x.example.org/SECRET", "excerpt": "SECRET-EXCERPT"}
    said = did("n2", email=None, name="Bo Lund", title="SECRET-TITLE", tags=["SECRET"], **more)
    runs.run_file("t", file(said))
    followed()
    assert "SECRET" not in client.get(path).text.upper()


def test_showing_what_a_link_changes_shows_no_title(client: FlaskClient) -> None:
    said = did("n2", email=None, name="Bo Lund", title="SECRET-TITLE", tags=["secret"])
    runs.run_file("t", file(said))
    page = sent(client, f"{INBOX}/handle", key=NAMED, email="bo@example.org")
    assert (page.status_code, "SECRET" in page.text.upper()) == (200, False)


def test_what_strangers_wrote_is_escaped(client: FlaskClient) -> None:
    waits('<script>alert("x")</script>')
    put(an_origin("x"), a_statement() | {"actor": an_account("<b>bold</b>")})
    followed()
    for_names = client.get(f"{INBOX}?show=names").text
    assert "<script>alert" not in for_names
    assert "<b>bold" not in client.get(INBOX).text


def test_a_learner_with_a_role_is_not_merged_by_the_team(client: FlaskClient) -> None:
    with transaction():
        service.give_role(service.get_person("bo@example.org"), "operator")
    both = {"email": "ines@example.org", "other": "bo@example.org", "step": "merge"}
    page = sent(client, "/workbench/people/merge", **both)
    assert (page.status_code, "Ask an operator" in page.text) == (422, True)


def test_from_an_upload_to_the_profile(app: Flask) -> None:
    """A report names somebody without an address; a click says who it is, and the level moves."""
    client = odile(app)
    a_source(tags="data-literacy")
    people(BO)
    report = a_report(people=["bo lund"]).replace(b"bo lund@example.org", b"")
    page = uploaded(client, "zoom", report)
    sent(client, "/sources/zoom/record", token=token_in(page.text))
    name = "urn:byway:name-at:zoom::bo lund"
    october = date(2026, 10, 1)
    assert (open_names(), here(as_of=october)) == ([name], None)
    sent(client, f"{INBOX}/handle", key=name, email="bo@example.org", step="link")
    followed()
    assert here(as_of=october) is not None
    assert "1 new" in words_of(client.get("/sources/zoom").text)
