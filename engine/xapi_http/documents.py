"""/activities/state, /activities/profile and /agents/profile (Communication 2.2, 2.3, 2.6, 2.7)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from flask import Response, g, request

from engine.errors import NotFound
from engine.lrs import documents
from engine.lrs.callers import Caller
from engine.lrs.documents import Context, Document
from engine.moments import from_us, to_us
from engine.xapi_http import bodies
from engine.xapi_http.bodies import JSON
from engine.xapi_http.statements import bp
from xapi import text
from xapi.documents import (
    ACTIVITY_PROFILE,
    AGENT_PROFILE,
    NO_TYPE,
    STATE,
    Condition,
    Contents,
    matches,
)
from xapi.errors import QueryRefused
from xapi.parameters import (
    Parameters,
    as_identified,
    as_iri,
    as_name,
    as_registration,
    as_timestamp,
    once,
)
from xapi.rules import came, clause
from xapi.shapes import is_media_type
from xapi.versions import V1


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One of the three: where it is, what it is asked with, and the scope that opens it."""

    kind: str
    path: str
    about: tuple[str, ...]
    name: str
    scope: str


RESOURCES = (
    Resource(
        kind=STATE,
        path="/activities/state",
        about=("activityId", "agent", "registration"),
        name="stateId",
        scope="state",
    ),
    Resource(
        kind=ACTIVITY_PROFILE,
        path="/activities/profile",
        about=("activityId",),
        name="profileId",
        scope="profile",
    ),
    Resource(
        kind=AGENT_PROFILE,
        path="/agents/profile",
        about=("agent",),
        name="profileId",
        scope="profile",
    ),
)


def get(resource: Resource) -> Response:
    """One document by its name, or the names of those there are."""
    g.caller.require(resource.scope, "all/read")
    sent = _parameters(resource, "since")
    context = _context(resource, sent)
    since = sent.read("since", as_timestamp, None)
    if resource.name in sent:
        return _one(context, sent.need(resource.name, as_name))
    listing = documents.names(
        context,
        origin=g.caller.authority.origin,
        everything=_reads_everything(),
        since=None if since is None else to_us(since),
    )
    response = Response(text.dump(listing.names), mimetype=JSON)
    if listing.updated_at is not None:
        response.last_modified = from_us(listing.updated_at)
    return response


def put(resource: Resource) -> Response:
    """Keep a document as it comes."""
    return _write(resource, documents.put)


def post(resource: Resource) -> Response:
    """Keep a new document, or merge JSON into the one there."""
    return _write(resource, documents.post)


def delete(resource: Resource) -> Response:
    """Delete one document; of state, without a name, all of its context (Communication 2.3)."""
    g.caller.require(resource.scope)
    sent = _parameters(resource)
    context = _context(resource, sent)
    origin, condition = g.caller.authority.origin, _condition(resource)
    if resource.kind == STATE and resource.name not in sent:
        documents.clear(context, origin=origin, condition=condition)
    else:
        name = sent.need(resource.name, as_name)
        documents.delete(context, name, origin=origin, condition=condition)
    return Response(status=204)


def _write(resource: Resource, keep: Callable[..., Document]) -> Response:
    g.caller.require(resource.scope)
    sent = _parameters(resource)
    kept = keep(
        _context(resource, sent),
        sent.need(resource.name, as_name),
        _contents(),
        origin=g.caller.authority.origin,
        condition=_condition(resource),
    )
    return _tagged(Response(status=204), kept)


def _one(context: Context, name: str) -> Response:
    origin = g.caller.authority.origin
    found = documents.read(context, name, origin=origin, everything=_reads_everything())
    if found is None:
        raise NotFound("There is no such document.", "Check its name and what it is about.")
    if matches(request.headers.get("If-None-Match", ""), found.etag):
        return _tagged(Response(status=304), found)
    contents = found.contents
    return _tagged(Response(contents.content, content_type=contents.media_type), found)


def _tagged(response: Response, kept: Document) -> Response:
    response.set_etag(kept.etag)
    response.last_modified = from_us(kept.updated_at)
    return response


def _reads_everything() -> bool:
    """Whether others' documents are read too; the scopes of a resource are for one's own."""
    caller: Caller = g.caller
    return caller.access.everything and not caller.scopes.isdisjoint({"all", "all/read"})


def _parameters(resource: Resource, *more: str) -> Parameters:
    version = g.xapi_version
    sent = once(request.args.lists(), topic=resource.kind, version=version)
    if version == V1 and sent.get("registration") == "":  # courses launched without one say so
        sent = {name: value for name, value in sent.items() if name != "registration"}
    return Parameters(
        sent,
        known=(*resource.about, resource.name, *more),
        asked=f"{request.method} {resource.path}",
        topic=resource.kind,
        version=version,
    )


def _context(resource: Resource, sent: Parameters) -> Context:
    about = resource.about
    return Context(
        kind=resource.kind,
        activity=sent.need("activityId", as_iri) if "activityId" in about else None,
        agent=sent.need("agent", as_identified).key if "agent" in about else None,
        registration=sent.read("registration", as_registration, None),
    )


def _condition(resource: Resource) -> Condition:
    return Condition(
        method=request.method,
        kind=resource.kind,
        version=g.xapi_version,
        if_match=request.headers.get("If-Match"),
        if_none_match=request.headers.get("If-None-Match"),
    )


def _contents() -> Contents:
    """The body as it came, and what it is said to be."""
    media_type = request.headers.get("Content-Type", "").strip() or NO_TYPE
    if not is_media_type(media_type):
        raise QueryRefused(
            parameter="Content-Type",
            rule=f"Expected a media type; {came(media_type)}.",
            clause=clause("document", g.xapi_version),
            fix=f"For example {JSON}; without the header it is {NO_TYPE}.",
        )
    return Contents(media_type=media_type, content=bodies.read_bytes())


_VIEWS = {"GET": get, "PUT": put, "POST": post, "DELETE": delete}

for _resource in RESOURCES:
    for _method, _view in _VIEWS.items():
        _endpoint = f"{_resource.kind}-{_method.lower()}"
        bp.add_url_rule(_resource.path, _endpoint, partial(_view, _resource), methods=[_method])
