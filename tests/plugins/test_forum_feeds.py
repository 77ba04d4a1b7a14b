"""Forums known by feeds alone: phpBB, Elgg (NovaGob), BuddyPress and bbPress (GovLoop)."""

from __future__ import annotations

from typing import Any

import pytest
from forum_making import asked, kinds, read, recording, sample
from pytest_httpserver import HTTPServer

from engine.api import Account, Actor, BadReport, Delivery, ItemRef, Refused
from engine.testkit import scratch

BOARD = sample("phpbb", "posts.atom")
FEEDS = {"phpbb": "posts.atom", "elgg": "debates.rss", "buddypress": "activity.rss"}


def rss(link: str, title: str = "x", creator: str = "Bo Lund") -> bytes:
    """A feed of one entry."""
    who = f"<dc:creator>{creator}</dc:creator>" if creator else ""
    return (
        '<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Net</title>'
        f"<item><title>{title}</title><link>{link}</link><guid>{link}</guid>{who}"
        "<pubDate>Tue, 08 Sep 2026 15:01:00 +0000</pubDate></item></channel></rss>"
    ).encode()


# phpBB


def test_a_board_tells_posts_of_topics_under_user_names() -> None:
    reply, start = read("phpbb", BOARD)
    assert (reply.verb, reply.keys, reply.within) == (
        "replied", ("post:502",), ItemRef("topic:77"),
    )  # fmt: skip
    assert start.keys == ("topic:77", "post:501")
    assert start.actor.account == Account(home_page="https://board.example", name="ines")


def test_quotations_and_statistics_of_a_board_are_not_the_authors_words() -> None:
    assert read("phpbb", BOARD)[0].excerpt == "The one with a single number."


def test_a_feed_of_topics_and_one_of_posts_meet() -> None:
    topics = BOARD.replace(b"t=77&amp;p=501#p501", b"t=77").replace(b"t=77&p=501#p501", b"t=77")
    with recording("phpbb"):
        scratch.read(Delivery(body=topics))
        assert scratch.read(Delivery(body=BOARD)).statements == []


def test_an_older_board_names_forum_topic_and_post() -> None:
    body = BOARD.replace(b"viewtopic.php?t=77&amp;p=", b"viewtopic.php?f=2&amp;t=77&amp;p=")
    assert read("phpbb", body)[1].keys == ("topic:77", "post:501")


# Elgg


@pytest.mark.parametrize(
    ("path", "verb", "type_"),
    [
        pytest.param("/discussion/view/4501/x", "created", "discussion", id="discussion"),
        pytest.param("/forum/topic/4501/x", "created", "discussion", id="of Elgg 1.7"),
        pytest.param("/discussion/view/4501/x#elgg-object-9", "replied", "forum-reply", id="reply"),
        pytest.param("/blog/view/4501/x", "authored", "article", id="blog"),
        pytest.param("/file/view/4501/x", "shared", "webpage", id="file"),
        pytest.param("/bookmarks/view/4501/x", "shared", "webpage", id="bookmark"),
    ],
)
def test_the_address_says_what_an_entry_of_elgg_is(path: str, verb: str, type_: str) -> None:
    (told,) = read("elgg", rss(f"https://red.example{path}"))
    assert (told.verb, told.type) == (verb, type_)


def test_a_display_name_of_elgg_identifies_nobody() -> None:
    assert read("elgg", sample("elgg", "debates.rss"))[0].actor == Actor(name="Nora Ibáñez")


@pytest.mark.parametrize(
    "link",
    [
        pytest.param("https://red.example/profile/nora", id="a member"),
        pytest.param("https://red.example/groups/profile/900/datos", id="a group"),
        pytest.param("https://red.example/discussion/view/none", id="no number"),
    ],
)
def test_what_is_no_contribution_to_elgg_is_left_out(link: str) -> None:
    assert kinds(read("elgg", rss(link))) == ["Skipped"]


# BuddyPress and bbPress


@pytest.mark.parametrize(
    ("title", "name", "verb"),
    [
        pytest.param("Bo Lund replied to the topic X", "Bo Lund", "replied", id="re"),
        pytest.param("Bo Lund started the topic X", "Bo Lund", "created", id="topic"),
        pytest.param("Bo posted an update in the group Z", "Bo", "created", id="update"),
        pytest.param("Nora inició el debate X", "Nora", "created", id="Spanish"),
        pytest.param("Bo wrote a new post, X", "Bo", "authored", id="blog"),
    ],
)
def test_the_sentence_of_an_activity_says_who_did_what(title: str, name: str, verb: str) -> None:
    (told,) = read("buddypress", rss("https://n.example/activity/p/9/", title, creator=""))
    assert (told.actor, told.verb, told.keys) == (Actor(name=name), verb, ("activity:9",))


@pytest.mark.parametrize("title", ["Bo joined the group Z", "Bo became a registered member"])
def test_what_is_no_contribution_to_a_group_is_left_out(title: str) -> None:
    body = rss("https://n.example/activity/p/9/", title, creator="")
    assert kinds(read("buddypress", body)) == ["Skipped"]


def test_a_forum_feed_of_bbpress_names_its_author_apart() -> None:
    body = rss("https://n.example/forums/topic/x/#post-55", "Reply To: X")
    (told,) = read("buddypress", body)
    assert (told.verb, told.title, told.keys) == ("replied", "X", ("post:55",))


def test_a_comment_on_an_activity_is_another_item_than_the_activity() -> None:
    title = "Bo posted a new activity comment"
    (told,) = read("buddypress", rss("https://n.example/activity/p/9/#acomment-12", title))
    assert (told.keys, told.verb) == (("activity:12",), "replied")


# All of them


@pytest.mark.parametrize("plugin", FEEDS)
def test_a_page_that_is_no_feed_is_refused(plugin: str) -> None:
    with pytest.raises(BadReport):
        read(plugin, b"<!doctype html><html><body>Sign in</body></html>")


@pytest.mark.parametrize("plugin", FEEDS)
def test_an_entry_without_a_date_fails(plugin: str) -> None:
    body = rss("https://n.example/a").replace(b"Tue, 08 Sep 2026 15:01:00 +0000", b"soon")
    assert kinds(read(plugin, body)) == ["Failed"]


@pytest.mark.parametrize(("plugin", "name"), FEEDS.items(), ids=FEEDS)
def test_a_feed_is_asked_for_once_until_it_changes(
    plugin: str, name: str, httpserver: HTTPServer
) -> None:
    httpserver.expect_request("/feed").respond_with_data(sample(plugin, name))
    given: dict[str, Any] = {"feed": httpserver.url_for("/feed")}
    (brought,) = asked(plugin, **given)
    assert read(plugin, brought.body) == read(plugin, sample(plugin, name))
    assert asked(plugin, brought.cursor, **given) == []


def test_without_the_address_of_a_feed_nothing_is_asked() -> None:
    with pytest.raises(Refused) as refusal:
        asked("phpbb")
    assert refusal.value.where == "feed"
