"""Lists kept as tables: Zotero, Goodreads, Pocket, Raindrop, Instapaper, and lists of one's own."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from engine.api import BadCell, Line, Shape, clean_name, find_sheets, read_number
from plugins.attendance.rows import NAME, PERSON, person, tags_in, word
from plugins.reading.entries import Entry, Fault, State, page_of

_LINK = {
    "title": ("title", "name"),
    "url": ("url", "link", "address"),
    "tags": ("tags",),
}
ZOTERO = Shape(
    name="zotero",
    columns={
        "key": ("key",), "kind": ("item type",), "title": ("title",), "url": ("url",),
        "doi": ("doi",), "isbn": ("isbn",), "added": ("date added",),
        "language": ("language",), "tags": ("manual tags",),
    },
    required=("key", "kind", "title", "added"),
)  # fmt: skip
GOODREADS = Shape(
    name="goodreads",
    columns={
        "key": ("book id",), "title": ("title",), "isbn": ("isbn13",), "short": ("isbn",),
        "stars": ("my rating",), "done": ("date read",), "added": ("date added",),
        "shelf": ("exclusive shelf",), "tags": ("bookshelves",),
    },
    required=("key", "title", "shelf"),
)  # fmt: skip
POCKET = Shape(
    name="pocket",
    columns={**_LINK, "added": ("time_added", "time added"), "status": ("status",)},
    required=("url", "added", "status"),
)
INSTAPAPER = Shape(
    name="instapaper",
    columns={
        **_LINK, "folder": ("folder",), "added": ("timestamp",), "selection": ("selection",)
    },
    required=("url", "folder", "added"),
)  # fmt: skip
OLDER_INSTAPAPER = replace(INSTAPAPER, required=("url", "folder", "selection"))
"""Without times: the day of such entries is a setting."""
RAINDROP = Shape(
    name="raindrop",
    columns={
        **_LINK, "key": ("id",), "folder": ("folder",), "added": ("created", "created at", "date"),
        "later": ("to read", "toread"), "private": ("private",),
    },
    required=("title", "url", "added"),
)  # fmt: skip
LOG = Shape(
    name="log",
    columns={
        **{name: headings for name, headings in PERSON.items() if name != "name"},
        "name": tuple(one for one in (*NAME, "reader", "lecteur", "lectrice", "lector", "leser")),
        "title": (
            *("title", "book", "book title", "article", "titre", "livre", "título"),
            *("titulo", "libro", "titel", "buch"),
        ),
        "url": ("url", "link", "lien", "enlace"),
        "isbn": ("isbn", "isbn13"),
        "done": (
            *("date read", "read on", "finished on", "date finished", "finish date"),
            *("finish_date", "date_finished", "date_read", "finished"),
            *("last date read", "lu le", "date de lecture", "fecha de lectura", "leído el"),
            *("gelesen am", "lesedatum"),
        ),
        "status": ("read status", "status", "shelf", "statut", "estado"),
        "stars": ("rating", "my rating", "stars", "star rating", "note", "valoración", "bewertung"),
        "kind": ("type", "kind", "format"),
        "tags": ("tags", "topic", "subject", "sujet", "tema", "thema"),
    },
    required=("title", "done"),
)
SHAPES = (ZOTERO, GOODREADS, POCKET, INSTAPAPER, OLDER_INSTAPAPER, LOG, RAINDROP)

UNFINISHED = frozenset(
    (
        "to read",
        "reading",
        "currently reading",
        "unread",
        "paused",
        "did not finish",
        "dnf",
        "want",
        "stopped reading",
        "planned",
        "want to read",
    )
)


def read_tables(body: bytes) -> list[Entry | Fault]:
    """The rows of all tables.

    :raises BadReport: it has no table of these kinds; with what was there.
    """
    return [
        _safely(line, _READERS[table.shape])
        for table in find_sheets(body, SHAPES).tables
        for line in table.lines
    ]


def _safely(line: Line, read: Callable[[Line], Entry]) -> Entry | Fault:
    try:
        return read(line)
    except BadCell as bad:
        return Fault(row=line.number, why=bad.why, mend=bad.mend)


def _zotero(line: Line) -> Entry:
    if not re.fullmatch(r"[A-Z0-9]{8}", line["key"]):
        raise BadCell(
            f"“{line['key'][:40]}” is no key of Zotero, which has eight letters and digits.",
            "Export the library again, and send the file without opening it.",
        )
    return Entry(
        row=line.number,
        key=f"zotero:{line['key']}",
        title=line["title"],
        url=page_of(line["url"], line["doi"], line["isbn"]),
        added=line["added"],
        kind=line["kind"],
        tags=tags_in(line["tags"].replace(",", " ")),
        language=line["language"],
        utc=True,
    )


def _goodreads(line: Line) -> Entry:
    shelf = word(line["shelf"])
    isbn = line["isbn"].strip('="') or line["short"].strip('="')
    return Entry(
        row=line.number,
        key=f"goodreads:{_native(line)}",
        title=line["title"],
        url=page_of("", isbn=isbn) or f"https://www.goodreads.com/book/show/{_native(line)}",
        added=line["added"],
        done=line["done"],
        kind="book",
        state="read" if shelf == "read" else "later",
        stars=_stars(line["stars"]),
        tags=tuple(one for one in tags_in(line["tags"]) if word(one) not in {*UNFINISHED, "read"}),
    )


def _native(line: Line) -> str:
    if not re.fullmatch(r"\d{1,15}", line["key"]):
        raise BadCell(f"“{line['key'][:40]}” is no number of a book.", "Export the list again.")
    return line["key"]


def _pocket(line: Line) -> Entry:
    said = word(line["status"])
    if said not in ("archive", "archived", "read", "unread"):
        raise BadCell(
            f"“{line['status'][:40]}” is no status of Pocket.", "Expected unread or archive."
        )
    return _link(line, "later" if said == "unread" else "read")


def _instapaper(line: Line) -> Entry:
    folder = word(line["folder"])
    states: dict[str, State] = {"unread": "later", "archive": "read"}
    return _link(line, states.get(folder, "kept"))


def _raindrop(line: Line) -> Entry:
    if word(line["private"]) in ("yes", "true", "1"):
        return _link(line, "private")
    return _link(line, "later" if word(line["later"]) in ("yes", "true", "1") else "kept")


def _link(line: Line, state: State) -> Entry:
    url = page_of(line["url"])
    if not url:
        raise BadCell(f"“{line['url'][:60]}” is no address of a page.", "Correct the address.")
    title = "" if line["title"] == line["url"] else line["title"]
    return Entry(
        row=line.number, key=f"link:{url[:900]}", title=title, url=url, added=line["added"],
        kind="bookmark", state=state, tags=tags_in(line["tags"]), utc=True,
    )  # fmt: skip


def _log(line: Line) -> Entry:
    named = any(line[one] for one in PERSON)
    actor = person(line) if named else None
    unfinished = word(line["status"]) in UNFINISHED or not line["done"]
    url = page_of(line["url"], isbn=line["isbn"])
    who = (actor.email or clean_name(actor.name or "")) if actor else ""
    return Entry(
        row=line.number,
        key=f"log:{(url or line['title'])[:500]}|{who}",
        title=line["title"],
        url=url,
        added="",
        done=line["done"].strip("[] "),
        kind=line["kind"] or "book",
        state="later" if unfinished else "read",
        stars=_stars(line["stars"]),
        tags=tags_in(line["tags"]),
        actor=actor,
    )


def _stars(cell: str) -> int:
    """A rating as whole stars; "4.5" is rounded down, "★★★" counted."""
    if cell and not cell.strip("★☆ "):
        return cell.count("★")
    stars = int(read_number(cell.partition("/")[0]) or 0)
    if not 0 <= stars <= 5:
        raise BadCell(f"“{cell[:40]}” is no rating from 1 to 5.", "Write 1, 2, 3, 4 or 5.")
    return stars


_READERS: dict[str, Callable[[Line], Entry]] = {
    "zotero": _zotero,
    "goodreads": _goodreads,
    "pocket": _pocket,
    "instapaper": _instapaper,
    "raindrop": _raindrop,
    "log": _log,
}
