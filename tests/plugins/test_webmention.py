"""Webmentions: taken from anybody, believed once the page was seen, matched by people's pages."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from blog_making import polled, said_of
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from pytest_httpserver import HTTPServer

from engine.api import (
    Account,
    Activity,
    Actor,
    BadReport,
    Bundle,
    Delivery,
    Failed,
    Fetched,
    Gone,
    HookRequest,
    Skipped,
    Thing,
    Unanswered,
)
from engine.db import transaction
from engine.fetcher import fetcher
from engine.sources import instances
from engine.testkit import Case, cases, scratch
from plugins import webmention
from plugins.webmention import SOURCE, TARGET, Webmention
from plugins.webmention.mentions import find_mention

PAIRS = Path(webmention.__file__).parent / "pairs"
SITE = "https://ledger.example.org"
PAGE = f"{SITE}/2026/budgets"
NOTE = "https://ilse.example/notes/14"
SETTINGS = {"url": SITE, "title": "Open Ledger"}
ILSE = Actor(
    name="Ilse Brandt",
    account=Account(home_page="https://ilse.example", name="https://ilse.example/"),
)


@pytest.mark.parametrize("case", cases(webmention), ids=str)
def test_it_keeps_the_rules_of_the_kit(case: Case) -> None:
    case.run()


def read(body: bytes | str, **more: Any) -> list[Any]:
    return said_of(Webmention(), body, SETTINGS, **more)


def reply() -> Delivery:
    headers = json.loads((PAIRS / "reply.headers.json").read_text())
    return Delivery(body=(PAIRS / "reply.html").read_bytes(), name=NOTE, headers=headers)


def said(delivery: Delivery) -> list[Any]:
    return list(Webmention().activities(Bundle(key=None, deliveries=(delivery,)), SETTINGS))


# --- the page ----------------------------------------------------------------------------------


def test_an_answer_on_somebodys_own_page() -> None:
    assert said(reply()) == [
        Activity(
            rows=("mention",),
            keys=(f"mention:{NOTE} {PAGE}",),
            actor=ILSE,
            verb="commented",
            type="article",
            url=PAGE,
            at=datetime(2026, 3, 5, 8, tzinfo=UTC),
            parent=Thing(url=SITE, title="Open Ledger", type="blog"),
            excerpt="We publish the drafts as well.",
            reported_at=datetime(2026, 3, 5, 8, 10, tzinfo=UTC),
        )
    ]


def mention(html: str, source: str = NOTE) -> Any:
    return find_mention(html, source=source, target=PAGE, address=source)


@pytest.mark.parametrize(
    ("link", "kind"),
    [
        pytest.param(f'<a class="u-in-reply-to" href="{PAGE}">x</a>', "in-reply-to", id="answer"),
        pytest.param(f'<a class="u-like-of" href="{PAGE}">x</a>', "like-of", id="like"),
        pytest.param(f'<a class="u-repost-of" href="{PAGE}">x</a>', "repost-of", id="share"),
        pytest.param(f'<a class="u-bookmark-of" href="{PAGE}">x</a>', "bookmark-of", id="bookmark"),
        pytest.param(f'<p>See <a href="{PAGE}#top">it</a>.</p>', "mention-of", id="a link alone"),
        pytest.param(
            f'<div class="u-like-of h-cite"><a class="u-url" href="{PAGE}">x</a></div>',
            "like-of",
            id="a citation",
        ),
        pytest.param(
            f'<div class="h-entry"><a class="u-like-of" href="{PAGE}">x</a></div>',
            "mention-of",
            id="an entry within the entry speaks for itself",
        ),
        pytest.param(
            f'<a class="u-like-of" href="https://x.example/">y</a><a href="{PAGE}">x</a>',
            "mention-of",
            id="a like of another page",
        ),
    ],
)
def test_what_a_link_means(link: str, kind: str) -> None:
    assert mention(f'<article class="h-entry">{link}</article>').kind == kind


@pytest.mark.parametrize(
    "html",
    [
        pytest.param("<p>nothing</p>", id="no link"),
        pytest.param(f"<p>{PAGE}</p>", id="the address as text"),
        pytest.param(f"<!-- <a href='{PAGE}'> -->", id="in a comment"),
        pytest.param(f"<script>'<a href=\"{PAGE}\">'</script>", id="in a script"),
        pytest.param(f'<a href="{PAGE}/2">x</a>', id="another page"),
        pytest.param('<a href="http://[">x</a>', id="a broken link"),
    ],
)
def test_a_page_that_does_not_link_mentions_nothing(html: str) -> None:
    assert mention(html) is None


def by(url: str) -> str:
    card = f'<span class="p-author h-card"><a class="p-name u-url" href="{url}">Ilse</a></span>'
    return f'<div class="h-entry">{card}<a class="u-like-of" href="{PAGE}">x</a></div>'


@pytest.mark.parametrize(
    ("url", "source", "account"),
    [
        pytest.param("/", NOTE, "https://ilse.example/", id="her own site"),
        pytest.param("https://ilse.example/", "https://evil.example/1", None, id="another's site"),
        pytest.param(
            "https://social.example/@i", "https://brid.gy/like/1", "https://social.example/@i",
            id="over a bridge",
        ),
        pytest.param("javascript:alert(1)", NOTE, None, id="no address"),
    ],
)  # fmt: skip
def test_who_is_believed_to_have_mentioned(url: str, source: str, account: str | None) -> None:
    actor = mention(by(url), source).actor()
    assert (actor.name, actor.account and actor.account.name) == ("Ilse", account)


CARD = '<a class="h-card" href="/">Ilse</a>'
LIKE = f'<a class="u-like-of" href="{PAGE}">x</a>'


@pytest.mark.parametrize(
    ("html", "author"),
    [
        pytest.param(f'{CARD}<div class="h-entry">{LIKE}</div>', "Ilse", id="a card on the page"),
        pytest.param(
            '<div class="h-feed"><a class="p-author h-card" href="/">Ilse</a>'
            f'<div class="h-entry">{LIKE}</div></div>',
            "Ilse",
            id="the author of the feed",
        ),
        pytest.param(
            f'<div class="h-entry">{LIKE}<div class="p-location h-card">The square</div></div>',
            "",
            id="a place",
        ),
        pytest.param(
            f'<div class="h-entry">{LIKE}<p class="e-content">Ask {CARD}.</p></div>',
            "",
            id="somebody mentioned",
        ),
        pytest.param(
            f'<div class="h-entry">{LIKE}<div class="p-comment h-cite">'
            '<a class="p-author h-card" href="/">Ilse</a></div></div>',
            "",
            id="somebody who commented",
        ),
    ],
)
def test_who_stands_on_the_page_without_being_called_its_author(html: str, author: str) -> None:
    assert mention(html).author == author


def test_a_page_with_several_entries_is_read_by_the_one_that_links() -> None:
    other = '<div class="h-entry"><p class="e-content">Other</p></div>'
    assert mention(other + by("/").replace("x</a>", "mine</a>")).author == "Ilse"


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"x-webmention-gone": "yes"}, id="410"),
        pytest.param({}, id="the link was taken out"),
    ],
)
def test_what_is_taken_back_is_gone(headers: dict[str, str]) -> None:
    told = {**reply().headers, **headers}
    (gone,) = said(Delivery(body=b"<p>moved on</p>", name=NOTE, headers=told))
    assert isinstance(gone, Gone)
    assert gone.key == f"mention:{NOTE} {PAGE}"


def test_a_page_that_is_empty_fails_alone() -> None:
    (failed,) = said(Delivery(body=b"", name=NOTE, headers=reply().headers))
    assert isinstance(failed, Failed)


# --- lists -------------------------------------------------------------------------------------


def test_a_list_of_webmention_io() -> None:
    answer, like, share, rsvp = read((PAIRS / "mentions.json").read_bytes())
    assert (answer.keys, answer.actor, answer.verb) == (
        (f"mention:{NOTE} {PAGE}",),
        ILSE,
        "commented",
    )
    assert (like.actor, like.at) == (Actor(name="Somebody"), datetime(2026, 3, 6, 10, tzinfo=UTC))
    assert (share.verb, share.actor.account.name) == ("shared", "https://social.example/@rui")
    assert rsvp == Skipped(row="[3]", why="It is of the kind rsvp, which is no activity.")


def test_the_older_list_of_webmention_io() -> None:
    link = {
        "source": NOTE,
        "target": PAGE,
        "verified_date": "2026-03-05T08:05:11+00:00",
        "private": False,
        "data": {
            "author": {"name": "Ilse Brandt", "url": "https://ilse.example/"},
            "content": "We publish the drafts as well.",
            "published": "2026-03-05T09:00:00+01:00",
        },
        "activity": {"type": "reply"},
    }
    (answer,) = read(json.dumps({"links": [link]}))
    assert (answer.actor, answer.verb, answer.at.hour) == (ILSE, "commented", 8)


def test_a_page_is_the_sites_with_and_without_www() -> None:
    first = json.loads((PAIRS / "mentions.json").read_text())["children"][0]
    target = first["wm-target"].replace("://", "://www.")
    (one,) = read(json.dumps({"children": [first | {"wm-target": target}]}))
    assert one.url == target


@pytest.mark.parametrize(
    ("changed", "kind"),
    [
        pytest.param({"wm-source": None}, Failed, id="no source"),
        pytest.param({"wm-received": None, "published": None}, Failed, id="no date"),
        pytest.param({"wm-private": True}, Skipped, id="private"),
        pytest.param({"wm-target": "https://else.example/"}, Skipped, id="another site"),
        pytest.param({"wm-target": f"{SITE}.evil.example/"}, Skipped, id="a site that begins so"),
    ],
)
def test_what_a_list_cannot_tell(changed: dict[str, Any], kind: type) -> None:
    first = json.loads((PAIRS / "mentions.json").read_text())["children"][0]
    (one,) = read(json.dumps({"children": [first | changed]}))
    assert isinstance(one, kind)


@pytest.mark.parametrize("body", ["{}", "[]", "7", '{"children": 7}', "<html></html>"])
def test_what_is_no_list_is_refused(body: str) -> None:
    with pytest.raises(BadReport) as refusal:
        read(body)
    assert refusal.value.mend


def test_list_and_page_are_one_statement() -> None:
    with scratch.scratch(Webmention(), SETTINGS):
        first = Delivery(body=(PAIRS / "mentions.json").read_bytes(), name="mentions.json")
        before = scratch.read(first), scratch.standing()
        scratch.read(reply())
        assert scratch.standing() == before[1]


# --- received, then looked at ------------------------------------------------------------------


def form(source: str = NOTE, target: str = PAGE) -> bytes:
    return urlencode({"source": source, "target": target}).encode()


def received(body: bytes) -> Any:
    return Webmention().receive(HookRequest(headers={}, query={}, body=body), SETTINGS)


def test_a_call_says_nothing_by_itself() -> None:
    (skipped,) = said(received(form()))
    assert isinstance(skipped, Skipped)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        pytest.param(b"", "source is no web address", id="empty"),
        pytest.param(b"\xff\xfe", "no form", id="no text"),
        pytest.param(form("javascript:x"), "source is no web address", id="no address"),
        pytest.param(form(target="/2026"), "target is no web address", id="a relative target"),
        pytest.param(form(PAGE, PAGE), "mention itself", id="itself"),
        pytest.param(form(target="https://else.example/"), "no page of", id="another site"),
        pytest.param(form(target=f"{SITE}@evil.example/"), "no page of", id="a name in front"),
        pytest.param(form("https://x.example/" + "y" * 500), "no web address", id="endless"),
    ],
)
def test_what_is_not_received(body: bytes, why: str) -> None:
    with pytest.raises(BadReport, match=why) as refusal:
        received(body)
    assert refusal.value.mend


def test_anybody_may_call_and_nothing_is_believed(make_app: Callable[..., Flask]) -> None:
    installed = {entry.name for entry in entry_points(group="byway.plugins")}
    app = make_app([("webmention", webmention)] if "webmention" not in installed else [])
    with app.app_context():
        with transaction():
            instances.add("webmention", "ledger", SETTINGS, basis="notice")
        client, where = app.test_client(), "/sources/ledger/hook"
        assert client.post(where, data={"source": NOTE, "target": PAGE}).status_code == 202
        assert client.post(where, data={"source": NOTE}).status_code == 422


def followed(server: HTTPServer, **answer: Any) -> Delivery:
    server.expect_request("/note").respond_with_data(**answer)
    announced = received(form(server.url_for("/note")))
    (page,) = Webmention().follow(announced, fetcher(allow_private=True), SETTINGS)
    return page


def test_the_page_is_looked_at(httpserver: HTTPServer) -> None:
    page = followed(httpserver, response_data=(PAIRS / "reply.html").read_bytes())
    assert (page.headers[SOURCE], page.headers[TARGET]) == (httpserver.url_for("/note"), PAGE)
    assert said(page)[0].verb == "commented"


@pytest.mark.parametrize(
    ("status", "kind"),
    [pytest.param(410, Gone, id="gone"), pytest.param(404, Failed, id="not found"),
     pytest.param(503, Failed, id="out of order")],
)  # fmt: skip
def test_a_page_that_cannot_be_seen(httpserver: HTTPServer, status: int, kind: type) -> None:
    (one,) = said(followed(httpserver, response_data="", status=status))
    assert isinstance(one, kind)


def test_a_page_in_a_private_network_is_not_looked_at() -> None:
    announced = received(form("http://127.0.0.1:1/"))
    (page,) = Webmention().follow(announced, fetcher(), SETTINGS)
    assert "private network" in said(page)[0].why


# --- polling webmention.io ---------------------------------------------------------------------


class Service:
    """webmention.io, answering from a number on, as many as are asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.records = json.loads((PAIRS / "mentions.json").read_text())["children"]

    def fetch(self, url: str) -> Fetched:
        self.asked.append(url)
        since = int(url.partition("since_id=")[2] or 0)
        body = json.dumps({"children": [one for one in self.records if one["wm-id"] > since][:2]})
        return Fetched(status=200, headers={}, body=body.encode(), url=url)


def test_a_poll_goes_on_from_the_last_mention(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plugins.webmention.PER_PAGE", 2)
    service, own = Service(), {**SETTINGS, "token": "t0k"}
    brought = list(Webmention().poll(None, service.fetch, own))
    assert [one.cursor for one in brought] == ["1202", "1204"]
    assert list(Webmention().poll("1204", service.fetch, own)) == []
    assert "domain=ledger.example.org&token=t0k" in service.asked[0]


def test_without_a_token_nobody_is_asked() -> None:
    assert polled(Webmention(), SETTINGS) == []


def test_a_token_that_is_refused_says_so() -> None:
    def refusing(url: str) -> Fetched:
        return Fetched(status=403, headers={}, body=b"", url=url)

    with pytest.raises(Unanswered) as refusal:
        list(Webmention().poll(None, refusing, {**SETTINGS, "token": "old"}))
    assert refusal.value.kind == "forbidden"


# --- whatever comes ----------------------------------------------------------------------------

PIECES = st.sampled_from([
    "<div class='h-entry'>", "</div>", "<a class='u-like-of'", f" href='{PAGE}'>", "</a>", "<p>",
    "<time class=dt-published datetime=", "<span class='p-author h-card'>", "<", "<!--",
    "]]>", "\0",
])  # fmt: skip


@given(st.lists(PIECES, max_size=30))
def test_any_page_is_read(pieces: list[str]) -> None:
    found = mention("".join(pieces) + f'<a href="{PAGE}">x</a>')
    assert found is None or found.source == NOTE


def test_a_page_nested_without_end_is_read() -> None:
    assert mention(f'<a href="{PAGE}">x</a>' + "<div>" * 20_000) is not None
