"""Why this level: what it rests on, what was held back, what would raise it, when it would fade."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from markupsafe import Markup

from engine import disputes
from engine.competencies.counting import EXPERT, PEER
from engine.competencies.explain import Raise, fades_on, shares
from engine.competencies.framework_documents import said
from engine.competencies.scoring import Explained, Standing
from engine.disputes import LEVEL, Told
from engine.records import Opinion
from engine.web import learner_voices, learner_words, words
from engine.web.learner_case import MOST_PIECES, Case, sid_of
from engine.web.learner_limits import held_back, speaks_against
from engine.web.learner_reader import Reader
from engine.web.learner_voices import Panel
from engine.web.learner_words import amount, first_up, kind_of

MOST_WAYS = 5
MOST_OF_A_FORM = 2
FORMS = ("existing", "new", "accepted", "confirmed")
UNASKED = ("attended", "read", "declared", "assessed")
"""Kinds that nobody asks a peer to accept, whatever the rules would make of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One thing the level rests on, with its share in per cent."""

    sentence: Markup
    facts: list[str]
    share: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """A level's sums: what there is, what speaks against, what it asks for."""

    level: str
    have: str
    against: str
    asks: str
    reached: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """The page."""

    id: str
    name: str
    heading: str
    lead: str
    description: str
    meanings: list[tuple[str, str]]
    rungs: list[dict[str, str]]
    level: int
    best: int
    facts: list[tuple[str, str]]
    told: int
    things: int = 0
    pieces: list[Piece] = field(default_factory=list)
    held_back: list[Markup] = field(default_factory=list)
    against: list[Markup] = field(default_factory=list)
    sums: list[Sum] = field(default_factory=list)
    need: str = ""
    ways: list[Markup] = field(default_factory=list)
    enough: bool = False
    fade: str = ""
    voices: Panel
    disputes: list[Told]
    as_of: date


def why(reader: Reader, competency: str) -> Why:
    """Why she stands where she stands in one competency today."""
    case = Case(reader, competency)
    found = reader.framework.competencies.get(competency)
    meanings = found.levels if found else ()
    return Why(
        id=competency,
        name=case.name,
        heading=_heading(case),
        lead=_lead(case),
        description=said(found.description, reader.language) if found else "",
        meanings=[
            (case.level_name(number), said(meaning, reader.language))
            for number, meaning in enumerate(meanings[: case.top], start=1)
        ],
        rungs=_rungs(case),
        level=case.level,
        best=case.best,
        facts=_facts(case) if case.standing else [],
        told=case.told,
        things=sum(one.contribution > 0 for one in case.standing.explain) if case.standing else 0,
        pieces=_pieces(case),
        held_back=held_back(case),
        against=speaks_against(case),
        sums=_sums(case) if case.standing else [],
        need=_need(case),
        ways=_ways(case),
        enough=bool(_enough(case)),
        fade=_fade(case),
        voices=learner_voices.panel_of(case),
        disputes=disputes.of_person(reader.who.id, kind=LEVEL, about=[competency]),
        as_of=case.as_of,
    )


# ---- The head of the page -------------------------------------------------------------


def _heading(case: Case) -> str:
    if case.level:
        return f"Why level {case.level} in {case.name}?"
    if case.best:
        return f"Why is {case.name} not recently evidenced?"
    return f"Why no level in {case.name} yet?" if case.standing else case.name


def _lead(case: Case) -> str:
    if case.standing is None:
        return "Nothing in your record speaks of this yet. That does not mean you cannot do it."
    made_of = _made_of(case)
    have, asks = amount(case.have(case.told)), amount(case.asks(case.told))
    if not made_of:
        return f"What there is has faded. Level {case.told} asks for {asks}; {have} is left of it."
    if case.level:
        return f"It rests on {made_of}. Level {case.told} asks for {asks}, and you have {have}."
    return f"{first_up(made_of)} so far. Level {case.told} asks for {asks}, and you have {have}."


def _made_of(case: Case) -> str:
    """The things a level rests on, counted by kind, the weightiest kind first."""
    kinds: dict[str, list[Explained]] = defaultdict(list)
    for one in case.standing.explain if case.standing else ():
        if one.contribution > 0:
            kinds[one.kind].append(one)
    ranked = sorted(kinds, key=lambda kind: -sum(one.contribution for one in kinds[kind]))
    return words.listed([_kind_count(kind, kinds[kind]) for kind in ranked])


def _kind_count(kind: str, things: Sequence[Explained]) -> str:
    spoken = kind_of(kind)
    counted = words.counted(len(things), spoken.one, spoken.many)
    if kind == "attested":
        return counted
    expert = sum(one.assurance == EXPERT for one in things)
    peer = sum(one.assurance == PEER for one in things)
    behind = [(expert, "confirmed by an expert"), (peer, "accepted by peers")]
    said_ = [f"{_of(number, things)}{words_}" for number, words_ in behind if number]
    return f"{counted} ({words.listed(said_)})" if said_ else counted


def _of(number: int, things: Sequence[Explained]) -> str:
    if number < len(things):
        return f"{number} "
    return "" if number == 1 else "all "


def _rungs(case: Case) -> list[dict[str, str]]:
    return [
        {"name": name, "words": _rung(case, number)}
        for number, name in enumerate(case.names, start=1)
    ]


def _rung(case: Case, level: int) -> str:
    if level == case.level:
        return "you are here"
    if level < case.level:
        return "passed"
    if level <= case.best:
        return "reached before"
    if level == case.level + 1 and _enough(case):
        return "one step away"
    have = case.have(level)
    return f"{amount(have)} of {amount(case.asks(level))}" if have else "no evidence yet"


def _facts(case: Case) -> list[tuple[str, str]]:
    standing = case.standing
    if standing is None:
        return []
    newest = words.old(standing.newest_date, case.as_of)
    half_life = case.policy.half_lives.get(case.id)
    fading = (
        f"Loses half its strength in {words.counted(half_life, 'day')}"
        if half_life
        else "It does not fade"
    )
    return [
        ("Support", f"{first_up(words.support(standing.confidence_ppm))}: {_breadth(case)}"),
        ("Newest evidence", first_up(f"{newest}, {words.full_date(standing.newest_date)}")),
        ("Confirmed by others", _confirmed(standing)),
        ("Fading", fading),
    ]


def _breadth(case: Case) -> str:
    pieces = case.standing.explain if case.standing else ()
    things = words.counted(len({one.object_key for one in pieces}), "different thing")
    return f"{things} on {words.counted(len({one.day for one in pieces}), 'day')}"


def _confirmed(standing: Standing) -> str:
    per_cent = standing.validated_ppm // 10_000
    if not per_cent:
        return "Nothing yet"
    classes = {one.assurance for one in standing.explain if one.contribution > 0}
    by = {EXPERT: "experts", PEER: "peers"}
    return f"{per_cent} %, by {words.listed([by[one] for one in by if one in classes])}"


# ---- What it rests on --------------------------------------------------------------------


def _pieces(case: Case) -> list[Piece]:
    """The things a level rests on, the weightiest first; many small ones as one."""
    explained = [one for one in case.standing.explain if one.contribution] if case.standing else []
    told, rest = explained[:MOST_PIECES], explained[MOST_PIECES:]
    small = [sum(one.contribution for one in rest)] * bool(rest)
    dealt = shares([*(one.contribution for one in told), *small])
    pieces = [_piece(case, one, share) for one, share in zip(told, dealt, strict=False)]
    if rest:
        said_ = Markup("{} that carry less each.").format(words.counted(len(rest), "more thing"))
        pieces.append(Piece(sentence=said_, facts=[], share=dealt[-1]))
    return pieces


def _piece(case: Case, one: Explained, share: int) -> Piece:
    spoken = kind_of(one.kind).one
    return Piece(
        sentence=case.sentence(one.statement),
        facts=[
            first_up(spoken),
            _behind(case, one),
            words.old(one.date, case.as_of),
        ],
        share=share,
    )


def _behind(case: Case, one: Explained) -> str:
    """Who stands behind a piece, by name where somebody accepted it."""
    sid = sid_of(one.statement)
    opinions = case.opinions.get(sid, []) if sid else []
    accepted = [opinion for opinion in opinions if opinion.verdict > 0]
    if one.assurance == EXPERT:
        accepted = [opinion for opinion in accepted if opinion.who in case.experts]
    if one.assurance not in (PEER, EXPERT) or not accepted:
        return learner_words.support_class(one.assurance, case.source(one.statement))
    verb = "confirmed" if one.assurance == EXPERT else "accepted"
    return f"{verb} by {_people(case, accepted)}"


def _people(case: Case, opinions: Sequence[Opinion]) -> str:
    named = [
        words.clean(one.name, 80)
        + (", whose work you also accepted" if one.who in case.mutual else "")
        for one in opinions[:3]
    ]
    rest = len(opinions) - len(named)
    return words.listed([*named, words.counted(rest, "other")] if rest else named)


# ---- The sums, and what would change them ------------------------------------------------------


def _sums(case: Case) -> list[Sum]:
    return [
        Sum(
            level=case.level_name(level),
            have=amount(case.have(level)),
            against=amount(case.against(level)),
            asks=amount(case.asks(level)),
            reached=level <= case.level,
        )
        for level in range(1, case.top + 1)
    ]


def _need(case: Case) -> str:
    following = case.level + 1
    if following > case.top:
        return "This is the highest level. Fresh evidence keeps it."
    asks, have = amount(case.asks(following)), amount(case.have(following))
    begin = f"Level {following} asks for {asks} and you have {have}."
    if _enough(case):
        return f"{begin} Any one of these would be enough today:"
    return f"{begin} Each of these would bring you closer:" if case.raises else begin


def _enough(case: Case) -> list[Raise]:
    return [one for one in case.raises if one.level > case.level]


def _ways(case: Case) -> list[Markup]:
    """What would help, her own things first; what a peer need not accept is not asked of one."""
    tried = _enough(case) or case.raises
    simple = {one.candidate.kind for one in tried if one.candidate.form == "new"}
    found: dict[Markup, Raise] = {}
    for one in sorted(tried, key=lambda one: FORMS.index(one.candidate.form)):
        asked = one.candidate.form == "accepted"
        if not asked or one.candidate.kind not in {*simple, *UNASKED}:
            found.setdefault(_way_words(case, one), one)
    return [
        Markup("{}. That brings you to {}.").format(said_, amount(one.mass))
        for said_, one in _few(list(found.items()))
    ]


def _few(ways: list[tuple[Markup, Raise]]) -> list[tuple[Markup, Raise]]:
    """Some of each form."""
    seen: Counter[str] = Counter()
    kept = []
    for way in ways:
        form = way[1].candidate.form
        seen[form] += 1
        if seen[form] <= MOST_OF_A_FORM:
            kept.append(way)
    return kept[:MOST_WAYS]


def _way_words(case: Case, one: Raise) -> Markup:
    candidate = one.candidate
    link = case.link(candidate.statement) if candidate.statement else None
    return learner_words.raise_words(
        candidate.form,
        candidate.kind,
        candidate.level,
        link,
        again=any(one.row.kind == candidate.kind for one in case.counted),
    )


def _fade(case: Case) -> str:
    if case.level:
        falls = fades_on(case.record, case.id, case.as_of)
        if falls is None:
            return f"Level {case.level} does not fade with time."
        last = words.full_date(falls - timedelta(days=1))
        return (
            f"If nothing new arrives, level {case.level} holds until {last}. Nothing is deleted"
            f" then: this page would still show that you reached it, and new evidence wakes it."
        )
    if not case.best:
        return ""
    until = case.held.until
    held = f" You held it until {words.full_date(until)}." if until else ""
    return (
        f"Your evidence once supported {case.level_name(case.best)}.{held} Evidence loses strength"
        " as it ages; nothing was deleted, and something new wakes it."
    )
