"""/activities and /agents: what is known of one of them (xAPI 1.0.3 Communication 2.4, 2.5)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import Response, g, request

from engine.db import reading
from engine.lrs.callers import Caller
from engine.lrs.reader import Access
from engine.people import accounts
from engine.people import service as people
from engine.pipeline import definitions, reader
from engine.xapi_http.bodies import JSON
from engine.xapi_http.statements import bp
from xapi import persons, text
from xapi.parameters import Identified, Parameters, as_identified, as_iri, once
from xapi.query import read_query

_STATEMENTS = ("statements/read", "statements/read/mine", "all/read")
_OTHERS = {"all", "all/read", "statements/read"}


@bp.get("/activities")
def activities() -> Response:
    """An activity with all that is said of it; one nobody has heard of has its id alone."""
    access = _access("profile", "define")
    iri = _parameters("activityId").need("activityId", as_iri)
    with reading() as connection:
        known = definitions().read(connection, [iri], access)
    found: dict[str, Any] = {"objectType": "Activity", "id": iri}
    if iri in known:
        found["definition"] = known[iri]
    return _answer(found)


@bp.get("/agents")
def agents() -> Response:
    """The Person that an agent is, as far as the caller may know her."""
    access = _access("profile")
    sent = _parameters("agent")
    asked = sent.need("agent", as_identified)
    if asked.agent.get("objectType") == "Group":
        rule = "Expected an agent; got a group."
        sent.refuse("agent", rule, "Ask for the group's members one by one.")
    names = _names(asked, access) if _has({"all", *_STATEMENTS}) else ()
    keys = _keys(asked.key) if access.everything else ()
    return _answer(persons.person(asked.agent, names, keys))


def _names(asked: Identified, access: Access) -> Iterator[str]:
    """What the newest statements about an agent call her, the newest first."""
    arguments = {"agent": text.dump(asked.agent).decode(), "limit": str(persons.MOST_NAMES)}
    page = reader().page(read_query(arguments, version=g.xapi_version), access)
    for payload in page.payloads:
        yield from persons.names(text.parse(payload), asked.key)


def _keys(key: str) -> list[str]:
    """Every identifier of the learner whose this one is; only who reads everything is told."""
    return [
        other
        for owner in people.owners([key]).values()
        for other in people.keys_of(owner)
        if not other.startswith((accounts.USERNAME, accounts.EXTERNAL_ID))  # no agent has those
    ]


def _access(*scopes: str) -> Access:
    """What the caller may know; without a scope for what others sent, what she sent herself."""
    caller: Caller = g.caller
    caller.require(*_STATEMENTS, *scopes)
    return caller.access if _has(_OTHERS) else Access(origin=caller.authority.origin)


def _has(scopes: set[str]) -> bool:
    caller: Caller = g.caller
    return not caller.scopes.isdisjoint(scopes)


def _parameters(name: str) -> Parameters:
    """The parameters of a look-up, which are one."""
    topic, version = request.path.rpartition("/")[2], g.xapi_version
    return Parameters(
        once(request.args.lists(), topic=topic, version=version),
        known=[name],
        asked=f"{request.method} /{topic}",
        topic=topic,
        version=version,
    )


def _answer(found: dict[str, Any]) -> Response:
    response = Response(text.dump(found), mimetype=JSON)
    response.add_etag()
    response.make_conditional(request)
    return response
