"""What happens at a forge, in the words of both kinds, and the activities it becomes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from engine.api import (
    Account,
    Activity,
    Actor,
    BadReport,
    Failed,
    ItemRef,
    Row,
    Skipped,
    Thing,
    excerpt,
)
from plugins.forums.record import MEND as RECORDS_MEND

MEND = "Give what the forge sent or answered, unchanged, as JSON."

SUBMITTED = "submitted"
REVIEWED = "reviewed"
ISSUE = "issue"
CHANGE = "code-commit"
REVIEW = "review"

_BOT = re.compile(r".*\[bot\]|(?:project|group)_\d+_bot\w*|ghost\d*|.*-bot|.*_bot", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """An account at the forge; `is_bot` when the forge says so."""

    login: str
    name: str | None = None
    is_bot: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A repository (at GitLab a project): its path such as "example/handbook"."""

    path: str
    url: str
    is_private: bool = False

    @property
    def thing(self) -> Thing:
        return Thing(url=self.url, title=self.path, type="community")


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is talked about: an issue, a change or a discussion, by its first key."""

    key: str
    url: str
    title: str | None
    type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One thing somebody did: the subject itself, or what its first key names, about it."""

    row: Row
    keys: tuple[str, ...]
    place: Place
    person: Person | None
    verb: str
    subject: Subject
    at: datetime
    text: str = ""
    tags: tuple[str, ...] = ()
    confidential: bool = False
    changed: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Forge:
    """The forge by its address, and whether its private repositories are read."""

    url: str
    private: bool

    def place(self, path: str, url: str, *, is_private: bool) -> Place:
        """A repository of this forge; of another one, names would mean other people."""
        if host_of(url) != host_of(self.url):
            raise BadReport(
                f"It comes from {ascii(url[:80])[1:-1]}, this source belongs to {self.url}.",
                "Add a source with the address of that forge.",
                where="repository",
            )
        return Place(path=path, url=url, is_private=is_private)

    def tell(self, told: Told) -> Activity | Skipped:
        why = self._left_out(told.place, confidential=told.confidential) or nobody(told.person)
        if why or told.person is None:
            return Skipped(row=told.row, why=why)
        return Activity(
            rows=(told.row,),
            keys=told.keys,
            actor=self._actor(told.person),
            verb=told.verb,
            type=told.subject.type,
            url=told.subject.url,
            title=told.subject.title,
            at=told.at,
            within=None if told.subject.key in told.keys else ItemRef(told.subject.key),
            community=told.place.thing,
            tags=told.tags,
            excerpt=excerpt(told.text) or None,
            reported_at=told.changed,
        )

    def accepted(
        self, told: Told, *, key: str, target: str, author: Person | None
    ) -> Activity | Skipped:
        """The merge of a change, the choice of an answer; nobody accepts what is her own."""
        why = self._left_out(told.place, confidential=told.confidential) or nobody(told.person)
        if not why and told.person and author and told.person.login == author.login:
            why = "Accepted by whoever wrote it."
        if why or told.person is None:
            return Skipped(row=told.row, why=why)
        return Activity(
            rows=(told.row,),
            keys=(key,),
            actor=self._actor(told.person),
            verb="accepted",
            object=ItemRef(target),
            at=told.at,
            community=told.place.thing,
        )

    def _left_out(self, place: Place, *, confidential: bool) -> str:
        if self.private:
            return ""
        if place.is_private:
            return "In a private repository."
        return "A confidential issue or note." if confidential else ""

    def _actor(self, person: Person) -> Actor:
        return Actor(name=person.name, account=Account(home_page=self.url, name=person.login))


def host_of(url: str) -> str:
    """The host of an address; "www." says nothing."""
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def nobody(person: Person | None) -> str:
    """Why there is nobody to record, or ""."""
    if person is None:
        return "It does not say who wrote it, or the account was deleted."
    return "Done by a bot." if person.is_bot or _BOT.fullmatch(person.login) else ""


def failed(error: BadReport, row: str = "") -> Failed:
    """What could not be read of a delivery; a member of an entry is named with its entry.

    A record that is read member by member does not know whose it is: its mend is put here.
    """
    place = error.where or row or "1"
    is_named = not row or place.startswith(row)
    mend = MEND if error.mend == RECORDS_MEND else error.mend
    return Failed(row=place if is_named else f"{row}.{place}", why=error.why, mend=mend)
