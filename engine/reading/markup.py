"""Plain text out of the HTML of strangers: no tags, nothing that hides or turns the words around.

Texts of others are not kept whole: a title, an address, a language and an excerpt are enough.
"""

from __future__ import annotations

import html as entities
import re
from itertools import accumulate

import nh3

EXCERPT = 200
_READ = 200_000
"""Characters of a text that are looked at."""
_READ_FOR_EXCERPT = 20_000
"""Also of one that is nested over _DEEP: the parser's time grows with the square of the depth."""
_DEEP = 500

_LINE = re.compile(
    r"<(?=/?(?:p|br|hr|li|ul|ol|dl|dt|dd|div|h[1-6]|tr|table|section|article|header|footer"
    r"|blockquote|pre|figure|figcaption|address|main|nav|form|fieldset|option)\b)",
    re.IGNORECASE,
)
_TAG = re.compile(r"<(/?)(?!(?:br|hr|img|wbr|input|p|li|td|tr|option)\b)[a-z]", re.IGNORECASE)
_CELL = re.compile(r"<(?=/?t[dh]\b)", re.IGNORECASE)
_UNSEEN = {
    "script", "style", "template", "noscript", "title", "iframe", "object", "svg", "math",
    "select", "textarea", "noembed", "noframes", "xmp", "plaintext",
}  # fmt: skip
_FOREIGN = _UNSEEN | {"blockquote", "aside", "pre"}
_QUOTED = re.compile(r"\[quote\b[^\]\n]{0,200}\].*?(?:\[/quote\]|\Z)", re.DOTALL | re.IGNORECASE)
# Marks that show nothing and turn, join, hide or smuggle what stands around them. The joiners of
# Persian, Hindi and of emoji (U+200C, U+200D) say something and stay.
_HIDING = re.compile(
    "[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e"
    "\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb"
    "\ud800-\udfff\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


def shown(text: str) -> str:
    """The text without controls: those of direction, of width zero, and those no screen shows."""
    return _HIDING.sub("", text)


def plain(html: str) -> str:
    """The text of HTML in its lines, without what a page does not show; entities as characters."""
    most = _READ_FOR_EXCERPT if _is_deep(html[:_READ]) else _READ
    flowing = re.sub(r"\s+", " ", html[:most])
    lines = (" ".join(line.split()) for line in _untagged(flowing, _UNSEEN).splitlines())
    return "\n".join(filter(None, lines))


def excerpt(html: str, most: int = EXCERPT) -> str:
    """The first words of HTML on one line, at most `most` characters, cut between words.

    Left out are quotations of others, blocks of code and previews of linked pages; "" when nothing
    is left. It takes plain text as well, where a line that begins with ">" is a quotation.
    """
    own = _QUOTED.sub(" ", _untagged(html[:_READ_FOR_EXCERPT], _FOREIGN))
    lines = (line for line in own.splitlines() if not line.lstrip().startswith(">"))
    words = " ".join(" ".join(lines).split())
    if len(words) <= most:
        return words
    cut = words[: max(most - 1, 0)]
    return (cut.rpartition(" ")[0] or cut) + "…"


def _is_deep(markup: str) -> bool:
    steps = (-1 if tag[1] else 1 for tag in _TAG.finditer(markup))
    return max(accumulate(steps), default=0) > _DEEP


def _untagged(markup: str, without: set[str]) -> str:
    broken = _CELL.sub(" <", _LINE.sub("\n<", shown(markup)))
    # Without `attributes` and `link_rel` the cleaner panics: its defaults know of some tags.
    clean = nh3.clean(broken, tags=set(), attributes={}, clean_content_tags=without, link_rel=None)
    return shown(entities.unescape(clean))
