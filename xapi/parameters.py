"""The parameters of any request: read strictly, by the rules of statement values.

A resource makes one `Parameters` of what was sent and takes the values out one by one:

    sent = Parameters(args, known=("agent",), asked="GET agents", topic="agents", version=version)
    agent = sent.need("agent", as_identified)
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn, TypeVar
from uuid import UUID

from xapi.actors import check_identified
from xapi.errors import QueryRefused, StatementRefused
from xapi.rules import Offence, came, clause, shown
from xapi.shapes import is_iri, is_uuid
from xapi.text import parse
from xapi.times import read_timestamp

_T = TypeVar("_T")
_D = TypeVar("_D")

NAME_LENGTH = 2000

_BOOLEANS = {"true": True, "false": False, "True": True, "False": False}  # tincan's str(True)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # no database keeps these in text

_EXAMPLES = {
    "agent": 'agent={"mbox":"mailto:anna@example.org"} (URL-encoded)',
    "iri": "http://adlnet.gov/expapi/verbs/attended (URL-encoded)",
    "uuid": "8f87ccde-bb56-4c2e-ab83-44982ef22df0",
    "timestamp": "2026-03-19T14:05:00Z",
}


class BadValue(Exception):
    """A value that breaks its rule: what was expected and what came, and the mend."""

    def __init__(self, rule: str, fix: str) -> None:
        super().__init__(rule, fix)
        self.rule = rule
        self.fix = fix


@dataclass(frozen=True, slots=True, kw_only=True)
class Identified:
    """An agent or identified group as it was sent, and its key (see xapi.actors)."""

    key: str
    agent: dict[str, Any]


class Parameters:
    """What one request was sent with; QueryRefused at the first that breaks a rule.

    Names are case-sensitive, and those that are not `known` are refused at once. `asked` names
    the request in refusals ("GET agents"), `topic` its clause (see xapi.rules).
    """

    def __init__(
        self, args: Mapping[str, str], *, known: Iterable[str], asked: str, topic: str, version: str
    ) -> None:
        self._args = args
        self._known = tuple(known)
        self._asked = asked
        self._clause = clause(topic, version)
        for name in args:
            if name not in self._known:
                self.refuse(name, f"{asked} has no such parameter.", self._name_fix(name))

    def __contains__(self, name: str) -> bool:
        return name in self._args

    def read(self, name: str, convert: Callable[[str], _T], default: _D) -> _T | _D:
        """The converted value of one parameter, or the default when it was not sent."""
        return self.need(name, convert) if name in self._args else default

    def need(self, name: str, convert: Callable[[str], _T]) -> _T:
        """The converted value of a parameter that must be sent."""
        if name not in self._args:
            rule = f"{self._asked} needs this parameter, which is missing."
            self.refuse(name, rule, f"Add {name} to the address.")
        try:
            return convert(self._args[name])
        except BadValue as bad:
            self.refuse(name, bad.rule, bad.fix)

    def refuse(self, name: str, rule: str, fix: str) -> NoReturn:
        """Refuse the request because of one parameter."""
        raise QueryRefused(parameter=shown(name), rule=rule, clause=self._clause, fix=fix)

    def _name_fix(self, name: str) -> str:
        for known in self._known:
            if known.lower() == name.lower():
                return f"Parameter names are case-sensitive: write {known}."
        if not self._known:
            return "Leave it out."
        close = difflib.get_close_matches(name[:60], self._known, n=1)
        hint = f"Did you mean {close[0]}? " if close else ""
        return f"{hint}Known are {', '.join(self._known)}."


def once(sent: Iterable[tuple[str, list[str]]], *, topic: str, version: str) -> dict[str, str]:
    """The one value of each parameter; QueryRefused when one was sent twice."""
    values = dict(sent)
    for name, several in values.items():
        if len(several) > 1:
            rule = "This parameter is given more than once."
            raise QueryRefused(
                parameter=shown(name), rule=rule, clause=clause(topic, version), fix="Give it once."
            )
    return {name: several[0] for name, several in values.items()}


def as_uuid(text: str) -> UUID:
    """A UUID in its usual form."""
    if not is_uuid(text):
        raise BadValue(f"Expected a UUID; {came(text)}.", f"For example {_EXAMPLES['uuid']}.")
    return UUID(text)


def as_registration(text: str) -> str:
    """A registration in lower case, as the walk files it."""
    return str(as_uuid(text))


def as_iri(text: str) -> str:
    """An absolute IRI, as it was sent."""
    if not is_iri(text):
        rule = f"Expected an absolute IRI, with a scheme and without spaces; {came(text)}."
        raise BadValue(rule, f"For example {_EXAMPLES['iri']}.")
    return text


def as_identified(text: str) -> Identified:
    """An agent or identified group, from its JSON."""
    try:
        agent: Any = parse(text.encode("utf-8", "surrogatepass"))
        return Identified(key=check_identified(agent, "$"), agent=agent)
    except (Offence, StatementRefused) as refused:
        rule = f"Expected an agent or identified group as JSON; at {refused.path}: {refused.rule}"
        raise BadValue(rule, f"For example {_EXAMPLES['agent']}.") from None


def as_timestamp(text: str) -> datetime:
    """An instant, in UTC."""
    if text[10:11] == " ":  # RFC 3339 allows it, and tincan writes a datetime so
        text = f"{text[:10]}T{text[11:]}"
    try:
        return read_timestamp(text)
    except ValueError:
        fix = f"For example {_EXAMPLES['timestamp']}."
        if " " in text:
            fix += " In a URL the + of an offset is written %2B."
        raise BadValue(f"Expected an ISO 8601 date and time; {came(text)}.", fix) from None


def as_boolean(text: str) -> bool:
    """True or false."""
    if text not in _BOOLEANS:
        rule = f"Expected true or false; {came(text)}."
        raise BadValue(rule, "Write true or false in lower case.")
    return _BOOLEANS[text]


def as_name(text: str) -> str:
    """The id of a document: any text, of a length that an address can have."""
    if not 1 <= len(text) <= NAME_LENGTH:
        rule = f"Expected 1 to {NAME_LENGTH:,} characters; got {len(text):,}."
        raise BadValue(rule, "Give the document a short name.")
    if _UNSTORABLE.search(text):
        raise BadValue("Expected text; got a NUL or half a character in it.", "Leave it out.")
    return text
