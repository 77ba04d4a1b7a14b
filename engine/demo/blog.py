"""A Blogger blog as its two Atom feeds tell it: posts, and comments on them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from html import escape

from engine.demo.people import BLOG, BLOG_PROFILE, INES

BLOG_ID = "tag:blogger.com,1999:blog-2109"
TITLE = "Notes from the front desk"
FEED = """<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:thr="http://purl.org/syndication/thread/1.0">
<id>{id}</id>
<updated>{updated}</updated>
<title type="text">{title}</title>
<link rel="alternate" type="text/html" href="{site}/"/>
{author}
<generator version="7.00" uri="https://www.blogger.com">Blogger</generator>
{entries}
</feed>
"""
ENTRY = """<entry>
<id>{id}</id>
<published>{at}</published>
<updated>{at}</updated>
{categories}
<title type="text">{title}</title>
<content type="html">{content}</content>
<link rel="alternate" type="text/html" href="{link}"/>
{author}
{reply}
</entry>"""
KIND = (
    '<category scheme="http://schemas.google.com/g/2005#kind"'
    ' term="http://schemas.google.com/blogger/2008/kind#post"/>'
)
AUTHOR = "<author><name>{name}</name>{uri}<email>noreply@blogger.com</email></author>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """Somebody's words under a post; a profile is what tells her apart, if she has one."""

    name: str
    text: str
    profile: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A post, published `age` days before the demonstration."""

    age: int
    slug: str
    title: str
    text: str
    labels: tuple[str, ...]
    comments: tuple[Comment, ...] = ()


POSTS = (
    Post(
        age=860,
        slug="publish-the-question",
        title="Publish the question, not only the answer",
        text="What we learned when we opened the list of what people ask us.",
        labels=("open government",),
        comments=(Comment(name="Anonymous", text="Who decided that?"),),
    ),
    Post(
        age=815,
        slug="a-register-of-promises",
        title="A register of promises",
        text="We wrote down what we promised at the counter, where everybody can read it.",
        labels=("transparency",),
    ),
    Post(
        age=150,
        slug="three-letters-rewritten",
        title="Three letters, rewritten",
        text="Before and after, and what the phone said a month later.",
        labels=("plain language",),
    ),
    Post(
        age=75,
        slug="plain-forms",
        title="What our front desk taught me about plain forms",
        text="Nobody reads the note above the box. So the box has to say it.",
        labels=("plain language", "front desk"),
        comments=(
            Comment(
                name="Bo Lindqvist",
                text="We moved the note into the box last week.",
                profile="https://www.blogger.com/profile/04120077",
            ),
            Comment(name="Anonymous", text="Printed it for our counter."),
        ),
    ),
    Post(
        age=17,
        slug="the-word-we-dropped",
        title="The word we dropped",
        text="One word less in the form, forty calls less in a week.",
        labels=("writing",),
        comments=(Comment(name="A reader", text="Which word?"),),
    ),
)


def posts_feed(today: date) -> str:
    """The feed of posts, newest first."""
    entries = [_post(number, post, today) for number, post in enumerate(POSTS)]
    return _feed(BLOG_ID, _published(POSTS[-1], today), reversed(entries))


def comments_feed(today: date) -> str:
    """The feed of comments, newest first; each says what it answers."""
    entries = [
        _comment(10 * number + place, comment, number, today)
        for number, post in enumerate(POSTS)
        for place, comment in enumerate(post.comments)
    ]
    return _feed(f"{BLOG_ID}.comments", _published(POSTS[-1], today), reversed(entries))


def _feed(id: str, updated: datetime, entries: Iterable[str]) -> str:
    return FEED.format(
        id=id,
        updated=updated.isoformat(),
        title=TITLE,
        site=BLOG,
        author=_author(INES.name, BLOG_PROFILE),
        entries="\n".join(entries),
    )


def _post(number: int, post: Post, today: date) -> str:
    labels = (
        f'<category scheme="http://www.blogger.com/atom/ns#" term="{escape(label)}"/>'
        for label in post.labels
    )
    return ENTRY.format(
        id=_post_id(number),
        at=_published(post, today).isoformat(),
        categories="\n".join([KIND, *labels]),
        title=escape(post.title),
        content=escape(f"<p>{post.text}</p>"),
        link=_page(post, today),
        author=_author(INES.name, BLOG_PROFILE),
        reply="",
    )


def _comment(number: int, comment: Comment, about: int, today: date) -> str:
    post = POSTS[about]
    page = _page(post, today)
    reply = f'<thr:in-reply-to href="{page}" ref="{_post_id(about)}" type="text/html"/>'
    return ENTRY.format(
        id=f"{BLOG_ID}.post-{900 + number}",
        at=(_published(post, today) + timedelta(hours=26)).isoformat(),
        categories="",
        title=escape(comment.text),
        content=escape(comment.text),
        link=f"{page}?showComment={900 + number}#c{900 + number}",
        author=_author(comment.name, comment.profile),
        reply=reply,
    )


def _author(name: str, profile: str) -> str:
    uri = f"<uri>{profile}</uri>" if profile else ""
    return AUTHOR.format(name=escape(name), uri=uri)


def _post_id(number: int) -> str:
    return f"{BLOG_ID}.post-{number + 1}"


def _page(post: Post, today: date) -> str:
    return f"{BLOG}/{_published(post, today):%Y/%m}/{post.slug}.html"


def _published(post: Post, today: date) -> datetime:
    return datetime.combine(today - timedelta(days=post.age), time(8, 15), UTC)
