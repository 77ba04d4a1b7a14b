"""How the L&D team's pages speak: of runs, of rows, and of levels that would move."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from markupsafe import Markup

from engine.competencies.framework_documents import Framework
from engine.errors import Refused
from engine.moments import from_us
from engine.sources.lines import Line
from engine.sources.moves import Move, Moves
from engine.sources.overview import Problem, RunSeen
from engine.sources.replaying import Replay
from engine.sources.reports import Report
from engine.sources.retrying import Retried
from engine.web import words
from engine.web.charts import Detail, Part
from xapi import actors
from xapi.times import read_timestamp
from xapi.vocabulary import TYPES

GROUPS = (
    ("Recorded", ("new", "corrected")),
    ("Already there", ("known", "merged")),
    ("Left out", ("skipped", "unmatched", "failed", "withheld")),
)
MEANINGS = {
    "new": "Not seen before.",
    "corrected": "Known, but the facts changed: a new revision replaces the old one.",
    "known": "Recorded before, with the same facts.",
    "merged": "More rows of one activity. Overlapping stays count once.",
    "skipped": "Rightly left out, such as somebody who registered and did not come.",
    "unmatched": "A name and no address, or about something that has not come yet. Kept as it is.",
    "failed": "Could not be read. See what needs a hand.",
    "withheld": "These people have not allowed this source. Nothing about them is kept.",
}
STATES = {
    "new": ("New", "good"),
    "corrected": ("Corrected", "good"),
    "known": ("Known", ""),
    "merged": ("Merged", ""),
    "skipped": ("Skipped", ""),
    "unmatched": ("Unmatched", "warn"),
    "failed": ("Failed", "stop"),
    "withheld": ("Withheld", "warn"),
    "voided": ("Voided", "warn"),
}
DOORS = {
    "file": "Uploaded file",
    "poll": "Polled",
    "hook": "Webhook",
    "replay": "Read again from what had arrived",
    "again": "Read again, because something it was waiting for has come",
}
BASES = {"notice": "Notice with objection", "consent": "Consent"}
BASES_LONG = {
    "notice": "Notice with objection: people were told, and nothing is kept of those who object.",
    "consent": "Consent: nothing is kept of people who have not agreed.",
}
_KINDS = {iri: name.replace("-", " ") for name, iri in reversed(TYPES.items())}


def parts(
    counts: Mapping[str, int], hrefs: Mapping[str, str], *, preview: bool = False
) -> list[Part]:
    """The eight outcomes in three groups; what did not happen is left out."""
    found = []
    for label, outcomes in GROUPS:
        details = tuple(
            Detail(
                label=STATES[name][0],
                count=counts.get(name, 0),
                meaning=MEANINGS[name],
                href=hrefs.get(name),
            )
            for name in outcomes
            if counts.get(name, 0)
        )
        label = "To be recorded" if preview and label == "Recorded" else label
        found.append(Part(label=label, count=sum(one.count for one in details), details=details))
    return found


def state(run: RunSeen) -> tuple[str, str]:
    """A run's state as a word and its kind."""
    if run.state != "refused" and not run.stands:
        return "Undone", "warn"
    return {
        "done": ("Recorded", "good"),
        "waiting": ("Waiting to be read", "warn"),
        "running": ("Being read", "warn"),
        "refused": ("Refused", "stop"),
    }[run.state]


def name_of(run: RunSeen) -> str:
    """What a run is called: its file, or how it came."""
    if run.door == "replay":
        return f"Replay, run {run.id}"
    if run.door == "file" and run.files:
        return words.clean(run.files[0], 80)
    return f"Run {run.id}"


def summary(counts: Mapping[str, int], rows: int) -> str:
    """The counts of a run in one line."""
    told = [f"{counts[name]:,} {name}" for name in MEANINGS if counts.get(name, 0)]
    return f"{words.counted(rows, 'row')}: {words.listed(told)}" if told else "Nothing in it"


def retried(tried: Retried | Refused) -> tuple[str, str]:
    """What trying rows again came to, and which kind of message that is."""
    if isinstance(tried, Refused):
        return words.clean(str(tried), 600), "stop"
    if not tried.rows:
        return "No row needs a hand any more.", "message"
    rows = words.counted(tried.rows, "row")
    if not tried.mended:
        return f"{rows} read again, and nothing has changed. The reasons stand below.", "message"
    mended = "all of them" if tried.mended == tried.rows else f"{tried.mended:,} of them"
    return f"{rows} read again: {mended} need no hand any more.", "message"


def progress(run: RunSeen) -> str:
    """How far a run that is under way has come."""
    if run.state == "waiting":
        return "It waits its turn."
    if not run.things:
        return "The file is looked through before anything is recorded."
    return f"{run.done:,} of {run.things:,} are recorded."


def seen(problem: Problem, zone: str = "UTC") -> str:
    """Since when a source has had a problem, if it has had it before."""
    if problem.seen is None or problem.seen.first_at == problem.seen.last_at:
        return ""
    first, last = (
        words.full_date(words.local(from_us(at), zone).date())
        for at in (problem.seen.first_at, problem.seen.last_at)
    )
    return f"Seen first on {first}, last on {last}." if first != last else f"Seen twice on {last}."


def replay_lead(replay: Replay) -> str:
    """What a replay would change, in a sentence."""
    reports = words.counted(replay.deliveries, "delivery", "deliveries")
    counts = replay.report.counts
    changes = [
        f"{counts['new']:,} would be new" if counts["new"] else "",
        f"{counts['corrected']:,} corrected" if counts["corrected"] else "",
        f"{replay.voided:,} voided" if replay.voided else "",
    ]
    told = words.listed([one for one in changes if one])
    stay = "stays as it is" if counts["known"] == 1 else "stay as they are"
    same = f"{counts['known']:,} {stay}" if counts["known"] else ""
    what = "; ".join(one for one in (told, same) if one)
    if not told:
        return f"{reports} read again: nothing would change. Nothing has been written."
    return f"{reports} read again: of the activities in them {what}. Nothing has been written yet."


def lead(report: Report, people: int) -> str:
    """What a preview comes to, in one sentence."""
    activities = report.counts["new"] + report.counts["corrected"]
    rows = words.counted(report.rows, "row") + _origin(report)
    if not report.rows:
        return "It holds no rows. Nothing has been written."
    if not activities:
        return f"{rows}, and nothing new in them. Nothing has been written yet."
    become = "becomes" if report.rows == 1 else "become"
    whose = f" of {words.counted(people, 'person', 'people')}" if people else ""
    made = words.counted(activities, "activity")
    return f"{rows} {become} {made}{whose}. Nothing has been written yet."


def _origin(report: Report) -> str:
    """ " from 4 webinars", when everything in it is of one kind that has a name."""
    if report.is_sampled:
        return ""
    said = [outcome.state.own[0].facts for outcome in report.outcomes if outcome.state]
    things = {(facts["object"].get("type"), facts["object"].get("id")) for facts in said if facts}
    kinds = {kind for kind, _ in things}
    name = _KINDS.get(str(next(iter(kinds)))) if len(kinds) == 1 else None
    return f" from {words.counted(len(things), name)}" if name else ""


def person(agent: Mapping[str, Any]) -> str:
    """What a source calls somebody; her address where it has no name for her."""
    account = agent.get("account") or {}
    named = agent.get("name") or account.get("name") or actors.key(dict(agent)) or "somebody"
    return words.clean(str(named).removeprefix("mailto:"), 80)


def sentence(line: Line, zone: str = "UTC") -> Markup | str:
    """What rows became, as a sentence with its day; what became of nothing, as its reason."""
    if line.hidden:
        return "This person has objected to the source. You need do nothing."
    if line.told is None:
        return reason(line.why)
    said = words.sentence(
        line.told,
        href=words.safe_href(line.told["object"].get("id")),
        perspective=person(line.told["actor"]),
        title=line.about,
    )
    day = words.full_date(words.local(_at(line.told), zone).date()).replace(" ", "\u00a0")
    return Markup("{} on {}.").format(said.removesuffix("."), day)


def correction(line: Line, zone: str = "UTC") -> str:
    """What rows correct: what the record said before."""
    if line.before is None or line.told is None:
        return ""
    was, now = (words.iso_duration(_spent(one)) for one in (line.before, line.told))
    if was != now:
        return f"Until now it was {was or 'of unknown length'}; that statement is voided and kept."
    if _at(line.before) != _at(line.told):
        then = words.moment_words(_at(line.before), zone)
        return f"Until now it was on {then}; that statement is voided and kept."
    return "Its details have changed; the former statement is voided and kept."


def _spent(told: Mapping[str, Any]) -> object:
    return (told.get("result") or {}).get("duration")


def _at(told: Mapping[str, Any]) -> datetime:
    return read_timestamp(told["timestamp"])


def reason(why: str) -> str:
    """A reason as a sentence, however a plugin wrote it."""
    told = words.clean(why[:1].upper() + why[1:], 400)
    return told if told.endswith((".", "!", "?", "…")) else f"{told}."


def moved(moves: Moves | None, framework: Framework) -> list[str]:
    """Whose levels would move, in sentences that speak of no group under five."""
    if moves is None:
        return ["This file is too long to work out levels before recording."]
    if not moves.told:
        return [_untold(moves.people)]
    told = [_move(move, framework) for move in moves.shown]
    if moves.hidden:
        so_many = words.counted(moves.hidden, "competency")
        other = so_many.replace(" ", " other ", 1) if told else so_many
        told.append(f"In {other} the group is so small that it is not shown.")
    if not moves.shown and not moves.hidden:
        return ["Nobody’s level would move. What is recorded still counts towards the next one."]
    return told if moves.anybody_falls else [*told, "Nobody would lose a level."]


def lead_of(run: RunSeen) -> str:
    """How a run went, in one sentence."""
    rows = words.counted(run.rows, "row")
    activities = run.counts.get("new", 0) + run.counts.get("corrected", 0)
    if run.state == "refused":
        return "It was refused. Nothing of it was recorded." if not activities else "It broke off."
    if run.state != "done" and not run.stands:
        return "It was undone before it was read to its end. Nothing rests on it."
    if run.state != "done":
        return "It has arrived and waits its turn. This page shows its rows when they are read."
    if not run.stands:
        return f"{rows} were read; the run is undone and nothing rests on it."
    made = words.counted(activities, "activity")
    return f"{rows} became {made}." if activities else f"{rows}, and nothing new in them."


def _untold(people: int) -> str:
    if people == 0:
        return "Nobody’s level would move: nothing of this would be recorded."
    if people < 5:
        return "This is about fewer than 5 people, so nothing is said about their levels."
    return f"This is about {people:,} people, too many to work it out before recording."


def _move(move: Move, framework: Framework) -> str:
    who = words.counted(move.people, "person", "people")
    what = framework.name(move.competency)
    if not move.level:
        return f"{who} would no longer have a level in {what}."
    way = "reach" if move.up else "fall back to"
    return f"{who} would {way} level {move.level} {framework.level(move.level)} in {what}."


def moment(at: int) -> datetime:
    """A moment of a table, for `ui.time`."""
    return from_us(at)


def place(where: str) -> str:
    """A place at the start of a line; a short one is not broken."""
    told = f"R{where[1:]}" if where.startswith("row") else where
    return told.replace(" ", "\u00a0") if len(told) < 12 else told


def triples(problems: Sequence[Mapping[str, str] | Problem]) -> list[tuple[str, str, str]]:
    """Problems of a preview or a run as (where, why, mend)."""
    return [
        (one.where, one.why, one.mend)
        if isinstance(one, Problem)
        else (one["where"], one["why"], one["mend"])
        for one in problems
    ]


def by_reason(problems: Sequence[Problem]) -> list[tuple[str, str, str]]:
    """Rows left out for the same reason put together, as (outcome, reason, where)."""
    found: dict[tuple[str, str], list[str]] = {}
    for one in problems:
        found.setdefault((one.outcome, one.why), []).append(one.where)
    return [
        (outcome, why, ", ".join(places[:8]) + (" …" if len(places) > 8 else ""))
        for (outcome, why), places in found.items()
    ]


def summary_of(wrong: Mapping[str, str], shown: int) -> dict[str, str]:
    """What was wrong, each linked to its place unless that is on another page."""
    places = {f"align-{number}" for number in range(1, shown + 1)}
    return {place if place in places else "": told for place, told in wrong.items()}
