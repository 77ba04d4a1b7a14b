"""Microblogs: outboxes, feeds and archives say the same; what is not public is left out; asking."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from forum_making import asked, kinds, only, read, recording, sample, zipped
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from engine.api import Activity, BadReport, Delivery, Failed, Gone, Refused, Skipped, Unanswered
from engine.testkit import scratch

OUTBOX: dict[str, Any] = json.loads(sample("microblog", "outbox.json"))
POST, THREAD, REPLY, BOOST = OUTBOX["orderedItems"][:4]
TWEETS = sample("microblog", "tweets.js")
TWEET = json.loads(TWEETS.partition(b"=")[2])[0]["tweet"]
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"


def told(*items: Any, **given: Any) -> list[Any]:
    return read("microblog", json.dumps({"orderedItems": items}).encode(), **given)


def with_note(**given: Any) -> dict[str, Any]:
    item: dict[str, Any] = copy.deepcopy(POST)
    item["object"] |= given
    return item


def tweeted(**given: Any) -> list[Any]:
    return read("microblog", b"window.YTD.tweets.part0 = " + json.dumps([TWEET | given]).encode())


def test_posts_threads_replies_and_boosts() -> None:
    activities = only(told(POST, THREAD, REPLY, BOOST), Activity)
    assert [one.verb for one in activities] == ["authored", "authored", "replied", "shared"]


def test_what_is_not_public_is_left_out() -> None:
    assert kinds(told(*OUTBOX["orderedItems"])) == ["Activity"] * 4 + ["Skipped"] * 2


@pytest.mark.parametrize(
    "audience",
    [
        pytest.param({"to": PUBLIC, "cc": None}, id="one text"),
        pytest.param({"to": ["as:Public"]}, id="short form"),
        pytest.param({"to": ["https://social.example.org/f"], "cc": [PUBLIC]}, id="unlisted"),
    ],
)
def test_all_forms_of_public(audience: dict[str, Any]) -> None:
    assert kinds(told(with_note(**audience) | audience)) == ["Activity"]


def test_a_private_post_in_a_public_wrapping_is_left_out() -> None:
    assert kinds(told(with_note(to=["https://social.example.org/f"], cc=[]))) == ["Skipped"]


def test_behind_a_warning_only_the_warning_is_kept() -> None:
    (post,) = told(with_note(summary="About illness", sensitive=True))
    assert (post.title, post.excerpt) == ("About illness", "About illness")


def test_tags_and_language_are_kept() -> None:
    (post,) = told(POST)
    assert (post.tags, post.language) == (("plainlanguage",), "en")


@pytest.mark.parametrize(
    "item",
    [
        pytest.param({"type": "Delete", "object": POST["object"]["id"]}, id="deletion"),
        pytest.param(
            POST | {"object": {"id": POST["object"]["id"], "type": "Tombstone"}}, id="tombstone"
        ),
    ],
)
def test_deleted_posts_are_gone(item: dict[str, Any]) -> None:
    (gone,) = told(item)
    assert isinstance(gone, Gone)
    assert gone.key == POST["object"]["id"]


def test_a_post_by_its_address_alone_is_told() -> None:
    (post,) = told(POST | {"object": POST["object"]["id"]})
    assert post.url == POST["object"]["id"]


@pytest.mark.parametrize(
    "item",
    [
        pytest.param(17, id="no object"),
        pytest.param(POST | {"actor": 3}, id="actor"),
        pytest.param(with_note(published="soon"), id="time"),
        pytest.param(with_note(id="x"), id="id"),
        pytest.param(BOOST | {"object": None}, id="nothing boosted"),
    ],
)
def test_a_bad_post_fails_alone(item: Any) -> None:
    assert kinds(told(POST, item)) == ["Activity", "Failed"]


def test_other_activities_are_left_out() -> None:
    assert kinds(told(POST | {"type": "Like"})) == ["Skipped"]


def test_posts_of_another_server_are_refused() -> None:
    with pytest.raises(BadReport, match="this source belongs to"):
        told(POST, url="https://elsewhere.example")


NUMBERED = "https://social.example.org/ap/users/115"


def numbered(*addresses: str, **given: Any) -> list[Any]:
    """Posts of an account whose own address has a number for its name."""
    posts = [with_note(id=f"{NUMBERED}/{url[-1]}", url=url) for url in addresses]
    return told(*[post | {"actor": NUMBERED} for post in posts], account="", **given)


def test_newer_addresses_have_the_name_in_those_of_the_posts() -> None:
    posts = numbered("https://social.example.org/@bo/1", "https://social.example.org/@bo/2")
    assert {one.actor.account.name for one in posts} == {"bo"}


@pytest.mark.parametrize(
    "addresses",
    [
        pytest.param(["https://social.example.org/ap/users/115/1"], id="no name anywhere"),
        pytest.param(
            ["https://social.example.org/@bo/1", "https://social.example.org/@ines/2"], id="two"
        ),
    ],
)
def test_newer_addresses_without_a_name_need_the_archive_or_the_setting(
    addresses: list[str],
) -> None:
    with pytest.raises(BadReport, match="whose posts"):
        numbered(*addresses)


def test_what_was_boosted_does_not_say_who_boosted() -> None:
    other = {"id": "https://b.example/1", "url": "https://b.example/@noor/1", "to": PUBLIC}
    with pytest.raises(BadReport, match="whose posts"):
        told(BOOST | {"actor": NUMBERED, "object": other}, account="")


def test_a_list_of_the_items_of_an_outbox_is_read() -> None:
    assert kinds(read("microblog", json.dumps([POST, BOOST]).encode())) == ["Activity"] * 2


@pytest.mark.parametrize(
    "account", ["bo", " @bo", "@bo@social.example.org", "https://social.example.org/@bo/"]
)
def test_a_user_name_may_be_entered_as_people_do(account: str) -> None:
    (post,) = told(POST | {"actor": NUMBERED, "object": NUMBERED + "/1"}, account=account)
    assert post.actor.account.name == "bo"


def test_the_archive_says_whose_posts_they_are() -> None:
    numbered = POST | {"actor": "https://social.example.org/ap/users/115"}
    archive: dict[str, bytes | str] = {
        "actor.json": json.dumps({"preferredUsername": "ines"}),
        "outbox.json": json.dumps({"orderedItems": [numbered]}),
        "likes.json": "{}",
    }
    (post,) = read("microblog", zipped(archive), account="")
    assert post.actor.account.name == "ines"


# Archives of Twitter.


def test_tweets_replies_and_boosts() -> None:
    assert [one.verb for one in read("microblog", TWEETS)] == ["authored", "replied", "shared"]


def test_the_parts_of_an_archive_are_read_and_messages_are_not() -> None:
    other = TWEETS.replace(b"13000000000000000", b"14000000000000000").replace(b"part0", b"part1")
    archive: dict[str, bytes | str] = {
        "data/account.js": 'window.YTD.account.part0 = [{"account": {"username": "roy"}}]',
        "data/tweets.js": TWEETS,
        "data/tweets-part1.js": other,
        "data/direct-messages.js": "window.YTD.direct_messages.part0 = [{}]",
    }
    outcomes = read("microblog", zipped(archive), account="")
    assert (len(outcomes), outcomes[0].actor.account.name) == (6, "roy")


def test_messages_given_alone_are_refused() -> None:
    with pytest.raises(BadReport):
        read("microblog", b"window.YTD.direct_messages.part0 = [{}]")


def test_the_oldest_archives_are_read() -> None:
    old = (
        b"Grailbird.data.tweets_2013_01 = "
        + json.dumps(
            [
                {
                    "id_str": "290000000000000001",
                    "created_at": "2013-01-31 12:00:00 +0000",
                    "text": "RT @bo_lund: Slides",
                    "user": {"screen_name": "ines"},
                    "retweeted_status": {"id_str": "28", "user": {"screen_name": "bo_lund"}},
                }
            ]
        ).encode()
    )
    (boost,) = read("microblog", old, url="https://twitter.com")
    assert boost.url == "https://twitter.com/bo_lund/status/28"


def test_flat_lists_are_read_too() -> None:
    assert kinds(tweeted()) == ["Activity"]


def test_a_list_may_end_as_a_program_does() -> None:
    assert len(read("microblog", TWEETS.rstrip() + b";\n")) == 3


def test_deleted_tweets_are_gone() -> None:
    body = TWEETS.replace(b"YTD.tweets", b"YTD.deleted_tweets")
    assert kinds(read("microblog", body)) == ["Gone"] * 3


def test_a_thread_is_no_reply() -> None:
    (tweet,) = tweeted(in_reply_to_status_id_str="12", in_reply_to_screen_name="ines")
    assert tweet.verb == "authored"


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({"created_at": "Tue Foo 08 15:01:00 +0000 2020"}, id="time"),
        pytest.param({"id_str": "1.3E+18"}, id="number"),
        pytest.param({"full_text": 7}, id="text"),
    ],
)
def test_a_bad_tweet_fails_alone(given: dict[str, Any]) -> None:
    assert len(only(tweeted(**given), Failed)) == 1


def test_protected_tweets_are_left_out() -> None:
    assert len(only(tweeted(user={"protected": True}), Skipped)) == 1


def test_tweets_of_nobody_are_refused() -> None:
    with pytest.raises(BadReport, match="whose posts"):
        read("microblog", TWEETS, account="")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"{}", id="no members"),
        pytest.param(b"[]", id="an empty list"),
        pytest.param(b"hello", id="a text"),
        pytest.param(b"<html></html>", id="a page"),
        pytest.param(zipped({"media/a.png": b"x"}), id="another archive"),
        pytest.param(zipped({"outbox.json": "{"}), id="half an outbox"),
        pytest.param(TWEETS[:300], id="half a list"),
    ],
)
def test_what_is_none_of_them_is_refused(body: bytes) -> None:
    with pytest.raises(BadReport) as refusal:
        read("microblog", body)
    assert refusal.value.mend


# Asking.


class Server:
    """A server of ours with one account; its outbox has two posts a page, newest first."""

    def __init__(self, server: HTTPServer, posts: list[int], status: int = 200) -> None:
        self.posts, self.url, self.status = posts, server.url_for("").rstrip("/"), status
        finger = {"links": [{"rel": "self", "href": f"{self.url}/ap/115"}]}
        actor = {"preferredUsername": "ines", "outbox": f"{self.url}/ap/115/outbox"}
        server.expect_request("/.well-known/webfinger").respond_with_json(finger)
        server.expect_request("/ap/115").respond_with_json(actor)
        server.expect_request("/ap/115/outbox").respond_with_handler(self.outbox)
        self.settings = {"url": self.url, "accounts": "@ines"}

    def outbox(self, request: Request) -> Response:
        page = int(request.args.get("page", 0))
        ordered = sorted(self.posts, reverse=True)[2 * page - 2 : 2 * page]
        address = f"{self.url}/ap/115/outbox?page="
        first = {"type": "OrderedCollection", "first": f"{address}1"}
        items = {"orderedItems": [self.post(n) for n in ordered], "next": f"{address}{page + 1}"}
        return Response(json.dumps(items if page else first), status=self.status)

    def post(self, number: int) -> dict[str, Any]:
        text = json.dumps(POST).replace("https://social.example.org", self.url)
        text = text.replace("115200000000000001", str(number))
        post: dict[str, Any] = json.loads(text.replace("2026-09-08T08", f"2026-09-08T{number:02}"))
        return post


def numbers(brought: list[Delivery]) -> list[list[str]]:
    pages = [json.loads(one.body)["orderedItems"] for one in brought]
    return [[one["published"][11:13] for one in page] for page in pages]


def test_pages_are_followed_until_what_is_known(httpserver: HTTPServer) -> None:
    server = Server(httpserver, [1, 2, 3])
    brought = asked("microblog", **server.settings)
    assert numbers(brought) == [["01"], ["03", "02"]]
    assert asked("microblog", brought[-1].cursor, **server.settings) == []
    server.posts.append(4)
    assert numbers(asked("microblog", brought[-1].cursor, **server.settings)) == [["04"]]


def test_a_server_that_shows_no_outbox_is_asked_for_the_feed(httpserver: HTTPServer) -> None:
    server = Server(httpserver, [1], status=401)
    httpserver.expect_request("/@ines.rss").respond_with_data(sample("microblog", "account.rss"))
    (feed,) = asked("microblog", **server.settings)
    assert feed.body == sample("microblog", "account.rss")
    assert asked("microblog", feed.cursor, **server.settings) == []


def test_being_asked_to_wait_says_for_how_long(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/.well-known/webfinger").respond_with_json(
        {}, status=429, headers={"Retry-After": "30"}
    )
    with pytest.raises(Unanswered) as refusal:
        asked("microblog", url=httpserver.url_for("").rstrip("/"), accounts="ines")
    assert (refusal.value.kind, refusal.value.seconds) == ("rate", 30)


def test_no_answer_sends_us_to_another_host(httpserver: HTTPServer) -> None:
    finger = {"links": [{"rel": "self", "href": "https://elsewhere.example/ap"}]}
    httpserver.expect_request("/.well-known/webfinger").respond_with_json(finger)
    httpserver.expect_request("/@ines.rss").respond_with_data("", status=404)
    with pytest.raises(Unanswered) as refusal:
        asked("microblog", url=httpserver.url_for("").rstrip("/"), accounts="ines")
    assert refusal.value.kind == "missing"


def test_without_an_account_nothing_is_asked() -> None:
    with pytest.raises(Refused) as refusal:
        asked("microblog")
    assert refusal.value.where == "accounts"


def test_archive_feed_and_poll_meet_in_one_statement(httpserver: HTTPServer) -> None:
    server = Server(httpserver, [11])
    with recording("microblog", **server.settings):
        (page,) = asked("microblog", **server.settings)
        first = scratch.read(page)
        archive = json.dumps({"orderedItems": [server.post(11)]}).encode()
        second = scratch.read(Delivery(body=archive))
        feed = sample("microblog", "account.rss").decode()
        feed = feed.replace("https://social.example.org", server.url).replace(
            "08:00:00", "11:00:00"
        )
        third = scratch.read(Delivery(body=feed.replace("115200000000000001", "11").encode()))
    assert len(first.statements) == 1
    assert (second.counts["known"], third.counts["known"]) == (1, 1)
