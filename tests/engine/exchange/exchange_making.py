"""Another record store that keeps what it is sent and misbehaves as it is told; and ways to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from lrs_making import an_entry
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from engine.db import db, transaction
from engine.exchange import forwarding, forwards, pulling, pulls
from engine.exchange.taking import Pulled
from engine.lrs.models import ForwardRow, PullRow
from engine.lrs.store import Authority, Entry
from engine.pipeline import reader, record
from xapi import attachments, multipart, text
from xapi.times import read_timestamp

NEVER = "0001-01-01T00:00:00Z"
ME = "elsewhere:1:me"
"""Who works in tests; nobody of this machine, so she counts as living."""


@dataclass
class Elsewhere:
    """A record store on loopback; `kept` is what it has by id.

    `answers` are given in place of its own, one after the other; whatever holds one of the `bad`
    ids is refused with `status`, more statements than `most` with 413. Asked for statements, it
    gives `stored`, rising as it is asked, or as it likes; `more` leads where it is told. While it
    is `silent`, it keeps statements and the gateway in front of it says 504.
    """

    server: HTTPServer
    kept: dict[str, dict[str, Any]] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    answers: list[Response] = field(default_factory=list)
    bad: set[str] = field(default_factory=set)
    status: int = 400
    most: int = 1000
    stored: list[dict[str, Any]] = field(default_factory=list)
    page_size: int = 100
    order: str = "as asked"
    more: str = ""
    silent: int = 0

    def __post_init__(self) -> None:
        for method, answer in (("POST", self._post), ("GET", self._get)):
            self.server.expect_request("/xapi/statements", method=method).respond_with_handler(
                answer
            )

    @property
    def url(self) -> str:
        """Its endpoint."""
        return self.server.url_for("/xapi")

    @property
    def bodies(self) -> list[bytes]:
        """What was POSTed."""
        return [one.get_data() for one in self.requests if one.method == "POST"]

    def _post(self, request: Request) -> Response:
        self.requests.append(request)
        sent = statements_in(request)
        if self.answers:
            return self.answers.pop(0)
        if len(sent) > self.most:
            return Response("too much at once", 413)
        if any(one["id"] in self.bad for one in sent):
            return Response(f"one of {len(sent)} is no good", self.status)
        self.kept |= {one["id"]: one for one in sent}
        if self.silent:
            self.silent -= 1
            return Response("", 504)
        return Response(text.dump([one["id"] for one in sent]), mimetype="application/json")

    def _get(self, request: Request) -> Response:
        self.requests.append(request)
        if self.answers:
            return self.answers.pop(0)
        if "statementId" in request.args:
            found = self.kept.get(request.args["statementId"])
            return Response(text.dump(found), 200 if found else 404)
        return self._page(request)

    def _page(self, request: Request) -> Response:
        since, start = request.args.get("since", NEVER), int(request.args.get("start", "0"))
        found = [one for one in self.stored if stored_at(one) > read_timestamp(since)]
        if self.order != "as it likes":
            found.sort(key=stored_at, reverse=self.order == "falling")
        end = start + min(self.page_size, int(request.args.get("limit", "100")))
        more = self.more or f"/xapi/statements?since={since}&start={end}"
        result = {"statements": found[start:end], "more": more if end < len(found) else ""}
        return Response(text.dump(result), mimetype="application/json")


def stored_at(statement: dict[str, Any]) -> datetime:
    """When it says that it was stored."""
    return read_timestamp(statement["stored"])


def statements_in(request: Request) -> list[dict[str, Any]]:
    """The statements of a request, with or without attachments."""
    body = request.get_data()
    if request.mimetype == "multipart/mixed":
        body = attachments.statements_in(multipart.read(body, request.headers["Content-Type"]))
    found: list[dict[str, Any]] = text.parse(body)
    return found


def a_forward(url: str, **given: Any) -> ForwardRow:
    """A forward of what is public, from the start of the log."""
    wish = {"username": "us", "secret": "hush", "version": "2.0.0", "from_start": True, **given}
    with transaction():
        row = forwards.add("b", forwards.Wish(url=url, **wish), after=reader().last())
        db.session.expunge(row)
        return row


def change(**given: Any) -> None:
    """Change the forward; whatever kept it, its time has come."""
    with transaction():
        forwards.change(forwards.get("b"), forwards.Wish(**given))


def send() -> None:
    """Let the worker look at the whole log, as far as the other store lets it."""
    while forwarding.advance(ME):
        pass


def the_forward() -> ForwardRow:
    """The forward as it is now."""
    db.session.rollback()
    db.session.expire_all()
    return forwards.get("b")


def letters() -> list[forwards.Letter]:
    """What was refused by now."""
    return forwards.letters(the_forward())


def said(
    authority: Authority, *, count: int = 1, audience: str = "public", **given: Any
) -> list[str]:
    """Store statements that may leave; their ids."""
    return put(*(an_entry(authority, audience, **given) for _ in range(count)))


def put(*entries: Entry) -> list[str]:
    """Store entries one by one; their ids."""
    db.session.rollback()
    for entry in entries:
        record([entry])
    return [str(entry.sid) for entry in entries]


def a_pull(url: str, *, basis: str = "notice", **given: Any) -> PullRow:
    """A pull of everything, whenever it is asked to."""
    wish = {"username": "us", "secret": "hush", "version": "2.0.0", **given}
    with transaction():
        row = pulls.add("p", pulls.Wish(url=url, **wish), basis=basis)
        db.session.expunge(row)
        return row


def fetch() -> Pulled:
    """Pull once, to the end."""
    found = Pulled()
    for stretch in pulling.run(the_pull().id):
        found = found.plus(stretch)
    return found


def the_pull() -> PullRow:
    """The pull as it is now."""
    db.session.rollback()
    db.session.expire_all()
    return pulls.get("p")


def here() -> list[dict[str, Any]]:
    """Every statement of our own log, in its order."""
    return [text.parse(one.payload) for one in reader().log(0, 10_000)]


def ids(statements: Sequence[dict[str, Any]]) -> list[str]:
    """Their ids."""
    return [one["id"] for one in statements]
