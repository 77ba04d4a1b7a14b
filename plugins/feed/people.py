"""Who wrote an entry, as the feed names her: never a mailbox, at most an account at the site."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine.api import Account, Actor

from .plain import is_web_address

_NOBODY = frozenset(
    (
        *("anonymous", "anonym", "anoniem", "anonyme", "anonimo", "anónimo", "anônimo"),
        *("unknown", "unbekannt", "inconnu", "inconnue", "desconocido", "desconhecido"),
    )
)
_NO_MAILBOX = re.compile(r"(?:no|do-?not|ne-?pas)[-_.]?(?:reply|respond|repondre)@", re.IGNORECASE)
# Some feeds give the whole of a link: mailto:ana@example.org?subject=RSS.
_EMAIL = re.compile(
    r"(?:mailto:)?([^\s()<>@,;:\"]+@[^\s()<>@,;:\"?]+\.[^\s()<>@,;:\"?]+)(?:\?[^\s()<>]*)?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """Somebody named in a feed; an email there is a typed claim and identifies nobody by mail."""

    name: str = ""
    uri: str = ""
    email: str = ""

    @property
    def handle(self) -> str:
        """What tells her apart at this site: profile, name or address; nothing for the nameless."""
        if self.uri or self.name:
            return self.uri or ("" if self.name.casefold() in _NOBODY else self.name)
        return "" if _NO_MAILBOX.match(self.email) else self.email

    def actor(self, site: str, *, guest: bool) -> Actor:
        """A guest without a profile typed her name herself: nobody can be matched by that."""
        name = self.name or None
        if not self.handle or (guest and not self.uri):
            return Actor(name=name)
        return Actor(name=name, account=Account(home_page=site, name=self.handle))


def authors_in(context: Mapping[str, Any], site: str) -> tuple[Author, ...]:
    """The people named in a feed, an entry or a source, each once; empty when nobody is.

    Where some are named, those with nothing but an email are the same people once more (RSS often
    has both `author` and `dc:creator`).
    """
    authors = [author for author in _stated(context, site) if author != Author()]
    named = [author for author in authors if author.name or author.uri]
    return tuple(
        {
            (author.uri or author.name or author.email): author for author in named or authors
        }.values()
    )


def _stated(context: Mapping[str, Any], site: str) -> Iterator[Author]:
    details = [detail for detail in context.get("authors") or [] if detail]
    for detail in details:
        # feedparser cuts addresses four letters after the last dot; one author's text is whole.
        text = context.get("author") if len(details) == 1 else _uncut(detail.get("name"))
        # WordPress writes a name as it stands in a page: Ana &#038; Bo.
        name, email = _name_and_email(html.unescape(text or ""))
        uri = (detail.get("href") or "").strip()
        # Some blogs give themselves as everybody's address: that tells nobody apart.
        own = is_web_address(uri) and uri.rstrip("/") != site
        yield Author(name=name, uri=uri if own else "", email=email or detail.get("email") or "")


def _uncut(name: str | None) -> str:
    """ "nology (Ana Lima" is what is left of "ana@example.technology (Ana Lima)"."""
    return (name or "").rpartition("(")[2] if ")" not in (name or "") else name or ""


def _name_and_email(text: str) -> tuple[str, str]:
    """Take apart "mail (Name)", "Name (mail)", "Name <mail>", a mail or a name alone."""
    email = _EMAIL.search(text)
    if email is None:
        return " ".join(text.split()), ""
    rest = text.replace(email[0], "").replace("()", "").replace("<>", "").strip()
    if rest.startswith("(") and rest.endswith(")"):
        rest = rest[1:-1]
    return " ".join(rest.split()).strip('" '), email[1]
