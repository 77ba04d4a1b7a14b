"""How the pages of the identity inbox speak: of handles, decisions, and rows of a CSV."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from engine.moments import from_us
from engine.people import inbox
from engine.people.inbox import Decision
from engine.people.suggestions import NAME, STRONG, Suggestion
from engine.sources.handles import Seen
from engine.sources.inbox_csv import Told
from engine.web import words
from engine.web.learner_data import identifier_words

SHOWN = (
    ("handles", "With an address or account"),
    ("names", "With a name only"),
    ("ignored", "Put aside"),
    ("ignored-names", "Names put aside"),
)
OUTCOMES = {
    "linked": ("Linked", "good"),
    "created": ("Person created and linked", "good"),
    "ignored": ("Put aside", "good"),
    "already": ("Already so", ""),
    "left": ("Left open", ""),
    "refused": ("Refused", "stop"),
}
BACK = {
    "unlink": "Unlink it",
    "link": "Link it again",
    "unmerge": "Make them two again",
    "merge": "Merge them again",
    "heed": "Take it up again",
    "ignore": "Put it aside again",
}
RULES = {"username": "user name", "external_id": "external id", "email": "email"}
_LONGEST = 120


def moment(at: int) -> datetime:
    """A moment as templates take it."""
    return from_us(at)


def name_of(key: str) -> str:
    """A handle as it is read."""
    named = inbox.name_in(key)
    return words.clean(named[1] if named else identifier_words(key)[0], _LONGEST)


def kind_of(key: str) -> str:
    """What kind of thing a handle is."""
    named = inbox.name_in(key)
    if named:
        return f"A name in {named[0]}, without an address"
    kind = identifier_words(key)[1]
    return "Email address" if kind.startswith("Email address") else kind


def seen(parts: Sequence[Seen]) -> str:
    """`Policy Hub: 3 rows; Zoom: 1 row`."""
    return "; ".join(f"{words.clean(one.source, 80)}: {_rows(one.rows)}" for one in parts)


def _rows(number: int) -> str:
    return words.counted(number, "row")


def lights(competencies: Sequence[tuple[str, int]]) -> str:
    """The competencies that rows count towards, in a sentence."""
    if not competencies:
        return "They count towards no competency yet."
    told = [f"{words.clean(name)} ({_rows(rows)})" for name, rows in competencies[:8]]
    if len(competencies) > len(told):
        told.append(f"{len(competencies) - len(told)} more")
    return f"They count towards {words.listed(told)}."


def reason(one: Suggestion) -> str:
    """Why a person is suggested, as a sentence."""
    return words.clean(one.reason[:1].upper() + one.reason[1:], 300) + "."


def is_enough(one: Suggestion) -> bool:
    """Whether one click is enough."""
    return one.strength == STRONG


def may_be_typed(one: Suggestion) -> bool:
    """Whether the page may fill the person in; who only has the same name is never filled in."""
    return one.strength != NAME


def decided(one: Decision) -> str:
    """An entry of the history as a sentence."""
    keys = words.listed([name_of(key) for key in one.keys[:1]])
    more = len(one.keys) - 1
    if more and one.act in ("ignored", "heeded"):
        keys = f"{keys} and {words.counted(more, 'more handle')}"
    email, other = words.clean(one.email), words.clean(one.other)
    match one.act:
        case "linked":
            return f"{keys} was linked to {email}."
        case "unlinked":
            return f"{keys} was unlinked from {email}."
        case "merged":
            return f"{other} was merged into {email}."
        case "unmerged":
            return f"{other} and {email} are two people again."
        case "ignored":
            return f"{keys} was put aside."
        case "heeded":
            return f"{keys} was taken up again."
        case _:
            return words.clean(one.act)


def summary(told: Sequence[Told]) -> str:
    """What a file comes to, in a line."""
    counts = [
        (name, sum(one.outcome == outcome for one in told))
        for outcome, (name, _) in OUTCOMES.items()
    ]
    parts = [f"{number} {name.lower()}" for name, number in counts if number]
    return f"{_rows(len(told))}: {words.listed(parts)}." if parts else "No row says anything."
