"""The first words of a post, without the words of others and without code."""

from __future__ import annotations

import re
from html import unescape

import nh3

from plugins.forums.record import Record

LONGEST = 200
READ = 20_000
"""How much of a post is looked at for its first words."""

BLOCK = re.compile(r"<(?=/?(?:p|br|li|ul|ol|div|h[1-6]|tr|td|hr)\b)", re.IGNORECASE)
FOREIGN = {"aside", "blockquote", "pre", "code", "script", "style"}
"""Elements left out with all they hold: quotes, previews of linked pages, code."""

RAW_FOREIGN = re.compile(
    r"\[quote\b[^\]\n]{0,200}\].*?(?:\[/quote\]|\Z)"
    r"|^(?P<fence>```|~~~).*?(?:^(?P=fence)|\Z)"
    r"|^>.*?$"
    r"|`[^`\n]*`",
    re.DOTALL | re.IGNORECASE | re.MULTILINE,
)


def excerpt(post: Record) -> str | None:
    """At most 200 characters of plain text of a post, cut between words."""
    text = (post.text("cooked") or "")[:READ]
    if not text:
        text = RAW_FOREIGN.sub(" ", (post.text("raw") or "")[:READ])
    # Without `attributes` the cleaner panics: its defaults know attributes of a blockquote.
    clean = nh3.clean(
        BLOCK.sub(" <", text), tags=set(), attributes={}, clean_content_tags=FOREIGN, link_rel=None
    )
    words = " ".join(unescape(clean).split())
    if len(words) > LONGEST:
        words = words[: LONGEST - 1].rsplit(" ", 1)[0] + "…"
    return words or None
