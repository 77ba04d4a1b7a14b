"""Which format a reading list is in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.api import Activity, BadReport, Failed, Gone, Skipped, decode, is_zip
from plugins.reading.bookmarks import is_bookmarks, read_bookmarks
from plugins.reading.entries import Entry, Fault, told
from plugins.reading.references import is_bibtex, is_ris, read_bibtex, read_rdf, read_ris
from plugins.reading.tables import read_tables
from plugins.reading.zotero import read_answer

KNOWN = "Export it as CSV, RIS, BibTeX, Zotero RDF, or as bookmarks (HTML)."


def read_list(
    body: bytes, settings: Mapping[str, Any]
) -> Iterator[Activity | Gone | Skipped | Failed]:
    """What a list comes to.

    :raises BadReport: it is in no format that is known, is empty, or names nobody.
    """
    start = body[:4096].lstrip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n")[:1]
    if start in (b"[", b"{") and not is_zip(body):
        gone, entries = read_answer(body, settings)
        yield from gone
        yield from told(entries, settings)
        return
    yield from told(_entries(body), settings)


def _entries(body: bytes) -> list[Entry | Fault]:
    if is_zip(body):
        return read_tables(body)
    text = decode(body).text
    if text.lstrip()[:1] == "<":
        return _marked(body, text)
    if is_ris(text):
        return read_ris(text)
    if is_bibtex(text):
        return _some(read_bibtex(text))
    return read_tables(body)


def _marked(body: bytes, text: str) -> list[Entry | Fault]:
    if is_bookmarks(text):
        return _some(read_bookmarks(text))
    if "<html" in text[:2000].casefold():
        raise BadReport("This is a web page, and no list of bookmarks.", KNOWN)
    return _some(read_rdf(body))


def _some(entries: list[Entry | Fault]) -> list[Entry | Fault]:
    if not entries:
        raise BadReport("The list has no entries.", KNOWN)
    return entries
