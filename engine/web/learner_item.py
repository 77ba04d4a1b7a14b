"""One line of a record: where it comes from, what it gives, and what its learner may decide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import render_template

from engine import records, voices
from engine.activity import Facts
from engine.competencies.counting import Counted
from engine.competencies.decay import MICRO
from engine.competencies.policy import Policy
from engine.errors import Forbidden
from engine.lrs.reader import Stored
from engine.moments import from_us, to_us
from engine.people import service as people
from engine.people.models import Person
from engine.records import Line, Opinion, Place
from engine.reviews import dialogue
from engine.sources import records as sources
from engine.sources.decisions import facts_from
from engine.sources.records import Told
from engine.web import disputes, learner_record, learner_words, review_words, words
from engine.web.learner_forms import Now
from engine.web.learner_reader import Reader
from engine.web.learner_record import Entry
from engine.web.review_words import Asked
from xapi import statements as xapi
from xapi import text

Pairs = list[tuple[str, str]]

_DOORS = {
    "file": "Uploaded as a file",
    "poll": "Fetched from the system",
    "hook": "Sent by the system",
    "again": "Read again, when what it waited for had come,",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """What one run said, in words."""

    heading: str
    state: str
    state_kind: str
    came: str
    name: str
    pairs: Pairs
    rows: tuple[tuple[str, str | None], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gives:
    """One piece of evidence that a line gives."""

    competency: str
    href: str
    rule: str
    kind: str
    weight: str
    stands: str
    reach: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Former:
    """An earlier revision of the statement."""

    name: str
    statement: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A line with its whole story."""

    entry: Entry
    title: str
    statement: Mapping[str, Any]
    sent: Pairs
    arrivals: list[Arrival]
    facts: Pairs
    gives: list[Gives]
    weighed: bool
    opinions: list[tuple[str, str]]
    mutual: list[str]
    asked: list[Asked]
    formers: list[Former]
    now: Now
    audiences: list[tuple[str, str, str]]
    may_correct: bool
    may_retitle: bool
    is_corrected: bool
    is_left_out: bool
    is_own: bool
    is_word: bool

    @property
    def also_seen_by(self) -> str:
        """Whom she lets see it because she asked for a review."""
        return words.listed([one.name for one in self.asked if one.holds])


def open_item(reader: Reader, stored: Stored) -> Item:
    """Everything about the statement of hers that speaks for a line."""
    statement = text.parse(stored.payload)
    line = _line(stored, statement)
    trace = sources.trace(stored.sid)
    context = learner_record.context_of(reader, [line])
    (entry,) = learner_record.entries_of(reader, [line], context)
    facts = trace.facts or (facts_from(statement) if _is_activity(statement) else None)
    counted = context.counted.get(stored.sid, ())
    said = records.opinions([stored.sid], reader.who.keys).get(stored.sid, [])
    is_word = dialogue.is_word(stored.origin, statement)
    asked = [] if is_word else review_words.asked_about(reader, stored)
    return Item(
        entry=entry,
        title=words.title_of(statement, reader.language) or "",
        statement=statement,
        sent=_sent(reader, stored, statement),
        arrivals=[
            _arrival(reader, told, corrected=trace.change is not None) for told in trace.told
        ],
        facts=_facts(reader, facts) if facts else [],
        gives=[_gives(reader, one, context.policy, entry.source) for one in counted],
        weighed=records.is_weighed(stored),
        opinions=[(words.clean(one.name), opinion_words(reader, one)) for one in said],
        mutual=_mutual(reader, said),
        asked=asked,
        formers=_formers(reader, stored),
        now=_now(reader, line, statement),
        audiences=audiences(reader),
        may_correct=not is_word and (bool(trace.told) or _is_activity(statement)),
        may_retitle=_is_activity(statement),
        is_corrected=trace.change is not None,
        is_left_out=stored.sid in context.left_out,
        is_own=reader.is_own(stored.origin),
        is_word=is_word,
    )


def page(
    reader: Reader,
    opened: Item,
    given: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
) -> str:
    """The page of a line.

    :param given: what was typed into one of its forms, by field, and `errors` what is wrong there.
    """
    filled = {**opened.now.fields, **(given or {})}
    return render_template(
        "learner/item.html",
        reader=reader,
        item=opened,
        disputes=disputes.on_item(reader.who, opened.entry.line.sid),
        given=filled,
        errors=errors or {},
    )


def _line(stored: Stored, statement: Mapping[str, Any]) -> Line:
    happened = xapi.read_timestamp(statement.get("timestamp") or statement["stored"])
    return Line(
        place=Place(to_us(happened), stored.seq),
        sid=stored.sid,
        origin=stored.origin,
        audience=stored.audience,
        statement=statement,
    )


def _is_activity(statement: Mapping[str, Any]) -> bool:
    return bool(statement["object"].get("objectType", "Activity") == "Activity")


def _now(reader: Reader, line: Line, statement: Mapping[str, Any]) -> Now:
    there = reader.local(line.place.at)
    length = (statement.get("result") or {}).get("duration")
    seconds = xapi.duration_seconds(length) if isinstance(length, str) else None
    return Now(
        day=there.date(),
        clock=there.time().replace(second=0, microsecond=0),
        minutes=str(max(round(seconds / 60), 1)) if seconds else "",
        title=words.title_of(statement, reader.language) or "",
    )


# ---- Where it comes from ------------------------------------------------------------


def _sent(reader: Reader, stored: Stored, statement: Mapping[str, Any]) -> Pairs:
    origin = reader.origins.get(stored.origin, {})
    name = f"“{words.clean(str(origin.get('name')))}”"
    through = {
        "key": f"Sent to the xAPI endpoint with the key {name}",
        "source": f"Read from the source {name}",
        "file": f"Imported from the statement file {name}",
        "pull": f"Fetched from the record store {name}",
    }
    moment = words.moment_words(from_us(stored.seq), reader.zone)
    return [
        ("Through", through.get(str(origin.get("kind")), "Noted by you in Byway")),
        ("Stored", moment),
        ("Statement", str(statement["id"])),
    ]


def _arrival(reader: Reader, told: Told, *, corrected: bool) -> Arrival:
    state, kind = _standing(told, corrected=corrected)
    arrived = words.moment_words(from_us(told.at), reader.zone)
    deleted = [("Said", "It was deleted at the source.")]
    return Arrival(
        heading=f"{words.clean(told.source)}, run {told.run}",
        state=state,
        state_kind=kind,
        came=f"{_DOORS.get(told.door, 'Came')} on {arrived}.",
        name=words.clean(told.name) or "what came",
        pairs=_facts(reader, told.facts) if told.facts else deleted,
        rows=told.rows,
    )


def _standing(told: Told, *, corrected: bool) -> tuple[str, str]:
    if not told.stands:
        return "Undone", "warn"
    if told.counts:
        return "This is what stands", "good"
    return "Outranked by your correction" if corrected else "Outranked by another word", ""


def _facts(reader: Reader, facts: Facts) -> Pairs:
    """The facts Byway keeps, as a list a person can read; what is not known is left out."""
    thing, parent, community = facts["object"], facts.get("parent"), facts.get("community")
    pairs = [
        ("Who", who_words(facts["actor"])),
        ("Did", words.verb_words({"verb": {"id": facts["verb"]}})),
        ("What", words.clean(str(thing.get("title") or thing.get("id") or "another item"))),
        ("When", words.moment_words(xapi.read_timestamp(facts["at"]), reader.zone)),
        ("How long", words.iso_duration(facts.get("duration")) or ""),
        ("Result", words.clean(_plain(facts.get("result")))),
        ("Part of", _thing_words(parent)),
        ("Where", _thing_words(community)),
        ("Tags", words.clean(", ".join(map(str, facts.get("tags") or ())))),
        ("Excerpt", words.clean(str(facts.get("excerpt") or ""))),
    ]
    return [(term, said) for term, said in pairs if said]


def _plain(result: object) -> str:
    shown = {} if not isinstance(result, Mapping) else result
    return ", ".join(f"{name}: {value}" for name, value in shown.items() if name != "response")


def _thing_words(thing: object) -> str:
    if not isinstance(thing, Mapping):
        return ""
    return words.clean(str(thing.get("title") or "")) or words.short_iri(str(thing.get("url", "")))


def who_words(agent: Mapping[str, Any]) -> str:
    """An agent as a person reads it: the name and what it is known by."""
    account = agent.get("account") or {}
    known = (
        str(agent.get("mbox", "")).removeprefix("mailto:")
        or (f"{account.get('name')} at {words.short_iri(str(account.get('homePage', '')))}")
        * bool(account)
        or str(agent.get("openid") or agent.get("mbox_sha1sum") or "")
    )
    name = words.clean(str(agent.get("name") or ""))
    return f"{name} ({words.clean(known)})" if name and known else name or words.clean(known)


def _formers(reader: Reader, stored: Stored) -> list[Former]:
    return [
        Former(name=_former_words(reader, one), statement=text.parse(one.payload))
        for one in records.earlier(stored, reader.who.keys)
    ]


def _former_words(reader: Reader, stored: Stored) -> str:
    moment = words.moment_words(from_us(stored.seq), reader.zone)
    voided = ", voided" if stored.voided else ""
    return f"An earlier revision, stored on {moment}{voided}"


# ---- What it gives ----------------------------------------------------------------------


def _gives(reader: Reader, one: Counted, policy: Policy, source: str) -> Gives:
    against = one.row.polarity < 0
    reach = f"against level {one.reach} and above" if against else f"levels up to {one.reach}"
    return Gives(
        competency=reader.competency(one.row.competency),
        href=reader.competency_url(one.row.competency),
        rule=one.row.rule,
        kind=one.row.kind,
        weight=_weight_words(one, policy),
        stands=learner_words.support_class(one.assurance, source),
        reach=reach,
    )


def _weight_words(one: Counted, policy: Policy) -> str:
    """How the weight came about: `0.30 × 2.00 = 0.60`, shared where it was split."""
    base, factor, whole = (
        f"{part / MICRO:.2f}"
        for part in (one.row.base, policy.assurance.factors[one.assurance], one.weight)
    )
    split = f" ÷ {one.row.split}" if one.row.split > 1 else ""
    return f"{base} × {factor}{split} = {whole}"


def _mutual(reader: Reader, said: Sequence[Opinion]) -> list[str]:
    """How she and those who accepted it accept each other's work, where it is mutual."""
    others = {one.who for one in said if isinstance(one.who, int) and one.verdict > 0}
    return list(review_words.mutual_words(reader, others).values())


def opinion_words(reader: Reader, one: Opinion) -> str:
    """What somebody thought of it: `accepted it on 12 November 2026, for level 3`."""
    verb = "accepted it" if one.verdict > 0 else "did not accept it"
    day = words.full_date(words.local(xapi.read_timestamp(one.at), reader.zone).date())
    return f"{verb} on {day}" + (f", for level {one.level}" if one.level is not None else "")


# ---- Who may see it -------------------------------------------------------------------------


def audiences(reader: Reader) -> list[tuple[str, str, str]]:
    """Everybody she may share a line with: value, words, and what that means."""
    managers = [words.clean(person.name) for person in managers_of(reader)]
    manager = words.listed(managers) if managers else "Nobody is recorded as your manager yet."
    return [
        ("private", words.audience("private"), "As everything is unless you decide otherwise."),
        ("manager", words.audience("manager"), manager),
        *(
            (f"community:{slug}", words.audience(f"community:{name}"), "")
            for slug, name in reader.who.communities
        ),
        ("public", words.audience("public"), "Everybody, and every system that reads from Byway."),
    ]


def managers_of(reader: Reader) -> Sequence[Person]:
    """Who manages her, merged records resolved."""
    return [people.standing(one) for one in people.managers_of(reader.who.id)]


def require_shareable(stored: Stored) -> None:
    """Refuse to show the words of a review to anybody but the two who exchanged them."""
    statement = text.parse(stored.payload)
    if voices.is_of_another(statement):
        raise Forbidden("What you say of somebody else is not yours to share.", "Go back to it.")
    if dialogue.is_word(stored.origin, statement):
        raise Forbidden("The words of a review stay between the two of you.", "Go back to it.")
