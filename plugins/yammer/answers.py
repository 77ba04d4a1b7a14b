"""What the REST interface answers: messages, and beside them who and what they refer to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from engine.api import Activity, BadReport, Failed, Gone, Skipped, read_json
from plugins.forums.record import Record, failed, found
from plugins.yammer.network import Message, Network

MEND = "Give what /api/v1/messages.json answered, unchanged."


@dataclass(slots=True)
class Answered:
    """One answer, and what its references say of people and groups."""

    network: Network
    body: bytes
    people: dict[str, Record] = field(default_factory=dict)
    short_names: dict[str, str] = field(default_factory=dict)
    groups: dict[str, Record] = field(default_factory=dict)

    def read(self) -> Iterator[Activity | Gone | Skipped | Failed]:
        answer = _page(read_json(self.body, what="The answer of the network"))
        if not isinstance(answer, dict) or not isinstance(answer.get("messages"), list):
            raise BadReport(f"Expected messages, found {found(answer)}.", MEND)
        page = Record(answer, "")
        for reference in page.records("references"):
            self._know(reference)
        threaded = answer.get("threaded_extended")
        replies = threaded.values() if isinstance(threaded, dict) else ()
        listed = [
            Record(one, f"threaded_extended[{n}][{m}]")
            for n, many in enumerate(replies)
            if isinstance(many, list)
            for m, one in enumerate(many)
        ]
        # The interface tells the newest first; what answers or likes comes after what it is about.
        for record in sorted([*page.records("messages"), *listed], key=_number):
            try:
                yield from self.message(record)
            except BadReport as error:
                yield failed(error)

    def _know(self, reference: Record) -> None:
        if not isinstance(reference.members, dict) or not reference.get("id"):
            return
        if reference.get("type") == "user":
            self.people[str(reference.get("id"))] = reference
            self.short_names[str(reference.get("name"))] = str(reference.get("id"))
        elif reference.get("type") == "group":
            self.groups[str(reference.get("id"))] = reference

    def message(self, record: Record) -> Iterator[Activity | Gone | Skipped]:
        message = self.told(record)
        outcome = self.network.read(message)
        yield outcome
        if isinstance(outcome, Activity):
            for liker in record.record("liked_by").records("names"):
                yield self.like(message, liker)

    def like(self, message: Message, liker: Record) -> Activity | Skipped:
        """Who liked a message. Older answers give her short name alone, which references may
        explain."""
        known = self.short_names.get(liker.text("permalink") or "")
        if known is None and not liker.get("user_id"):
            return Skipped(row=liker.row, why="Somebody liked it, and nothing says who that is.")
        user = liker.digits("user_id") if liker.get("user_id") else known or ""
        name, email = self.person(user)
        return self.network.like(message, liker.row, user, name or liker.text("full_name"), email)

    def told(self, record: Record) -> Message:
        at, sender = record.moment("created_at"), record.digits("sender_id")
        if at is None:
            raise record.wrong("created_at", "a time")
        body = record.record("body")
        group = record.digits("group_id") if record.get("group_id") else ""
        name, email = self.person(sender)
        privacy = (record.text("privacy") or "public").lower()
        return Message(
            row=record.row,
            id=record.digits("id"),
            thread=record.digits("thread_id") if record.get("thread_id") else "",
            group=(group, self.group_name(group)),
            sender=(sender, (record.text("sender_type") or "").lower()),
            name=name,
            email=email,
            at=at,
            title=record.text("title"),
            html=body.text("plain") or body.text("parsed") or body.text("rich") or "",
            kind=(record.text("message_type") or "").lower(),
            is_private=privacy != "public"
            or record.flag("direct_message")
            or self.is_private(group),
            is_deleted=record.flag("deleted") or bool(record.get("deleted_at")),
        )

    def person(self, user: str) -> tuple[str | None, str | None]:
        known = self.people.get(user)
        if known is None:
            return None, None
        email = known.text("email")
        contact = known.get("contact")
        if not email and isinstance(contact, dict):
            listed = known.record("contact").records("email_addresses")
            email = next((one.text("address") for one in listed if one.get("address")), None)
        return known.text("full_name"), email

    def is_private(self, group: str) -> bool:
        """Whether a group is private; one that the answer does not tell of may well be."""
        if not group:
            return False
        known = self.groups.get(group)
        return known is None or (known.text("privacy") or "public").lower() != "public"

    def group_name(self, group: str) -> str:
        known = self.groups.get(group)
        return (known.text("full_name") or known.text("name") or "") if known else ""


def _page(answer: Any) -> Any:
    """The messages as the interface lists them, where they came in another wrapping: those of a
    search, of the Power Automate connector, or messages alone."""
    if isinstance(answer, list) and answer and all(map(_is_message, answer)):
        return {"messages": answer}
    if not isinstance(answer, dict):
        return answer
    if _is_message(answer):
        return {"messages": [answer]}
    listed = answer.get("messages", answer.get("value"))
    if isinstance(listed, dict):
        return listed
    return answer | {"messages": listed} if isinstance(listed, list) else answer


def _is_message(value: Any) -> bool:
    return isinstance(value, dict) and {"id", "sender_id", "body"} <= value.keys()


def _number(record: Record) -> int:
    """What messages are sorted by: their ids count up."""
    members = record.members
    number = members.get("id") if isinstance(members, dict) else 0
    return number if isinstance(number, int) else 0
