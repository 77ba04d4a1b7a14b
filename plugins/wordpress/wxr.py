"""WordPress's export (WXR 1.0 to 1.2): posts, comments, and who the authors are.

The list of authors gives each account's number and address, so it tells who wrote what. The
export's own date decides against what was read before and after it. Names are compared without
their namespaces, which differ from version to version.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from xml.etree.ElementTree import Element

from engine.api import Activity, Actor, BadReport, Failed, Gone, ItemRef, Skipped, read_xml
from plugins.feed.plain import is_web_address, language_of, moment_of

from .site import Site, line, number_of, post_keys, words

Outcome = Activity | Gone | Skipped | Failed

_LEFT_OUT = {
    "draft": "It is a draft.",
    "auto-draft": "It is a draft.",
    "pending": "It waits for approval.",
    "future": "It is not published yet.",
    "private": "It is private.",
    "0": "It waits for approval.",
}
_DELETED = frozenset({"trash", "post-trashed", "spam"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """An account as the export lists it."""

    number: str
    name: str
    email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """What holds for everything in an export: its site, its date, its authors by login."""

    site: Site
    made: datetime | None
    language: str | None
    authors: Mapping[str, Author]


def is_wxr(text: str) -> bool:
    """Whether XML is an export, by its namespace or the version every export states."""
    head = text[:20_000]
    return "wordpress.org/export/" in head or "wxr_version>" in head


def read_wxr(body: bytes, site: Site) -> Iterator[Outcome]:
    """Everything in an export, in its order.

    :raises BadReport: it breaks off, or has no channel.
    """
    root = read_xml(body, what="The export")
    channel = next((one for one in root if _local(one) == "channel"), None)
    if channel is None:
        raise BadReport(
            f"The export has no channel: its outermost element is <{_local(root)[:60]}>.",
            "Export the site again under Tools, Export, and give the file as it is.",
        )
    export = _export(channel, site)
    items = (one for one in channel if _local(one) == "item")
    for place, item in enumerate(items, 1):
        yield from _item(item, export, f"item {place}")


def _export(channel: Element, site: Site) -> Export:
    authors = (_author(one) for one in channel if _local(one) == "author")
    return Export(
        site=Site(url=site.url, title=site.title or line(_text(channel, "title"))),
        made=_mail_date(_text(channel, "pubDate")),
        language=language_of(_text(channel, "language")),
        authors={login: author for login, author in authors if login},
    )


def _author(element: Element) -> tuple[str, Author]:
    name = _text(element, "author_display_name") or _text(element, "author_login")
    return _text(element, "author_login"), Author(
        number=number_of(_text(element, "author_id")),
        name=name,
        email=_text(element, "author_email"),
    )


# --- posts -------------------------------------------------------------------------------------


def _item(item: Element, export: Export, row: str) -> Iterator[Outcome]:
    number, kind = number_of(_text(item, "post_id")), _text(item, "post_type") or "post"
    status = _text(item, "status") or "publish"
    if kind != "post":
        yield Skipped(row=row, why=f"It is of the kind {kind[:40]}, not a post.")
    elif not number:
        why, mend = "The post has no number (wp:post_id).", "Export the site again."
        yield Failed(row=row, why=why, mend=mend)
    elif status in _DELETED:
        yield Gone(key=f"post:{number}", rows=(row,), reported_at=export.made)
    elif status != "publish":
        yield Skipped(row=row, why=_left_out(status))
    else:
        yield _post(item, export, row, number)
        yield from _comments(item, export, row, number)


def _left_out(status: str) -> str:
    return _LEFT_OUT.get(status, f"It is not published (status {status[:40]}).")


def _post(item: Element, export: Export, row: str, number: str) -> Outcome:
    published = _date(item, "post_date") or _mail_date(_text(item, "pubDate"))
    if published is None:
        return _dateless(row)
    login = _text(item, "creator")
    return Activity(
        rows=(row,),
        keys=post_keys(number, _text(item, "guid")),
        actor=_writer(login, export),
        verb="authored",
        type="article",
        url=_page(item, export, number),
        title=line(_text(item, "title")),
        language=export.language,
        at=published,
        parent=export.site.blog,
        tags=_tags(item),
        excerpt=_excerpt(item),
        reported_at=_reported(export, _date(item, "post_modified") or published),
    )


def _writer(login: str, export: Export) -> Actor:
    """Exports older than 1.1 list nobody: then the login is all there is."""
    known = export.authors.get(login)
    if known is None:
        return export.site.member(login, name=login)
    return export.site.member(known.number or login, name=known.name, email=known.email)


def _page(item: Element, export: Export, number: str) -> str:
    link = _text(item, "link")
    return link if is_web_address(link) else export.site.page(number)


def _tags(item: Element) -> tuple[str, ...]:
    """Categories and tags; version 1.0 writes each twice, once without its kind."""
    found = (
        line("".join(one.itertext()))
        for one in item
        if _local(one) == "category" and one.get("nicename") != "uncategorized"
    )
    return tuple(dict.fromkeys(filter(None, found)))


def _excerpt(item: Element) -> str | None:
    """Nothing of a post that asks for a password."""
    if _text(item, "post_password"):
        return None
    texts = [_texts(one) for one in item if _local(one) == "encoded"]
    # content:encoded stands before excerpt:encoded, and the excerpt is often empty.
    return next(filter(None, map(words, reversed(texts))), None)


def _reported(export: Export, changed: datetime) -> datetime:
    return max(export.made, changed) if export.made else changed


# --- comments ----------------------------------------------------------------------------------


def _comments(item: Element, export: Export, row: str, post: str) -> Iterator[Outcome]:
    comments = (one for one in item if _local(one) == "comment")
    for place, comment in enumerate(comments, 1):
        yield _comment(comment, item, export, f"{row}, comment {place}", post)


def _comment(comment: Element, item: Element, export: Export, row: str, post: str) -> Outcome:
    number, state = number_of(_text(comment, "comment_id")), _text(comment, "comment_approved")
    kind, said = _text(comment, "comment_type") or "comment", _date(comment, "comment_date")
    if kind != "comment":
        return Skipped(row=row, why=f"It is a {kind[:40]}, made by a machine.")
    if not number:
        why, mend = "The comment has no number (wp:comment_id).", "Export the site again."
        return Failed(row=row, why=why, mend=mend)
    if state in _DELETED:
        return Gone(key=f"comment:{number}", rows=(row,), reported_at=export.made)
    if state not in ("1", "approved", ""):
        return Skipped(row=row, why=_left_out(state))
    if said is None:
        return _dateless(row)
    return Activity(
        rows=(row,),
        keys=(f"comment:{number}",),
        actor=_commenter(comment, export.site),
        verb="commented",
        type="article",
        url=_page(item, export, post),
        title=line(_text(item, "title")),
        language=export.language,
        at=said,
        within=ItemRef(f"post:{post}"),
        parent=export.site.blog,
        excerpt=words(_text(comment, "comment_content")),
        reported_at=_reported(export, said),
    )


def _commenter(comment: Element, site: Site) -> Actor:
    """Whoever was signed in has her account's address there; a guest typed what she liked."""
    number = number_of(_text(comment, "comment_user_id"))
    name = line(_text(comment, "comment_author")) or ""
    if not number:
        return Actor(name=name or None)
    return site.member(number, name=name, email=_text(comment, "comment_author_email"))


# --- members of elements -----------------------------------------------------------------------


def _local(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _text(element: Element, name: str) -> str:
    found = next((one for one in element if _local(one) == name), None)
    return _texts(found).strip() if found is not None else ""


def _texts(element: Element) -> str:
    return "".join(element.itertext())


def _date(element: Element, name: str) -> datetime | None:
    """The date in UTC; drafts have zeros there."""
    return moment_of(_text(element, f"{name}_gmt"))


def _mail_date(written: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(written)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _dateless(row: str) -> Failed:
    return Failed(
        row=row,
        why="It has no date in UTC that can be read.",
        mend="Save it again in WordPress, which sets its date, and export once more.",
    )
