"""From the bytes of a feed to its entries: strict with hostile XML, lenient with sloppy XML.

The text that is checked is the text that is parsed: bytes are decoded once, here, and the document
type declaration never reaches the parser.
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import feedparser

from engine.api import BadReport

_PROLOG = re.compile(r"(?:\s++|<!--.*?-->|<\?.*?\?>)*+", re.DOTALL)
_DECLARATION = re.compile(r"\s*<\?xml\b[^>]*?\?>")
_DOCTYPE = re.compile(
    r"""<!DOCTYPE[^\[>"']*+(?:"[^"]*"\s*+|'[^']*'\s*+)*+"""
    r"""(?:\[(?:<!--.*?-->|"[^"]*"|'[^']*'|[^\]"'])*+\]\s*+)?+>""",
    re.DOTALL | re.IGNORECASE,
)
_ROOT = re.compile(r"<(?:([A-Za-z_][\w.\-]*):)?([A-Za-z_][\w.\-]*)")
_HIDDEN = re.compile(r"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)", re.DOTALL)
# Older Drupal sites name the XHTML character sets, which nobody needs to fetch.
_CHARACTER_SETS = re.compile(
    r'<!ENTITY\s+%\s+\w+\s+PUBLIC\s+"-//W3C//ENTITIES [^"]*"\s+"[^"]*"\s*>', re.IGNORECASE
)
_NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_REMOVED = re.compile(r"<gd:extendedProperty\s[^>]*blogger\.contentRemoved", re.IGNORECASE)

_FEED_ADDRESS = "Give the address of the feed itself, which often ends in /feed, /rss or /atom.xml."
_AGAIN = "Download the feed again and give the whole file."
_EXPECTED = "<rss>, <feed> (Atom) or <rdf:RDF> (RSS 1.0)"


Entry = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A feed as feedparser reads it.

    `removed` holds the places, counted from 0, of the entries whose text was taken away.
    """

    feed: Entry
    entries: tuple[Entry, ...]
    removed: frozenset[int]


@dataclass(frozen=True, slots=True)
class _Root:
    prefix: str
    name: str
    at: int

    @property
    def tag(self) -> str:
        return f"{self.prefix}:{self.name}" if self.prefix else self.name


def read_document(body: bytes, *, media_type: str = "", base: str = "") -> Document:
    """Read one feed whole.

    :raises BadReport: not a feed, broken off, hostile, or so broken that entries would be lost.
    """
    text = _without_doctype(_decoded(body, media_type))
    root = _feed_root(text)
    bare = _HIDDEN.sub("", text)
    _must_be_complete(text, bare, root)
    parsed = _parsed(text, base)
    if parsed["bozo"]:
        _must_be_intact(parsed, bare, root)
    if not (parsed["entries"] or parsed["version"] or parsed["feed"]):
        raise BadReport(
            f"Nothing of a feed was found inside <{root.tag}>.", _FEED_ADDRESS, where="line 1"
        )
    return Document(
        feed=parsed["feed"],
        entries=tuple(parsed["entries"]),
        removed=_removed(bare, root, len(parsed["entries"])),
    )


def _decoded(body: bytes, media_type: str) -> str:
    """Text without a byte order mark and without characters that XML forbids."""
    text = _NOT_XML.sub("", _text(body, media_type))
    text = text[:100].replace("\ufeff", "") + text[100:]
    if not text.strip():
        raise BadReport("The file is empty; a feed was expected.", _AGAIN)
    return text


def _text(body: bytes, media_type: str) -> str:
    """Believe the bytes before what is said of them: many feeds declare a wrong encoding."""
    if wide := _wide_encoding(body):
        return body.decode(wide, "replace")
    body = body.removeprefix(codecs.BOM_UTF8)
    declared = _declared(body, media_type)
    # 7-bit encodings would pass as UTF-8 and read as garbage.
    first = [declared] if declared.startswith(("iso2022", "hz", "utf-7")) else []
    for encoding in [*first, "utf-8", declared]:
        with suppress(UnicodeError, LookupError, ValueError):
            return body.decode(encoding)
    return body.decode("utf-8", "feed-windows")


def _windows(error: UnicodeError) -> tuple[str, int]:
    """Read what is no UTF-8 as Windows' Latin-1: the rest of the text may well be UTF-8."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error("feed-windows", _windows)


def _wide_encoding(body: bytes) -> str:
    """UTF-16 or UTF-32, by its mark or by the zeros between the first characters; else nothing."""
    if body.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32"
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    return {b"<\0": "utf-16-le", b"\0<": "utf-16-be"}.get(body[:2], "")


def _declared(body: bytes, media_type: str) -> str:
    """The codec named in the XML declaration, else in the media type, else UTF-8."""
    head = body[:300].decode("latin-1")
    named = re.search(r"""<\?xml[^>]*\bencoding\s*=\s*["']([\w.\-:]+)""", head) or re.search(
        r"""charset\s*=\s*["']?([\w.\-:]+)""", media_type, re.IGNORECASE
    )
    try:
        codec = codecs.lookup(named[1]).name if named else "utf-8"
    except LookupError:
        return "utf-8"
    # Latin-1 on the web is Windows'; the others are no encodings of a document.
    odd = {"iso8859-1", "ascii", "idna", "punycode", "unicode_escape", "raw_unicode_escape"}
    return "cp1252" if codec in odd else codec


def _without_doctype(text: str) -> str:
    """The same lines without the document type; one that declares entities is refused."""
    start = _after_prolog(text, 0)
    if text[start : start + 9].upper() != "<!DOCTYPE":
        return text
    doctype = _DOCTYPE.match(text, start)
    if doctype is None:
        raise BadReport(
            "The document type declaration does not end.", _AGAIN, where=_line(text, start)
        )
    if "<!ENTITY" in _CHARACTER_SETS.sub("", doctype[0]).upper():
        raise BadReport(
            "The feed declares entities of its own (<!ENTITY …>), which can hide files or"
            " exhaust memory; no feed needs them.",
            "Ask the publisher for a feed without a document type declaration.",
            where=_line(text, start),
        )
    return text[:start] + "\n" * doctype[0].count("\n") + text[doctype.end() :]


def _feed_root(text: str) -> _Root:
    """The outermost element, when it is that of a feed."""
    start = _after_prolog(text, 0)
    found = _ROOT.match(text, start)
    if found is None:
        raise _no_xml(text, start)
    root = _Root(found[1] or "", found[2], start)
    if root.name.lower() not in ("rss", "feed", "rdf"):
        page = root.name.lower() == "html"
        kind = "This is a web page, not a feed: its" if page else "The"
        raise BadReport(
            f"{kind} outermost element is <{root.tag}>; expected {_EXPECTED}.",
            _FEED_ADDRESS,
            where=_line(text, start),
        )
    if "://wordpress.org/export/" in text[start : start + 3000]:
        raise BadReport(
            "This is a WordPress export (WXR), not a feed; expected " + _EXPECTED + ".",
            "Give the address of the site's feed, which ends in /feed/.",
            where=_line(text, start),
        )
    return root


def _no_xml(text: str, start: int) -> BadReport:
    if text.startswith(("{", "["), start):
        return BadReport(
            f"This is JSON; JSON Feed is not read here; expected {_EXPECTED}.",
            "Give the site's Atom or RSS feed instead.",
            where=_line(text, start),
        )
    return BadReport(
        f"This is not XML; expected {_EXPECTED}.", _FEED_ADDRESS, where=_line(text, start)
    )


def _must_be_complete(text: str, bare: str, root: _Root) -> None:
    """Refuse a feed that was cut off: entries may be missing, and absence must not be believed."""
    tag = re.escape(root.tag)
    closed = re.search(rf"</{tag}\s*>", bare, re.IGNORECASE)
    if closed or re.compile(rf"<{tag}\b[^<>]*/>").match(text, root.at):
        return
    raise BadReport(
        f"The feed breaks off: <{root.tag}> is never closed.",
        _AGAIN,
        where=_line(text, len(text.rstrip())),
    )


def _parsed(text: str, base: str) -> Mapping[str, Any]:
    """What feedparser makes of it; a stream, because it would open a string as address or file."""
    declaration = '<?xml version="1.0" encoding="utf-8"?>'
    old = _DECLARATION.match(text)
    lines = "\n" * old[0].count("\n") if old else ""
    body = declaration + lines + (text[old.end() :] if old else text)
    headers = {"content-type": "application/xml; charset=utf-8", "content-location": base}
    try:
        parsed: Mapping[str, Any] = feedparser.parse(
            io.BytesIO(body.encode()),
            response_headers=headers,
            sanitize_html=False,  # only plain text is kept, see entries.plain
            resolve_relative_uris=False,
        )
    # A reader of broken documents breaks in its own ways.
    except (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError) as error:
        raise BadReport(f"The feed cannot be read: {error!r}.", _AGAIN) from error
    except (ValueError, RecursionError) as error:
        raise BadReport(f"The feed cannot be read: {error}.", _AGAIN) from error
    return parsed


def _must_be_intact(parsed: Mapping[str, Any], bare: str, root: _Root) -> None:
    """Accept broken XML only when every entry that was begun was ended and read."""
    prefix = rf"(?:{re.escape(root.prefix)}:)?" if root.prefix else ""
    begun = len(re.findall(rf"<{prefix}(?:item|entry)(?=[\s>])", bare, re.IGNORECASE))
    ended = len(re.findall(rf"</{prefix}(?:item|entry)\s*>", bare, re.IGNORECASE))
    read = len(parsed["entries"])
    if begun == ended == read and (read or parsed["feed"]):
        return
    error = parsed.get("bozo_exception")
    line = getattr(error, "getLineNumber", lambda: None)()
    raise BadReport(
        f"The XML is broken ({_reason(error)}): {begun} entries begin, {read} can be read.",
        "Have the feed checked with a validator (validator.w3.org/feed) and mended.",
        where=f"line {line}" if line else "",
    )


def _reason(error: object) -> str:
    message = getattr(error, "getMessage", None)
    return str(message() if message else error)


def _removed(bare: str, root: _Root, count: int) -> frozenset[int]:
    """Which entries Blogger marks as removed by their author or a moderator.

    Read from the text, since feedparser keeps only the last of several properties of one name.
    """
    if not _REMOVED.search(bare):
        return frozenset()
    prefix = rf"(?:{re.escape(root.prefix)}:)?" if root.prefix else ""
    chunks = re.split(rf"<{prefix}(?:item|entry)(?=[\s>])", bare)[1:]
    if len(chunks) != count:
        return frozenset()
    return frozenset(place for place, chunk in enumerate(chunks) if _REMOVED.search(chunk))


def _after_prolog(text: str, start: int) -> int:
    """Where the first thing stands that is no space, comment or processing instruction."""
    found = _PROLOG.match(text, start)
    return found.end() if found else start


def _line(text: str, at: int) -> str:
    return f"line {text.count(chr(10), 0, at) + 1}"
