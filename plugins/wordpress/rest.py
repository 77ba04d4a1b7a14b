"""Pages of WordPress's own interface (wp/v2): lists of posts and of comments."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urldefrag

from engine.api import Activity, Actor, BadReport, Failed, ItemRef, Skipped, read_json
from plugins.feed.plain import at, list_at, moment_of, text_at, web_address

from .site import Site, line, number_of, post_keys, words

_STATUS = {
    "draft": "It is a draft.",
    "pending": "It waits for approval.",
    "future": "It is not published yet.",
    "private": "It is private.",
    "hold": "It waits for approval.",
}


def read_pages(body: bytes, site: Site) -> Iterator[Activity | Skipped | Failed]:
    """Read a list of posts or of comments, or one alone.

    :raises BadReport: it is other JSON; an error that WordPress gave is told in its own words.
    """
    whole = read_json(body, what="The page")
    records = whole if isinstance(whole, list) else [whole]
    if not isinstance(whole, list) and not (_is_post(whole) or _is_comment(whole)):
        raise _stranger(whole)
    if records and not any(_is_post(one) or _is_comment(one) for one in records):
        raise _stranger(records[0])
    for place, record in enumerate(records):
        row = f"[{place}]" if isinstance(whole, list) else "the record"
        yield _read(record, site, row)


def _stranger(found: Any) -> BadReport:
    message = text_at(found, "message")
    if message and text_at(found, "code"):
        return BadReport(
            f"WordPress answered with an error: {message[:200]}",
            "Open the address in a browser, or have the site's owner allow it.",
        )
    members = ", ".join(sorted(found)[:8]) if isinstance(found, dict) else type(found).__name__
    return BadReport(
        "Expected posts or comments of WordPress's interface (wp/v2/posts, wp/v2/comments), found"
        f" {members or 'nothing'}.",
        "Export the site under Tools, Export, and give that file.",
    )


def _is_comment(record: Any) -> bool:
    return isinstance(record, dict) and "post" in record and "author_name" in record


def _is_post(record: Any) -> bool:
    known = isinstance(record, dict) and "id" in record
    # Comments name their author; users, categories and tags have a name of their own.
    known = known and not record.keys() & {"author_name", "name"}
    return known and any(name in record for name in ("title", "slug", "modified_gmt"))


def _read(record: Any, site: Site, row: str) -> Activity | Skipped | Failed:
    if not (_is_post(record) or _is_comment(record)):
        why = "It is neither a post nor a comment."
        return Failed(row=row, why=why, mend="Give the page as WordPress made it.")
    if why := _why_left_out(record):
        return Skipped(row=row, why=why)
    written = text_at(record, "date_gmt")
    if not number_of(text_at(record, "id")):
        why, mend = "It has no number of its own.", "Give the page as WordPress made it."
        return Failed(row=row, why=why, mend=mend)
    if moment_of(written) is None:
        why = f"It has no date that can be read (date_gmt: {written[:60] or 'none'})."
        return Failed(row=row, why=why, mend="Save it again in WordPress; that sets its date.")
    return _comment(record, site, row) if _is_comment(record) else _post(record, site, row)


def _why_left_out(record: Any) -> str:
    status = text_at(record, "status") or "publish"
    kind = text_at(record, "type") or "comment"
    if _is_comment(record):
        if kind != "comment":
            return f"It is a {kind}, made by a machine."
        return "" if status in ("approved", "publish") else _STATUS.get(status, _unknown(status))
    if text_at(record, "type") not in ("", "post"):
        return f"It is of the kind {kind[:40]}, not a post."
    return "" if status == "publish" else _STATUS.get(status, _unknown(status))


def _unknown(status: str) -> str:
    return f"It is not published (status {status[:40]})."


def _post(record: Any, site: Site, row: str) -> Activity:
    number, published = text_at(record, "id"), moment_of(text_at(record, "date_gmt"))
    assert published is not None
    return Activity(
        rows=(row,),
        keys=post_keys(number, _rendered(record, "guid")),
        actor=site.member(
            number_of(text_at(record, "author")),
            name=text_at(record, "_embedded", "author", 0, "name"),
        ),
        verb="authored",
        type="article",
        url=_address(text_at(record, "link"), site) or site.page(number),
        title=line(_rendered(record, "title")),
        at=published,
        parent=site.blog,
        tags=tuple(dict.fromkeys(_terms(record))),
        excerpt=_excerpt(record),
        reported_at=moment_of(text_at(record, "modified_gmt")) or published,
    )


def _comment(record: Any, site: Site, row: str) -> Activity:
    post, said = number_of(text_at(record, "post")), moment_of(text_at(record, "date_gmt"))
    assert said is not None
    above = at(record, "_embedded", "up", 0)
    link = text_at(above, "link") or urldefrag(text_at(record, "link")).url
    return Activity(
        rows=(row,),
        keys=(f"comment:{text_at(record, 'id')}",),
        actor=_commenter(record, site),
        verb="commented",
        type="article",
        url=_address(link, site) or (site.page(post) if post else None),
        title=line(_rendered(above, "title")) if above else None,
        at=said,
        within=ItemRef(f"post:{post}") if post else None,
        parent=site.blog,
        excerpt=words(_rendered(record, "content")),
        reported_at=said,
    )


def _commenter(record: Any, site: Site) -> Actor:
    """A guest typed her name; nobody can be matched by that."""
    name = line(text_at(record, "author_name")) or ""
    return site.member(number_of(text_at(record, "author")), name=name)


def _excerpt(record: Any) -> str | None:
    """Nothing of a post that asks for a password."""
    if at(record, "excerpt", "protected") is True or at(record, "content", "protected") is True:
        return None
    return words(_rendered(record, "excerpt")) or words(_rendered(record, "content"))


def _terms(record: Any) -> Iterator[str]:
    """Names of categories and tags, which are only there when they were asked for."""
    for group in list_at(record, "_embedded", "wp:term"):
        for term in group if isinstance(group, list) else []:
            name = line(text_at(term, "name"))
            if name and text_at(term, "slug") != "uncategorized":
                yield name


def _rendered(record: Any, name: str) -> str:
    return text_at(record, name, "rendered") or text_at(record, name)


def _address(link: str, site: Site) -> str | None:
    """The page; copies of a site that serve it as files write only what follows its address."""
    return web_address(link, f"{site.url}/") if link else None
