"""Reference lists: RIS, BibTeX, and Zotero's RDF.

Their dates are those of publication. When an entry was kept they tell only as the date of access,
or as what BibDesk and JabRef add.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence
from xml.etree.ElementTree import Element

from engine.api import BadReport, read_xml
from plugins.attendance.rows import tags_in, word
from plugins.reading.entries import Entry, Fault, State, page_of

MOST = 200_000
"""Characters of one BibTeX entry."""

# --- RIS

_RIS = re.compile(r"([A-Z][A-Z0-9]) {1,2}- ?(.*)")
_RIS_BEGIN = re.compile(r"^[ \t\ufeff]*TY {1,2}- ?", re.MULTILINE)
LONGEST = 5000
"""Characters of one value of RIS."""


def is_ris(text: str) -> bool:
    """Whether a text has an entry as RIS writes them; databases write a few lines before it."""
    return bool(_RIS_BEGIN.search(text[:20_000]))


def read_ris(text: str) -> list[Entry | Fault]:
    """The entries of an RIS file; the row is the line on which one begins."""
    found: list[Entry | Fault] = []
    begun, values, named = 0, defaultdict[str, list[str]](list), ""
    for number, line in enumerate(text.splitlines(), start=1):
        field = _RIS.fullmatch(line.strip("\ufeff ").rstrip())
        if field and field[1] == "TY":
            if begun:
                found.append(_unended(begun))
            begun, values = number, defaultdict(list)
        if field and begun:
            named = field[1]
            values[named].append(field[2].strip()[:LONGEST])
        elif begun and line.strip():  # a value that goes on from the line before
            values[named][-1] = f"{values[named][-1]} {line.strip()}".strip()[:LONGEST]
        if field and field[1] == "ER" and begun:
            found.append(_ris(begun, values))
            begun = 0
    if begun:
        found.append(_unended(begun))
    return found


def _unended(row: int) -> Fault:
    return Fault(row=row, why="The entry has no end (ER).", mend="Export the list again.")


def _ris(row: int, values: Mapping[str, Sequence[str]]) -> Entry:
    def first(*names: str) -> str:
        return next((one for name in names for one in values.get(name, ()) if one), "")

    title = first("TI", "T1", "CT", "BT", "ST")
    url = page_of(first("UR", "LK").split(";")[0], first("DO", "M3"), first("SN"))
    return Entry(
        row=row,
        key=_key(url, title),
        title=title,
        url=url,
        added=_slashed(first("Y2")),
        kind=first("TY"),
        tags=tuple(tag for one in values.get("KW", ()) for tag in tags_in(one))[:50],
        language=first("LA"),
    )


def _slashed(written: str) -> str:
    """ "2026/09/08/12:00:00" and "2026/9/8//" as a day, and a time if there is one."""
    parts = written.split("/")
    if len(parts) < 3 or not all(one.strip().isdigit() for one in parts[:3]):
        return written
    time = parts[3].strip() if len(parts) > 3 and ":" in parts[3] else ""
    return f"{'-'.join(one.strip() for one in parts[:3])} {time}".strip()


# --- BibTeX

_ASIDE_KINDS = frozenset(("comment", "string", "preamble", "xdata", "set"))
"""What is no entry of its own: remarks, shorthands, shared fields, and groups of entries."""
_VERBATIM = frozenset(("url", "doi", "howpublished", "isbn", "eprint"))
_BEGIN = re.compile(r"^[ \t]*@([A-Za-z]{3,40})[ \t]*([{(])", re.MULTILINE)
_FIELD = re.compile(r"\s*,?\s*([A-Za-z][\w:.+/-]{0,60})\s*=\s*")
_BARE = re.compile(r"[^\s,{}\"#]{1,200}")
_ACCENT = re.compile(
    r"\\(?P<accent>[`'^\"~=.]|[uvHckr](?![A-Za-z]))\s*\{?\\?(?P<letter>[A-Za-z])\}?"
)
"""An accent and its letter; one named by a letter itself ends there: `\\rangle` is no ring on a."""
_MARKS = dict(
    zip("`'^\"~=.uvHckr",
        "\u0300\u0301\u0302\u0308\u0303\u0304\u0307\u0306\u030c\u030b\u0327\u0328\u030a",
        strict=True)
)  # fmt: skip
_LETTERS = {r"\ss": "ß", r"\o": "ø", r"\O": "Ø", r"\ae": "æ", r"\AE": "Æ", r"\oe": "œ",
            r"\aa": "å", r"\AA": "Å", r"\l": "ł", r"\L": "Ł", r"\i": "i", r"\textbar": "|",
            r"\textasciitilde": "~", r"\textendash": "–", r"\textquoteright": "’",
            r"\textquoteleft": "‘", r"\dots": "…", r"\ldots": "…",
            r"\hyphen": "-"}  # fmt: skip
_COMMAND = re.compile(r"\\[A-Za-z]+\*?(?=\s*\{[^}])")
"""A command with something in braces: of `\\emph{Word}` the word is meant."""


def is_bibtex(text: str) -> bool:
    """Whether a text has an entry as BibTeX writes them."""
    found = _BEGIN.search(_lines(text[:20_000]))
    return found is not None


def read_bibtex(text: str) -> list[Entry | Fault]:
    """The entries of a BibTeX file; the row is the line on which one begins."""
    text = _lines(text)
    found: list[Entry | Fault] = []
    at, row, counted = 0, 1, 0
    while begin := _BEGIN.search(text, at):
        row += text.count("\n", counted, begin.start())
        counted, at = begin.start(), begin.end()
        if begin[1].casefold() in _ASIDE_KINDS:
            continue
        # An entry ends where the next begins at the latest, so one left open costs itself alone.
        following = _BEGIN.search(text, begin.end())
        limit = min(following.start() if following else len(text), begin.end() + MOST)
        values, end = _fields(text, begin.end(), limit, "}" if begin[2] == "{" else ")")
        at = max(end, at)
        found.append(_bibtex(row, begin[1], values) if values is not None else _broken(row))
    return found


def _lines(text: str) -> str:
    """A text with one kind of line end; some files have a carriage return alone."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _broken(row: int) -> Fault:
    return Fault(
        row=row,
        why="The entry breaks off, or a brace in it is never closed.",
        mend="Export the list again.",
    )


def _fields(text: str, at: int, limit: int, close: str) -> tuple[dict[str, str] | None, int]:
    """The fields of an entry and where it ends; None when it does not end before the limit."""
    values = dict[str, str]()
    at = _first_of(text, at, limit, f",{close}")
    while at < limit and text[at] != close:
        field = _FIELD.match(text, at, limit)
        if not field:
            rest = text[at:limit].lstrip(" \t\r\n,")
            ended = rest.startswith(close)
            return (values if ended else None), limit - len(rest) + 1 if ended else at
        value, at = _value(text, field.end(), limit)
        if at < 0:
            return None, field.end()
        name = field[1].casefold()
        values.setdefault(name, _address(value) if name in _VERBATIM else _unlatex(value))
        at = _past_spaces(text, at, limit)
    return (values, at + 1) if at < limit else (None, at)


def _first_of(text: str, at: int, limit: int, marks: str) -> int:
    found = [one for one in (text.find(mark, at, limit) for mark in marks) if one >= 0]
    return min(found, default=limit)


def _past_spaces(text: str, at: int, limit: int) -> int:
    while at < limit and text[at].isspace():
        at += 1
    return at


def _value(text: str, at: int, limit: int) -> tuple[str, int]:
    """A value, whose parts may be joined by "#", and where it ends; -1 when it does not."""
    parts = []
    while True:
        at = _past_spaces(text, at, limit)
        if at < limit and text[at] in '{"':
            end = _closed(text, at, limit)
            if end < 0:
                return "", -1
            parts.append(text[at + 1 : end])
            at = end + 1
        elif bare := _BARE.match(text, at, limit):
            parts.append(bare[0])
            at = bare.end()
        else:
            return "", -1
        at = _past_spaces(text, at, limit)
        if at >= limit or text[at] != "#":
            return "".join(parts), at
        at += 1


def _closed(text: str, at: int, limit: int) -> int:
    """Where a value that opens here closes; -1 when it does not."""
    quoted, depth = text[at] == '"', 0
    for place in range(at + 1, limit):
        letter = text[place]
        if letter == "\\" or text[place - 1] == "\\":
            continue
        if depth == 0 and letter == ('"' if quoted else "}"):
            return place
        depth += (letter == "{") - (letter == "}")
    return -1


def _unlatex(value: str) -> str:
    """A value as text: accents put together, braces and escapes gone."""
    plain = _ACCENT.sub(lambda found: found["letter"] + _MARKS[found["accent"]], value[:5000])
    for written, letter in _LETTERS.items():
        plain = re.sub(re.escape(written) + r"(?![A-Za-z])(?:\{\})?\s?", letter, plain)
    plain = _COMMAND.sub("", plain).replace(r"\url", "")
    # An unbreakable space, and the marks round what is mathematics, are how it is set, not text.
    plain = re.sub(r"(?<!\\)~", " ", re.sub(r"(?<!\\)\$([^$]{1,200})(?<!\\)\$", r"\1", plain))
    plain = re.sub(r"\\([&%$#_{}~]|[A-Za-z]+)|\\[()]", r"\1", plain)
    plain = plain.replace("{", "").replace("}", "")
    return unicodedata.normalize("NFC", " ".join(plain.replace("--", "–").split()))


def _address(value: str) -> str:
    """A value that is an address or a number: only what LaTeX itself needs is taken away."""
    plain = re.sub(r"\\url\b|\{?\\textasciitilde(?:\{\}|\b)\s?\}?", _tilde, value[:5000])
    plain = re.sub(r"\\([&%$#_{}~])(?:\{\})?", r"\1", plain)
    return plain.replace("{", "").replace("}", "").strip()


def _tilde(found: re.Match[str]) -> str:
    return "~" if "tilde" in found[0] else ""


def _bibtex(row: int, kind: str, values: Mapping[str, str]) -> Entry:
    title = values.get("title", "")
    doi = values.get("doi", "")
    url = page_of(values.get("url") or values.get("howpublished", ""), doi, values.get("isbn", ""))
    states: dict[str, State] = {"read": "read", "skimmed": "read", "to read": "later"}
    status = values.get("readstatus") or values.get("read-status") or ""
    added = (
        values.get("urldate") or values.get("date-added") or values.get("creationdate")
        or values.get("timestamp") or values.get("dateadded") or ""
    )  # fmt: skip
    return Entry(
        row=row,
        key=_key(url, title),
        title=title,
        url=url,
        added=re.sub(r"(?<=\d)T(?=\d)", " ", added).replace(".", "-"),
        kind=kind,
        state=states.get(word(status), "kept"),
        tags=tags_in(values.get("keywords", "")),
        language=values.get("langid") or values.get("language") or "",
    )


# --- RDF

_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_ASIDE = ("Attachment", "Memo", "Collection", "UserItem", "Journal", "Series", "Website", "Blog")


def read_rdf(body: bytes) -> list[Entry | Fault]:
    """The entries of an RDF file as Zotero exports it; the row is the entry's number."""
    root = read_xml(body, what="The list")
    if _local(root) != "RDF":
        raise BadReport(
            f"This is XML, and no reading list: its root is “{_local(root)[:40]}”, expected RDF.",
            "Export the library as CSV, RIS, BibTeX or Zotero RDF.",
        )
    entries = [one for one in root if _local(one) not in _ASIDE and _texts(one, "title")]
    return [_rdf(number, one) for number, one in enumerate(entries, start=1)]


def _rdf(number: int, element: Element) -> Entry:
    title, kind = _text(element, "title"), _text(element, "itemType") or _local(element)
    names = [" ".join(one.itertext()).strip() for one in element if _local(one) == "identifier"]
    about = element.get(f"{_RDF}about") or ""
    url = next((one for one in names if one.startswith("http")), about)
    rest = {one.partition(" ")[0]: one.partition(" ")[2] for one in names}
    page = page_of(
        url, rest.get("DOI", ""), rest.get("ISBN", "") or about.removeprefix("urn:isbn:")
    )
    return Entry(
        row=f"entry {number}",
        key=_key(page, title),
        title=title,
        url=page,
        added=_text(element, "dateSubmitted"),
        kind=kind,
        tags=tuple(tag for one in _texts(element, "subject") for tag in tags_in(one))[:50],
        language=_text(element, "language"),
        utc=True,
    )


def _local(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _texts(element: Element, name: str) -> list[str]:
    """The texts of children of this name; of a subject only those that people chose."""
    plain = (one for one in element if _local(one) == name and not len(one))
    return [text for one in plain if (text := " ".join((one.text or "").split()))]


def _text(element: Element, name: str) -> str:
    return next(iter(_texts(element, name)), "")


def _key(url: str | None, title: str) -> str:
    return f"link:{url[:900]}" if url else f"title:{word(title)[:400]}"
