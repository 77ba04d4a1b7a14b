"""The data dump of a site: Posts.xml, with Users.xml and Comments.xml where given."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from xml.etree.ElementTree import Element

from engine.api import (
    Activity,
    BadCell,
    BadReport,
    Failed,
    Gone,
    Skipped,
    is_zip,
    read_xml,
    read_zip,
)
from plugins.forums.moments import moment_of
from plugins.stackexchange.site import Author, Post, Site

MEND = "Unpack the dump and give Posts.xml, or a ZIP of Posts.xml, Users.xml and Comments.xml."
_READ = ("posts", "users", "comments")
_NUMBER = re.compile(r"-?\d{1,18}")
_OTHERS = {
    "3": "An orphaned tag wiki.",
    "4": "The excerpt of a tag wiki.",
    "5": "A tag wiki.",
    "6": "A nomination.",
    "7": "A page of the site.",
    "8": "A privilege wiki.",
}


@dataclass(slots=True)
class Dump:
    """The tables of one dump: names by account, and when each post was written."""

    site: Site
    names: dict[str, str] = field(default_factory=dict)
    written: dict[str, datetime] = field(default_factory=dict)

    def post(self, row: Row) -> Iterator[Activity | Skipped]:
        kind = row.text("PostTypeId")
        if kind not in ("1", "2"):
            why = _OTHERS.get(kind, f"A post of type {kind[:20] or 'unknown'}.")
            yield Skipped(row=row.place, why=why)
            return
        post = Post(
            row=row.place,
            id=row.number("Id"),
            parent=row.number("ParentId") if kind == "2" else None,
            author=self.author(row, "Owner"),
            at=row.moment("CreationDate"),
            title=row.text("Title") or None,
            tags=tuple(re.findall(r"[^<>|]+", row.text("Tags"))),
            html=row.text("Body"),
        )
        yield self.site.post(post)
        answer = row.text("AcceptedAnswerId")
        if kind == "1" and answer and post.author.number:
            number = row.number("AcceptedAnswerId")
            at = self.written.get(number) or post.at
            yield self.site.accepted(f"{row.place}: accepted", post.id, number, at)

    def comment(self, row: Row) -> Iterator[Activity | Skipped]:
        at = row.moment("CreationDate")
        number, post, author = row.number("Id"), row.number("PostId"), self.author(row, "User")
        yield self.site.comment(row.place, number, post, author, at, row.text("Text"))

    def author(self, row: Row, prefix: str) -> Author:
        """Who wrote it; of a deleted account only the name is left, which identifies nobody."""
        name = "OwnerUserId" if prefix == "Owner" else "UserId"
        number = row.number(name) if row.text(name) else None
        shown = row.text("OwnerDisplayName" if prefix == "Owner" else "UserDisplayName")
        return Author(number=number, name=self.names.get(number or "", shown) or None)


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table, its members by name; the readers raise BadCell."""

    place: str
    members: Mapping[str, str]

    def text(self, name: str) -> str:
        return self.members.get(name, "").strip()

    def number(self, name: str) -> str:
        written = self.text(name)
        if not _NUMBER.fullmatch(written):
            raise BadCell(f"{name} is “{written[:40]}”; expected a whole number.", MEND)
        return written

    def moment(self, name: str) -> datetime:
        """Times of a dump are UTC and say no zone."""
        moment = moment_of(self.text(name), zoneless=UTC)
        if moment is None:
            raise BadCell(f"{name} is “{self.text(name)[:40]}”; expected a date and time.", MEND)
        return moment


def read_dump(site: Site, body: bytes) -> Iterator[Activity | Gone | Skipped | Failed]:
    """Everything in a dump; posts first, since acceptances and comments are about them.

    :raises BadReport: it holds no table of a dump.
    """
    tables = _tables(body)
    dump = Dump(site)
    for row in tables.get("users", []):
        dump.names[row.text("Id")] = row.text("DisplayName")
    for row in tables.get("posts", []):
        at = moment_of(row.text("CreationDate"), zoneless=UTC)
        if at:
            dump.written[row.text("Id")] = at
    posts = sorted(tables.get("posts", []), key=lambda row: row.text("PostTypeId") != "1")
    yield from _told(dump.post, posts)
    yield from _told(dump.comment, tables.get("comments", []))


def _told(
    tell: Callable[[Row], Iterator[Activity | Skipped]], rows: list[Row]
) -> Iterator[Activity | Skipped | Failed]:
    for row in rows:
        try:
            yield from tell(row)
        except BadCell as bad:
            yield Failed(row=row.place, why=bad.why, mend=bad.mend)


def _tables(body: bytes) -> dict[str, list[Row]]:
    if body.startswith(b"7z\xbc\xaf\x27\x1c"):
        raise BadReport("This is a 7z archive, which is not unpacked here.", MEND)
    if not is_zip(body):
        tables = dict([_table(body, "The dump")])
    else:
        named = ((one.name.rpartition("/")[2], one.body) for one in read_zip(body, what="The dump"))
        wanted = [(n, b) for n, b in named if n.lower().removesuffix(".xml") in _READ]
        tables = dict(_table(inner, name) for name, inner in wanted)
    if not {"posts", "comments"} & tables.keys():
        raise BadReport(
            f"Expected Posts.xml or Comments.xml, found {', '.join(tables) or 'neither'}.", MEND
        )
    return tables


def _table(body: bytes, name: str) -> tuple[str, list[Row]]:
    root = read_xml(body, what=name)
    kind = root.tag.rpartition("}")[2].lower()
    if kind not in _READ:
        raise BadReport(f"Expected <posts>, <users> or <comments>, found <{root.tag[:40]}>.", MEND)
    rows = (child for child in root if _is_row(child))
    return kind, [Row(f"{kind} row {n}", row.attrib) for n, row in enumerate(rows, 1)]


def _is_row(element: Element) -> bool:
    return isinstance(element.tag, str) and element.tag.rpartition("}")[2] == "row"
