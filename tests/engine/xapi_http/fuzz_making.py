"""Requests that are wrong: statements that break one rule, and bytes changed at random."""

from __future__ import annotations

import base64
import gzip
import random
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from attachment_making import CONTENT, MIXED, a_part, attached, mixed
from factories import a_statement, headers
from werkzeug.test import TestResponse
from xapi_making import STATEMENTS, Lms
from xapi_samples import full, modern, planned, short

from engine.lrs.keys import NewKey
from engine.pipeline import reader
from xapi import text

BULK = "/api/v1/statements/bulk"
TOKEN = "/xapi/oauth/token"
LINES = "application/x-ndjson"
FORM = "application/x-www-form-urlencoded"
AGENT = '{"mbox":"mailto:bo@example.org"}'
COURSE = "https://example.org/course"

TOKENS = (
    *(b"{", b"}", b"[", b"]", b'"', b"'", b",", b":", b"\\", b"\n", b"\x0b", b"/**/", b"null"),
    *(b"\\u0000", b"\\ud800", b"\\x", b"\x00", b"\xff", b"\xc0\x80", b"\xed\xa0\x80"),
    *(b"\xef\xbb\xbf", b"\xfe\xff", b"\xf4\x90\x80\x80", b"\xe2\x80\xa8"),
    *(b"NaN", b"-Infinity", b"-", b"-0", b"01", b".5", b"1e999999999", b"1E400", b"9" * 6000),
    *(b"[" * 2000, b'{"a":' * 200, b'"id":"x",', b"\r\n--", b"%00", b"%ed%a0%80", b"&", b"="),
)
VALUES: tuple[Any, ...] = (
    *(None, True, 0, -1, 1.5, 10**30, "", "x", "a\0b", "é" * 900, [], [[]], {}, {"": None}),
    *("NaN", "-1", "9" * 30, "1e9", "2026-02-30", "9999-12-31T23:59:60Z", "0000-01-01T00:00:00Z"),
    *("urn:x", "http://x", "http://e.org/\0", "mailto:a@b.c", "exact", "true", "P9Y", "*"),
    *({"mbox": "mailto:a@b.org"}, {"objectType": "Group", "member": []}, {"account": {"name": 1}}),
)
NAMES = (
    *("agent", "verb", "activity", "registration", "since", "until", "limit", "format", "method"),
    *("attachments", "ascending", "statementId", "voidedStatementId", "related_agents", "more"),
    *("activityId", "stateId", "profileId", "x", "", "\0", "é"),
)
RESOURCES = (
    *(STATEMENTS, "/xapi/activities/state", "/xapi/activities/profile", "/xapi/agents/profile"),
    *("/xapi/agents", "/xapi/activities", "/xapi/about", "/xapi/more/x", "/xapi/more/W10="),
)
DOCUMENTS = {
    "/xapi/activities/state": {"activityId": COURSE, "agent": AGENT, "stateId": "s"},
    "/xapi/activities/profile": {"activityId": COURSE, "profileId": "p"},
    "/xapi/agents/profile": {"agent": AGENT, "profileId": "p"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A request; `headers` stand beside the usual ones."""

    method: str = "POST"
    path: str = STATEMENTS
    data: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)

    def by(self, lms: Lms) -> TestResponse:
        """Send it."""
        return lms.send(self.method, self.path, data=self.data, with_=self.headers)


def faults(lms: Lms, requests: Iterable[Sent]) -> list[str]:
    """What was answered otherwise than it must be, and to what."""
    return [f"{fault}: {sent!r:.2000}" for sent in requests for fault in _faults(lms, sent)]


def _faults(lms: Lms, sent: Sent) -> Iterator[str]:
    before = reader().last()
    answer = sent.by(lms)
    if answer.status_code >= 500:
        yield str(answer.status_code)
    if answer.status_code >= 400:
        if not _is_head(sent) and not _gives_a_reason(answer):
            yield f"{answer.status_code} without a reason"
        if reader().last() != before:
            yield f"{answer.status_code}, and stored"


def _is_head(sent: Sent) -> bool:
    """Whether the answer has no body, so no reason."""
    return sent.method == "HEAD" or sent.path.endswith("?method=HEAD")


def _gives_a_reason(answer: TestResponse) -> bool:
    told = answer.get_json(silent=True)
    return bool(isinstance(told, dict) and told.get("error"))


class Chance:
    """Makes requests that are mostly wrong; the same ones for the same seed."""

    def __init__(self, seed: int, key: NewKey) -> None:
        self._chance = random.Random(seed)
        self._key = key

    def requests(self, count: int, *doors: str) -> Iterator[Sent]:
        """So many requests, to these doors or to all in turn."""
        made = [getattr(self, f"_{door}") for door in doors or DOORS]
        for at in range(count):
            yield made[at % len(made)]()

    def bytes(self, body: bytes) -> bytes:
        """A body with a few changes: cut, flipped, moved, doubled, filled in."""
        changed = bytearray(body)
        for _ in range(self._chance.choice((1, 1, 1, 2, 5))):
            self._chance.choice(_CHANGES)(changed, self._chance)
        return bytes(changed)

    def _statements(self) -> bytes:
        """A statement or some, sound so far."""
        made = self._chance.choice((full, short, planned, modern, a_statement))()
        made["id"] = str(uuid.UUID(int=self._chance.getrandbits(128), version=4))
        if self._chance.random() < 0.6:
            return text.dump(made)
        return text.dump([a_statement(), made, a_statement()])

    def _post(self) -> Sent:
        return Sent(data=self.bytes(self._statements()), headers=self._version())

    def _put(self) -> Sent:
        made = a_statement()
        path = f"{STATEMENTS}?statementId={made['id']}"
        return Sent(method="PUT", path=path, data=self.bytes(text.dump(made)))

    def _multipart(self) -> Sent:
        body = self.bytes(mixed(attached(CONTENT), a_part()))
        return Sent(data=body, headers={"Content-Type": self._chance.choice(_BOUNDARIES)})

    def _packed(self) -> Sent:
        body = gzip.compress(self._statements(), 1)
        coding = self._chance.choice(("gzip", "deflate", "br", "", "gzip, gzip", "\xff"))
        return Sent(data=self.bytes(body), headers={"Content-Encoding": coding})

    def _bulk(self) -> Sent:
        lines = b"\n".join(self._statements() for _ in range(3))
        kind = self._chance.choice((LINES, LINES, "application/json"))
        return Sent(path=BULK, data=self.bytes(lines), headers={"Content-Type": kind})

    def _query(self) -> Sent:
        method = self._chance.choice(("GET", "GET", "GET", "HEAD", "DELETE", "OPTIONS", "PATCH"))
        asked = "&".join(self._parameter() for _ in range(self._chance.choice((1, 2, 3))))
        path = f"{self._chance.choice(RESOURCES)}?{asked}"
        return Sent(method=method, path=path, headers=self._version() | self._preferences())

    def _document(self) -> Sent:
        path, named = self._chance.choice(list(DOCUMENTS.items()))
        if self._chance.random() < 0.5:
            named = named | {self._chance.choice([*named, "since", "registration"]): self._value()}
        return Sent(
            method=self._chance.choice(("PUT", "POST", "GET", "DELETE")),
            path=f"{path}?{urlencode(named)}",
            data=self.bytes(self._statements()),
            headers=self._preferences() | {"Content-Type": self._chance.choice(_TYPES)},
        )

    def _tunnelled(self) -> Sent:
        made = a_statement()
        content = {"content": text.dump(made).decode(), "statementId": made["id"]}
        form = headers(self._key) | content
        if self._chance.random() < 0.5:
            del form[self._chance.choice(list(form))]
        method = self._chance.choice(("PUT", "PUT", "GET", "POST", "DELETE", "HEAD", "", "%00"))
        return Sent(
            path=f"{self._chance.choice(RESOURCES)}?method={method}",
            data=self.bytes(urlencode(form).encode()),
        )

    def _token(self) -> Sent:
        asked = self._chance.choice(("", "all", "statements/write " * 500, "\0", "é"))
        form = {"grant_type": "client_credentials", "scope": asked, "client_id": self._key.key}
        body = urlencode(form | {"client_secret": self._key.secret}).encode()
        kind = {"Content-Type": self._chance.choice((FORM, FORM, f"{FORM}; charset=x", "a/b"))}
        return Sent(path=TOKEN, data=self.bytes(body), headers=kind | self._stranger())

    def _shown(self) -> Sent:
        return Sent(method="GET", headers=self._stranger() | self._version())

    def _stranger(self) -> dict[str, str]:
        """An Authorization that is mostly none."""
        scheme = self._chance.choice(("Basic", "Bearer", "basic", "Digest", "", "\xff", "Basic\t"))
        pair = f"{self._key.key}:{self._key.secret}".encode()
        proof = self._chance.choice(
            (self.bytes(pair), base64.b64encode(self.bytes(pair)), b"\xff", b"", b"a.b", b"=" * 5)
        )
        shown = f"{scheme} {proof.decode('latin-1')}"
        return {"Authorization": shown.translate(_ONE_LINE)}

    def _version(self) -> dict[str, str]:
        said = ("1.0.3", "1.0.3", "2.0.0", "2.0.0", "", "1.0." + "9" * 900, "3", "\xff")
        return {"X-Experience-API-Version": self._chance.choice(said)}

    def _preferences(self) -> dict[str, str]:
        return {
            "Accept-Language": self._chance.choice(("en", "*;q=9", "x" * 2000, ",,;", "\xff")),
            "If-Match": self._chance.choice(("", "", "*", '"', 'W/"a", b', "\xff")),
            "If-None-Match": self._chance.choice(("", "", "*", '"a')),
        }

    def _parameter(self) -> str:
        value = quote(self._value()) if self._chance.random() < 0.8 else "%zz%ff%00%ed%a0%80"
        return f"{quote(self._chance.choice(NAMES))}={value}"

    def _value(self) -> str:
        value = self._chance.choice(VALUES)
        return value if isinstance(value, str) else text.dump(value).decode()


_ONE_LINE = str.maketrans("\r\n", "  ")
_BOUNDARIES = (
    *([MIXED] * 6),
    *("multipart/mixed", "multipart/mixed; boundary=", 'multipart/mixed; boundary="', "a/b"),
    *(f"{MIXED}; boundary=b", f"multipart/mixed; boundary={'b' * 80}"),
)
_TYPES = (
    *(["application/json"] * 4),
    *("text/plain", "", "x", "a/b;\x7f", "a/b;\xe9", "application/json; charset=\xff", MIXED),
)
DOORS = ("post", "put", "multipart", "packed", "bulk", "query", "document", "tunnelled", "token",
         "shown")  # fmt: skip


def _cut(body: bytearray, chance: random.Random) -> None:
    del body[_place(body, chance) :]


def _flip(body: bytearray, chance: random.Random) -> None:
    if body:
        body[_place(body, chance)] ^= 1 << chance.randrange(8)


def _insert(body: bytearray, chance: random.Random) -> None:
    at = _place(body, chance)
    body[at:at] = chance.choice(TOKENS)


def _drop(body: bytearray, chance: random.Random) -> None:
    at = _place(body, chance)
    del body[at : at + chance.randrange(1, 30)]


def _double(body: bytearray, chance: random.Random) -> None:
    at = _place(body, chance)
    body[at:at] = body[at : at + chance.randrange(1, 200)]


def _repeat_member(body: bytearray, chance: random.Random) -> None:
    start = body.find(b",", _place(body, chance))
    end = body.find(b",", start + 1)
    if 0 <= start < end:
        body[start:start] = body[start:end]


def _swap_quotes(body: bytearray, chance: random.Random) -> None:
    body[:] = body.replace(b'"', b"'", chance.randrange(1, 9))


def _encode_anew(body: bytearray, chance: random.Random) -> None:
    coding = chance.choice(("utf-16", "utf-8", "utf-32", "utf-8-sig", "utf-7"))
    body[:] = body.decode("latin-1").encode(coding)


def _place(body: bytearray, chance: random.Random) -> int:
    return chance.randrange(len(body) or 1)


_CHANGES: tuple[Callable[[bytearray, random.Random], None], ...] = (
    *(_cut, _flip, _insert, _insert, _drop, _double, _repeat_member, _swap_quotes, _encode_anew),
)
