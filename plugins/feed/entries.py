"""From the entries of a feed to activities: posts were authored, comments were made on posts."""

from __future__ import annotations

import html
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urldefrag, urlsplit, urlunsplit

from engine.api import Activity, BadReport, Failed, Gone, Skipped, Thing

from .dates import moment_of_entry, written_date
from .document import Document, Entry
from .people import Author, authors_in
from .plain import (
    excerpt_of,
    is_web_address,
    language_of,
    line_of,
    origin_of,
    web_address,
)

_GOOGLE_KIND = "http://schemas.google.com/g/2005#kind"
# Where platforms point to a comment: #comment-12, #c12 (Blogger), #forum12 (SPIP), #cmt_12.
_COMMENT_ANCHOR = re.compile(
    r"#(?:(?:id)?comment[-_]?[0-9a-f]*\d[0-9a-f]*"
    r"|(?:kommentar|komentar|comentario|commentaire|commento|cmt)[-_]?\d+|c\d+|forum\d+)$",
    re.IGNORECASE,
)
_PINGBACK = re.compile(r"\[(?:…|\.{3})\].*\[(?:…|\.{3})\]")
# What WordPress puts before an answer, in its language: In reply to <a href="…#comment-7">Bo</a>.
_ANSWERED = re.compile(
    r"\A\s*(?:<p>)?[^<&\n]{0,80}(?:<|&lt;)a href=[^\n]{0,1000}?#comment-\d+[^\n]{0,300}?"
    r"(?:<|&lt;)/a(?:>|&gt;)[^<&\n]{0,80}(?:</p>|\n)"
)
_NOTHING = re.compile(r"\A")
_COMMENT_PAGE = re.compile(r"/comment-page-\d+/?$")
_COMMENT_QUERY = re.compile(r"(?:^|&)(?:showComment|replytocom|cpage)=[^&]*")
# What marketing adds to links in feeds; the page is the same without it.
_CAMPAIGN = re.compile(r"(?:^|&)utm_[a-z]+=[^&]*", re.IGNORECASE)
_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:\S+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Blog:
    """What holds for every entry of a feed.

    `site` is the home page of its accounts, `home` what relative links stand on, `subject` the
    title of the post where all entries comment on one, `authors` those of entries that name
    nobody, `posts` the posts in the same document by their ids.
    """

    site: str
    home: str
    thing: Thing
    subject: str | None
    language: str | None
    authors: tuple[Author, ...]
    posts: Mapping[str, Entry]


def read_entries(
    document: Document, *, address: str, site: str, listed: str = ""
) -> Iterator[Activity | Gone | Skipped | Failed]:
    """Read all entries; `address` is the feed's own, `site` overrides the home page of accounts.

    :param listed: the feed's address where it is one of many in a list: ids that are not unique
        in the world, such as 12, are then kept apart by it.

    :raises BadReport: there are entries, and nothing says which site their authors belong to.
    """
    if not document.entries:
        return
    blog = _blog(document, address, site)
    keys = _apart_by_date(document.entries, [_key(one, blog, listed) for one in document.entries])
    for place, (entry, key) in enumerate(zip(document.entries, keys, strict=True)):
        row = f"entry {place + 1}"
        if key and (place in document.removed or _is_trashed(entry)):
            yield Gone(key=key, rows=(row,))
        elif why := _why_left_out(entry):
            yield Skipped(row=row, why=why)
        else:
            typed = place in document.anonymous
            yield from _activities(entry, blog, row, key, typed=typed)


def _activities(
    entry: Entry, blog: Blog, row: str, key: str, *, typed: bool
) -> Iterator[Activity | Failed]:
    """One activity for each author, or the reason why there is none.

    :param typed: whoever wrote it typed her name and address herself.
    """
    at = moment_of_entry(entry)
    if at is None:
        stated = written_date(entry) or "none"
        yield Failed(
            row=row,
            why=f"The entry has no date that can be read (found: {stated[:60]}).",
            mend="Have the blog publish a date like 2026-03-01T12:00:00Z with each entry.",
        )
    elif not key:
        yield Failed(
            row=row,
            why="The entry has neither an id nor a link, so it could not be recognised again.",
            mend="Have the blog publish a guid, an id or a link with each entry.",
        )
    else:
        authors = _authors(entry, blog)
        authors = tuple(Author(name=one.name) for one in authors) if typed else authors
        for where, what, author in _apart(authors, row, key):
            yield _activity(entry, blog, at=at, row=where, key=what, author=author)


def _apart(authors: tuple[Author, ...], row: str, key: str) -> Iterator[tuple[str, str, Author]]:
    """Row and key of each author's share: those of the entry, unless several people wrote it."""
    if len(authors) == 1:
        yield row, key, authors[0]
        return
    for number, author in enumerate(authors, 1):
        yield f"{row}, author {number}", f"{key}|{author.handle or author.name}", author


def _activity(
    entry: Entry, blog: Blog, *, at: datetime, row: str, key: str, author: Author
) -> Activity:
    comment = _is_comment(entry)
    return Activity(
        rows=(row,),
        keys=(key,),
        actor=author.actor(blog.site, guest=comment),
        verb="commented" if comment else "authored",
        type="article",
        url=_commented_post(entry, blog) if comment else _link(entry, blog.home),
        title=_commented_title(entry, blog, author) if comment else _title(entry),
        language=_language(entry) or blog.language,
        at=at,
        parent=blog.thing,
        tags=_tags(entry),
        excerpt=_excerpt(entry),
    )


def _authors(entry: Entry, blog: Blog) -> tuple[Author, ...]:
    """At least one. A post that names nobody is its source's or the blog's; a comment is not."""
    named = authors_in(entry, blog.site)
    if not named and not _is_comment(entry):
        named = authors_in(entry.get("source") or {}, blog.site) or blog.authors
    return named or (Author(),)


# --- the blog ----------------------------------------------------------------------------------


def _blog(document: Document, address: str, site: str) -> Blog:
    feed, entries = document.feed, document.entries
    home = _html_link(feed, address) or ""
    links = (_link(entry, home) for entry in entries)
    origin = next(filter(None, map(origin_of, (home, address, *links))), "")
    accounts = site.strip().rstrip("/") or origin
    if not accounts:
        raise BadReport(
            "Neither the feed nor its entries name the address of the blog, so its authors could"
            " not be told from those of other blogs.",
            "Set the address of the blog (site) in the settings of this source.",
        )
    title = line_of(feed.get("title") or "", markup=_is_markup(feed.get("title_detail")))
    about_one = title.startswith("Comments on: ")
    commented = (_html_link(entry, home) for entry in entries if _is_comment(entry))
    # The feed of one post's comments is at home at that post, not at the blog.
    at_post = about_one or home in map(_without_comment, filter(None, commented))
    return Blog(
        site=accounts,
        home=home or accounts + "/",
        thing=Thing(
            url=(origin_of(home) if at_post else home) or origin or accounts,
            title=_blog_title(title, entries),
            type="blog",
        ),
        subject=title.removeprefix("Comments on: ") if about_one else None,
        language=language_of(feed.get("language")),
        authors=authors_in(feed, accounts),
        posts={entry["id"]: entry for entry in entries if entry.get("id") and _is_post(entry)},
    )


def _blog_title(title: str, entries: tuple[Entry, ...]) -> str | None:
    """A comment feed is titled after the blog at Blogger; elsewhere in words of its language."""
    if title.startswith("Comments for "):
        return title.removeprefix("Comments for ")
    of_comments = all(map(_is_comment, entries))
    of_blogger = any(str(entry.get("id")).startswith("tag:blogger.com") for entry in entries)
    return None if of_comments and not of_blogger else title or None


# --- what an entry is --------------------------------------------------------------------------


def _kind(entry: Entry) -> str:
    """`post`, `comment`, or what Blogger calls it (page, settings, template)."""
    for tag in entry.get("tags") or []:
        if tag.get("scheme") == _GOOGLE_KIND:
            return str(tag.get("term") or "").rpartition("#")[2]
    if entry.get("blogger_type") in ("POST", "COMMENT", "PAGE"):
        return str(entry["blogger_type"]).lower()
    places = (entry.get("link") or "", entry.get("id") or "")
    replied = _reply(entry) or any(map(_COMMENT_ANCHOR.search, places))
    return "comment" if replied else "post"


def _is_comment(entry: Entry) -> bool:
    return _kind(entry) == "comment"


def _is_post(entry: Entry) -> bool:
    return _kind(entry) == "post"


def _is_trashed(entry: Entry) -> bool:
    """Whether Blogger's newer export has it in the bin, or emptied it."""
    return str(entry.get("blogger_status")).upper() in ("SOFT_TRASHED", "TRASHED", "EMPTIED")


def _why_left_out(entry: Entry) -> str:
    kind = _kind(entry)
    if kind not in ("post", "comment"):
        return f"It belongs to the blog's {kind or 'own data'}, not to its posts."
    if _member(entry, "draft") == "yes":
        return "It is a draft."
    if kind == "comment" and _is_pingback(entry):
        return "It is a pingback, made by a machine."
    status = str(entry.get("blogger_status") or "LIVE").upper()
    return "" if status == "LIVE" else f"It is not published (status {status})."


def _is_pingback(entry: Entry) -> bool:
    """Whether it is "[…] words […]" and no more, as blogs write into each other's comments."""
    details = [*(entry.get("content") or []), entry.get("summary_detail") or {}]
    texts = (line_of(one.get("value") or "", markup=_is_markup(one)) for one in details)
    return any(map(_PINGBACK.fullmatch, texts))


def _member(entry: Entry, name: str) -> Any:
    """An element by its local name: feedparser puts the prefix, which may be any, before it."""
    found = (value for key, value in entry.items() if key == name or key.endswith("_" + name))
    return next(found, None)


def _reply(entry: Entry) -> Mapping[str, str]:
    """What the entry says it answers (RFC 4685), or the post that Blogger's new export names."""
    stated = _member(entry, "in-reply-to")
    if isinstance(stated, Mapping):
        return stated
    parent = stated or entry.get("blogger_parent")
    return {"ref": str(parent)} if parent else {}


def _key(entry: Entry, blog: Blog, listed: str) -> str:
    """The id; a link may move and be shared, so it stands in only where there is no id."""
    kind = "comment" if _is_comment(entry) else "entry"
    if named := str(entry.get("id") or ""):
        return f"{kind}:{listed} {named}" if listed and not _IRI.match(named) else f"{kind}:{named}"
    link = _link(entry, blog.home)
    if link and link.rstrip("/") == blog.home.rstrip("/"):
        return f"link:{link} {written_date(entry)}"  # the blog's own page names no post
    return f"link:{link}" if link else ""


def _apart_by_date(entries: Sequence[Entry], keys: list[str]) -> list[str]:
    """The keys; with its date where a blog gives posts the same that have other titles and dates.

    Some blogs write one guid, or the link to their list of posts, into every entry.
    """
    said: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for entry, key in zip(entries, keys, strict=True):
        said[key].append((_title(entry) or "", written_date(entry)))
    shared = {key for key, posts in said.items() if _are_several(posts)}
    return [
        f"{key} {written_date(entry)}" if key and key in shared else key
        for entry, key in zip(entries, keys, strict=True)
    ]


def _are_several(posts: list[tuple[str, str]]) -> bool:
    """Whether there are two with another title and another date: an edit keeps one of them."""
    first, *others = posts
    return any(title != first[0] and date != first[1] for title, date in others)


# --- what it says ------------------------------------------------------------------------------


def _link(entry: Entry, home: str) -> str | None:
    """The entry's own page; FeedBurner's counting address only where the real one is not kept."""
    named = entry.get("feedburner_origlink") or entry.get("blogger_filename")
    address = web_address(named, home) if named else _html_link(entry, home)
    return _without(_CAMPAIGN, address) if address else None


def _without(parameters: re.Pattern[str], address: str) -> str:
    parts = urlsplit(address)
    return urlunsplit(parts._replace(query=parameters.sub("", parts.query).removeprefix("&")))


def _html_link(context: Entry, home: str) -> str | None:
    links = [link for link in context.get("links") or [] if link.get("rel") == "alternate"]
    links.sort(key=lambda link: link.get("type") not in ("text/html", "application/xhtml+xml"))
    hrefs = [link.get("href") for link in links] + [context.get("link")]
    return next(filter(None, (web_address(href, home) for href in hrefs if href)), None)


def _commented_post(entry: Entry, blog: Blog) -> str | None:
    """The address of the post that is commented on: also for a comment on a comment."""
    reply = _reply(entry)
    ref = reply.get("ref") or ""
    href = web_address(reply.get("href") or "", blog.home) if reply.get("href") else None
    known = _link(blog.posts[ref], blog.home) if ref in blog.posts else None
    own = _html_link(entry, blog.home)
    if page := href or known or own:
        return _without_comment(page)
    if is_web_address(ref):
        return _without_comment(ref)
    return ref if _IRI.fullmatch(ref) else None


def _without_comment(address: str) -> str:
    """The post's address, from one that points to a comment on it."""
    parts = urlsplit(_without(_COMMENT_QUERY, urldefrag(address).url))
    return urlunsplit(parts._replace(path=_COMMENT_PAGE.sub("/", parts.path)))


def _commented_title(entry: Entry, blog: Blog, author: Author) -> str | None:
    """Only where it is certain: the post is in the document, or WordPress names it in English."""
    post = blog.posts.get(_reply(entry).get("ref") or "")
    if post is not None:
        return _title(post)
    named = re.fullmatch(f"Comment on (.+) by {re.escape(author.name)}", _title(entry) or "")
    return blog.subject or (named[1] if named and author.name else None)


def _title(entry: Entry) -> str | None:
    return line_of(entry.get("title") or "", markup=_is_markup(entry.get("title_detail"))) or None


def _excerpt(entry: Entry) -> str | None:
    details = [entry.get("summary_detail"), *(entry.get("content") or [])]
    comment = _is_comment(entry)
    details = details[::-1] if comment else details  # WordPress escapes a comment's summary twice
    begin = _ANSWERED if comment else _NOTHING
    texts = (
        excerpt_of(begin.sub("", detail["value"], count=1), markup=_is_markup(detail))
        for detail in details
        if detail and detail.get("value")
    )
    return next(filter(None, texts), None)


def _is_markup(detail: Mapping[str, Any] | None) -> bool:
    return (detail or {}).get("type") != "text/plain"


def _language(entry: Entry) -> str | None:
    details = [entry.get("title_detail"), *(entry.get("content") or [])]
    tags = (language_of(detail.get("language")) for detail in details if detail)
    return next(filter(None, tags), None)


def _tags(entry: Entry) -> tuple[str, ...]:
    """The blog's own categories, each once, without Google's markers of what an entry is."""
    words = (
        html.unescape(str(tag.get("term") or tag.get("label") or "")).strip()
        for tag in entry.get("tags") or []
        if not str(tag.get("scheme")).startswith("http://schemas.google.com/g/")
    )
    return tuple(dict.fromkeys(word for word in words if word))
