"""Who says what in a web page, by the class names that authors agreed on (microformats2).

A page is cleaned first by a parser that reads HTML as browsers do, so what is walked here is whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

import nh3

from plugins.feed.plain import is_web_address

READ = 300_000
"""Characters of a page that are looked at."""
DEEPEST = 150

_TAGS = {
    *("a", "abbr", "address", "area", "article", "aside", "b", "blockquote", "br", "cite", "code"),
    *("data", "dd", "del", "details", "div", "dl", "dt", "em", "figcaption", "figure", "footer"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "header", "i", "img", "ins", "li", "main", "nav", "ol"),
    *("p", "pre", "q", "s", "section", "small", "span", "strong", "summary", "sup", "table"),
    *("tbody", "td", "th", "thead", "time", "tr", "u", "ul", "audio", "video", "source"),
}
_ATTRIBUTES = {"class", "href", "src", "datetime", "title", "value", "alt"}
_UNSEEN = {"script", "style", "template", "noscript", "iframe", "object", "svg", "math", "textarea"}
_VOID = {"br", "img", "area", "source"}
_ROOT = re.compile(r"<(/?)(?:body|html)\b", re.IGNORECASE)


@dataclass(slots=True)
class Node:
    """An element: its classes, its attributes, and what it holds in order."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    inside: list[Node | str] = field(default_factory=list)

    @property
    def classes(self) -> frozenset[str]:
        """Its class names."""
        return frozenset(self.attributes.get("class", "").split())

    @property
    def is_item(self) -> bool:
        """Whether it is a thing of its own: an entry, a card, a citation."""
        return any(name.startswith("h-") for name in self.classes)

    def nodes(self) -> Iterator[Node]:
        """The elements directly in it."""
        return (one for one in self.inside if isinstance(one, Node))

    def walk(self) -> Iterator[Node]:
        """Itself and every element in it."""
        yield self
        for one in self.nodes():
            yield from one.walk()

    def text(self) -> str:
        """Its text on one line without quotations, images as what stands in for them."""
        return " ".join("".join(self._texts()).split())

    def _texts(self) -> Iterator[str]:
        if self.tag in ("img", "area"):
            yield self.attributes.get("alt", "")
        for one in self.inside:
            if isinstance(one, str):
                yield one
            elif one.tag != "blockquote":
                yield from one._texts()
        if self.tag in ("br", "p", "div", "li"):
            yield " "


def read_page(html: str) -> Node:
    """The page as a tree of the elements that matter."""
    whole = nh3.clean(
        _ROOT.sub(r"<\1div", html[:READ]),
        tags=_TAGS,
        attributes={"*": _ATTRIBUTES},
        clean_content_tags=_UNSEEN,
        link_rel=None,
    )
    reader = _Reader()
    reader.feed(whole)
    reader.close()
    return reader.root


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = Node("page")
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(tag, {name: value or "" for name, value in attrs})
        self._open[-1].inside.append(node)
        if tag not in _VOID and len(self._open) < DEEPEST:
            self._open.append(node)

    def handle_endtag(self, tag: str) -> None:
        if len(self._open) > 1 and self._open[-1].tag == tag:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        self._open[-1].inside.append(data)


# --- properties --------------------------------------------------------------------------------


def entries(page: Node) -> list[Node]:
    """The outermost things that were written or answered."""
    return [one for one in page.walk() if one.classes & {"h-entry", "h-event", "h-review"}]


def outermost(node: Node) -> Iterator[Node]:
    """The things of their own that stand in no other one, but for a feed."""
    for one in node.nodes():
        if one.is_item:
            yield one
        if not one.is_item or "h-feed" in one.classes:
            yield from outermost(one)


def having(item: Node, name: str) -> list[Node]:
    """The elements that state a property of an item, not those of items within it."""
    found = []
    for one in item.nodes():
        if name in one.classes:
            found.append(one)
        if not one.is_item:
            found += having(one, name)
    return found


def text_of(item: Node, name: str) -> str:
    """A property that is text: p-name, e-content."""
    return next(filter(None, map(_words, having(item, name))), "")


def url_of(node: Node) -> str:
    """The address an element states: its own, that of the citation it is, or its text."""
    for name in ("href", "src"):
        if node.attributes.get(name):
            return node.attributes[name].strip()
    if node.is_item:
        cited = having(node, "u-url")
        return url_of(cited[0]) if cited else ""
    text = node.text()
    return text if is_web_address(text) else ""


def moment_in(item: Node, name: str) -> str:
    """A property that is a time: dt-published."""
    for node in having(item, name):
        for attribute in ("datetime", "title", "value"):
            if node.attributes.get(attribute):
                return node.attributes[attribute].strip()
        return node.text()
    return ""


def _words(node: Node) -> str:
    for tags, attribute in ((("abbr",), "title"), (("data",), "value"), (("img", "area"), "alt")):
        if node.tag in tags and node.attributes.get(attribute):
            return node.attributes[attribute].strip()
    return node.text()
