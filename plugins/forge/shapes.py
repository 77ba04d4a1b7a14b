"""From the bytes of a delivery to reports: webhook bodies, lists of them, answers of the APIs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from engine.api import BadReport, Delivery, Failed, Skipped, read_json
from plugins.forge import gh
from plugins.forge.telling import MEND, failed
from plugins.forums.record import Record, found

GITHUB = {
    "issues", "issue_comment", "pull_request", "pull_request_review",
    "pull_request_review_comment", "commit_comment", "discussion", "discussion_comment",
}  # fmt: skip
GITLAB = {"issue", "work_item", "merge_request", "note", "issue hook", "note hook"}
"""The events that are read; others are answered with "not used"."""

EXPECTED = (
    "a webhook body of GitHub or GitLab, a list of them, or what their API answers for issues,"
    " pull or merge requests, reviews, comments or events, or what gh lists with --json"
)
_HUB_BODIES = {
    "pull_request_review": ("review", "pull_request"),
    "pull_request_review_comment": ("comment", "pull_request"),
    "discussion_comment": ("comment", "discussion"),
    "issue_comment": ("comment", "issue"),
    "pull_request": ("pull_request",),
    "discussion": ("discussion",),
    "issues": ("issue",),
    "commit_comment": ("comment",),
}
"""The members by which a body is known where the header is missing; the first that fits."""
_WRAPPINGS = ("payload", "body", "request", "event")
_OWN = {"object_kind", "number", "iid", "html_url"}
"""What has one of these is told itself; a `body` in it is what somebody wrote."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One happening as it was found.

    :param forge: "github" or "gitlab".
    :param kind: an event of GITHUB or GITLAB; of a list, what its entries are: "issue", "pull",
        "comment", "line_comment", "review", "change", "event".
    :param repository: the repository as far as it is known; of a list it may have no members.
    """

    forge: str
    kind: str
    record: Record
    repository: Record


def reports(delivery: Delivery) -> list[Report | Skipped | Failed]:
    """Everything in one delivery; refuses it when no part is of a shape that a forge sends."""
    outcomes: list[Report | Skipped | Failed] = []
    unknown: list[BadReport] = []
    documents = list(_documents(delivery.body))
    headers = {str(name).lower(): str(value).lower() for name, value in delivery.headers.items()}
    for document in documents:
        try:
            outcomes += _unfold(document, headers)
        except BadReport as error:
            unknown.append(error)
            outcomes.append(failed(error))
    if unknown and len(unknown) == len(documents):
        raise unknown[0]
    if not documents:
        raise BadReport(f"0 rows: expected {EXPECTED}, found an empty list.", MEND)
    return outcomes


def kind_of_body(body: bytes) -> str:
    """The event of a body that came without GitHub's header; "" where it cannot be told."""
    try:
        members = _payload(next(_documents(body)).members)
    except (BadReport, StopIteration):
        return ""
    if not isinstance(members, dict):
        return ""
    return str(members.get("object_kind") or _event(members))


def _documents(body: bytes) -> Iterator[Record]:
    """One object, a JSON array, JSON lines, or GitHub's form with `payload`."""
    body = body.strip()
    if body.startswith(b"payload="):
        body = "".join(parse_qs(body.decode("ascii", "replace")).get("payload", [])[:1]).encode()
    try:
        value = read_json(body, what="What the forge sent")
    except BadReport:
        lines = [line for line in body.splitlines() if line.strip()]
        if len(lines) < 2 or not all(line.lstrip().startswith(b"{") for line in lines):
            raise
        value = [read_json(line, what="A line of the file") for line in lines]
    if isinstance(value, dict):
        yield Record(value, "")
    elif isinstance(value, list):
        yield from (Record(each, f"[{n}]") for n, each in enumerate(value))
    else:
        raise BadReport(f"Expected {EXPECTED}, found {found(value)}.", MEND)


def _payload(members: Any) -> Any:
    """Out of what logs and relays put round a body, be it an object or its text."""
    if isinstance(members, dict) and not (_event(members) or members.keys() & _OWN):
        for name in _WRAPPINGS:
            inner = members.get(name)
            if isinstance(inner, str) and inner.lstrip().startswith("{"):
                try:
                    inner = json.loads(inner)
                except (ValueError, RecursionError):
                    continue
            if isinstance(inner, dict):
                return _payload(inner)
    return members


def _event(members: Mapping[str, Any]) -> str:
    """The event of GitHub that has these members, or ""."""
    if "repository" not in members and "action" not in members:
        return ""
    fitting = (
        event
        for event, names in _HUB_BODIES.items()
        if all(isinstance(members.get(name), dict) for name in names)
    )
    return next(fitting, "")


def _unfold(document: Record, headers: Mapping[str, str]) -> Iterator[Report | Skipped]:
    members = _payload(document.members)
    if not isinstance(members, dict):
        raise BadReport(f"Expected {EXPECTED}, found {found(members)}.", MEND, where=document.row)
    record = Record(members, document.row)
    if "object_kind" in members:
        yield from _lab_hook(record)
    elif isinstance(members.get("entries"), list):
        for entry in record.records("entries"):
            yield from _entry(entry, record.record("repository"))
    elif event := _event(members) or _named(headers):
        if event not in GITHUB:
            yield Skipped(row=document.row or "1", why=f"Events of type {event[:60]} are not used.")
        else:
            yield Report(
                forge="github",
                kind=event,
                record=record,
                repository=_repository(record, document.members),
            )
    elif "zen" in members or ("pusher" in members and "commits" in members):
        yield Skipped(row=document.row or "1", why="Pings and pushes are not used.")
    elif other := _other(document.members, members):
        yield Skipped(row=document.row or "1", why=f"Events of {other[:60]} are not used.")
    else:
        yield from _entry(record, Record({}, ""))


def _repository(record: Record, around: Any) -> Record:
    """The repository of an event; GitHub's list of events only says whether it is open."""
    is_closed = bool(_listed(around)) and around.get("public") is False
    return Record({"private": True}, "") if is_closed else record.record("repository")


def _other(around: Any, members: Mapping[str, Any]) -> str:
    """What an event is that is none of ours; "" where it is no event."""
    for name in (_listed(around), members.get("event_name")):
        if isinstance(name, str) and name:
            return f"type {name}"
    is_hook = isinstance(members.get("sender"), dict) and "pusher" not in members
    return "another type" if is_hook else ""


def _listed(around: Any) -> str:
    """The type of an entry in GitHub's list of events, such as "PushEvent"."""
    kind = around.get("type") if isinstance(around, dict) and "payload" in around else None
    return kind if isinstance(kind, str) and kind.endswith("Event") else ""


def _named(headers: Mapping[str, str]) -> str:
    return headers.get("x-github-event", "").strip()


def _lab_hook(record: Record) -> Iterator[Report | Skipped]:
    kind = (record.text("object_kind") or "").lower()
    if kind not in GITLAB:
        yield Skipped(row=record.row or "1", why=f"Events of type {kind[:60]} are not used.")
        return
    yield Report(forge="gitlab", kind=f"hook {kind}", record=record, repository=_project(record))


def _project(hook: Record) -> Record:
    """The project; a GitLab before 8 names it as what a change is aimed at."""
    change = hook.get("object_attributes")
    is_older = not hook.get("project") and isinstance(change, dict) and change.get("target")
    return hook.record("object_attributes").record("target") if is_older else hook.record("project")


def _entry(entry: Record, repository: Record) -> Iterator[Report | Skipped]:
    """An entry of a list that an API answered, told by its members."""
    has = entry.members.keys() if isinstance(entry.members, dict) else ()
    shapes = (
        ("gitlab", "event", {"action_name", "project_id"}),
        ("gitlab", "change", {"iid", "web_url", "source_branch"}),
        ("gitlab", "issue", {"iid", "web_url", "author"}),
        # A change names the address of its issue, as a comment does: it has to be known first.
        ("github", "pull", {"number", "html_url", "head", "base"}),
        ("github", "review", {"pull_request_url", "submitted_at", "state"}),
        ("github", "line_comment", {"pull_request_url", "html_url", "body"}),
        ("github", "comment", {"issue_url", "html_url", "body"}),
        ("github", "issue", {"number", "html_url", "title"}),
    )
    for forge, kind, names in shapes:
        if names <= set(has):
            yield Report(forge=forge, kind=kind, record=entry, repository=repository)
            return
    if has and gh.is_listed(entry.members):
        for kind, record in gh.told(entry):
            yield Report(forge="github", kind=kind, record=record, repository=repository)
        return
    raise BadReport(f"Expected {EXPECTED}, found {found(entry.members)}.", MEND, where=entry.row)
