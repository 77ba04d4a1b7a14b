"""My data: what is held about a learner, on which ground, and who can read it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

from engine import records
from engine.db import db
from engine.errors import NotFound, Refused
from engine.lrs.callers import PROFILES
from engine.lrs.keys import listed
from engine.people import inbox
from engine.people import service as people
from engine.people.accounts import EXTERNAL_ID, USERNAME
from engine.people.models import Person
from engine.pipeline import host
from engine.sources import instances
from engine.web import learner_item, review_words, words
from engine.web.learner_reader import Reader
from engine.web.review_words import Sight

_OURS = {USERNAME: "User name", EXTERNAL_ID: "Id in another system"}
# What somebody can say about an origin: the word kept, by basis and by what she said before.
_ANSWERS = {
    ("notice", True): ("objected", "Object to this source"),
    ("notice", False): ("given", "Take the objection back"),
    ("consent", True): ("withdrawn", "Withdraw your consent"),
    ("consent", False): ("given", "Give your consent"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """One origin: what it is, what it holds, on which ground, and what she can say about it.

    `notice` is what the team that collects it wants her to know, in its own words.
    """

    id: int
    name: str
    what: str
    reads: str
    count: int
    newest: str
    basis: str
    word: str
    action: str
    notice: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Data:
    """The page."""

    identifiers: list[tuple[str, str]]
    holders: list[Holder]
    total: int
    everything: list[str]
    shared: list[str]
    levels: list[str]
    managers: list[str]
    sights: list[Sight]


def data_of(reader: Reader) -> Data:
    """All that is held about her."""
    holders = list(_holders(reader))
    return Data(
        identifiers=_identifiers(reader),
        holders=sorted(holders, key=lambda one: (-one.count, one.name)),
        total=sum(one.count for one in holders),
        everything=_systems("all"),
        shared=_systems("shared"),
        levels=_asking_for_levels(),
        managers=[words.clean(one.name) for one in learner_item.managers_of(reader)],
        sights=review_words.sights(reader),
    )


def _shown(reader: Reader) -> list[str]:
    """Her identifiers; the hash of an address stands with the address."""
    addresses = [key for key in reader.who.keys if key.startswith("mailto:")]
    # An address is also known by the sha1 of itself (xAPI 1.0.3 Data 2.4.2.3).
    hashes = {hashlib.sha1(one.encode(), usedforsecurity=False).hexdigest() for one in addresses}
    return sorted(reader.who.keys - hashes)


def _identifiers(reader: Reader) -> list[tuple[str, str]]:
    """Her identifiers, with who said that they are hers."""
    linked, told = inbox.linked_by(reader.who.id), []
    for key in _shown(reader):
        name, kind = identifier_words(key)
        at, by = linked.get(key, (0, ""))
        by_whom = f", linked by {words.clean(by, 80)} on {words.full_date(reader.day(at))}"
        told.append((name, f"{kind}{by_whom if by else ''}"))
    return told


def identifier_words(key: str) -> tuple[str, str]:
    """An identifier and what kind of thing it is, as a person reads it."""
    named = inbox.name_in(key)
    if named is not None:
        source, name = named
        return name, f"A name in {source}, without an address"
    if key.startswith("mailto:"):
        return key.removeprefix("mailto:"), "Email address, and the hash that stands for it"
    for home, kind in _OURS.items():
        if key.startswith(f"{home}::"):
            return key.removeprefix(f"{home}::"), kind
    home, separator, name = key.rpartition("::")
    if separator:
        return name, f"Account at {words.short_iri(home)}"
    if key.startswith(("http://", "https://")):
        return words.short_iri(key), "OpenID"
    return key, "Hash of an email address"


def _systems(reads: str) -> list[str]:
    """The systems whose key reads this far; one that changes its secret has two for a while."""
    return sorted({words.clean(key.name) for key in listed() if key.reads == reads})


def _asking_for_levels() -> list[str]:
    """The systems that may ask for her levels and the reasons for them."""
    asking = (key for key in listed() if key.reads == "all" and {"all", PROFILES} & set(key.scopes))
    return sorted({words.clean(key.name) for key in asking})


def _holders(reader: Reader) -> Iterator[Holder]:
    held = records.held(reader.who.keys)
    said = people.words_of(reader.who.id)
    sources = {instance.origin_id: instance.plugin for instance in instances.every()}
    notices = instances.notices()
    for id_ in reader.origins:
        count = held[id_].lines if id_ in held else 0
        if not count and id_ not in said and id_ not in sources:
            continue
        newest = words.full_date(reader.day(held[id_].newest)) if count else ""
        holder = _holder(reader, id_, sources.get(id_), count, newest, said.get(id_))
        yield replace(holder, notice=words.clean(notices.get(id_, ""), instances.MOST_NOTICE))


def _holder(
    reader: Reader, id_: int, plugin: str | None, count: int, newest: str, word: str | None
) -> Holder:
    basis = str(reader.origins[id_]["basis"])
    own = reader.is_own(id_)
    allowed = people.allows(basis, word)
    answer, action = ("", "") if own else _ANSWERS[basis, allowed]
    what, reads = _what(plugin, own=own)
    return Holder(
        id=id_,
        name="Your own notes" if own else reader.source(id_),
        what=what,
        reads=reads,
        count=count,
        newest=newest,
        basis="You wrote them here." if own else _basis_words(basis, word, allowed=allowed),
        word=answer,
        action=action,
    )


def _what(plugin: str | None, *, own: bool) -> tuple[str, str]:
    """What kind of origin it is, and what it reads and keeps as its plugin declares it."""
    if own:
        return "What you noted in Byway yourself", ""
    if plugin is None:
        return "A system that sends statements with a key of its own", ""
    source = host().sources.get(plugin)
    if source is None:
        return "A source whose plugin is not installed now", ""
    reads = f"It reads {words.listed(list(source.privacy.reads))}."
    keeps = f"Byway keeps {words.listed(list(source.privacy.keeps))}."
    return source.title, f"{reads} {keeps} {source.privacy.note}".strip()


def _basis_words(basis: str, word: str | None, *, allowed: bool) -> str:
    if basis == "consent":
        if allowed:
            return "Your consent, which you gave."
        return "Your consent, which you have not given. Nothing of it counts or is shown."
    if allowed:
        return "Notice: it is read unless you object."
    return "Notice. You objected: nothing of it counts or is shown."


def answer(reader: Reader, origin: int, word: str) -> str:
    """Keep what she says about an origin; what to tell her.

    :raises NotFound: there is no such origin.
    :raises Refused: it is no answer to the origin's legal basis.
    """
    known = reader.origins.get(origin)
    if known is None or reader.is_own(origin):
        raise NotFound("There is no such source.", "Go back to My data.")
    basis = str(known["basis"])
    if word not in {said for (of, _), (said, _) in _ANSWERS.items() if of == basis}:
        raise Refused(f'"{word}" is no answer here.', "Use one of the buttons on My data.")
    people.say(db.session.get_one(Person, reader.who.id), origin, word)
    return _told(reader.source(origin), word)


def _told(name: str, word: str) -> str:
    return {
        "given": f"{name} may be used again. What it holds about you counts and is shown.",
        "objected": f"You objected to {name}. Nothing of it counts or is shown any more.",
        "withdrawn": f"You withdrew your consent to {name}. Nothing of it counts or is shown.",
    }[word]
