"""Discourse: what its webhooks and pages become, what is left out, and what is refused."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.api import (
    Account,
    Activity,
    Actor,
    Answer,
    BadReport,
    Bundle,
    Delivery,
    Failed,
    Gone,
    HookRequest,
    ItemRef,
    Refused,
    Skipped,
    Thing,
    Unauthorized,
    ValidationError,
)
from plugins.discourse import Discourse, register_sources

DATA = Path(__file__).parents[1] / "data" / "discourse"
BASE = "https://forum.example.org"
SECRET = "a secret of the two"
SETTINGS = Discourse.settings().load(
    {"url": BASE + "/", "secret": SECRET, "community": "Evidence forum"}
)

COMMUNITY = Thing(url=BASE, title="Evidence forum", type="community")
TOPIC = Thing(
    url=f"{BASE}/t/sharing-evidence-between-ministries/812",
    title="Sharing evidence between ministries",
    type="discussion",
)
INES = Actor(name="Ines Roy", account=Account(home_page=BASE, name="ines.roy"))
BO = Actor(name="Bo Lund", account=Account(home_page=BASE, name="Bo_Lund"))
FIRST_AT = datetime(2026, 9, 8, 15, 1, 0, 321000, UTC)
REPLY_AT = datetime(2026, 9, 8, 15, 20, 10, 5000, UTC)
REPLY_CHANGED_AT = datetime(2026, 9, 8, 15, 25, tzinfo=UTC)
TOPIC_AT = datetime(2026, 9, 8, 15, 1, 0, 204000, UTC)


def page(name: str) -> Any:
    return json.loads((DATA / name).read_text())


FIRST: dict[str, Any] = page("post_created_first.json")["post"]
REPLY: dict[str, Any] = page("post_created_reply.json")["post"]
STARTED: dict[str, Any] = page("topic_created.json")["topic"]
AMAL = {"id": 40, "username": "amal", "name": "Amal Idris", "avatar_template": "/a/{size}.png"}
LIKE = {"post": REPLY, "user": AMAL}


def read(content: Any, event: str = "") -> list[Any]:
    """What a body becomes: bytes as they are, anything else as JSON."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    headers = {"X-Discourse-Event": event} if event else {}
    bundle = Bundle(key=None, deliveries=(Delivery(body=body, headers=headers),))
    return list(Discourse().activities(bundle, SETTINGS))


# Events.

STARTED_BY_POST = Activity(
    rows=("post",),
    keys=("topic:812", "post:4101"),
    actor=INES,
    verb="created",
    type="discussion",
    url=TOPIC.url,
    title=TOPIC.title,
    at=FIRST_AT,
    within=ItemRef("topic:812"),
    community=COMMUNITY,
    tags=("evidence",),
    excerpt="How do you share evidence & lessons between two ministries? We tried a wiki.",
)
STARTED_BY_TOPIC = Activity(
    rows=("topic",),
    keys=("topic:812",),
    actor=INES,
    verb="created",
    type="discussion",
    url=TOPIC.url,
    title=TOPIC.title,
    at=TOPIC_AT,
    community=COMMUNITY,
    tags=("evidence-based", "wiki"),
)
REPLIED = Activity(
    rows=("post",),
    keys=("post:4102",),
    actor=BO,
    verb="replied",
    type="forum-reply",
    url=TOPIC.url + "/3",
    title=TOPIC.title,
    at=REPLY_AT,
    within=ItemRef("topic:812"),
    parent=TOPIC,
    community=COMMUNITY,
    tags=("evidence",),
    excerpt="Start with one page per question; people fill it & keep it.",
)
LIKED = Activity(
    rows=("like",),
    keys=("like:4102:amal",),
    actor=Actor(name="Amal Idris", account=Account(home_page=BASE, name="amal")),
    verb="liked",
    object=ItemRef("post:4102"),
    at=REPLY_CHANGED_AT,
    parent=TOPIC,
    community=COMMUNITY,
    tags=("evidence",),
)
ACCEPTED = Activity(
    rows=("solved",),
    keys=("accepted:4102",),
    actor=ItemRef("topic:812"),
    verb="accepted",
    object=ItemRef("post:4102"),
    at=REPLY_CHANGED_AT,
    parent=TOPIC,
    community=COMMUNITY,
    tags=("evidence",),
)
DELETED = {"deleted_at": "2026-09-09T08:00:00.000Z"}


@pytest.mark.parametrize(
    ("event", "body", "outcome"),
    [
        pytest.param("post_created", {"post": FIRST}, STARTED_BY_POST, id="first post"),
        pytest.param("post_created", {"post": REPLY}, REPLIED, id="reply"),
        pytest.param("post_recovered", {"post": REPLY}, REPLIED, id="recovered reply"),
        pytest.param("topic_created", {"topic": STARTED}, STARTED_BY_TOPIC, id="topic"),
        pytest.param("topic_recovered", {"topic": STARTED}, STARTED_BY_TOPIC, id="topic recovered"),
        pytest.param("post_liked", {"like": LIKE}, LIKED, id="like"),
        pytest.param("accepted_solution", {"solved": REPLY}, ACCEPTED, id="accepted"),
        pytest.param(
            "unaccepted_solution",
            {"solved": REPLY},
            Gone(key="accepted:4102", rows=("solved",)),
            id="acceptance withdrawn",
        ),
        pytest.param(
            "post_destroyed",
            {"post": REPLY | DELETED},
            Gone(key="post:4102", rows=("post",)),
            id="reply destroyed",
        ),
        pytest.param(
            "post_destroyed",
            {"post": REPLY | {"user_deleted": True}},
            Gone(key="post:4102", rows=("post",)),
            id="reply deleted by its author",
        ),
        pytest.param(
            "post_destroyed",
            {"post": FIRST},
            Gone(key="topic:812", rows=("post",)),
            id="first post destroyed: the topic is the same item",
        ),
        pytest.param(
            "topic_destroyed",
            {"topic": STARTED | DELETED},
            Gone(key="topic:812", rows=("topic",)),
            id="topic destroyed",
        ),
        pytest.param(
            "post_edited",
            {"post": REPLY | DELETED},
            Gone(key="post:4102", rows=("post",)),
            id="edited, but already deleted when it was sent",
        ),
    ],
)
def test_event_becomes(event: str, body: Any, outcome: Any) -> None:
    assert read(body, event) == [outcome]


@pytest.mark.parametrize(
    ("event", "body", "dated"),
    [
        pytest.param("post_edited", {"post": REPLY}, REPLY_AT, id="an edit cannot undo a deletion"),
        pytest.param("topic_edited", {"topic": STARTED}, TOPIC_AT, id="nor can a topic's edit"),
        pytest.param("topic_closed_status_updated", {"topic": STARTED}, TOPIC_AT, id="nor closing"),
        pytest.param("post_created", {"post": REPLY}, None, id="creation by arrival"),
        pytest.param("post_recovered", {"post": REPLY}, None, id="recovery by arrival"),
        pytest.param("topic_recovered", {"topic": STARTED}, None, id="topic recovery by arrival"),
        pytest.param("post_destroyed", {"post": REPLY | DELETED}, None, id="deletion by arrival"),
    ],
)
def test_what_dates_a_report(event: str, body: Any, dated: datetime | None) -> None:
    assert read(body, event)[0].reported_at == dated


@pytest.mark.parametrize("event", ["topic_edited", "topic_created"])
def test_a_topic_and_its_first_post_share_a_key(event: str) -> None:
    topic, post = read({"topic": STARTED}, event), read({"post": FIRST}, "post_created")
    assert set(topic[0].keys) & set(post[0].keys) == {"topic:812"}


def test_facts_of_an_edited_post_are_those_of_the_created_one() -> None:
    edited = REPLY | {"cooked": "<p>Other words.</p>", "updated_at": "2026-10-01T00:00:00.000Z"}
    was, now = read({"post": REPLY}, "post_created")[0], read({"post": edited}, "post_edited")[0]
    assert (was.actor, was.url, was.at, was.keys) == (now.actor, now.url, now.at, now.keys)


@pytest.mark.parametrize(
    ("change", "at"),
    [
        pytest.param({"accepted_at": "2026-09-10T10:00:00Z"}, (2026, 9, 10, 10, 0), id="accepted"),
        pytest.param({}, (2026, 9, 8, 15, 25), id="else last change"),
        pytest.param({"updated_at": None}, (2026, 9, 8, 15, 20, 10, 5000), id="else creation"),
        pytest.param({"updated_at": "2026-09-08T11:25:00-04:00"}, (2026, 9, 8, 15, 25), id="zone"),
    ],
)
def test_time_of_an_acceptance(change: dict[str, Any], at: tuple[int, ...]) -> None:
    assert read({"solved": REPLY | change})[0].at == datetime(*at, tzinfo=UTC)  # type: ignore[misc, arg-type]


@pytest.mark.parametrize(
    ("change", "tags"),
    [
        pytest.param({"tags": ["a", "b"]}, ("a", "b", "evidence"), id="plain"),
        pytest.param({"tags": [{"id": 1, "name": "a"}]}, ("a", "evidence"), id="objects"),
        pytest.param({"tags": ["evidence"]}, ("evidence",), id="once"),
        pytest.param({"tags": None, "category_slug": None}, (), id="none"),
    ],
)
def test_tags(change: dict[str, Any], tags: tuple[str, ...]) -> None:
    assert read({"post": REPLY | change})[0].tags == tags


@pytest.mark.parametrize(
    ("change", "url"),
    [
        pytest.param({"topic_slug": ""}, f"{BASE}/t/812/3", id="no slug"),
        pytest.param({"topic_slug": "%e4%bd%a0"}, f"{BASE}/t/%e4%bd%a0/812/3", id="encoded"),
        pytest.param({"topic_slug": "a b/é"}, f"{BASE}/t/a%20b%2F%C3%A9/812/3", id="made safe"),
        pytest.param({"topic_id": "812"}, TOPIC.url + "/3", id="id as text"),
        pytest.param({"topic_id": 10**17}, TOPIC.url[:-3] + f"{10**17}/3", id="64-bit id"),
    ],
)
def test_address_of_a_reply(change: dict[str, Any], url: str) -> None:
    assert read({"post": REPLY | change})[0].url == url


RAW_WORDS = "Start with **one** page per question; people fill it & keep it."


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param({"cooked": "<p>a</p><p>b<b>c</b></p>"}, "a bc", id="paragraphs part words"),
        pytest.param({"cooked": "<p>1 &lt; 2 &amp; &hellip;</p>"}, "1 < 2 & …", id="entities"),
        pytest.param({"cooked": "<p>Use <code>ls</code> now</p>"}, "Use now", id="code"),
        pytest.param({"cooked": "<script>x</script><p>y"}, "y", id="script"),
        pytest.param({"cooked": ""}, RAW_WORDS, id="raw without its quote"),
        pytest.param({"cooked": None, "raw": "> old\n```\nx\n```\nnew"}, "new", id="raw code"),
        pytest.param({"cooked": "<pre>x</pre>", "raw": None}, None, id="nothing of one's own"),
    ],
)
def test_excerpt(change: dict[str, Any], words: str | None) -> None:
    assert read({"post": REPLY | change})[0].excerpt == words


def test_an_excerpt_is_cut_between_words_at_200_characters() -> None:
    words = read({"post": REPLY | {"cooked": "<p>" + "evidence " * 50}})[0].excerpt
    assert (len(words) <= 200, words[-10:]) == (True, " evidence…")


@pytest.mark.parametrize(
    ("change", "name"),
    [
        pytest.param({}, "Bo Lund", id="display name"),
        pytest.param({"name": "B\0o \ud800"}, "Bo ?", id="without what no database takes"),
        pytest.param({"name": "", "display_username": None}, None, id="names are switched off"),
    ],
)
def test_username_is_kept_as_written(change: dict[str, Any], name: str | None) -> None:
    actor = read({"post": REPLY | change})[0].actor
    assert actor == Actor(name=name, account=Account(home_page=BASE, name="Bo_Lund"))


# What is left out.


@pytest.mark.parametrize(
    ("body", "why"),
    [
        pytest.param({"post": REPLY | {"post_type": 2}}, "A moderator's action.", id="moderator"),
        pytest.param({"post": REPLY | {"post_type": 3}}, "A note of the forum itself.", id="note"),
        pytest.param({"post": REPLY | {"post_type": 4}}, "A whisper of the staff.", id="whisper"),
        pytest.param({"post": REPLY | {"hidden": True}}, "A hidden post.", id="hidden"),
        pytest.param(
            {"post": REPLY | {"topic_archetype": "private_message"}},
            "A private message.",
            id="private message",
        ),
        pytest.param(
            {"post": REPLY | {"topic_archetype": None, "category_id": None}},
            "A private message.",
            id="private message of an old version: no archetype, no category",
        ),
        pytest.param(
            {"topic": STARTED | {"archetype": "private_message"}},
            "A private message.",
            id="private topic",
        ),
        pytest.param(
            {"like": {"post": REPLY | {"topic_archetype": "private_message"}, "user": AMAL}},
            "A private message.",
            id="like of a private message",
        ),
        pytest.param(
            {"post": REPLY | {"username": "system", "user_id": -1}},
            "The forum's own account.",
            id="system",
        ),
        pytest.param(
            {"post": REPLY | {"username": "discobot", "user_id": -2}},
            "The forum's own account.",
            id="discobot",
        ),
        pytest.param(
            {"post": REPLY | {"username": "gpt4_bot", "user_id": -110}},
            "The forum's own account.",
            id="any bot",
        ),
        pytest.param(
            {"post": REPLY | {"username": None, "user_id": None}},
            "A deleted account.",
            id="deleted user",
        ),
        pytest.param(
            {"topic": STARTED | {"created_by": None}}, "A deleted account.", id="deleted starter"
        ),
        pytest.param(
            {"post": REPLY | {"username": "anonymous12"}}, "An anonymous account.", id="anonymous"
        ),
        pytest.param(
            {"post": REPLY | {"username": "anon40412345"}}, "An anonymous account.", id="anonymised"
        ),
        pytest.param({"solved": REPLY | DELETED}, "A deleted post.", id="deleted answer"),
        pytest.param(
            {"like": {"post": REPLY | DELETED, "user": AMAL}}, "A deleted post.", id="liked"
        ),
        pytest.param({"ping": "OK"}, "Events of type ping are not used.", id="ping in a file"),
        pytest.param({"user": {"id": 3}}, "Events of type user are not used.", id="unused type"),
    ],
)
def test_left_out(body: dict[str, Any], why: str) -> None:
    (kind,) = body
    assert read(body) == [Skipped(row=kind, why=why)]


# Shapes of files.


def rows(outcomes: list[Any]) -> list[tuple[str, Any, str]]:
    """Each outcome as its kind, its row, and its first key or its reason."""
    return [
        (
            type(each).__name__,
            getattr(each, "row", None) or each.rows[0],
            getattr(each, "why", None) or getattr(each, "key", None) or each.keys[0],
        )
        for each in outcomes
    ]


UNSOLVED = {"accepted_answer": None}
FIRST_BODY, REPLY_BODY = {"post": FIRST}, {"post": REPLY}
HEADERS = {"X-Discourse-Event": "unaccepted_solution", "x-discourse-event-type": "solved"}
WITHDRAWN = ("Gone", "[0].solved", "accepted:4102")


@pytest.mark.parametrize(
    ("content", "outcomes"),
    [
        pytest.param(
            [FIRST_BODY, REPLY_BODY],
            [("Activity", "[0].post", "topic:812"), ("Activity", "[1].post", "post:4102")],
            id="array of bodies",
        ),
        pytest.param(
            b"\n".join(json.dumps(each).encode() for each in (FIRST_BODY, {"like": LIKE})),
            [("Activity", "[0].post", "topic:812"), ("Activity", "[1].like", "like:4102:amal")],
            id="JSON lines",
        ),
        pytest.param(
            [
                {
                    "event": "unaccepted_solution",
                    "event_type": "solved",
                    "payload": {"solved": REPLY},
                }
            ],
            [WITHDRAWN],
            id="event and payload",
        ),
        pytest.param(
            [{"event": "unaccepted_solution", "payload": REPLY}], [WITHDRAWN], id="bare payload"
        ),
        pytest.param([{"headers": HEADERS, "body": {"solved": REPLY}}], [WITHDRAWN], id="headers"),
        pytest.param(
            [{"headers": HEADERS, "body": json.dumps({"solved": REPLY})}],
            [WITHDRAWN],
            id="body as text",
        ),
        pytest.param(
            [
                {
                    "topic": "org.example",
                    "body": {"webhook_headers": HEADERS, "webhook_body": {"solved": REPLY}},
                }
            ],
            [WITHDRAWN],
            id="a relay's message",
        ),
        pytest.param(
            [REPLY_BODY | {"post": REPLY | DELETED}],
            [("Gone", "[0].post", "post:4102")],
            id="deleted without an event's name",
        ),
        pytest.param(REPLY, [("Activity", "post", "post:4102")], id="/posts/ID.json"),
        pytest.param(
            page("topic_page.json"),
            [
                ("Activity", "post_stream.posts[0]", "topic:812"),
                ("Skipped", "post_stream.posts[1]", "A note of the forum itself."),
                ("Activity", "post_stream.posts[2]", "post:4102"),
                ("Gone", "post_stream.posts[3]", "post:4104"),
                ("Activity", "accepted_answer", "accepted:4102"),
            ],
            id="/t/ID.json",
        ),
        pytest.param(
            {"backend_name": "Discourse", "data": page("topic_page.json") | UNSOLVED},
            [
                ("Activity", "post_stream.posts[0]", "topic:812"),
                ("Skipped", "post_stream.posts[1]", "A note of the forum itself."),
                ("Activity", "post_stream.posts[2]", "post:4102"),
                ("Gone", "post_stream.posts[3]", "post:4104"),
            ],
            id="a harvester's record of a topic",
        ),
        pytest.param(
            page("posts.json"),
            [
                ("Activity", "latest_posts[0]", "post:4102"),
                ("Activity", "latest_posts[1]", "topic:812"),
            ],
            id="/posts.json",
        ),
        pytest.param(
            page("latest.json"),
            [
                ("Activity", "topic_list.topics[0]", "topic:812"),
                ("Activity", "topic_list.topics[1]", "topic:813"),
                (
                    "Skipped",
                    "topic_list.topics[2]",
                    "It does not say who started it; the topic's page does.",
                ),
            ],
            id="/latest.json: the third names its posters in another language",
        ),
        pytest.param(
            b"payload=" + quote_plus(json.dumps(REPLY_BODY)).encode(),
            [("Activity", "post", "post:4102")],
            id="a form",
        ),
        pytest.param(
            b"\xef\xbb\xbf" + json.dumps(REPLY_BODY).encode(),
            [("Activity", "post", "post:4102")],
            id="with a byte order mark",
        ),
        pytest.param(
            json.dumps(REPLY_BODY).encode("utf-16"),
            [("Activity", "post", "post:4102")],
            id="UTF-16",
        ),
        pytest.param(
            [REPLY_BODY, {"user": {}}, 7],
            [
                ("Activity", "[0].post", "post:4102"),
                ("Skipped", "[1].user", "Events of type user are not used."),
                (
                    "Failed",
                    "[2]",
                    "Expected a Discourse webhook body (post, topic, like or solved), a list of"
                    " them, or the JSON of a topic page (/t/ID.json), /posts.json or"
                    " /latest.json, found 7.",
                ),
            ],
            id="the rest go on",
        ),
    ],
)
def test_shape_of_a_file(content: Any, outcomes: list[tuple[str, Any, str]]) -> None:
    assert rows(read(content)) == outcomes


def test_posts_of_a_page_know_its_title_and_tags() -> None:
    reply = read(page("topic_page.json"))[2]
    assert (reply.parent, reply.tags) == (TOPIC, ("evidence-based", "wiki"))


def test_a_later_page_of_a_topic_still_tells_who_started_it() -> None:
    later = page("topic_page.json")
    later["post_stream"]["posts"] = later["post_stream"]["posts"][2:3]
    started = next(each for each in read(later) if each.rows == ("topic",))
    assert (started.keys, started.actor, started.at) == (("topic:812",), INES, TOPIC_AT)


def test_replies_of_a_deleted_topic_are_left_out() -> None:
    reply = read(page("topic_page.json") | DELETED)[2]
    assert reply == Skipped(row="post_stream.posts[2]", why="Its topic was deleted.")


CLARA = Actor(name="Clara Sy", account=Account(home_page=BASE, name="clara"))
BY_CLARA = {"accepter_username": "clara", "accepter_name": "Clara Sy"}
CLARA_AS_USER = {"username": "clara", "name": "Clara Sy"}
ANSWER: dict[str, Any] = page("topic_page.json")["accepted_answer"]


@pytest.mark.parametrize(
    ("change", "actor"),
    [
        pytest.param({}, ItemRef("topic:812"), id="not named: who started the topic"),
        pytest.param(
            {"accepted_answer": ANSWER | BY_CLARA},
            CLARA,
            id="named",
        ),
        pytest.param(
            {"accepted_answer": None, "accepted_answers": [ANSWER | BY_CLARA]},
            CLARA,
            id="several answers",
        ),
        pytest.param(
            {"accepted_answers": [ANSWER | {"accepter": CLARA_AS_USER}]},
            CLARA,
            id="accepter as a user",
        ),
    ],
)
def test_who_accepted(change: dict[str, Any], actor: Any) -> None:
    accepted = read(page("topic_page.json") | change)[-1]
    assert (accepted.verb, accepted.actor, accepted.object, accepted.at) == (
        "accepted", actor, ItemRef("post:4102"), REPLY_CHANGED_AT,
    )  # fmt: skip


# What fails alone, and what is refused whole.


@pytest.mark.parametrize(
    ("content", "row", "why"),
    [
        pytest.param({"post": 5}, "post", "Expected an object, found 5.", id="no object"),
        pytest.param(
            {"post": REPLY | {"created_at": 1788863262}},
            "post.created_at",
            "Expected text, found 1788863262.",
            id="seconds",
        ),
        pytest.param(
            {"post": REPLY | {"created_at": "yesterday"}},
            "post.created_at",
            "Expected a time with its zone, such as 2026-09-08T15:01:00.000Z, found 'yesterday'.",
            id="no time",
        ),
        pytest.param(
            {"post": REPLY | {"created_at": "2026-09-08T15:01:00"}},
            "post.created_at",
            "Expected a time with its zone, such as 2026-09-08T15:01:00.000Z,"
            " found '2026-09-08T15:01:00'.",
            id="no zone",
        ),
        pytest.param(
            {"post": REPLY | {"created_at": None}},
            "post.created_at",
            "Expected a time, found nothing.",
            id="no creation",
        ),
        pytest.param(
            {"post": REPLY | {"id": 5.62e18}},
            "post.id",
            "Expected a whole number, found 5.62e+18.",
            id="an id that went through a spreadsheet",
        ),
        pytest.param(
            {"post": REPLY | {"post_number": True}},
            "post.post_number",
            "Expected a whole number, found True.",
            id="true is no number",
        ),
        pytest.param(
            {"post": REPLY | {"tags": "a"}}, "post.tags", "Expected a list, found 'a'.", id="tags"
        ),
        pytest.param(
            {"post": REPLY | {"username": ["x"]}},
            "post.username",
            "Expected text, found a list of 1.",
            id="username",
        ),
        pytest.param(
            {"like": {"post": REPLY}},
            "like.user.username",
            "Expected a username, found nothing.",
            id="like without a user",
        ),
        pytest.param(
            [REPLY_BODY, {"post": REPLY | {"id": None}}],
            "[1].post.id",
            "Expected a whole number, found nothing.",
            id="in an array",
        ),
        pytest.param(
            page("topic_page.json") | {"accepted_answer": {"post_number": 57, "username": "amal"}},
            "accepted_answer",
            "The accepted answer is not among the posts of this page.",
            id="answer on another page",
        ),
    ],
)
def test_failed_row(content: Any, row: str, why: str) -> None:
    failed = [each for each in read(content) if isinstance(each, Failed)]
    assert [(each.row, each.why, bool(each.mend)) for each in failed] == [(row, why, True)]


@pytest.mark.parametrize(
    ("content", "found"),
    [
        pytest.param(b"", "0 rows", id="nothing"),
        pytest.param(b"[]", "0 rows", id="empty array"),
        pytest.param({"latest_posts": []}, "0 rows", id="no posts"),
        pytest.param({"topic_list": {"topics": []}}, "0 rows", id="no topics"),
        pytest.param({"post_stream": {"posts": []}}, "0 rows", id="empty topic"),
        pytest.param(b"{}", "found an object with no members", id="empty object"),
        pytest.param({"items": []}, "found an object with items", id="another object"),
        pytest.param(b"<html></html>", "found '<html></html>'", id="a page"),
        pytest.param(b'{"post": {"id": 1', 'found \'{"post": {"id": 1\'', id="cut short"),
        pytest.param(b"7", "found 7", id="a number"),
        pytest.param(b"[1, 2]", "found 1", id="array of numbers"),
        pytest.param(b"\xff\xfe\xfd", "found bytes that are no text", id="no text"),
        pytest.param(b"[" * 100_000, "found '[[[[", id="too deep"),
        pytest.param({"latest_posts": 5}, "Expected a list, found 5", id="posts are no list"),
    ],
)
def test_refused_whole(content: Any, found: str) -> None:
    with pytest.raises(BadReport) as refusal:
        read(content)
    assert (found in refusal.value.why, bool(refusal.value.mend)) == (True, True)


# The webhook.


def call(body: bytes = b"", secret: str = SECRET, **headers: str) -> HookRequest:
    """A call as Discourse makes it, signed with the secret."""
    signature = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    sent = {
        "content-type": "application/json",
        "x-discourse-instance": BASE,
        "x-discourse-event-id": "158765",
        "x-discourse-event-type": "post",
        "x-discourse-event": "post_created",
        "x-discourse-event-signature": signature,
    }
    changed = {name.replace("_", "-"): value for name, value in headers.items()}
    return HookRequest(headers=sent | changed, query={}, body=body)


BODY = json.dumps(REPLY_BODY).encode()


def test_a_signed_call_is_kept_as_it_came() -> None:
    assert Discourse().receive(call(BODY), SETTINGS) == Delivery(
        body=BODY,
        name=BASE,
        media_type="application/json",
        headers={
            "x-discourse-event": "post_created",
            "x-discourse-event-type": "post",
            "x-discourse-event-id": "158765",
        },
        uid="forum.example.org#158765",
    )


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(call(b' {\n"post" :  {} }\r\n'), id="odd whitespace"),
        pytest.param(call(BODY, content_type="application/x-www-form-urlencoded"), id="form type"),
        pytest.param(call(b"payload=%7B%22post%22%3A%7B%7D%7D"), id="form"),
        pytest.param(call(b"\xff\x00"), id="any bytes"),
        pytest.param(call(BODY, x_discourse_instance="http://FORUM.example.org/"), id="spelling"),
        pytest.param(call(BODY, x_discourse_instance="https://forum.example.org:443"), id="port"),
        pytest.param(call(BODY, x_discourse_instance="forum.example.org"), id="host alone"),
        pytest.param(call(BODY, x_discourse_instance=""), id="instance not given"),
        pytest.param(call(BODY, x_discourse_event_type="", x_discourse_event=""), id="no type"),
    ],
)
def test_taken(request_: HookRequest) -> None:
    delivery = Discourse().receive(request_, SETTINGS)
    assert isinstance(delivery, Delivery)
    assert delivery.body == request_.body


GOOD = call(BODY).headers["x-discourse-event-signature"]


@pytest.mark.parametrize(
    ("request_", "secret", "mend"),
    [
        pytest.param(call(BODY), "", "Set a secret here and the same one", id="no secret here"),
        pytest.param(
            call(BODY, x_discourse_event_signature=""),
            SECRET,
            "Discourse signs once its webhook has a secret",
            id="not signed",
        ),
        pytest.param(
            call(BODY, secret="another"), SECRET, "Enter the same secret", id="other secret"
        ),
        pytest.param(
            call(BODY + b" ", x_discourse_event_signature=GOOD),
            SECRET,
            "nothing on the way may change the body",
            id="one more space",
        ),
        pytest.param(
            call(BODY, x_discourse_event_signature=GOOD.removeprefix("sha256=")),
            SECRET,
            "Enter the same secret",
            id="without its prefix",
        ),
        pytest.param(
            call(BODY, x_discourse_event_signature="sha256=é\ud800"),
            SECRET,
            "Enter the same secret",
            id="no hexadecimal",
        ),
        pytest.param(
            call(BODY, x_discourse_instance="https://other.example.org"),
            SECRET,
            "Point that forum's webhook at a source of its own",
            id="another forum",
        ),
        pytest.param(
            call(BODY, x_discourse_instance="https://[broken"),
            SECRET,
            "correct the address here",
            id="no address",
        ),
    ],
)
def test_turned_away(request_: HookRequest, secret: str, mend: str) -> None:
    with pytest.raises(Unauthorized) as refusal:
        Discourse().receive(request_, SETTINGS | {"secret": secret})
    assert (bool(refusal.value.why), mend in refusal.value.mend) == (True, True)


@pytest.mark.parametrize(
    ("request_", "answer"),
    [
        pytest.param(
            call(b'{"ping":"OK"}', x_discourse_event_type="ping"), Answer(body=b"pong"), id="ping"
        ),
        pytest.param(
            call(b'{"ping":"OK"}', x_discourse_event_type=""), Answer(body=b"pong"), id="bare ping"
        ),
        pytest.param(
            call(b'{"user":{}}', x_discourse_event_type="user"),
            Answer(status=202, body=b"not used: user"),
            id="unused type",
        ),
    ],
)
def test_answered_without_a_delivery(request_: HookRequest, answer: Answer) -> None:
    assert Discourse().receive(request_, SETTINGS) == answer


def test_a_call_without_event_id_has_no_uid() -> None:
    delivery = Discourse().receive(call(BODY, x_discourse_event_id=""), SETTINGS)
    assert isinstance(delivery, Delivery)
    assert delivery.uid is None


def test_a_delivery_is_read_with_the_headers_it_kept() -> None:
    body = json.dumps({"solved": REPLY}).encode()
    request = call(body, x_discourse_event_type="solved", x_discourse_event="unaccepted_solution")
    delivery = Discourse().receive(request, SETTINGS)
    assert isinstance(delivery, Delivery)
    bundle = Bundle(key=None, deliveries=(delivery,))
    assert list(Discourse().activities(bundle, SETTINGS)) == [
        Gone(key="accepted:4102", rows=("solved",))
    ]


# The source itself.


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        pytest.param("https://forum.example.org/", BASE, id="final slash"),
        pytest.param("HTTPS://Forum.Example.org", BASE, id="capitals"),
        pytest.param("http://intranet:8080/talk/", "http://intranet:8080/talk", id="sub-folder"),
    ],
)
def test_address_has_one_spelling(url: str, kept: str) -> None:
    assert Discourse.settings().load({"url": url})["url"] == kept


@pytest.mark.parametrize(
    "url",
    ["forum", "ftp://forum.example.org", f"{BASE}/?page=2", f"{BASE}/#a", "https://a:b@x.org", 7],
)
def test_address_refused(url: Any) -> None:
    with pytest.raises(ValidationError):
        Discourse.settings().load({"url": url})


def test_secret_is_marked_and_the_address_is_the_identity() -> None:
    declared = Discourse.settings().fields
    assert (declared["secret"].metadata["secret"], declared["url"].metadata["identity"]) == (
        True,
        True,
    )


def test_it_is_registered_and_vouches_for_peers() -> None:
    (source,) = register_sources()
    assert (source.name, source.vouches, source.mark) == ("discourse", "peer", "Di")


def test_it_takes_webhooks_and_can_be_asked() -> None:
    assert (Discourse.has_door("receive"), Discourse.has_door("poll")) == (True, True)


# Whatever comes.

UNHURRIED = settings(deadline=None)

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
WORDS = st.sampled_from([
    "post", "topic", "like", "solved", "user", "payload", "body", "headers", "event",
    "post_stream", "posts", "topic_list", "topics", "posters", "details", "created_by", "id",
    "accepted_answer", "tags", "latest_posts", "accepted_answers", "post_number", "topic_id",
    "created_at", "username",
])  # fmt: skip
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=12,
)
CHANGES = st.dictionaries(st.sampled_from([*REPLY, "tags", "accepted_at"]), VALUES, max_size=3)


def outcome(content: Any) -> Any:
    """What is read, or why it is refused; nothing else may be raised."""
    try:
        return read(content)
    except Refused as refusal:
        return (refusal.why, refusal.mend, refusal.where)


@UNHURRIED
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    assert outcome(body) == outcome(body)


@UNHURRIED
@given(VALUES)
def test_any_json_is_read_or_refused(value: Any) -> None:
    assert outcome(value) == outcome(value)


@UNHURRIED
@given(st.sampled_from(["post", "topic", "like", "solved"]), CHANGES)
def test_a_post_with_any_field_changed_is_one_outcome(kind: str, changes: dict[str, Any]) -> None:
    content = {"post": REPLY | changes, "user": AMAL} if kind == "like" else REPLY | changes
    assert len(read({kind: content})) == 1


@UNHURRIED
@given(CHANGES)
def test_a_page_with_any_field_changed_is_read_or_refused(changes: dict[str, Any]) -> None:
    content = page("topic_page.json") | changes
    assert outcome(content) == outcome(content)


@UNHURRIED
@given(st.binary(max_size=60), st.dictionaries(st.sampled_from(
    ["x-discourse-event", "x-discourse-event-type", "x-discourse-event-id", "x-discourse-instance",
     "x-discourse-event-signature"]), st.text(max_size=20)))  # fmt: skip
def test_any_call_is_taken_or_refused(body: bytes, headers: dict[str, str]) -> None:
    signed = call(body)
    request = HookRequest(headers=dict(signed.headers) | headers, query={}, body=body)
    try:
        taken = Discourse().receive(request, SETTINGS)
    except Unauthorized as refusal:
        taken = Answer(status=refusal.status)
    assert isinstance(taken, Delivery | Answer)
