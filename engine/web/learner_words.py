"""What pages say to a learner about evidence: limits with their cause, and what would help."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from engine.competencies.counting import EXPERT, PEER, Counted
from engine.competencies.decay import MICRO
from engine.competencies.policy import Policy, Rule
from engine.web import words
from xapi.vocabulary import TYPES

SELF = "self"


@dataclass(frozen=True, slots=True)
class Kind:
    """How a kind of evidence is spoken of: one of it, many, the doing, and what it cannot show."""

    one: str
    many: str
    doing: str
    limit: str = ""


_KINDS = {
    "attended": Kind(
        "session you attended",
        "sessions you attended",
        "Attending",
        "Being there shows that you met a subject, not that you can use it.",
    ),
    "read": Kind(
        "thing you read or watched",
        "things you read or watched",
        "Reading and watching",
        "Reading shows that you met a subject, not that you can use it.",
    ),
    "declared": Kind("note of your own", "notes of your own", "Your own word"),
    "discussed": Kind("contribution", "contributions", "Contributing"),
    "authored": Kind("piece you wrote", "pieces you wrote", "Writing"),
    "facilitated": Kind("session you led", "sessions you led", "Leading a session"),
    "assessed": Kind("assessment you passed", "assessments you passed", "Passing an assessment"),
    "attested": Kind("expert’s word on you", "experts’ words on you", "An expert’s word"),
    "failed": Kind("attempt not passed", "attempts not passed", "An attempt not passed"),
}


def kind_of(name: str) -> Kind:
    """How a kind is spoken of; one that only a ruleset knows goes by its own name."""
    plain = words.clean(name.replace("-", " ").replace("_", " "))
    return _KINDS.get(name) or Kind(
        f"piece of kind “{plain}”", f"pieces of kind “{plain}”", f"“{plain}”"
    )


def first_up(text: str) -> str:
    """The text with its first letter as a capital, the rest as it is."""
    return text[:1].upper() + text[1:]


def amount(mass: int) -> str:
    """A mass of evidence with two decimals, floored, so that it never seems to reach a limit."""
    return f"{mass // 10_000 / 100:.2f}"


def asked(policy: Policy, level: int, against: int) -> int:
    """How much must speak for a level, given what speaks against it, in millionths."""
    scale = policy.scale
    doubt = against + scale.scepticism[level - 1]
    return -(-scale.tau * doubt // (MICRO - scale.tau)) if scale.tau < MICRO else doubt


# ---- What one line counts for ----------------------------------------------


def note(counted: Sequence[Counted], policy: Policy, links: Mapping[str, Markup]) -> Markup:
    """What a line counts towards, with its limit and the cause of the limit."""
    best: dict[str, Counted] = {}
    for one in sorted(counted, key=lambda one: (one.reach, one.weight)):
        best[one.row.competency] = one
    said: dict[tuple[str, str], list[Markup]] = {}
    for competency in sorted(best):
        said.setdefault(_limit(best[competency], policy), []).append(links[competency])
    return Markup(" ").join(
        Markup("{}{}{}").format(before, words.listed(named), after)
        for (before, after), named in said.items()
    )


def _limit(one: Counted, policy: Policy) -> tuple[str, str]:
    """What stands before and after the competencies in the sentence about them."""
    rule, reach = policy.rules[one.row.rule], one.reach
    if one.row.polarity < 0:
        return f"Speaks against level {reach} and above in ", ", less so as time goes by."
    if one.weight == 0 and one.row.base > 0:
        return "Would count towards ", ", but an expert did not confirm it."
    if one.weight == 0:
        return "Touches ", ", but weighs nothing by the rules in force."
    if reach >= len(policy.scale.levels):
        return "Counts towards ", ", up to the highest level."
    return "Counts towards ", _cause(one, rule, reach)


def _cause(one: Counted, rule: Rule, reach: int) -> str:
    if one.assurance == EXPERT:
        return f", up to level {reach} because an expert confirmed it."
    if one.assurance == PEER:
        return f", up to level {reach} because peers accepted it."
    if one.assurance == SELF:
        return f". Your own word can support level {reach}, not more."
    if rule.ceilings.get(PEER, 0) > reach:
        return f", up to level {reach} until a peer accepts it."
    return f". {kind_of(one.row.kind).doing} can support level {reach}, not more."


def support_class(assurance: str, source: str) -> str:
    """Who stands behind evidence that nobody is named for."""
    known = {
        SELF: "your own word",
        PEER: "accepted by peers",
        EXPERT: "confirmed by an expert",
    }
    return known.get(assurance, f"recorded by {source}, not confirmed by anybody")


# ---- Lines without evidence --------------------------------------------------

_QUIET = {"liked", "read", "watched", "listened"}
_QUIET_TAILS = {
    "accessed", "adjourned", "attempted", "bookmarked", "delete", "deleted", "downloaded", "exited",
    "imported", "initialized", "interacted", "launched", "leave", "left", "live", "locked",
    "logged-in", "logged-out", "loggedin", "loggedout", "login", "logout", "navigated", "opened",
    "paused", "played", "progressed", "received", "restarted", "resumed", "retract", "searched",
    "secured", "seeked", "subscribed", "suspended", "terminated", "uncompleted", "unliked",
    "unlocked", "unsecured", "unsubscribed", "viewed", "visited",
}  # fmt: skip
_QUESTION_IN_A_TEST = "http://adlnet.gov/expapi/activities/cmi.interaction"


def is_quiet(statement: words.Statement) -> bool:
    """Whether it is a view, a like, a click or a part of a test, which says little by itself."""
    if words.verb_name(statement) in _QUIET or words.type_of(statement) == _QUESTION_IN_A_TEST:
        return True
    verb = statement.get("verb")
    iri = str(verb.get("id", "")) if isinstance(verb, Mapping) else ""
    return iri.rstrip("/#").replace("#", "/").rpartition("/")[2].lower() in _QUIET_TAILS


def quiet_words(statements: Iterable[words.Statement]) -> str:
    """What a fold holds: `14 pages read and 3 videos opened`."""
    counts = Counter(map(_quiet_noun, statements))
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return words.listed([words.counted(number, *noun) for noun, number in ranked])


def _quiet_noun(statement: words.Statement) -> tuple[str, str]:
    kind, name = words.type_of(statement), words.verb_name(statement)
    if name == "liked":
        return ("like given", "likes given")
    if name == "watched" or kind == TYPES["video"]:
        return ("video opened", "videos opened")
    if name == "listened":
        return ("recording heard", "recordings heard")
    if kind == _QUESTION_IN_A_TEST and name != "read":
        return ("question of a test", "questions of tests")
    if name == "read" or "view" in str((statement.get("verb") or {}).get("id", "")):
        return ("page read", "pages read")
    return ("step in a tool or course", "steps in tools or courses")


def span_words(first: date, last: date) -> str:
    """`on 11 November`, `2 to 11 November`; both days are of one month."""
    month = words.MONTHS[last.month - 1]
    return f"on {last.day} {month}" if first == last else f"{first.day} to {last.day} {month}"


# ---- What a month held --------------------------------------------------------

_DONE = (
    ("replied", "answered", "question", "questions"),
    ("asked", "asked", "question", "questions"),
    ("hosted", "hosted", "session", "sessions"),
    ("presented", "presented in", "session", "sessions"),
    ("authored", "wrote", "piece", "pieces"),
    ("created", "started", "discussion", "discussions"),
    ("commented", "commented on", "piece", "pieces"),
    ("attended", "joined", "session", "sessions"),
    ("discussed", "noted", "conversation", "conversations"),
    ("mentored", "mentored in", "session", "sessions"),
    ("completed", "completed", "activity", "activities"),
    ("read", "read", "piece", "pieces"),
    ("watched", "watched", "video", "videos"),
    ("listened", "listened to", "recording", "recordings"),
    ("accepted", "accepted", "answer of others", "answers of others"),
)
_MOST = 3


def month_words(statements: Sequence[words.Statement], accepted: int) -> str:
    """What a month held: `answered 2 questions, wrote 1 piece and joined 3 sessions`."""
    counts = Counter(words.verb_name(statement) for statement in statements)
    parts = [
        f"{verb} {words.counted(counts[name], one, many)}"
        for name, verb, one, many in _DONE
        if counts[name]
    ]
    rest = len(statements) - sum(counts[name] for name, *_ in _DONE)
    parts = parts[:_MOST] if len(parts) > _MOST else parts
    if rest and len(parts) < _MOST:
        parts.append(f"did {words.counted(rest, 'other thing')}")
    said = words.listed(parts)
    taken = f"; peers accepted {words.counted(accepted, 'contribution')}" if accepted else ""
    return said + taken


# ---- What would raise a level -----------------------------------------------

_NEW = {
    "attended": ("You attend a session on it", "You attend another session on it"),
    "read": ("You read or watch something on it", "You read or watch something else on it"),
    "declared": ("You note something you did on it", "You note something else you did on it"),
    "discussed": (
        "You ask or answer a question on it",
        "You ask or answer another question on it",
    ),
    "authored": ("You write a piece on it", "You write another piece on it"),
    "facilitated": (
        "You host or present a session on it",
        "You host or present another session on it",
    ),
    "assessed": ("You pass an assessment on it", "You pass another assessment on it"),
}
_CONFIRMED = ("facilitated", "attended")


def raise_words(
    form: str, kind: str, level: int | None, link: Markup | None, *, again: bool
) -> Markup:
    """One more piece of evidence as something somebody does; without the full stop.

    :param again: there is some of this kind already.
    """
    verb = "confirms" if kind in _CONFIRMED else "accepts"
    if form == "existing" and link is not None:
        return Markup("A peer {} {}").format(verb, link)
    if form == "confirmed":
        return Markup("A recognised expert confirms that you work at level {}").format(level or 1)
    first, another = _NEW.get(kind, (f"A {kind_of(kind).one}", f"Another {kind_of(kind).one}"))
    done = another if again else first
    return Markup("{} and a peer {} it" if form == "accepted" else "{}").format(done, verb)
