"""Bookmarks of browsers and services, and what Pocket exported before it closed: pages of links.

Such pages leave most tags open, and nothing but links, headings and lists means anything in them.
They are walked by those tags alone, in one go: a parser of HTML takes hours for a hostile page.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import unescape

from plugins.attendance.rows import tags_in, word
from plugins.reading.entries import Entry, Fault, State, page_of

LATER = frozenset(("reading list", "com.apple.readinglist", "unread", "read later", "to read"))
FOLDERS = 50
"""How deep folders are followed."""

_TAG = re.compile(r"<(/?)(a|dl|ul|h[1-3])(?=[\s>])([^<>]*)>", re.IGNORECASE)
_OTHER = re.compile(r"<[^<>]*>")
_ATTRIBUTE = re.compile(
    r"(?<![\w-])(?P<name>[\w-]+)\s*=\s*(?:\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)'"
    r"|(?P<bare>[^\s\"'>]+))"
)


def is_bookmarks(text: str) -> bool:
    """Whether a page is a list of bookmarks."""
    start = text[:4000].casefold()
    return "netscape-bookmark-file" in start or bool(
        re.search(r"<a\s[^<>]{0,3000}\b(?:add_date|time_added)\s*=", text[:100_000], re.IGNORECASE)
    )


def read_bookmarks(text: str) -> list[Entry | Fault]:
    """The links of a page; folders become tags."""
    page, read_to = _Page(), 0
    for tag in _TAG.finditer(text):
        page.text(text[read_to : tag.start()])
        page.tag(tag[2].casefold(), tag[3], closes=bool(tag[1]))
        read_to = tag.end()
    page.end_link()
    return page.found


@dataclass(slots=True)
class _Page:
    """A page as far as it was walked; a heading names the list that follows it."""

    found: list[Entry | Fault] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    heading: str = ""
    link: dict[str, str] | None = None
    title: str = ""
    in_heading: bool = False
    deep: int = 0

    def tag(self, name: str, attributes: str, *, closes: bool) -> None:
        """Take a tag; each ends the link before it."""
        self.end_link()
        if name == "a" and not closes:
            self.link, self.title = _attributes(attributes), ""
        elif name.startswith("h"):
            self.in_heading = not closes
            self.heading = self.heading if closes else ""
        elif name != "a":
            self._close() if closes else self._open()

    def text(self, written: str) -> None:
        """Take the text up to the next tag."""
        if not (self.in_heading or self.link is not None):
            return
        plain = " ".join(unescape(_OTHER.sub("", written[:2000])).split())
        if self.in_heading:
            self.heading = plain[:200]
        else:
            self.title = plain[:500]

    def _open(self) -> None:
        self.deep += 1
        if self.deep <= FOLDERS:
            self.folders.append(self.heading)
        self.heading = ""

    def _close(self) -> None:
        if 0 < self.deep <= FOLDERS:
            self.folders.pop()
        self.deep = max(self.deep - 1, 0)

    def end_link(self) -> None:
        """Take the link that is open, if there is one."""
        link, self.link = self.link, None
        if link is None:
            return
        row, url = f"link {len(self.found) + 1}", _page(link.get("href", ""))
        title = "" if self.title == url else self.title
        # The outermost folder is the browser's own: Bookmarks, Favourites.
        folders = tuple(one[:100] for one in self.folders[1:] if one and word(one) not in LATER)
        self.found.append(
            Entry(
                row=row, key=f"link:{(url or '')[:900]}", title=title,
                url=url, added=link.get("add_date") or link.get("time_added") or "",
                kind="bookmark", state=self._state(link) if url else "inside",
                tags=(*folders, *tags_in(link.get("tags", ""))), utc=True,
            )
        )  # fmt: skip

    def _state(self, link: dict[str, str]) -> State:
        if link.get("private") == "1":
            return "private"
        within = {word(one) for one in self.folders}
        if link.get("toread") == "1" or within & LATER:
            return "later"
        return "read" if "read archive" in within else "kept"


def _page(href: str) -> str | None:
    """The address of a page; spaces stand in some as the browser showed them."""
    return page_of(href.strip().replace(" ", "%20"))


def _attributes(written: str) -> dict[str, str]:
    """The attributes of a tag; of two with one name the first counts."""
    values: dict[str, str] = {}
    for found in _ATTRIBUTE.finditer(written):
        value = found["double"] or found["single"] or found["bare"] or ""
        values.setdefault(found["name"].casefold(), unescape(value))
    return values
