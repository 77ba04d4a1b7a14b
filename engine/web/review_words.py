"""Reviews in words: what was asked, what was said, and how it stands, to either of the two."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.lrs.reader import Stored
from engine.moments import from_us
from engine.people import service as people
from engine.reviews import dialogue, reciprocity, requests
from engine.reviews.dialogue import ACCEPTED, COMMENTED, EXPERT, REJECTED, REPLIED, Said
from engine.reviews.requests import Request
from engine.sources import decisions
from engine.web import words
from engine.web.learner_reader import Reader
from xapi import statements as xapi
from xapi import text
from xapi.vocabulary import Extension

MOST_SHOWN = 100
ANSWERS = (
    (ACCEPTED, "I accept it", "It is what it says, and it is good work."),
    (COMMENTED, "I have a question", "What you said before stays as it is."),
    (REJECTED, "I do not accept it", "Say why below."),
)
_DID = {
    ACCEPTED: "accepted it",
    REJECTED: "did not accept it",
    COMMENTED: "asked",
    REPLIED: "answered",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One thing that was said: `You accepted it, for level 3 Practitioner`, when, in what words."""

    heading: str
    at: datetime
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request as its learner sees it."""

    id: int
    name: str
    asked_on: str
    question: str
    state: str
    kind: str
    holds: bool
    may_reply: bool
    is_your_turn: bool
    messages: list[Message]


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One request in the list of whoever was asked; `title` is empty when it cannot be opened."""

    id: int
    name: str
    title: str
    question: str
    asked_on: str
    state: str
    kind: str
    mutual: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tasks:
    """The list: what waits for an answer first."""

    waiting: list[Task]
    ended: list[Task]


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """One request opened by whoever was asked; without an item once she may not see it.

    `verdict` holds what stands, as the fields of the form.
    """

    id: int
    name: str
    question: str
    asked_on: str
    title: str
    sentence: str
    facts: list[tuple[str, str]]
    address: str | None
    mutual: str
    messages: list[Message]
    verdict: Mapping[str, str]
    levels: list[tuple[str, str]]
    is_open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """Somebody who may look at lines of a record because she was asked to."""

    name: str
    lines: list[tuple[str, str]]


# ---- To the learner ------------------------------------------------------------------------


def asked_about(reader: Reader, stored: Stored) -> list[Asked]:
    """The requests about one item of hers."""
    found = requests.all_asked_by(reader.who, decisions.root_of(reader.who, stored.sid))
    return [_asked(reader, one) for one in found]


def _asked(reader: Reader, request: Request) -> Asked:
    name = name_of(request.reviewer)
    said = dialogue.dialogue(request)
    state, kind = _state(request, said, name)
    return Asked(
        id=request.id,
        name=name,
        asked_on=_day(reader, request.asked_at),
        question=words.clean(request.question, 1_000),
        state=state,
        kind=kind,
        holds=request.grants,
        may_reply=request.grants and any(one.verb != REPLIED for one in said),
        is_your_turn=bool(said) and said[-1].verb == COMMENTED,
        messages=[_message(reader, one, learner="You", reviewer=name) for one in said],
    )


def _state(request: Request, said: Sequence[Said], name: str) -> tuple[str, str]:
    if request.withdrawn_at is not None:
        return f"Ended. {name} cannot see this line any more.", ""
    if request.declined_at is not None:
        return f"{name} does not want to look at it.", "warn"
    word = _standing(request, said)
    if word is not None:
        return (f"{name} {_did(word)}.", "good" if word.verb == ACCEPTED else "warn")
    if said and said[-1].verb == COMMENTED:
        return f"{name} asks you something.", "warn"
    return f"{name} has not answered yet.", ""


def _standing(request: Request, said: Iterable[Said]) -> Said | None:
    return next((one for one in said if one.sid == request.word), None)


def _did(said: Said, levels: Sequence[str] = ()) -> str:
    if said.level is None:
        return _DID[said.verb]
    named = f" {levels[said.level - 1]}" if 0 < said.level <= len(levels) else ""
    return f"{_DID[said.verb]}, for level {said.level}{named}"


def _message(reader: Reader, said: Said, *, learner: str, reviewer: str) -> Message:
    who = learner if said.verb == REPLIED else reviewer
    return Message(
        heading=f"{who} {_did(said, reader.levels)}",
        at=from_us(said.at),
        lines=tuple(words.clean(line, 2_000) for line in said.text.splitlines()),
    )


def sights(reader: Reader) -> list[Sight]:
    """Who may look at lines of hers because she asked, each with links' ids and titles."""
    lines: dict[str, list[tuple[str, str]]] = {}
    for one in requests.all_asked_by(reader.who):
        stored = dialogue.sight(one)
        if stored is not None:
            title = _title(reader, text.parse(stored.payload))
            lines.setdefault(name_of(one.reviewer), []).append((str(stored.sid), title))
    return [Sight(name=name, lines=those) for name, those in sorted(lines.items())]


# ---- To the reviewer -------------------------------------------------------------------------


def tasks(reader: Reader) -> Tasks:
    """What this person was asked: the latest of each kind."""
    found = requests.all_asked_of(reader.who)
    waiting = [one for one in found if one.waits][:MOST_SHOWN]
    ended = [one for one in found if not one.waits][:MOST_SHOWN]
    mutual = mutual_words(reader, {one.learner for one in (*waiting, *ended)})
    return Tasks(
        waiting=[_task(reader, one, mutual) for one in waiting],
        ended=[_task(reader, one, mutual) for one in ended],
    )


def _task(reader: Reader, request: Request, mutual: Mapping[int, str]) -> Task:
    stored = dialogue.sight(request)
    name = name_of(request.learner)
    state, kind = _task_state(request, stored, name)
    return Task(
        id=request.id,
        name=name,
        title=_title(reader, text.parse(stored.payload)) if stored else "",
        question=words.clean(request.question, 1_000),
        asked_on=_day(reader, request.asked_at),
        state=state,
        kind=kind,
        mutual=mutual.get(request.learner, ""),
    )


def _task_state(request: Request, stored: Stored | None, name: str) -> tuple[str, str]:
    if request.declined_at is not None:
        return "You did not want to look at it.", ""
    if stored is None:
        return f"{name} does not show it to you any more.", ""
    return ("You have answered.", "good") if request.word else ("Waits for your answer.", "warn")


def review(reader: Reader, number: int) -> Review:
    """One request, opened by whoever was asked."""
    request = requests.asked_of(reader.who, number)
    stored, name = dialogue.sight(request), name_of(request.learner)
    statement = text.parse(stored.payload) if stored else {}
    said = dialogue.dialogue(request)
    word = _standing(request, said)
    shown = said if stored else [one for one in said if one is word]
    return Review(
        id=request.id,
        name=name,
        question=words.clean(request.question, 1_000),
        asked_on=_day(reader, request.asked_at),
        title=_title(reader, statement) if stored else "",
        sentence=_sentence(reader, statement, name) if stored else "",
        facts=_facts(reader, statement) if stored else [],
        address=words.safe_href(str(statement["object"].get("id", ""))) if stored else None,
        mutual=mutual_words(reader, {request.learner}).get(request.learner, ""),
        messages=[_message(reader, one, learner=name, reviewer="You") for one in shown],
        verdict=_fields(word) if word else {},
        levels=_levels(reader),
        is_open=stored is not None,
    )


def _fields(word: Said) -> dict[str, str]:
    """Her verdict as the form shows it, to be changed."""
    return {"answer": word.verb, "level": str(word.level or ""), "message": word.text}


def _levels(reader: Reader) -> list[tuple[str, str]]:
    """The levels an expert may name; nobody else is offered any."""
    if EXPERT not in reader.who.roles:
        return []
    named = [(str(n), f"{n} {name}") for n, name in enumerate(reader.levels, start=1)]
    return [("", "No level"), *named]


def _sentence(reader: Reader, statement: Mapping[str, Any], name: str) -> str:
    return words.sentence(statement, perspective=name, language=reader.language)


def _title(reader: Reader, statement: Mapping[str, Any]) -> str:
    return words.title_of(statement, reader.language) or "One line"


def _facts(reader: Reader, statement: Mapping[str, Any]) -> list[tuple[str, str]]:
    """When, how long, in which words: the item, and nothing of who did it."""
    thing, result = statement["object"], statement.get("result") or {}
    context = statement.get("context") or {}
    happened = xapi.read_timestamp(statement.get("timestamp") or statement["stored"])
    parents = (context.get("contextActivities") or {}).get("parent") or []
    tags = (context.get("extensions") or {}).get(Extension.TAGS)
    tags = tags if isinstance(tags, list) else []
    described = words.in_language((thing.get("definition") or {}).get("description"))
    pairs = [
        ("When", words.moment_words(happened, reader.zone)),
        ("How long", words.iso_duration(result.get("duration"))),
        ("Part of", words.listed([title for one in parents if (title := _name(reader, one))])),
        ("Tags", words.clean(", ".join(tag for tag in tags if isinstance(tag, str)))),
        ("About it", described),
        ("Its words", words.clean(str(result.get("response") or ""), 5_000)),
    ]
    return [(term, said) for term, said in pairs if said]


def _name(reader: Reader, thing: Mapping[str, Any]) -> str | None:
    return words.in_language((thing.get("definition") or {}).get("name"), reader.language)


# ---- Between the two --------------------------------------------------------------------------


def mutual_words(reader: Reader, others: Iterable[int]) -> dict[int, str]:
    """For each person with whom she exchanges acceptances, how many went either way."""
    me, others = reader.who.id, set(others) - {reader.who.id}
    counts = reciprocity.accepted({me, *others}) if others else {}
    return {
        one: _mutual(name_of(one), counts[me, one], counts[one, me])
        for one in sorted(others)
        if counts[me, one] and counts[one, me]
    }


def _mutual(name: str, given: int, taken: int) -> str:
    items = f"{given} of {name}’s items"
    return f"You have accepted {items}; {name} has accepted {taken} of yours."


def name_of(person_id: int) -> str:
    """What somebody is called."""
    return words.clean(people.get_by_id(person_id).name)


def _day(reader: Reader, moment: int) -> str:
    return words.full_date(reader.day(moment))
