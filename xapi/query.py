"""The parameters of GET statements: read strictly, by the rules of statement values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from xapi.parameters import (
    BadValue,
    Parameters,
    as_boolean,
    as_identified,
    as_iri,
    as_registration,
    as_timestamp,
    as_uuid,
)
from xapi.rules import came

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
_NUMBER = re.compile(r"[0-9]+")
_LARGEST = 2**31 - 1


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
    sent = Parameters(
        args, known=PARAMETERS, asked="GET statements", topic="query", version=version
    )
    _refuse_crowd_around_id(sent, args)
    agent = sent.read("agent", as_identified, None)
    return Query(
        statement_id=sent.read("statementId", as_uuid, None),
        voided_id=sent.read("voidedStatementId", as_uuid, None),
        agent=agent.key if agent else None,
        verb=sent.read("verb", as_iri, None),
        activity=sent.read("activity", as_iri, None),
        registration=sent.read("registration", as_registration, None),
        related_activities=sent.read("related_activities", as_boolean, False),
        related_agents=sent.read("related_agents", as_boolean, False),
        since=sent.read("since", as_timestamp, None),
        until=sent.read("until", as_timestamp, None),
        limit=sent.read("limit", _limit, 0),
        ascending=sent.read("ascending", as_boolean, False),
        format=sent.read("format", _format, "exact"),
        attachments=sent.read("attachments", as_boolean, False),
    )


# xAPI 1.0.3 Communication 2.1.3: an id stands alone, but for format and attachments
def _refuse_crowd_around_id(sent: Parameters, args: Mapping[str, str]) -> None:
    for name in ("statementId", "voidedStatementId"):
        beside = sorted(args.keys() - _BESIDE_AN_ID - {name})
        if name in args and beside:
            rule = f"{name} is sent alone or with format and attachments; got {beside[0]} too."
            sent.refuse(name, rule, f"Ask twice, once with {name} and once without.")


def _limit(text: str) -> int:
    if not _NUMBER.fullmatch(text):
        rule = f"Expected a whole number from 0; {came(text)}."
        raise BadValue(rule, "For example limit=50; 0 asks for as many as the server gives.")
    return min(int(text), _LARGEST) if len(text) < 12 else _LARGEST


def _format(text: str) -> str:
    if text not in FORMATS:
        raise BadValue(
            f"Expected exact, ids or canonical; {came(text)}.", "For example format=exact."
        )
    return text
