"""A WordPress site: the keys its items go by, its people, and what every reading needs of it."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

from engine.api import Account, Actor, BadCell, Thing, excerpt, plain, read_email

_NUMBER = re.compile(r"[1-9]\d{0,19}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The site that is read: its address without a final slash, and its name here.

    People are known by their number at the site, which the interface, the export and the table of
    members all write; a display name is nobody's identifier.
    """

    url: str
    title: str | None = None

    @property
    def blog(self) -> Thing:
        """The blog that posts and comments are part of."""
        return Thing(url=self.url, title=self.title, type="blog")

    def member(self, number: str, *, name: str = "", email: str = "") -> Actor:
        """Somebody with an account at the site; `email` is the account's own, never a typed one."""
        account = Account(home_page=self.url, name=number) if number else None
        return Actor(name=name or None, email=_sound(email), account=account)

    def page(self, post: str) -> str:
        """The address of a post by its number alone, which every site understands."""
        return f"{self.url}/?p={post}"


def number_of(written: str) -> str:
    """A number WordPress gave (posts, comments, users); "" for 0 and for what is none."""
    return written if _NUMBER.fullmatch(written) else ""


def line(markup: str) -> str | None:
    """A title as plain text on one line."""
    return " ".join(plain(markup).split()) or None


def words(markup: str) -> str | None:
    """The first words of a text."""
    return excerpt(markup) or None


def post_keys(number: str, guid: str) -> tuple[str, ...]:
    """What a post goes by: its number, and the guid that its feed names it by."""
    return (f"post:{number}", *([f"entry:{html.unescape(guid)}"] if guid else []))


def _sound(email: str) -> str | None:
    try:
        return read_email(email)
    except BadCell:
        return None
