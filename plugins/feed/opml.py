"""Lists of feeds (OPML, as every feed reader exports it, or one address a line)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from engine.api import BadReport, read_xml, xml_text

from .plain import is_web_address

MOST = 300
"""How many feeds one list may hold."""

_OPML = re.compile(r"\s*(?:<\?xml.*?\?>|<!--.*?-->|\s)*<opml\b", re.DOTALL | re.IGNORECASE)
_BARE = re.compile(r"&(?!(?:#\d+|#x[0-9a-f]+|\w+);)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Listed:
    """A feed in a list, with the title it has there."""

    address: str
    title: str


def is_opml(text: str) -> bool:
    """Whether the outermost element is that of a list of feeds."""
    return bool(_OPML.match(text))


def read_list(text: str) -> tuple[Listed, ...]:
    """The feeds of an OPML file in their order, each once; else those written one a line.

    Folders are walked through; outlines that are no feeds (notes, links to pages) are passed over.

    :raises BadReport: a line is no address, no feed is listed, or there are more than MOST.
    """
    found = _outlines(text) if is_opml(text) else _lines(text)
    feeds = tuple({one.address: one for one in found}.values())
    if len(feeds) > MOST:
        raise BadReport(
            f"The list holds {len(feeds)} feeds; {MOST} are the most one source polls.",
            "Make several sources, each with a part of the list.",
        )
    return feeds


def feeds_in(body: bytes) -> tuple[Listed, ...]:
    """The feeds of an OPML file.

    :raises BadReport: it cannot be read, or lists none.
    """
    feeds = read_list(xml_text(body, what="The list of feeds"))
    if not feeds:
        raise BadReport(
            "The list (OPML) names no feed: no outline has an xmlUrl.",
            "Export the list of subscriptions from the feed reader again.",
        )
    return feeds


def _outlines(text: str) -> list[Listed]:
    """Many lists write "&" in addresses as it is."""
    root = read_xml(_BARE.sub("&amp;", text).encode(), what="The list of feeds")
    return [one for outline in root.iter() if (one := _listed(outline)) is not None]


def _listed(outline: Element) -> Listed | None:
    """Programs write xmlUrl, xmlurl, xmlURL; some still feed:// in place of http://."""
    if not isinstance(outline.tag, str) or outline.tag.lower() != "outline":
        return None
    stated = {name.lower(): value.strip() for name, value in outline.attrib.items()}
    address = re.sub(r"^feed:(?://)?(?=https?:)|^feed(?=://)", "", stated.get("xmlurl", ""))
    address = f"http{address}" if address.startswith("://") else address
    if not is_web_address(address):
        return None
    return Listed(address, stated.get("title") or stated.get("text") or address)


def _lines(text: str) -> list[Listed]:
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        address = line.strip()
        if address and not is_web_address(address):
            raise BadReport(
                f"“{address[:80]}” is no address of a feed.",
                "Write one address a line, or paste a whole OPML file.",
                where=f"line {number}",
            )
        if address:
            found.append(Listed(address, address))
    return found
