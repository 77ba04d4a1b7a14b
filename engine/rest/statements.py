"""/api/v1/statements/bulk: many statements at once, with an answer for each of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from flask import Blueprint, Response, request
from sqlalchemy.exc import OperationalError, TimeoutError

from engine import intake
from engine.errors import Refused, TooLarge
from engine.intake import Candidate, Outcome
from engine.xapi_http import bodies, envelope, errors
from engine.xapi_http.bodies import JSON
from xapi import text
from xapi.errors import QueryRefused, StatementRefused
from xapi.rows import Row, rows_in
from xapi.shapes import is_uuid
from xapi.versions import HEADER, V2, negotiate

MOST = 10_000
"""How many statements are taken at once."""
LINES = frozenset(
    {
        "application/x-ndjson",
        "application/ndjson",
        "application/json-lines",
        "application/jsonl",
        "application/x-jsonlines",
    }
)

bp = Blueprint("rest", __name__)
errors.install(bp)


@bp.post("/statements/bulk")
def bulk() -> Response:
    """Store what can be stored; what became of each statement, in the order they came.

    One that is refused, or whose id is known with other content, spoils no other.
    """
    caller = envelope.caller()
    caller.require("statements/write")
    _refuse_parameters()
    rows = _rows(bodies.read_bytes())
    candidates = intake.candidates(rows, bodies.entries(_version(), caller))
    return _answer(rows, list(_taken(rows, candidates)))


def _refuse_parameters() -> None:
    for name in request.args:
        raise QueryRefused(
            parameter=name,
            rule="POST /api/v1/statements/bulk takes no parameters.",
            clause="",
            fix="Leave it out.",
        )


def _version() -> str:
    """The version whose rules count: 2.0, which takes what 1.0.3 takes, unless one is named."""
    named = request.headers.get(HEADER)
    return V2 if named is None else negotiate(named)


def _rows(body: bytes) -> list[Row]:
    if request.mimetype != JSON and request.mimetype not in LINES:
        raise errors.Unsupported(
            f"The content type is {request.mimetype or 'missing'}.",
            f"Send an array as {JSON}, or a statement per line as application/x-ndjson.",
        )
    if request.mimetype == JSON and not body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(
        (b"[", b"{")
    ):
        raise Refused("The body is no JSON array of statements.", "Send [{…}, {…}].")
    rows = list(islice(rows_in(body), MOST + 1))
    if len(rows) > MOST:
        raise TooLarge(f"These are more than {MOST} statements.", "Send them in several requests.")
    return rows


def _taken(rows: Sequence[Row], candidates: Iterator[Candidate]) -> Iterator[Outcome]:
    """What became of each row; once something is stored, the answer says so, whatever happens."""
    done = 0
    try:
        for portion in intake.take(candidates):
            done += len(portion)
            yield from portion
    except (OperationalError, TimeoutError):
        if not done:
            raise
        why = Refused("The record store is busy; this was not stored.", "Send it again.")
        yield from (Outcome(place=row.place, outcome="refused", why=why) for row in rows[done:])


def _answer(rows: Sequence[Row], outcomes: Sequence[Outcome]) -> Response:
    counts = Counter(one.outcome for one in outcomes)
    results = [
        _result(index, row, one)
        for index, (row, one) in enumerate(zip(rows, outcomes, strict=True))
    ]
    body = {outcome: counts[outcome] for outcome in intake.OUTCOMES} | {"results": results}
    return Response(text.dump(body), mimetype=JSON)


def _result(index: int, row: Row, one: Outcome) -> dict[str, Any]:
    sent = row.value.get("id") if isinstance(row.value, dict) else None
    sid = sent if is_uuid(sent) else str(one.sid) if one.sid else None
    error = {"error": _told(one.why)} if one.why else {}
    return {"index": index, "id": sid, "outcome": one.outcome} | error


def _told(why: StatementRefused | Refused) -> dict[str, Any]:
    """The members that a refusal has at the xAPI endpoint."""
    if isinstance(why, StatementRefused):
        return {name: value for name, value in errors.describe(why).items() if value}
    return {"error": why.why, "fix": why.mend}
