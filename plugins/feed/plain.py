"""Plain text, addresses, languages and moments out of what feeds and blogs write."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

import nh3

from engine.api import ValidationError, fields

EXCERPT = 200

_BREAK = re.compile(r"<(?:br|/?p|/?div|/?li|/?h\d|/?tr|/?blockquote)\b", re.IGNORECASE)
_QUOTE = re.compile(r"\[quote[^\]]*\].*?\[/quote\]", re.DOTALL | re.IGNORECASE)
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*")
_SEEN = 10_000  # characters of a text that are looked at to make an excerpt


def line_of(text: str, *, markup: bool) -> str:
    """One line of plain text: no tags, entities as characters, spaces joined."""
    return " ".join(_untagged(text[:_SEEN], markup=markup).split())


def excerpt_of(text: str, *, markup: bool) -> str | None:
    """The beginning of a text, at most EXCERPT characters, without what it quotes of others."""
    own = _QUOTE.sub(" ", _untagged(text[:_SEEN], markup=markup))
    lines = [line for line in own.splitlines() if not line.lstrip().startswith(">")]
    words = " ".join(" ".join(lines).split())
    if len(words) <= EXCERPT:
        return words or None
    cut = words[: EXCERPT - 1]
    return (cut.rpartition(" ")[0] or cut) + "…"


def _untagged(text: str, *, markup: bool) -> str:
    if markup:
        text = nh3.clean(
            _BREAK.sub(lambda tag: "\n" + tag[0], text),
            tags=set(),
            attributes={},
            clean_content_tags={"script", "style", "blockquote", "aside"},
        )
    return html.unescape(text)


def is_web_address(text: str) -> bool:
    """Whether it is an absolute http(s) address with a host."""
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False


def web_address(href: str, home: str) -> str | None:
    """An absolute http(s) address, resolved against `home` where it is relative; else nothing."""
    try:
        address = urljoin(home, href.strip()).replace(" ", "%20")
    except ValueError:
        return None
    return address if is_web_address(address) else None


def origin_of(address: str | None) -> str:
    """Scheme, host and port as written; nothing when it is no web address."""
    if not address or not is_web_address(address):
        return ""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def language_of(tag: str | None) -> str | None:
    """A language tag in the usual form (en-CA), or nothing when it is none."""
    plain = (tag or "").strip().replace("_", "-")
    return plain if _LANGUAGE.fullmatch(plain) else None


def moment_of(written: str) -> datetime | None:
    """The moment an ISO text says, UTC where it names no zone; None for what is no moment."""
    try:
        moment = datetime.fromisoformat(written.strip())
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def text_at(value: Any, *path: str | int) -> str:
    """The text or whole number at a place inside JSON of strangers; "" when there is none."""
    found = at(value, *path)
    if isinstance(found, bool) or not isinstance(found, str | int):
        return ""
    return str(found).strip()


def list_at(value: Any, *path: str | int) -> list[Any]:
    """The list at a place inside JSON of strangers; empty when there is none."""
    found = at(value, *path)
    return found if isinstance(found, list) else []


def at(value: Any, *path: str | int) -> Any:
    """What stands at a place inside JSON of strangers; None when the way there breaks off."""
    for step in path:
        if isinstance(step, str) and isinstance(value, dict):
            value = value.get(step)
        elif isinstance(step, int) and isinstance(value, list) and step < len(value):
            value = value[step]
        else:
            return None
    return value


class SiteAddress(fields.String):
    """A site's own address in one spelling: scheme and host in small letters, no final slash."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        address = str(super()._deserialize(value, attr, data, **kwargs)).strip().rstrip("/")
        if not is_web_address(address) or any(mark in address for mark in "?#@"):
            raise ValidationError("Expected the site's own address, as in https://blog.example.org")
        parts = urlsplit(address)
        return parts._replace(scheme=parts.scheme.lower(), netloc=parts.netloc.lower()).geturl()
