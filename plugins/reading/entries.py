"""One entry of a reading list, whatever format it came in, and the activities it comes to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from engine.api import (
    Account,
    Activity,
    Actor,
    BadCell,
    BadReport,
    Failed,
    Row,
    Skipped,
)
from plugins.attendance.rows import Clock, told_clock, web_address, word

ZOTERO = "https://www.zotero.org"
KEPT = "bookmarked"
VERBS = {"kept": KEPT, "read": "read", "rated": "rated"}

State = Literal["kept", "read", "later", "private", "inside"]
WHY = {
    "inside": "no page on the web, but a note, a search or a button of the program itself",
    "later": "on a list of things to read, which is not reading",
    "private": "marked as private there",
}

TYPES = {
    "book": "book", "booksection": "book", "book section": "book", "ebook": "book", "chap": "book",
    "edbook": "book", "inbook": "book", "incollection": "book", "webpage": "webpage",
    "blogpost": "article", "elec": "webpage", "online": "webpage", "electronic": "webpage",
    "forumpost": "webpage", "videorecording": "video", "film": "video", "video": "video",
    "tvbroadcast": "video", "audiorecording": "audio", "podcast": "audio",
    "radiobroadcast": "audio", "sound": "audio", "music": "audio", "bookmark": "webpage",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An entry: `key` as its system names it; `added` and `done` as written.

    `done` is when it was read, where the list says so. `stars` is a rating out of five, 0 for none.
    """

    row: Row
    key: str
    title: str
    url: str | None
    added: str
    kind: str = ""
    state: State = "kept"
    done: str = ""
    stars: int = 0
    tags: tuple[str, ...] = ()
    language: str = ""
    actor: Actor | None = None
    utc: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """An entry that cannot be read."""

    row: Row
    why: str
    mend: str


def told(
    entries: Sequence[Entry | Fault], settings: Mapping[str, Any]
) -> Iterator[Activity | Skipped | Failed]:
    """What entries come to, in their order.

    :raises BadReport: their dates contradict each other; or they name nobody, nor do the settings.
    """
    known = [one for one in entries if isinstance(one, Entry)]
    reader = reader_of(settings)
    if reader is None and any(one.actor is None for one in known):
        raise BadReport(
            "The list does not say whose it is.",
            "Enter the reader's email address in the settings of this source.",
            where="email",
        )
    teller = _Teller(
        own=_clock(known, settings, utc=False),
        utc=_clock(known, {**settings, "timezone": "UTC"}, utc=True),
        reader=reader or Actor(),
        settings=settings,
    )
    for one in entries:
        yield from _safely(one, teller)


def _clock(known: Sequence[Entry], settings: Mapping[str, Any], *, utc: bool) -> Clock:
    written = [
        (one.row, when) for one in known if one.utc is utc for when in (one.added, one.done) if when
    ]
    return told_clock(written, settings)


def _safely(one: Entry | Fault, teller: _Teller) -> Iterator[Activity | Skipped | Failed]:
    if isinstance(one, Fault):
        yield Failed(row=one.row, why=one.why, mend=one.mend)
        return
    try:
        yield from teller.tell(one)
    except BadCell as bad:
        yield Failed(row=one.row, why=bad.why, mend=bad.mend)


def reader_of(settings: Mapping[str, Any]) -> Actor | None:
    """Whose list it is: an address, or the owner of a personal Zotero library."""
    if email := settings.get("email"):
        return Actor(email=str(email).strip().lower())
    kind, _, number = str(settings.get("library") or "").partition("/")
    if kind == "users":
        return Actor(account=Account(home_page=ZOTERO, name=number))
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Teller:
    own: Clock
    utc: Clock
    reader: Actor
    settings: Mapping[str, Any]

    def tell(self, one: Entry) -> Iterator[Activity | Skipped]:
        """It was kept or read; being tagged as read, or rated, are things of their own."""
        if one.state in WHY:
            yield Skipped(row=one.row, why=WHY[one.state])
            return
        if not (one.title or one.url):
            raise BadCell("It has neither a title nor an address.", "Add one of them.")
        tag = word(str(self.settings.get("read_tag") or ""))
        topics = tuple(each for each in one.tags if not tag or word(each) != tag)
        was_read, one = len(topics) < len(one.tags), replace(one, tags=topics)
        yield self._activity(one, one.state, one.row)
        if one.state == "kept" and was_read:
            yield self._activity(one, "read", _beside(one.row, "read"))
        if one.stars:
            yield self._activity(one, "rated", _beside(one.row, "rating"))

    def _activity(self, one: Entry, deed: str, row: Row) -> Activity:
        score = {"score": {"raw": one.stars, "min": 1, "max": 5}} if deed == "rated" else {}
        return Activity(
            rows=(row,),
            keys=(f"{deed}:{one.key}",),
            actor=one.actor or self.reader,
            verb=VERBS[deed],
            type=TYPES.get(one.kind.casefold().replace("_", ""), "article"),
            url=one.url,
            title=one.title or None,
            language=one.language or None,
            at=self._moment(one, deed),
            result=score,
            tags=one.tags,
        )

    def _moment(self, one: Entry, deed: str) -> datetime:
        clock = self.utc if one.utc else self.own
        written = one.added if deed == "kept" else one.done or one.added
        if written:
            return clock.at(written)
        if undated := self.settings.get("undated"):
            return self.own.at(str(undated))
        raise BadCell(
            "Nothing says when it was kept.",
            "Enter a day of entries without one in the settings, or add its date.",
        )


def _beside(row: Row, what: str) -> Row:
    return f"row {row}, {what}" if isinstance(row, int) else f"{row}, {what}"


def page_of(url: str, doi: str = "", isbn: str = "") -> str | None:
    """The address of what was read: its page, its DOI, or its ISBN."""
    if found := web_address(url):
        return found
    if match := re.search(r"10\.\d{4,9}/[^\s\"<>{}|\\^`]{1,300}", doi):
        return f"https://doi.org/{match[0]}"
    digits = re.sub(r"[^\dXx]", "", isbn.partition(" ")[0] if len(isbn) > 20 else isbn).upper()
    return f"urn:isbn:{digits}" if len(digits) in (10, 13) else None
