"""Requests of real clients as they were recorded, sent again byte for byte.

`client_recorder.py` makes the recordings. What differs from run to run stands in braces: the key,
ids that the server gave, the link to more statements. What only the server knows stands in angle
brackets in the answers.
"""

from __future__ import annotations

import base64
import http.client
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

RECORDINGS = Path(__file__).parents[2] / "data" / "clients"

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)")
RECOMPUTED = {"host", "content-length", "connection"}
OF_THE_SERVER = {"authority", "stored"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What went over the wire, but for Host, Connection and Content-Length."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What of an answer is the same every time."""

    status: int
    headers: dict[str, str]
    content: Any

    HEADERS = ("ETag", "X-Experience-API-Version", "Access-Control-Allow-Origin")


@dataclass(frozen=True, slots=True, kw_only=True)
class Got:
    """An answer as it came."""

    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def json(self) -> Any:
        """The body, which is JSON."""
        return json.loads(self.content)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """A server, and a key on it; what is sent goes out exactly as given."""

    url: str
    authorization: str

    def send(self, method: str, target: str, body: bytes = b"", **headers: str) -> Got:
        """Send a request; underscores in the names of headers stand for hyphens."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = Request(method=method, target=target, headers=named, body=body)
        return send(sent, self.url)

    def statements(self, **query: str) -> list[dict[str, Any]]:
        """What the key has stored, oldest first."""
        target = f"/xapi/statements?{urlencode({'ascending': 'true', **query})}"
        answer = self.send(
            "GET", target, Authorization=self.authorization, X_Experience_API_Version="1.0.3"
        )
        found: list[dict[str, Any]] = answer.json["statements"]
        return found

    def statement(self, sid: str) -> dict[str, Any]:
        """One statement that the key may read."""
        answer = self.send(
            "GET",
            f"/xapi/statements?statementId={sid}",
            Authorization=self.authorization,
            X_Experience_API_Version="1.0.3",
        )
        found: dict[str, Any] = answer.json
        return found


MakeWire = Callable[..., Wire]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request that a call of the client made, and the answer it got."""

    call: str
    request: Request
    answer: Answer


@dataclass(slots=True)
class Names:
    """What stands in braces, learnt from the answers as they come."""

    authorization: str
    ids: list[str] = field(default_factory=list)
    more: str = ""

    def learn(self, method: str, answer: Got) -> None:
        """Note the ids that a POST of statements gave, and a link to more."""
        if answer.status != 200 or not answer.content.startswith((b"[", b"{")):
            return
        value = answer.json
        if method == "POST" and isinstance(value, list):
            self.ids += [sid for sid in value if UUID.fullmatch(sid) and sid not in self.ids]
        elif isinstance(value, dict) and value.get("more"):
            self.more = value["more"]

    def pairs(self) -> Iterator[tuple[str, str]]:
        """Placeholder and value, longer ones first."""
        yield "{authorization}", self.authorization
        yield "{authorization, encoded}", quote(self.authorization, safe="")
        if self.more:
            yield "{more}", self.more
        for number, sid in enumerate(self.ids, 1):
            yield f"{{id {number}}}", sid

    def put_in(self, text: str) -> str:
        """A text of this run, from one of a recording."""
        for placeholder, value in self.pairs():
            text = text.replace(placeholder, value)
        return text

    def take_out(self, text: str) -> str:
        """A text of a recording, from one of this run."""
        for placeholder, value in self.pairs():
            text = text.replace(value, placeholder)
        return text


def recordings() -> list[str]:
    """The names of the recordings there are."""
    return sorted(file.stem for file in RECORDINGS.glob("*.json"))


@cache
def read_recording(name: str) -> list[Exchange]:
    """The exchanges of a recording, in order."""
    kept = json.loads((RECORDINGS / f"{name}.json").read_text())
    return [
        Exchange(
            call=entry["call"],
            request=Request(**{**entry["request"], "body": _bytes(entry["request"]["body"])}),
            answer=Answer(**entry["answer"]),
        )
        for entry in kept["exchanges"]
    ]


def replay(exchanges: list[Exchange], url: str, authorization: str) -> list[Answer]:
    """Send every request of a recording to a server, with the key given; what it answers."""
    names = Names(authorization)
    known = sent_text(exchange.request for exchange in exchanges)
    return [_again(exchange.request, url, names, known) for exchange in exchanges]


def _again(request: Request, url: str, names: Names, known: str) -> Answer:
    ours = Request(
        method=request.method,
        target=names.put_in(request.target),
        headers={name: names.put_in(value) for name, value in request.headers.items()},
        body=names.put_in(request.body.decode("latin-1")).encode("latin-1"),
    )
    answer = send(ours, url)
    names.learn(ours.method, answer)
    return steady(ours, answer, names=names, known=known)


def send(request: Request, url: str) -> Got:
    """Send a request exactly as it is."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
    connection.putrequest(request.method, request.target, skip_accept_encoding=True)
    for name, value in request.headers.items():
        connection.putheader(name, value)
    if request.body or request.method in ("POST", "PUT"):
        connection.putheader("Content-Length", str(len(request.body)))
    connection.endheaders(request.body or None)
    response = connection.getresponse()
    headers = dict(response.getheaders())
    got = Got(status=response.status, headers=headers, content=response.read())
    connection.close()
    return got


def sent_text(requests: Iterator[Request]) -> str:
    """Everything that the client itself said, to tell it from what the server added."""
    return "\n".join(f"{one.target}\n{one.body.decode('latin-1')}" for one in requests)


def steady(request: Request, answer: Got, *, names: Names, known: str) -> Answer:
    """An answer without what differs from run to run; of a refusal, not the wording."""
    headers = {name: answer.headers[name] for name in Answer.HEADERS if name in answer.headers}
    headers |= _permissions(request, answer)
    if answer.status >= 400 or not answer.content:
        return Answer(status=answer.status, headers=headers, content=None)
    media_type, _, boundary = answer.headers.get("Content-Type", "").partition("; boundary=")
    headers["Content-Type"] = media_type
    if not boundary:
        shown = _shown(answer.content, names, known)
        return Answer(status=answer.status, headers=headers, content=shown)
    parts = answer.content.split(f"--{boundary}".encode())[1:-1]
    pieces = [part.strip(b"\r\n").partition(b"\r\n\r\n") for part in parts]
    shown = [[head.decode().split("\r\n"), _shown(body, names, known)] for head, _, body in pieces]
    return Answer(status=answer.status, headers=headers, content=shown)


def _permissions(request: Request, answer: Got) -> dict[str, str]:
    """What a page needs of an answer: leave to send what it asked for, and to read the ETag."""
    found = {}
    for what in ("Method", "Headers"):
        asked = _words(request.headers.get(f"Access-Control-Request-{what}", ""))
        name = f"Access-Control-Allow-{what.rstrip('s')}s"
        if asked and request.method == "OPTIONS":
            allowed = answer.headers.get(name, "")
            found[name] = "<what was asked for>" if asked <= _words(allowed) else allowed
    exposed = _words(answer.headers.get("Access-Control-Expose-Headers", ""))
    return found | ({"Access-Control-Expose-Headers": "<ETag>"} if "etag" in exposed else {})


def _words(header: str) -> set[str]:
    return {word.strip().lower() for word in header.split(",") if word.strip()}


def _shown(content: bytes, names: Names, known: str) -> Any:
    text = content.decode()
    if not text.startswith(("[", "{")):
        return names.take_out(text)
    return _steady(json.loads(text), names, known)


def _steady(value: Any, names: Names, known: str) -> Any:
    if isinstance(value, dict):
        pairs = {key: item for key, item in value.items() if key not in OF_THE_SERVER}
        if pairs.get("more"):
            pairs["more"] = "<more>"
        return {key: _steady(item, names, known) for key, item in pairs.items()}
    if isinstance(value, list):
        return [_steady(item, names, known) for item in value]
    if not isinstance(value, str):
        return value
    text = names.take_out(value)
    text = UUID.sub(lambda found: found[0] if found[0] in known else "<id>", text)
    return MOMENT.sub(lambda found: found[0] if found[0] in known else "<moment>", text)


def _bytes(text: str) -> bytes:
    """A body as it is kept: as text where it is UTF-8, else in base64."""
    encoded = text.removeprefix("base64:")
    return text.encode() if encoded == text else base64.b64decode(encoded)
