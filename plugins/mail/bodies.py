"""The first own words of a mail: not those it quotes, nor its signature."""

from __future__ import annotations

import re
from email.message import Message

from engine.api import excerpt

_SIGNATURE = re.compile(
    r"^--\s*$|^_{5,}\s*$|^-{5,} ?(?:Original|Forwarded|Mensaje|Message)\b", re.M
)
# What programs write above a quotation: "On 8 Sep 2026, Bo wrote:", in five languages.
_ABOVE_QUOTE = re.compile(
    r"^(?:On|Am|Le|El|Il|Op)\b[^\n]{3,200}(?:\n[^\n]{0,120})?"
    r"\b(?:wrote|schrieb|a écrit|escribió|ha scritto|schreef)\b[^\n]{0,120}:\s*$",
    re.MULTILINE,
)
# The same where marked lines follow, in more languages and without a word like "On": one's own
# words may come after them. Between the two may stand "[...]".
_VERB = (
    r"\b(?:wrote|writes|said|schrieb|a écrit|escribió|escreveu|ha scritto|schreef|skrev|napsal"
    r"|pisze|napisał|kirjoitti)\b"
)
_THEN_MARKED = (
    r":[ \t]{0,9}\n(?:[ \t]{0,9}(?:[\[<*][^\n]{0,20}[\]>*])?[ \t]{0,9}\n){0,4}(?=[ \t]{0,9}[>|])"
)
_ABOVE_MARKED = re.compile(
    rf"^(?:On|Am|Le|El|Il|Op)\b[^\n]{{3,200}}\n[^\n]{{0,120}}{_VERB}[^\n]{{0,120}}{_THEN_MARKED}"
    rf"|^(?!>)[^\n]{{0,200}}{_VERB}[^\n]{{0,120}}{_THEN_MARKED}"
    rf"|^(?!>)(?=[^\n]{{0,200}}[\d@])[^\n]{{1,200}}{_THEN_MARKED}",
    re.MULTILINE,
)
_MOST_PARTS = 50


def first_words(message: Message) -> str:
    """At most 200 characters of the first text, plain before HTML; "" when there is none."""
    parts = [part for _, part in zip(range(_MOST_PARTS), message.walk(), strict=False)]
    texts = [part for part in parts if part.get_content_maintype() == "text"]
    texts = [part for part in texts if part.get_content_disposition() != "attachment"]
    texts.sort(key=lambda part: part.get_content_subtype() != "plain")
    for part in texts:
        words = _own(_decoded(part), is_html=part.get_content_subtype() == "html")
        if words:
            return words
    return ""


def _decoded(part: Message) -> str:
    """The text of a part, whatever its charset says; the wrong one shows, and refuses nothing."""
    body = part.get_payload(decode=True)
    if not isinstance(body, bytes):
        return ""
    for charset in (_charset(part), "utf-8", "cp1252"):
        try:
            return body.decode(charset)
        except (LookupError, ValueError):
            continue
    return body.decode("latin-1")


def _charset(part: Message) -> str:
    """The charset as the part names it, which may be nonsense."""
    try:
        return str(part.get_content_charset() or "utf-8")
    except (LookupError, ValueError):
        return "utf-8"


def _own(text: str, *, is_html: bool) -> str:
    if is_html:
        return excerpt(text)
    text = _ABOVE_MARKED.sub("\n", text[:20_000].replace("\r\n", "\n"))
    for mark in (_SIGNATURE, _ABOVE_QUOTE):
        text = mark.split(text, maxsplit=1)[0]
    # Angle brackets in a plain text are no tags.
    lines = (line for line in text.splitlines() if not line.lstrip().startswith((">", "|")))
    return excerpt("\n".join(lines).replace("&", "&amp;").replace("<", "&lt;"))
