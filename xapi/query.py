"""The parameters of GET statements: read strictly, by the rules of statement values."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
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

PARAMETERS = (
    "statementId",
    "voidedStatementId",
    "agent",
    "verb",
    "activity",
    "registration",
    "related_activities",
    "related_agents",
    "since",
    "until",
    "limit",
    "format",
    "attachments",
    "ascending",
)
FORMATS = ("exact", "ids", "canonical")

_BESIDE_AN_ID = frozenset({"format", "attachments"})
_BOOLEANS = {"true": True, "false": False, "True": True, "False": False}  # tincan's str(True)
_NUMBER = re.compile(r"[0-9]+")
_LARGEST = 2**31 - 1

_EXAMPLES = {
    "agent": 'agent={"mbox":"mailto:anna@example.org"} (URL-encoded)',
    "iri": "http://adlnet.gov/expapi/verbs/attended (URL-encoded)",
    "uuid": "8f87ccde-bb56-4c2e-ab83-44982ef22df0",
    "timestamp": "2026-03-19T14:05:00Z",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Query:
    """What a client asks of the statements; `agent` is the agent's key, see xapi.actors."""

    statement_id: UUID | None
    voided_id: UUID | None
    agent: str | None
    verb: str | None
    activity: str | None
    registration: str | None
    related_activities: bool
    related_agents: bool
    since: datetime | None
    until: datetime | None
    limit: int
    ascending: bool
    format: str
    attachments: bool


def read_query(args: Mapping[str, str], *, version: str) -> Query:
    """Read the parameters of GET statements; QueryRefused at the first that breaks a rule.

    Names are case-sensitive and unknown ones are refused. `registration` comes back in lower
    case, as the walk files it; `limit` 0 means the server's own maximum.
    """
    reader = _Reader(args, version)
    reader.refuse_unknown_names()
    reader.refuse_crowd_around_id()
    return Query(
        statement_id=reader.read("statementId", _uuid, None),
        voided_id=reader.read("voidedStatementId", _uuid, None),
        agent=reader.read("agent", _agent, None),
        verb=reader.read("verb", _iri, None),
        activity=reader.read("activity", _iri, None),
        registration=reader.read("registration", _registration, None),
        related_activities=reader.read("related_activities", _boolean, False),
        related_agents=reader.read("related_agents", _boolean, False),
        since=reader.read("since", _timestamp, None),
        until=reader.read("until", _timestamp, None),
        limit=reader.read("limit", _limit, 0),
        ascending=reader.read("ascending", _boolean, False),
        format=reader.read("format", _format, "exact"),
        attachments=reader.read("attachments", _boolean, False),
    )


class _Bad(Exception):
    """A value that breaks its rule: what was expected and what came, and the mend."""

    def __init__(self, rule: str, fix: str) -> None:
        super().__init__(rule, fix)
        self.rule = rule
        self.fix = fix


@dataclass(frozen=True, slots=True)
class _Reader:
    args: Mapping[str, str]
    version: str

    def read(self, name: str, convert: Callable[[str], _T], default: _T) -> _T:
        """The converted value of one parameter, or the default when it was not sent."""
        if name not in self.args:
            return default
        try:
            return convert(self.args[name])
        except _Bad as bad:
            self._refuse(name, bad.rule, bad.fix)

    def refuse_unknown_names(self) -> None:
        for name in self.args:
            if name not in PARAMETERS:
                self._refuse(name, "GET statements has no such parameter.", _name_fix(name))

    # xAPI 1.0.3 Communication 2.1.3: an id stands alone, but for format and attachments
    def refuse_crowd_around_id(self) -> None:
        for name in ("statementId", "voidedStatementId"):
            beside = sorted(self.args.keys() - _BESIDE_AN_ID - {name})
            if name in self.args and beside:
                rule = f"{name} is sent alone or with format and attachments; got {beside[0]} too."
                self._refuse(name, rule, f"Ask twice, once with {name} and once without.")

    def _refuse(self, name: str, rule: str, fix: str) -> NoReturn:
        raise QueryRefused(
            parameter=shown(name), rule=rule, clause=clause("query", self.version), fix=fix
        )


def _name_fix(name: str) -> str:
    for known in PARAMETERS:
        if known.lower() == name.lower():
            return f"Parameter names are case-sensitive: write {known}."
    close = difflib.get_close_matches(name[:60], PARAMETERS, n=1)
    hint = f"Did you mean {close[0]}? " if close else ""
    return f"{hint}Known are {', '.join(PARAMETERS)}."


def _uuid(text: str) -> UUID:
    if not is_uuid(text):
        raise _Bad(f"Expected a UUID; {came(text)}.", f"For example {_EXAMPLES['uuid']}.")
    return UUID(text)


def _registration(text: str) -> str:
    return str(_uuid(text))


def _iri(text: str) -> str:
    if not is_iri(text):
        rule = f"Expected an absolute IRI, with a scheme and without spaces; {came(text)}."
        raise _Bad(rule, f"For example {_EXAMPLES['iri']}.")
    return text


def _agent(text: str) -> str:
    try:
        agent: Any = parse(text.encode("utf-8", "surrogatepass"))
        return check_identified(agent, "$")
    except (Offence, StatementRefused) as refused:
        rule = f"Expected an agent or identified group as JSON; at {refused.path}: {refused.rule}"
        raise _Bad(rule, f"For example {_EXAMPLES['agent']}.") from None


def _timestamp(text: str) -> datetime:
    if text[10:11] == " ":  # RFC 3339 allows it, and tincan writes a datetime so
        text = f"{text[:10]}T{text[11:]}"
    try:
        return read_timestamp(text)
    except ValueError:
        fix = f"For example {_EXAMPLES['timestamp']}."
        if " " in text:
            fix += " In a URL the + of an offset is written %2B."
        raise _Bad(f"Expected an ISO 8601 date and time; {came(text)}.", fix) from None


def _boolean(text: str) -> bool:
    if text not in _BOOLEANS:
        raise _Bad(f"Expected true or false; {came(text)}.", "Write true or false in lower case.")
    return _BOOLEANS[text]


def _limit(text: str) -> int:
    if not _NUMBER.fullmatch(text):
        rule = f"Expected a whole number from 0; {came(text)}."
        raise _Bad(rule, "For example limit=50; 0 asks for as many as the server gives.")
    return min(int(text), _LARGEST) if len(text) < 12 else _LARGEST


def _format(text: str) -> str:
    if text not in FORMATS:
        raise _Bad(f"Expected exact, ids or canonical; {came(text)}.", "For example format=exact.")
    return text
