"""From an activity to the facts Byway keeps of it, and from facts to a statement; all pure."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Mapping
from copy import deepcopy
from datetime import timedelta
from typing import Any, Literal

from engine.api import Activity, Actor, Thing
from xapi import actors, statements, text
from xapi.vocabulary import TYPES, VERBS, Extension, Verb

Facts = dict[str, Any]
"""What one run says of one item, as plain JSON: who, verb, object, at, duration, result, tags and
the texts shown. `object` is {"id", "type", "title"} or {"item": uuid} for a reference. `base`, if
there, is the statement of somebody else that these facts were taken from."""

Teller = Literal["source", "learner", "original"]
"""Whose word facts are: a source's, a learner's correction, or what stood before any decision."""

ESSENCE = ("verb", "duration", "result", "tags")
BY_IRI: dict[str, Verb | str] = {verb.iri: verb for verb in VERBS.values()}


def agent_of(actor: Actor) -> dict[str, Any] | None:
    """The xAPI agent of a person as the source knows her; None for a name alone."""
    named = {"objectType": "Agent"} | ({"name": actor.name} if actor.name else {})
    if actor.email and actor.email.strip():
        return named | {"mbox": f"mailto:{actor.email.strip().lower()}"}
    if actor.account and actor.account.name.strip():
        home_page = actor.account.home_page.rstrip("/")
        return named | {"account": {"homePage": home_page, "name": actor.account.name}}
    return None


def facts_of(
    activity: Activity,
    *,
    agent: dict[str, Any],
    item: uuid.UUID,
    target: uuid.UUID | None,
    tags: Iterable[str] = (),
) -> Facts:
    """Everything an activity says, in the form that is kept and compared.

    :param item: the item's id; its `urn:uuid:` stands for an object that has no address.
    :param target: the item an `ItemRef` object points to.
    """
    if target is not None:
        thing: dict[str, Any] = {"item": str(target)}
    else:
        thing = {
            "id": activity.url or item.urn,
            "type": iri_of_type(activity.type),
            "title": activity.title,
        }
    return {
        "actor": agent,
        "verb": VERBS[activity.verb].iri if activity.verb in VERBS else activity.verb,
        "object": thing,
        "at": statements.timestamp(activity.at),
        "duration": _duration(activity.duration),
        "result": dict(activity.result),
        "tags": sorted({tag_of(tag) for tag in (*activity.tags, *tags)} - {""}),
        "language": activity.language,
        "parent": _thing(activity.parent),
        "community": _thing(activity.community),
        "excerpt": activity.excerpt,
        "within": activity.within.key if activity.within else None,
    }


def tag_of(text: str) -> str:
    """A tag as it is compared: case-folded, spaces as hyphens."""
    return "-".join(text.casefold().split())


def iri_of_type(name: str | None) -> str | None:
    """The IRI of an activity type given by its name; an IRI stays what it is."""
    return TYPES.get(name, name) if name else None


def essence(facts: Facts, teller: Teller = "source") -> str:
    """What makes two reports of one item differ: a digest of who, verb, object, amount and tags,
    then the time.

    Names, titles and excerpts are not part of a source's: a statement is not replaced for a
    spelling. A learner's own word is another than the source's, and its title is meant.
    """
    thing = facts["object"]
    kept = {name: facts[name] for name in ESSENCE}
    kept |= {"who": actors.key(facts["actor"]), "object": thing.get("id") or thing.get("item")}
    if teller != "source":
        kept |= {"teller": teller, "title": thing.get("title")}
    return f"{hashlib.sha256(text.canonical(kept)).hexdigest()}@{facts['at']}"


def same_essence(one: str | None, other: str | None) -> bool:
    """Whether two reports say the same; times less than a second apart are one time.

    A system's own records of one happening (a topic and its first post) differ by that much.
    """
    if one is None or other is None:
        return one is other
    (what, at), (whatever, then) = one.split("@"), other.split("@")
    apart = statements.read_timestamp(at) - statements.read_timestamp(then)
    return what == whatever and abs(apart) < timedelta(seconds=1)


def statement_of(
    facts: Facts,
    *,
    sid: uuid.UUID,
    target: uuid.UUID | None,
    replaces: uuid.UUID | None,
    corrected: bool = False,
) -> dict[str, Any]:
    """The statement that says these facts.

    :param target: the statement an item reference points to now.
    :param replaces: the former revision of the same item.
    """
    extensions: dict[str, Any] = {Extension.TAGS: facts["tags"]} if facts["tags"] else {}
    if replaces:
        extensions[Extension.REPLACES] = str(replaces)
    if corrected:
        extensions[Extension.CORRECTED_BY] = "learner"
    if "base" in facts:
        return _restated(facts, sid, extensions)
    return statements.build(
        sid=sid,
        actor=facts["actor"],
        verb=BY_IRI.get(str(facts["verb"]), str(facts["verb"])),
        obj=statements.statement_ref(target) if target else _object(facts),
        at=statements.read_timestamp(facts["at"]),
        result=_result(facts),
        context=_context(facts, extensions),
    )


def _restated(facts: Facts, sid: uuid.UUID, extensions: Mapping[str, Any]) -> dict[str, Any]:
    """Somebody else's statement with what a learner corrected; all the rest of it stays."""
    statement: dict[str, Any] = deepcopy(facts["base"])
    statement |= {"id": str(sid), "timestamp": facts["at"]}
    if facts["duration"]:
        statement["result"] = statement.get("result", {}) | {"duration": facts["duration"]}
    if extensions:
        context = statement.setdefault("context", {})
        context["extensions"] = context.get("extensions", {}) | dict(extensions)
    if facts["object"].get("title") != title_of(facts["base"]):
        definition = statement["object"].setdefault("definition", {})
        definition["name"] = {facts["language"] or "und": facts["object"]["title"]}
    return statement


def title_of(statement: Mapping[str, Any]) -> str | None:
    """The first name of a statement's object."""
    definition = statement["object"].get("definition", {})
    return next(iter(definition.get("name", {}).values()), None)


def _object(facts: Facts) -> dict[str, Any]:
    thing = facts["object"]
    return _activity(thing["id"], thing.get("title"), thing.get("type"), facts["language"])


def _activity(
    iri: str, title: str | None, kind: str | None, language: str | None
) -> dict[str, Any]:
    definition: dict[str, Any] = {}
    if title:
        definition["name"] = {language or "und": title}
    if kind:
        definition["type"] = kind
    activity: dict[str, Any] = {"objectType": "Activity", "id": iri}
    return activity | ({"definition": definition} if definition else {})


def _result(facts: Facts) -> dict[str, Any] | None:
    result = dict(facts["result"])
    if facts["duration"]:
        result["duration"] = facts["duration"]
    if facts["excerpt"]:
        result.setdefault("response", facts["excerpt"])
    return result or None


def _context(facts: Facts, extensions: Mapping[str, Any]) -> dict[str, Any] | None:
    around = {
        place: [_activity(thing["url"], thing["title"], thing["type"], facts["language"])]
        for place, thing in (("parent", facts["parent"]), ("grouping", facts["community"]))
        if thing
    }
    context: dict[str, Any] = {"contextActivities": around} if around else {}
    if facts["language"]:
        context["language"] = facts["language"]
    if extensions:
        context["extensions"] = dict(extensions)
    return context or None


def _thing(thing: Thing | None) -> dict[str, Any] | None:
    if thing is None:
        return None
    return {"url": thing.url, "title": thing.title, "type": iri_of_type(thing.type)}


def _duration(length: timedelta | None) -> str | None:
    return None if length is None else statements.duration(length)
