"""What the web services of mod_forum answer, newer and older, and the export as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.api import Activity, BadReport, Failed, Gone, Skipped, read_json
from plugins.forums.record import Record, failed, found
from plugins.moodle_forum.forum import Forums, Post

MEND = "Give what mod_forum_get_discussion_posts answered, or the export of a forum, unchanged."


def read_answers(forums: Forums, body: bytes) -> Iterator[Activity | Gone | Skipped | Failed]:
    """Every post of an answer, of a list of answers, or of an export as JSON.

    A list of discussions tells the first post of each.

    :raises BadReport: it is none of these, or the refusal of the web service.
    """
    value = read_json(body, what="The answer of Moodle")
    for page in _pages(value):
        about = page.record("discussion") if isinstance(page.get("discussion"), dict) else None
        forum = page.record("forum") if isinstance(page.get("forum"), dict) else None
        forum = forum or Record({"course": page.get("courseid")}, page.row)
        posts = sorted([*page.records("posts"), *page.records("discussions")], key=_number)
        for post in posts:
            try:
                yield forums.read(_post(post, about or post, forum))
            except BadReport as error:
                yield failed(error)


def _pages(value: Any) -> Iterator[Record]:
    """The answers in a value. An export as JSON is a list of posts, or of lists of them."""
    if isinstance(value, list) and value and all(_is_post(one) for one in value):
        yield Record({"posts": value}, "")
        return
    many = value if isinstance(value, list) and value else [value]
    for number, one in enumerate(many):
        record = Record(one, f"[{number}]" if one is not value else "")
        if isinstance(one, list) and one and all(_is_post(each) for each in one):
            yield Record({"posts": one}, record.row)
            continue
        if record.get("exception"):
            why = (record.text("message") or record.text("errorcode") or "an error")[:200]
            raise BadReport(f"Moodle refused: {why}", MEND, where=record.row)
        if not any(isinstance(record.get(name), list) for name in ("posts", "discussions")):
            raise BadReport(
                f"Expected posts or discussions, found {found(one)}.", MEND, where=record.row
            )
        yield record


def _is_post(value: Any) -> bool:
    return isinstance(value, dict) and {"id", "discussion"} <= value.keys()


def _number(post: Record) -> int:
    """What posts are sorted by: Moodle tells the newest first, and replies come after the start."""
    number = post.members.get("id") if isinstance(post.members, dict) else 0
    return number if isinstance(number, int) else 0


def _post(post: Record, about: Record, forum: Record) -> Post:
    at = post.seconds("timecreated") or post.seconds("created")
    is_deleted = post.flag("isdeleted") or post.flag("deleted")
    changed = post.seconds("timemodified") or post.seconds("modified")
    if at is None and not is_deleted:
        raise post.wrong("timecreated", "a time in seconds since 1970")
    author = post.record("author") if isinstance(post.get("author"), dict) else Record({}, "")
    user = author.get("id") or post.get("userid")
    moment = at or changed
    if moment is None:
        raise post.wrong("timemodified", "a time in seconds since 1970")
    group = about.get("groupid")
    tags = [one.text("displayname") or one.text("name") for one in post.records("tags")]
    return Post(
        row=post.row or "post",
        id=post.digits("id"),
        discussion=post.digits("discussionid" if post.get("discussionid") else "discussion"),
        is_start=not (post.get("parentid") or post.get("parent") or post.flag("hasparent")),
        author=str(user) if isinstance(user, int | str) else None,
        name=author.text("fullname") or post.text("userfullname"),
        at=moment,
        subject=post.text("subject"),
        html=post.text("message") or "",
        tags=tuple(tag for tag in tags if tag),
        forum=forum.text("name"),
        course=forum.digits("course") if forum.get("course") else "",
        group=group if isinstance(group, int) else 0,
        is_deleted=is_deleted,
        is_private=post.flag("isprivatereply") or bool(post.get("privatereplyto")),
    )
