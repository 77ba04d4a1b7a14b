"""/statements and /about (xAPI 1.0.3 Communication 2.1, 2.8; IEEE 9274.1.1 4.1.6)."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Sequence
from typing import NoReturn

import orjson
from flask import Blueprint, Response, g, request, url_for

from engine.config import settings
from engine.errors import NotFound
from engine.lrs.keys import Caller
from engine.lrs.reader import Access, Page
from engine.moments import from_us
from engine.pipeline import reader, record
from engine.xapi_http import bodies, envelope, errors
from engine.xapi_http.attachments import mixed, types_of
from engine.xapi_http.bodies import JSON
from engine.xapi_http.formats import formatted
from xapi import text
from xapi.errors import QueryRefused
from xapi.query import Query, read_query
from xapi.versions import V1, V2

bp = Blueprint("xapi", __name__)
bp.before_request(envelope.open_request)
errors.install(bp)

KNOWN_1 = ("1.0.0", "1.0.1", "1.0.2", "1.0.3")


@bp.get("/about")
def about() -> Response:
    """Which versions are spoken; 1.0.x only to who says 1.0.x, since some choke on 2.0.0."""
    versions = KNOWN_1 if envelope.asked_version() == V1 else (*KNOWN_1, V2)
    return Response(text.dump({"version": list(versions)}), mimetype=JSON)


@bp.post("/statements")
def post() -> Response:
    """Store one statement or many, all or none (Communication 2.1.2)."""
    g.caller.require("statements/write")
    for name in request.args:
        _refuse(name, "POST /statements takes no parameters.", "Leave it out.")
    entries = bodies.read_batch()
    g.through = record(entries).through
    ids = [entry.statement.get("id", str(entry.sid)) for entry in entries]
    return Response(text.dump(ids), mimetype=JSON)


@bp.put("/statements")
def put() -> Response:
    """Store one statement under the id in the address (Communication 2.1.1)."""
    g.caller.require("statements/write")
    g.through = record([bodies.read_one(_put_id())]).through
    return Response(status=204)


@bp.get("/statements")
def get() -> Response:
    """One statement by its id, or a page of those that match (Communication 2.1.3)."""
    access = _access()
    arguments = _arguments()
    query = read_query(arguments, version=g.xapi_version)
    if query.statement_id or query.voided_id:
        return _one(query, access)
    return _page(query, arguments, access, None)


@bp.get("/more/<token>")
def more(token: str) -> Response:
    """The next page of a query; who may read what is checked anew (Communication 2.1.3)."""
    access = _access()
    arguments, position = _read_token(token)
    return _page(read_query(arguments, version=g.xapi_version), arguments, access, position)


def _one(query: Query, access: Access) -> Response:
    sid, voided = query.statement_id or query.voided_id, query.voided_id is not None
    stored = reader().get(sid, access, voided=voided) if sid else None
    if stored is None:
        raise NotFound(
            "No such statement.", "Check the id; a voided one is found by voidedStatementId."
        )
    [body] = _formatted([stored.payload], query, access)
    response = _answer(body, query, [stored.seq], [stored.payload])
    response.last_modified = from_us(stored.seq)
    return response


def _page(query: Query, arguments: dict[str, str], access: Access, after: int | None) -> Response:
    if query.attachments:
        most = settings().max_body
        page = reader().page_with_attachments(query, access, after=after, most=most)
    else:
        page = reader().page(query, access, after=after)
    shown = b",".join(_formatted(page.payloads, query, access))
    more = text.dump(_more(page, arguments))
    body = b'{"statements":[' + shown + b'],"more":' + more + b"}"
    return _answer(body, query, page.seqs, page.payloads)


def _formatted(payloads: Sequence[bytes], query: Query, access: Access) -> Sequence[bytes]:
    return formatted(payloads, query, access, request.headers.get("Accept-Language"))


def _answer(body: bytes, query: Query, seqs: Sequence[int], payloads: Sequence[bytes]) -> Response:
    """JSON, or with attachments=true what came with the statements behind it (Data 2.4.11)."""
    if not query.attachments:
        return Response(body, mimetype=JSON)
    return mixed(body, reader().attachments(seqs), types_of(payloads))


def _more(page: Page, arguments: dict[str, str]) -> str:
    """A relative address that goes on after this page; empty at the end."""
    if page.position is None:
        return ""
    token = base64.urlsafe_b64encode(orjson.dumps([arguments, page.position])).decode()
    return url_for("xapi.more", token=token)


def _read_token(token: str) -> tuple[dict[str, str], int]:
    """What `_more` wrote: the filters, and the position after which the next page begins."""
    refusal = NotFound("This is no link to a next page.", "Start the query anew.")
    try:
        arguments, position = orjson.loads(base64.urlsafe_b64decode(token))
    except (ValueError, TypeError) as error:
        raise refusal from error
    if not isinstance(arguments, dict) or type(position) is not int:
        raise refusal
    if not all(isinstance(value, str) for value in arguments.values()):
        raise refusal
    return arguments, position


def _access() -> Access:
    """What the caller may read; a scope narrower than the key's reach narrows it."""
    caller: Caller = g.caller
    caller.require("statements/read", "statements/read/mine", "all/read")
    if caller.scopes.isdisjoint({"all", "all/read", "statements/read"}):
        return Access(origin=caller.authority.origin)
    return caller.access


def _arguments() -> dict[str, str]:
    """The query parameters, each once (Communication 3.2)."""
    for name, values in request.args.lists():
        if len(values) > 1:
            _refuse(name, "This parameter is given more than once.", "Give it once.")
    return request.args.to_dict()


def _put_id() -> uuid.UUID:
    arguments = _arguments()
    sid = read_query(arguments, version=g.xapi_version).statement_id
    if sid is None or len(arguments) > 1:
        rule = "PUT /statements takes exactly the parameter statementId."
        _refuse("statementId", rule, "PUT /statements?statementId=UUID")
    return sid


def _refuse(parameter: str, rule: str, fix: str) -> NoReturn:
    clause = "xAPI 1.0.3 Communication 3.2 / IEEE 9274.1.1 4.1.6.1"
    raise QueryRefused(parameter=parameter, rule=rule, clause=clause, fix=fix)
