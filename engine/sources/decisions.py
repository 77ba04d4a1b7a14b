"""What a learner decides about an item of her record: note, correct, leave out, share, take back.

Every decision is reversible and outranks the source. Items are found by the statement that speaks
for them; a statement that came through the xAPI endpoint becomes an item when it is first decided
on.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from engine import records
from engine.activity import Facts, essence, iri_of_type, tag_of, title_of
from engine.config import keyring
from engine.db import db
from engine.errors import Conflict, Forbidden, NotFound, Refused
from engine.lrs.keys import authority_of, own_origin
from engine.lrs.models import Origin
from engine.lrs.reader import Stored
from engine.moments import now_us
from engine.people.service import Who
from engine.pipeline import reader
from engine.sources import writes
from engine.sources.checking import LONGEST, TITLE, YEARS
from engine.sources.items import ItemState, load_items
from engine.sources.models import Item
from engine.sources.planner import Planner, Voice
from xapi import actors, statements, text
from xapi.errors import StatementRefused
from xapi.vocabulary import VERBS, Extension

RETRIES = 5
SERVERS = ("id", "stored", "authority", "version", "timestamp")
LINK = 2000
"""Letters of a link."""
LINKS = re.compile(r"""https?://[^\s/?#@<>"\\^`{|}]+(?:[/?#][^\s<>"\\^`{|}]*)?""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What a learner notes herself: what, when, which kind (a name in TYPES), how long, tags.

    With a `link`, what has the same link is the same thing, whoever notes it.
    """

    title: str
    kind: str
    at: datetime
    duration: timedelta | None = None
    tags: tuple[str, ...] = ()
    link: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What a learner corrects: only what is given changes."""

    at: datetime | None = None
    duration: timedelta | None = None
    title: str | None = None


VERB_OF_KIND = {
    "reading": "read",
    "book": "read",
    "slide-deck": "read",
    "video": "watched",
    "audio": "listened",
    "conversation": "discussed",
    "mentoring": "discussed",
    "webinar": "attended",
    "meeting": "attended",
    "conference": "attended",
    "event": "attended",
    "lunch-and-learn": "attended",
    "committee": "attended",
    "job-shadowing": "attended",
    "other": "completed",
}


def note(who: Who, noted: Note) -> uuid.UUID:
    """Record something a learner noted; her own word, private until she decides otherwise.

    The statement's id is returned.
    """
    _check_moment(noted.at)
    _check_length(noted.duration)
    if noted.kind not in VERB_OF_KIND:
        known = ", ".join(VERB_OF_KIND)
        raise Refused(f'"{noted.kind}" is no kind of learning.', f"Use {known}.", where="kind")
    origin = own_origin()
    system = keyring().namespace("notes")
    key = f"note|{uuid.uuid4()}"
    agent = {"objectType": "Agent", "name": who.name, "mbox": f"mailto:{who.email}"}
    state = ItemState.fresh(system, origin.id, key, agent)
    state.created_at = now_us()
    state.original = _noted_facts(state, noted, agent)
    _settled(state)
    return state.last_sid


def _noted_facts(state: ItemState, noted: Note, agent: dict[str, Any]) -> Facts:
    return {
        "actor": agent,
        "verb": VERBS[VERB_OF_KIND[noted.kind]].iri,
        "object": {
            "id": _link(noted.link) or state.id.urn,
            "type": iri_of_type(noted.kind),
            "title": _title(noted.title),
        },
        "at": statements.timestamp(noted.at),
        "duration": statements.duration(noted.duration) if noted.duration else None,
        "result": {},
        "tags": sorted({tag_of(tag) for tag in noted.tags} - {""}),
        "language": None,
        "parent": None,
        "community": None,
        "excerpt": None,
    }


def _link(link: str | None) -> str | None:
    """A link as the web has it; refused when it is none."""
    if not link:
        return None
    if len(link) > LINK or not LINKS.fullmatch(link):
        why = f"The link is no web address of at most {LINK} letters."
        raise Refused(why, "Copy it from the browser: it begins with https://.", where="link")
    return link


def _title(title: str) -> str:
    clean = " ".join(title.split())
    if not clean:
        raise Refused("It has no title.", "Say in a few words what it was.", where="title")
    if len(clean) > TITLE:
        raise Refused(f"The title is longer than {TITLE} letters.", "Shorten it.", where="title")
    return clean


def _check_moment(at: datetime | None) -> None:
    if at is not None and (at.utcoffset() is None or at.year not in YEARS):
        raise Refused(
            f"{at.isoformat()} is no time something can have happened at.",
            "Give a date and time with its zone.",
            where="at",
        )


def _check_length(length: timedelta | None) -> None:
    if length is not None and not timedelta(0) <= length <= LONGEST:
        raise Refused(
            f"Nothing lasts {length.days} days.", "Give how long it took.", where="duration"
        )


def correct(who: Who, sid: uuid.UUID, correction: Correction) -> uuid.UUID:
    """Correct one item: a revision in the learner's own word. The new statement's id."""
    _check_moment(correction.at)
    _check_length(correction.duration)
    own = own_origin().id

    def change(state: ItemState) -> None:
        facts, _corrected = state.standing()
        if facts is None:
            raise NotFound("This was taken back.", "Reload the page.")
        changed = _changed(facts, correction)
        if state.words or state.origin_id != own:
            state.correction, state.corrected_at = changed, now_us()
        else:
            state.original = changed

    return _decided(who, sid, change)


def _changed(facts: Facts, correction: Correction) -> Facts:
    changed = {**facts}
    if correction.at is not None:
        changed["at"] = statements.timestamp(correction.at)
    if correction.duration is not None:
        changed["duration"] = statements.duration(correction.duration)
    if correction.title is not None and "id" in facts["object"]:
        changed["object"] = {**facts["object"], "title": _title(correction.title)}
    return changed


def withdraw_correction(who: Who, sid: uuid.UUID) -> uuid.UUID:
    """Let the source's facts stand again. The statement that speaks for the item now."""

    def change(state: ItemState) -> None:
        corrected = [one for one in state.whole if one.correction is not None]
        if not corrected:
            raise Refused("You have not corrected this.", "Nothing needs undoing.")
        for one in corrected:
            one.correction, one.corrected_at, one.touched = None, None, True

    return _decided(who, sid, change)


def take_back(who: Who, sid: uuid.UUID) -> None:
    """Take one's own note out of the record: its statement is voided."""
    own = own_origin().id

    def change(state: ItemState) -> None:
        if state.origin_id != own:
            raise Refused(
                "Only what you noted yourself can be taken back.",
                "Leave it out of your levels, or correct it.",
            )
        state.original = state.correction = None

    _decided(who, sid, change)


def share(who: Who, sid: uuid.UUID, audience: str) -> None:
    """Say who may see one item: private, manager, public, or community:SLUG of one's own."""
    allowed = {
        "private",
        "manager",
        "public",
        *(f"community:{slug}" for slug, _ in who.communities),
    }
    if audience not in allowed:
        raise Refused(f'"{audience}" is nobody you can share with.', "Choose one from the list.")

    def change(state: ItemState) -> None:
        state.audience = audience

    _decided(who, sid, change)


def _decided(who: Who, sid: uuid.UUID, change: Callable[[ItemState], None]) -> uuid.UUID:
    """Change an item and store what follows; done again when somebody else was faster.

    The statement that speaks for the item now is returned.
    """
    db.session.rollback()
    state = _state(who, sid)
    for _ in range(RETRIES):
        change(state)
        if _settled(state):
            return state.last_sid
        db.session.rollback()
        state = load_items([state.id]).get(state.id, state).speaker
    raise Conflict("This keeps changing while you decide on it.", "Try it again.")


def root_of(who: Who, sid: uuid.UUID) -> uuid.UUID:
    """The first revision of the item a statement speaks for; exclusions are kept under it."""
    stored = _own_statement(who, sid)
    item = _item(stored.sid)
    return item.root if item else records.first_of(stored, who.keys)


def _settled(state: ItemState) -> bool:
    """Store whatever makes the standing statement say the standing facts; False when outdated."""
    origins = db.session.scalars(select(Origin))
    planner = Planner(
        voice=_no_voice(state),
        authorities={origin.id: authority_of(origin) for origin in origins},
        now=now_us(),
    )
    planner.states.update({one.id: one for one in state.whole})
    state.touched = True
    try:
        planner.settle(state)
    except StatementRefused as refusal:
        raise Refused(f"This cannot be said again: {refusal.rule}", refusal.fix) from refusal
    rows = [*writes.of_states(state.whole), *writes.of_audience(state.last_sid, state.audience)]
    return writes.stored(planner.entries, rows)


def _no_voice(state: ItemState) -> Voice:
    return Voice(
        run_id=0,
        generation=0,
        arrived_at=0,
        delivery_id=0,
        system=state.system,
        origin_id=state.origin_id,
    )


def _own_statement(who: Who, sid: uuid.UUID) -> Stored:
    """A statement about this learner; anybody else's is as good as absent."""
    stored = reader().many([sid]).get(sid)
    if stored is None or stored.voided:
        raise NotFound("There is no such line in your record.", "Reload the page.")
    actor = text.parse(stored.payload)["actor"]
    if actors.key(actor) not in who.keys:
        raise Forbidden("This is not your record.", "You can decide on your own lines only.")
    return stored


def _item(sid: uuid.UUID) -> Item | None:
    return db.session.scalar(select(Item).where(Item.last_sid == sid))


def _state(who: Who, sid: uuid.UUID) -> ItemState:
    """The item a statement of this learner speaks for; made when there is none yet."""
    stored = _own_statement(who, sid)
    item = _item(stored.sid)
    if item is not None:
        return load_items([item.id])[item.id]
    return _from_statement(stored, first=records.first_of(stored, who.keys))


def _from_statement(stored: Stored, *, first: uuid.UUID) -> ItemState:
    """An item for a statement that came through the xAPI endpoint."""
    statement = text.parse(stored.payload)
    system = keyring().namespace(f"origin:{stored.origin}")
    state = ItemState.fresh(system, stored.origin, f"statement|{stored.sid}", statement["actor"])
    state.revision, state.audience, state.created_at = 1, stored.audience, now_us()
    state.sid = state.last_sid = stored.sid
    state.root = first
    state.original = facts_from(statement)
    state.essence = essence(state.original, "original")
    return state


def facts_from(statement: Mapping[str, Any]) -> Facts:
    """The facts a statement states, as far as an item keeps them."""
    thing, context = statement["object"], statement.get("context", {})
    definition, result = thing.get("definition", {}), dict(statement.get("result", {}))
    around = context.get("contextActivities", {})
    tags = context.get("extensions", {}).get(Extension.TAGS)
    return {
        "actor": statement["actor"],
        "verb": statement["verb"]["id"],
        "object": {
            "id": thing.get("id", ""),
            "type": definition.get("type"),
            "title": title_of(statement),
        },
        "at": statements.timestamp(statements.read_timestamp(statement["timestamp"])),
        "duration": result.pop("duration", None),
        "result": result,
        "tags": [tag for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else [],
        "language": context.get("language"),
        "parent": _thing(around.get("parent")),
        "community": _thing(around.get("grouping")),
        "excerpt": None,
        "base": {name: part for name, part in statement.items() if name not in SERVERS},
    }


def _thing(activities: list[dict[str, Any]] | None) -> dict[str, Any] | None:
    if not activities:
        return None
    definition = activities[0].get("definition", {})
    return {
        "url": activities[0]["id"],
        "title": next(iter(definition.get("name", {}).values()), None),
        "type": definition.get("type"),
    }
