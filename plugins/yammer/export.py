"""The export of a network: a ZIP of tables, or its Messages.csv alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC

from engine.api import (
    Activity,
    BadCell,
    BadReport,
    Failed,
    Gone,
    Line,
    Shape,
    Sheet,
    Skipped,
    find_sheets,
    is_zip,
    read_id,
    read_zip,
)
from plugins.forums.moments import moment_of
from plugins.yammer.network import Message, Network

_MESSAGE = (
    "id", "thread_id", "replied_to_id", "group_id", "group_name", "in_private_group",
    "in_private_conversation", "sender_id", "sender_type", "sender_name", "sender_email", "body",
    "html_body", "title", "message_type", "created_at", "deleted_at",
)  # fmt: skip
MESSAGES = Shape(
    name="messages",
    columns={name: (name, name.replace("_", " ")) for name in _MESSAGE}
    | {"draft": ("draft", "is_draft", "is draft", "draft_state", "draft state")},
    required=("id", "thread_id", "sender_id", "created_at"),
)
USERS = Shape(
    name="users",
    columns={
        "id": ("id",),
        "name": ("name", "full_name"),
        "email": ("email",),
        "state": ("state",),
    },
    required=("id", "name", "email"),
)
MEND = "Give the ZIP of the network's export as it is, or its Messages.csv."
_ASIDE = ("messageversions.csv",)


@dataclass(slots=True)
class Exported:
    """One export and what it says of whom."""

    network: Network
    body: bytes
    people: dict[str, tuple[str, str]] = field(default_factory=dict)

    def read(self) -> Iterator[Activity | Gone | Skipped | Failed]:
        sheets = self._sheets()
        lines = [line for sheet in sheets for table in sheet.tables for line in table.lines]
        for line in lines:
            yield self.outcome(line)

    def _sheets(self) -> list[Sheet]:
        """The tables of messages; an export of several days holds several."""
        if not is_zip(self.body):
            return [find_sheets(self.body, [MESSAGES])]
        files = {one.name: one.body for one in read_zip(self.body, what="The export")}
        named = {name: name.rpartition("/")[2].lower() for name in files}
        told = [n for n, short in named.items() if short.startswith("messages") and n]
        told = [n for n in told if named[n].endswith(".csv") and named[n] not in _ASIDE]
        if not told:
            found = ", ".join(ascii(name[:40])[1:-1] for name in list(files)[:6]) or "nothing"
            raise BadReport(f"Expected Messages.csv in the export, found {found}.", MEND)
        for name in (n for n, short in named.items() if short.startswith("users")):
            self._know(files[name])
        return [find_sheets(files[name], [MESSAGES]) for name in sorted(told)]

    def _know(self, body: bytes) -> None:
        for table in find_sheets(body, [USERS]).tables:
            self.people |= {line["id"]: (line["name"], line["email"]) for line in table.lines}

    def outcome(self, line: Line) -> Activity | Gone | Skipped | Failed:
        try:
            if line["draft"].lower() in ("true", "t", "1", "yes", "draft"):
                return Skipped(row=line.number, why="A draft that was never sent.")
            return self.network.read(self.message(line))
        except BadCell as bad:
            return Failed(row=line.number, why=bad.why, mend=bad.mend)

    def message(self, line: Line) -> Message:
        at = moment_of(line["created_at"], zoneless=UTC)
        number, sender = (read_id(line[name], row=line.number) for name in ("id", "sender_id"))
        if at is None or not number or not sender:
            raise BadCell(
                "The message lacks its id, its sender or its time "
                f"(created_at: “{line['created_at'][:40]}”).",
                "Export the network again; do not save the table with a spreadsheet.",
            )
        name, email = self.people.get(sender, ("", ""))
        return Message(
            row=line.number,
            id=number,
            thread=read_id(line["thread_id"], row=line.number),
            group=(read_id(line["group_id"], row=line.number), line["group_name"]),
            sender=(sender, line["sender_type"].lower()),
            name=line["sender_name"] or name or None,
            email=line["sender_email"] or email or None,
            at=at,
            title=line["title"] or None,
            html=line["body"] or line["html_body"],
            kind=line["message_type"].lower(),
            is_private=_is_so(line["in_private_group"]) or _is_so(line["in_private_conversation"]),
            is_deleted=bool(line["deleted_at"]),
        )


def _is_so(cell: str) -> bool:
    """Anything but a plain no is taken as private."""
    return cell.strip().lower() not in ("", "false", "0", "no", "f")
