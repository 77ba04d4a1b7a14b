"""Feeds become posts and comments: what each kind gives, who is named, what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from engine.api import (
    Account,
    Activity,
    Actor,
    BadReport,
    Bundle,
    Delivery,
    Failed,
    Gone,
    Refused,
    Skipped,
    Thing,
    ValidationError,
)
from engine.fetcher import fetcher
from engine.testkit import Case, cases
from plugins import feed as plugin
from plugins.feed import Feed, FeedSettings, register_sources
from plugins.feed.opml import read_list

DATA = Path(__file__).parent.parent / "data" / "feed"


@pytest.mark.parametrize("case", cases(plugin), ids=str)
def test_it_keeps_the_rules_of_the_kit(case: Case) -> None:
    case.run()


def read(body: bytes | str, *, name: str = "", media_type: str = "", **stated: str) -> list[Any]:
    body = body.encode() if isinstance(body, str) else body
    delivery = Delivery(body=body, name=name, media_type=media_type)
    return list(Feed().activities(Bundle(key=None, deliveries=(delivery,)), stated))


def sample(name: str, **stated: str) -> list[Any]:
    return read((DATA / name).read_bytes(), **stated)


def rss(
    items: str, *, head: str = "", channel: str = "<link>https://blog.example.org/</link>"
) -> str:
    return (
        f'{head}<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>'
        f"<title>A blog</title>{channel}{items}</channel></rss>"
    )


def item(inner: str = "", *, id: str = "a1") -> str:
    return (
        f'<item><guid isPermaLink="false">{id}</guid><title>Words</title>'
        f"<pubDate>Mon, 02 Mar 2026 10:00:00 GMT</pubDate>{inner}</item>"
    )


def atom(entries: str, *, feed: str = "") -> str:
    return (
        '<feed xmlns="http://www.w3.org/2005/Atom"><id>urn:f</id><title>A blog</title>'
        f'<link href="https://blog.example.org/"/>{feed}{entries}</feed>'
    )


def entry(inner: str = "", *, id: str = "urn:e") -> str:
    return f"<entry><id>{id}</id><published>2026-03-02T10:00:00Z</published>{inner}</entry>"


def reply(inner: str, *, href: str = "https://blog.example.org/p", ref: str = "urn:p") -> str:
    thread = 'xmlns:thr="http://purl.org/syndication/thread/1.0"'
    return entry(f'<thr:in-reply-to {thread} ref="{ref}" href="{href}"/>{inner}')


# --- what each kind of feed gives --------------------------------------------------------------

HARBOUR = Thing(url="https://harbour.example.org/", title="Harbour Notes", type="blog")
TIDES = "https://harbour.example.org/2026/03/tides.html"


def profile(site: str, name: str, handle: str) -> Actor:
    return Actor(name=name, account=Account(home_page=site, name=handle))


def test_a_blogger_post() -> None:
    assert sample("blogger_posts.xml")[0] == Activity(
        rows=("entry 1",),
        keys=("entry:tag:blogger.com,1999:blog-7001.post-21",),
        actor=profile(
            "https://harbour.example.org", "Ines Carvalho", "https://www.blogger.com/profile/1111"
        ),
        verb="authored",
        type="article",
        url=TIDES,
        title="Tides & budgets",
        at=datetime(2026, 3, 9, 13, tzinfo=UTC),
        parent=HARBOUR,
        tags=("open data", "Policy"),
        excerpt="What the tide table teaches. Plan & wait.",
    )


def test_a_blogger_comment_is_about_the_post() -> None:
    assert sample("blogger_comments.xml")[0] == Activity(
        rows=("entry 1",),
        keys=("comment:tag:blogger.com,1999:blog-7001.post-901",),
        actor=profile(
            "https://harbour.example.org", "Joana Reis", "https://www.blogger.com/profile/2222"
        ),
        verb="commented",
        type="article",
        url=TIDES,
        at=datetime(2026, 3, 10, 14, tzinfo=UTC),
        parent=HARBOUR,
        excerpt="Have you tried the neap tide?",
    )


def test_an_answer_to_a_comment_is_a_comment_on_the_post() -> None:
    assert sample("blogger_comments.xml")[1].url == TIDES


def test_a_comment_that_blogger_marks_as_removed_is_gone() -> None:
    assert sample("blogger_comments.xml")[2] == Gone(
        key="comment:tag:blogger.com,1999:blog-7001.post-903", rows=("entry 3",)
    )


def test_a_blogger_export_gives_its_posts_and_comments_alone() -> None:
    rows = sample("blogger_export.xml")
    assert [type(row) for row in rows] == [Skipped, Skipped, Skipped, Activity, Skipped, Activity]


@pytest.mark.parametrize(
    ("place", "why"),
    [
        pytest.param(0, "It belongs to the blog's template, not to its posts.", id="template"),
        pytest.param(1, "It belongs to the blog's settings, not to its posts.", id="settings"),
        pytest.param(2, "It belongs to the blog's page, not to its posts.", id="page"),
        pytest.param(4, "It is a draft.", id="draft"),
    ],
)
def test_why_an_entry_of_an_export_is_skipped(place: int, why: str) -> None:
    assert sample("blogger_export.xml")[place] == Skipped(row=f"entry {place + 1}", why=why)


def test_a_comment_in_an_export_finds_its_post_in_the_same_file() -> None:
    comment = sample("blogger_export.xml")[5]
    assert (comment.url, comment.title) == (
        "http://lighthouse.example.org/2026/01/first.html",
        "First light",
    )


def test_a_takeout_export_reads_its_own_names() -> None:
    rows = sample("blogger_takeout.xml", site="https://ferry.example.jp/")
    assert [(row.verb, row.url) for row in rows[:2]] == [
        ("authored", "https://ferry.example.jp/2026/01/crossing.html"),
        ("commented", "https://ferry.example.jp/2026/01/crossing.html"),
    ]


def test_a_takeout_draft_is_skipped() -> None:
    rows = sample("blogger_takeout.xml", site="https://ferry.example.jp/")
    assert rows[2] == Skipped(row="entry 3", why="It is not published (status DRAFT).")


def test_a_wordpress_post() -> None:
    assert sample("wordpress.xml") == [
        Activity(
            rows=("entry 1",),
            keys=("entry:https://atelier.example.fr/blog/?p=12",),
            actor=profile("https://atelier.example.fr", "Chloé Marchand", "Chloé Marchand"),
            verb="authored",
            type="article",
            url="https://atelier.example.fr/blog/accueil/",
            title="L’accueil, c’est un métier",
            language="fr-FR",
            at=datetime(2026, 3, 3, 6, 15, tzinfo=UTC),
            parent=Thing(
                url="https://atelier.example.fr/blog",
                title="Les carnets de l’atelier",
                type="blog",
            ),
            tags=("Accueil", "R&D"),
            excerpt="Ce que nous avons appris au guichet. […]",
        )
    ]


def test_a_wordpress_comment_feed() -> None:
    assert sample("wordpress_comments.xml") == [
        Activity(
            rows=("entry 1",),
            keys=("comment:https://workshop.example.org/?p=12#comment-41",),
            actor=Actor(name="Musa Diallo"),
            verb="commented",
            type="article",
            url="https://workshop.example.org/craft/",
            title="Welcome is a craft",
            at=datetime(2026, 3, 4, 8, tzinfo=UTC),
            parent=Thing(url="https://workshop.example.org", type="blog"),
            excerpt="We do the same at our desk.",
        )
    ]


def test_rss_1_0() -> None:
    post = sample("rss10.xml")[0]
    assert (post.keys, post.language, post.tags, post.at) == (
        ("entry:https://red.example.es/nota-1",),
        "es",
        ("aprendizaje",),
        datetime(2026, 3, 1, 8, tzinfo=UTC),
    )


def test_rss_0_91_has_links_for_ids_and_the_editor_for_author() -> None:
    post = sample("rss091.xml")[0]
    assert (post.keys, post.actor.name, post.at) == (
        ("link:http://old.example.org/1",),
        "Pat Quill",
        datetime(2026, 3, 2, 15, tzinfo=UTC),
    )


def test_an_entry_without_a_date_fails_alone() -> None:
    assert sample("rss091.xml")[1] == Failed(
        row="entry 2",
        why="The entry has no date that can be read (found: none).",
        mend="Have the blog publish a date like 2026-03-01T12:00:00Z with each entry.",
    )


def test_an_entry_without_id_and_link_fails_alone() -> None:
    dated = "<item><pubDate>Mon, 02 Mar 2026 10:00:00 GMT</pubDate></item>"
    assert isinstance(read(rss(dated))[0], Failed)


def test_each_author_of_an_entry_has_a_row_and_a_key() -> None:
    first, second = sample("atom_team.xml")[:2]
    assert [(one.rows, one.keys[0].rpartition("|")[2]) for one in (first, second)] == [
        (("entry 1, author 1",), "https://team.example.org/people/kai"),
        (("entry 1, author 2",), "Wren Addo"),
    ]


def test_links_are_resolved_against_the_base() -> None:
    assert sample("atom_team.xml")[0].url == "https://team.example.org/journal/2026/two-voices"


def test_an_entry_in_the_future_keeps_its_date() -> None:
    assert sample("atom_team.xml")[2].at == datetime(2099, 1, 1, tzinfo=UTC)


def test_an_entry_without_a_page_has_no_address() -> None:
    assert sample("atom_team.xml")[2].url is None


def test_an_update_is_not_another_fact() -> None:
    changed = entry("<updated>2026-05-05T00:00:00Z</updated>")
    assert read(atom(changed)) == read(atom(entry()))


def test_the_same_file_gives_the_same_twice() -> None:
    assert sample("blogger_export.xml") == sample("blogger_export.xml")


def test_a_feed_without_entries_is_fine() -> None:
    assert read(atom("")) == []


# --- JSON Feed ----------------------------------------------------------------------------------


def json_feed(*items: dict[str, Any], **feed: Any) -> str:
    whole = {"version": "https://jsonfeed.org/version/1.1", "title": "Desk notes"}
    return json.dumps({**whole, "home_page_url": "https://desk.example/", **feed, "items": items})


def note(**more: Any) -> dict[str, Any]:
    return {"id": "n1", "date_published": "2026-03-02T10:00:00-05:00", "title": "A < B", **more}


def test_a_json_feed() -> None:
    words = {"url": "/n/1", "content_html": "<p>All&nbsp;well.</p>", "tags": ["Policy"]}
    people = {"authors": [{"name": "Ana Lima", "url": "https://desk.example/ana"}]}
    assert read(json_feed(note(**words, **people), language="en-CA")) == [
        Activity(
            rows=("entry 1",),
            keys=("entry:n1",),
            actor=profile("https://desk.example", "Ana Lima", "https://desk.example/ana"),
            verb="authored",
            type="article",
            url="https://desk.example/n/1",
            title="A < B",
            language="en-CA",
            at=datetime(2026, 3, 2, 15, tzinfo=UTC),
            parent=Thing(url="https://desk.example/", title="Desk notes", type="blog"),
            tags=("Policy",),
            excerpt="All well.",
        )
    ]


@pytest.mark.parametrize(
    "people",
    [
        pytest.param({"author": {"name": "Ana Lima"}}, id="version 1.0"),
        pytest.param({"authors": [{"name": "Ana Lima"}]}, id="version 1.1"),
        pytest.param({"authors": [], "author": {"name": "Ana Lima"}}, id="both, one empty"),
    ],
)
def test_who_wrote_in_a_json_feed(people: dict[str, Any]) -> None:
    assert read(json_feed(note(**people)))[0].actor.name == "Ana Lima"


def test_a_json_feed_may_write_dates_as_rss_does() -> None:
    written = {"date_published": "Fri, 02 Jan 2026 10:00:00 -0500"}
    (post,) = read(json_feed(note(**written, date_modified="2026-03-02T10:00:00Z")))
    assert post.at == datetime(2026, 1, 2, 15, tzinfo=UTC)


def test_a_json_feed_may_number_its_items() -> None:
    assert read(json_feed(note(id=41)))[0].keys == ("entry:41",)


@pytest.mark.parametrize("odd", [7, None, "x", [], {"date_published": 7, "id": []}])
def test_an_odd_item_of_a_json_feed_fails_alone(odd: Any) -> None:
    rows = read(json_feed(odd, note()))
    assert [type(row) for row in rows] == [Failed, Activity]


# --- lists of feeds ----------------------------------------------------------------------------

LISTED = {"x-feed-listed": "https://one.example/feed"}


def read_listed(body: str) -> list[Any]:
    delivery = Delivery(body=body.encode(), name="https://one.example/feed", headers=LISTED)
    own = {"url": "https://list.example/", "site": "https://list.example/"}
    return list(Feed().activities(Bundle(key=None, deliveries=(delivery,)), own))


def test_a_listed_feed_is_its_own_blog() -> None:
    post = read_listed(rss(item("<dc:creator>Ana</dc:creator>")))[0]
    assert (post.parent.url, post.actor.account.home_page) == (
        "https://blog.example.org/",
        "https://blog.example.org",
    )


def test_a_broken_feed_of_a_list_fails_alone() -> None:
    (failed,) = read_listed("<rss><channel>")
    assert isinstance(failed, Failed)
    assert failed.why.startswith("https://one.example/feed: The feed breaks off")


@pytest.mark.parametrize(
    ("id", "key"),
    [
        pytest.param("12", "entry:https://one.example/feed 12", id="a number of the blog"),
        pytest.param("urn:x:12", "entry:urn:x:12", id="unique in the world"),
    ],
)
def test_ids_of_listed_feeds_are_kept_apart(id: str, key: str) -> None:
    assert read_listed(rss(item(id=id)))[0].keys == (key,)


OPML = """<?xml version="1.0"?><opml version="2.0"><head><title>Public service blogs</title></head>
<body><outline text="Canada"><outline text="One" type="rss" xmlUrl="https://one.example/f?a=1&b=2"/>
<outline title="Two" xmlURL="feed://two.example/rss"/></outline>
<outline text="a note"/><outline text="One again" xmlurl="https://one.example/f?a=1&amp;b=2"/>
<outline text="odd" xmlUrl="javascript:alert(1)"/></body></opml>"""


def test_an_opml_file_gives_its_feeds_once_each() -> None:
    assert [(one.address, one.title) for one in read_list(OPML)] == [
        ("https://one.example/f?a=1&b=2", "One again"),
        ("http://two.example/rss", "Two"),
    ]


def test_a_list_may_be_written_one_a_line() -> None:
    lines = "https://a.example/feed\n\n  https://b.example/feed  "
    assert [one.address for one in read_list(lines)] == [
        "https://a.example/feed",
        "https://b.example/feed",
    ]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param("https://a.example\nnonsense", "“nonsense” is no address", id="a bad line"),
        pytest.param("<opml><body>", "The list of feeds is not sound XML", id="broken off"),
        pytest.param("\n".join(f"https://a.example/{n}" for n in range(301)), "300", id="too many"),
    ],
)
def test_a_list_that_cannot_be_read_is_refused_at_the_setting(text: str, why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        FeedSettings().load({"feeds": text})


# --- people ------------------------------------------------------------------------------------

SITE = "https://blog.example.org"


@pytest.mark.parametrize(
    ("body", "actor"),
    [
        pytest.param(
            atom(entry("<author><name>Ana</name><uri>https://p.example/7</uri></author>")),
            profile(SITE, "Ana", "https://p.example/7"),
            id="profile address",
        ),
        pytest.param(
            atom(entry("<author><name>Ana Lima</name></author>")),
            profile(SITE, "Ana Lima", "Ana Lima"),
            id="name only",
        ),
        pytest.param(
            atom(entry("<author><name>Ana</name><email>ana@example.org</email></author>")),
            profile(SITE, "Ana", "Ana"),
            id="an email beside a name is not used",
        ),
        pytest.param(
            atom(entry("<author><name>Ana</name><uri>https://blog.example.org/</uri></author>")),
            profile(SITE, "Ana", "Ana"),
            id="the blog itself is nobody's profile",
        ),
        pytest.param(
            rss(item("<author>noreply@blogger.com (Ana Lima)</author>")),
            profile(SITE, "Ana Lima", "Ana Lima"),
            id="blogger's mail (Name)",
        ),
        pytest.param(
            rss(item("<author>NoReply@Blogger.com</author>")), Actor(), id="noreply is nobody"
        ),
        pytest.param(
            rss(item("<author>ana@office.technology (Ana Lima)</author>")),
            profile(SITE, "Ana Lima", "Ana Lima"),
            id="mail at a long domain (Name)",
        ),
        pytest.param(
            rss(item("<author>Ana Lima &lt;ana@example.org&gt;</author>")),
            profile(SITE, "Ana Lima", "Ana Lima"),
            id="Name <mail>",
        ),
        pytest.param(
            rss(item("<author>ana@example.org</author>")),
            profile(SITE, None, "ana@example.org"),
            id="a bare mail is an account's name",
        ),
        pytest.param(
            rss(item("<author>mailto:ana@example.org?subject=News</author>")),
            profile(SITE, None, "ana@example.org"),
            id="a link to write to",
        ),
        pytest.param(
            rss(item("<dc:creator>Ana Lima</dc:creator>")),
            profile(SITE, "Ana Lima", "Ana Lima"),
            id="dc:creator",
        ),
        pytest.param(
            rss(item("<author>ana@example.org</author><dc:creator>Ana Lima</dc:creator>")),
            profile(SITE, "Ana Lima", "Ana Lima"),
            id="author and dc:creator are one person",
        ),
        pytest.param(
            atom(entry(), feed="<author><name>Ana Lima</name></author>"),
            profile(SITE, "Ana Lima", "Ana Lima"),
            id="the feed's author",
        ),
        pytest.param(
            atom(entry("<author><name>Anónimo</name></author>")),
            Actor(name="Anónimo"),
            id="nobody, in Spanish",
        ),
        pytest.param(atom(entry()), Actor(), id="nobody named"),
        pytest.param(
            atom(reply("<author><name>Ben</name><uri>https://p.example/9</uri></author>")),
            profile(SITE, "Ben", "https://p.example/9"),
            id="comment with a profile",
        ),
        pytest.param(
            atom(reply("<author><name>Ben</name></author>")),
            Actor(name="Ben"),
            id="comment under a typed name",
        ),
        pytest.param(
            atom(
                reply("<author><name>Anonymous</name><email>noreply@blogger.com</email></author>")
            ),
            Actor(name="Anonymous"),
            id="anonymous comment",
        ),
        pytest.param(
            atom(reply(""), feed="<author><name>Ana Lima</name></author>"),
            Actor(),
            id="a nameless comment is not the blogger's",
        ),
    ],
)
def test_who(body: str, actor: Actor) -> None:
    assert read(body)[0].actor == actor


def test_a_name_is_plain_text() -> None:
    (post,) = read(rss(item("<dc:creator><![CDATA[Ana O&#8217;Neil]]></dc:creator>")))
    assert (post.actor.name, post.actor.account.name) == ("Ana O’Neil", "Ana O’Neil")


def test_nobody_is_ever_a_mailbox() -> None:
    every = [row for path in DATA.glob("*.xml") for row in sample(path.name, site=SITE)]
    assert {row.actor.email for row in every if isinstance(row, Activity)} == {None}


@pytest.mark.parametrize(
    ("channel", "stated", "site"),
    [
        pytest.param(
            "<link>http://b.example:8080/x/</link>", {}, "http://b.example:8080", id="feed"
        ),
        pytest.param("", {"url": "https://u.example/feed"}, "https://u.example", id="its address"),
        pytest.param("", {}, "https://l.example", id="its entries"),
        pytest.param(
            "<link>http://b.example/</link>",
            {"site": "https://s.example/"},
            "https://s.example",
            id="setting",
        ),
    ],
)
def test_where_accounts_are_at_home(channel: str, stated: dict[str, str], site: str) -> None:
    post = item("<link>https://l.example/p</link><dc:creator>Ana</dc:creator>")
    assert read(rss(post, channel=channel), **stated)[0].actor.account.home_page == site


def test_a_feed_that_names_no_site_is_refused_with_the_setting_to_fill() -> None:
    with pytest.raises(BadReport) as refusal:
        read(rss(item(), channel=""))
    assert "(site)" in refusal.value.mend


# --- comments ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "url"),
    [
        pytest.param(atom(reply("")), "https://blog.example.org/p", id="href"),
        pytest.param(
            atom(reply("", href="https://blog.example.org/p#comment-4")),
            "https://blog.example.org/p",
            id="href of another comment",
        ),
        pytest.param(
            atom(reply("", href="", ref="tag:blog.example.org,2026:p")),
            "tag:blog.example.org,2026:p",
            id="only the id is known",
        ),
        pytest.param(
            rss(item("<link>https://blog.example.org/p?showComment=17#c99</link>")),
            "https://blog.example.org/p",
            id="blogger's RSS",
        ),
        pytest.param(
            rss(item("<link>https://blog.example.org/p?page=2#c99</link>")),
            "https://blog.example.org/p?page=2",
            id="other parameters stay",
        ),
        pytest.param(
            rss(item("<link>https://blog.example.org/p#kommentar_7</link>")),
            "https://blog.example.org/p",
            id="another language",
        ),
    ],
)
def test_what_a_comment_is_about(body: str, url: str) -> None:
    comment = read(body)[0]
    assert (comment.verb, comment.url) == ("commented", url)


@pytest.mark.parametrize(
    "link",
    ["https://b.example/p#comments", "https://b.example/p#part-2", "https://b.example/c12"],
)
def test_other_anchors_make_no_comment(link: str) -> None:
    assert read(rss(item(f"<link>{link}</link>")))[0].verb == "authored"


@pytest.mark.parametrize("dots", ["&#8230;", "..."])
def test_what_blogs_write_into_each_others_comments_is_no_comment(dots: str) -> None:
    link = "<link>https://blog.example.org/p#comment-4</link>"
    (one,) = read(rss(item(f"{link}<description>[{dots}] we read [{dots}]</description>")))
    assert one == Skipped(row="entry 1", why="It is a pingback, made by a machine.")


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(
            '<p>In reply to <a href="/p#comment-4">Bo</a>.</p>\n<p>So do we.</p>', id="HTML"
        ),
        pytest.param(
            "En réponse à &lt;a href=&quot;/p#comment-4&quot;&gt;Bo&lt;/a&gt;.\n\nSo do we.",
            id="escaped twice",
        ),
    ],
)
def test_an_answer_to_a_comment_begins_with_its_own_words(words: str) -> None:
    link = "<link>https://blog.example.org/p#comment-5</link>"
    (one,) = read(rss(item(f"{link}<description><![CDATA[{words}]]></description>")))
    assert one.excerpt == "So do we."


def test_a_comments_whole_text_stands_before_its_summary() -> None:
    head = (
        "<link>https://blog.example.org/p#comment-5</link><description>&amp;lt;b&gt;</description>"
    )
    space = 'xmlns:c="http://purl.org/rss/1.0/modules/content/"'
    whole = f"<c:encoded {space}>&lt;p&gt;So do we.&lt;/p&gt;</c:encoded>"
    assert read(rss(item(head + whole)))[0].excerpt == "So do we."


def test_wordpress_names_the_post_in_the_title_of_a_comment() -> None:
    comment = (
        '<item><guid isPermaLink="false">https://b.example/?p=1#comment-2</guid>'
        "<title>Comment on Stand by me by Ana</title><dc:creator>Ana</dc:creator>"
        "<pubDate>Mon, 02 Mar 2026 10:00:00 GMT</pubDate></item>"
    )
    assert read(rss(comment))[0].title == "Stand by me"


# --- sloppy feeds are read ---------------------------------------------------------------------

ONE = item("<dc:creator>Ana</dc:creator><description>Déjà</description>")
UTF8 = '<?xml version="1.0" encoding="utf-8"?>'
LATIN1 = '<?xml version="1.0" encoding="iso-8859-1"?>'


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"\xef\xbb\xbf" + rss(ONE, head=UTF8).encode(), id="byte order mark"),
        pytest.param(rss(ONE, head="\r\n\n  " + UTF8).encode(), id="blank lines before XML"),
        pytest.param(rss(ONE, head=UTF8).encode("latin-1"), id="latin-1 that says utf-8"),
        pytest.param(
            b"\xef\xbb\xbf" + rss(ONE, head=UTF8).encode("latin-1"), id="latin-1 behind a mark"
        ),
        pytest.param(rss(ONE + "<ttl>?</ttl>").encode().replace(b"?", b"\xe2"), id="half a letter"),
        pytest.param(rss(ONE, head=LATIN1).encode("latin-1"), id="latin-1"),
        pytest.param(rss(ONE, head=LATIN1).encode("utf-8"), id="utf-8 that says latin-1"),
        pytest.param(rss(ONE).encode("utf-16"), id="utf-16"),
        pytest.param(rss(ONE).encode("utf-16-le"), id="utf-16 without a mark"),
        pytest.param(rss(ONE + "<x:y>1</x:y>").encode(), id="unbound prefix"),
        pytest.param(rss(ONE + "<copyright>&copy; A & B</copyright>").encode(), id="HTML entity"),
        pytest.param(rss(ONE + "<ttl>\x0b\x00</ttl>").encode(), id="control characters"),
        pytest.param((rss(ONE) + "\n<!-- cached in 0.2 s -->").encode(), id="comment behind"),
        pytest.param((rss(ONE) + "<script></script>").encode(), id="junk behind"),
        pytest.param(rss(ONE, head="<!DOCTYPE rss>").encode(), id="document type"),
        pytest.param(
            rss(
                ONE,
                head='<!DOCTYPE rss [<!ENTITY % HTMLlat1 PUBLIC "-//W3C//ENTITIES Latin 1 for'
                ' XHTML//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml-lat1.ent"> ]>',
            ).encode(),
            id="character sets of XHTML, never fetched",
        ),
        pytest.param(
            rss(ONE + "<textInput><![CDATA[</rss> <!ENTITY <item>]]></textInput>").encode(),
            id="markup that is quoted",
        ),
    ],
)
def test_sloppy_feeds_lose_nothing(body: bytes) -> None:
    post = read(body)[0]
    assert (post.actor.name, post.excerpt) == ("Ana", "Déjà")


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        pytest.param("Mon, 02 Mar 2026 10:00:00 EST", (2026, 3, 2, 15), id="named zone"),
        pytest.param("Mon, 02 Mar 2026 10:00:00 -0300", (2026, 3, 2, 13), id="offset"),
        pytest.param("2 Mar 2026 10:00:00 GMT", (2026, 3, 2, 10), id="no weekday"),
        pytest.param("Mon, 02 Mar 26 10:00 +0000", (2026, 3, 2, 10), id="two digits, no seconds"),
        pytest.param("2026-03-02T10:00:00+02:00", (2026, 3, 2, 8), id="an Atom date in RSS"),
        pytest.param("lun, 02 mar 2026 10:00:00 +0100", (2026, 3, 2, 9), id="Italian"),
        pytest.param("Fr., 02 Okt 2026 10:00:00 +0200", (2026, 10, 2, 8), id="German"),
        pytest.param("2 août 2026", (2026, 8, 2), id="a French day alone"),
        pytest.param("1772445600", (2026, 3, 2, 10), id="seconds since 1970"),
    ],
)
def test_dates(written: str, read_as: tuple[int, ...]) -> None:
    dated = f"<item><guid>a</guid><pubDate>{written}</pubDate></item>"
    assert read(rss(dated))[0].at == datetime(*read_as, tzinfo=UTC)  # type: ignore[arg-type,misc]


def test_the_first_moment_of_1970_is_no_date() -> None:
    dated = "<item><guid>a</guid><pubDate>Thu, 01 Jan 1970 00:00:00 GMT</pubDate></item>"
    assert isinstance(read(rss(dated))[0], Failed)


def test_a_date_of_publishing_that_is_hard_to_read_is_not_replaced_by_that_of_a_change() -> None:
    dates = (
        "<pubDate>ven, 02 gen 2026 10:00:00 GMT</pubDate><dc:date>2026-03-02T10:00:00Z</dc:date>"
    )
    assert read(rss(f"<item><guid>a</guid>{dates}</item>"))[0].at.month == 1


def dated(title: str, day: int, inner: str) -> str:
    date = f"<pubDate>Mon, {day:02} Mar 2026 10:00:00 GMT</pubDate>"
    return f"<item><title>{title}</title>{date}{inner}</item>"


@pytest.mark.parametrize(
    "inner",
    [
        pytest.param("<guid>https://blog.example.org/news</guid>", id="one guid for all"),
        pytest.param("<link>https://blog.example.org/news</link>", id="one link for all"),
    ],
)
def test_posts_that_share_an_id_are_kept_apart(inner: str) -> None:
    one, other = read(rss(dated("Queues", 2, inner) + dated("Desks", 9, inner)))
    assert one.keys != other.keys


def test_the_same_post_twice_is_one() -> None:
    guid = "<guid>a</guid>"
    one, again = read(rss(dated("Queues", 2, guid) + dated("Queues!", 2, guid)))
    assert one.keys == again.keys


def test_the_address_of_the_blog_names_no_post() -> None:
    (post,) = read(rss(dated("Queues", 2, "<link>https://blog.example.org/</link>")))
    assert post.keys == ("link:https://blog.example.org/ Mon, 02 Mar 2026 10:00:00 GMT",)


@pytest.mark.parametrize(
    ("written", "title"),
    [
        pytest.param("AT&amp;amp;T", "AT&T", id="escaped twice"),
        pytest.param("Caf&#xe9; &lt;b&gt;noir&lt;/b&gt;", "Café noir", id="markup"),
        pytest.param("<![CDATA[5 < 6 &mdash; yes]]>", "5 < 6 — yes", id="quoted"),
        pytest.param("  two\n lines ", "two lines", id="spaces"),
        pytest.param("", None, id="none"),
    ],
)
def test_titles_are_plain_text(written: str, title: str | None) -> None:
    titled = (
        f"<item><guid>a</guid><title>{written}</title>"
        "<pubDate>Mon, 02 Mar 2026 10:00:00 GMT</pubDate></item>"
    )
    assert read(rss(titled))[0].title == title


def test_links_are_kept_without_what_marketing_adds() -> None:
    linked = item("<link>https://b.example/p?a=1&amp;utm_source=rss&amp;utm_medium=x</link>")
    assert read(rss(linked))[0].url == "https://b.example/p?a=1"


def test_an_excerpt_has_at_most_200_characters() -> None:
    excerpt = read(rss(item(f"<description>{'word ' * 100}</description>")))[0].excerpt
    assert len(excerpt) <= 200
    assert excerpt.endswith("word…")


# --- others are refused whole ------------------------------------------------------------------

BOMB = '<!DOCTYPE rss [<!ENTITY a "aaa"><!ENTITY b "&a;&a;">]>'
XXE = '<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    ("body", "why"),
    [
        pytest.param("", "The feed is empty", id="empty"),
        pytest.param(" \n\ufeff", "The feed is empty", id="blank"),
        pytest.param("hello", "This is not XML", id="no XML"),
        pytest.param("<!DOCTYPE html><html></html>", "This is a web page", id="web page"),
        pytest.param("<!-- nothing -->", "This is not XML", id="a comment alone"),
        pytest.param("<kml/>", "The outermost element is <kml>", id="other XML"),
        pytest.param("<opml/>", "This is a list of feeds (OPML)", id="OPML"),
        pytest.param(
            '{"version": "https://jsonfeed.org/version/1.1"}', "This is JSON", id="no items"
        ),
        pytest.param('{"items": []}', "This is JSON", id="JSON of another kind"),
        pytest.param('{"version": ', "The feed is not JSON", id="JSON broken off"),
        pytest.param(rss(ONE)[:-30], "The feed breaks off", id="broken off"),
        pytest.param(
            rss(ONE)[:-30] + "<![CDATA[</rss>", "The feed breaks off", id="broken off in a quote"
        ),
        pytest.param(rss(ONE, head=BOMB), "The feed declares entities", id="entity bomb"),
        pytest.param(rss(ONE, head=XXE), "The feed declares entities", id="external entity"),
        pytest.param(rss(ONE, head="<!DOCTYPE rss ["), "The feed breaks off", id="endless type"),
        pytest.param(
            rss(ONE).replace("</item>", ""), "The XML is broken", id="an entry never ends"
        ),
        pytest.param(
            '<rss xmlns:wp="http://wordpress.org/export/1.2/"><channel/></rss>',
            "This is a WordPress export",
            id="WXR",
        ),
        pytest.param(
            '<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><x/></r:RDF>',
            "Nothing of a feed",
            id="other RDF",
        ),
    ],
)
def test_what_is_refused_whole_comes_with_a_mend(body: str, why: str) -> None:
    with pytest.raises(BadReport) as refusal:
        read(body)
    assert refusal.value.why.startswith(why)
    assert refusal.value.mend


def test_a_hidden_entity_bomb_is_found_in_utf_16() -> None:
    with pytest.raises(BadReport, match="declares entities"):
        read(rss(ONE, head=BOMB).encode("utf-16"))


def test_a_refusal_names_the_line() -> None:
    with pytest.raises(BadReport) as refusal:
        read("<?xml version='1.0'?>\n<!-- x -->\n<html>")
    assert refusal.value.where == "line 3"


def outcome(body: bytes) -> object:
    try:
        return read(body)
    except Refused as refusal:
        return str(refusal)


@settings(max_examples=150, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=200),
        st.text(max_size=200).map(lambda text: rss(text).encode("utf-8", "replace")),
        st.lists(
            st.sampled_from(["<item>", "</item>", "<guid>", "&", "]]>", "<![CDATA[", "http://["]),
            max_size=20,
        ).map(lambda parts: rss("".join(parts)).encode()),
        st.integers(min_value=1).map(lambda n: (DATA / "atom_team.xml").read_bytes()[: n % 1200]),
    )
)
def test_any_bytes_are_read_or_refused_and_always_alike(body: bytes) -> None:
    assert outcome(body) == outcome(body)


# --- polling -----------------------------------------------------------------------------------


@pytest.fixture
def poll(httpserver: HTTPServer) -> Callable[..., list[Delivery]]:
    fetch = fetcher(allow_private=True)

    def poll(cursor: str | None = None, *, path: str = "/feed", **more: str) -> list[Delivery]:
        stated = {"url": httpserver.url_for(path), **more}
        return list(Feed().poll(cursor, fetch, stated))

    return poll


def test_a_poll_brings_the_feed_and_a_cursor(httpserver: HTTPServer, poll: Any) -> None:
    httpserver.expect_request("/feed").respond_with_data(rss(ONE), content_type="application/xml")
    (delivery,) = poll()
    assert (delivery.body, delivery.name, delivery.media_type) == (
        rss(ONE).encode(),
        httpserver.url_for("/feed"),
        "application/xml",
    )
    assert json.loads(delivery.cursor)[delivery.name]["sha"]


@pytest.mark.parametrize(
    ("given_header", "asked"),
    [
        pytest.param({"ETag": 'W/"7"'}, {"If-None-Match": 'W/"7"'}, id="ETag"),
        pytest.param(
            {"Last-Modified": "Mon, 02 Mar 2026 10:00:00 GMT"},
            {"If-Modified-Since": "Mon, 02 Mar 2026 10:00:00 GMT"},
            id="Last-Modified",
        ),
    ],
)
def test_an_unchanged_feed_brings_nothing(
    httpserver: HTTPServer, poll: Any, given_header: dict[str, str], asked: dict[str, str]
) -> None:
    httpserver.expect_ordered_request("/feed").respond_with_data(rss(ONE), headers=given_header)
    httpserver.expect_ordered_request("/feed", headers=asked).respond_with_data(status=304)
    (delivery,) = poll()
    assert poll(delivery.cursor) == []


def test_the_same_body_without_validators_brings_nothing(httpserver: HTTPServer, poll: Any) -> None:
    httpserver.expect_request("/feed").respond_with_data(rss(ONE))
    (delivery,) = poll()
    assert poll(delivery.cursor) == []


def test_a_changed_feed_is_brought_again(httpserver: HTTPServer, poll: Any) -> None:
    httpserver.expect_ordered_request("/feed").respond_with_data(rss(ONE))
    httpserver.expect_ordered_request("/feed").respond_with_data(rss(ONE + item(id="b")))
    (delivery,) = poll()
    (changed,) = poll(delivery.cursor)
    assert changed.body == rss(ONE + item(id="b")).encode()


def test_a_cursor_that_cannot_be_read_starts_again(httpserver: HTTPServer, poll: Any) -> None:
    httpserver.expect_request("/feed").respond_with_data(rss(ONE))
    assert len(poll("{broken")) == 1


def test_the_comment_feed_is_polled_too(httpserver: HTTPServer, poll: Any) -> None:
    httpserver.expect_request("/feed").respond_with_data(rss(ONE))
    httpserver.expect_request("/comments").respond_with_data(atom(reply("")))
    brought = poll(comments_url=httpserver.url_for("/comments"))
    assert set(json.loads(brought[-1].cursor)) == {delivery.name for delivery in brought}


def test_a_list_at_an_address_is_polled_feed_by_feed(httpserver: HTTPServer, poll: Any) -> None:
    paths = "".join(f'<outline xmlUrl="{httpserver.url_for(path)}"/>' for path in ("/a", "/b"))
    httpserver.expect_request("/list").respond_with_data(f"<opml><body>{paths}</body></opml>")
    httpserver.expect_request("/a").respond_with_data(rss(ONE))
    httpserver.expect_request("/b").respond_with_data(atom(entry()))
    brought = poll(path="/list")
    assert [one.headers["x-feed-listed"] for one in brought] == [
        httpserver.url_for("/a"),
        httpserver.url_for("/b"),
    ]
    assert poll(brought[-1].cursor, path="/list") == []


def test_a_feed_of_a_list_that_is_gone_holds_up_nobody_and_is_told_once(
    httpserver: HTTPServer, poll: Any
) -> None:
    httpserver.expect_request("/a").respond_with_data("gone", status=410)
    httpserver.expect_request("/b").respond_with_data(rss(ONE))
    feeds = "\n".join((httpserver.url_for("/a"), httpserver.url_for("/b")))
    with_list = Feed().poll(None, fetcher(allow_private=True), {"feeds": feeds})
    failed, brought = list(with_list)
    (told,) = Feed().activities(Bundle(key=None, deliveries=(failed,)), {})
    assert (type(told), "(status 410)" in told.why, brought.body) == (
        Failed,
        True,
        rss(ONE).encode(),
    )
    again = Feed().poll(brought.cursor, fetcher(allow_private=True), {"feeds": feeds})
    assert list(again) == []


@pytest.fixture
def paged(httpserver: HTTPServer) -> HTTPServer:
    """Three pages of one feed, each linking to the next older one; the last links to itself."""

    def page(request: Request) -> Response:
        number = min(int(request.args.get("start", "1")), 3)
        older = f'<link rel="next" href="/feed?start={number + 1}"/>'
        return Response(atom(entry(id=f"urn:{number}"), feed=older))

    httpserver.expect_request("/feed").respond_with_handler(page)
    return httpserver


def test_the_first_poll_reads_older_pages(paged: HTTPServer, poll: Any) -> None:
    assert [delivery.name.partition("?")[2] for delivery in poll()][:3] == [
        "",
        "start=2",
        "start=3",
    ]


def test_older_pages_are_bounded(
    paged: HTTPServer, poll: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plugins.feed.polling.PAGES", 2)
    assert len(poll()) == 2


def test_only_the_last_page_moves_the_cursor(
    paged: HTTPServer, poll: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plugins.feed.polling.PAGES", 3)
    assert [delivery.cursor is None for delivery in poll()] == [True, True, False]


def test_later_polls_read_one_page(
    paged: HTTPServer, poll: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plugins.feed.polling.PAGES", 2)
    known = json.dumps({paged.url_for("/feed"): {"sha": "older"}})
    assert len(poll(known)) == 1


def test_older_pages_at_another_host_are_left_alone(httpserver: HTTPServer, poll: Any) -> None:
    elsewhere = '<link rel="next" href="https://elsewhere.example/feed"/>'
    httpserver.expect_request("/feed").respond_with_data(atom(entry(), feed=elsewhere))
    assert len(poll()) == 1


def test_a_feed_that_moved_is_read_under_its_old_name(httpserver: HTTPServer, poll: Any) -> None:
    httpserver.expect_request("/feed").respond_with_data(
        status=301, headers={"Location": "/new/feed"}
    )
    httpserver.expect_request("/new/feed").respond_with_data(rss(ONE))
    (delivery,) = poll()
    assert (delivery.name, delivery.headers) == (
        httpserver.url_for("/feed"),
        {"content-location": httpserver.url_for("/new/feed")},
    )


@pytest.mark.parametrize("status", [401, 403, 404, 410, 429, 500, 503])
def test_a_feed_that_is_not_there_is_refused(
    httpserver: HTTPServer, poll: Any, status: int
) -> None:
    httpserver.expect_request("/feed").respond_with_data("gone", status=status)
    with pytest.raises(Refused) as refusal:
        poll()
    assert f"(status {status})" in refusal.value.why
    assert refusal.value.mend


def test_without_an_address_there_is_nothing_to_poll() -> None:
    with pytest.raises(Refused, match="no address to poll"):
        list(Feed().poll(None, fetcher(), FeedSettings().load({})))


# --- the plugin --------------------------------------------------------------------------------


def test_it_registers_itself() -> None:
    assert [source.name for source in register_sources()] == ["feed"]


def test_settings_may_stay_empty() -> None:
    assert FeedSettings().load({})["url"] == ""


@pytest.mark.parametrize("url", ["blog.example.org", "ftp://blog.example.org/", "https://"])
def test_an_address_has_to_be_whole(url: str) -> None:
    with pytest.raises(ValidationError):
        FeedSettings().load({"url": url})
