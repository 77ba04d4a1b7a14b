"""What GitHub's webhooks and its REST interface say, and what it becomes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from engine.api import Activity, Failed, Gone, Skipped
from plugins.forge.shapes import Report
from plugins.forge.telling import (
    CHANGE,
    ISSUE,
    REVIEWED,
    SUBMITTED,
    Forge,
    Person,
    Place,
    Subject,
    Told,
)
from plugins.forums.record import Record

Outcome = Activity | Gone | Skipped | Failed
_PATH = re.compile(r"https?://[^/]+(?:/api/v3)?(?:/repos)?/([^/]+/[^/]+)/")
_ANCHOR = re.compile(r"#.*$")


@dataclass(frozen=True, slots=True)
class GitHub:
    """Reads the reports of one GitHub."""

    forge: Forge

    def read(self, report: Report) -> Iterator[Outcome]:
        record = report.record
        match report.kind:
            case "issues":
                yield from self._issue(record.record("issue"), report)
            case "issue":
                yield from self._issue(record, report)
            case "pull_request":
                yield from self._pull(record.record("pull_request"), report)
            case "pull":
                yield from self._pull(record, report)
            case "discussion":
                yield from self._discussion(record.record("discussion"), report)
            case "pull_request_review":
                yield from self._review(record.record("review"), report)
            case "review":
                yield from self._review(record, report)
            case "comment" | "line_comment":
                yield from self._comment(record, report)
            case _:
                yield from self._comment(record.record("comment"), report)

    def _issue(self, issue: Record, report: Report) -> Iterator[Outcome]:
        """An issue; in lists of issues the changes stand too, with a member `pull_request`."""
        if issue.get("pull_request"):
            yield from self._pull(issue, report)
            return
        place, subject = self._place(report, issue), self._subject(issue, report)
        if _action(report) in ("deleted", "transferred"):
            yield Gone(key=subject.key, rows=(_row(issue),))
            return
        yield self.forge.tell(_written(issue, subject, place, verb="created"))

    def _pull(self, pull: Record, report: Report) -> Iterator[Outcome]:
        place, subject = self._place(report, pull), self._subject(pull, report)
        told = _written(pull, subject, place, verb=SUBMITTED)
        yield self.forge.tell(told)
        merged = pull.moment("merged_at")
        if merged and pull.get("merged_by"):
            merger = _person(pull.record("merged_by"))
            row = pull.at("merged_by")
            acceptance = _written(pull, subject, place, verb="", person=merger, at=merged, row=row)
            yield self.forge.accepted(
                acceptance, key=f"merged:{subject.key}", target=subject.key, author=told.person
            )

    def _discussion(self, discussion: Record, report: Report) -> Iterator[Outcome]:
        place, subject = self._place(report, discussion), self._subject(discussion, report)
        if _action(report) in ("deleted", "transferred"):
            yield Gone(key=subject.key, rows=(_row(discussion),))
            return
        is_question = subject.type == "question"
        verb = "asked" if is_question else "created"
        yield self.forge.tell(_written(discussion, subject, place, verb=verb))
        answer = report.record.record("answer") if report.record.has("answer") else None
        if answer is None or not discussion.get("answer_chosen_at"):
            return
        chosen = discussion.moment("answer_chosen_at") or discussion.created()
        row, chooser = discussion.at("answer"), _person(discussion.record("answer_chosen_by"))
        told = _written(answer, subject, place, verb="", person=chooser, at=chosen, row=row)
        target = f"discussion-comment:{answer.digits('id')}"
        yield self.forge.accepted(
            told, key=f"answer:{subject.key}", target=target, author=_person(answer.record("user"))
        )

    def _review(self, review: Record, report: Report) -> Iterator[Outcome]:
        """A review with a verdict or words of its own; others only hold comments on lines."""
        state = (review.text("state") or "").casefold()
        at = review.moment("submitted_at") or review.moment("created_at")
        if state in ("pending", "dismissed") or at is None:
            yield Skipped(row=_row(review), why="A review that was not given, or was dismissed.")
            return
        if state == "commented" and not review.text("body"):
            yield Skipped(row=_row(review), why="A review that only holds comments on lines.")
            return
        place, subject = self._place(report, review), self._about(review, report)
        keys = _keys("review", review)
        yield self.forge.tell(_written(review, subject, place, verb=REVIEWED, keys=keys, at=at))

    def _comment(self, comment: Record, report: Report) -> Iterator[Outcome]:
        place, subject = self._place(report, comment), self._about(comment, report)
        keys = _keys(_kind_of_comment(comment, report), comment)
        if _action(report) == "deleted":
            yield Gone(key=keys[0], rows=(_row(comment),))
            return
        verb = "replied" if keys[0].startswith("discussion") else "commented"
        yield self.forge.tell(_written(comment, subject, place, verb=verb, keys=keys))

    def _place(self, report: Report, record: Record) -> Place:
        """The repository, as the report names it, else out of the addresses of what it holds."""
        named = report.repository.text("full_name")
        for name in ("repository_url", "html_url", "issue_url", "url"):
            found = None if named else _PATH.match((record.text(name) or "") + "/")
            named = found[1] if found else named
        if not named:
            raise record.wrong("html_url", "the address of something in a repository")
        visibility = report.repository.text("visibility") or "public"
        return self.forge.place(
            named,
            report.repository.text("html_url") or f"{self._root(record)}/{named}",
            is_private=report.repository.flag("private") or visibility != "public",
        )

    def _root(self, record: Record) -> str:
        """The forge that the address of a record names."""
        named = record.text("html_url") or ""
        return "/".join(named.split("/")[:3]) if "://" in named else self.forge.url

    def _about(self, record: Record, report: Report) -> Subject:
        """What a comment or a review belongs to: told beside it, or by its address alone."""
        for name in ("issue", "pull_request", "discussion"):
            if isinstance(report.record.get(name), dict):
                return self._subject(report.record.record(name), report)
        address = _ANCHOR.sub("", record.text("html_url") or "")
        number = re.search(r"/(issues|pull|discussions)/(\d+)$", address)
        if not number:
            kind = CHANGE if "/commit/" in address else "discussion"
            return Subject(key=address, url=address, title=None, type=kind)
        path = self._place(report, record).path
        kind = {"issues": ISSUE, "pull": CHANGE, "discussions": "discussion"}[number[1]]
        key = f"{_NAMES[number[1]]}:{path.lower()}#{number[2]}"
        return Subject(key=key, url=address, title=None, type=kind)

    def _subject(self, record: Record, report: Report) -> Subject:
        path, number = self._place(report, record).path, record.digits("number")
        address = record.text("html_url") or ""
        part = next((name for name in _NAMES if f"/{name}/" in address), "issues")
        part = "pull" if record.get("pull_request") or record.has("merged_at") else part
        type_ = {"issues": ISSUE, "pull": CHANGE, "discussions": "discussion"}[part]
        if part == "discussions" and record.record("category").get("is_answerable"):
            type_ = "question"
        return Subject(
            key=f"{_NAMES[part]}:{path.lower()}#{number}",
            url=f"{self.forge.url}/{path}/{part}/{number}",
            title=record.text("title"),
            type=type_,
        )


_NAMES = {"issues": "issue", "pull": "change", "discussions": "discussion"}
"""The part of an address -> what a key begins with."""


def _action(report: Report) -> str:
    return (report.record.text("action") or "").lower() if report.record.has("action") else ""


def _row(record: Record) -> str:
    return record.row or "1"


def _kind_of_comment(comment: Record, report: Report) -> str:
    if report.kind in ("line_comment", "pull_request_review_comment"):
        return "line-comment"
    names = {"discussion_comment": "discussion-comment", "commit_comment": "commit-comment"}
    return names.get(report.kind, "comment")


def _keys(kind: str, record: Record) -> tuple[str, ...]:
    """Its number and its global id; the command line gives the second alone for a review."""
    node = record.text("node_id")
    has_number = record.get("id") is not None or node is None
    numbers = (f"{kind}:{record.digits('id')}",) if has_number else ()
    return (*numbers, *([f"node:{node}"] if node else []))


def _person(user: Record) -> Person | None:
    login = user.text("login")
    if login is None:
        return None
    return Person(login=login, is_bot=(user.text("type") or "").casefold() == "bot")


def _written(
    record: Record,
    subject: Subject,
    place: Place,
    *,
    verb: str,
    keys: tuple[str, ...] = (),
    person: Person | None = None,
    at: datetime | None = None,
    row: str = "",
) -> Told:
    """What somebody wrote, by its usual members; a subject has its global id as second key."""
    node = record.text("node_id") or ""
    labels = record.records("labels") if isinstance(record.get("labels"), list) else []
    names = (one.text("name") if isinstance(one.members, dict) else None for one in labels)
    return Told(
        row=row or _row(record),
        keys=keys or (subject.key, *([f"node:{node}"] if node else [])),
        place=place,
        person=person or (_person(record.record("user")) if not row else None),
        verb=verb,
        subject=subject,
        at=at or record.created(),
        text=record.text("body") or "",
        tags=tuple(dict.fromkeys(filter(None, names))),
        changed=record.moment("updated_at"),
    )
