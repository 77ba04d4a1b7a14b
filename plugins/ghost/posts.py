"""A post of Ghost, as its interfaces give it and as the export's tables are put together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from engine.api import (
    Account,
    Activity,
    Actor,
    BadCell,
    Failed,
    Gone,
    Skipped,
    Thing,
    excerpt,
    plain,
    read_email,
)
from plugins.feed.plain import is_web_address, list_at, moment_of, text_at

Outcome = Activity | Gone | Skipped | Failed

PUBLISHED = ("published", "sent", "")
"""What is out: Ghost says "sent" of newsletters that stand on no page."""

_WHY = {"draft": "It is a draft.", "scheduled": "It is not published yet."}


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The blog that is read: its address without a final slash, and its name here.

    `made` is when an export was made, which then outranks what was read of a post before.
    """

    url: str
    title: str | None = None
    made: datetime | None = None

    @property
    def blog(self) -> Thing:
        """The blog that its posts are part of."""
        return Thing(url=self.url, title=self.title, type="blog")


def read_post(record: Any, site: Site, row: str) -> Iterator[Outcome]:
    """A share of the post for each author; or why there is none.

    The first author's has the post's own key, so that another one joining her changes nothing.
    """
    number, status = text_at(record, "id"), text_at(record, "status")
    published = moment(text_at(record, "published_at"))
    if not number:
        why, mend = "It has no id.", "Give the file as Ghost made it."
        yield Failed(row=row, why=why, mend=mend)
    elif status not in PUBLISHED:
        yield Skipped(row=row, why=_WHY.get(status, f"It is not published ({status[:40]})."))
    elif text_at(record, "type") == "page" or record.get("page") in (True, 1):
        yield Skipped(row=row, why="It is a page, not a post.")
    elif published is None:
        why = f"It has no date that can be read ({text_at(record, 'published_at')[:60] or 'none'})."
        yield Failed(row=row, why=why, mend="Set its publishing date in Ghost.")
    else:
        for where, key, author in shares(record, row):
            yield _share(record, site, where, key, _actor(author, site), published)


def shares(record: Any, row: str) -> Iterator[tuple[str, str, Any]]:
    """Row, key and author of each share; one without author where nobody is named."""
    post = f"post:{text_at(record, 'id')}"
    authors = [one for one in list_at(record, "authors") if _handle(one)]
    first, *others = authors or [record.get("primary_author") or record.get("author") or {}]
    yield row, post, first
    for place, author in enumerate(others, 2):
        yield f"{row}, author {place}", f"{post}|{_handle(author)}", author


def _share(
    record: Any, site: Site, row: str, key: str, actor: Actor, published: datetime
) -> Activity:
    changed = moment(text_at(record, "updated_at")) or published
    return Activity(
        rows=(row,),
        keys=(key,),
        actor=actor,
        verb="authored",
        type="article",
        url=_page(record, site),
        title=" ".join(plain(text_at(record, "title")).split()) or None,
        language=None,
        at=published,
        parent=site.blog,
        tags=tuple(dict.fromkeys(_tags(record))),
        excerpt=_excerpt(record),
        reported_at=max(changed, site.made) if site.made else changed,
    )


def _handle(author: Any) -> str:
    return text_at(author, "id") or text_at(author, "slug")


def _actor(author: Any, site: Site) -> Actor:
    """Known by her id at the blog; only the export tells her address."""
    name = " ".join(plain(text_at(author, "name")).split()) or None
    handle = _handle(author)
    account = Account(home_page=site.url, name=handle) if handle else None
    return Actor(name=name, email=_email(author) if site.made else None, account=account)


def _email(author: Any) -> str | None:
    try:
        return read_email(text_at(author, "email"))
    except BadCell:
        return None


def _page(record: Any, site: Site) -> str | None:
    """Drafts and sites that moved have an address with __GHOST_URL__ or /404/ in it."""
    stated = text_at(record, "url").replace("__GHOST_URL__", site.url)
    if is_web_address(stated) and not stated.rstrip("/").endswith("/404"):
        return stated
    slug = quote(text_at(record, "slug"), safe="/%")
    return f"{site.url}/{slug}/" if slug and is_web_address(f"{site.url}/{slug}/") else None


def _tags(record: Any) -> Iterator[str]:
    """The tags readers see: those that begin with # are the editors' own."""
    for tag in list_at(record, "tags"):
        name = text_at(tag, "name")
        if name and not name.startswith("#") and text_at(tag, "visibility") != "internal":
            yield name


def _excerpt(record: Any) -> str | None:
    """Nothing of a post that is for members: what is shown to all is its title."""
    if text_at(record, "visibility") not in ("", "public"):
        return excerpt(text_at(record, "custom_excerpt")) or None
    names = ("custom_excerpt", "excerpt", "plaintext", "html")
    return next(filter(None, (excerpt(text_at(record, name)) for name in names)), None)


def moment(written: str) -> datetime | None:
    """Ghost writes ISO, with a space in its export's early versions; the first ones wrote ms."""
    if written.isdecimal() and 11 <= len(written) <= 14:
        return datetime.fromtimestamp(int(written) / 1000, UTC)
    return moment_of(written)
