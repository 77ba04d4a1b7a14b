"""From the bytes of a feed to its entries: strict with hostile XML, lenient with sloppy XML.

The text that is checked is the text that is parsed: bytes are decoded once, and the document type
declaration never reaches the parser.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import feedparser

from engine.api import BadReport, xml_text

from .json_feed import read_json_feed
from .opml import is_opml

_PROLOG = re.compile(r"(?:\s++|<!--.*?-->|<\?.*?\?>)*+", re.DOTALL)
_DECLARATION = re.compile(r"\s*<\?xml\b[^>]*?\?>")
_ROOT = re.compile(r"<(?:([A-Za-z_][\w.\-]*):)?([A-Za-z_][\w.\-]*)")
_HIDDEN = re.compile(r"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)", re.DOTALL)
# Blogger: removed by the author or a moderator; a commenter who typed a name and an address.
_REMOVED = re.compile(r"<gd:extendedProperty\s[^>]*blogger\.contentRemoved", re.IGNORECASE)
_ANONYMOUS = re.compile(r"<\w+:type>\s*ANONYMOUS\s*</")

_FEED_ADDRESS = "Give the address of the feed itself, which often ends in /feed, /rss or /atom.xml."
_AGAIN = "Download the feed again and give the whole file."
_EXPECTED = "<rss>, <feed> (Atom), <rdf:RDF> (RSS 1.0) or a JSON Feed"


Entry = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A feed as feedparser reads it.

    `removed` holds the places, counted from 0, of the entries whose text was taken away,
    `anonymous` of those whose author typed what is said of her.
    """

    feed: Entry
    entries: tuple[Entry, ...]
    removed: frozenset[int] = frozenset()
    anonymous: frozenset[int] = frozenset()


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
    text = xml_text(body, media_type=media_type, what="The feed")
    if text.lstrip().startswith("{"):
        feed, entries = read_json_feed(body)
        return Document(feed=feed, entries=entries)
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
    entries = tuple(parsed["entries"])
    return Document(
        feed=parsed["feed"],
        entries=entries,
        removed=_marked(_REMOVED, bare, root, len(entries)),
        anonymous=_marked(_ANONYMOUS, bare, root, len(entries)),
    )


def _feed_root(text: str) -> _Root:
    """The outermost element, when it is that of a feed."""
    start = _after_prolog(text, 0)
    found = _ROOT.match(text, start)
    if found is None:
        raise _no_xml(text, start)
    root = _Root(found[1] or "", found[2], start)
    if is_opml(text):
        raise BadReport(
            "This is a list of feeds (OPML), not a feed.",
            "Paste it into “List of feeds” in the settings of this source, or give the list's"
            " address as the address to poll: each feed in it is then read.",
            where=_line(text, start),
        )
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
            "Add a source of the kind WordPress and give it this file, or give the address of the"
            " site's feed, which ends in /feed/.",
            where=_line(text, start),
        )
    return root


def _no_xml(text: str, start: int) -> BadReport:
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


def _marked(mark: re.Pattern[str], bare: str, root: _Root, count: int) -> frozenset[int]:
    """Which entries hold a mark of Blogger's.

    Read from the text, since feedparser keeps one of several properties of one name.
    """
    if not mark.search(bare):
        return frozenset()
    prefix = rf"(?:{re.escape(root.prefix)}:)?" if root.prefix else ""
    chunks = re.split(rf"<{prefix}(?:item|entry)(?=[\s>])", bare)[1:]
    if len(chunks) != count:
        return frozenset()
    return frozenset(place for place, chunk in enumerate(chunks) if mark.search(chunk))


def _after_prolog(text: str, start: int) -> int:
    """Where the first thing stands that is no space, comment or processing instruction."""
    found = _PROLOG.match(text, start)
    return found.end() if found else start


def _line(text: str, at: int) -> str:
    return f"line {text.count(chr(10), 0, at) + 1}"
