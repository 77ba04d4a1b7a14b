"""Documents of state and profiles: their tag, how JSON is merged, which writes may go ahead."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Any, NoReturn

from xapi.errors import QueryRefused, StatementRefused
from xapi.rules import both_clauses, came, clause, shown
from xapi.text import dump, parse

STATE = "state"
ACTIVITY_PROFILE = "activity-profile"
AGENT_PROFILE = "agent-profile"

JSON = "application/json"
NO_TYPE = "application/octet-stream"

# W/"..." too, since proxies that compress weaken tags; and bare ones, as TinCanJS writes them
_TAG = re.compile(r'(?:W/)?"([^"]*)"|([^\s,"]+)')
_SOMETHING = "*"
_SENT = "the document sent"
_THERE = "the document that is there"


class PreconditionFailed(QueryRefused):
    """The document is not what If-Match or If-None-Match says it is; nothing was changed."""

    status = 412


class Unguarded(QueryRefused):
    """A PUT over a document, by a client that does not say it knows it; nothing was changed."""

    status = 409


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What one write demands of the document that may be there.

    `kind` is one of the three above; the headers are as they were sent, None when they were not.
    """

    method: str
    kind: str
    version: str
    if_match: str | None = None
    if_none_match: str | None = None

    def check(self, existing: str | None) -> None:
        """Refuse the write unless it suits the tag of the document there, None when there is none.

        :raises PreconditionFailed: a header was sent and does not hold.
        :raises Unguarded: a PUT without either header would overwrite.
        :raises QueryRefused: at 1.0.3 a profile is PUT without either header.
        """
        # Communication 3.1; what it only recommends for POST and DELETE is done for them too
        if self.if_match and not matches(self.if_match, existing):
            self._fail("If-Match", self.if_match, existing)
        if self.if_none_match and matches(self.if_none_match, existing):
            self._fail("If-None-Match", self.if_none_match, existing)
        if self.method == "PUT" and not (self.if_match or self.if_none_match):
            self._check_unguarded(existing)

    def _check_unguarded(self, existing: str | None) -> None:
        newer = self.version.startswith("2")
        # Communication 3.1: at 1.0 state needs no guard; at 2.0 it needs one to overwrite
        if self.kind == STATE and not newer:
            return
        if existing is not None:
            raise Unguarded(
                parameter="If-Match",
                rule="This document exists already; a PUT without If-Match would overwrite it.",
                clause=clause("concurrency", self.version),
                fix=f'GET its current state; to replace that, send If-Match: "{existing}".',
            )
        if not newer:
            raise QueryRefused(
                parameter="If-None-Match",
                rule="A profile is PUT with If-Match or If-None-Match; neither was sent.",
                clause=clause("concurrency", self.version),
                fix="Send If-None-Match: * for a new document.",
            )

    def _fail(self, header: str, sent: str, existing: str | None) -> NoReturn:
        there = f'has the ETag "{existing}"' if existing else "does not exist"
        raise PreconditionFailed(
            parameter=header,
            rule=f"The document {there}, which {header}: {shown(sent)} rules out.",
            clause=clause("concurrency", self.version),
            fix="GET its current state and decide anew; nothing was changed.",
        )


def etag(content: bytes) -> str:
    """What stands for the content: its SHA-1 in lower-case hexadecimal (Communication 3.1)."""
    return hashlib.sha1(content, usedforsecurity=False).hexdigest()


def matches(header: str, existing: str | None) -> bool:
    """Whether an If-Match or If-None-Match header names the document that has this tag."""
    if existing is None:
        return False
    tags = [quoted or bare for quoted, bare in _TAG.findall(header)]
    return _SOMETHING in tags or existing in map(str.lower, tags)


def is_json(content_type: str) -> bool:
    """Whether a content type is application/json, whatever its parameters."""
    return content_type.partition(";")[0].strip().lower() == JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a document holds: any bytes, and what they are said to be."""

    media_type: str
    content: bytes


def posted(before: Contents | None, after: Contents) -> Contents:
    """What there is after a POST: two JSON objects become one, a first one is kept as it came.

    StatementRefused when one of two is no JSON object, or when what calls itself JSON is none.
    """
    if before is None:
        if is_json(after.media_type):
            _parse(after.content, _SENT)
        return after
    # Communication 2.2: both are application/json, or nothing changes
    for contents, whose in ((after, _SENT), (before, _THERE)):
        if not is_json(contents.media_type):
            rule = f"A POST merges JSON objects; {whose} is {shown(contents.media_type)}."
            raise _unmergeable(rule, "PUT replaces a document of any type.")
    return Contents(media_type=after.media_type, content=merge(before.content, after.content))


def merge(before: bytes, after: bytes) -> bytes:
    """The JSON object `before` with each property of `after` set in it; numbers keep every digit.

    StatementRefused unless both are JSON objects.
    """
    changes = _object(after, _SENT)
    return dump(_object(before, _THERE) | changes)  # Communication 2.2: one level deep


def _object(content: bytes, whose: str) -> dict[str, Any]:
    value = _parse(content, whose)
    if not isinstance(value, dict):
        rule = f"A POST merges JSON objects; for {whose} we {came(value)}."
        raise _unmergeable(rule, "PUT replaces a document whole.")
    return value


def _parse(content: bytes, whose: str) -> Any:
    try:
        return parse(content)
    except StatementRefused as refused:
        rule = f"{whose[0].upper()}{whose[1:]} is no JSON: {refused.rule}"
        raise _unmergeable(rule, refused.fix, refused.path) from refused


def _unmergeable(rule: str, fix: str, path: str = "$") -> StatementRefused:
    return StatementRefused(path=path, rule=rule, clause=both_clauses("document"), fix=fix)
