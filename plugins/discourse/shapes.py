"""From the bytes of a delivery to reports: webhook bodies, lists of them, and the forum's pages."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from engine.api import BadReport, Delivery, Failed, Skipped
from plugins.forums.record import MEND, Record, failed, found

KINDS = ("post", "topic", "like", "solved")
"""The event types that are read; a webhook body has one member of that name."""

UNUSED = {
    "ping", "user", "group", "category", "tag", "user_badge", "group_user", "user_promoted",
    "reviewable", "notification", "chat_message", "assign", "category_experts", "topic_voting",
    "calendar_event",
}  # fmt: skip
"""Event types that may stand in a file of webhook bodies and are left out by name."""

WRAPPINGS = ("payload", "body", "webhook_body", "data")
EXPECTED = (
    "a Discourse webhook body (post, topic, like or solved), a list of them,"
    " or the JSON of a topic page (/t/ID.json), /posts.json or /latest.json"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One happening as it was found.

    :param kind: one of KINDS, or "answer": the accepted answer in a topic page.
    :param event: Discourse's name of it, such as "post_edited"; "" in a page.
    :param page: what it stood in and may complete it: a topic page, a list with its users.
    """

    kind: str
    event: str
    record: Record
    page: Record


def reports(delivery: Delivery) -> list[Report | Skipped | Failed]:
    """Everything in one delivery; refuses it when no part is of a shape Discourse sends."""
    event, kind = heading(delivery.headers)
    documents = load(delivery.body)
    outcomes: list[Report | Skipped | Failed] = []
    unknown: list[BadReport] = []
    for document in documents:
        before = len(outcomes)
        try:
            for outcome in unfold(document, event, kind):
                outcomes.append(outcome)
        except BadReport as error:
            unknown += [error] if len(outcomes) == before else []
            outcomes.append(failed(error))
    if unknown and len(unknown) == len(documents):
        raise unknown[0]
    if not outcomes:
        raise BadReport(f"0 rows: expected {EXPECTED}, found none.", MEND)
    return outcomes


def heading(headers: Mapping[Any, Any]) -> tuple[str, str]:
    """The event's name and type; where only the name is given, the type it belongs to."""
    named = {str(name).lower(): str(value).strip().lower() for name, value in headers.items()}
    event = named.get("x-discourse-event", "")
    return event, named.get("x-discourse-event-type", "") or kind_of(event)


def kind_of(event: str) -> str:
    if event.endswith("accepted_solution"):
        return "solved"
    return "like" if event == "post_liked" else event.partition("_")[0]


def load(body: bytes) -> list[Record]:
    """The documents of a body: one object, a JSON array, JSON lines, or a form with `payload`."""
    try:
        text = body.decode(json.detect_encoding(body)).lstrip("\ufeff").strip("\0 \t\r\n")
    except UnicodeDecodeError as error:
        raise BadReport(f"Expected {EXPECTED}, found bytes that are no text.", MEND) from error
    if text.startswith("payload="):
        text = parse_qs(text)["payload"][0] if parse_qs(text) else ""
    value = parsed(text)
    if isinstance(value, dict):
        return [Record(value, "")]
    if isinstance(value, str):
        value = [parsed(line) for line in text.split("\n") if line.strip()]
    if not isinstance(value, list):
        raise BadReport(f"Expected {EXPECTED}, found {found(value)}.", MEND)
    return [Record(each, f"[{n}]") for n, each in enumerate(value)]


def kind_of_body(body: bytes) -> str:
    """The event type of a webhook body that came without the header: the name of its member."""
    try:
        members = load(body)[0].members
    except (BadReport, IndexError):
        return ""
    return str(next(iter(members), "")) if isinstance(members, dict) else ""


def parsed(text: str) -> Any:
    """The JSON value, or the text itself where it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def unfold(document: Record, event: str, kind: str) -> Iterator[Report | Skipped]:
    """The reports in one document, told by its members; `event` and `kind` come from headers."""
    # A relay puts its own wrapping round a wrapped body, so there may be two.
    document, event, kind = unwrap(*unwrap(document, event, kind))
    members, empty = document.members, Record({}, "")
    if not isinstance(members, dict):
        raise BadReport(f"Expected {EXPECTED}, found {found(members)}.", MEND, where=document.row)
    if "post_stream" in members:
        yield from topic_page(document)
    elif "latest_posts" in members:
        for post in document.records("latest_posts"):
            yield Report(kind="post", event="", record=post, page=empty)
    elif "topic_list" in members:
        for topic in document.record("topic_list").records("topics"):
            yield Report(kind="topic", event="", record=topic, page=document)
    elif used := [name for name in KINDS if name in members]:
        for name in used:
            yield Report(kind=name, event=event, record=document.record(name), page=empty)
    elif len(members) == 1 and UNUSED.issuperset(members):
        name = min(members)
        yield Skipped(row=document.at(name), why=f"Events of type {name} are not used.")
    elif kind := kind if kind in KINDS else bare(members):
        yield Report(kind=kind, event=event, record=Record(members, document.at(kind)), page=empty)
    else:
        raise BadReport(f"Expected {EXPECTED}, found {found(members)}.", MEND, where=document.row)


def bare(members: Mapping[str, Any]) -> str:
    """What an object without a name round it is: a post (/posts/ID.json), a topic, or neither."""
    if {"post_number", "topic_id"} <= members.keys():
        return "post"
    return "topic" if {"title", "slug", "posts_count"} <= members.keys() else ""


def unwrap(document: Record, event: str, kind: str) -> tuple[Record, str, str]:
    """Take a payload out of what logs and relays put round it, with the event named there."""
    members = document.members
    if not isinstance(members, dict) or is_payload(members):
        return document, event, kind
    for name in WRAPPINGS:
        inner = members.get(name)
        inner = parsed(inner) if isinstance(inner, str) else inner
        if isinstance(inner, dict):
            named = {
                "x-discourse-event": members.get("event") or members.get("event_name") or event,
                "x-discourse-event-type": members.get("event_type") or "",
            }
            headers = members.get("headers") or members.get("webhook_headers")
            named |= headers if isinstance(headers, dict) else {}
            return Record(inner, document.row), *heading(named)
    return document, event, kind


def is_payload(members: Mapping[str, Any]) -> bool:
    return any(isinstance(members.get(name), dict) for name in (*KINDS, "post_stream"))


def topic_page(page: Record) -> Iterator[Report]:
    """The posts of /t/ID.json, its start where the first post is on another page, its answers."""
    posts = page.record("post_stream").records("posts")
    for post in posts:
        yield Report(kind="post", event="", record=post, page=page)
    if page.get("created_at") and post_at(posts, 1) is None:
        yield Report(
            kind="topic", event="", record=Record(page.members, page.at("topic")), page=page
        )
    answers = page.records("accepted_answers")
    if not answers and page.get("accepted_answer"):
        answers = [page.record("accepted_answer")]
    for answer in answers:
        yield Report(kind="answer", event="", record=answer, page=page)


def post_at(posts: list[Record], number: Any) -> Record | None:
    """The post with this number among those of a page."""
    numbered = (post for post in posts if isinstance(post.members, dict))
    return next((post for post in numbered if post.members.get("post_number") == number), None)
