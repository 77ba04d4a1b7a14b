"""Four voices on a level, as its learner reads them: evidence, herself, peers, her manager."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from engine import asked_levels
from engine.asked_levels import Request, subject_of
from engine.people import service as people
from engine.voices import Said, Voices, heard
from engine.web import words
from engine.web.learner_case import Case

SHOWN = 600
"""How many letters of somebody's words a page shows."""
BASIS = {
    "self": "your own word",
    "system": "what systems recorded",
    "peer": "what peers accepted",
    "expert": "what experts confirmed",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """The voices in words, her own as the form shows it, and whom she asks."""

    told: list[tuple[str, Markup]]
    own: Said | None
    levels: list[tuple[str, str]]
    requests: list[Request]


def panel_of(case: Case) -> Panel:
    """What the page of one competency says of them."""
    learner = people.get_by_id(case.reader.who.id)
    voices = heard(subject_of(learner, case.id, case.record.ruleset), case.as_of)
    return Panel(
        told=[
            ("Evidence", _evidence(case)),
            ("You", _herself(case, voices.herself)),
            ("Peers", _peers(case, voices)),
            (_title(voices.managers), _managers(case, voices)),
        ],
        own=voices.herself,
        levels=level_options(case.names),
        requests=asked_levels.asked_for(case.reader.who.id, case.id),
    )


def level_options(names: Sequence[str]) -> list[tuple[str, str]]:
    """The levels to choose from, the lowest first."""
    return [(str(number), f"{number} {name}") for number, name in enumerate(names, start=1)]


def _evidence(case: Case) -> Markup:
    standing = case.standing
    if standing is None:
        return Markup("Nothing in your record speaks of this yet.")
    level = f"Level {case.level_name(case.level)}" if case.level else "No level"
    basis = BASIS.get(standing.basis or "", "")
    rests = f" The strongest of it is {basis}." if basis else ""
    return Markup("{} on {}.{} The newest piece is {}.").format(
        level,
        words.full_date(case.as_of),
        rests,
        words.old(standing.newest_date, case.as_of),
    )


def _herself(case: Case, said: Said | None) -> Markup:
    if said is None:
        return Markup("You have not said where you see yourself.")
    return _line(case, said, "")


def _peers(case: Case, voices: Voices) -> Markup:
    """How many gave which level, and by name who said so in the open; never one figure of it."""
    peers = voices.peers
    if not peers.count:
        return Markup("No peer has said anything. You can ask somebody.")
    spread = [
        f"{words.counted(count, 'person', 'people')} at level {case.level_name(level)}"
        for level, count in peers.spread
    ]
    said = Markup("{}.").format(words.listed(spread))
    return Markup("<br>").join([said, *(_line(case, one, one.name) for one in peers.named)])


def _title(managers: Sequence[str]) -> str:
    return "Your managers" if len(managers) > 1 else "Your manager"


def _managers(case: Case, voices: Voices) -> Markup:
    if not voices.managers:
        return Markup("Nobody is recorded as your manager.")
    if not voices.from_managers:
        names = words.listed([words.clean(one, 80) for one in voices.managers])
        return Markup("{} has not said anything. You can ask.").format(names)
    return Markup("<br>").join(_line(case, one, one.name) for one in voices.from_managers)


def _line(case: Case, said: Said, name: str) -> Markup:
    """`Ann Roy: level 2 Working, on 3 November 2026. “…”`."""
    day = words.full_date(words.local(said.at, case.reader.zone).date())
    begin = Markup("{}: level").format(words.clean(name, 80)) if name else Markup("Level")
    quoted = Markup(" “{}”").format(words.clean(said.words, SHOWN)) if said.words else ""
    return Markup("{} {}, on {}.{}").format(begin, case.level_name(said.level), day, quoted)


def given(panel: Panel) -> dict[str, str]:
    """The form of her own level before anything is typed."""
    own = panel.own
    return {"level": str(own.level) if own else "", "words": own.words if own else "", "email": ""}
