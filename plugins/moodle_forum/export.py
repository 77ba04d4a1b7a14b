"""The table that Moodle exports of a forum, as CSV, workbook or JSON."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from engine.api import (
    Activity,
    BadCell,
    Failed,
    Gone,
    Line,
    Shape,
    Skipped,
    find_sheets,
    read_id,
)
from plugins.forums.moments import epoch_of
from plugins.moodle_forum.forum import Forums, Post

_COLUMNS = (
    "id", "discussion", "parent", "userid", "userfullname", "created", "modified", "subject",
    "message", "deleted", "privatereplyto",
)  # fmt: skip
POSTS = Shape(
    name="posts",
    columns={name: (name,) for name in _COLUMNS},
    required=("id", "discussion", "parent", "userid", "created"),
)


def read_export(forums: Forums, body: bytes) -> Iterator[Activity | Gone | Skipped | Failed]:
    """Every post of an export; the headings are the same in every language.

    :raises BadReport: it is no export of a forum.
    """
    for table in find_sheets(body, [POSTS]).tables:
        for line in table.lines:
            try:
                yield forums.read(_post(line))
            except BadCell as bad:
                yield Failed(row=line.number, why=bad.why, mend=bad.mend)


def _post(line: Line) -> Post:
    return Post(
        row=line.number,
        id=_id(line, "id"),
        discussion=_id(line, "discussion"),
        is_start=read_id(line["parent"], row=line.number) in ("", "0"),
        author=read_id(line["userid"], row=line.number) or None,
        name=line["userfullname"] or None,
        at=_moment(line["created"]),
        subject=line["subject"] or None,
        html=line["message"],
        is_deleted=line["deleted"] not in ("", "0"),
        is_private=line["privatereplyto"] not in ("", "0"),
        # What the web services tell of a post is more, and stands.
        reported_at=_moment(line["modified"] or line["created"]),
    )


def _id(line: Line, name: str) -> str:
    found = read_id(line[name], row=line.number)
    if not found:
        raise BadCell(f"The column {name} is empty or no number.", "Export the forum again.")
    return found


def _moment(written: str) -> datetime:
    moment = epoch_of(written)
    if moment is None:
        raise BadCell(
            f"“{written[:60]}” is not a time in seconds.",
            "Export the forum again without “Human-readable dates”: those name no time zone.",
        )
    return moment
