"""What GitHub's command line gives: `gh issue list --json ...`, `gh pr list --json ...`.

It names things otherwise than the API that `github` reads; here they get the API's names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from engine.api import BadReport
from plugins.forums.record import Record

MEND = "List it with --json number,title,url,author,createdAt,comments (of changes also reviews)."
_SUBJECT = re.compile(r"https?://[^/]+/[^/]+/[^/]+/(issues|pull)/\d+")
_COMMENT = re.compile(r"#issuecomment-(\d{1,18})$")
_NAMES = {
    "number": "number", "title": "title", "body": "body", "labels": "labels", "id": "node_id",
    "url": "html_url", "createdAt": "created_at", "updatedAt": "updated_at",
    "mergedAt": "merged_at", "submittedAt": "submitted_at", "state": "state",
}  # fmt: skip


def is_listed(members: Mapping[str, Any]) -> bool:
    """Whether this is an issue or a change as the command line lists them."""
    url = members.get("url")
    return isinstance(url, str) and _SUBJECT.fullmatch(url) is not None and "title" in members


def told(entry: Record) -> Iterator[tuple[str, Record]]:
    """An issue or change, its comments and its reviews, each with the kind of a report.

    :raises BadReport: it was listed without its time or its author.
    """
    if entry.get("createdAt") is None or not entry.has("author"):
        raise BadReport("It does not say who wrote it and when.", MEND, where=entry.row)
    is_pull = "/pull/" in (entry.text("url") or "")
    subject = _named(entry.members) | ({"merged_by": _user(entry, "mergedBy")} if is_pull else {})
    yield ("pull" if is_pull else "issue"), Record(subject, entry.row)
    beside = {"pull_request" if is_pull else "issue": subject}
    for one in entry.records("comments"):
        number = _COMMENT.search(one.text("url") or "")
        comment = _named(one.members) | {"id": number[1] if number else None}
        yield "issue_comment", Record({"comment": comment, **beside}, one.row)
    for one in entry.records("reviews"):
        review = _named(one.members) | {"html_url": subject["html_url"]}
        yield "pull_request_review", Record({"review": review, **beside}, one.row)


def _named(members: Any) -> dict[str, Any]:
    given = Record(members, "")
    found = {ours: given.get(theirs) for theirs, ours in _NAMES.items()}
    return found | {"user": _user(given, "author")}


def _user(given: Record, name: str) -> dict[str, Any] | None:
    if not isinstance(given.get(name), dict):
        return None
    author = given.record(name)
    is_bot = author.flag("is_bot") or (author.text("type") or "").casefold() == "bot"
    return {"login": author.text("login"), "type": "Bot" if is_bot else "User"}
