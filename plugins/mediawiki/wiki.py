"""What saves of a wiki's pages become, whichever way they came.

Who saves a page five times on one day did one thing: those saves are one activity, whose key is
made of page, user and day as the wiki writes them, so that every way in comes to the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from engine.api import Account, Activity, Actor, Failed, Gone, Row, Skipped, Thing

MEND = "Give what the wiki answered or exported, unchanged."
NOBODY = "0.0.0.0"
"""Stands for whoever had not signed in, where the wiki says so in another way."""
EDITED = "edited"

_UNUSED = {
    2: "A user's own page.", 3: "A message to a user.", 6: "A file.", 8: "A text of the software.",
    10: "A template.", 14: "A category.", 828: "A program.", 2300: "A program.", -1: "No page.",
    -2: "No page.",
}  # fmt: skip
"""Namespaces that are no texts on a subject; the odd numbers are the talk about them."""
_BOT = re.compile(r".*(?:[a-z0-9]Bot|[-_ ][Bb]ot|BOT)")
_UNNAMED = re.compile(
    r"\d{1,3}(?:\.\d{1,3}){3}|(?:[0-9A-Fa-f]{0,4}:){3,7}[0-9A-Fa-f]{0,4}"
    r"|~\d{4}-.*|MediaWiki default"
)
"""Addresses of machines, and the temporary accounts that stand for them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Save:
    """One revision of a page.

    :param user: the user's name; None when the wiki hides it.
    :param stamp: the time as the wiki writes it.
    :param is_new: it began the page.
    """

    row: Row
    page: str
    title: str
    namespace: int
    user: str | None
    stamp: str
    at: datetime
    is_new: bool = False
    is_minor: bool = False
    is_bot: bool = False

    @property
    def key(self) -> str:
        if self.is_new:
            return f"page:{self.page}"
        return f"edit:{self.page}:{self.stamp[:10]}:{self.user}"


Found = Save | Gone | Skipped | Failed


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiki:
    """The wiki by its address, what its pages' addresses begin with, and what it is called."""

    url: str
    pages: str
    title: str | None

    def tell(self, found: Iterable[Found]) -> Iterator[Activity | Gone | Skipped | Failed]:
        """An activity for each page begun and for each day somebody edited a page."""
        together: dict[str, list[Save]] = {}
        for one in found:
            if not isinstance(one, Save):
                yield one
            elif why := left_out(one):
                yield Skipped(row=one.row, why=why)
            else:
                together.setdefault(one.key, []).append(one)
        for saves in together.values():
            yield self._activity(saves)

    def _activity(self, saves: list[Save]) -> Activity:
        first = min(saves, key=lambda one: one.at)
        is_talk = bool(first.namespace % 2)
        verb = "authored" if first.is_new else EDITED
        name = first.title.replace(" ", "_")
        return Activity(
            rows=tuple(one.row for one in saves),
            keys=(first.key,),
            actor=Actor(account=Account(home_page=self.url, name=first.user or "")),
            verb="discussed" if is_talk else verb,
            type="discussion" if is_talk else "webpage",
            url=self.pages + quote(name, safe="/:@!$&'()*,;~-._"),
            title=first.title,
            at=first.at,
            community=Thing(url=self.url, title=self.title, type="community"),
            reported_at=max(one.at for one in saves),
        )


def left_out(save: Save) -> str:
    """Why a save is no activity, or ""."""
    if save.user is None:
        return "The wiki does not say who did it."
    if save.is_bot or _BOT.fullmatch(save.user):
        return "Done by a bot."
    if _UNNAMED.fullmatch(save.user):
        return "Done by somebody who had not signed in."
    if why := _UNUSED.get(save.namespace) or _UNUSED.get(save.namespace - save.namespace % 2):
        return why
    return "A minor edit." if save.is_minor and not save.is_new else ""


def user_of(written: str | None) -> str | None:
    """A user's name in one spelling: underscores are spaces, the first letter is a capital."""
    name = " ".join((written or "").replace("_", " ").split())
    return name[:1].upper() + name[1:] or None
