"""What reviewer and learner say to each other about one item: statements made in Byway.

The reviewer accepts, rejects or asks; the learner answers. Her latest verdict is the one that
stands, the former is voided. All of it is private, carries our profile as its category, so that no
rule takes it for learning, and the request as its registration.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine import records
from engine.competencies import projector
from engine.competencies.evidence import OWN_PROFILE
from engine.competencies.reading import mapping, stated_level
from engine.config import keyring
from engine.db import db
from engine.errors import Conflict, Forbidden, NotFound, Refused
from engine.lrs.keys import authority_of, origins, own_origin
from engine.lrs.reader import Access, Stored
from engine.lrs.store import Authority, Write
from engine.moments import from_us, now_us, to_us
from engine.people import service as people
from engine.people.service import Who
from engine.pipeline import entry_of, reader, record
from engine.reviews.models import ReviewRow
from engine.reviews.requests import Request, asked_by, asked_of
from xapi import statements, text
from xapi.query import read_query
from xapi.vocabulary import VERBS

ACCEPTED, REJECTED, COMMENTED, REPLIED = "accepted", "rejected", "commented", "replied"
VERDICTS = (ACCEPTED, REJECTED)
EXPERT = "expert"
LONGEST = 1_000
"""Letters of one message."""
MOST_SAID = 60
"""Statements under one request, those taken back included."""

_WHY = "Say why, so that it can be understood."
_NAMES = {VERBS[name].iri: name for name in (*VERDICTS, COMMENTED, REPLIED)}
_PROFILE = {
    "id": OWN_PROFILE,
    "definition": {"type": "http://adlnet.gov/expapi/activities/profile"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One statement of a dialogue; `verb` is one of the four above, replies are the learner's."""

    sid: uuid.UUID
    verb: str
    text: str
    level: int | None
    at: int


def sight(request: Request) -> Stored | None:
    """The item as its reviewer may see it: the revision that stands now.

    None when the request grants nothing (any more), the item was taken back, or its learner does
    not let its source be used.
    """
    if not request.grants:
        return None
    try:
        stored = records.own_statement(people.keys_of(request.learner), request.root)
    except (NotFound, Forbidden):
        return None
    basis = str(origins()[stored.origin]["basis"])
    allowed = people.allows(basis, people.words_of(request.learner).get(stored.origin))
    return stored if allowed else None


def dialogue(request: Request) -> list[Said]:
    """What the two said that still stands, oldest first."""
    asked = {"registration": str(_registration(request)), "ascending": "true"}
    page = reader().page(read_query(asked, version="2.0.0"), Access(origin=own_origin().id))
    found = (text.parse(payload) for payload in page.payloads)
    return [_said(one) for one in found if _belongs(one, asked["registration"])]


def _belongs(statement: dict[str, Any], registration: str) -> bool:
    """A statement is also found by what it refers to; only its own registration counts."""
    mine = mapping(statement.get("context")).get("registration") == registration
    return mine and statement["verb"]["id"] in _NAMES


def _said(statement: dict[str, Any]) -> Said:
    return Said(
        sid=uuid.UUID(statement["id"]),
        verb=_NAMES[statement["verb"]["id"]],
        text=str(mapping(statement.get("result")).get("response", "")),
        level=stated_level(statement),
        at=to_us(statements.read_timestamp(statement["timestamp"])),
    )


def is_word(origin: int, statement: Mapping[str, Any]) -> bool:
    """Whether what came from an origin is part of such a dialogue, or else of our own making.

    Anybody may name our profile as a category; that makes nothing ours.
    """
    places = mapping(mapping(statement.get("context")).get("contextActivities"))
    category = places.get("category")
    listed = category if isinstance(category, list) else [category]
    named = any(mapping(one).get("id") == OWN_PROFILE for one in listed)
    return named and origin == own_origin().id


# ---- The reviewer ---------------------------------------------------------------------


def judge(
    reviewer: Who, request_id: int, verdict: str, message: str = "", level: int | None = None
) -> None:
    """Accept or reject the item in place of what she said before; saying it again changes nothing.

    :param level: what the item shows at most; an expert's to say, and only when she accepts.
    :raises Refused: it cannot be said; `where` is the field.
    """
    request, stored = _seen(asked_of(reviewer, request_id))
    _check_level(reviewer, verdict, level)
    words = kept(message, missing=_WHY if verdict == REJECTED else "")
    former = next((one for one in dialogue(request) if one.sid == request.word), None)
    if former and (former.verb, former.text, former.level) == (verdict, words, level):
        return
    word = _statement(reviewer, verdict, request, stored.sid, _result(words, level))
    _say(request, [word], taking_back=True, word=word["id"], answered_at=now_us())


def _result(words: str, level: int | None) -> dict[str, Any]:
    spoken = {"response": words} if words else {}
    return spoken if level is None else {**spoken, "score": {"raw": level}}


def _check_level(reviewer: Who, verdict: str, level: int | None) -> None:
    if verdict not in VERDICTS:
        raise Refused("This is no answer.", "Choose one of the answers.", where="answer")
    if level is None:
        return
    if EXPERT not in reviewer.roles or verdict != ACCEPTED:
        why = "Only a recognised expert who accepts it names a level."
        raise Refused(why, "Leave the level out.", where="level")
    highest = len(projector.ruleset_of(projector.serving().ruleset_id).policy.scale.levels)
    if not 1 <= level <= highest:
        raise Refused("There is no such level.", "Choose one from the list.", where="level")


def comment(reviewer: Who, request_id: int, message: str) -> None:
    """Ask the learner something about the item; her verdict, if any, stays as it is."""
    request, stored = _seen(asked_of(reviewer, request_id))
    words = kept(message, missing="Write your question.")
    _say(request, [_statement(reviewer, COMMENTED, request, stored.sid, {"response": words})])


def take_back(reviewer: Who, request_id: int) -> None:
    """Void her verdict, also when she may not look at the item any more."""
    request = asked_of(reviewer, request_id)
    if request.word is None:
        raise Conflict("There is nothing to take back.", "Reload the page.")
    _say(request, [], taking_back=True, word=None, answered_at=None)


# ---- The learner ------------------------------------------------------------------------


def reply(learner: Who, request_id: int, message: str) -> None:
    """Answer the last thing that the reviewer said."""
    request, stored = _seen(asked_by(learner, request_id))
    words = kept(message, missing="Write your answer.")
    theirs = [one for one in dialogue(request) if one.verb != REPLIED]
    if not theirs:
        raise Conflict("Nothing has been said that you could answer.", "Wait for an answer.")
    spoken = {"response": words}
    _say(request, [_statement(learner, REPLIED, request, theirs[-1].sid, spoken, about=stored.sid)])


# ---- Statements -----------------------------------------------------------------------------


def _seen(request: Request) -> tuple[Request, Stored]:
    stored = sight(request)
    if stored is None:
        raise Conflict("This request has ended.", "Nothing more can be said under it.")
    return request, stored


def kept(message: str, *, missing: str = "") -> str:
    """A message as it is kept: lines without control characters, of a bounded length."""
    lines = [re.sub(r"[\s\x00-\x1f\x7f-\x9f]+", " ", line).strip() for line in message.splitlines()]
    found = re.sub(r"\n{3,}", "\n\n", "\n".join(lines).strip())
    if not found and missing:
        raise Refused("There is nothing in it.", missing, where="message")
    if len(found) > LONGEST:
        why = f"This has {len(found)} letters."
        raise Refused(why, f"Say it in {LONGEST} or fewer.", where="message")
    return found


def _registration(request: Request) -> uuid.UUID:
    return uuid.uuid5(keyring().namespace("reviews"), str(request.id))


def _statement(
    who: Who,
    verb: str,
    request: Request,
    target: uuid.UUID,
    result: dict[str, Any],
    *,
    about: uuid.UUID | None = None,
) -> dict[str, Any]:
    """Somebody's word on a statement; a reply also names the item it is `about`."""
    context = {
        "registration": str(_registration(request)),
        "contextActivities": {"category": [_PROFILE]},
    }
    if about is not None:
        context["statement"] = statements.statement_ref(about)
    return statements.build(
        sid=uuid.uuid4(),
        actor={"objectType": "Agent", "name": who.name, "mbox": f"mailto:{who.email}"},
        verb=verb,
        obj=statements.statement_ref(target),
        at=from_us(now_us()),
        result=result,
        context=context,
    )


def _say(
    request: Request,
    said: Sequence[dict[str, Any]],
    *,
    taking_back: bool = False,
    **changed: Any,
) -> None:
    """Store statements and what the request then says, unless somebody was faster.

    :param taking_back: the verdict that stands is voided with it.
    """
    if said and request.said + len(said) > MOST_SAID:
        why = f"{request.said} things were said about this already."
        raise Refused(why, "Talk to each other.", where="message")
    authority = authority_of(own_origin())
    db.session.rollback()  # nothing is open while statements are stored
    voids = [_void(request.word, authority)] if taking_back and request.word else []
    table = ReviewRow.__table__
    unchanged = (
        (table.c.id == request.id)
        & (table.c.said == request.said)
        & table.c.withdrawn_at.is_not_distinct_from(request.withdrawn_at)
        & table.c.declined_at.is_not_distinct_from(request.declined_at)
    )
    number = request.said + len(said) + len(voids)
    update = table.update().where(unchanged).values(said=number, **changed)
    entries = [entry_of(one, authority=authority) for one in (*voids, *said)]
    record(entries, [Write(statement=update, expects=1)])


def _void(target: uuid.UUID, authority: Authority) -> dict[str, Any]:
    return statements.voiding(
        sid=uuid.uuid4(), target=target, actor=authority.agent, at=from_us(now_us())
    )
