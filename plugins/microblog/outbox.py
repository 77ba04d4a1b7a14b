"""Outboxes in ActivityPub's form: from a server's page, or outbox.json of a Mastodon archive."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

from engine.api import BadReport, Failed, Gone, Skipped, excerpt
from plugins.forums.record import Record, found
from plugins.microblog.posts import MEND, NOTE, Found, Network, Post, is_web_address

EXPECTED = "outbox.json of a Mastodon archive or an outbox of ActivityPub"
_PUBLIC = {"https://www.w3.org/ns/activitystreams#Public", "as:Public", "Public"}
_TYPES = {"Question": ("asked", "question"), "Article": ("authored", "article")}
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*")


def is_outbox(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("orderedItems"), list)


def _is_items(value: Any) -> bool:
    is_list = isinstance(value, list) and bool(value)
    return is_list and all(
        isinstance(one, dict) and {"type", "actor"} <= one.keys() for one in value
    )


def read_outbox(value: Any, network: Network) -> Iterator[Found]:
    """Every item of an outbox, or of a list of its items.

    :raises BadReport: it is none, it belongs to another server, or nothing says whose it is.
    """
    if _is_items(value):
        value = {"orderedItems": value}
    if not is_outbox(value):
        raise BadReport(f"Expected {EXPECTED}, found {found(value)}.", MEND)
    outbox = Record(value, "")
    given = outbox.get("actor")
    actor = outbox.record("actor") if isinstance(given, dict) else Record({}, "")
    items = outbox.records("orderedItems")
    username = actor.text("preferredUsername") or _shown(items)
    for number, item in enumerate(items, start=1):
        try:
            yield _item(Record(item.members, f"post {number}"), network, username)
        except BadReport as error:
            if error.where == "":
                raise
            yield Failed(row=f"post {number}", why=error.why, mend=MEND)


def _item(item: Record, network: Network, username: str) -> Found:
    kind = item.text("type") or ""
    if kind in ("Delete", "Undo") or _kind(item) == "Tombstone":
        return Gone(key=_reference(item, "object"), rows=(item.row,))
    if kind not in ("Create", "Update", "Announce"):
        return Skipped(row=item.row, why=f"An activity of the type {kind[:40] or 'unknown'}.")
    post = item.record("object") if isinstance(item.get("object"), dict) else item
    if not (_is_public(item) and _is_public(post)):
        return Skipped(row=item.row, why="Not public.")
    actor = _reference(item, "actor")
    network.must_be_ours(actor)
    name = network.username(username or _username(actor))
    if kind == "Announce":
        return _boost(item, name)
    return _post(item, post, name, actor)


def _boost(item: Record, username: str) -> Post:
    address = _reference(item, "object")
    return Post(
        row=item.row,
        keys=(_reference(item, "id"),),
        username=username,
        verb="shared",
        at=_published(item),
        url=address,
    )


def _post(item: Record, post: Record, username: str, actor: str) -> Post:
    number = _reference(post, "id") if post is not item else _reference(item, "object")
    address = _address(post) or number
    kind = _kind(item)
    verb, type_ = _TYPES.get(kind, ("authored", NOTE))
    answers = post.get("inReplyTo") if isinstance(post.get("inReplyTo"), str) else None
    # A thread goes on where its author left off: that is writing, not replying.
    is_reply = bool(answers) and not str(answers).startswith((actor + "/", _profile(address)))
    html, warning = post.text("content") or "", excerpt(post.text("summary") or "")
    title = excerpt(post.text("name") or "", 100) or warning or excerpt(html, 100)
    return Post(
        row=item.row,
        keys=tuple(dict.fromkeys((number, address))),
        username=username,
        verb="replied" if is_reply else verb,
        at=_published(post) if post.get("published") else _published(item),
        url=address,
        type=type_,
        title=title or None,
        text=warning or excerpt(html),
        answers=answers if is_reply and is_web_address(str(answers)) else None,
        tags=_tags(post),
        language=_language(post),
        changed=post.moment("updated"),
    )


def _kind(item: Record) -> str:
    inner = item.get("object")
    return str(inner.get("type") or "") if isinstance(inner, dict) else ""


def _is_public(item: Record) -> bool:
    """Whether everybody may see it; unlisted posts name the public second."""
    named: set[str] = set()
    for name in ("to", "cc"):
        value = item.get(name)
        named |= {str(one) for one in (value if isinstance(value, list) else [value]) if one}
    return bool(named & _PUBLIC)


def _reference(item: Record, name: str) -> str:
    """The id of what a member names, be it written out or an address alone."""
    value = item.get(name)
    value = value.get("id") if isinstance(value, dict) else value
    if not isinstance(value, str) or not is_web_address(value):
        raise item.wrong(name, "an address")
    return value


def _address(post: Record) -> str:
    value = post.get("url")
    value = value[0] if isinstance(value, list) and value else value
    value = value.get("href") if isinstance(value, dict) else value
    return value if isinstance(value, str) and is_web_address(value) else ""


def _profile(address: str) -> str:
    """The address of an account, of which those of its posts are made: ".../@name/"."""
    return address.rpartition("/")[0] + "/"


def _username(actor: str) -> str:
    """The name in the usual addresses of accounts; numbers in newer ones are no names."""
    parts = [unquote(part) for part in urlsplit(actor).path.split("/") if part]
    if len(parts) == 1 and parts[0].startswith("@"):
        return parts[0][1:]
    return parts[1] if len(parts) == 2 and parts[0] in ("users", "u", "profile") else ""


def _shown(items: list[Record]) -> str:
    """The name in the addresses of the posts of one actor, as in ".../@name/1", if all say it."""
    posts = [one.members for one in items if isinstance(one.members, dict)]
    if len({str(post.get("actor")) for post in posts}) != 1:
        return ""
    own = (
        post["object"]
        for post in posts
        if post.get("type") == "Create" and isinstance(post.get("object"), dict)
    )
    pages = (urlsplit(_address(Record(one, ""))).path.split("/") for one in own)
    names = {unquote(page[1][1:]) for page in pages if len(page) == 3 and page[1][:1] == "@"}
    return names.pop() if len(names) == 1 else ""


def _published(item: Record) -> Any:
    moment = item.moment("published")
    if moment is None:
        raise item.wrong("published", "a time")
    return moment


def _tags(post: Record) -> tuple[str, ...]:
    value = post.get("tag")
    value = value if isinstance(value, list) else [value]
    named = (one for one in value if isinstance(one, dict) and one.get("type") == "Hashtag")
    names = (str(one.get("name") or "").lstrip("#").strip()[:200] for one in named)
    return tuple(dict.fromkeys(filter(None, names)))[:100]


def _language(post: Record) -> str | None:
    """The language, where the post has one text in one language."""
    texts = post.get("contentMap")
    names = list(texts) if isinstance(texts, dict) else []
    return names[0] if len(names) == 1 and _LANGUAGE.fullmatch(names[0]) else None
