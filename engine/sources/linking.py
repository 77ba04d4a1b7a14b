"""What the L&D team does with an open handle: look at it, say whose it is, many at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from engine.db import db, transaction
from engine.errors import NotFound, Refused
from engine.people import inbox, suggestions
from engine.people import service as people
from engine.people.inbox import Decider
from engine.people.models import Person
from engine.people.suggestions import STRONG, Suggestion
from engine.sources import handles, named, named_rows, unaligned
from engine.sources.handles import Handle, Seen

AT_ONCE = 200
"""How many handles one form may link."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """A handle on its page: what is recorded under it, what waits, and whose it is by now.

    `lights` names the competencies that its rows count towards, with how many rows; `trouble`
    says why what waits cannot be read now.
    """

    key: str
    recorded: tuple[Seen, ...]
    waiting: tuple[Seen, ...]
    owner: str
    ignored: bool
    suggested: tuple[Suggestion, ...]
    lights: tuple[tuple[str, int], ...]
    trouble: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """Whose a handle is now, whether she is new here, and how many waiting rows were read."""

    handle: str
    email: str
    created: bool
    read: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Came:
    """A handle with what is recorded under it and what waits."""

    key: str
    recorded: Handle | None
    waiting: Handle | None

    def link(self, person: Person, decider: Decider) -> None:
        """Say whose it is, as far as it is recorded; a name may be another person's before."""
        inbox.require_may(decider, person)
        if self.waiting is None or (self.recorded is not None and not people.owners([self.key])):
            inbox.link(self.key, person, decider)

    def require(self) -> None:
        """Refuse a handle that nothing came under."""
        if self.recorded is None and self.waiting is None:
            why = f"Nothing came under {self.key}."
            raise NotFound(why, "Look at the open handles again.", where="handle")


def look_at(text: str) -> Open:
    """A handle with all that may be told of it; nothing is written.

    What is recorded under somebody's identifier is hers: of that nothing is told.

    :raises NotFound: nothing came under it.
    """
    came = _came(text)
    came.require()
    key, recorded, waiting = came.key, came.recorded, came.waiting
    owner = people.owners([key]).get(key)
    lit, trouble = Counter[str](), None
    if owner is None:
        lit.update(handles.lights_up([key]))
    if waiting:
        trouble = tried(lambda: lit.update(named_rows.lights_up(key)))
    return Open(
        key=key,
        recorded=recorded.seen if recorded and owner is None else (),
        waiting=waiting.seen if waiting else (),
        owner=people.get_by_id(owner).email if owner is not None else "",
        ignored=bool(inbox.ignored([key])),
        suggested=tuple(suggestions.suggest([key]).get(key, ())),
        lights=tuple(in_words(lit)),
        trouble=f"{trouble.why} {trouble.mend}".strip() if trouble else "",
    )


def _came(text: str) -> _Came:
    key = inbox.handle_of(text)
    return _Came(key=key, recorded=handles.one(key), waiting=named.one(key))


def in_words(competencies: Mapping[str, int]) -> list[tuple[str, int]]:
    """Competencies by name, those with most rows first."""
    names = dict(unaligned.competencies())
    named_ones = [(names.get(one, one), rows) for one, rows in competencies.items()]
    return sorted(named_ones, key=lambda pair: (-pair[1], pair[0]))


def check(text: str, email: str, decider: Decider, *, create: bool = False, name: str = "") -> None:
    """Refuse what `link` would refuse; nothing is written."""

    def work() -> None:
        came = _came(text)
        came.require()
        person, _ = inbox.person_for(email, name=name, create=create, by=decider.name)
        came.link(person, decider)
        raise Unwanted("")

    refusal = in_one(work)
    if refusal is not None and not isinstance(refusal, Unwanted):
        raise refusal


class Unwanted(Refused):
    """Ends what was only tried: nothing of it is kept."""


def link(
    text: str, email: str, decider: Decider, *, create: bool = False, name: str = ""
) -> Linked:
    """Say whose a handle is; what waited for it is read in the run that brought it.

    It brings its own transactions. Doing it again changes nothing.

    :raises NotFound: nothing came under it.
    """
    _came(text).require()
    return link_early(text, email, decider, create=create, name=name)


def link_early(
    text: str, email: str, decider: Decider, *, create: bool = False, name: str = ""
) -> Linked:
    """The same for a handle that nothing need have come under yet."""
    came = _came(text)
    created: list[bool] = []

    def whose() -> Person:
        person, fresh = inbox.person_for(email, name=name, create=create, by=decider.name)
        created.append(fresh)
        came.link(person, decider)
        return person

    if came.waiting is not None:
        read = named_rows.link(came.key, whose, decider)
    else:
        read = 0
        with transaction():
            whose()
    found = people.get_person(email)
    return Linked(handle=came.key, email=found.email, created=created[-1], read=read)


def link_suggested(chosen: Iterable[str], decider: Decider) -> tuple[int, list[Refused]]:
    """Link handles to whom they are suggested, where the reason is enough; how many were.

    What is suggested is looked up anew: what a form says about it does not count.
    """
    keys = list(dict.fromkeys(chosen))
    if len(keys) > AT_ONCE:
        raise Refused(f"More than {AT_ONCE} handles were chosen.", "Link them page by page.")
    found = suggestions.suggest(keys)
    refusals = [refusal for key in keys if (refusal := _one(key, found.get(key, ()), decider))]
    return len(keys) - len(refusals), refusals


def _one(key: str, found: Iterable[Suggestion], decider: Decider) -> Refused | None:
    strong = next((one for one in found if one.strength == STRONG), None)
    if strong is None:
        mend = "Open it, and say whose it is."
        return Refused("No suggestion for it is enough by itself.", mend, where=key)
    email = strong.email
    refusal = tried(lambda: link(key, email, decider))
    return refusal and Refused(refusal.why, refusal.mend, where=key)


def tried(work: Callable[[], object]) -> Refused | None:
    """Do a piece of work that brings its own transactions; the refusal as a value."""
    try:
        work()
    except Refused as refusal:
        db.session.rollback()
        return refusal
    return None


def in_one(work: Callable[[], object]) -> Refused | None:
    """The same for work that is one transaction."""

    def whole() -> None:
        with transaction():
            work()

    return tried(whole)
