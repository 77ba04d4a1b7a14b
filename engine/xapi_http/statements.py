"""/statements and /about (xAPI 1.0.3 Communication 2.1, 2.8; IEEE 9274.1.1 4.1.6)."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Sequence

from typing import Any

import orjson
from flask import Blueprint, Response, g, request, url_for

from engine.config import settings
from engine.errors import NotFound, Refused, TooLarge, Unauthorized
from engine.lrs import keys
from engine.lrs.keys import Caller
from engine.lrs.reader import Access, Page
from engine.lrs.store import Entry
from engine.moments import from_us, iso
from engine.pipeline import reader, record
from engine.xapi_http import errors
from xapi import text
from xapi.errors import QueryRefused, StatementRefused
from xapi.query import Query, read_query
from xapi.versions import negotiate
from xapi.walk import walk

bp = Blueprint("xapi", __name__)
errors.install(bp)

JSON = "application/json"
VERSION = "X-Experience-API-Version"
THROUGH = "X-Experience-API-Consistent-Through"
KNOWN_1 = ["1.0.0", "1.0.1", "1.0.2", "1.0.3"]
# What a statement without a version gets (xAPI 1.0.3 Data 2.4.10; IEEE 9274.1.1 4.2.4.3).
DEFAULT_VERSION = {"1.0.3": "1.0.0", "2.0.0": "2.0.0"}


@bp.before_request
def open_request() -> None:
    """Settle the version and the caller before anything is read (Communication 3.3, 4.0)."""
    g.version = settings().xapi_default_version
    if request.path.rstrip("/").endswith("/about"):
        return
    g.version = negotiate(request.headers.get(VERSION))
    g.caller = _caller()


@bp.after_request
def close_request(response: Response) -> Response:
    """The version on every answer, errors too (Communication 3.3)."""
    response.headers[VERSION] = g.get("version", settings().xapi_default_version)
    if "/statements" in request.path:
        response.headers[THROUGH] = iso(reader().last())
    return response


def _caller() -> Caller:
    basic = request.authorization
    if basic is None or basic.type != "basic":
        raise Unauthorized(
            "This needs a key.", "Send HTTP Basic: the key's name and its secret."
        )
    return keys.authenticate(basic.username or "", basic.password or "")


@bp.get("/about")
@bp.get("/about/", endpoint="about_slash")
def about() -> Response:
    """Which versions are spoken; 1.0.x only to a client that says 1.0.x, since some choke on 2.0."""
    old = (request.headers.get(VERSION) or "").startswith("1.0")
    versions = KNOWN_1 if old else [*KNOWN_1, "2.0.0"]
    if old:
        g.version = "1.0.3"
    return Response(text.dump({"version": versions}), mimetype=JSON)


@bp.post("/statements")
@bp.post("/statements/")
def post() -> Response:
    """Store one statement or many, all or none (Communication 2.1.2)."""
    g.caller.require("statements/write")
    _refuse_parameters()
    body = _body()
    batch = body if isinstance(body, list) else [body]
    where = "$[{}]" if isinstance(body, list) else "$"
    entries = [_entry(one, where.format(at)) for at, one in enumerate(batch)]
    _refuse_repeats(entries)
    record(entries)
    return Response(text.dump([str(entry.sid) for entry in entries]), mimetype=JSON)


@bp.put("/statements")
@bp.put("/statements/")
def put() -> Response:
    """Store one statement under the id in the address (Communication 2.1.1)."""
    g.caller.require("statements/write")
    sid = _put_id()
    statement = _body()
    if not isinstance(statement, dict):
        raise StatementRefused(
            path="$",
            rule="PUT takes one statement; this is not a JSON object.",
            clause="xAPI 1.0.3 Communication 2.1.1",
            fix="Send one statement, or POST an array.",
        )
    inside = statement.setdefault("id", str(sid))
    if not isinstance(inside, str) or inside.lower() != str(sid):
        raise StatementRefused(
            path="$.id",
            rule=f"The statement's id differs from statementId={sid}.",
            clause="xAPI 1.0.3 Communication 2.1.1",
            fix="Use the same id in both places, or leave it out of the statement.",
        )
    record([_entry(statement, "$")])
    return Response(status=204)


@bp.get("/statements")
@bp.get("/statements/")
def get() -> Response:
    """One statement by its id, or a page of those that match (Communication 2.1.3)."""
    query = read_query(_arguments(), version=g.version)
    access = _access()
    if query.statement_id or query.voided_id:
        return _one(query, access)
    return _page(query, dict(_arguments()), access, None)


@bp.get("/more/<token>")
def more(token: str) -> Response:
    """The next page of a query; who may read what is checked anew (Communication 2.1.3)."""
    try:
        arguments, position = orjson.loads(base64.urlsafe_b64decode(token.encode()))
        query = read_query(arguments, version=g.version)
        return _page(query, arguments, _access(), int(position))
    except (ValueError, TypeError) as error:
        raise NotFound("This is no link to a next page.", "Start the query anew.") from error


def _one(query: Query, access: Access) -> Response:
    sid, voided = query.statement_id or query.voided_id, query.voided_id is not None
    stored = reader().get(sid, access, voided=voided) if sid else None
    if stored is None:
        raise NotFound("No such statement.", "Check the id; a voided one is found by its voided id.")
    response = Response(stored.payload, mimetype=JSON)
    response.last_modified = from_us(stored.seq)
    return response


def _page(query: Query, arguments: dict[str, str], access: Access, after: int | None) -> Response:
    page = reader().page(query, access, after=after)
    body = b'{"statements":[' + b",".join(page.payloads) + b'],"more":'
    return Response(body + text.dump(_more(page, arguments)) + b"}", mimetype=JSON)


def _more(page: Page, arguments: dict[str, str]) -> str:
    """A relative address that goes on after this page; empty at the end."""
    if page.position is None:
        return ""
    token = base64.urlsafe_b64encode(orjson.dumps([arguments, page.position])).decode()
    return url_for("xapi.more", token=token)


def _access() -> Access:
    caller: Caller = g.caller
    caller.require("statements/read", "statements/read/mine", "all/read")
    if caller.scopes.isdisjoint({"all", "all/read", "statements/read"}):
        return Access(origin=caller.authority.origin)
    return caller.access


def _arguments() -> dict[str, str]:
    """The query parameters, each once (Communication 3.2)."""
    for name, values in request.args.lists():
        if len(values) > 1:
            raise QueryRefused(
                parameter=name,
                rule="This parameter is given more than once.",
                clause="xAPI 1.0.3 Communication 3.2",
                fix="Give it once.",
            )
    return request.args.to_dict()


def _refuse_parameters() -> None:
    for name in request.args:
        raise QueryRefused(
            parameter=name,
            rule="POST /statements takes no parameters.",
            clause="xAPI 1.0.3 Communication 3.2",
            fix="Leave it out.",
        )


def _put_id() -> uuid.UUID:
    arguments = _arguments()
    if set(arguments) != {"statementId"}:
        raise QueryRefused(
            parameter="statementId",
            rule="PUT /statements takes exactly the parameter statementId.",
            clause="xAPI 1.0.3 Communication 2.1.1",
            fix="PUT /statements?statementId=UUID",
        )
    sid = read_query(arguments, version=g.version).statement_id
    assert sid is not None
    return sid


def _body() -> Any:
    if request.mimetype != JSON:
        raise Refused(
            f"The content type is {request.mimetype or 'missing'}.", f"Send {JSON}."
        )
    length = request.content_length or 0
    if length > settings().max_body:
        raise TooLarge(f"More than {settings().max_body} bytes.", "Send smaller batches.")
    return text.parse(request.get_data())


def _entry(statement: Any, path: str) -> Entry:
    walked = walk(statement, version=g.version, path=path)
    sid = uuid.UUID(statement["id"]) if "id" in statement else uuid.uuid4()
    statement.setdefault("version", DEFAULT_VERSION[g.version])
    return Entry(
        sid=sid, statement=statement, walked=walked, authority=g.caller.authority
    )


def _refuse_repeats(entries: Sequence[Entry]) -> None:
    """No two statements of a batch share an id (IEEE 9274.1.1 4.1.6.1)."""
    seen: set[uuid.UUID] = set()
    for at, entry in enumerate(entries):
        if entry.sid in seen:
            raise StatementRefused(
                path=f"$[{at}].id",
                rule=f"The id {entry.sid} stands twice in this batch.",
                clause="IEEE 9274.1.1 4.1.6.1",
                fix="Give every statement an id of its own.",
            )
        seen.add(entry.sid)
