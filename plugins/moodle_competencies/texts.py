"""Descriptions as Moodle formats them, and the plain text of them."""

from __future__ import annotations

import html
import re

import nh3

AUTOMATIC, HTML, PLAIN, MARKDOWN = "0", "1", "2", "4"
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>|&#?\w{1,20};")
_BLOCK = re.compile(
    r"<(?:br|/?p|/?div|/?ul|/?ol|/?h\d|/?tr|/?table|/?blockquote|/?pre)\b", re.IGNORECASE
)
_ITEM = re.compile(r"<li\b", re.IGNORECASE)


def plain(text: str, form: str) -> str:
    """The plain text of a description; HTML loses its tags and keeps its lines.

    `form` is the number of Moodle's format: 0 automatic, 1 HTML, 2 plain, 4 Markdown.
    """
    if form in (PLAIN, MARKDOWN) or not text or (form != HTML and not _TAG.search(text)):
        return "\n".join(text.splitlines()).strip()
    lines = (" ".join(line.split()) for line in _untagged(text).splitlines())
    return "\n".join(line for line in lines if line.strip("- "))


def _untagged(text: str) -> str:
    """Lines in the source of HTML mean nothing; blocks and items begin lines of their own."""
    flowing = " ".join(text.split())
    broken = _ITEM.sub("\n- <li", _BLOCK.sub(lambda tag: "\n" + tag[0], flowing))
    cleaned = nh3.clean(broken, tags=set(), attributes={}, clean_content_tags={"script", "style"})
    return html.unescape(cleaned)
