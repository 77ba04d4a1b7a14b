"""What GitLab's webhooks and its REST interface say, and what it becomes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
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
_PUBLIC = 20
"""The level of visibility of what everybody may see; 10 is for those signed in, 0 for members."""
# Before GitLab 13, and at servers not renewed since, addresses lack the "/-".
_IN_PROJECT = re.compile(
    r"(https?://[^/]+/(.+?))/(?:-/|(?:issues|merge_requests)/\d{1,18}(?:[?#]|$))"
)
_TASKS = ("issue", "incident", "task", "work_item", "workitem")


@dataclass(frozen=True, slots=True)
class GitLab:
    """Reads the reports of one GitLab."""

    forge: Forge

    def read(self, report: Report) -> Iterator[Outcome]:
        record = report.record
        match report.kind:
            case "hook note":
                yield self._hook_note(record, report)
            case "hook merge_request":
                yield from self._hook_subject(record, report, is_change=True)
            case "issue":
                yield from self._listed(record, report, is_change=False)
            case "change":
                yield from self._listed(record, report, is_change=True)
            case "event":
                yield self._event(record, report)
            case _:
                yield from self._hook_subject(record, report, is_change=False)

    def _listed(self, one: Record, report: Report, *, is_change: bool) -> Iterator[Outcome]:
        """An issue or a change of a list; a change that was merged names who merged it."""
        place = self._place(one, report)
        told = Told(
            row=one.row or "1",
            keys=(_key(one, is_change=is_change),),
            place=place,
            person=_person(one.record("author")),
            verb=SUBMITTED if is_change else "created",
            subject=_subject(one, place, is_change=is_change),
            at=one.created(),
            text=one.text("description") or "",
            tags=_labels(one),
            confidential=one.flag("confidential"),
            changed=one.moment("updated_at"),
        )
        yield self.forge.tell(told)
        who = next((name for name in ("merge_user", "merged_by") if one.get(name)), None)
        merged = one.moment("merged_at") if is_change else None
        if who and merged:
            yield self._merged(told, one.at(who), _person(one.record(who)), merged)

    def _merged(
        self, told: Told, row: str, person: Person | None, at: datetime
    ) -> Activity | Skipped:
        key = told.keys[0]
        acceptance = replace(told, row=row, person=person, at=at)
        return self.forge.accepted(acceptance, key=f"merged:{key}", target=key, author=told.person)

    def _hook_subject(self, hook: Record, report: Report, *, is_change: bool) -> Iterator[Outcome]:
        """What happened to an issue or a change; only its opening says who wrote it."""
        one, place = hook.record("object_attributes"), self._place(hook, report)
        action = (one.text("action") or "").casefold()
        person, row = _person(hook.record("user")), one.row
        told = Told(
            row=row,
            keys=(_key(one, is_change=is_change),),
            place=place,
            person=person if _is_author(hook, one, action) else None,
            verb=SUBMITTED if is_change else "created",
            subject=_subject(one, place, is_change=is_change),
            at=one.created(),
            text=one.text("description") or "",
            tags=_labels(hook) or _labels(one),
            confidential=one.flag("confidential") or _is_confidential(hook),
            changed=one.moment("updated_at"),
        )
        if action in ("merge", "approved", "approval"):
            yield self._verdict(told, person, action)
        elif told.person is None and person is not None:
            yield Skipped(row=row, why="The hook does not name who opened it, but who changed it.")
        else:
            yield self.forge.tell(told)

    def _verdict(self, told: Told, person: Person | None, action: str) -> Activity | Skipped:
        at = told.changed or told.at
        if action == "merge":
            return self._merged(told, f"{told.row}.action", person, at)
        handle = person.login if person else ""
        key = f"review:{told.keys[0]}:{handle}"
        return self.forge.tell(
            replace(told, person=person, verb=REVIEWED, keys=(key,), at=at, text="")
        )

    def _hook_note(self, hook: Record, report: Report) -> Outcome:
        note, place = hook.record("object_attributes"), self._place(hook, report)
        if note.flag("system"):
            return Skipped(row=note.row, why="A note of the system's own.")
        if not _is_author(hook, note, (note.text("action") or "").casefold()):
            return Skipped(row=note.row, why="The hook does not name who wrote it.")
        told = Told(
            row=note.row,
            keys=(f"note:{note.digits('id')}",),
            place=place,
            person=_person(hook.record("user")),
            verb="commented",
            subject=_noted(hook, note, place),
            at=note.created(),
            text=note.text("note") or note.text("description") or "",
            confidential=_is_confidential(hook) or note.flag("internal"),
            changed=note.moment("updated_at"),
        )
        return self.forge.tell(told)

    def _event(self, event: Record, report: Report) -> Outcome:
        """An event of a project's list; those with a note are comments."""
        row = event.row or "1"
        if not isinstance(event.get("note"), dict):
            return Skipped(row=row, why="An event that is no comment.")
        note, place = event.record("note"), self._place(event, report)
        if note.flag("system"):
            return Skipped(row=row, why="A note of the system's own.")
        told = Told(
            row=row,
            keys=(f"note:{note.digits('id')}",),
            place=place,
            person=_person(event.record("author")) or _person(note.record("author")),
            verb="commented",
            subject=_listed_note(event, note, place),
            at=note.created(),
            text=note.text("body") or "",
            confidential=note.flag("internal") or note.flag("confidential"),
            changed=note.moment("updated_at"),
        )
        return self.forge.tell(told)

    def _place(self, one: Record, report: Report) -> Place:
        """The project: named beside it, or out of the address of what stands in it."""
        project = report.repository
        address = project.text("web_url")
        path = project.text("path_with_namespace")
        if not address:
            given = one.text("web_url") or ""
            found = _IN_PROJECT.match(given)
            if not found:
                raise one.wrong("web_url", "the address of something in a project")
            address, path = found[1], found[2]
        level, word = project.get("visibility_level"), project.text("visibility") or "public"
        is_open = word == "public" if level is None else level == _PUBLIC
        return self.forge.place(path or address, address, is_private=not is_open)


def _is_author(hook: Record, one: Record, action: str) -> bool:
    if action in ("open", "create", ""):
        return True
    number = hook.record("user").get("id")
    return number is not None and number == one.get("author_id")


def _is_confidential(hook: Record) -> bool:
    return "confidential" in (hook.text("event_type") or "")


def _key(one: Record, *, is_change: bool) -> str:
    return f"{'change' if is_change else 'issue'}:{one.digits('id')}"


def _person(user: Record) -> Person | None:
    login = user.text("username")
    if login is None:
        return None
    return Person(login=login, name=user.text("name"), is_bot=user.flag("bot"))


def _labels(one: Record) -> tuple[str, ...]:
    """Labels, as texts or as objects with a title or name."""
    labels = one.records("labels") if isinstance(one.get("labels"), list) else []
    names = []
    for label in labels:
        is_object = isinstance(label.members, dict)
        text = Record({"title": label.members}, label.row) if not is_object else label
        names.append(text.text("title") or text.text("name"))
    return tuple(dict.fromkeys(filter(None, names)))


def _subject(one: Record, place: Place, *, is_change: bool) -> Subject:
    part = "merge_requests" if is_change else "issues"
    return Subject(
        key=_key(one, is_change=is_change),
        url=f"{place.url}/-/{part}/{one.digits('iid')}",
        title=one.text("title"),
        type=CHANGE if is_change else ISSUE,
    )


def _noted(hook: Record, note: Record, place: Place) -> Subject:
    """What a note of a webhook is about; a commit or snippet is known by the note's address."""
    if isinstance(hook.get("merge_request"), dict):
        return _subject(hook.record("merge_request"), place, is_change=True)
    if isinstance(hook.get("issue"), dict):
        return _subject(hook.record("issue"), place, is_change=False)
    address = (note.text("url") or place.url).partition("#")[0]
    return Subject(key=address, url=address, title=None, type=CHANGE)


def _listed_note(event: Record, note: Record, place: Place) -> Subject:
    kind = (note.text("noteable_type") or event.text("target_type") or "").casefold()
    is_change = kind == "mergerequest"
    title = event.text("target_title")
    if not (is_change or kind in _TASKS) or not note.get("noteable_iid"):
        return Subject(key=place.url, url=place.url, title=title, type=CHANGE)
    part = "merge_requests" if is_change else "issues"
    return Subject(
        key=f"{'change' if is_change else 'issue'}:{note.digits('noteable_id')}",
        url=f"{place.url}/-/{part}/{note.digits('noteable_iid')}",
        title=title,
        type=CHANGE if is_change else ISSUE,
    )
